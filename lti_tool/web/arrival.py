"""From a verified launch to a visit, in one transaction, and to the page that comes first."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog
from flask import url_for
from sqlalchemy import Connection

from lti_tool.errors import LaunchRefused
from lti_tool.records.admission import Admission, admit, deployment_status
from lti_tool.records.earning import owe_earned
from lti_tool.records.platforms import note_pending
from lti_tool.records.progress import Done, done_of
from lti_tool.records.visits import NewVisit, begin_visit
from lti_tool.study.completion import done_in, next_activity, opens_in_order
from lti_tool.study.content import ContentPack
from lti_tool.tenancy.launch import Launch
from lti_tool.tenancy.roles import Role
from lti_tool.web.access import Visit, VisitKeys, agent_of_browser, remember
from lti_tool.web.links import Links, visit_home
from lti_tool.web.parts import parts

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A launch that has been admitted."""

    visit: Visit
    pack: ContentPack | None  # what it opens; None when nothing is chosen
    item: str | None
    done: Done  # by this participant in this pack


class AlreadyUsed(Exception):
    """A launch with this state has been admitted before; nothing was kept of this one."""


class _NotActive(Exception):
    """The deployment is not served; nothing may be kept of the launch."""


def arrive(launched: Launch, keys: VisitKeys, carrier: str) -> Arrival:
    """Keep all of a launch, or none of it: one transaction, in which its state is used up.

    Args:
        launched: verified.
        keys: of the visit that begins.
        carrier: how the browser showed that it began the launch.

    Raises:
        AlreadyUsed: by another request, before or at the same moment.
        LaunchRefused: its deployment is not served, or its content is of a version that is
            not here.
    """
    now = datetime.now(UTC)
    agent_hash = None if carrier == "cookie" else agent_of_browser()
    pack, item = _opens(launched)

    def work(db: Connection) -> tuple[Done, NewVisit]:
        admission = admit(db, launched, pack, item, now)
        if admission is None:
            raise _NotActive
        _check_version(admission, pack)
        done = _credited(db, admission, pack, now)
        new = _new_visit(launched, admission, pack, item, agent_hash)
        if not begin_visit(db, new, keys.key, keys.cookie, now):
            raise AlreadyUsed
        return done, new

    try:
        done, new = parts().database.run(work)
    except _NotActive:
        raise _refused_deployment(launched, now) from None
    visit = _visit(launched, new, keys.key)
    remember(visit, keys.cookie)
    log.info(
        "launched",
        platform=launched.platform.id,
        deployment=launched.deployment_id,
        role=launched.standing.role,
        item=launched.item,
        carrier=carrier,
    )
    return Arrival(visit, pack, item, done)


def home_of(visit: Visit) -> str:
    """Where a visit begins."""
    if visit.deep_linking:
        return url_for("choose.page", visit=visit.key)
    if visit.role is not Role.PARTICIPANT:
        return url_for("staff.home", visit=visit.key)
    return visit_home(visit.key)


def landing(arrived: Arrival) -> str:
    """Where an arrival leads: in one step to the next thing to do."""
    home = home_of(arrived.visit)
    if arrived.visit.deep_linking or arrived.visit.role is not Role.PARTICIPANT:
        return home
    sessions = arrived.pack.find(arrived.item or "") if arrived.pack else None
    if arrived.pack is None or not sessions or sessions[0].item != arrived.item:
        return home
    session, links = sessions[0], Links(home)
    if not opens_in_order(arrived.pack, session, arrived.done):
        return links.session(session)
    following = next_activity(session, done_in(session, arrived.done))
    return links.activity(session, following) if following else links.end(session)


def _credited(
    db: Connection, admission: Admission, pack: ContentPack | None, now: datetime
) -> Done:
    """What the participant has done; work done elsewhere is credited to this link."""
    if pack is None or admission.enrolment_row is None or not admission.has_begun:
        return frozenset()
    done = done_of(db, admission.enrolment_row)
    if admission.may_be_owed:
        owe_earned(db, admission.enrolment_row, pack, done, now)
    return done


def _opens(launched: Launch) -> tuple[ContentPack | None, str | None]:
    """The pack and the item this launch is for; None where there is no such thing."""
    pack_id, _, item = (launched.item or "").partition("/")
    pack = parts().packs.get(pack_id)
    return (pack, item) if pack and pack.find(item) else (None, None)


def _check_version(admission: Admission, pack: ContentPack | None) -> None:
    if pack and admission.pack_digest not in (None, pack.digest):
        raise LaunchRefused(
            "busy",
            "pack_version_missing",
            "You began this course with another version of its content, which this server "
            "does not hold. Tell your NPQ provider the reference below.",
        )


def _new_visit(
    launched: Launch,
    admission: Admission,
    pack: ContentPack | None,
    item: str | None,
    agent_hash: str | None,
) -> NewVisit:
    return NewVisit(
        state_id=launched.state_id,
        deployment_row=admission.deployment_row,
        context_row=admission.context_row,
        link_row=admission.link_row,
        person_row=admission.person_row,
        enrolment_row=admission.enrolment_row,
        role=launched.standing.role,
        graded=launched.standing.graded,
        pack_id=pack.id if pack else None,
        item=item,
        return_url=launched.return_url,
        frame_origins=_frame_origins(launched),
        deep_linking=asdict(launched.deep_linking) if launched.deep_linking else None,
        person_name=launched.name,
        course_title=_course_title(launched),
        link_title=launched.link.title if launched.link else "",
        agent_hash=agent_hash,
    )


def _visit(launched: Launch, new: NewVisit, key: str) -> Visit:
    return Visit(
        key=key,
        role=launched.standing.role,
        graded=new.graded,
        platform_id=launched.platform.id,
        deployment_id=launched.deployment_id,
        context_row=new.context_row,
        link_row=new.link_row,
        person_row=new.person_row,
        enrolment_row=new.enrolment_row,
        pack_id=new.pack_id,
        item=new.item,
        person_name=new.person_name,
        course_title=new.course_title,
        link_title=new.link_title,
        return_url=new.return_url,
        deep_linking=launched.deep_linking,
        frame_origins=new.frame_origins,
        agent_hash=new.agent_hash,
    )


def _course_title(launched: Launch) -> str:
    course = launched.context
    return (course.title or course.label) if course else ""


def _frame_origins(launched: Launch) -> str:
    """Where the LMS's pages live: its issuer may be shared, its return address is its own."""
    platform = launched.platform
    urls = (platform.issuer, platform.auth_url, launched.return_url or "")
    parsed = (urlsplit(url) for url in urls if url.startswith(("https://", "http://")))
    return " ".join(dict.fromkeys(f"{url.scheme}://{url.netloc}" for url in parsed))


def _refused_deployment(launched: Launch, now: datetime) -> LaunchRefused:
    """Why a deployment is not served; an unknown one is kept for the operator to approve."""
    platform_id, name = launched.platform.id, launched.deployment_id
    with parts().database.read() as db:
        status = deployment_status(db, platform_id, name)
    if status is None:
        parts().database.run(lambda db: note_pending(db, platform_id, name, now))
    refused = LaunchRefused(
        "paused" if status == "suspended" else "not_registered",
        f"deployment_{status or 'unknown'}",
        issuer=launched.platform.issuer,
        client_id=launched.platform.client_id,
        deployment_id=name,
    )
    refused.return_url = launched.return_url or ""
    return refused
