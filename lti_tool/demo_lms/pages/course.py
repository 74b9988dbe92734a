"""The course page: who you are, the study sessions, your grades; the facilitator's links."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from lti_tool.demo_lms.course import LineItem, Link, standing
from lti_tool.demo_lms.guards import COOKIE, facilitator, own_pages_only, signed_in, somebody
from lti_tool.demo_lms.lms import lms
from lti_tool.demo_lms.people import PEOPLE, Person, find_person

blueprint = Blueprint("course", __name__)
blueprint.before_request(lambda: own_pages_only() if request.method == "POST" else None)
_LONGEST_MESSAGE = 500  # characters shown of what the tool says at the end


@dataclass(frozen=True, slots=True)
class Row:
    """One link as the course page shows it."""

    link: Link
    grade: str


@blueprint.get("/")
def page() -> str:
    """The course as the person signed in sees it."""
    person = signed_in()
    rows = [Row(link, grade_of(link, person)) for link in lms().store.links()]
    return render_template("course.html", people=PEOPLE, rows=rows)


@blueprint.post("/people")
def become() -> Response:
    """Go on as somebody else; a demonstration has no passwords."""
    person = find_person(request.form.get("person"))
    if person is None:
        abort(400, "There is no such person here.")
    response = redirect("/", 303)
    cookie = lms().store.sign_in(person.id)
    response.set_cookie(COOKIE, cookie, httponly=True, samesite="Lax", path="/")
    return response


@blueprint.get("/links/<link_id>")
def open_in_page(link_id: str) -> str:
    """A link, opened in a frame of this page."""
    somebody()
    return render_template("link.html", link=_existing(link_id))


@blueprint.get("/links/<link_id>/return")
def returned(link_id: str) -> str:
    """Where the tool sends people at the end, with or without something to say."""
    texts = [request.args.get(name, "") for name in ("lti_errormsg", "lti_msg")]
    messages = [text[:_LONGEST_MESSAGE] for text in texts if text]
    return render_template("returned.html", link=_existing(link_id), messages=messages)


@blueprint.post("/links/<link_id>/remove")
def remove(link_id: str) -> Response:
    """Take an added link out of the course, with its grades."""
    facilitator()
    if not lms().store.remove_link(link_id):
        abort(404, "Only links that were added from the tool can be removed.")
    return redirect("/", 303)


@blueprint.get("/add")
def add() -> str:
    """The tool's chooser, in a frame of this page."""
    facilitator()
    return render_template("add.html")


def grade_of(link: Link, person: Person | None) -> str:
    """A person's own grade for a link, as in "1 / 1"; empty when there is none."""
    item = lms().store.line_item(link.line_item_id) if link.line_item_id else None
    if item is None or person is None:
        return ""
    return cell(item, person)


def cell(item: LineItem, person: Person) -> str:
    """What stands in one cell of the gradebook."""
    value = standing(lms().store.score(item.id, person.id), item)
    return "" if value is None else f"{number(value)} / {number(item.maximum)}"


def number(value: float) -> str:
    """A grade without needless digits."""
    return f"{round(value, 2):g}"


def _existing(link_id: str) -> Link:
    link = lms().store.link(link_id)
    if link is None:
        abort(404, "There is no such link in this course.")
    return link
