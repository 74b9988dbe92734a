"""Section 5, second half: claims that are odd and do no harm. Whoever sends them gets in."""

from __future__ import annotations

from typing import Any

import pytest

from lti_tool.records.tables import (
    ContextRow,
    DeploymentRow,
    PersonRow,
    ResourceLinkRow,
)
from tests.hostile.refused import assert_inert
from tests.hostile.rows import each, rows
from tests.hostile.world import EMAIL, NAME, SCRIPT, course_role
from tests.lti.world import LTI, MISSING
from tests.web.page import Page
from tests.web.school import TOOL

ROLES, LINK, CONTEXT = f"{LTI}roles", f"{LTI}resource_link", f"{LTI}context"
CUSTOM, TARGET = f"{LTI}custom", f"{LTI}target_link_uri"
PRESENTATION = f"{LTI}launch_presentation"
STAFF = {ROLES: [course_role("Instructor")]}
NOTHING_CHOSEN = {CUSTOM: MISSING, TARGET: f"{TOOL}/"}
IMG = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "sub",
    rows(
        ("5.30 longest", "s" * 255),
        ("5.30 emoji", "\U0001f468\u200d\U0001f3eb"),
        ("5.30 right to left", "\u202eabc"),
        ("5.30 spaces", "  leading and trailing  "),
        ("5.30 lines", "a\r\nb\tc"),
        ("5.30 markup", SCRIPT),
        ("5.30 SQL", "'; DROP TABLE persons; --"),
        ("5.30 combining", "e\u0301"),
        ("5.30 composed", "\u00e9"),
    ),
)
def test_who_it_is_is_kept_as_it_was_written(lms, sub):
    opened = lms.open({"sub": sub})

    assert opened.row(PersonRow, opened.visit.person_id).sub == sub
    assert_inert(Page(opened.page))


@pytest.mark.parametrize(
    "subs",
    rows(
        ("5.31 case", ["Case", "case", "CASE"]),
        ("5.31 spaces", ["space", "space ", " space"]),
        ("5.31 forms of one letter", ["\u00e9", "e\u0301"]),
        ("5.31 width", ["wide", "\uff57ide"]),
        ("5.33", ["one of a mailbox", "another of it"]),
    ),
)
def test_people_who_are_told_apart_are_kept_apart(lms, subs):
    people = [lms.open({"sub": sub, "email": EMAIL}).visit.person_id for sub in subs]

    assert len(set(people)) == len(subs)
    assert [lms.open({"sub": sub}).visit.person_id for sub in subs] == people


@pytest.mark.rows("5.32")
def test_the_same_person_id_of_two_lmss_is_two_people(lms):
    assert lms.open().visit.person_id != lms.registered("second").open().visit.person_id


@pytest.mark.rows("5.8")
def test_a_message_of_another_tenant_lands_with_that_tenant(lms):
    other = lms.registered()
    with lms.database.transaction() as db:
        db.execute(
            DeploymentRow.__table__.insert().values(
                platform_id=other.platform.id, deployment_id="B", status="active",
                created_at=lms.rows(DeploymentRow)[0].created_at,
            )
        )  # fmt: skip
    first = other.open()
    other.deployment_id = "B"

    second = other.open()

    assert first.visit.deployment_id != second.visit.deployment_id
    context = second.row(ContextRow, second.visit.context_id)
    assert context.deployment_id == second.visit.deployment_id
    assert first.visit.enrolment_id != second.visit.enrolment_id


@pytest.mark.rows("5.36")
def test_two_long_ids_that_differ_at_their_end_are_two_links(lms):
    ids = ["l" * 254 + end for end in "ab"]

    links = [lms.open({LINK: {"id": lti_id}}).visit.resource_link_id for lti_id in ids]

    assert len(set(links)) == 2
    kept = {row.lti_id for row in lms.rows(ResourceLinkRow) if row.id in links}
    assert kept == set(ids)


TITLES = rows(
    *each("5.38", (IMG, SCRIPT, "</title><script>alert(1)</script>", '"><svg onload=alert(1)>',
                   "' onmouseover='alert(1)", "javascript:alert(1)", "{{7*7}}", "{% include %}",
                   "&lt;b&gt;", "<!--", "]]>", "data:image/svg+xml,<svg onload=alert(1)>")),
    *each("5.39", ('=HYPERLINK("https://evil.example","x")', "@SUM(1)", "+1", "-1", "\t=1")),
)  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
def test_titles_are_text_wherever_they_stand(lms, title):
    """No file for a spreadsheet is made of them yet; 5.39 is then a matter of that file."""
    claims = {
        "name": title,
        CONTEXT: {"id": "titled", "title": title, "label": title},
        LINK: {"id": "titled", "title": title, "description": title},
    }

    back = f"{lms.platform.issuer}/return"
    choosing = lms.world.choosing(title=title, text=title, deep_link_return_url=back)
    for more in (STAFF, {}, choosing):
        page = Page(lms.open({**claims, **more}).page)

        assert_inert(page)
        assert title.strip() in page.words
        assert not [svg for svg in page.all("svg") if "icon" not in svg.attributes["class"]]


SHOWN = rows(  # person claims -> the name shown; None: none is
    ("5.40 missing", {"name": MISSING}, None),
    ("5.40 empty", {"name": "", "given_name": "", "family_name": ""}, None),
    ("5.40 white", {"name": " \t\r\n "}, None),
    ("5.40 only given", {"name": MISSING, "given_name": "Ada"}, "Ada"),
    ("5.40 only family", {"name": MISSING, "family_name": "Byron"}, "Byron"),
    ("5.40 in parts", {"name": "", "given_name": "Ada", "family_name": "B"}, "Ada B"),
    ("5.40 only e-mail", {"name": MISSING, "email": "a@b.example"}, None),
    ("5.40 10 kB", {"name": "n" * 10_000}, "n" * 200),
    ("5.40 emoji", {"name": "\U0001f468\u200d\U0001f3eb A"}, "\U0001f468\u200d\U0001f3eb A"),
    ("5.40 right to left", {"name": "\u05d0\u05d3\u05d4"}, "\u05d0\u05d3\u05d4"),
    ("5.40 turned around", {"name": "Ada \u202enoryB\u202c \u2066x"}, "Ada noryB x"),
    ("5.40 a heap of marks", {"name": "A" + "\u0301" * 100 + "da"}, "A" + "\u0301" * 8 + "da"),
    ("5.40 nothing to see", {"name": "\u200b\u200d\u2060\ufeff\u00ad"}, None),
    ("5.40 nothing but marks", {"name": "\u0301\u0302"}, None),
    ("5.40 lines", {"name": "Ada\r\nX-Odd: 1\u2028\u2029\x85\x00B"}, "Ada X-Odd: 1 B"),
    ("5.40 half a letter", {"name": "A\ud800da"}, "Ada"),
    *[(f"5.40 {type(odd).__name__}", {"name": odd}, None) for odd in (1, True, [], {}, 1.5)],
)  # fmt: skip


@pytest.mark.parametrize(("claims", "shown"), SHOWN)
def test_a_name_is_shown_tame_or_not_at_all(lms, claims, shown):
    page = Page(lms.open({"sub": "named", **claims}).page)

    names = [element.words for element in page.all("bdi", class_="top-who")]
    assert names == ([] if shown is None else [shown])


@pytest.mark.parametrize(
    "claims",
    rows(
        *each("5.41", ({"email": odd} for odd in (
            "no address", "a" * 1_000 + "@b.example", "a@b.example\r\nBcc: c@d.example", 7,
            "e-mail@hidden.example"))),
        *each("5.42", ({"picture": odd} for odd in (
            "javascript:alert(1)", "http://evil.example/p.png", "https://evil.example/p", 7))),
        *each("5.43", ({"locale": odd, PRESENTATION: {"locale": odd}} for odd in (
            "en_GB", "xx-INVALID", "x" * 5_000, 7, '"><script>'))),
        ("5.55", {"https://www.instructure.com/placement": "x", "https://evil.example/": []}),
        ("5.55 nearly ours", {f"{LTI}Custom": {"npq_item": "x"}, "roles": ["x"], "": 1}),
        ("5.55 a hundred", {f"https://vendor.example/{n}": {"n": n} for n in range(100)}),
    ),
)  # fmt: skip
def test_what_we_have_no_use_for_is_neither_kept_nor_shown(lms, claims):
    before = lms.open({"sub": "unread"})
    opened = lms.open({"sub": "unread", **claims})

    assert (before.odd, opened.odd) == ([], [])
    page = Page(opened.page)
    assert_inert(page)
    assert page.one("html").attributes["lang"] == "en-GB"
    kept = str([opened.visit, opened.row(PersonRow, opened.visit.person_id)])
    for text in ("@", "Bcc", "evil.example", "javascript", "xx-INVALID", "<script>"):
        assert text not in kept.replace(NAME, "")
        assert text not in opened.page


def home_of(opened: Any) -> str:
    """The h1 of the page a launch leads to."""
    return Page(opened.page).title


COURSELESS = "Open this from a course"


@pytest.mark.parametrize(
    ("context", "odd"),
    rows(
        ("5.44", MISSING, ["context_missing"]),
        ("5.44 null", None, ["context_missing", "claim_type"]),
        ("5.44 empty", {}, ["context_missing"]),
        ("5.44 no id", {"title": "A course"}, ["context_missing"]),
        ("5.44 an empty id", {"id": ""}, ["context_missing"]),
        *each("5.45", ("course", [], ["c"], 7, True), ["context_missing", "claim_type"]),
        *each("5.45 id", ({"id": odd} for odd in (7, None, ["c"], {}, True)),
              ["context_missing", "claim_type"]),
    ),
)  # fmt: skip
def test_without_a_course_a_link_still_opens_what_it_names(lms, context, odd):
    """Kept for this person alone: no course, no link, no gradebook."""
    opened = lms.open({CONTEXT: context})

    assert opened.odd == odd
    assert (opened.visit.context_id, opened.visit.resource_link_id) == (None, None)
    assert "/session/m1.s1/" in opened.answer.location
    assert opened.page
    assert home_of(lms.open({CONTEXT: context, **NOTHING_CHOSEN})) == COURSELESS
    assert lms.open({CONTEXT: context, **STAFF}).page
