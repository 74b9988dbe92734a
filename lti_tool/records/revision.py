"""Which schema a database has and which it needs, without loading the migration tool."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

MIGRATIONS = Path(__file__).with_name("migrations")
_VERSION = table("alembic_version", column("version_num"))  # kept by the migration tool


def revision_of(db: Connection) -> str | None:
    """The newest migration applied, as "0001"; None for an empty database."""
    if not inspect(db).has_table(_VERSION.name):
        return None
    return db.scalar(select(_VERSION.c.version_num))


def newest_revision() -> str:
    """The newest migration there is; their files are numbered without gaps."""
    return max(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
