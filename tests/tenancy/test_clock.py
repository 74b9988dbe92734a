"""Which readings of an LMS's clock are kept, and what is said of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lti_tool.tenancy.clock import clock_words, is_off, seconds_ahead, worth_noting
from tests.build import NOW


@pytest.mark.parametrize(
    ("issued", "asked", "ahead_s"),
    [
        pytest.param(12, -2, 12, id="ahead"),
        pytest.param(0.4, -2, 0, id="ahead by less than a second"),
        pytest.param(0, -2, 0, id="now"),
        pytest.param(-1, -2, 0, id="between question and answer"),
        pytest.param(-500, -590, 0, id="lay in a browser for minutes"),
        pytest.param(-45, -2, -43, id="behind"),
        pytest.param(-3_600, -600, -3_000, id="behind, and lay in a browser"),
    ],
)
def test_a_clock_is_off_by_no_more_than_the_message_proves(issued, asked, ahead_s):
    asked_at = NOW + timedelta(seconds=asked)

    assert seconds_ahead(NOW.timestamp() + issued, asked_at, NOW) == ahead_s


@pytest.mark.parametrize(
    ("known", "ago", "ahead_s", "worth"),
    [
        pytest.param(None, None, 0, True, id="first"),
        pytest.param(12, timedelta(hours=1), 12, False, id="the same"),
        pytest.param(12, timedelta(hours=24), 12, False, id="the same, a day ago"),
        pytest.param(12, timedelta(hours=24, seconds=1), 12, True, id="over a day ago"),
        pytest.param(12, timedelta(hours=1), 16, False, id="4 s more"),
        pytest.param(12, timedelta(0), 17, True, id="5 s more"),
        pytest.param(12, timedelta(hours=1), 8, False, id="4 s less"),
        pytest.param(12, timedelta(minutes=9), 7, False, id="5 s less, soon after"),
        pytest.param(12, timedelta(minutes=10), 7, True, id="5 s less, later"),
        pytest.param(-40, timedelta(0), 0, True, id="behind no longer"),
        pytest.param(0, timedelta(minutes=9), -40, False, id="behind, soon after"),
        pytest.param(0, timedelta(minutes=10), -40, True, id="behind, later"),
    ],
)
def test_a_reading_is_kept_when_it_says_something_new(known, ago, ahead_s, worth):
    read_at = None if ago is None else NOW - ago

    assert worth_noting(known, read_at, ahead_s, NOW) is worth


@pytest.mark.parametrize(
    ("ahead_s", "off", "words"),
    [
        (0, False, "as ours"),
        (12, False, "12 s ahead of ours"),
        (30, False, "30 s ahead of ours"),
        (31, True, "31 s ahead of ours"),
        (-30, False, "30 s behind ours"),
        (-31, True, "31 s behind ours"),
    ],
)
def test_a_clock_more_than_half_a_minute_off_is_off(ahead_s, off, words):
    assert is_off(ahead_s) is off
    assert clock_words(ahead_s) == words


def test_a_clock_that_was_never_read_is_not_off():
    assert is_off(None) is False
