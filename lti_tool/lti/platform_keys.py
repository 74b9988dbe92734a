"""
Keys LMSs sign with, fetched from their key sets and kept.

A set is fresh for as long as the LMS says, within limits; so long may a key still be used that
the LMS has taken back. It is fetched anew at once when it lacks a key (LMSs rotate), but at
most once a minute by all processes together (strangers can name any key), and every few
minutes a process looks whether another has a newer one. While an LMS is away its last set
serves for one more day.

An LMS that does not answer holds up few threads, and only one a minute once that is known.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import requests
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lti_tool.errors import LaunchRefused
from lti_tool.lti.wire.key_sets import fetch_key_set
from lti_tool.lti.wire.known_keys import Known, StoredKeySet
from lti_tool.lti.wire.turns import Limits, Turns
from lti_tool.tenancy.platforms import Platform

log = structlog.get_logger(__name__)

# Together at most three quarters of a process's threads; with four LMSs that do not answer
# there are turns left for others to be fetched.
LIMITS: Final = Limits(working=6, waiting=6, patience_s=2.0)
_POLL_S, _POLLS = 0.1, 20
_MOST_SETS = 20_000
_NOTHING: Final = Known()


class KeySetStore(Protocol):
    """Keeps key sets for all processes. A try is known by the moment it began."""

    def load(self, url: str) -> StoredKeySet:
        """What is known of this URL; empty when that is nothing."""

    def claim(self, url: str, at: datetime) -> bool:
        """Whether this caller may try to fetch: nobody else has within the last minute."""

    def save(
        self, url: str, document: Mapping[str, Any], at: datetime, fresh_until: datetime
    ) -> None:
        """Keep what this try brought, unless a later one has begun."""

    def fail(self, url: str, at: datetime, fault: str) -> None:
        """Keep why this try failed, unless a later one has begun."""


class PlatformKeys:
    """Finds the key a message of an LMS is signed with. For all threads of a process."""

    def __init__(self, http: requests.Session, store: KeySetStore) -> None:
        """Take the session to fetch with and the store that other processes share."""
        self.http = http
        self._store = store
        self._known: dict[str, Known] = {}
        self._turns = Turns(LIMITS)

    def key(self, platform: Platform, kid: str, now: datetime) -> RSAPublicKey:
        """The LMS's key with this id.

        Raises:
            LaunchRefused: "not_trusted" when the LMS has no such key or it is unfit, "busy"
                when its keys cannot be had now.
        """
        url = platform.jwks_url
        known = self._known.get(url, _NOTHING)
        if keys := known.sure(kid, now):
            return keys.key(kid)
        if not known.quiet(now):
            known = self._renewed(url, kid, now)
        return _found(known, url, kid, now)

    def _renewed(self, url: str, kid: str, now: datetime) -> Known:
        """What is known once this thread or another has looked, as far as there is time."""
        if self._turns.take(url):
            try:
                self._look(url, kid, now)
            finally:
                self._turns.give_back(url)
        elif not self._settled(url, kid, now):
            # Reading what another process has fetched holds nobody up: a process that has just
            # started must not turn away the seventh of those who come at once.
            self._note(url, self._store.load(url), now)
            if not self._settled(url, kid, now):
                self._turns.wait(url)
        return self._known.get(url, _NOTHING)

    def _settled(self, url: str, kid: str, now: datetime) -> bool:
        """Whether there is an answer that needs no waiting: a key, or that the LMS is away."""
        known = self._known.get(url, _NOTHING)
        return bool(known.fault or known.usable(kid, now))

    def _look(self, url: str, kid: str, now: datetime) -> None:
        """Bring what is known up to date, from the store or else from the LMS."""
        for _ in range(_POLLS):
            known = self._note(url, self._store.load(url), now)
            if known.sure(kid, now) or known.quiet(now):
                return
            if self._store.claim(url, now):
                self._fetch(url, now)
                return
            if self._settled(url, kid, now):
                return
            time.sleep(_POLL_S)  # another process is fetching it

    def _fetch(self, url: str, now: datetime) -> None:
        try:
            fetched = fetch_key_set(self.http, url)
        except LaunchRefused as refused:
            log.warning("jwks", reason=refused.reason, url=url)
            self._note(url, StoredKeySet(tried_at=now, fault=refused.reason), now)
            self._store.fail(url, now, refused.reason)
            return
        log.info("jwks", reason="jwks_refetch", url=url)
        until = now + fetched.fresh_for
        self._note(url, StoredKeySet(fetched.document, now, until, now), now)
        self._store.save(url, fetched.document, now, until)

    def _note(self, url: str, found: StoredKeySet, now: datetime) -> Known:
        before = self._known.get(url, _NOTHING)
        if len(self._known) >= _MOST_SETS and url not in self._known:
            self._known.clear()
        self._known[url] = known = before.after(found, now)
        return known


def _found(known: Known, url: str, kid: str, now: datetime) -> RSAPublicKey:
    if keys := known.usable(kid, now):
        if known.fault and now >= keys.fresh_until:
            log.warning("jwks", reason="jwks_stale", url=url)
        return keys.key(kid)
    if known.fault:
        raise LaunchRefused("busy", known.fault)
    if known.quiet(now):
        raise LaunchRefused("not_trusted", "kid_unknown")
    raise LaunchRefused("busy", "jwks_unavailable")  # somebody else is still fetching it
