"""The worker process: delivers grades until it is told to stop."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.delivery.deliver import Courier, deliver_due
from lti_tool.errors import LmsError, LmsUnavailable
from lti_tool.lti.grades import Score, send_score
from lti_tool.lti.http import lms_session
from lti_tool.lti.tokens import AccessTokens
from lti_tool.records.db import Database
from lti_tool.records.vault import Vault
from lti_tool.records.visits import purge
from lti_tool.settings import Settings
from lti_tool.stores import Platforms, Tokens, ToolKeys
from lti_tool.tenancy.platforms import Platform

log = structlog.get_logger(__name__)

_IDLE_S = 0.5  # between looks at an empty outbox
_AFTER_FAILURE_S = 5.0
_PURGE_EVERY = timedelta(minutes=10)


def courier_for(settings: Settings, database: Database) -> Courier:
    """What delivers the grades of this database to its LMSs."""
    vault = Vault(settings.secret_keys)
    http = lms_session(private_networks=settings.private_networks)
    tokens = AccessTokens(http, ToolKeys(database, vault).current, Tokens(database, vault))

    def send(platform: Platform, score: Score, now: datetime) -> None:
        try:
            send_score(platform, score, tokens, http, now)
        except (LmsError, SQLAlchemyError):
            raise
        except Exception as error:  # one grade we fail on must not keep back the others
            log.exception("failed", platform=platform.id)
            raise LmsUnavailable(f"Our own failure: {type(error).__name__}") from error

    return Courier(database, Platforms(database), send, lambda: datetime.now(UTC))


def run(courier: Courier, stopped: threading.Event) -> None:
    """Deliver what is due until told to stop; a failing database is waited out."""
    purge_at = courier.clock()
    while not stopped.is_set():
        try:
            if courier.clock() >= purge_at:
                purge_at = courier.clock() + _PURGE_EVERY
                _purge(courier)
            if not deliver_due(courier):
                stopped.wait(_IDLE_S)
        except SQLAlchemyError as error:
            log.error("database", fault=type(error).__name__)  # noqa: TRY400  the type says it
            stopped.wait(_AFTER_FAILURE_S)
        except Exception:  # a worker that ends delivers nothing
            log.exception("failed")
            stopped.wait(_AFTER_FAILURE_S)


def stop_on_signals() -> threading.Event:
    """Set when the process is asked to end; the delivery under way is finished first."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def _purge(courier: Courier) -> None:
    with courier.database.transaction() as db:
        if removed := purge(db, courier.clock()):
            log.info("purged", rows=removed)
