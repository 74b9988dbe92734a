"""What the connections of a database are like, how many there are, and what if one is lost."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lti_tool.records.db import Database

BOTH = pytest.mark.parametrize("kind", ["engine", "reading"])


@BOTH
@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        pytest.param("foreign_keys", 1, id="foreign keys are checked"),
        pytest.param("journal_mode", "wal", id="readers do not wait for a writer"),
        pytest.param("synchronous", 2, id="a commit outlives a power cut"),
        pytest.param("busy_timeout", 15_000, id="a writer waits for another"),
    ],
)
def test_a_connection_to_sqlite_is_prepared(tmp_path, kind, pragma, value):
    with (
        closing(Database(f"sqlite:///{tmp_path / 'new.db'}")) as database,
        getattr(database, kind).connect() as db,
    ):
        assert db.scalar(text(f"PRAGMA {pragma}")) == value


@BOTH
def test_one_connection_more_than_there_may_be_is_refused(database_url, kind):
    with closing(Database(database_url, pool_size=1)) as database:
        engine = getattr(database, kind)
        engine.pool._timeout = 0.01

        with engine.connect(), pytest.raises(PoolTimeout):
            engine.connect()


@BOTH
def test_a_connection_that_was_lost_while_idle_is_replaced(postgres_url, kind):
    with closing(Database(postgres_url, pool_size=1)) as database:
        engine = getattr(database, kind)
        with engine.connect() as db:
            lost, info = db.scalar(text("SELECT pg_backend_pid()")), db.info
        with closing(Database(postgres_url)) as other, other.transaction() as db:
            assert db.scalar(text(f"SELECT pg_terminate_backend({lost}, 10000)"))
        info["used_at"] -= 6

        with engine.connect() as db:
            assert db.scalar(text("SELECT pg_backend_pid()")) != lost
