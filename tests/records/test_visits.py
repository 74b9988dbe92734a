"""A visit is found by its key while it is alive; a launch state is good for one launch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lti_tool.lti.state import LIFETIME
from lti_tool.records import tables, visits
from lti_tool.records.platforms import (
    deployments,
    set_deployment_status,
    set_platform_status,
)
from lti_tool.records.vault import Vault
from tests.build import NOW, studying
from tests.conftest import SECRET

NEW = visits.NewVisit(
    state_id="",
    deployment_row=1,
    context_row=None,
    link_row=None,
    person_row=1,
    enrolment_row=None,
    role="participant",
    graded=True,
    pack_id=None,
    item=None,
    return_url=None,
    frame_origins="",
    deep_linking=None,
    person_name=None,
    course_title="",
    link_title="",
)


@pytest.fixture
def visit(database):
    """A visit whose key is "key" and whose cookie is "cookie"."""
    with database.transaction() as db:
        person = studying(db)
        admission = person.admission
        new = replace(
            NEW,
            state_id="state",
            deployment_row=admission.deployment_row,
            context_row=admission.context_row,
            link_row=admission.link_row,
            person_row=admission.person_row,
            enrolment_row=admission.enrolment_row,
            pack_id="demo",
            item="m1.s1",
            frame_origins="https://lms.example",
            deep_linking={"accept_types": ["ltiResourceLink"]},
            person_name="Amira Begum",
            course_title="NPQ autumn",
            link_title="Session 1",
        )
        assert visits.begin_visit(db, new, "key", "cookie", NOW)
    return person


def found(database, key="key", now=NOW):
    with database.read() as db:
        return visits.find_visit(db, key, now)


def test_a_visit_is_found_with_all_its_page_needs(database, visit):
    row = found(database)

    assert (row.role, row.item, row.person_name) == ("participant", "m1.s1", "Amira Begum")
    assert (row.course_title, row.link_title) == ("NPQ autumn", "Session 1")
    assert row.deep_linking == {"accept_types": ["ltiResourceLink"]}
    assert row.seen_at == NOW


def test_neither_key_nor_cookie_can_be_read_from_the_database(database, visit):
    with database.read() as db:
        stored = db.execute(select(*tables.VisitRow.__table__.columns)).one()

    assert "key" not in stored._mapping.values()
    assert "cookie" not in stored._mapping.values()


def test_another_key_finds_nothing(database, visit):
    assert found(database, "Key") is None


def test_a_visit_ends_after_eight_idle_hours_and_not_before(database, visit):
    assert found(database, now=NOW + visits.IDLE_LIMIT - timedelta(seconds=1))
    assert found(database, now=NOW + visits.IDLE_LIMIT) is None


def test_being_seen_starts_the_idle_limit_afresh(database, visit):
    later = NOW + timedelta(hours=7)
    assert visits.needs_noting(NOW, later)
    assert not visits.needs_noting(NOW, NOW + timedelta(minutes=10))
    with database.transaction() as db:
        visits.note_seen(db, "key", later)

    assert found(database, now=NOW + timedelta(hours=14))


@pytest.mark.parametrize("what", ["platform", "deployment"])
def test_a_suspended_tenant_has_no_visits(database, visit, what):
    with database.transaction() as db:
        if what == "platform":
            set_platform_status(db, visit.platform.id, "suspended")
        else:
            set_deployment_status(db, deployments(db)[0].id, "suspended")

    assert found(database) is None


def begin(db, state_id, key="another"):
    return visits.begin_visit(db, replace(NEW, state_id=state_id), key, "cookie", NOW)


def test_a_state_is_good_for_one_visit(database):
    with database.transaction() as db:
        assert begin(db, "state", "key 1")
        assert begin(db, "another", "key 2")

    with database.engine.connect() as db:
        assert not begin(db, "state", "key 3")


def test_of_eight_at_once_one_uses_the_state(database):
    def use(number):
        with database.engine.connect() as db:
            begun = begin(db, "state", f"key {number}")
            db.commit()
            return begun

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(use, range(8))) == [False] * 7 + [True]


def test_a_visit_that_exists_is_not_begun_again(database):
    with database.transaction() as db:
        assert begin(db, "state", "key")

    with database.engine.connect() as db:
        assert not begin(db, "another", "key")


def test_a_visit_that_fails_otherwise_is_our_own_mistake(database):
    with database.engine.connect() as db, pytest.raises(IntegrityError):
        visits.begin_visit(db, replace(NEW, role=None), "key", "", NOW)


def test_a_launch_that_fails_leaves_its_state_unused(database):
    def fail(db):
        assert begin(db, "state")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.run(fail)

    with database.transaction() as db:
        assert begin(db, "state")


def test_a_visit_outlives_the_state_it_used():
    assert visits.IDLE_LIMIT > LIFETIME


def test_what_is_encrypted_opens_with_any_of_the_secrets_and_no_other():
    old, new, foreign = f"{SECRET}-old", f"{SECRET}-new", f"{SECRET}-foreign"
    stored = Vault([old]).encrypt(b"private")

    assert b"private" not in stored.encode()
    assert Vault([new, old]).decrypt(stored) == b"private"
    with pytest.raises(Exception, match="SECRET_KEYS"):
        Vault([foreign]).decrypt(stored)
