"""What is known of one key set: its keys, how long they are good, how the last try went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lti_tool.lti.wire.key_sets import FETCH_S, USUALLY_FRESH, parse_key

STALE: Final = timedelta(hours=24)  # how long a set serves that is no longer fresh
BETWEEN_FETCHES: Final = timedelta(seconds=60)
KEPT: Final = timedelta(minutes=5)  # how long what another process fetched may go unnoticed
_SURELY_OVER: Final = timedelta(seconds=FETCH_S + 1)

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredKeySet:
    """What all processes together know of one URL."""

    document: Document | None = None  # {"keys": [...]} as last fetched; None: never had
    fetched_at: datetime | None = None  # when the try that brought it began
    fresh_until: datetime | None = None
    tried_at: datetime | None = None  # when the last try began
    fault: str | None = None  # why that failed; None while under way or when it went well


@dataclass(frozen=True, slots=True)
class Keys:
    """A key set, each key parsed at its first use."""

    entries: Mapping[str, Document]  # by kid
    fetched_at: datetime
    fresh_until: datetime
    parsed: dict[str, RSAPublicKey] = field(default_factory=dict)

    def key(self, kid: str) -> RSAPublicKey:
        """The key of this id, which must be there.

        Raises:
            LaunchRefused: "not_trusted", because it is none we verify with.
        """
        found = self.parsed.get(kid)
        return found or self.parsed.setdefault(kid, parse_key(self.entries[kid]))


@dataclass(frozen=True, slots=True)
class Known:
    """What one process knows of one URL; never changed, only replaced."""

    keys: Keys | None = None
    sure_until: datetime | None = None  # with a key that is there nobody need look before
    quiet_until: datetime | None = None  # nobody can find anything new before
    fault: str = ""  # of the last try that ended; empty when it went well

    def sure(self, kid: str, now: datetime) -> Keys | None:
        """The set, if it has this key and no doubt is due."""
        if self.keys and kid in self.keys.entries and self.sure_until and now < self.sure_until:
            return self.keys
        return None

    def usable(self, kid: str, now: datetime) -> Keys | None:
        """The set, if it has this key and will do as long as there is no newer one."""
        if self.keys and kid in self.keys.entries and now < self.keys.fresh_until + STALE:
            return self.keys
        return None

    def quiet(self, now: datetime) -> bool:
        """Whether there is no use in looking again."""
        return self.quiet_until is not None and now < self.quiet_until

    def after(self, found: StoredKeySet, now: datetime) -> Known:
        """What is known once this has been found."""
        keys = _newest(self.keys, found, now)
        sure_until = min(keys.fresh_until, now + KEPT) if keys else None
        if found.tried_at is None or found.tried_at > now + BETWEEN_FETCHES:
            return Known(keys, sure_until)  # by a clock that was wrong, if at all
        fault = _fault(found, now)
        if fault is None:
            return Known(keys, sure_until, None, self.fault)
        return Known(keys, sure_until, found.tried_at + BETWEEN_FETCHES, fault)


def _fault(found: StoredKeySet, now: datetime) -> str | None:
    """How the last try ended, as `Known.fault` has it; None while it is under way."""
    assert found.tried_at
    if found.fault:
        return found.fault
    if found.fetched_at and found.fetched_at >= found.tried_at:
        return ""
    return "jwks_unavailable" if now - found.tried_at > _SURELY_OVER else None


def _newest(before: Keys | None, found: StoredKeySet, now: datetime) -> Keys | None:
    """The newer set; a key that is in both is not parsed again."""
    if found.document is None or found.fetched_at is None:
        return before
    latest = now + BETWEEN_FETCHES  # beyond lies only what a wrong clock noted
    if before and found.fetched_at <= before.fetched_at <= latest:
        return before
    entries = {entry["kid"]: entry for entry in found.document["keys"]}
    fresh_until = found.fresh_until or found.fetched_at + USUALLY_FRESH
    if found.fetched_at > latest:
        fresh_until = now
    return Keys(entries, found.fetched_at, fresh_until, _parsed(before, entries))


def _parsed(before: Keys | None, entries: Mapping[str, Document]) -> dict[str, RSAPublicKey]:
    if before is None:
        return {}
    parsed = dict(before.parsed)  # other threads add to it
    return {kid: key for kid, key in parsed.items() if entries.get(kid) == before.entries[kid]}
