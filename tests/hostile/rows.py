"""Rows of the catalogue as pytest wants them: the id first, so that each row is claimed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

BAD, NOT_REGISTERED, NOT_TRUSTED = "bad_request", "not_registered", "not_trusted"
STALE, BROWSER, BUSY, LARGE = "stale", "browser", "busy", "too_large"


def rows(*table: tuple[Any, ...]) -> list[Any]:
    """Each row as a parameter set; its first member, "1.3 blank", becomes the id."""
    return [pytest.param(*rest, id=name) for name, *rest in table]


def each(name: str, values: Iterable[Any], *rest: Any) -> list[tuple[Any, ...]]:
    """Rows that differ in what is sent alone, numbered."""
    return [(f"{name} {number}", value, *rest) for number, value in enumerate(values, 1)]
