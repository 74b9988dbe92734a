"""
Keys LMSs sign with, fetched from their key sets and kept.

A set is good for an hour, is fetched anew at once when it lacks a key (LMSs rotate), at most
once a minute (strangers can name any key), by one thread at a time. While an LMS is away its
last set serves for a day.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import requests
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lti_tool.errors import LaunchRefused
from lti_tool.lti.wire.key_sets import fetch_key_set, parse_key
from lti_tool.tenancy.platforms import Platform

log = structlog.get_logger(__name__)

FRESH = timedelta(hours=1)
USABLE = timedelta(hours=24)
BETWEEN_FETCHES = timedelta(seconds=60)
_MOST_SETS = 20_000

Document = dict[str, Any]


class KeySetStore(Protocol):
    """Keeps key sets for all processes."""

    def load(self, url: str) -> tuple[Document, datetime] | None:
        """The set last fetched from here and when, or None."""

    def save(self, url: str, document: Mapping[str, Any], at: datetime) -> None:
        """Keep a set in place of the one before."""


@dataclass(slots=True)
class _KeySet:
    """One URL's keys, each parsed at its first use."""

    entries: dict[str, Document]  # by kid
    fetched_at: datetime
    parsed: dict[str, RSAPublicKey] = field(default_factory=dict)

    def key(self, kid: str) -> RSAPublicKey:
        if kid not in self.parsed:
            self.parsed[kid] = parse_key(self.entries[kid])
        return self.parsed[kid]


@dataclass(slots=True)
class _Source:
    """What is known of one URL."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    current: _KeySet | None = None
    tried_at: datetime | None = None
    fault: str = ""  # of the last try; empty when it went well

    def may_fetch(self, now: datetime) -> bool:
        """Whether the last try, here or in another process, is long enough ago."""
        moments = [self.tried_at, self.current and self.current.fetched_at]
        return all(now - moment >= BETWEEN_FETCHES for moment in moments if moment)


class PlatformKeys:
    """Finds the key a message of an LMS is signed with. For all threads of a process."""

    def __init__(self, http: requests.Session, store: KeySetStore) -> None:
        """Take the session to fetch with and the store that other processes share."""
        self.http = http
        self._store = store
        self._sources: dict[str, _Source] = {}

    def key(self, platform: Platform, kid: str, now: datetime) -> RSAPublicKey:
        """The LMS's key with this id.

        Raises:
            LaunchRefused: "not_trusted" when the LMS has no such key or it is unfit, "busy"
                when its keys cannot be had now.
        """
        source = self._source(platform.jwks_url)
        if known := _fresh(source.current, kid, now):
            return known.key(kid)
        usable = _usable(source.current, kid, now)
        # Those who can go on with what is there do not wait for the one who fetches.
        if not source.lock.acquire(blocking=usable is None):
            assert usable
            return usable.key(kid)
        try:
            self._renew(source, platform.jwks_url, kid, now)
        finally:
            source.lock.release()
        return _found(source, kid, now)

    def _source(self, url: str) -> _Source:
        if found := self._sources.get(url):
            return found
        if len(self._sources) >= _MOST_SETS:
            self._sources.clear()
        return self._sources.setdefault(url, _Source())

    def _renew(self, source: _Source, url: str, kid: str, now: datetime) -> None:
        """Bring the set up to date, from the store or else from the LMS."""
        if not source.may_fetch(now):
            return
        if stored := self._store.load(url):
            _adopt(source, *stored)
        if _fresh(source.current, kid, now) or not source.may_fetch(now):
            return
        source.tried_at, source.fault = now, ""
        try:
            document = fetch_key_set(self.http, url)
        except LaunchRefused as refused:
            source.fault = refused.reason
            log.warning("jwks", url=url, reason=refused.reason)
            return
        log.info("jwks_refetch", url=url)
        _adopt(source, document, now)
        self._store.save(url, document, now)


def _adopt(source: _Source, document: Document, fetched_at: datetime) -> None:
    if source.current is None or source.current.fetched_at < fetched_at:
        entries = {entry["kid"]: entry for entry in document["keys"]}
        source.current = _KeySet(entries, fetched_at)


def _fresh(known: _KeySet | None, kid: str, now: datetime) -> _KeySet | None:
    return known if known and kid in known.entries and now - known.fetched_at < FRESH else None


def _usable(known: _KeySet | None, kid: str, now: datetime) -> _KeySet | None:
    return known if known and kid in known.entries and now - known.fetched_at < USABLE else None


def _found(source: _Source, kid: str, now: datetime) -> RSAPublicKey:
    if usable := _usable(source.current, kid, now):
        return usable.key(kid)
    if source.fault:
        raise LaunchRefused("busy", source.fault)
    raise LaunchRefused("not_trusted", "kid_unknown")
