"""From a verified launch to rows: tenant, course, link, person, enrolment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from lti_tool.records.columns import NumberedTable
from lti_tool.records.db import AnyRow, need_transaction
from lti_tool.records.tables import (
    ContextRow,
    DeploymentRow,
    EnrolmentRow,
    LineItemRow,
    MembershipRow,
    PersonRow,
    ResourceLinkRow,
)
from lti_tool.study.content import ContentPack
from lti_tool.tenancy.launch import Launch
from lti_tool.tenancy.roles import Role

DEFAULT_MAXIMUM = 1.0  # points of a line item that does not say otherwise


@dataclass(frozen=True, slots=True)
class Admission:
    """Who and what a launch is, as row ids."""

    deployment_row: int
    context_row: int | None
    link_row: int | None
    person_row: int
    enrolment_row: int | None
    pack_digest: str | None  # the enrolment is pinned to it
    has_begun: bool  # has done something of the pack
    has_written: bool  # has answered something in it, finished or not
    may_be_owed: bool  # has begun, is graded here, and no grade stands or is on its way


def deployment_status(db: Connection, platform_id: int, deployment_id: str) -> str | None:
    """Active, pending or suspended; None when we do not know it."""
    return db.scalar(
        select(DeploymentRow.status).where(
            DeploymentRow.platform_id == platform_id,
            DeploymentRow.deployment_id == deployment_id,
        )
    )


def admit(
    db: Connection,
    launch: Launch,
    pack: ContentPack | None,
    item: str | None,
    now: datetime,
    known: AnyRow,
) -> Admission:
    """The rows of this launch, added or brought up to date where they differ.

    The same launch a second time writes nothing. A participant is enrolled on the pack at
    the first launch that opens it.

    Args:
        db: an open transaction, or a connection that says NeedsTransaction at a write.
        launch: verified.
        pack: what the link opens; None when nothing is chosen yet or it is unknown.
        item: which part of the pack.
        now: the moment of the launch.
        known: what known_of found of it.
    """
    person = _person(db, launch, known)
    context = _context(db, launch, known)
    line_item = _line_item(db, launch, known, context)
    link = _link(db, launch, known, context, _opens(pack, item, line_item))
    _membership(db, launch, known, person, context)
    enrolment, digest = _enrolment(db, launch, known, person, pack, now)
    return Admission(
        deployment_row=known.deployment,
        context_row=context,
        link_row=link,
        person_row=person,
        enrolment_row=enrolment,
        pack_digest=digest,
        has_begun=known.has_begun is not None,
        has_written=known.has_written is not None,
        may_be_owed=_may_be_owed(launch, known, line_item),
    )


def _person(db: Connection, launch: Launch, known: AnyRow) -> int:
    if known.person is None:
        return _add(
            db, PersonRow, platform_id=launch.platform.id, sub=launch.sub, name=launch.name
        )
    if launch.name and launch.name != known.person_name:
        _change(db, PersonRow, known.person, name=launch.name)
    return int(known.person)


def _context(db: Connection, launch: Launch, known: AnyRow) -> int | None:
    if launch.context is None:
        return None
    title = launch.context.title or launch.context.label
    if known.context is None:
        return _add(
            db,
            ContextRow,
            deployment_id=known.deployment,
            lti_id=launch.context.id,
            title=title,
        )
    if title and title != known.course_title:
        _change(db, ContextRow, known.context, title=title)
    return int(known.context)


def _line_item(
    db: Connection, launch: Launch, known: AnyRow, context: int | None
) -> int | None:
    if context is None or launch.line_item_url is None or not launch.can_score:
        return None
    if known.line_item is not None:
        return int(known.line_item)
    return _add(
        db,
        LineItemRow,
        context_id=context,
        url=launch.line_item_url,
        score_maximum=DEFAULT_MAXIMUM,
    )


def _link(
    db: Connection,
    launch: Launch,
    known: AnyRow,
    context: int | None,
    opens: tuple[str | None, str | None, int | None],
) -> int | None:
    """The link's row; `opens` is the pack, the item and the line item of this launch."""
    if context is None or launch.link is None:
        return None
    columns = dict(zip(("pack_id", "item", "line_item_id"), opens, strict=True))
    if known.link is None:
        link = {"context_id": context, "lti_id": launch.link.id, "title": launch.link.title}
        return _add(db, ResourceLinkRow, **link, **columns)
    pack_id, item, line_item = opens
    if line_item is None:  # said to staff only, by some: what is owed there stays owed
        opens = (pack_id, item, known.link_line_item)
        columns["line_item_id"] = known.link_line_item
    before = (known.link_title, known.link_pack, known.link_item, known.link_line_item)
    if before != (launch.link.title, *opens):
        _change(db, ResourceLinkRow, known.link, title=launch.link.title, **columns)
    return int(known.link)


def _may_be_owed(launch: Launch, known: AnyRow, line_item: int | None) -> bool:
    graded = launch.standing.graded and line_item is not None
    stands = known.grade_status not in (None, "refused")
    return graded and not stands and known.has_begun is not None


def _opens(
    pack: ContentPack | None, item: str | None, line_item: int | None
) -> tuple[str | None, str | None, int | None]:
    return (pack.id, item, line_item) if pack else (None, None, line_item)


def _membership(
    db: Connection, launch: Launch, known: AnyRow, person: int, context: int | None
) -> None:
    role, graded = launch.standing.role, launch.standing.graded
    if context is None:
        return
    if known.membership is None:
        keys = {"person_id": person, "context_id": context}
        _add(db, MembershipRow, **keys, role=role, graded=graded)
    elif (known.role, known.graded) != (role, graded):
        _change(db, MembershipRow, known.membership, role=role, graded=graded)


def _enrolment(
    db: Connection,
    launch: Launch,
    known: AnyRow,
    person: int,
    pack: ContentPack | None,
    now: datetime,
) -> tuple[int | None, str | None]:
    """The participant's enrolment on the pack and the digest it is pinned to."""
    if pack is None or launch.standing.role is not Role.PARTICIPANT:
        return None, None
    if known.enrolment is not None:
        return int(known.enrolment), known.pack_digest
    enrolment = _add(
        db,
        EnrolmentRow,
        person_id=person,
        deployment_id=known.deployment,
        pack_id=pack.id,
        pack_version=pack.version,
        pack_digest=pack.digest,
        started_at=now,
    )
    return enrolment, pack.digest


def _add(db: Connection, table: type[NumberedTable], **columns: Any) -> int:
    need_transaction(db)
    return db.execute(insert(table).values(**columns).returning(table.id)).scalar_one()


def _change(db: Connection, table: type[NumberedTable], row_id: int, **columns: Any) -> None:
    need_transaction(db)
    db.execute(update(table).where(table.id == row_id).values(**columns))
