"""The worker process: delivers grades and removes what is over until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.delivery.deliver import Courier, deliver_due
from lti_tool.errors import LmsError, LmsUnavailable
from lti_tool.lti.grades import Score, send_score
from lti_tool.lti.http import lms_session
from lti_tool.lti.tokens import AccessTokens
from lti_tool.records.db import Database
from lti_tool.records.purge import (
    BATCH,
    Purge,
    purge_failed_attempts,
    purge_tokens,
    purge_visits,
)
from lti_tool.records.vault import Vault
from lti_tool.settings import Settings
from lti_tool.stores import Platforms, Tokens, ToolKeys
from lti_tool.tenancy.platforms import Platform

log = structlog.get_logger(__name__)

_IDLE_S = 0.5  # between looks at an empty outbox
_AFTER_FAILURE_S = 5.0
_PURGE_EVERY = timedelta(minutes=1)
_PURGES: Sequence[Purge] = (purge_failed_attempts, purge_visits, purge_tokens)


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
    """Deliver what is due until told to stop; a failing database is waited out.

    What is over is removed a batch at a time, between deliveries.
    """
    purge_at = courier.clock()
    while not stopped.is_set():
        try:
            if (now := courier.clock()) >= purge_at and not purge_batch(courier, now):
                purge_at = now + _PURGE_EVERY
            if not deliver_due(courier) and purge_at > now:
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


def purge_batch(courier: Courier, now: datetime) -> bool:
    """Remove a batch of each kind; whether there may be more."""
    removed = []
    for purge in _PURGES:
        with courier.database.transaction() as db:
            removed.append(purge(db, now))
    if any(removed):
        log.info("purged", rows=sum(removed))
    return max(removed) >= BATCH
