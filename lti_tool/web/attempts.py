"""How often logins and launches fail, so that whoever tries in masses is answered shortly.

Thousands of teachers share one address. What is good is let in whatever the count; it
decides only how a failure is answered. An address is kept as a keyed hash, for a minute.
"""

from __future__ import annotations

import hmac
import re
import time
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from threading import Lock

import structlog
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.records.db import Database
from lti_tool.records.failed_attempts import WINDOW, count_failures

log = structlog.get_logger(__name__)

LIMIT = 100  # failures a minute of one network, at one LMS
AT_ONCE = 10  # failures noted in the database by one statement
_MOST_KEPT = 20_000  # networks
_AWAY_S = 30.0  # how long a database that failed is not asked again
_WITH_PORT = re.compile(r"\[(?P<six>[^\]]*)\](?::\d+)?|(?P<four>[\d.]+):\d+")

_Key = tuple[int, str]  # id of the LMS, hash of the network


def network_of(address: str | None) -> str:
    """The network an address belongs to: of IPv6 the /64, which one household or school has.

    Args:
        address: as the server or a trusted proxy gives it; some add a port.
    """
    text = (address or "").strip().partition("%")[0]
    if found := _WITH_PORT.fullmatch(text):
        text = found["six"] or found["four"] or ""
    try:
        known = ip_address(text)
    except ValueError:
        return "unknown"
    if not isinstance(known, IPv6Address):
        return str(known)
    return str(known.ipv4_mapped or IPv6Address(int(known) >> 64 << 64))


@dataclass(slots=True)
class _Count:
    """Failures of one network in this process."""

    ends_at: float  # of the window; monotonic seconds
    here: int = 0  # in this process
    everywhere: int = 0  # in all, as the database said last

    @property
    def too_many(self) -> bool:
        return max(self.here, self.everywhere) > LIMIT


class FailedAttempts:
    """Counts failures by LMS and network: a few in memory, then in the database for all."""

    def __init__(self, database: Database, secret: str) -> None:
        """Take where counts are shared and the secret that hides addresses."""
        self._database, self._secret = database, secret.encode()
        self._counts: dict[_Key, _Count] = {}
        self._lock = Lock()
        self._away_until = 0.0

    def too_many(self, platform_id: int, address: str | None, now: datetime) -> bool:
        """Count one failure; whether there have been more than LIMIT within the minute.

        Once there have been, the database is not asked again for that minute. While it is
        away, this process counts alone.

        Args:
            platform_id: of the LMS; 0 where none is known.
            address: of the browser.
            now: the moment of the failure.
        """
        key = (platform_id, self._hash(network_of(address)))
        with self._lock:
            count = self._count(key)
            if count.too_many:
                return True
            count.here += 1
            due = count.here % AT_ONCE == 0
        if due:
            self._share(key, count, now)
        return count.too_many

    def _count(self, key: _Key) -> _Count:
        moment = time.monotonic()
        count = self._counts.get(key)
        if count is None or moment >= count.ends_at:
            if len(self._counts) >= _MOST_KEPT:
                self._counts.clear()
            count = self._counts[key] = _Count(moment + WINDOW.total_seconds())
        return count

    def _share(self, key: _Key, count: _Count, now: datetime) -> None:
        if time.monotonic() < self._away_until:
            return
        try:
            with self._database.transaction() as db:
                count.everywhere = count_failures(db, *key, AT_ONCE, now)
        except SQLAlchemyError as error:
            self._away_until = time.monotonic() + _AWAY_S
            log.warning("failures_not_counted", fault=type(error).__name__)

    def _hash(self, network: str) -> str:
        said = f"failed attempts from {network}".encode()
        return hmac.new(self._secret, said, "sha256").hexdigest()
