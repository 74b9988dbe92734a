"""Section 11: visits, tenants, headers, and a database or a clock that fails."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from lti_tool.records.db import Database
from lti_tool.records.tables import MembershipRow, VisitRow
from tests.hostile.refused import refused, secrets_of
from tests.hostile.rows import BROWSER, BUSY, NOT_TRUSTED, rows
from tests.hostile.world import another_process, course_role, visit_key
from tests.lti.world import LTI
from tests.web.page import Page
from tests.web.school import LAUNCH, LOGIN, TOOL, reference_in

OURS = {"Sec-Fetch-Site": "same-origin"}  # a form of our own page
STAFF = {f"{LTI}roles": [course_role("Instructor")]}
ELSEWHERE = rows(  # under somebody's own visit
    ("11.1 staff", "staff/", 404, "not_found", "not_served"),
    ("11.1 a preview", "staff/session/m1.s1/recall", 404, "not_found", "not_served"),
    ("11.1 choosing", "choose/", 404, "not_found", "not_served"),
    ("11.1 another session", "session/m2.s1/", 404, "not_found", "not_served"),
    ("11.1 no session", "session/m9.s9/", 404, "not_found", "not_served"),
    ("11.1 no activity", "session/m1.s1/nothing", 404, "not_found", "not_served"),
    ("11.1 a path", "session/..%2f..%2fetc/passwd", 404, "not_found", "http:404"),
)


@pytest.mark.parametrize(("path", "status", "page", "reason"), ELSEWHERE)
def test_a_visit_opens_what_its_launch_was_for(lms, path, status, page, reason):
    opened = lms.open()
    key = visit_key(opened.answer.location)

    answer = opened.browser.get(f"{TOOL}/visit/{key}/{path}")

    assert answer.status_code == status
    assert f'data-page="{page}"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.rows("11.1")
def test_a_visit_of_another_tenant_opens_with_its_own_cookie_only(lms):
    mine, theirs = lms.open(), lms.registered("second").open()

    with refused(lms, 403, "ended", "visit_ended") as attempt:
        attempt.answer = mine.browser.get(theirs.answer.location, base_url=TOOL)


@pytest.mark.rows("11.3")
def test_a_role_that_was_taken_away_is_gone_at_the_next_launch(lms):
    who = {"sub": "once staff"}
    before = lms.open({**who, **STAFF})
    after = lms.open(who)

    staff = f"{TOOL}/visit/{visit_key(after.answer.location)}/staff/"
    assert after.browser.get(staff).status_code == 404
    kept = [row for row in lms.rows(MembershipRow) if row.person_id == after.visit.person_id]
    assert [row.role for row in kept] == ["participant"]
    assert before.visit.role == "facilitator"  # until it has been idle for eight hours


def with_cookies_of(browser, lms):
    """The same browser, talking to another process."""
    same = lms.browser()
    same._cookies.update(browser._cookies)
    return same


@pytest.mark.rows("11.4", "11.5")
def test_a_launch_may_begin_here_and_end_there(lms):
    with another_process(lms) as other:
        here = lms.browser()
        asked = lms.login(here)
        there = with_cookies_of(here, other)
        opened = there.post(LAUNCH, data=other.form(asked))
        assert opened.status_code == 303

        back = with_cookies_of(there, lms)
        for browser in (back, there):
            assert browser.get(opened.location, base_url=TOOL).status_code == 200
        again = back.post(LAUNCH, data=lms.form(asked))
        assert visit_key(again.location) == visit_key(opened.location)


@pytest.mark.rows("11.6")
def test_while_the_database_is_away_nothing_is_half_done(lms, tmp_path):
    browser = lms.browser()
    form = lms.form(lms.login(browser))
    mine = lms.parts
    away = Database(f"sqlite:///{tmp_path}/no/such/folder.db")
    lms.app.extensions["lti_tool"] = replace(mine, database=away)
    try:
        with refused(lms, 503, BUSY, "database:OperationalError") as attempt:
            attempt.secrets = secrets_of(form)
            attempt.answer = browser.post(LAUNCH, data=form)
    finally:
        lms.app.extensions["lti_tool"] = mine
        away.close()

    assert browser.post(LAUNCH, data=form).status_code == 303


@pytest.mark.rows("11.8")
def test_only_the_lms_may_frame_a_visit(lms):
    opened = lms.open()

    page = opened.browser.get(opened.answer.location, base_url=TOOL)

    policy = dict(
        part.strip().split(" ", 1)
        for part in page.headers["Content-Security-Policy"].split(";")
    )
    assert policy["frame-ancestors"] == f"'self' {lms.platform.issuer}"
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in str(policy)
    for answer in (opened.answer, page):
        assert "X-Frame-Options" not in answer.headers


@pytest.mark.rows("11.9")
def test_no_page_tells_the_next_where_it_was(lms):
    opened = lms.open()
    answers = [
        opened.answer,
        opened.browser.get(opened.answer.location, base_url=TOOL),
        lms.browser().post(LOGIN, data=lms.begin()),
        lms.browser().post(LOGIN, data={}),
        lms.browser().post(LAUNCH, data={}),
        lms.browser().get(f"{TOOL}/visit/unknown/"),
    ]

    assert {answer.headers["Referrer-Policy"] for answer in answers} == {"no-referrer"}
    assert {answer.headers["X-Content-Type-Options"] for answer in answers} == {"nosniff"}


@pytest.mark.rows("11.10")
@pytest.mark.parametrize("path", ["/lti/jwks", "/.well-known/jwks.json"])
def test_our_keys_are_public_ones_and_only_read(lms, path):
    answer = lms.browser().get(TOOL + path)

    assert answer.headers["Cache-Control"] == "public, max-age=300"
    for key in answer.json["keys"]:
        assert not set(key) & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
    for method in ("POST", "PUT", "DELETE"):
        refusal = lms.browser().open(TOOL + path, method=method)
        assert (refusal.status_code, "GET" in refusal.headers["Allow"]) == (405, True)


@pytest.mark.rows("11.11")
def test_a_clock_that_jumps_back_opens_nothing_twice(lms):
    browser = lms.browser()
    form = lms.form(lms.login(browser))
    first = browser.post(LAUNCH, data=form)
    visits = len(lms.rows(VisitRow))

    earlier = datetime.now(UTC) - timedelta(minutes=10)
    with (
        time_machine.travel(earlier),
        refused(lms, 403, NOT_TRUSTED, "iat_future") as attempt,
    ):
        attempt.answer = browser.post(LAUNCH, data=form)
    again = browser.post(LAUNCH, data=form)

    assert visit_key(again.location) == visit_key(first.location)
    assert len(lms.rows(VisitRow)) == visits


@pytest.mark.rows("11.12")
def test_refusals_at_the_same_moment_say_only_their_own(tool_on_sqlite):
    lms = tool_on_sqlite
    start, said = threading.Barrier(8), {}

    def refuse(number: int) -> None:
        start.wait(10)
        issuer = f"https://nobody-{number}.example"
        for _ in range(5):
            said.setdefault(number, []).append(
                lms.browser().post(LOGIN, data=lms.begin(iss=issuer)).text
            )

    threads = [threading.Thread(target=refuse, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    pages = [(number, page) for number, texts in said.items() for page in texts]
    assert len(pages) == 40
    for number, page in pages:
        assert page.count(".example") == page.count(f"nobody-{number}.example") == 1
    assert len({page.partition("<strong><code>")[2][:8] for _, page in pages}) == 40


@pytest.mark.rows("11.14")
def test_how_near_a_guess_was_is_not_said(lms):
    """A state is sealed, so there is none to be guessed; what is left is the key."""
    browser = lms.browser()
    asked = lms.login(browser)
    (cookie,) = browser._cookies.values()
    right, pages = cookie.value, set()
    for guess in ("x", "x" * 43, right[:-1] + "!", right[:20] + "x" * 23, right + "x"):
        form = {**lms.form(asked), "browser_key": guess}
        with refused(lms, 403, BROWSER, "state_other_browser") as attempt:
            attempt.secrets = (*secrets_of(form), right)
            attempt.answer = lms.browser().post(LAUNCH, data=form, headers=OURS)
        answer = attempt.answer
        pages.add(Page(answer.text).words.replace(reference_in(answer), ""))

    assert len(pages) == 1
