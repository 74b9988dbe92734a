"""`lti-tool db`: the schema of the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from lti_tool.commands.output import refuse
from lti_tool.errors import Misconfigured
from lti_tool.records import schema
from lti_tool.records.db import Database
from lti_tool.records.revision import newest_revision, revision_of
from lti_tool.settings import read_settings, sqlite_file
from lti_tool.start import reason_of


@click.group()
def db() -> None:
    """Bring the database to the newest schema, or check that it is there."""


@db.command()
def upgrade() -> None:
    """Apply every migration the database has not seen."""
    with _opened() as connection:
        before = revision_of(connection)
        if before and before > newest_revision():
            raise refuse(f"The database is at {before}, written by a newer version than this.")
        schema.upgrade(connection)
        after = revision_of(connection)
    click.echo(f"The database is at {after}." if before == after else f"{before} → {after}")


@db.command()
def check() -> None:
    """Say whether the database is at the newest schema; exit 1 when it is not."""
    with _opened() as connection:
        there, wanted = revision_of(connection), newest_revision()
        if there != wanted:
            raise refuse(
                f"The database is at {there}, the newest is {wanted}: lti-tool db upgrade"
            )
        if found := schema.differences(connection):
            raise refuse(f"The database differs from the tables this version expects: {found}")
    click.echo(f"The database is at {wanted} and as it should be.")


@contextmanager
def _opened() -> Iterator[Connection]:
    settings = read_settings(os.environ)
    if settings.on_sqlite:
        _make_folder(sqlite_file(settings).parent)
    database = Database(settings.database_url)
    try:
        with database.transaction() as connection:
            yield connection
    except DatabaseError as error:
        raise Misconfigured(
            f"DATABASE_URL: the database cannot be reached ({reason_of(error)})."
        ) from error
    finally:
        database.close()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"DATABASE_URL: the folder {folder} cannot be made ({error.strerror})."
        ) from error
