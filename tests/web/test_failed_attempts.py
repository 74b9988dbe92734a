"""Whoever fails in masses is answered shortly; nobody who does not fail is ever held up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text, update
from structlog.testing import capture_logs

from lti_tool.records.db import Database
from lti_tool.records.failed_attempts import WINDOW, count_failures
from lti_tool.records.platforms import set_deployment_status, set_platform_status
from lti_tool.records.tables import DeploymentRow
from lti_tool.records.trust_tables import FailedAttemptsRow
from lti_tool.web import attempts
from lti_tool.web.attempts import AT_ONCE, LIMIT, FailedAttempts, network_of
from lti_tool.web.refusal_pages import PAGES
from tests.build import NOW
from tests.web.page import Page
from tests.web.school import LAUNCH, LOGIN, School, forget_keys, key_of, reference_in, school_at

TABLE = "failed_attempts"
HERE = "203.0.113.9"


@pytest.fixture
def school(whole_app: Flask, database_url: str) -> Iterator[School]:
    """On each database engine."""
    with school_at(whole_app, database_url) as made:
        yield made


def fail(school, times, path=LOGIN, address=HERE, **form):
    """Send a form that is refused so many times; the statuses answered."""
    browser = school.browser()
    browser.environ_base = {**browser.environ_base, "REMOTE_ADDR": address}
    return [browser.post(path, data=form).status_code for _ in range(times)]


def new_process(school):
    """The counts of another process on the same database."""
    fresh = FailedAttempts(school.database, school.parts.settings.secret_keys[0])
    school.app.extensions["lti_tool"] = replace(school.parts, failed_attempts=fresh)


def counted(school):
    return [(row.platform_id, row.count) for row in school.rows(FailedAttemptsRow)]


def test_failures_over_the_limit_are_answered_shortly(school):
    assert fail(school, LIMIT + 2) == [400] * LIMIT + [429] * 2

    with school.watched() as work:
        answer = school.browser().post(
            LOGIN, data={"iss": "<b>"}, environ_base={"REMOTE_ADDR": HERE}
        )

    shown = PAGES["limited"]
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert answer.headers["Cache-Control"] == "no-store"
    page = Page(answer.text)
    assert page.title == shown.title
    assert all(step in page.words for step in shown.steps)
    assert (work.refusal["page"], work.refusal["reason"]) == ("limited", "login:hint_missing")
    assert work.refusal["reference"] == reference_in(answer)
    assert work.statements == []
    assert "<b>" not in answer.text


def test_a_thousand_bad_logins_are_few_writes_and_one_row(school):
    with school.watched() as work:
        statuses = fail(school, 1_000)

    assert statuses.count(429) == 1_000 - LIMIT
    assert len(work.statements) == work.commits == LIMIT / AT_ONCE
    assert counted(school) == [(0, LIMIT)]


def test_a_few_failures_write_nothing(school):
    before = school.counts()

    fail(school, AT_ONCE - 1)

    assert school.counts() == before


def test_whoever_does_not_fail_is_let_in_whatever_the_count(school):
    fail(school, LIMIT + 1, path=LAUNCH, address="127.0.0.1")
    assert fail(school, 1, address="127.0.0.1") == [429]

    assert school.launch().status_code == 303


def test_all_processes_count_together(school):
    fail(school, LIMIT - AT_ONCE)
    new_process(school)

    assert fail(school, 2 * AT_ONCE) == [400] * (2 * AT_ONCE - 1) + [429]


def test_a_process_learns_of_it_by_one_write(school):
    fail(school, LIMIT)
    new_process(school)

    with school.watched() as work:
        statuses = fail(school, 500)

    assert statuses == [400] * (AT_ONCE - 1) + [429] * (501 - AT_ONCE)
    assert work.commits == 1


def test_other_networks_are_not_answered_shortly(school):
    fail(school, LIMIT + 1)

    assert fail(school, 1, address="203.0.113.10") == [400]


def test_when_the_window_is_over_all_is_as_before(school, monkeypatch):
    fail(school, LIMIT + 1)
    minute = WINDOW.total_seconds()
    clock = attempts.time.monotonic
    monkeypatch.setattr(attempts.time, "monotonic", lambda: clock() + minute)
    with school.database.transaction() as db:
        (row,) = school.rows(FailedAttemptsRow)
        db.execute(update(FailedAttemptsRow).values(since=row.since - WINDOW))

    assert fail(school, AT_ONCE) == [400] * AT_ONCE
    assert counted(school) == [(0, AT_ONCE)]


def test_no_address_is_kept(school):
    fail(school, AT_ONCE)

    (row,) = school.rows(FailedAttemptsRow)
    assert HERE not in str(row)
    assert len(row.address_hash) == 64
    guessed = FailedAttempts(school.database, "another secret")._hash(HERE)
    assert guessed != row.address_hash


COUNTED = {  # what fails -> path, form
    "nothing sent": (LOGIN, {}),
    "unknown LMS": (LOGIN, {"iss": "https://x.example", "login_hint": "1"}),
    "launch without state": (LAUNCH, {"id_token": "x"}),
    "forged state": (LAUNCH, {"state": "x" * 40, "id_token": "x"}),
    "too large": (LAUNCH, {"state": "x" * 300_000}),
    "an error nobody asked about": (LAUNCH, {"error": "login_required"}),
}


@pytest.mark.parametrize("what", COUNTED)
def test_what_a_stranger_tries_is_counted(school, what):
    path, form = COUNTED[what]

    fail(school, AT_ONCE, path, **form)

    assert counted(school) == [(0, AT_ONCE)]


def test_failures_are_counted_for_the_lms_they_claim_to_come_from(school):
    browser, foreign = school.browser(), "https://evil.example/"
    form = school.form(school.login(browser), key=key_of("somebody else"))

    for _ in range(AT_ONCE):
        assert browser.post(LAUNCH, data=form).status_code == 403
    assert counted(school) == [(school.platform.id, AT_ONCE)]
    for _ in range(AT_ONCE):
        sent = browser.post(LOGIN, data=school.begin(target_link_uri=foreign))
        assert sent.status_code == 400
    assert counted(school) == [(school.platform.id, 2 * AT_ONCE)]


def test_what_good_people_meet_is_not_counted(school):
    browser = school.browser()
    school.launch(browser=browser)
    login = school.login(browser)
    forms = {
        "browser": (school.browser(), {**school.form(login), "browser_key": "another"}),
        "stale": (browser, school.form(login, {"iat": 1, "exp": 2})),
        "denied by the LMS": (browser, {"state": login["state"], "error": "login_required"}),
        "unknown deployment": (browser, school.form(login, {"sub": "9"})),
    }
    with school.database.transaction() as db:
        (row,) = school.rows(DeploymentRow)
        set_deployment_status(db, row.id, "pending")

    for sender, form in forms.values():
        for _ in range(AT_ONCE):
            assert sender.post(LAUNCH, data=form).status_code == 403
    with school.database.transaction() as db:
        set_platform_status(db, school.platform.id, "suspended")
    school.parts.platforms._by_id._values.clear()
    school.parts.platforms._found._values.clear()
    for _ in range(AT_ONCE):
        assert browser.post(LOGIN, data=school.begin()).status_code == 403

    assert counted(school) == []


def test_an_lms_that_is_away_is_not_the_teachers_fault(school):
    browser = school.browser()
    form = school.form(school.login(browser))
    forget_keys(school)

    for _ in range(AT_ONCE):
        assert browser.post(LAUNCH, data=form).status_code == 503
    assert counted(school) == []


@pytest.mark.parametrize("path", ["/nowhere", "/visit/x/", "/lti/jwks", "/readyz"])
def test_what_is_no_launch_is_not_counted(school, path):
    unmeasured = {"Transfer-Encoding": "chunked"}
    for headers in ({}, unmeasured):
        for _ in range(AT_ONCE):
            school.browser().post(path, headers=headers)

    assert counted(school) == []


def test_a_refusal_stays_what_it_is_while_the_database_is_away(school):
    with school.database.transaction() as db:
        db.execute(text(f"ALTER TABLE {TABLE} RENAME TO away"))
    try:
        with capture_logs() as log:
            statuses = fail(school, LIMIT + 5)
    finally:
        with school.database.transaction() as db:
            db.execute(text(f"ALTER TABLE away RENAME TO {TABLE}"))

    assert statuses == [400] * LIMIT + [429] * 5
    told = [entry["fault"] for entry in log if entry["event"] == "failures_not_counted"]
    assert len(told) == 1, "once, and not at every failure"


def test_all_failures_at_once_are_counted(school):
    many = FailedAttempts(school.database, "s" * 40)
    ready = threading.Barrier(8)

    def storm(_):
        ready.wait()
        return [many.too_many(7, HERE, NOW) for _ in range(20)]

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for some in pool.map(storm, range(8)) for answer in some]

    assert answers.count(False) <= LIMIT
    assert counted(school) == [(7, LIMIT)]


def test_many_networks_take_little_memory(sqlite_url, monkeypatch):
    monkeypatch.setattr(attempts, "_MOST_KEPT", 50)
    many = FailedAttempts(Database(sqlite_url), "s" * 40)

    for number in range(500):
        assert not many.too_many(0, f"10.0.{number // 250}.{number % 250}", NOW)

    assert len(many._counts) <= 50


def test_a_clock_that_goes_back_starts_a_new_window(school):
    with school.database.transaction() as db:
        count_failures(db, 0, "a", LIMIT, NOW + timedelta(hours=1))

        assert count_failures(db, 0, "a", 1, NOW) == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9"),
        ("203.0.113.9:51234", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
        (None, "unknown"),
        ("", "unknown"),
        ("unknown", "unknown"),
        ("_hidden", "unknown"),
        ("999.1.1.1", "unknown"),
        ("1.2.3.4:x", "unknown"),
        ("[", "unknown"),
        ("'; DROP TABLE failed_attempts; --", "unknown"),
        ("1" * 100_000, "unknown"),
    ],
)
def test_what_counts_as_one_network(address, network):
    assert network_of(address) == network
