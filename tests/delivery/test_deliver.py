"""Grades reach the LMS, wait while it is away, and end when it refuses for good."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from lti_tool.delivery.deliver import Courier, deliver_due
from lti_tool.errors import LmsRejected, LmsUnavailable
from lti_tool.records.outbox import LEASE
from lti_tool.records.platforms import set_platform_status
from lti_tool.records.tables import GradeRow
from lti_tool.stores import Platforms
from tests.build import NOW, connections_in_use, studying
from tests.records.test_outbox import study


@dataclass
class Lms:
    """Takes scores, or answers as told."""

    database: object
    error: Exception | None = None
    taken: list = field(default_factory=list)
    open_transactions: list = field(default_factory=list)

    def send(self, platform, score, now):
        self.open_transactions.append(connections_in_use(self.database))
        if self.error:
            raise self.error
        self.taken.append((platform.id, score))


@dataclass
class Clock:
    now: datetime = NOW + timedelta(seconds=5)

    def __call__(self):
        return self.now


@pytest.fixture
def lms(database):
    return Lms(database)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def courier(database, lms, clock):
    return Courier(database, Platforms(database), lms.send, clock)


@pytest.fixture
def person(database):
    with database.transaction() as db:
        made = studying(db)
        study(db, made)
    return made


def grade(database):
    with database.read() as db:
        return db.execute(select(*GradeRow.__table__.columns)).one()


def test_a_grade_is_sent_once_with_no_transaction_open(database, courier, lms, person, clock):
    assert deliver_due(courier) == 1
    assert deliver_due(courier) == 0

    ((platform_id, score),) = lms.taken
    assert platform_id == person.platform.id
    assert (score.given, score.maximum, score.sub, score.first) == (1.0, 1.0, "p1", True)
    assert score.at == (NOW + timedelta(seconds=1)).replace(microsecond=0)
    assert lms.open_transactions == [0]
    assert grade(database).status == "delivered"
    assert grade(database).delivered_at == clock.now


def test_a_grade_waits_out_an_lms_that_is_away(database, courier, lms, person, clock):
    lms.error = LmsUnavailable("503")
    assert deliver_due(courier) == 1
    assert deliver_due(courier) == 0
    assert (grade(database).status, grade(database).reason) == ("owed", "503")

    lms.error = None
    clock.now += timedelta(seconds=5)
    assert deliver_due(courier) == 1
    assert len(lms.taken) == 1


def test_an_lms_that_names_a_time_is_not_asked_before(database, courier, lms, person, clock):
    lms.error = LmsUnavailable("429", retry_after_s=600)
    deliver_due(courier)

    assert grade(database).due_at >= clock.now + timedelta(seconds=600)


def test_a_refusal_ends_it_and_says_why(database, courier, lms, person):
    lms.error = LmsRejected("Not enrolled in this course.")
    deliver_due(courier)

    assert (grade(database).status, grade(database).due_at) == ("refused", None)
    assert grade(database).reason == "Not enrolled in this course."


def test_after_thirty_days_it_is_given_up_and_shown(database, courier, lms, person, clock):
    lms.error = LmsUnavailable("503")
    clock.now = NOW + timedelta(days=31)
    with capture_logs() as logged:
        deliver_due(courier)

    assert grade(database).status == "refused"
    assert "30 days" in grade(database).reason
    assert [entry["outcome"] for entry in logged] == ["refused"]


@pytest.mark.parametrize("days", [0, 31])
def test_a_suspended_platform_is_left_alone_and_nothing_is_lost(
    database, courier, lms, person, clock, days
):
    with database.transaction() as db:
        set_platform_status(db, person.platform.id, "suspended")
    clock.now += timedelta(days=days)
    deliver_due(courier)

    assert lms.taken == []
    assert grade(database).status == "owed"
    assert grade(database).due_at > clock.now


def test_what_becomes_due_meanwhile_is_left_for_later(database, courier, lms, person, clock):
    begun_at, lms.error = clock.now, LmsUnavailable("503")
    assert deliver_due(courier, due_by=begun_at) == 1

    clock.now += timedelta(days=1)
    assert deliver_due(courier, due_by=begun_at) == 0
    assert deliver_due(courier) == 1


def test_a_worker_killed_during_a_delivery_loses_nothing(database, courier, lms, person, clock):
    lms.error = KeyboardInterrupt()  # as sudden as a kill: nothing is settled
    with pytest.raises(KeyboardInterrupt):
        deliver_due(courier)
    lms.error = None
    assert deliver_due(courier) == 0

    clock.now += LEASE
    assert deliver_due(courier) == 1
    assert len(lms.taken) == 1
