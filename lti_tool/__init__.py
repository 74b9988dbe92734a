"""An LTI 1.3 tool that runs NPQ study sessions inside a school's own LMS.

Read the packages in this order:

    study      what is studied and what counts as complete     (no I/O, no LTI)
    packs      content packs from disk                          (the only file formats)
    tenancy    which LMS, school, course, person and role       (no I/O, no LTI)
    lms        how each LMS differs from the specification      (one file per LMS)
    lti        how we speak LTI 1.3 to any LMS
    records    what we store, and the transactions that change it
    web        the way in: launches and study pages
    delivery   the way out: grades from the outbox to the LMS

app.py, worker.py and cli.py put them together; demo_lms is a small strict LMS to try it all.
"""

__version__ = "0.1.0"
