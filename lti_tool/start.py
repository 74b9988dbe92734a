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
from lti_tool.records.keys import stored_keys
from lti_tool.records.revision import newest_revision, revision_of
from lti_tool.records.vault import Vault
from lti_tool.settings import Settings, read_settings


def prepared() -> tuple[Settings, Database]:
    """The settings of the environment and their database, reachable and at the newest schema.

    Raises:
        Misconfigured: a setting is wrong, or the database is away or behind.
    """
    settings = read_settings(os.environ)
    configure_logs(settings.log_format)
    if faults := list(_database_faults(settings)):
        raise Misconfigured(*faults)
    return settings, Database(settings.database_url)


def check_web(settings: Settings, host: str, port: int) -> None:
    """Everything the web server needs is there.

    Args:
        settings: of this process.
        host: an IP address.
        port: of that address.

    Raises:
        Misconfigured: names every fault of settings, database, packs and port.
    """
    faults = [*_database_faults(settings), *_port_faults(host, port)]
    try:
        read_packs(settings.content_packs)
    except Misconfigured as error:
        faults.extend(error.faults)
    if faults:
        raise Misconfigured(*faults)


def check_port(host: str, *ports: int) -> None:
    """These ports are free to listen on.

    Raises:
        Misconfigured: names each that is not.
    """
    if faults := [fault for port in ports for fault in _port_faults(host, port)]:
        raise Misconfigured(*faults)


def reason_of(error: SQLAlchemyError) -> str:
    """What the driver said, in one line; the others may repeat a row's values."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def _database_faults(settings: Settings) -> Iterator[str]:
    database = Database(settings.database_url)
    try:
        with database.read() as db:
            revision = revision_of(db)
            if revision == newest_revision():
                stored_keys(db, Vault(settings.secret_keys))
    except Misconfigured as error:
        yield str(error)
        return
    except SQLAlchemyError as error:
        yield f"DATABASE_URL: the database cannot be reached ({reason_of(error)})."
        return
    finally:
        database.close()
    if revision and revision > newest_revision():
        yield f"The database is at {revision}, written by a newer version than this."
    elif revision != newest_revision():
        yield "The database is not at the newest schema. Run: lti-tool db upgrade"


def _port_faults(host: str, port: int) -> Iterator[str]:
    family, where = (
        (socket.AF_INET6, f"[{host}]:{port}")
        if ":" in host
        else (socket.AF_INET, f"{host}:{port}")
    )
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        yield f"PORT: {where} cannot be listened on ({error.strerror})."
