"""SQLite or PostgreSQL behind one door; hands out one connection per transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Dialect, Engine, Row, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DisconnectionError, IntegrityError

Result = TypeVar("Result")

# A row of a query whose columns are named where they are read.
AnyRow: TypeAlias = Row[*tuple[Any, ...]]

_MOST_LOST = 6  # a launch adds person, course, line item, link, membership and enrolment
_COMMITS_EACH = "commits each statement"
_SURELY_ALIVE_S = 5.0  # after its last use a connection is not asked whether it lives

# A server that has vanished is noticed within some 20 seconds, not after the system's hours.
# Source: PostgreSQL documentation, 34.1.2, Parameter Key Words.
_PATIENCE = {
    "connect_timeout": 5,  # s
    "keepalives_idle": 10,  # s
    "keepalives_interval": 3,  # s
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # ms
}

_SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # NORMAL may lose the last commits on power loss
    "foreign_keys=ON",
    "busy_timeout=15000",  # ms
)


class NeedsTransaction(Exception):
    """What is written next must stand or fall with something else."""


def need_transaction(db: Connection) -> None:
    """Say that what follows writes more than one row or relies on what was read.

    Raises:
        NeedsTransaction: this connection commits each statement by itself.
    """
    if _COMMITS_EACH in db.info:
        raise NeedsTransaction


class Database:
    """Hands out one connection per transaction, or one for queries only."""

    def __init__(self, url: str, pool_size: int = 8) -> None:
        """Take the database's address and how many connections of each kind there may be."""
        self.engine = _engine(url, pool_size)
        # A query alone needs no BEGIN and COMMIT: two round trips on PostgreSQL. Changing a
        # connection back and forth costs as much again, so these have their own.
        self.reading = _engine(
            url, pool_size, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True
        )
        event.listen(self.reading, "connect", _mark)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "begin", _begin_sqlite)

    def transaction(self) -> AbstractContextManager[Connection]:
        """A connection that commits when the block ends and rolls back when it raises."""
        return self.engine.begin()

    def read(self) -> AbstractContextManager[Connection]:
        """A connection for queries, without a transaction: cheaper, waits for no writer."""
        return self.reading.connect()

    def run(self, work: Callable[[Connection], Result]) -> Result:
        """Run work in a transaction, and again when it meets an IntegrityError.

        Requests that add the same rows at once are then as if one came after the other: the
        one that lost finds the row of the other. It may lose once for each kind of row it
        adds. Work must not do anything outside the database.
        """
        for _ in range(_MOST_LOST):
            try:
                with self.transaction() as db:
                    return work(db)
            except IntegrityError:
                continue
        with self.transaction() as db:
            return work(db)

    def run_lightly(
        self, light: Callable[[Connection], Result], whole: Callable[[Connection], Result]
    ) -> Result:
        """Run work that mostly reads and then adds one row.

        One statement is whole by itself: BEGIN and COMMIT would be two round trips more on
        PostgreSQL.

        Args:
            light: given a connection that commits each statement; what writes otherwise must
                say so before, by need_transaction.
            whole: run in a transaction where light needed one; see run.
        """
        if self.engine.dialect.name == "sqlite":
            return self.run(whole)  # one writer at a time: those who read must not wait for it
        try:
            with self.read() as db:
                return light(db)
        except NeedsTransaction:
            return self.run(whole)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        self.reading.dispose()


# Each dialect's own `insert` knows ON CONFLICT; it reads the same on both.
INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def _engine(url: str, pool_size: int, **options: Any) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # names and answers must not reach a log
        pool_timeout=10,  # seconds; then the request is answered "busy"
        connect_args=_PATIENCE if url.startswith("postgresql") else {},
        **options,
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        event.listen(engine, "checkout", partial(_test_idle, engine.dialect))
    return engine


def _test_idle(dialect: Dialect, connection: Any, record: Any, _proxy: object) -> None:
    """Replace a connection that was lost while nobody used it; asking each time costs more."""
    now, used_at = time.monotonic(), record.info.get("used_at")
    record.info["used_at"] = now
    if used_at is None or now - used_at < _SURELY_ALIVE_S:
        return
    try:
        dialect.do_ping(connection)
    except dialect.dbapi.Error as error:  # type: ignore[union-attr]
        raise DisconnectionError from error


def _mark(_connection: Any, record: Any) -> None:
    record.info[_COMMITS_EACH] = True


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin by itself: _begin_sqlite does
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(db: Connection) -> None:
    # A deferred transaction that starts with a read and then writes fails under concurrency.
    db.exec_driver_sql("BEGIN IMMEDIATE")
