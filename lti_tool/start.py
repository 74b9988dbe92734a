"""What must be true before a process of ours starts; all that is not is said at once."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from lti_tool.errors import Misconfigured
from lti_tool.log import configure_logs
from lti_tool.packs.read import read_packs
from lti_tool.records.db import Database
from lti_tool.records.revision import newest_revision, revision_of
from lti_tool.settings import Settings, read_settings


def prepared() -> tuple[Settings, Database]:
    """The settings of the environment and their database, reachable and at the newest schema.

    Raises:
        Misconfigured: a setting is wrong, or the database is away or behind.
    """
    settings = read_settings(os.environ)
    configure_logs(settings.log_format)
    database = Database(settings.database_url)
    if faults := list(_database_faults(database)):
        raise Misconfigured(*faults)
    return settings, database


def check_web(settings: Settings, host: str, port: int) -> None:
    """Everything the web server needs is there.

    Raises:
        Misconfigured: names every fault of settings, database, packs and port.
    """
    faults = [*_database_faults(Database(settings.database_url)), *_port_faults(host, port)]
    try:
        read_packs(settings.content_packs)
    except Misconfigured as error:
        faults.extend(error.faults)
    if faults:
        raise Misconfigured(*faults)


def _database_faults(database: Database) -> Iterator[str]:
    try:
        with database.read() as db:
            revision = revision_of(db)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        yield f"DATABASE_URL: the database cannot be reached ({reason})."
        return
    finally:
        database.close()
    if revision != newest_revision():
        yield "The database is not at the newest schema. Run: lti-tool db upgrade"


def _port_faults(host: str, port: int) -> Iterator[str]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            yield f"PORT: {host}:{port} cannot be listened on ({error.strerror})."
