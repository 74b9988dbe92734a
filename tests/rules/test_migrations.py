"""Migrations are numbered, linear, and equal to tables.py on both engines."""

from __future__ import annotations

from sqlalchemy import bindparam, text

from lti_tool.records import schema
from lti_tool.records.columns import UtcDateTime
from lti_tool.records.revision import newest_revision, revision_of
from lti_tool.records.visits import begin_visit, find_visit, hash_of
from tests.build import NOW, registered
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


def test_visits_begun_before_they_burnt_their_state_go_on(empty_database):
    with empty_database.transaction() as db:
        schema.upgrade(db, "0001")
        registered(db)
        for key in ("key 1", "key 2"):
            db.execute(_VISIT, {"key": hash_of(key), "now": NOW})
        schema.upgrade(db)

    with empty_database.transaction() as db:
        assert find_visit(db, "key 1", NOW)
        assert find_visit(db, "key 2", NOW)
        assert begin_visit(db, NEW, "key 3", "", NOW)
        assert not begin_visit(db, NEW, "key 4", "", NOW)
