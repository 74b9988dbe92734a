"""How far an LMS's clock is from ours, and which readings of it are worth keeping.

An LMS that is more than a minute off is refused at every launch, and the people who meet that
cannot see why; so what launches show of its clock is kept for the operator.
"""

from __future__ import annotations

from datetime import datetime, timedelta

OFF_S = 30  # from here on the operator is warned; half of the usual leeway
_SAME_S = 5  # less is the way of a message through a browser
_SOON = timedelta(minutes=10)
_STALE = timedelta(days=1)


def seconds_ahead(issued: float, asked_at: datetime, now: datetime) -> int:
    """The least that an LMS's clock must be ahead of ours (negative: behind), in seconds.

    A form may lie in a browser for minutes before it reaches us, so its age alone says
    nothing: an LMS with our time issues a message after we asked and before it came.

    Args:
        issued: when the message was made by the LMS's clock, in seconds since 1970.
        asked_at: when we answered the login, by ours.
        now: when the message came, by ours.
    """
    if issued > now.timestamp():
        return int(issued - now.timestamp())
    return min(0, int(issued - asked_at.timestamp()))


def worth_noting(
    known_ahead_s: int | None, known_read_at: datetime | None, ahead_s: int, now: datetime
) -> bool:
    """Whether a reading says something that is not kept already.

    Args:
        known_ahead_s: the last reading kept; None when there is none.
        known_read_at: its moment.
        ahead_s: the new reading, in seconds.
        now: its moment.
    """
    if known_ahead_s is None or known_read_at is None or now - known_read_at > _STALE:
        return True
    # Being late on the way makes a reading too low, never too high.
    patience = timedelta() if ahead_s > known_ahead_s else _SOON
    return abs(ahead_s - known_ahead_s) >= _SAME_S and now - known_read_at >= patience


def is_off(ahead_s: int | None) -> bool:
    """Whether a clock that is so far ahead of ours, or behind it, is off by more than OFF_S."""
    return ahead_s is not None and abs(ahead_s) > OFF_S


def clock_words(ahead_s: int) -> str:
    """A reading for people, as in "12 s ahead of ours"."""
    if ahead_s == 0:
        return "as ours"
    return f"{abs(ahead_s)} s {'ahead of' if ahead_s > 0 else 'behind'} ours"
