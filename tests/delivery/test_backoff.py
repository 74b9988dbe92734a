"""Waits double up to a day and are spread over their whole length."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lti_tool.delivery.backoff import wait_after


@pytest.mark.parametrize(
    ("attempts", "longest_s"),
    [(1, 5), (2, 10), (3, 20), (10, 2560), (15, 81_920), (16, 86_400), (1000, 86_400)],
)
def test_the_longest_wait_doubles_up_to_a_day(attempts, longest_s):
    assert wait_after(attempts, 1.0) == timedelta(seconds=longest_s)
    assert wait_after(attempts, 0.5) == max(
        timedelta(seconds=1), timedelta(seconds=longest_s / 2)
    )


def test_no_wait_is_shorter_than_a_second():
    assert wait_after(1, 0.0) == timedelta(seconds=1)
