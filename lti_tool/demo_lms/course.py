"""The one course: links to the tool, gradebook columns, scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

CONTEXT_ID = "npqlt-autumn"
CONTEXT_LABEL = "NPQLT"
CONTEXT_TITLE = "NPQ Leading Teaching — autumn cohort"
_FINAL = "FullyGraded"


@dataclass(frozen=True, slots=True)
class Link:
    """One place in the course that opens the tool."""

    id: str
    title: str
    url: str  # target link URI
    custom: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    line_item_id: str | None = None  # None: not graded
    added: bool = False  # by deep linking, and so may be removed again


@dataclass(frozen=True, slots=True)
class LineItem:
    """One gradebook column."""

    id: str
    label: str
    maximum: float
    resource_id: str = ""
    tag: str = ""
    link_id: str | None = None
    optional: Mapping[str, Any] = field(default_factory=dict)  # dates and the like, as received


@dataclass(frozen=True, slots=True)
class Score:
    """The newest score accepted for one person and one line item."""

    line_item_id: str
    person_id: str
    at: datetime  # the tool's timestamp
    activity: str
    grading: str
    given: float | None = None
    maximum: float | None = None
    comment: str = ""

    @property
    def is_final(self) -> bool:
        """Whether the gradebook shows it; any other score blanks the cell, as on Moodle."""
        return self.grading == _FINAL and self.given is not None

    def supersedes(self, older: Score) -> bool:
        """Whether this is at least one whole second later.

        Source: Moodle 4.5, ltiservice_gradebookservices scores.php: seconds are compared,
        and all but a strictly later one is refused with 409.
        """
        return int(self.at.timestamp()) > int(older.at.timestamp())


def standing(score: Score | None, item: LineItem) -> float | None:
    """What the gradebook cell holds, rescaled to the column's maximum; None when blank."""
    if score is None or not score.is_final or score.given is None or not score.maximum:
        return None
    return score.given / score.maximum * item.maximum
