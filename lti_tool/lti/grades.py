"""
Send one score to an LMS: Assignment and Grade Services 2.0.

Only final truth is sent: anything but a completed, fully graded score makes some LMSs erase
the grade that stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import requests
from pylti1p3.assignments_grades import AssignmentsGradesService
from pylti1p3.grade import Grade
from typing_extensions import override

from lti_tool.errors import LmsRejected, LmsUnavailable
from lti_tool.lms import Outcome, lms_product
from lti_tool.lti.message.claims import SCORE_SCOPE
from lti_tool.lti.services import ServiceRefusal, ToolServiceConnector
from lti_tool.lti.tokens import AccessTokens
from lti_tool.tenancy.platforms import Platform

_REFUSED: Final = {
    Outcome.GONE: "The LMS no longer has the place in its gradebook where this grade belongs",
    Outcome.REFUSED: "The LMS does not take this grade: the person may not be enrolled in the "
    "course, or the course may have ended",
}


@dataclass(frozen=True, slots=True)
class Score:
    """One person's standing on one line item."""

    line_item_url: str
    sub: str  # the person, as their LMS knows them
    given: float  # points
    maximum: float  # points; need not be the line item's own
    at: datetime  # whole seconds, UTC; an LMS refuses all but a later one than it has
    submitted_at: datetime  # when the person completed the work
    first: bool  # none was delivered before for this person and line item


def send_score(
    platform: Platform,
    score: Score,
    tokens: AccessTokens,
    http: requests.Session,
    now: datetime,
) -> None:
    """Send a score and return once the LMS has it, or one as recent.

    Sending the same score twice leaves the LMS as sending it once.

    Raises:
        LmsUnavailable: no answer, a server error, or too many requests.
        LmsRejected: the LMS will not take it, however often it is sent.
    """
    _check(score)
    product = lms_product(platform.product)
    members = product.score_members(score.first, score.submitted_at)
    grade = (
        Grade()
        .set_user_id(score.sub)
        .set_score_given(score.given)
        .set_score_maximum(score.maximum)
        .set_activity_progress("Completed")
        .set_grading_progress("FullyGraded")
        .set_timestamp(score.at.isoformat(timespec="seconds"))
        .set_extra_claims(members)
    )
    connector = ToolServiceConnector(platform, tokens, http, now)
    service = _GradeService(
        connector, {"scope": [SCORE_SCOPE], "lineitem": score.line_item_url}
    )
    try:
        service.put_grade(grade)
    except ServiceRefusal as refusal:
        outcome = product.outcome(refusal.status, refusal.excerpt)
        if outcome is not Outcome.SETTLED:
            raise _error(outcome, refusal) from refusal


class _GradeService(AssignmentsGradesService):
    @staticmethod
    @override
    def _add_url_path_ending(url: str, url_path_ending: str) -> str:
        # AGS 2.0, scores: the path is extended and the query stays, which some LMSs need.
        path, mark, query = url.partition("#")[0].partition("?")
        return f"{path.rstrip('/')}/{url_path_ending}{mark}{query}"


def _check(score: Score) -> None:
    points = (score.given, score.maximum)
    if not all(map(math.isfinite, points)) or not 0 <= score.given <= score.maximum != 0:
        raise LmsRejected(f"score_invalid: {score.given} of {score.maximum}")


def _error(outcome: Outcome, refusal: ServiceRefusal) -> LmsUnavailable | LmsRejected:
    if outcome is Outcome.AGAIN:
        reason = f"The LMS cannot take the grade now (status {refusal.status})."
        return LmsUnavailable(reason, refusal.wait_s)
    return LmsRejected(f"{_REFUSED[outcome]} (status {refusal.status}).")
