"""Migrations are numbered, linear, and equal to tables.py on both engines."""

from __future__ import annotations

from lti_tool.records import schema
from lti_tool.records.revision import newest_revision, revision_of
from tests.conftest import ROOT


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
