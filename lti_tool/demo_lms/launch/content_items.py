"""What the tool's chooser may send back: links, each with or without a gradebook column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lti_tool.demo_lms.config import DemoConfig, origin_of
from lti_tool.demo_lms.course import LineItem, Link

_LONGEST_TITLE = 255
_LONGEST_TEXT = 4_000
_MOST_ITEMS = 200
_MOST_POINTS = 1e9
_MAY_HAVE = {
    "type", "url", "title", "text", "icon", "thumbnail", "custom", "lineItem",
    "available", "submission", "window", "iframe",
}  # fmt: skip  # Source: Deep Linking 2.0, LTI Resource Link
_COLUMN_MAY_HAVE = {
    "label", "scoreMaximum", "resourceId", "tag", "gradesReleased", "submissionReview",
}  # fmt: skip

Draft = tuple[Link, LineItem | None]


class WrongItem(ValueError):
    """An item cannot be added; says which and why."""


def read_items(config: DemoConfig, given: Any) -> list[Draft]:
    """Links to add, in the order chosen; all of them or none.

    Raises:
        WrongItem: one of them is not what deep linking allows.
    """
    if not isinstance(given, list) or len(given) > _MOST_ITEMS:
        raise WrongItem(f"content_items must be a list of at most {_MOST_ITEMS}")
    return [_item(config, number, item) for number, item in enumerate(given, start=1)]


def _item(config: DemoConfig, number: int, item: Any) -> Draft:
    try:
        _check(isinstance(item, dict), "is not an object")
        _check(item.get("type") == "ltiResourceLink", "has a type that was not asked for")
        _known(item, _MAY_HAVE)
        link = Link(
            id="",
            title=_text(item, "title", _LONGEST_TITLE) or "Study session",
            url=_url(config, item.get("url", config.open_url)),
            custom=_custom(item.get("custom", {})),
            text=_text(item, "text", _LONGEST_TEXT),
        )
        return link, _column(item["lineItem"], link) if "lineItem" in item else None
    except WrongItem as error:
        raise WrongItem(f"item {number} {error}") from error


def _column(given: Any, link: Link) -> LineItem:
    _check(isinstance(given, dict), "has a lineItem that is not an object")
    _known(given, _COLUMN_MAY_HAVE)
    maximum = given.get("scoreMaximum")
    right = isinstance(maximum, int | float) and not isinstance(maximum, bool)
    _check(right and 0 < maximum < _MOST_POINTS, "needs a scoreMaximum above 0")
    return LineItem(
        id="",
        label=_text(given, "label", _LONGEST_TITLE) or link.title,
        maximum=float(maximum),
        resource_id=_text(given, "resourceId", 256),
        tag=_text(given, "tag", 256),
    )


def _url(config: DemoConfig, url: Any) -> str:
    """Links lead to the tool and nowhere else."""
    try:
        right = origin_of(url) == config.tool_origin and url.isprintable() and " " not in url
    except (ValueError, AttributeError, TypeError):
        right = False
    _check(right, "leads to another site than the tool")
    return str(url)


def _custom(given: Any) -> Mapping[str, str]:
    right = isinstance(given, dict) and all(isinstance(value, str) for value in given.values())
    _check(right, "has custom values that are not text")
    return dict(given)


def _text(given: Mapping[str, Any], name: str, longest: int) -> str:
    value = given.get(name, "")
    _check(isinstance(value, str) and len(value) <= longest, f"has no usable {name}")
    return str(value)


def _known(given: Mapping[str, Any], allowed: set[str]) -> None:
    """Extensions have whole URLs as names; anything else unknown is a slip."""
    for name in given:
        _check(name in allowed or name.startswith("https://"), f"has an unknown member {name}")


def _check(right: object, complaint: str) -> None:
    if not right:
        raise WrongItem(complaint)
