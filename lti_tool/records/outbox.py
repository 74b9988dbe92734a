"""The grade outbox: what we owe line items, until delivered or refused.

A grade is state, not an event: one row per line item and person, and the newest wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, select, update

from lti_tool.records.db import AnyRow
from lti_tool.records.tables import (
    GradeRow,
    LineItemRow,
    PersonRow,
    ResourceLinkRow,
)

LEASE = timedelta(minutes=2)  # longer than all that is claimed at once can take


@dataclass(frozen=True, slots=True)
class OwedGrade:
    """A grade claimed for delivery."""

    id: int
    platform_id: int
    line_item_url: str
    sub: str
    given: float  # points
    maximum: float  # points
    at: datetime  # the score's own moment, whole seconds
    submitted_at: datetime
    attempts: int  # this one included
    first: bool  # nothing has been delivered for it yet


@dataclass(frozen=True, slots=True)
class GradeState:
    """How a grade stands, for the person it belongs to."""

    status: str  # none: the link has no gradebook column; owed, delivered, refused
    at: datetime | None = None  # of the delivery
    reason: str | None = None  # of the last failure


_CLAIMED = (
    select(
        GradeRow.id,
        GradeRow.given,
        GradeRow.at,
        GradeRow.submitted_at,
        GradeRow.attempts,
        GradeRow.delivered_at,
        LineItemRow.url,
        LineItemRow.score_maximum,
        PersonRow.sub,
        PersonRow.platform_id,
    )
    .join(LineItemRow, LineItemRow.id == GradeRow.line_item_id)
    .join(PersonRow, PersonRow.id == GradeRow.person_id)
)


def claim_due(
    db: Connection, now: datetime, limit: int, due_by: datetime | None = None
) -> list[OwedGrade]:
    """Take up to `limit` due grades for delivery; other workers skip them for LEASE.

    Args:
        db: an open transaction.
        now: when the lease begins.
        limit: how many at the most.
        due_by: leave what was due later; now unless given.
    """
    due = (
        select(GradeRow.id)
        .where(GradeRow.due_at <= (due_by or now))
        .order_by(GradeRow.due_at)
        .limit(limit)
        .with_for_update(
            skip_locked=True
        )  # left out by SQLite, where one writer is all there is
    )
    leased = {"due_at": now + LEASE, "attempts": GradeRow.attempts + 1}
    ids = db.scalars(
        update(GradeRow).where(GradeRow.id.in_(due)).values(leased).returning(GradeRow.id)
    ).all()
    if not ids:
        return []
    return [_owed(row) for row in db.execute(_CLAIMED.where(GradeRow.id.in_(ids)))]


def _owed(row: AnyRow) -> OwedGrade:
    return OwedGrade(
        id=row.id,
        platform_id=row.platform_id,
        line_item_url=row.url,
        sub=row.sub,
        given=row.given,
        maximum=row.score_maximum,
        at=row.at,
        submitted_at=row.submitted_at,
        attempts=row.attempts,
        first=row.delivered_at is None,
    )


def settle_delivered(db: Connection, grade: OwedGrade, now: datetime) -> None:
    """Note that the LMS has the grade; one replaced meanwhile stays due."""
    _settle(db, grade, status="delivered", due_at=None, delivered_at=now, reason=None)


def settle_later(db: Connection, grade: OwedGrade, due_at: datetime, reason: str) -> None:
    """Note when to try again; a grade replaced meanwhile stays as it is."""
    _settle(db, grade, due_at=due_at, reason=reason)


def settle_refused(db: Connection, grade: OwedGrade, reason: str) -> None:
    """Note that the LMS will not take the grade; one replaced meanwhile stays due."""
    _settle(db, grade, status="refused", due_at=None, reason=reason)


def _settle(db: Connection, grade: OwedGrade, **columns: Any) -> None:
    same = and_(GradeRow.id == grade.id, GradeRow.at == grade.at)
    db.execute(update(GradeRow).where(same).values(**columns))


def grade_of(
    db: Connection,
    context_row: int | None,
    person_row: int,
    pack_id: str,
    item: str,
    link_row: int | None = None,
) -> GradeState:
    """How the grade of an item stands for a person in a course.

    Args:
        db: a connection.
        context_row: the course.
        person_row: the person.
        pack_id: of the item.
        item: what the grade is for.
        link_row: asked about first, where several links of the course open the item.
    """
    query = (
        select(GradeRow.status, GradeRow.delivered_at, GradeRow.reason)
        .select_from(ResourceLinkRow)
        .join(LineItemRow, LineItemRow.id == ResourceLinkRow.line_item_id)
        .outerjoin(
            GradeRow,
            and_(GradeRow.line_item_id == LineItemRow.id, GradeRow.person_id == person_row),
        )
        .where(
            ResourceLinkRow.context_id == context_row,
            ResourceLinkRow.pack_id == pack_id,
            ResourceLinkRow.item == item,
        )
        .order_by(ResourceLinkRow.id != (link_row or 0), ResourceLinkRow.id)
        .limit(1)
    )
    row = db.execute(query).one_or_none()
    if row is None or row.status is None:
        return GradeState("none")
    return GradeState(row.status, row.delivered_at, row.reason)


@dataclass(frozen=True, slots=True)
class Owed:
    """The outbox in figures."""

    owed: int
    refused: int
    oldest_due_at: datetime | None  # of those owed


def outbox_figures(db: Connection) -> Owed:
    """How many grades are waiting or refused, and since when."""
    query = select(GradeRow.status, func.count()).group_by(GradeRow.status)
    counts: dict[str, int] = dict(db.execute(query).all())
    oldest = db.scalar(select(func.min(GradeRow.at)).where(GradeRow.due_at.is_not(None)))
    return Owed(counts.get("owed", 0), counts.get("refused", 0), oldest)
