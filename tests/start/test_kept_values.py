"""What is kept in memory: for a while, only what is there, and not without end."""

from __future__ import annotations

from itertools import count

import pytest

from lti_tool.stores import _MOST_KEPT, Kept


def test_a_value_is_loaded_once_while_it_is_kept():
    kept, numbers = Kept(60.0), count(1)

    assert [kept.get("key", lambda: next(numbers)) for _ in range(2)] == [1, 1]


def test_a_value_that_is_too_old_is_loaded_again():
    kept, numbers = Kept(0.0), count(1)

    assert [kept.get("key", lambda: next(numbers)) for _ in range(2)] == [1, 2]


def test_a_value_is_seen_while_it_is_kept():
    kept = Kept(60.0)
    kept.put("key", "value")

    assert kept.peek("key") == "value"


def test_a_value_that_is_too_old_is_not_seen():
    kept = Kept(0.0)
    kept.put("key", "value")

    assert kept.peek("key") is None


def test_a_value_is_taken_once():
    kept = Kept(60.0)
    kept.put("key", "value")

    assert [kept.take("key") for _ in range(2)] == ["value", None]


def test_a_value_that_is_too_old_is_not_taken():
    kept = Kept(0.0)
    kept.put("key", "value")

    assert kept.take("key") is None


@pytest.mark.parametrize("nothing", [None, []], ids=["none", "no rows"])
def test_what_is_not_there_is_asked_for_again(nothing):
    kept, answers = Kept(60.0), iter([nothing, "found", "again"])

    assert [kept.get("key", lambda: next(answers)) for _ in range(3)] == [
        nothing, "found", "found",
    ]  # fmt: skip


def test_what_is_over_is_let_go():
    kept = Kept(0.0)
    for number in range(100):
        kept.put(number, "somebody's name")

    assert len(kept._values) <= 1


def test_no_more_is_kept_than_fits():
    kept = Kept(60.0)
    keys = range(_MOST_KEPT + 5)
    for key in keys:
        kept.put(key, "value")

    assert kept.peek(keys[-1]) == "value"
    assert sum(kept.peek(key) is not None for key in keys) <= _MOST_KEPT
