"""What a link opens, for those who run or watch a course; nothing is recorded."""

from __future__ import annotations

from flask import Blueprint, g, render_template, url_for

from lti_tool.errors import NotServed
from lti_tool.study.content import Activity, ContentPack, StudySession
from lti_tool.tenancy.roles import Role
from lti_tool.web.access import serve_only
from lti_tool.web.answers import questions_of
from lti_tool.web.around import KIND_WORDS
from lti_tool.web.links import Links
from lti_tool.web.parts import parts
from lti_tool.web.told import told
from lti_tool.web.view import Onward

blueprint = Blueprint("staff", __name__, url_prefix="/visit/<visit>/staff")
serve_only(blueprint, Role.FACILITATOR, Role.ADMINISTRATOR, Role.OBSERVER)

_ROLE_WORDS = {
    Role.FACILITATOR: "a facilitator",
    Role.ADMINISTRATOR: "an administrator",
    Role.OBSERVER: "an observer",
}


@blueprint.get("/")
def home() -> str:
    """What this link opens."""
    pack = _pack()
    return render_template(
        "staff/home.html",
        pack=pack,
        sessions=pack.find(g.visit.item) if pack and g.visit.item else (),
        title=pack.title_of(g.visit.item or "") if pack else "Nothing has been chosen yet",
        role=_ROLE_WORDS[g.visit.role],
        kinds=KIND_WORDS,
        links=Links(url_for("staff.home")),
    )


@blueprint.get("/session/<item>/<activity_id>")
def activity(item: str, activity_id: str) -> str:
    """One activity as participants get it, with what they see after answering."""
    pack = _pack()
    session = _session(pack, item)
    shown = session.activity(activity_id)
    if pack is None or shown is None:
        raise NotServed("There is no such activity in this study session.")
    return render_template(
        "staff/activity.html",
        pack=pack,
        session=session,
        activity=shown,
        number=session.activities.index(shown) + 1,
        kind_words=KIND_WORDS[shown.kind],
        questions=questions_of(shown),
        told=told(pack, session, shown),
        onward=_onward(session, shown),
        role=_ROLE_WORDS[g.visit.role],
    )


def _pack() -> ContentPack | None:
    return parts().packs.get(g.visit.pack_id or "")


def _session(pack: ContentPack | None, item: str) -> StudySession:
    found = (pack.find(item) if pack else None) or ()
    if not found or found[0].item != item:
        raise NotServed("There is no such study session.")
    return found[0]


def _onward(session: StudySession, shown: Activity) -> Onward:
    """The next activity, or back to the overview after the last."""
    links = Links(url_for("staff.home"))
    following = session.activities[session.activities.index(shown) + 1 :]
    if not following:
        return Onward("Back to the overview", links.home)
    return Onward(f"Next: {following[0].title}", links.activity(session, following[0]))
