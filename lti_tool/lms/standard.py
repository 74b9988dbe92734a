"""What the specification says. Each LMS overrides only where it departs from it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime
from enum import StrEnum
from typing import Any

_LATER = frozenset([401, 408, 423, 425, 429])
_GONE = frozenset([404, 410])


class Outcome(StrEnum):
    """What an LMS's answer to a score means for us."""

    AGAIN = "again"  # the same score may be taken later
    SETTLED = "settled"  # the LMS holds one as recent
    GONE = "gone"  # the line item is not there any more
    REFUSED = "refused"  # this person, this course or this score is not taken


class StandardLms:
    """An LMS that follows LTI 1.3 and Assignment and Grade Services 2.0 to the letter."""

    product = "standard"
    # 1EdTech Security Framework 1.0, 5.1.1.1: a login names its target_link_uri.
    names_target_at_login = True

    def score_members(
        self,
        first: bool,  # noqa: ARG002  some products ask
        submitted_at: datetime,
    ) -> Mapping[str, Any]:
        """Members of a score beyond those every LMS needs.

        Args:
            first: no score of this person for this line item was delivered before.
            submitted_at: when the person completed the work.
        """
        return {"submission": {"submittedAt": submitted_at.isoformat(timespec="seconds")}}

    def outcome(self, status: int, body: str) -> Outcome:  # noqa: ARG002  some say it in words
        """What this answer to a score means; only asked about answers that are no success.

        Args:
            status: of the HTTP response, 300 or more; a 401 only after a new token.
            body: as text, its beginning.
        """
        # AGS 2.0, "timestamp" of a score: an LMS keeps the later of two.
        if status == 409:
            return Outcome.SETTLED
        if status in _LATER or status >= 500:
            return Outcome.AGAIN
        return Outcome.GONE if status in _GONE else Outcome.REFUSED

    def serves_from(self, origin: str, registered: Set[str]) -> bool:
        """Whether this LMS's services and pages may live on this origin.

        Args:
            origin: of an address in a signed message.
            registered: the origins the operator registered for the LMS.
        """
        return origin in registered
