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

Send = Callable[[Platform, Score, datetime], None]


@dataclass(frozen=True, slots=True)
class Courier:
    """What delivering needs: where grades wait, whom they are for, how they are sent."""

    database: Database
    platforms: Platforms
    send: Send  # raises LmsUnavailable or LmsRejected
    clock: Callable[[], datetime]


def deliver_due(courier: Courier, limit: int = 5) -> int:
    """Deliver up to `limit` grades; how many were claimed.

    No transaction is open while an LMS is being talked to. A grade whose delivery is cut
    short, even by a power failure, is claimed again when its lease ends; the LMS takes the
    same score twice without harm. Few are claimed at once: all must end within the lease even
    if each meets an LMS that does not answer.
    """
    with courier.database.transaction() as db:
        claimed = outbox.claim_due(db, courier.clock(), limit)
    for grade in claimed:
        _deliver(courier, grade)
    return len(claimed)


def _deliver(courier: Courier, grade: OwedGrade) -> None:
    platform = courier.platforms.by_id(grade.platform_id)
    try:
        if platform is None or not platform.active:
            raise LmsUnavailable("The platform is suspended.", retry_after_s=3600)  # noqa: TRY301
        courier.send(platform, _score(grade), courier.clock())
    except LmsUnavailable as error:
        _wait(courier, grade, error)
    except LmsRejected as error:
        with courier.database.transaction() as db:
            outbox.settle_refused(db, grade, str(error))
        _note(grade, "refused", str(error))
    else:
        with courier.database.transaction() as db:
            outbox.settle_delivered(db, grade, courier.clock())
        _note(grade, "delivered")


def _wait(courier: Courier, grade: OwedGrade, error: LmsUnavailable) -> None:
    now = courier.clock()
    with courier.database.transaction() as db:
        if now - grade.at > GIVE_UP_AFTER:
            outbox.settle_refused(db, grade, f"Given up after 30 days: {error}")
        else:
            wait = wait_after(grade.attempts, random.random())  # noqa: S311  only spreads load
            asked = timedelta(seconds=error.retry_after_s or 0)
            outbox.settle_later(db, grade, now + max(wait, asked), str(error))
    _note(grade, "again", str(error))


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
