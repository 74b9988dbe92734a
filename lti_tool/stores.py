"""Where lti's needs meet records: platforms, signing keys, tokens and key sets.

`lti` and `records` do not know each other. Each call here is a transaction of its own, and
what is asked for at every launch is kept in memory for a few seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import IntegrityError

from lti_tool.lti.keys import ToolKey, load_tool_key, new_tool_key, pem_of, public_jwk
from lti_tool.lti.wire.known_keys import BETWEEN_FETCHES, StoredKeySet
from lti_tool.records import keys, platforms, tokens
from lti_tool.records.db import Database
from lti_tool.records.vault import Vault
from lti_tool.tenancy.platforms import Platform

PLATFORM_KEPT_S = 5.0  # how long a suspension may take to be felt
_KEYS_KEPT_S = 60.0  # how long a rotation may take; a key is published long before its use
_MOST_KEPT = 20_000

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values kept in memory for a while; safe for threads, bounded."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._values: dict[object, tuple[float, Value]] = {}

    def get(self, key: object, load: Callable[[], Value]) -> Value:
        """The value of this key, loaded when it is not here or too old."""
        if kept := self.peek(key):
            return kept
        value = load()
        if value:  # what is not there may appear at any moment
            self.put(key, value)
        return value

    def put(self, key: object, value: Value) -> None:
        """Keep a value that need not be loaded."""
        if len(self._values) >= _MOST_KEPT:
            self._values.clear()
        self._values.pop(key, None)  # so that the oldest come first
        self._values[key] = (time.monotonic() + self._seconds, value)
        self._drop_old()

    def _drop_old(self) -> None:
        """Let go of what is over; a visit holds a name."""
        with suppress(StopIteration, RuntimeError):  # another thread is at it
            while (oldest := next(iter(self._values.items())))[1][0] < time.monotonic():
                self._values.pop(oldest[0], None)

    def peek(self, key: object) -> Value | None:
        """The value of this key while it is kept."""
        found = self._values.get(key)
        return found[1] if found and found[0] > time.monotonic() else None

    def take(self, key: object) -> Value | None:
        """The same, but kept no longer."""
        value = self.peek(key)
        self._values.pop(key, None)
        return value


class Platforms:
    """Finds registered LMSs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: Kept[list[Platform]] = Kept(PLATFORM_KEPT_S)
        self._by_id: Kept[Platform | None] = Kept(PLATFORM_KEPT_S)

    def find(self, issuer: str, client_id: str | None) -> list[Platform]:
        """LMSs with this issuer, and this client id where one is given; at most two."""

        def load() -> list[Platform]:
            with self._database.read() as db:
                return platforms.find_platforms(db, issuer, client_id)

        return self._found.get((issuer, client_id), load)

    def by_id(self, platform_id: int) -> Platform | None:
        """The LMS with this id, or None."""

        def load() -> Platform | None:
            with self._database.read() as db:
                return platforms.platform_by_id(db, platform_id)

        return self._by_id.get(platform_id, load)

    def keep(self, platform: Platform) -> None:
        """Know what this process has just written of an LMS."""
        self._by_id.put(platform.id, platform)


class ToolKeys:
    """Our signing keys, parsed once."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault
        self._stored: Kept[list[keys.StoredKey]] = Kept(_KEYS_KEPT_S)
        self._parsed: dict[str, ToolKey] = {}

    def current(self) -> ToolKey:
        """The key to sign with."""
        stored = self._all()[0]
        if stored.kid not in self._parsed:
            self._parsed[stored.kid] = load_tool_key(stored.kid, stored.pem)
        return self._parsed[stored.kid]

    def key_set(self) -> dict[str, Any]:
        """All our public keys as LMSs fetch them."""
        return {"keys": [stored.public_jwk for stored in self._all()]}

    def _all(self) -> list[keys.StoredKey]:
        return self._stored.get("all", self._load)

    def _load(self) -> list[keys.StoredKey]:
        """The keys there are; made now if this is the first start."""
        with self._database.read() as db:
            stored = keys.stored_keys(db, self._vault)
        if not stored:
            ensure_keys(self._database, self._vault, datetime.now(UTC))
            return self._load()
        return stored


def ensure_keys(database: Database, vault: Vault, now: datetime) -> None:
    """Make a current and a next signing key where there are none."""
    with database.read() as db:
        there = {key.status for key in keys.stored_keys(db, vault)}
    for status in sorted({"current", "next"} - there):
        try:
            with database.transaction() as db:
                keys.add_key(db, vault, _fresh(status, now))
        except IntegrityError:
            continue  # another process starting at this moment was first


def rotate_keys(database: Database, vault: Vault, now: datetime) -> None:
    """Sign with the next key from now on, publish a new one ahead, trust the last one still."""
    with database.transaction() as db:
        keys.advance(db)
        keys.add_key(db, vault, _fresh("next", now))


def _fresh(status: str, now: datetime) -> keys.StoredKey:
    key = new_tool_key()
    return keys.StoredKey(key.kid, status, pem_of(key), public_jwk(key), now)


class KeySets:
    """Platforms' key sets, shared by all processes: provides lti.platform_keys.KeySetStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, url: str) -> StoredKeySet:
        """What all processes together know of this URL."""
        with self._database.read() as db:
            row = tokens.key_set_of(db, url)
        return StoredKeySet(*row) if row else StoredKeySet()

    def claim(self, url: str, at: datetime) -> bool:
        """Whether the caller may try to fetch; one a minute may."""
        with self._database.transaction() as db:
            return tokens.claim_key_set(db, url, at, BETWEEN_FETCHES)

    def save(
        self,
        url: str,
        document: Mapping[str, Any],
        at: datetime,
        fresh_until: datetime | None = None,
    ) -> None:
        """Keep the set the try of that moment brought; for the usual time if none is given."""
        with self._database.transaction() as db:
            tokens.keep_key_set(db, url, document, at, fresh_until)

    def fail(self, url: str, at: datetime, fault: str) -> None:
        """Keep why the try of that moment failed."""
        with self._database.transaction() as db:
            tokens.note_key_set_fault(db, url, at, fault)


class Tokens:
    """Access tokens, shared by all processes: provides lti.tokens.TokenStore."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def load(self, platform_id: int, scopes: str, now: datetime) -> tuple[str, datetime] | None:
        """The token for these scopes and when it expires, or None."""
        with self._database.read() as db:
            return tokens.token_of(db, self._vault, platform_id, scopes, now)

    def save(self, platform_id: int, scopes: str, token: str, expires_at: datetime) -> None:
        """Keep a token in place of the one before."""
        with self._database.transaction() as db:
            tokens.keep_token(db, self._vault, platform_id, scopes, token, expires_at)

    def drop(self, platform_id: int, scopes: str) -> None:
        """Forget a token the LMS no longer takes."""
        with self._database.transaction() as db:
            tokens.drop_token(db, platform_id, scopes)
