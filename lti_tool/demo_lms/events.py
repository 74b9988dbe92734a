"""What the tool asked of this LMS, newest first; never a token."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime

_KEPT = 100


@dataclass(frozen=True, slots=True)
class Event:
    """One request from the tool. The query, the body and the headers are not kept."""

    at: datetime
    method: str
    path: str
    answer: str  # status, or how the connection ended
    note: str  # what was wrong, or what was done


class EventLog:
    """The last hundred requests from the tool."""

    def __init__(self) -> None:
        """Start empty."""
        self._events: deque[Event] = deque(maxlen=_KEPT)

    def add(self, event: Event) -> None:
        """Keep one, letting go of the oldest."""
        self._events.appendleft(event)

    def newest_first(self) -> list[Event]:
        """All that are kept."""
        return list(self._events)
