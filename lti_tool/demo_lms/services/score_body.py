"""A score as the tool sends it, checked member by member (AGS 2.0, section 3.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from lti_tool.demo_lms.course import Score
from lti_tool.demo_lms.services.access import bad_request

_ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_MOST_POINTS = 1e9
_FURTHEST_AHEAD = timedelta(seconds=60)
_ACTIVITY = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
_GRADING = {"NotReady", "Failed", "Pending", "PendingManual", "FullyGraded"}
_NEEDED = ("userId", "timestamp", "activityProgress", "gradingProgress")


def is_moment(value: Any) -> bool:
    """Whether this is a moment in ISO 8601 with a time zone."""
    if not isinstance(value, str) or not _ISO_8601.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def read_score(line_item_id: str, body: Mapping[str, Any], now: datetime) -> Score:
    """The score a body describes.

    Raises:
        ServiceRefused: a member is missing, unknown or not what it must be.
    """
    _check_members(body)
    at = datetime.fromisoformat(body["timestamp"])
    if at > now + _FURTHEST_AHEAD:
        raise bad_request("timestamp: lies in the future")
    return Score(
        line_item_id=line_item_id,
        person_id=body["userId"],
        at=at,
        activity=body["activityProgress"],
        grading=body["gradingProgress"],
        given=body.get("scoreGiven"),
        maximum=body.get("scoreMaximum"),
        comment=body.get("comment", ""),
    )


def _check_members(body: Mapping[str, Any]) -> None:
    for name in _NEEDED:
        if name not in body:
            raise bad_request(f"{name}: missing")
    if "scoreGiven" in body and "scoreMaximum" not in body:
        raise bad_request("scoreMaximum: needed with scoreGiven")
    for name, value in body.items():
        if name in _FORMS and not _FORMS[name](value):
            raise bad_request(f"{name}: not a value it can have")
        if name not in _FORMS and not name.startswith("https://"):
            raise bad_request(f"unknown member {name}")


def _number(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 <= value < _MOST_POINTS
    )


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _identity(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255


def _submission(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) <= {"startedAt", "submittedAt"}
        and all(is_moment(moment) for moment in value.values())
    )


_FORMS: Mapping[str, Callable[[Any], bool]] = {
    "userId": _identity,
    "scoringUserId": _identity,
    "timestamp": is_moment,
    "activityProgress": lambda value: isinstance(value, str) and value in _ACTIVITY,
    "gradingProgress": lambda value: isinstance(value, str) and value in _GRADING,
    "scoreGiven": _number,
    "scoreMaximum": lambda value: _number(value) and value > 0,
    "comment": _text,
    "submission": _submission,
}
