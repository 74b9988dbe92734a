"""Line items as JSON: what is written and what is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lti_tool.demo_lms.config import DemoConfig
from lti_tool.demo_lms.course import LineItem
from lti_tool.demo_lms.services.access import bad_request
from lti_tool.demo_lms.services.score_body import is_moment

_TEXTS = {"resourceId": 256, "tag": 256, "resourceLinkId": 255}  # longest, AGS 2.0
_OPTIONAL = ("startDateTime", "endDateTime", "gradesReleased", "submissionReview")
_LONGEST_LABEL = 255
_MOST_POINTS = 1e9


def written(config: DemoConfig, item: LineItem) -> dict[str, Any]:
    """A line item as the tool reads it; empty members are left out."""
    texts = {"resourceId": item.resource_id, "tag": item.tag, "resourceLinkId": item.link_id}
    return {
        "id": config.line_item_url(item.id),
        "label": item.label,
        "scoreMaximum": item.maximum,
        **{name: text for name, text in texts.items() if text},
        **item.optional,
    }


def read(item_id: str, body: Mapping[str, Any]) -> LineItem:
    """The line item a body describes.

    Raises:
        ServiceRefused: a member is missing, unknown or not what it must be.
    """
    known = {"id", "label", "scoreMaximum", *_TEXTS, *_OPTIONAL}
    for name in body:
        if name not in known and not name.startswith("https://"):
            raise bad_request(f"unknown member {name}")
    label, maximum = body.get("label"), body.get("scoreMaximum")
    if not isinstance(label, str) or not 0 < len(label.strip()) <= _LONGEST_LABEL:
        raise bad_request(f"label: needed, at most {_LONGEST_LABEL} characters")
    _check_maximum(maximum)
    texts = {name: _text(body, name, longest) for name, longest in _TEXTS.items()}
    return LineItem(
        id=item_id,
        label=label,
        maximum=maximum or 0,
        resource_id=texts["resourceId"],
        tag=texts["tag"],
        link_id=texts["resourceLinkId"] or None,
        optional=_optional(body),
    )


def _check_maximum(maximum: Any) -> None:
    number = isinstance(maximum, int | float) and not isinstance(maximum, bool)
    if not number or not 0 < maximum < _MOST_POINTS:
        raise bad_request("scoreMaximum: a number above 0 is needed")


def _text(body: Mapping[str, Any], name: str, longest: int) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > longest:
        raise bad_request(f"{name}: text of at most {longest} characters")
    return value


def _optional(body: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: body[name] for name in _OPTIONAL if name in body}
    for name in ("startDateTime", "endDateTime"):
        if name in found and not is_moment(found[name]):
            raise bad_request(f"{name}: ISO 8601 with a time zone")
    if not isinstance(found.get("gradesReleased", True), bool):
        raise bad_request("gradesReleased: true or false")
    if not isinstance(found.get("submissionReview", {}), dict):
        raise bad_request("submissionReview: an object")
    return found
