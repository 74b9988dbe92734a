"""The participant's way through study sessions.

Order is kept here, not in the browser: an activity opens when everything compulsory before it
is done, and stays open, read-only, ever after.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Blueprint, g, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from lti_tool.errors import ContentSkipped, Incomplete
from lti_tool.records.outbox import GradeState, grade_of
from lti_tool.records.progress import (
    Act,
    Done,
    Progress,
    done_of,
    progress_of,
    record_done,
)
from lti_tool.study.completion import (
    check_in_order,
    done_in,
    first_unfinished,
    next_activity,
)
from lti_tool.study.content import ContentPack, StudySession
from lti_tool.tenancy.roles import Role
from lti_tool.web.access import serve_only
from lti_tool.web.answers import faults_of, given_answers, too_long
from lti_tool.web.parts import parts
from lti_tool.web.standing import course_map, grade_words
from lti_tool.web.studying import (
    Here,
    find_here,
    find_session,
    has_map,
    is_of_link,
    keep_unless_done,
    name_in_browser,
    only_session,
    plan_of,
    progress_at,
    reviewed_by,
    study_links,
    studying,
)
from lti_tool.web.view import activity_page, has_feedback

blueprint = Blueprint("study", __name__, url_prefix="/visit/<visit>")
serve_only(blueprint, Role.PARTICIPANT)

_CLIENT_ID = re.compile(r"[0-9a-f]{32}")

Answer = str | tuple[str, int] | Response


@blueprint.get("/")
def home() -> Answer:
    """What the link opened: its one study session, or the map of several."""
    if g.visit.item is None:
        return render_template("study/nothing.html")
    enrolment, pack = studying()
    if only_session(pack, g.visit.item):
        return redirect(url_for("study.session", item=g.visit.item), code=303)
    with parts().database.read() as db:
        done = done_of(db, enrolment)
    shown = course_map(pack, g.visit.item, done, study_links())
    return render_template("study/map.html", map=shown, pack=pack)


@blueprint.get("/session/<item>")
def session(item: str) -> Response:
    """Go on where the participant stopped: the first unfinished activity, or the end."""
    enrolment, pack = studying()
    opened = find_session(pack, item)
    with parts().database.read() as db:
        done = done_of(db, enrolment)
    check_in_order(pack, opened, opened.activities[0].id, done)
    following = next_activity(opened, done_in(opened, done))
    links = study_links()
    where = links.activity(opened, following) if following else links.end(opened)
    return redirect(where, code=303)


@blueprint.get("/session/<item>/end")
def end(item: str) -> Answer:
    """What was done, what the LMS knows of it, what is next."""
    enrolment, pack = studying()
    ended = find_session(pack, item)
    covered = _covered(ended)
    with parts().database.read() as db:
        progress = progress_of(db, enrolment, item)
        grade = _grade(db, pack, covered)
    done = progress.done
    if next_activity(ended, done_in(ended, done)):
        raise ContentSkipped(f"{item} is not finished")
    going_on = first_unfinished(pack, done)
    return render_template(
        "study/end.html",
        pack=pack,
        session=ended,
        plan=plan_of(progress, ended),
        grade=grade_words(grade, pack.find(covered) or (), done, is_here=is_of_link(ended)),
        going_on=going_on,
        is_elsewhere=going_on is not None and not is_of_link(going_on[0]),
        has_map=has_map(),
        links=study_links(),
    )


@blueprint.get("/session/<item>/<activity_id>")
def activity(item: str, activity_id: str) -> Answer:
    """One activity: to do, or as it was done."""
    here = find_here(item, activity_id)
    progress = progress_at(here)
    check_in_order(here.pack, here.session, here.activity.id, progress.done)
    faults = {}
    if "again" in request.args and here.key not in progress.done:
        faults = faults_of(here.activity, progress.answers_in(*here.key))
    return _page(here, progress, faults)


@blueprint.post("/session/<item>/<activity_id>")
def finish(item: str, activity_id: str) -> Answer:
    """Record an activity as done; what is not enough yet is kept and asked for again."""
    here = find_here(item, activity_id)
    answers = given_answers(here.activity, request.form)
    try:
        done = _record(here, answers)
    except Incomplete:
        return _ask_again(here, answers)
    return _go_on(here, done)


@blueprint.post("/session/<item>/<activity_id>/draft")
def draft(item: str, activity_id: str) -> tuple[str, int]:
    """Keep what is written so far; what has been handed in stays as it is."""
    here = find_here(item, activity_id)
    answers = given_answers(here.activity, request.form)
    parts().database.run(lambda db: keep_unless_done(db, here, answers))
    return "", 413 if too_long(here.activity, request.form) else 204


@blueprint.errorhandler(ContentSkipped)
def skipped(_error: ContentSkipped) -> Answer:
    """Say what comes first, and lead there."""
    enrolment, pack = studying()
    with parts().database.read() as db:
        going_on = first_unfinished(pack, done_of(db, enrolment))
    assert going_on  # or nothing could have been skipped
    first, step = going_on
    asked = only_session(pack, (request.view_args or {}).get("item", ""))
    page = {"pack": pack, "session": first, "step": step, "asked": asked}
    return render_template("study/first.html", **page, links=study_links()), 409


def _record(here: Here, answers: Mapping[str, str]) -> Done:
    if faults := too_long(here.activity, request.form):
        raise Incomplete(faults)
    client_id = request.form.get("client_id", "")
    act = Act(
        enrolment_row=here.enrolment,
        pack=here.pack,
        session=here.session,
        activity=here.activity,
        answers=answers,
        client_id=client_id if _CLIENT_ID.fullmatch(client_id) else uuid.uuid4().hex,
    )
    now = datetime.now(UTC)
    return parts().database.run(lambda db: record_done(db, act, now))


def _go_on(here: Here, done: Done) -> Response:
    """To the feedback where there is some, else to what is next."""
    links = study_links()
    if has_feedback(here.activity):
        return redirect(f"{links.activity(here.session, here.activity)}#answers", code=303)
    following = next_activity(here.session, done_in(here.session, done))
    if following is None:
        return redirect(links.end(here.session), code=303)
    return redirect(links.activity(here.session, following), code=303)


def _ask_again(here: Here, answers: Mapping[str, str]) -> Response:
    """Keep what is not enough yet and show what is missing, at an address of its own.

    A page that answered the form itself would send it again when it is reloaded, over what
    has been written since.
    """
    done = parts().database.run(lambda db: keep_unless_done(db, here, answers))
    if here.key in done:
        return _go_on(here, done)
    where = study_links().activity(here.session, here.activity)
    return redirect(f"{where}?again", code=303)


def _page(here: Here, progress: Progress, faults: Mapping[str, str]) -> str:
    page = activity_page(
        here.pack,
        here.session,
        here.activity,
        done_in(here.session, progress.done),
        progress.answers_in(*here.key),
        faults,
        study_links(),
    )
    before = reviewed_by(here)
    return render_template(
        "study/activity.html",
        page=page,
        pack=here.pack,
        before=before,
        plan=plan_of(progress, before) if before else "",
        has_map=has_map(),
        client_id=uuid.uuid4().hex,
        keep_as=name_in_browser(here),
    )


def _covered(session: StudySession) -> str:
    """The item whose grade the participant is here for."""
    return str(g.visit.item) if is_of_link(session) else session.item


def _grade(db: Connection, pack: ContentPack, item: str) -> GradeState | None:
    if not g.visit.graded:
        return None
    visit = g.visit
    return grade_of(
        db, visit.context_row, visit.person_row, pack.id, item, link_row=visit.link_row
    )
