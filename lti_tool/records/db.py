"""One engine for SQLite and PostgreSQL; hands out one connection per transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine, Row, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

Result = TypeVar("Result")

# A row of a query whose columns are named where they are read.
AnyRow: TypeAlias = Row[*tuple[Any, ...]]

_SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # NORMAL may lose the last commits on power loss
    "foreign_keys=ON",
    "busy_timeout=15000",  # ms
)


class Database:
    """One engine; hands out one connection per transaction."""

    def __init__(self, url: str, pool_size: int = 8) -> None:
        self.engine = _engine(url, pool_size)
        self._reading = self.engine.execution_options(**_READING[self.engine.dialect.name])

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection that commits when the block ends and rolls back when it raises."""
        with self.engine.begin() as db:
            yield db

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for queries only: cheaper, and never waits for a writer."""
        with self._reading.connect() as db:
            yield db

    def run(self, work: Callable[[Connection], Result]) -> Result:
        """Run work in a transaction, and once more when it meets an IntegrityError.

        Two requests that add the same row at once are then as two in a row: the one that
        lost finds the row of the other. Work must not do anything outside the database.
        """
        try:
            with self.transaction() as db:
                return work(db)
        except IntegrityError:
            with self.transaction() as db:
                return work(db)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def insert_on(db: Connection) -> Any:
    """The dialect's own `insert`, which knows ON CONFLICT; it reads the same on both."""
    return {"postgresql": postgresql.insert, "sqlite": sqlite.insert}[db.dialect.name]


# On PostgreSQL a query alone needs no BEGIN and COMMIT, which cost two round trips.
_READING: dict[str, dict[str, Any]] = {
    "postgresql": {"isolation_level": "AUTOCOMMIT"},
    "sqlite": {"reading": True},
}


def _engine(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,  # seconds; then the request is answered "busy"
        pool_pre_ping=url.startswith("postgresql"),
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin by itself: _begin_sqlite does
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(db: Connection) -> None:
    # A deferred transaction that starts with a read and then writes fails under concurrency.
    reading = db.get_execution_options().get("reading")
    db.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
