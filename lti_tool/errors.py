"""
The errors this tool raises on purpose.

* LtiToolError
  + Refused              the request cannot be honoured; the person is told why
    - LaunchRefused      the LMS sent a login or launch we cannot trust or place
      * BrowserUnproven  its browser has not shown yet that it began the launch
    - VisitEnded         the visit is over or belongs to another browser
    - PageOutdated       a form does not come from a page of this visit
    - NotServed          nothing here for this person: wrong item, wrong role, wrong tenant
    - ContentSkipped     an activity was opened or finished before the ones it follows
    - Incomplete         an answer does not yet meet the activity's completion rule
  + LmsError             an LMS did not accept what we sent
    - LmsUnavailable     try again later
    - LmsRejected        trying again cannot help
  + Misconfigured        found at start-up: settings, database or a content pack are wrong

web/refusals.py turns Refused into HTTP; delivery/deliver.py turns LmsError into
"again" or "give up"; Misconfigured stops the process from starting.
"""

from __future__ import annotations

from collections.abc import Sequence


class LtiToolError(Exception):
    """Base of every error raised on purpose."""


class Refused(LtiToolError):
    """The request cannot be honoured; the message is shown to the person."""


class LaunchRefused(Refused):
    """The LMS sent a login or launch we cannot trust or place."""

    return_url = ""  # of the course, where the LMS's signed word for it is safe
    clock: tuple[int, int] | None = None  # id of an LMS, seconds it is ahead; once verified
    platform_id = 0  # of the LMS it claims to come from, where that is known

    def __init__(self, page: str, reason: str, message: str = "", **facts: str) -> None:
        """Say what to show and what to log.

        Args:
            page: class of the page to show, one of web/refusal_pages.py's.
            reason: short code for the log, as in "login:iss_missing".
            message: one sentence for the person, where the page's own is not enough.
            facts: ids that help whoever sets up the LMS (issuer, client_id,
                deployment_id); shown escaped and logged. Never a name or a token.
        """
        super().__init__(message or reason)
        self.page, self.reason, self.message, self.facts = page, reason, message, facts


class BrowserUnproven(LaunchRefused):
    """A launch as it should be, but its browser has not shown yet that it began it."""

    def __init__(self, name: str, frame: str, origin: str) -> None:
        """Say where the browser may find the key.

        Args:
            name: of the key in every store.
            frame: of the LMS's page, that may have kept it; empty for none.
            origin: the only one that may answer for that frame.
        """
        super().__init__("browser", "state_other_browser")
        self.name, self.frame, self.origin = name, frame, origin


class VisitEnded(Refused):
    """The visit is over, unknown, or belongs to another browser."""


class PageOutdated(Refused):
    """A form does not come from a page of this visit, or from one of long ago."""


class NotServed(Refused):
    """Nothing here for this person: wrong item, wrong role, wrong tenant."""


class ContentSkipped(Refused):
    """An activity was opened or finished before the ones it follows."""


class Incomplete(Refused):
    """An answer does not yet meet the activity's completion rule."""

    def __init__(self, faults: dict[str, str]) -> None:
        """Name each question and what is missing, in words for the participant."""
        super().__init__("; ".join(faults.values()))
        self.faults = faults


class LmsError(LtiToolError):
    """An LMS did not accept what we sent."""


class LmsUnavailable(LmsError):
    """The LMS may accept the same request later."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        """Say why; retry_after_s is what the LMS asked for, in seconds."""
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class LmsRejected(LmsError):
    """The LMS will never accept this request."""


class Misconfigured(LtiToolError):
    """Settings, database or content are wrong; names everything that is, at once."""

    def __init__(self, *faults: str) -> None:
        """Take one sentence per fault, each saying what to do."""
        super().__init__("\n".join(faults))
        self.faults: Sequence[str] = faults
