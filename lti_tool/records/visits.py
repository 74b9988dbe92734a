"""Visits: who is here after a launch, for which link, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from lti_tool.records.db import AnyRow
from lti_tool.records.tables import (
    BurntStateRow,
    DeploymentRow,
    PlatformRow,
    VisitRow,
)

IDLE_LIMIT = timedelta(hours=8)
_NOTED_EVERY = timedelta(minutes=10)  # so that a page view need not write


@dataclass(frozen=True, slots=True)
class NewVisit:
    """What a launch found out, to be kept for the visit."""

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


def hash_of(secret: str) -> str:
    """How a visit's key and its cookie are stored."""
    return sha256(secret.encode()).hexdigest()


_ADD = insert(VisitRow).inline()  # nobody asks for the id


def begin_visit(db: Connection, new: NewVisit, key: str, cookie: str, now: datetime) -> None:
    """Keep a visit; neither its key nor its cookie can be read back."""
    columns = {
        "key_hash": hash_of(key),
        "cookie_hash": hash_of(cookie),
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
    db.execute(_ADD, columns)


_FOUND = (
    select(
        VisitRow.cookie_hash,
        VisitRow.deployment_id,
        VisitRow.context_id,
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


_BURN = insert(BurntStateRow).inline()


def burn(db: Connection, state_id: str, expires_at: datetime) -> bool:
    """Use up a launch state; False when it has been used before, which ends the transaction.

    Of two launches at the same moment the second waits here for the first to commit.
    """
    try:
        db.execute(_BURN, {"state_id": state_id, "expires_at": expires_at})
    except IntegrityError:
        return False
    return True


def purge(db: Connection, now: datetime) -> int:
    """Remove what has ended; how many rows."""
    ended = (
        delete(BurntStateRow).where(BurntStateRow.expires_at < now),
        delete(VisitRow).where(VisitRow.seen_at < now - IDLE_LIMIT),
    )
    return sum(db.execute(query).rowcount for query in ended)
