"""When to try a delivery again."""

from __future__ import annotations

from datetime import timedelta

GIVE_UP_AFTER = timedelta(days=30)  # from the moment the grade was owed
_FIRST_WAIT_S = 5.0
_LONGEST_WAIT_S = 86_400.0
_SHORTEST_WAIT_S = 1.0


def wait_after(attempts: int, chance: float) -> timedelta:
    """How long to wait after this many failed attempts (1 or more).

    Doubles each time up to a day, with full jitter, so that the grades an LMS missed while
    it was down do not come back all at once.

    Args:
        attempts: how many there have been.
        chance: from 0 to 1; the share of the wait that is taken.
    """
    doublings = min(attempts - 1, 20)
    longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**doublings)
    return timedelta(seconds=max(_SHORTEST_WAIT_S, longest * chance))
