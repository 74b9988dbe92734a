"""Removes what is over, a batch at a time, so that no launch waits for it.

A transaction holds its rows for milliseconds, and on SQLite the only writer for no longer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, or_, select, tuple_

from lti_tool.records.columns import Table
from lti_tool.records.failed_attempts import WINDOW
from lti_tool.records.tables import VisitRow
from lti_tool.records.trust_tables import AccessTokenRow, FailedAttemptsRow
from lti_tool.records.visits import IDLE_LIMIT

BATCH = 500  # rows

Purge = Callable[[Connection, datetime], int]


def purge_visits(db: Connection, now: datetime) -> int:
    """Remove a batch of the visits that have ended; how many."""
    return _remove(db, VisitRow, VisitRow.seen_at < now - IDLE_LIMIT)


def purge_failed_attempts(db: Connection, now: datetime) -> int:
    """Remove a batch of the counts whose window is over; how many."""
    since = FailedAttemptsRow.since
    return _remove(db, FailedAttemptsRow, or_(since < now - WINDOW, since > now + WINDOW))


def purge_tokens(db: Connection, now: datetime) -> int:
    """Remove a batch of the access tokens that have expired; how many."""
    return _remove(db, AccessTokenRow, AccessTokenRow.expires_at < now)


def _remove(db: Connection, table: type[Table], over: ColumnElement[bool]) -> int:
    """Remove up to a batch of these rows; another worker's are left to it."""
    key = list(table.__table__.primary_key)
    # SQLite, where one writer is all there is, leaves the locking out.
    some = select(*key).where(over).limit(BATCH).with_for_update(skip_locked=True)
    # Chosen once: as a plain subquery PostgreSQL may choose again for every row it looks at.
    chosen = some.cte("chosen")
    query = delete(table).where(tuple_(*key).in_(select(*chosen.columns)))
    return len(db.execute(query.returning(key[0])).all())  # SQLite's driver counts no WITH
