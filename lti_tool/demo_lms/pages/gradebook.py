"""The gradebook: people by columns."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template

from lti_tool.demo_lms.course import LineItem, standing
from lti_tool.demo_lms.guards import somebody
from lti_tool.demo_lms.lms import lms
from lti_tool.demo_lms.pages.course import cell
from lti_tool.demo_lms.people import PARTICIPANTS, Person

blueprint = Blueprint("gradebook", __name__)


@dataclass(frozen=True, slots=True)
class Cell:
    """One person's grade in one column."""

    grade: str
    at: str


@dataclass(frozen=True, slots=True)
class Row:
    """One person's grades."""

    person: Person
    cells: list[Cell]


@blueprint.get("/gradebook")
def page() -> str:
    """All participants for the course's staff; for a participant the own row only."""
    viewer, items = somebody(), lms().store.line_items()
    shown = [person for person in PARTICIPANTS if not viewer.is_participant or person == viewer]
    rows = [Row(person, [_cell(item, person) for item in items]) for person in shown]
    return render_template("gradebook.html", items=items, rows=rows)


def _cell(item: LineItem, person: Person) -> Cell:
    score = lms().store.score(item.id, person.id)
    if score is None or standing(score, item) is None:
        return Cell("", "")
    return Cell(cell(item, person), f"{score.at:%d %b %Y, %H:%M:%S %Z}")
