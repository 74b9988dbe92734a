"""Every record function says how it is kept to one tenant, and finds nothing across two."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select

from lti_tool import records
from lti_tool.records import (
    admission,
    earning,
    known,
    outbox,
    platforms,
    progress,
    reinstalled,
    tables,
    tokens,
    visits,
)
from lti_tool.records.columns import Table
from lti_tool.records.db import Database
from lti_tool.records.vault import Vault
from tests.build import NOW, Studying, admit, launch, pack, registered
from tests.conftest import SECRET
from tests.records.test_outbox import study
from tests.records.test_visits import NEW

# How each function is kept to one tenant. A new one is entered here, with its reason.
ENROLMENT = "one enrolment, which is of one person in one deployment; the visit says which"
OPERATOR = "an operator's command: any tenant, by its number"
LAUNCH = "unique keys from the deployment of a verified launch down"
VISIT = "one visit, by its unguessable key"
GRADE = "one grade that the worker has claimed"
PLATFORM = "one LMS"
ALL = "all tenants, for the worker or for figures"
OURS = "nothing of a tenant"
PURE = "no database"
SCOPES = {
    "admission.admit": LAUNCH,
    "admission.deployment_status": LAUNCH,
    "known.known_of": LAUNCH,
    "earning.owe_earned": ENROLMENT,
    "progress.done_of": ENROLMENT,
    "progress.answers_of": ENROLMENT,
    "progress.progress_of": ENROLMENT,
    "progress.keep_answers": ENROLMENT,
    "progress.record_done": ENROLMENT,
    "progress.content_begun": OURS,
    "outbox.grade_of": "a course and a person: both must be of one visit",
    "outbox.claim_due": ALL,
    "outbox.outbox_figures": ALL,
    "outbox.settle_delivered": GRADE,
    "outbox.settle_later": GRADE,
    "outbox.settle_refused": GRADE,
    "visits.begin_visit": LAUNCH,
    "visits.find_visit": VISIT,
    "visits.note_seen": VISIT,
    "visits.bind": VISIT,
    "visits.needs_noting": PURE,
    "visits.hash_of": PURE,
    "purge.purge_visits": ALL,
    "purge.purge_failed_attempts": ALL,
    "purge.purge_tokens": ALL,
    "failed_attempts.count_failures": PLATFORM,
    "platforms.add_platform": OPERATOR,
    "platforms.find_platforms": PLATFORM,
    "platforms.platform_by_id": PLATFORM,
    "platforms.all_platforms": OPERATOR,
    "platforms.set_platform_status": OPERATOR,
    "platforms.set_up_platform": OPERATOR,
    "platforms.note_clock": PLATFORM,
    "platforms.add_deployment": OPERATOR,
    "platforms.note_pending": LAUNCH,
    "platforms.deployments": OPERATOR,
    "platforms.set_deployment_status": OPERATOR,
    "reinstalled.move_deployment": OPERATOR,
    "tokens.token_of": PLATFORM,
    "tokens.keep_token": PLATFORM,
    "tokens.drop_token": PLATFORM,
    "tokens.key_set_of": "a public address; two LMSs of one address have the same keys",
    "tokens.keep_key_set": "as key_set_of",
    "tokens.claim_key_set": "as key_set_of",
    "tokens.note_key_set_fault": "as key_set_of",
    "db.need_transaction": OURS,
    "keys.stored_keys": OURS,
    "keys.add_key": OURS,
    "keys.advance": OURS,
    "revision.revision_of": OURS,
    "revision.newest_revision": PURE,
    "schema.upgrade": OURS,
    "schema.differences": OURS,
}


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function of every module of records."""
    for module in pkgutil.iter_modules(records.__path__):
        if not module.ispkg:
            loaded = importlib.import_module(f"lti_tool.records.{module.name}")
            for name, function in inspect.getmembers(loaded, inspect.isfunction):
                if function.__module__ == loaded.__name__ and not name.startswith("_"):
                    yield f"{module.name}.{name}", function


def test_every_function_says_how_it_is_kept_to_one_tenant():
    assert set(SCOPES) == {name for name, _ in functions()}


def test_a_function_without_a_database_is_known_as_such():
    without = {
        name
        for name, function in functions()
        if "db" not in inspect.signature(function).parameters
    }

    assert without == {name for name, scope in SCOPES.items() if scope == PURE}


@dataclass
class Tenants:
    """Somebody who has finished a session, in each of three tenants called alike."""

    database: Database
    mine: Studying
    beside: Studying  # another deployment of the same LMS
    elsewhere: Studying  # another LMS

    @property
    def others(self) -> tuple[Studying, Studying]:
        return self.beside, self.elsewhere


@pytest.fixture
def tenants(database: Database) -> Tenants:
    with database.transaction() as db:
        at, other = registered(db, "1", "2"), registered(db, "1")
        made = []
        for platform, deployment_id, sub in (
            (at, "1", "p1"),
            (at, "2", "p2"),
            (other, "1", "p1"),
        ):
            opened = launch(platform, deployment_id=deployment_id, sub=sub)
            admitted = admit(db, opened, pack(), "m1.s1", NOW)
            person = Studying(platform, pack(), admitted)
            study(db, person)
            progress.keep_answers(
                db, admitted.enrolment_row, "m1.s2", "a1", {"q1": f"of {len(made)}"}, NOW
            )
            made.append(person)
    return Tenants(database, *made)


def everything(db):
    return {
        table.name: [
            tuple(row) for row in db.execute(select(table).order_by(*table.primary_key))
        ]
        for table in Table.metadata.sorted_tables
    }


def test_the_grade_of_another_tenants_person_is_not_found(tenants):
    with tenants.database.read() as db:
        mine = tenants.mine.admission
        assert (
            outbox.grade_of(db, mine.context_row, mine.person_row, "demo", "m1.s1").status
            == "owed"
        )
        for other in tenants.others:
            theirs = other.admission
            for context, person, link in (
                (mine.context_row, theirs.person_row, mine.link_row),
                (mine.context_row, theirs.person_row, theirs.link_row),
                (theirs.context_row, mine.person_row, theirs.link_row),
                (None, theirs.person_row, theirs.link_row),
            ):
                found = outbox.grade_of(db, context, person, "demo", "m1.s1", link)
                assert found == outbox.GradeState("none")


def test_the_link_of_another_tenant_is_not_asked_about(tenants):
    """It only says which of the course's own links comes first."""
    with tenants.database.read() as db:
        mine, theirs = tenants.mine.admission, tenants.beside.admission
        found = outbox.grade_of(
            db, mine.context_row, mine.person_row, "demo", "m1.s1", theirs.link_row
        )

    assert found.status == "owed"


def test_an_enrolment_shows_and_changes_nothing_but_itself(tenants):
    with tenants.database.transaction() as db:
        mine = tenants.mine.admission.enrolment_row
        theirs = [other.admission.enrolment_row for other in tenants.others]
        before = {row: progress.answers_of(db, row, "m1.s2") for row in theirs}
        done = {row: progress.done_of(db, row) for row in theirs}

        progress.keep_answers(db, mine, "m1.s2", "a1", {"q1": "new", "q2": "more"}, NOW)
        session = tenants.mine.pack.sessions[1]
        act = progress.Act(
            mine, tenants.mine.pack, session, session.activities[0], {"q1": "0"}, "c"
        )
        progress.record_done(db, act, NOW)

        assert {row: progress.answers_of(db, row, "m1.s2") for row in theirs} == before
        assert {row: progress.done_of(db, row) for row in theirs} == done
        assert progress.progress_of(db, mine, "m1.s2").answers[("m1.s2", "a1", "q1")] == "0"
        assert all(
            progress.progress_of(db, row, "m1.s2").answers_in("m1.s2", "a1") != {}
            for row in theirs
        )


def test_work_of_one_tenant_earns_nothing_in_another(tenants):
    with tenants.database.transaction() as db:
        db.execute(tables.GradeRow.__table__.delete())
        mine = tenants.mine.admission
        done = progress.done_of(db, mine.enrolment_row)

        earning.owe_earned(db, mine.enrolment_row, tenants.mine.pack, done, NOW)

        (owed,) = db.execute(select(*tables.GradeRow.__table__.columns))
        assert owed.person_id == mine.person_row


def test_one_person_in_two_deployments_is_kept_apart(tenants):
    """The same sub: the person is one, what they did is not."""
    with tenants.database.transaction() as db:
        at = tenants.mine.platform
        there = admit(
            db, launch(at, deployment_id="2", sub="p1"), tenants.mine.pack, "m1.s1", NOW
        )
        mine = tenants.mine.admission

        assert there.person_row == mine.person_row
        assert progress.done_of(db, there.enrolment_row) == frozenset()
        assert not there.has_begun
        found = outbox.grade_of(db, there.context_row, there.person_row, "demo", "m1.s1")
        assert found.status == "none"


def test_a_launch_finds_nothing_under_a_deployment_of_another_lms(tenants):
    opened = launch(tenants.elsewhere.platform, deployment_id="2")
    with tenants.database.transaction() as db:
        before = everything(db)

        assert known.known_of(db, opened, tenants.mine.pack) is None
        assert admit(db, opened, tenants.mine.pack, "m1.s1", NOW) is None
        assert admission.deployment_status(db, opened.platform.id, "2") is None
        assert everything(db) == before


def test_a_launch_finds_the_rows_of_its_own_tenant_alone(tenants):
    with tenants.database.read() as db:
        found = [
            known.known_of(
                db,
                launch(one.platform, deployment_id=deployment_id, sub=sub),
                tenants.mine.pack,
            )
            for one, deployment_id, sub in (
                (tenants.mine, "1", "p1"),
                (tenants.beside, "2", "p2"),
                (tenants.elsewhere, "1", "p1"),
            )
        ]

    for name in (
        "deployment",
        "context",
        "link",
        "line_item",
        "person",
        "membership",
        "enrolment",
    ):
        assert len({getattr(row, name) for row in found}) == 3, name


def test_an_lms_is_not_found_by_the_client_id_of_another(tenants):
    mine, other = tenants.mine.platform, tenants.elsewhere.platform
    with tenants.database.read() as db:
        assert platforms.find_platforms(db, mine.issuer, other.client_id) == []
        assert [row.platform_id for row in platforms.deployments(db, other.id)] == [other.id]


def test_what_is_noted_of_one_lms_is_noted_of_no_other(tenants):
    vault = Vault((SECRET,))
    mine, other = tenants.mine.platform, tenants.elsewhere.platform
    with tenants.database.transaction() as db:
        tokens.keep_token(db, vault, mine.id, "scope", "token", NOW.replace(year=2030))
        platforms.note_clock(db, mine.id, 40, NOW)
        platforms.set_up_platform(db, mine.id, "Renamed", 10, {})
        platforms.set_platform_status(db, mine.id, "suspended")
        platforms.note_pending(db, mine.id, "new", NOW)

        assert tokens.token_of(db, vault, other.id, "scope", NOW) is None
        tokens.drop_token(db, other.id, "scope")
        assert tokens.token_of(db, vault, mine.id, "scope", NOW)
        assert platforms.platform_by_id(db, other.id) == other
        assert [row.deployment_id for row in platforms.deployments(db, other.id)] == ["1"]


def test_a_school_does_not_replace_one_of_another_lms(tenants):
    with tenants.database.transaction() as db:
        platforms.note_pending(db, tenants.elsewhere.platform.id, "new", NOW)
        (new,) = platforms.deployments(db, status="pending")
        before = everything(db)
        old = tenants.mine.admission.deployment_row

        assert reinstalled.move_deployment(db, new.id, old) is reinstalled.Move.OTHER_PLATFORM
        assert everything(db) == before


def test_settling_a_grade_settles_no_other(tenants):
    with tenants.database.transaction() as db:
        mine, *others = outbox.claim_due(db, NOW.replace(year=2027), 3)
        outbox.settle_delivered(db, mine, NOW)
        outbox.settle_refused(db, replace(others[0], at=NOW.replace(year=2020)), "no")

        by_id = {
            row.id: row.status for row in db.execute(select(*tables.GradeRow.__table__.columns))
        }
        assert by_id == {mine.id: "delivered", others[0].id: "owed", others[1].id: "owed"}


def test_a_visit_is_found_by_its_own_key_and_ends_with_its_own_tenant(tenants):
    with tenants.database.transaction() as db:
        for number, one in enumerate((tenants.mine, *tenants.others)):
            new = replace(
                NEW, state_id=f"s{number}", deployment_row=one.admission.deployment_row
            )
            assert visits.begin_visit(db, new, f"key {number}", "cookie", NOW)
        platforms.set_deployment_status(db, tenants.mine.admission.deployment_row, "suspended")
        visits.note_seen(db, "key 1", NOW.replace(hour=20))

        found = [visits.find_visit(db, f"key {number}", NOW) for number in range(3)]
        assert [row and row.platform_id for row in found] == [
            None, tenants.beside.platform.id, tenants.elsewhere.platform.id
        ]  # fmt: skip
        assert [row and row.seen_at for row in found] == [None, NOW.replace(hour=20), NOW]
