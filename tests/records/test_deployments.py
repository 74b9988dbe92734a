"""Deployments come, wait, change their ids; tenants stay what they were."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from lti_tool.records import tables, visits
from lti_tool.records.admission import deployment_status
from lti_tool.records.platforms import (
    MOST_PENDING,
    add_deployment,
    deployments,
    find_platforms,
    note_clock,
    note_pending,
    platform_by_id,
    set_up_platform,
)
from lti_tool.records.progress import done_of
from lti_tool.records.reinstalled import Move, move_deployment
from lti_tool.tenancy.roles import Role
from tests.build import FACILITATOR, NOW, admit, launch, pack, registered, studying
from tests.records.test_outbox import study
from tests.records.test_visits import NEW

ALL = (
    tables.ContextRow, tables.ResourceLinkRow, tables.LineItemRow, tables.PersonRow,
    tables.MembershipRow, tables.EnrolmentRow, tables.LedgerRow, tables.AnswerRow,
    tables.GradeRow,
)  # fmt: skip


def rows(db, table):
    """Every row of a table."""
    columns = table.__table__.columns
    return [tuple(row) for row in db.execute(select(*columns).order_by(table.id))]


def everything(db):
    return {table: rows(db, table) for table in ALL}


def number_of(db, deployment_id):
    (row,) = (row for row in deployments(db) if row.deployment_id == deployment_id)
    return row.id


def at_once(database, works):
    """What each work gives, all begun at one moment."""
    start = threading.Barrier(len(works))

    def run(work):
        start.wait(10)
        return database.run(work)

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_an_unknown_deployment_that_many_meet_at_once_is_kept_once(database):
    with database.transaction() as db:
        at = registered(db)

    kept = at_once(database, [lambda db: note_pending(db, at.id, "new", NOW)] * 16)

    assert kept == [True] * 16
    with database.read() as db:
        assert [row.deployment_id for row in deployments(db, at.id, "pending")] == ["new"]


def test_the_limit_holds_however_many_come_at_once(database):
    with database.transaction() as db:
        at, other = registered(db), registered(db)
        for number in range(MOST_PENDING - 5):
            add_deployment(db, at.id, f"forged-{number}", "pending", NOW)

    works = [lambda db, n=n: note_pending(db, at.id, f"at once {n}", NOW) for n in range(16)]
    kept = at_once(database, works)

    assert kept.count(True) == 5
    with database.transaction() as db:
        assert len(deployments(db, at.id, "pending")) == MOST_PENDING
        assert note_pending(db, at.id, "forged-0", NOW)  # known already
        assert note_pending(db, other.id, "new", NOW)  # of another LMS


def test_a_moved_school_keeps_all_it_has(database):
    with database.transaction() as db:
        old = studying(db)
        study(db, old)
        note_pending(db, old.platform.id, "new", NOW)
        before = everything(db)

        moved = move_deployment(db, number_of(db, "new"), old.admission.deployment_row)

        assert moved is Move.DONE
        assert everything(db) == before
        assert all(before[table] for table in ALL)
        assert deployment_status(db, old.platform.id, "new") == "active"
        assert deployment_status(db, old.platform.id, "1") is None


def test_a_person_of_a_moved_school_is_who_they_were(database):
    with database.transaction() as db:
        old = studying(db)
        study(db, old)
        note_pending(db, old.platform.id, "new", NOW)
        move_deployment(db, number_of(db, "new"), old.admission.deployment_row)

        again = admit(db, launch(old.platform, deployment_id="new"), old.pack, "m1.s1", NOW)

        assert again == replace(old.admission, has_begun=True, has_written=True)
        assert len(done_of(db, again.enrolment_row)) == 2


@pytest.mark.parametrize("status", ["pending", "suspended", "active"])
def test_a_school_is_served_once_it_is_moved_whatever_it_was(database, status):
    with database.transaction() as db:
        at = registered(db, "elsewhere")
        for name in ("old", "new"):
            add_deployment(db, at.id, name, status, NOW)

        assert move_deployment(db, number_of(db, "new"), number_of(db, "old")) is Move.DONE
        assert deployment_status(db, at.id, "new") == "active"
        assert deployment_status(db, at.id, "elsewhere") == "active"
        assert len(deployments(db)) == 2


@pytest.mark.parametrize("used", ["with a course", "with an enrolment alone"])
def test_a_deployment_that_is_used_replaces_no_other(database, used):
    with database.transaction() as db:
        at = registered(db, "old", "new")
        course = {} if used == "with a course" else {"context": None, "link": None}
        admit(db, launch(at, deployment_id="new", **course), pack(), "m1.s1", NOW)
        before, places = everything(db), deployments(db)

        assert move_deployment(db, number_of(db, "new"), number_of(db, "old")) is Move.IN_USE
        assert (everything(db), deployments(db)) == (before, places)


def test_a_deployment_where_staff_alone_have_been_is_used(database):
    with database.transaction() as db:
        at = registered(db, "old", "new")
        arrived = launch(at, deployment_id="new", standing=FACILITATOR)
        admit(db, arrived, None, None, NOW)

        assert move_deployment(db, number_of(db, "new"), number_of(db, "old")) is Move.IN_USE


def test_what_does_not_belong_together_is_not_moved(database):
    with database.transaction() as db:
        registered(db, "one"), registered(db, "two")
        one, two = number_of(db, "one"), number_of(db, "two")
        before = deployments(db)

        assert move_deployment(db, one, one) is Move.SAME
        assert move_deployment(db, one, two) is Move.OTHER_PLATFORM
        assert move_deployment(db, 99, one) is Move.NEW_UNKNOWN
        assert move_deployment(db, one, 99) is Move.OLD_UNKNOWN
        assert deployments(db) == before


def test_no_visit_is_left_for_whoever_gets_the_number_next(database):
    """SQLite gives the number of a row that went to the row that comes next."""
    with database.transaction() as db:
        at = registered(db, "old", "new")
        old, new = number_of(db, "old"), number_of(db, "new")
        for key, row in (("mine", old), ("theirs", new)):
            visit = replace(NEW, state_id=key, deployment_row=row)
            assert visits.begin_visit(db, visit, key, "cookie", NOW)
        move_deployment(db, new, old)
        add_deployment(db, at.id, "another school", "active", NOW)

        assert visits.find_visit(db, "theirs", NOW) is None
        assert visits.find_visit(db, "mine", NOW).lti_deployment_id == "new"


def test_a_course_that_is_added_at_that_moment_is_not_lost(database):
    """Either the school is moved first and the course is its, or nothing is moved."""
    with database.transaction() as db:
        at = registered(db, "old", "new")
        old, new = number_of(db, "old"), number_of(db, "new")
    arrived = launch(at, deployment_id="new")

    moved, admission = at_once(
        database,
        [
            lambda db: move_deployment(db, new, old),
            lambda db: admit(db, arrived, pack(), "m1.s1", NOW),
        ],
    )

    with database.read() as db:
        if moved is Move.DONE:
            assert [row.id for row in deployments(db)] == [old]
            assert admission is None or admission.deployment_row == old
        else:
            assert (moved, admission.deployment_row) == (Move.IN_USE, new)
        orphans = (
            select(func.count())
            .select_from(tables.ContextRow)
            .where(tables.ContextRow.deployment_id.not_in(select(tables.DeploymentRow.id)))
        )
        assert db.scalar(orphans) == 0


def test_an_lms_comes_back_as_it_was_set_up(database):
    rules = {"urn:x:Coach": Role.FACILITATOR, "urn:x:Nobody": None}
    with database.transaction() as db:
        at, other = registered(db, role_overrides=rules), registered(db)
        assert platform_by_id(db, at.id) == at

        assert set_up_platform(db, at.id, "Renamed", 120, {"x": Role.OBSERVER})
        note_clock(db, at.id, -12, NOW)

        changed = replace(
            at,
            name="Renamed",
            leeway_s=120,
            role_overrides={"x": Role.OBSERVER},
            clock_ahead_s=-12,
            clock_read_at=NOW,
        )
        assert platform_by_id(db, at.id) == changed
        assert find_platforms(db, at.issuer, at.client_id) == [changed]
        assert platform_by_id(db, other.id) == other
        assert not set_up_platform(db, 99, "Nobody", 60, {})


def test_a_rule_that_is_not_understood_grants_nothing(database):
    with database.transaction() as db:
        at = registered(db)
        odd = {"a": "wizard", "b": 7, "c": None, "d": "observer"}
        db.execute(tables.PlatformRow.__table__.update().values(role_overrides=odd))

        rules = platform_by_id(db, at.id).role_overrides

        assert dict(rules) == {"a": None, "b": None, "c": None, "d": Role.OBSERVER}


def test_an_lms_as_loaded_cannot_be_changed_and_can_be_a_key(database):
    with database.transaction() as db:
        at = registered(db, role_overrides={"x": Role.OBSERVER})
        loaded = platform_by_id(db, at.id)

    assert {loaded: 1}[replace(at)] == 1
    with pytest.raises(TypeError):
        loaded.role_overrides["x"] = Role.FACILITATOR


def test_the_lmss_of_one_issuer_are_told_apart(database):
    """A test environment says the same ids of everything but its issuer."""
    shared = {"issuer": "https://shared.example"}
    with database.transaction() as db:
        one = registered(db, "d", **shared, client_id="one")
        two = registered(db, "d", **shared, client_id="two")
        beta = registered(db, "d", issuer="https://beta.shared.example", client_id="one")
        for at in (one, two, beta):
            admit(db, launch(at, deployment_id="d"), pack(), "m1.s1", NOW)

        assert find_platforms(db, "https://shared.example", "one") == [one]
        assert find_platforms(db, "https://beta.shared.example", "one") == [beta]
        assert {len(rows(db, table)) for table in ALL[:6]} == {3}


def test_work_in_a_test_environment_owes_nothing_in_the_real_one(database):
    with database.transaction() as db:
        real = studying(db)
        copy = studying(db)  # the same ids under another issuer
        study(db, copy)

        owed = db.execute(select(tables.GradeRow.person_id)).scalars().all()
        assert owed == [copy.admission.person_row]
        assert done_of(db, real.admission.enrolment_row) == frozenset()
