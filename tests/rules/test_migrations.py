"""Migrations are numbered, linear, and equal to tables.py on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import bindparam, text

from lti_tool.lti.state import LIFETIME
from lti_tool.records import schema
from lti_tool.records.columns import UtcDateTime
from lti_tool.records.purge import purge_visits
from lti_tool.records.revision import newest_revision, revision_of
from lti_tool.records.visits import begin_visit, find_visit, hash_of
from tests.build import NOW
from tests.conftest import ROOT
from tests.records.test_visits import NEW


def test_migrations_are_numbered_without_gaps():
    folder = ROOT / "lti_tool/records/migrations/versions"
    numbers = sorted(int(file.name[:4]) for file in folder.glob("*.py"))

    assert numbers == list(range(1, len(numbers) + 1))
    assert newest_revision() == f"{len(numbers):04}"


def test_a_migrated_database_is_what_the_tables_say(database):
    with database.transaction() as db:
        assert revision_of(db) == newest_revision()
        assert schema.differences(db) is None


def test_upgrading_twice_changes_nothing(database):
    with database.transaction() as db:
        schema.upgrade(db)
        assert revision_of(db) == newest_revision()


_VISIT = text(  # as 0001 has it
    "INSERT INTO visits (key_hash, cookie_hash, deployment_id, person_id, role, graded,"
    " frame_origins, course_title, link_title, seen_at)"
    " VALUES (:key, '', 1, 1, 'participant', true, '', '', '', :now)"
).bindparams(bindparam("now", type_=UtcDateTime()))

_PLATFORM = text(
    "INSERT INTO platforms VALUES (1, 'Harrow Bank', 'standard', 'https://lms.example', 'us',"
    " 'https://lms.example/a', 'https://lms.example/t', 'https://lms.example/k', NULL, 60,"
    " 'active', :now)"
).bindparams(bindparam("now", type_=UtcDateTime()))

_DEPLOYMENT = text("INSERT INTO deployments VALUES (1, 1, '1', 'active', :now)").bindparams(
    bindparam("now", type_=UtcDateTime())
)

_BURNT = text("INSERT INTO burnt_states VALUES ('burnt before', :now)").bindparams(
    bindparam("now", type_=UtcDateTime())
)


def test_visits_go_on_and_burnt_states_stay_burnt_over_the_upgrade(empty_database):
    with empty_database.transaction() as db:
        schema.upgrade(db, "0001")
        db.execute(_PLATFORM, {"now": NOW})
        db.execute(_DEPLOYMENT, {"now": NOW})
        for key in ("key 1", "key 2"):
            db.execute(_VISIT, {"key": hash_of(key), "now": NOW})
        db.execute(_BURNT, {"now": NOW + LIFETIME})
        schema.upgrade(db)

    with empty_database.transaction() as db:
        assert find_visit(db, "key 1", NOW)
        assert find_visit(db, "key 2", NOW)
        assert begin_visit(db, NEW, "key 3", "", NOW)
    for used in (NEW.state_id, "burnt before"):
        with empty_database.engine.connect() as db:
            assert not begin_visit(db, replace(NEW, state_id=used), "key 4", "", NOW)
    with empty_database.transaction() as db:
        assert purge_visits(db, NOW + LIFETIME) == 0
        assert (
            purge_visits(db, NOW + LIFETIME + timedelta(seconds=1)) == 1
        )  # the burnt state alone
