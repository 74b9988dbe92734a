"""From a verified launch to a visit, wholly or not at all, and to the page that comes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from flask import url_for
from sqlalchemy import Connection

from lti_tool.errors import LaunchRefused
from lti_tool.records.admission import Admission, admit, deployment_status
from lti_tool.records.db import AnyRow, need_transaction
from lti_tool.records.earning import owe_earned
from lti_tool.records.known import known_of
from lti_tool.records.platforms import note_pending
from lti_tool.records.progress import NOTHING_YET, Progress, progress_of
from lti_tool.records.visits import NewVisit, begin_visit
from lti_tool.study.completion import done_in, next_activity, opens_in_order
from lti_tool.study.content import ContentPack
from lti_tool.tenancy.launch import Launch
from lti_tool.tenancy.roles import Role
from lti_tool.web.access import Visit, agent_of_browser, remember
from lti_tool.web.clocks import Reading, reading_of
from lti_tool.web.links import Links, visit_home
from lti_tool.web.new_visit import new_visit, visit_of
from lti_tool.web.parts import parts
from lti_tool.web.studying import hand_over
from lti_tool.web.visit_keys import VisitKeys

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A launch that has been admitted."""

    visit: Visit
    pack: ContentPack | None  # what it opens; None when nothing is chosen
    item: str | None
    progress: Progress  # of this participant in this pack, with answers in this item


class AlreadyUsed(Exception):
    """A launch with this state has been admitted before; nothing was kept of this one."""


class _NotActive(Exception):
    """The deployment is not served; nothing may be kept of the launch."""


@dataclass(slots=True)
class _Beginning:
    """A launch on its way to becoming a visit."""

    launched: Launch
    keys: VisitKeys
    agent_hash: str | None
    pack: ContentPack | None
    item: str | None
    now: datetime
    clock: Reading | None  # worth keeping with it
    # Read by at_a_glance, a moment before the transaction of whole; after a lost race not good.
    known: AnyRow | None = None

    def at_a_glance(self, db: Connection) -> tuple[Progress, NewVisit]:
        """Where all is known already: one query, one row."""
        self.known = known_of(db, self.launched, self.pack)
        return self._begin(db, self.known)

    def whole(self, db: Connection) -> tuple[Progress, NewVisit]:
        """Where something of it is new."""
        known, self.known = self.known, None
        return self._begin(db, known or known_of(db, self.launched, self.pack))

    def _begin(self, db: Connection, known: AnyRow | None) -> tuple[Progress, NewVisit]:
        if known is None:
            raise _NotActive
        if self.clock:
            need_transaction(db)
        admission = admit(db, self.launched, self.pack, self.item, self.now, known)
        _check_version(admission, self.pack)
        progress = _credited(db, admission, self.pack, self.item, self.now)
        new = new_visit(self.launched, admission, self.pack, self.item, self.agent_hash)
        if not begin_visit(db, new, self.keys.key, self.keys.cookie, self.now):
            raise AlreadyUsed
        if self.clock:
            self.clock.keep(db)
        return progress, new


def arrive(launched: Launch, keys: VisitKeys, carrier: str) -> Arrival:
    """Keep all of a launch, or none of it; its state is used up with it.

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
    clock = reading_of(launched.platform, launched.clock_ahead_s, now)
    beginning = _Beginning(launched, keys, agent_hash, *_opens(launched), now, clock)
    try:
        progress, new = parts().database.run_lightly(beginning.at_a_glance, beginning.whole)
    except _NotActive:
        raise _refused_deployment(launched, now) from None
    visit = visit_of(launched, new, keys.key)
    remember(visit, keys.cookie)
    if clock:
        clock.tell()
    _log(launched, beginning.pack, carrier)
    return Arrival(visit, beginning.pack, beginning.item, progress)


def _log(launched: Launch, pack: ContentPack | None, carrier: str) -> None:
    unknown = ["item_unknown"] if launched.item and not pack else []
    log.info(
        "launched",
        platform=launched.platform.id,
        deployment=launched.deployment_id,
        role=launched.standing.role,
        item=launched.item,
        carrier=carrier,
        odd=(*launched.odd, *unknown),
    )


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
    session, links, done = sessions[0], Links(home), arrived.progress.done
    if not opens_in_order(arrived.pack, session, done):
        return links.session(session)
    following = next_activity(session, done_in(session, done))
    if following is None:
        return links.end(session)
    hand_over(arrived.visit.key, session, following, arrived.progress)
    return links.activity(session, following)


def _credited(
    db: Connection,
    admission: Admission,
    pack: ContentPack | None,
    item: str | None,
    now: datetime,
) -> Progress:
    """What the participant has done and written; work done elsewhere counts for this link."""
    if pack is None or item is None or admission.enrolment_row is None:
        return NOTHING_YET
    if not (admission.has_begun or admission.has_written):
        return NOTHING_YET
    if admission.may_be_owed:
        need_transaction(db)
    progress = progress_of(db, admission.enrolment_row, item)
    if admission.may_be_owed:
        owe_earned(db, admission.enrolment_row, pack, progress.done, now)
    return progress


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


def _refused_deployment(launched: Launch, now: datetime) -> LaunchRefused:
    """Why a deployment is not served; an unknown one is kept for the operator to approve."""
    platform_id, name = launched.platform.id, launched.deployment_id
    with parts().database.read() as db:
        status = deployment_status(db, platform_id, name)
    if status is None and not parts().database.run(
        lambda db: note_pending(db, platform_id, name, now)
    ):
        log.warning("pending_full", platform=platform_id)
    refused = LaunchRefused(
        "paused" if status == "suspended" else "not_registered",
        f"deployment_{status or 'unknown'}",
        issuer=launched.platform.issuer,
        client_id=launched.platform.client_id,
        deployment_id=name,
    )
    refused.return_url = launched.return_url or ""
    return refused
