"""One pass over the outbox: claim what is due, send it, note how it went."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from lti_tool.delivery.backoff import GIVE_UP_AFTER, wait_after
from lti_tool.errors import LmsRejected, LmsUnavailable
from lti_tool.lti.grades import Score
from lti_tool.records import outbox
from lti_tool.records.db import Database
from lti_tool.records.outbox import OwedGrade
from lti_tool.stores import Platforms
from lti_tool.tenancy.platforms import Platform

log = structlog.get_logger(__name__)

_AT_ONCE = 2  # a token, a score, and both again take some 40 s at the most
_PAUSED = timedelta(hours=1)

Send = Callable[[Platform, Score, datetime], None]


@dataclass(frozen=True, slots=True)
class Courier:
    """What delivering needs: where grades wait, whom they are for, how they are sent."""

    database: Database
    platforms: Platforms
    send: Send  # raises LmsUnavailable or LmsRejected
    clock: Callable[[], datetime]


def deliver_due(courier: Courier, due_by: datetime | None = None) -> int:
    """Deliver a few grades; how many were claimed.

    No transaction is open while an LMS is being talked to. A grade whose delivery is cut
    short, even by a power failure, is claimed again when its lease ends; the LMS takes the
    same score twice without harm. Few are claimed at once: all must end within the lease even
    if each meets an LMS that does not answer.

    Args:
        courier: delivers.
        due_by: leave what was due later; now unless given.
    """
    with courier.database.transaction() as db:
        now = courier.clock()
        claimed = outbox.claim_due(db, now, _AT_ONCE, due_by or now)
    for grade in claimed:
        _deliver(courier, grade)
    return len(claimed)


def _deliver(courier: Courier, grade: OwedGrade) -> None:
    platform = courier.platforms.by_id(grade.platform_id)
    if platform is None or not platform.active:
        _wait_for_operator(courier, grade)
        return
    try:
        courier.send(platform, _score(grade), courier.clock())
    except LmsUnavailable as error:
        _wait(courier, grade, error)
    except LmsRejected as error:
        _give_up(courier, grade, str(error))
    else:
        with courier.database.transaction() as db:
            outbox.settle_delivered(db, grade, courier.clock())
        _note(grade, "delivered")


def _wait_for_operator(courier: Courier, grade: OwedGrade) -> None:
    """Keep the grade of a suspended LMS, however long the suspension lasts."""
    reason = "The platform is suspended."
    with courier.database.transaction() as db:
        outbox.settle_later(db, grade, courier.clock() + _PAUSED, reason)
    _note(grade, "again", reason)


def _wait(courier: Courier, grade: OwedGrade, error: LmsUnavailable) -> None:
    now = courier.clock()
    if now - grade.at > GIVE_UP_AFTER:
        _give_up(courier, grade, f"Given up after 30 days: {error}")
        return
    wait = wait_after(grade.attempts, random.random())  # noqa: S311  only spreads load
    asked = timedelta(seconds=error.retry_after_s or 0)
    with courier.database.transaction() as db:
        outbox.settle_later(db, grade, now + max(wait, asked), str(error))
    _note(grade, "again", str(error))


def _give_up(courier: Courier, grade: OwedGrade, reason: str) -> None:
    with courier.database.transaction() as db:
        outbox.settle_refused(db, grade, reason)
    _note(grade, "refused", reason)


def _score(grade: OwedGrade) -> Score:
    return Score(
        line_item_url=grade.line_item_url,
        sub=grade.sub,
        given=grade.given,
        maximum=grade.maximum,
        at=grade.at,
        submitted_at=grade.submitted_at,
        first=grade.first,
    )


def _note(grade: OwedGrade, outcome: str, reason: str = "") -> None:
    log.info(
        "grade",
        grade=grade.id,
        platform=grade.platform_id,
        attempt=grade.attempts,
        outcome=outcome,
        reason=reason,
    )
