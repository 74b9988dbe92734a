"""What an LMS's service answered, read with care: it may be a page, a fragment or a joke."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

_LONGEST_WAIT_S = 86_400.0
_LONGEST_EXCERPT = 500  # characters; more never leaves this module


def json_of(response: requests.Response) -> Any:
    """The body's JSON, whatever its declared type; None when it is none."""
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def is_page(response: requests.Response) -> bool:
    """Whether a person was meant to read it: maintenance, or somebody's sign-in.

    A service never answers so. A score it had taken all the same is settled by its 409 when
    it is sent again; one believed delivered would be lost.
    """
    return response.content.lstrip()[:1] == b"<"


def excerpt_of(response: requests.Response) -> str:
    """The beginning of the body as text."""
    return response.content[: 4 * _LONGEST_EXCERPT].decode("utf-8", "replace")[
        :_LONGEST_EXCERPT
    ]


def retry_after_s(response: requests.Response, now: datetime) -> float | None:
    """How long the LMS asks us to wait, in seconds and at most a day; None when it does not.

    Source: RFC 9110, 10.2.3: a number of seconds or a date.
    """
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(float(asked), _LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(asked)
    except (ValueError, TypeError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), _LONGEST_WAIT_S)
