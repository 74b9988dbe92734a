"""What is over is removed a batch at a time, by any number of workers; nothing else is."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from lti_tool.records.db import Database
from lti_tool.records.failed_attempts import WINDOW, count_failures
from lti_tool.records.purge import (
    BATCH,
    purge_failed_attempts,
    purge_tokens,
    purge_visits,
)
from lti_tool.records.tables import VisitRow
from lti_tool.records.tokens import keep_token
from lti_tool.records.trust_tables import AccessTokenRow, FailedAttemptsRow
from lti_tool.records.vault import Vault
from lti_tool.records.visits import IDLE_LIMIT
from tests.build import NOW, registered
from tests.conftest import SECRET

MOMENT = timedelta(milliseconds=1)


def visit(number, seen_at):
    return {
        "key_hash": f"key {number} {seen_at}", "state_id": f"state {number} {seen_at}",
        "cookie_hash": "", "deployment_id": 1, "person_id": 1, "role": "participant",
        "graded": True, "frame_origins": "", "course_title": "", "link_title": "",
        "seen_at": seen_at,
    }  # fmt: skip


def add_visits(db, many, seen_at):
    db.execute(insert(VisitRow), [visit(number, seen_at) for number in range(many)])


def left(db, table):
    return db.scalar(select(func.count()).select_from(table))


def add_expired(database):
    """A batch and a half of visits that have ended, and a live one."""
    with database.transaction() as db:
        add_visits(db, BATCH + BATCH // 2, NOW - IDLE_LIMIT - MOMENT)
        add_visits(db, 1, NOW - IDLE_LIMIT)
    return database


@pytest.fixture
def expired(database):
    return add_expired(database)


@pytest.fixture
def on_postgresql(postgres_url):
    """Where there may be several workers."""
    with closing(Database(postgres_url)) as opened:
        yield add_expired(opened)


def test_visits_that_have_ended_go_a_batch_at_a_time_and_others_stay(expired):
    removed = []
    for _ in range(3):
        with expired.transaction() as db:
            removed.append(purge_visits(db, NOW))

    assert removed == [BATCH, BATCH // 2, 0]
    with expired.read() as db:
        assert left(db, VisitRow) == 1


def test_two_workers_do_not_wait_for_each_other(on_postgresql):
    with on_postgresql.transaction() as one, on_postgresql.transaction() as other:
        assert purge_visits(one, NOW) == BATCH
        assert purge_visits(other, NOW) == BATCH // 2


def test_a_batch_of_another_is_passed_over_while_it_is_seen_again(on_postgresql):
    with on_postgresql.transaction() as one:
        one.execute(select(VisitRow.key_hash).with_for_update())
        with on_postgresql.transaction() as other:
            assert purge_visits(other, NOW) == 0


@pytest.mark.parametrize(
    ("age", "gone"),
    [
        pytest.param(WINDOW, 0, id="window just over"),
        pytest.param(WINDOW + MOMENT, 1, id="over"),
        pytest.param(-WINDOW, 0, id="clocks differ a little"),
        pytest.param(-WINDOW - MOMENT, 1, id="the clock has gone back"),
    ],
)
def test_counts_of_failures_go_when_their_window_is_over(database, age, gone):
    with database.transaction() as db:
        count_failures(db, 0, "network", 1, NOW - age)

        assert purge_failed_attempts(db, NOW) == gone
        assert left(db, FailedAttemptsRow) == 1 - gone


def test_access_tokens_go_when_they_have_expired(database):
    vault = Vault([SECRET])
    with database.transaction() as db:
        for scopes, until in (("old", NOW - MOMENT), ("good", NOW)):
            keep_token(db, vault, registered(db).id, scopes, "token", until)

        assert purge_tokens(db, NOW) == 1
        assert db.scalars(select(AccessTokenRow.scopes)).all() == ["good"]


def test_failures_are_counted_by_lms_and_network_within_a_minute(database):
    def count(platform_id, network, failures, after):
        with database.transaction() as db:
            return count_failures(db, platform_id, network, failures, NOW + after)

    second = timedelta(seconds=1)
    assert count(0, "a", 10, timedelta()) == 10
    assert count(0, "a", 5, 59 * second) == 15
    assert count(0, "b", 1, 59 * second) == 1
    assert count(7, "a", 1, 59 * second) == 1
    assert count(0, "a", 2, 60 * second) == 2, "a new window"
    assert count(0, "a", 2, 119 * second) == 4
    assert count(0, "a", 3, -3600 * second) == 3, "our clock has gone back"


def test_each_count_is_one_statement(database):
    with database.transaction() as db:
        count_failures(db, 0, "a", 1, NOW)
        (row,) = db.execute(select(*FailedAttemptsRow.__table__.columns)).all()

    assert row == (0, "a", NOW, 1)
