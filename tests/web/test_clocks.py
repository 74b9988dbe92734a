"""An LMS's clock is read at launches, kept when it says something new, and costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from lti_tool.records.tables import PlatformRow, VisitRow
from lti_tool.stores import Platforms
from tests.web.school import LAUNCH, School, key_of, school_at


@pytest.fixture
def school(whole_app: Flask, database_url: str) -> Iterator[School]:
    with school_at(whole_app, database_url) as made:
        yield made


def launched(school, ahead_s, **claims):
    """A launch from an LMS whose clock is so far ahead of ours; what was done for it."""
    browser = school.browser()
    issued = int(datetime.now(UTC).timestamp()) + ahead_s
    said = {"iat": issued, "exp": issued + 60, **claims}
    form = school.form(school.login(browser), said)
    with school.watched() as work:
        answer = browser.post(LAUNCH, data=form)
    return answer, work


def kept(school):
    """What is kept of the LMS's clock."""
    (row,) = school.rows(PlatformRow)
    return row.clock_ahead_s


def warned(work):
    return [entry for entry in work.log if entry["event"] == "clock_off"]


def read(school, ahead_s, ago):
    """As if a reading had been kept so long ago, and every process knew it."""
    moment = datetime.now(UTC) - ago
    columns = {"clock_ahead_s": ahead_s, "clock_read_at": moment}
    with school.database.transaction() as db:
        db.execute(update(PlatformRow).values(columns))
    parts = replace(school.parts, platforms=Platforms(school.database))
    school.app.extensions["lti_tool"] = parts


def test_a_clock_is_read_once_and_a_launch_costs_no_more_for_it(school):
    launched(school, 12)  # person and course are known from now on
    read(school, None, timedelta(0))
    _, first = launched(school, 12)
    _, again = launched(school, 12)

    assert 11 <= kept(school) <= 12  # the launch itself takes its time
    assert (first.commits, again.commits) == (1, 1)
    assert [s for s in again.statements if "platforms" in s and s.startswith("UPDATE")] == []
    assert len(first.statements) == len(again.statements) + 2  # find the LMS, note its clock
    assert not warned(first)


@pytest.mark.parametrize("ahead_s", [50, -50])
def test_a_clock_that_is_off_is_warned_of_once(school, ahead_s):
    answer, first = launched(school, ahead_s)
    _, again = launched(school, ahead_s)

    assert answer.status_code == 303
    (warning,) = warned(first)
    assert warning["platform"] == school.platform.id
    assert warning["log_level"] == "warning"
    assert warning["ahead_s"] == kept(school)
    assert abs(kept(school) - ahead_s) <= 3
    assert not warned(again)


@pytest.mark.parametrize(
    ("ahead_s", "reason"), [(70, "iat_future"), (-200, "expired"), (-4_000, "expired")]
)
def test_a_clock_that_makes_launches_fail_is_kept_and_warned_of(school, ahead_s, reason):
    answer, work = launched(school, ahead_s)
    _, again = launched(school, ahead_s)

    assert answer.status_code == 403
    assert work.refusal["reason"] == reason
    assert len(warned(work)) == 1
    assert abs(kept(school) - ahead_s) <= 3
    assert not school.rows(VisitRow)
    assert (again.commits, warned(again)) == (0, [])


def test_a_form_that_lay_in_a_browser_says_nothing_of_the_clock(school):
    """It was made after we asked and is too old now: nobody's clock is wrong."""
    answer, work = launched(school, 0, exp=int(datetime.now(UTC).timestamp()) - 100)

    assert (answer.status_code, work.refusal["reason"]) == (403, "expired")
    assert (kept(school), work.commits) == (None, 0)


def test_only_the_lms_itself_can_say_what_its_clock_shows(school):
    browser = school.browser()
    issued = int(datetime.now(UTC).timestamp()) + 300
    asked = school.login(browser)
    form = school.form(asked, {"iat": issued, "exp": issued + 60}, key=key_of("a stranger"))

    with school.watched() as work:
        assert browser.post(LAUNCH, data=form).status_code == 403

    assert (kept(school), work.commits, warned(work)) == (None, 0, [])


@pytest.mark.parametrize(
    "claims", [{"exp": 1}, {"exp": 22_222, "iat": 11_111}, {"aud": "other"}, {"nonce": "other"}]
)
def test_what_is_refused_for_another_reason_or_is_of_another_day_keeps_nothing(school, claims):
    _, work = launched(school, 0, **claims)

    assert (kept(school), work.commits) == (None, 0)


@pytest.mark.parametrize(
    ("before", "ago", "ahead_s", "after"),
    [
        (0, timedelta(minutes=1), 40, 40),
        (0, timedelta(minutes=1), -40, 0),
        (0, timedelta(minutes=11), -40, -40),
        (-40, timedelta(minutes=1), 0, 0),
        (2, timedelta(hours=1), 0, 2),
        (2, timedelta(days=2), 0, 0),
    ],
)
def test_a_reading_replaces_one_that_says_something_else(school, before, ago, ahead_s, after):
    read(school, before, ago)

    launched(school, ahead_s)

    assert abs(kept(school) - after) <= 1


def test_a_message_for_somebody_else_says_nothing_of_the_clock(school):
    _, work = launched(school, 50, nonce="other")

    assert (kept(school), work.commits) == (None, 0)


def test_an_old_message_of_ones_own_says_nothing_of_the_clock(school):
    """Whoever keeps a message could else have an LMS's clock look hours behind."""
    browser, before = school.browser(), school.browser()
    old = school.login(before)["nonce"]
    asked = {**school.login(browser), "nonce": old}
    two_hours_ago = datetime.now(UTC).timestamp() - 7_200
    said = {"iat": int(two_hours_ago), "exp": int(two_hours_ago) + 3_600}

    with school.watched() as work:
        answer = browser.post(LAUNCH, data=school.form(asked, said))

    assert (answer.status_code, work.refusal["reason"]) == (403, "expired")
    assert (kept(school), work.commits) == (None, 0)
