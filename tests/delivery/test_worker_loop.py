"""The worker: how much a pass takes, what a second score says, what it clears and waits out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from structlog.testing import capture_logs

from lti_tool import worker
from lti_tool.delivery.deliver import Courier, deliver_due
from lti_tool.errors import LmsUnavailable
from lti_tool.lti.grades import Score
from lti_tool.records.db import Database
from lti_tool.records.earning import owe_earned
from lti_tool.records.outbox import LEASE, claim_due
from lti_tool.records.progress import done_of
from lti_tool.records.tables import LineItemRow, VisitRow
from lti_tool.records.vault import Vault
from lti_tool.records.visits import IDLE_LIMIT, begin_visit, hash_of
from lti_tool.stores import Platforms, ensure_keys
from tests.build import NOW, admit, launch, studying
from tests.delivery.test_deliver import Clock, Lms
from tests.records.test_outbox import study
from tests.records.test_visits import NEW


class Stopped(threading.Event):
    """Waits no real time and does meanwhile what a test says; ends a loop that does not end."""

    def __init__(self, meanwhile=lambda: None):
        super().__init__()
        self.meanwhile, self.waited, self.looks = meanwhile, [], 0

    def wait(self, timeout=None):
        self.waited.append(timeout)
        self.meanwhile()
        return self.is_set()

    def is_set(self):
        self.looks += 1
        return super().is_set() or self.looks > 20


def courier_of(database, lms):
    return Courier(database, Platforms(database), lms.send, Clock())


def stopping_at_the_first(courier, stopped):
    """The same courier, after whose first score the worker is told to stop."""

    def send(platform, score, now):
        courier.send(platform, score, now)
        stopped.set()

    return replace(courier, send=send)


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as opened:
        yield opened


def test_one_pass_takes_few_so_that_all_end_within_their_lease(database):
    with database.transaction() as db:
        first = studying(db)
        study(db, first)
        for number in range(2, 8):
            arrived = launch(first.platform, sub=f"p{number}")
            study(db, replace(first, admission=admit(db, arrived, first.pack, "m1.s1", NOW)))
    courier = courier_of(database, Lms(database))

    assert [deliver_due(courier) for _ in range(5)] == [2, 2, 2, 1, 0]


def test_only_the_first_score_that_is_delivered_is_sent_as_the_first(database):
    with database.transaction() as db:
        person = studying(db)
        study(db, person)
    lms = Lms(database)
    courier = courier_of(database, lms)

    deliver_due(courier)
    with database.transaction() as db:
        db.execute(update(LineItemRow).values(score_maximum=10.0))
        row = person.admission.enrolment_row
        owe_earned(db, row, person.pack, done_of(db, row), NOW + timedelta(seconds=3))
    deliver_due(courier)

    assert [score.first for _, score in lms.taken] == [True, False]


def test_visits_that_have_ended_are_gone_after_a_run_and_others_are_not(database):
    with database.transaction() as db:
        study(db, studying(db))
        ended = NOW - IDLE_LIMIT - timedelta(minutes=1)
        assert begin_visit(db, replace(NEW, state_id="1"), "ended", "cookie", ended)
        assert begin_visit(db, replace(NEW, state_id="2"), "alive", "cookie", NOW)
    stopped = Stopped()

    worker.run(stopping_at_the_first(courier_of(database, Lms(database)), stopped), stopped)

    with database.read() as db:
        assert db.scalars(select(VisitRow.key_hash)).all() == [hash_of("alive")]


def test_a_database_that_fails_is_waited_out(sqlite):
    with sqlite.transaction() as db:
        study(db, studying(db))
        db.execute(text("ALTER TABLE grades RENAME TO away"))

    def repair():
        with sqlite.transaction() as db:
            db.execute(text("ALTER TABLE away RENAME TO grades"))

    stopped, lms = Stopped(repair), Lms(sqlite)

    with capture_logs() as log:
        worker.run(stopping_at_the_first(courier_of(sqlite, lms), stopped), stopped)

    assert len(lms.taken) == len(stopped.waited) == 1
    assert [line["fault"] for line in log if line["event"] == "database"] == [
        "OperationalError"
    ]


def test_a_failure_of_our_own_is_waited_out(sqlite):
    with sqlite.transaction() as db:
        study(db, studying(db))
    lms = Lms(sqlite, error=ValueError("a mistake"))
    courier = courier_of(sqlite, lms)

    def repair():
        lms.error = None
        courier.clock.now += LEASE

    stopped = Stopped(repair)
    with capture_logs() as log:
        worker.run(stopping_at_the_first(courier, stopped), stopped)

    assert len(lms.taken) == 1
    assert [line["event"] for line in log] == ["failed", "grade"]


def test_a_grade_we_fail_on_waits_and_says_why(sqlite, settings):
    with sqlite.transaction() as db:
        person = studying(db)
        study(db, person)
        (grade,) = claim_due(db, NOW + timedelta(seconds=5), 1)
    ensure_keys(sqlite, Vault(("another secret, that nobody has any more",)), NOW)
    courier = worker.courier_for(settings, sqlite)
    score = Score(grade.line_item_url, grade.sub, 1.0, 1.0, grade.at, grade.at, first=True)

    with capture_logs() as log, pytest.raises(LmsUnavailable, match="Misconfigured"):
        courier.send(person.platform, score, NOW)

    assert [line["event"] for line in log] == ["failed"]
