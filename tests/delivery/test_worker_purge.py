"""The worker removes what is over between deliveries, and stops in the middle of it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from lti_tool import worker
from lti_tool.records.purge import BATCH
from lti_tool.records.tables import VisitRow
from lti_tool.records.visits import IDLE_LIMIT
from tests.build import NOW, studying
from tests.delivery.test_deliver import Lms
from tests.delivery.test_worker_loop import Stopped, courier_of, stopping_at_the_first
from tests.records.test_outbox import study
from tests.records.test_purge import left, visit

ENDED = NOW - IDLE_LIMIT - timedelta(minutes=1)


def add_ended(database, batches):
    with database.transaction() as db:
        rows = [visit(number, ENDED) for number in range(BATCH * batches + 1)]
        db.execute(insert(VisitRow), rows)


def test_all_that_is_over_goes_before_the_worker_rests(database):
    add_ended(database, 3)
    stopped = Stopped()
    stopped.meanwhile = stopped.set

    worker.run(courier_of(database, Lms(database)), stopped)

    assert len(stopped.waited) == 1
    with database.read() as db:
        assert left(db, VisitRow) == 0


def test_grades_are_delivered_between_two_batches_and_a_signal_ends_it(database):
    add_ended(database, 3)
    with database.transaction() as db:
        study(db, studying(db))
    lms, stopped = Lms(database), Stopped()

    worker.run(stopping_at_the_first(courier_of(database, lms), stopped), stopped)

    assert len(lms.taken) == 1
    with database.read() as db:
        assert left(db, VisitRow) == 2 * BATCH + 1
