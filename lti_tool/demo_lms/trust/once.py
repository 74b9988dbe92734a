"""Values that are good once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
_MOST_KEPT = 10_000  # of each sort; the oldest go first


class Tickets(Generic[T]):
    """Unguessable keys, each exchanged once for the value it was issued for."""

    def __init__(self, now: Callable[[], datetime], lifetime: timedelta) -> None:
        """Issue tickets that live this long."""
        self._now, self._lifetime, self._lock = now, lifetime, Lock()
        self._kept: dict[str, tuple[datetime, T]] = {}

    def issue(self, value: T) -> str:
        """A new key for this value."""
        key = secrets.token_urlsafe(24)
        with self._lock:
            self._kept[key] = (self._now() + self._lifetime, value)
            while len(self._kept) > _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return key

    def look(self, key: str) -> T | None:
        """The value while its key is good, without using the key up."""
        with self._lock:
            expires_at, value = self._kept.get(key, (None, None))
        return value if expires_at and expires_at > self._now() else None

    def take(self, key: str) -> T | None:
        """The value, to one caller only; None when unknown, used or too old."""
        value = self.look(key)
        with self._lock:
            return value if self._kept.pop(key, None) else None

    def forget_all(self) -> None:
        """Make every key issued so far worthless."""
        with self._lock:
            self._kept.clear()


class Seen:
    """Values somebody else made up, each accepted once."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._lock = Lock()
        self._seen: dict[str, None] = {}

    def is_new(self, value: str) -> bool:
        """Whether this is the first time; from now on it is not."""
        with self._lock:
            if value in self._seen:
                return False
            self._seen[value] = None
            while len(self._seen) > _MOST_KEPT:
                del self._seen[next(iter(self._seen))]
            return True
