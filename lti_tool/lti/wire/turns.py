"""
Who may do slow work at this moment: one thread for each thing, few in all.

Requests that wait hold a thread each. Were their number not bounded, a few LMSs that do not
answer would hold all the threads there are.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """How many threads of a process may be held up by slow work."""

    working: int
    waiting: int
    patience_s: float  # from the beginning of the work waited for


@dataclass(frozen=True, slots=True)
class _Turn:
    patience_until: float  # time.monotonic()
    over: threading.Event = field(default_factory=threading.Event)


class Turns:
    """Gives turns to the threads of a process, each for one thing by name."""

    def __init__(self, limits: Limits) -> None:
        """Begin with nobody at work."""
        self._limits = limits
        self._lock = threading.Lock()
        self._taken: dict[str, _Turn] = {}
        self._waiting = 0

    def take(self, name: str) -> bool:
        """Whether it is this thread's turn, which it then must give back.

        False while another thread has it, and while as many are at work as may be.
        """
        with self._lock:
            if name in self._taken or len(self._taken) >= self._limits.working:
                return False
            self._taken[name] = _Turn(time.monotonic() + self._limits.patience_s)
            return True

    def give_back(self, name: str) -> None:
        """Let those go on who wait for this turn."""
        with self._lock:
            turn = self._taken.pop(name)
        turn.over.set()

    def wait(self, name: str) -> None:
        """Wait until the turn another thread has is over, or not at all, or not that long."""
        with self._lock:
            turn = self._taken.get(name)
            if turn is None or self._waiting >= self._limits.waiting:
                return
            self._waiting += 1
        try:
            turn.over.wait(max(0.0, turn.patience_until - time.monotonic()))
        finally:
            with self._lock:
                self._waiting -= 1
