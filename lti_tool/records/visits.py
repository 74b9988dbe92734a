"""Visits: who is here after a launch, for which link, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from lti_tool.records.db import AnyRow
from lti_tool.records.tables import DeploymentRow, PlatformRow, VisitRow

IDLE_LIMIT = timedelta(hours=8)
_NOTED_EVERY = timedelta(minutes=10)  # so that a page view need not write


@dataclass(frozen=True, slots=True)
class NewVisit:
    """What a launch found out, to be kept for the visit."""

    state_id: str  # used up by this visit
    deployment_row: int
    context_row: int | None
    link_row: int | None
    person_row: int
    enrolment_row: int | None
    role: str
    graded: bool
    pack_id: str | None
    item: str | None
    return_url: str | None
    frame_origins: str
    deep_linking: dict[str, Any] | None
    person_name: str | None
    course_title: str
    link_title: str
    agent_hash: str | None = None  # None where the browser's cookie came along with the launch


def hash_of(secret: str) -> str:
    """How a visit's key and its cookie are stored."""
    return sha256(secret.encode()).hexdigest()


_ADD = insert(VisitRow).inline()  # nothing of it is asked back


def begin_visit(db: Connection, new: NewVisit, key: str, cookie: str, now: datetime) -> bool:
    """Keep a visit, which uses up its state; neither its key nor its cookie can be read back.

    Of two launches with one state at the same moment the second waits here for the first to
    commit.

    Returns: False when the state has been used before; the transaction is then at its end.
    """
    columns = {
        "key_hash": hash_of(key),
        "state_id": new.state_id,
        "cookie_hash": hash_of(cookie),
        "agent_hash": new.agent_hash,
        "deployment_id": new.deployment_row,
        "context_id": new.context_row,
        "resource_link_id": new.link_row,
        "person_id": new.person_row,
        "enrolment_id": new.enrolment_row,
        "role": new.role,
        "graded": new.graded,
        "pack_id": new.pack_id,
        "item": new.item,
        "return_url": new.return_url,
        "frame_origins": new.frame_origins,
        "deep_linking": new.deep_linking,
        "person_name": new.person_name,
        "course_title": new.course_title,
        "link_title": new.link_title,
        "seen_at": now,
    }
    try:
        db.execute(_ADD, columns)
    except IntegrityError as error:
        said = str(error.orig)  # both databases name what clashed
        if VisitRow.state_id.key not in said and VisitRow.key_hash.key not in said:
            raise
        return False
    return True


_FOUND = (
    select(
        VisitRow.cookie_hash,
        VisitRow.agent_hash,
        VisitRow.deployment_id,
        VisitRow.context_id,
        VisitRow.resource_link_id,
        VisitRow.person_id,
        VisitRow.enrolment_id,
        VisitRow.role,
        VisitRow.graded,
        VisitRow.pack_id,
        VisitRow.item,
        VisitRow.return_url,
        VisitRow.frame_origins,
        VisitRow.deep_linking,
        VisitRow.person_name,
        VisitRow.course_title,
        VisitRow.link_title,
        VisitRow.seen_at,
        DeploymentRow.platform_id,
        DeploymentRow.deployment_id.label("lti_deployment_id"),
    )
    .join(DeploymentRow, DeploymentRow.id == VisitRow.deployment_id)
    .join(PlatformRow, PlatformRow.id == DeploymentRow.platform_id)
    .where(
        VisitRow.key_hash == bindparam("key_hash"),
        VisitRow.seen_at > bindparam("alive_after"),
        DeploymentRow.status == "active",
        PlatformRow.status == "active",
    )
)


def find_visit(db: Connection, key: str, now: datetime) -> AnyRow | None:
    """The live visit with this key as a row, or None: ended, unknown or suspended."""
    wanted = {"key_hash": hash_of(key), "alive_after": now - IDLE_LIMIT}
    return db.execute(_FOUND, wanted).one_or_none()


def needs_noting(seen_at: datetime, now: datetime) -> bool:
    """Whether the visit's last sign of life is old enough to be written anew."""
    return now - seen_at > _NOTED_EVERY


def note_seen(db: Connection, key: str, now: datetime) -> None:
    """Start the idle limit of a visit afresh."""
    mine = VisitRow.key_hash == hash_of(key)
    db.execute(update(VisitRow).where(mine).values(seen_at=now))


def bind(db: Connection, key: str) -> None:
    """Ask for the cookie of a visit from now on: it has come back."""
    mine = VisitRow.key_hash == hash_of(key)
    db.execute(update(VisitRow).where(mine).values(agent_hash=None))
