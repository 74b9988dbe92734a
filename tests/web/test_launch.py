"""Login and launch over HTTP: who gets in, who does not, and what it costs."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import update

from lti_tool.records.db import Database
from lti_tool.records.platforms import set_deployment_status
from lti_tool.records.tables import (
    DeploymentRow,
    EnrolmentRow,
    GradeRow,
    MembershipRow,
    PersonRow,
    VisitRow,
)
from lti_tool.records.visits import IDLE_LIMIT
from lti_tool.stores import Kept
from lti_tool.web.refusal_pages import PAGES
from tests.lti.world import COURSE, LTI, MISSING
from tests.web.school import (
    FORM_COOKIE,
    LAUNCH,
    LOGIN,
    TOOL,
    VISIT_COOKIE,
    School,
    another_school,
    cookies_set,
    forget_keys,
    key_of,
    publish_keys,
    reference_in,
    school_at,
)
from tests.web.small_pack import FIRST, answers_to

BAD, NOT_TRUSTED, STALE = "bad_request", "not_trusted", "stale"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def school(whole_app: Flask, sqlite_url: str) -> Iterator[School]:
    with school_at(whole_app, sqlite_url) as made:
        yield made


@pytest.fixture
def either_school(whole_app: Flask, database_url: str) -> Iterator[School]:
    """The same on each database engine."""
    with school_at(whole_app, database_url) as made:
        yield made


def assert_refused(school, before, answer, work, page, reason):
    """Everything that holds for every refusal."""
    shown = PAGES[page]
    assert answer.status_code == shown.status
    assert (work.refusal["page"], work.refusal["reason"]) == (page, reason)
    assert work.refusal["reference"] == reference_in(answer)
    assert f"<h1>{shown.title}</h1>" in answer.text
    assert shown.who in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert not [name for name in cookies_set(answer) if name.startswith(VISIT_COOKIE)]
    assert school.counts() == before
    assert work.commits == 0


# Of the 1EdTech certification suite's bad payloads, and what a stranger would try next.
@pytest.mark.parametrize(
    ("claims", "header", "page", "reason"),
    [
        ('{"name":"badltilaunch"}', "{}", NOT_TRUSTED, "kid_missing"),
        ({}, {"kid": MISSING}, NOT_TRUSTED, "kid_missing"),
        ({}, {"kid": "imstester_66067"}, NOT_TRUSTED, "kid_unknown"),
        ({"exp": 22_222, "iat": 11_111}, {}, STALE, "expired"),
        ({f"{LTI}version": "11.3"}, {}, BAD, "lti_version"),
        ({f"{LTI}version": MISSING}, {}, BAD, "lti_version"),
        ({f"{LTI}message_type": MISSING}, {}, BAD, "message_type"),
        ({f"{LTI}deployment_id": MISSING}, {}, BAD, "deployment_missing"),
        ({f"{LTI}deployment_id": ""}, {}, BAD, "deployment_missing"),
        ({f"{LTI}roles": MISSING}, {}, BAD, "roles_missing"),
        ({"sub": MISSING}, {}, "not_registered", "sub_missing"),
        ({"sub": ""}, {}, "not_registered", "sub_missing"),
        ({f"{LTI}resource_link": MISSING}, {}, BAD, "claim_missing:resource_link"),
        ({f"{LTI}resource_link": {}}, {}, BAD, "claim_missing:resource_link"),
        ({}, {"alg": "none"}, NOT_TRUSTED, "alg_not_allowed"),
        ({"aud": "other"}, {}, NOT_TRUSTED, "aud_mismatch"),
        ({"nonce": "other"}, {}, NOT_TRUSTED, "nonce_mismatch"),
        ({"iss": SCRIPT}, {}, NOT_TRUSTED, "iss_mismatch"),
        ({f"{LTI}message_type": SCRIPT}, {}, BAD, "message_type"),
        ({f"{LTI}target_link_uri": "https://evil.example/"}, {}, NOT_TRUSTED, "target_foreign"),
    ],
    ids=[
        "3.7★", "3.18★", "3.19★", "4.1★", "5.1★", "5.2★", "5.3★", "5.6★", "5.6★ blank",
        "5.12★", "5.28★", "5.28★ empty", "5.34★", "5.34★ no id", "3.14", "4.15", "4.24",
        "4.12 markup", "5.4 markup", "5.47",
    ],
)  # fmt: skip
def test_a_message_that_is_not_right_opens_nothing(school, claims, header, page, reason):
    browser = school.browser()
    form = school.form(school.login(browser), claims, header)
    before = school.counts()

    with school.watched() as work:
        answer = browser.post(LAUNCH, data=form)

    assert_refused(school, before, answer, work, page, reason)
    told = f"{answer.text}{json.dumps(work.log)}"
    for secret in (SCRIPT, form["state"], form["id_token"], "Stuart Student", "evil.example"):
        assert secret not in told


def test_a_message_signed_by_somebody_else_opens_nothing(school):
    browser = school.browser()
    form = school.form(school.login(browser), key=key_of("somebody else"))
    before = school.counts()

    with school.watched() as work:
        answer = browser.post(LAUNCH, data=form)

    assert_refused(school, before, answer, work, NOT_TRUSTED, "bad_signature")


def test_a_message_of_one_school_does_not_answer_the_login_of_another(school):
    other = another_school(school.app, school.database, "second")
    browser = school.browser()
    asked = school.login(browser)
    before = school.counts()

    with school.watched() as work:
        answer = browser.post(LAUNCH, data=other.form(asked))

    assert_refused(school, before, answer, work, NOT_TRUSTED, "iss_mismatch")


def test_a_launch_finished_in_another_browser_opens_nothing(school):
    form = school.form(school.login(school.browser()))
    before = school.counts()

    with school.watched() as work:
        answer = school.browser().post(LAUNCH, data=form)

    assert_refused(school, before, answer, work, "browser", "state_other_browser")


def test_the_same_form_opens_one_visit(either_school):
    school, browser = either_school, either_school.browser()
    form = school.form(school.login(browser))
    first = browser.post(LAUNCH, data=form)
    before = school.counts()

    with school.watched() as work:
        again = browser.post(LAUNCH, data=form)  # Back, then Reload

    assert again.status_code == 303
    assert again.location == visit_in(first.location)
    assert not cookies_set(again)
    assert [entry["event"] for entry in work.log] == ["state_used"]
    assert school.counts() == before
    assert browser.get(TOOL + again.location, follow_redirects=True).status_code == 200


def test_the_same_form_opens_nothing_for_who_has_not_the_visits_cookie(either_school):
    school, browser = either_school, either_school.browser()
    form = school.form(school.login(browser))
    twin = with_cookies_of(browser)
    assert browser.post(LAUNCH, data=form).status_code == 303

    again = twin.post(LAUNCH, data=form)

    assert twin.get(TOOL + again.location).status_code == 403


def test_the_same_form_is_stale_when_its_visit_has_ended(either_school):
    school, browser = either_school, either_school.browser()
    form = school.form(school.login(browser))
    assert browser.post(LAUNCH, data=form).status_code == 303
    with school.database.transaction() as db:
        db.execute(update(VisitRow).values(seen_at=datetime.now(UTC) - IDLE_LIMIT))
    before = school.counts()

    with school.watched() as work:
        answer = browser.post(LAUNCH, data=form)

    assert_refused(school, before, answer, work, STALE, "state_used")


def visit_in(location):
    """The home of the visit an address belongs to."""
    return re.match(r"/visit/[^/]+/", location)[0]


def with_cookies_of(browser):
    """A browser with the same cookies, as when two requests leave at the same moment."""
    twin = browser.application.test_client()
    for cookie in browser._cookies.values():
        twin.set_cookie(cookie.key, cookie.value, domain=cookie.domain)
    return twin


def test_two_at_the_same_moment_open_one_visit(either_school):
    school = either_school
    for _ in range(3):
        browser = school.browser()
        form = school.form(school.login(browser))
        browsers = browser, with_cookies_of(browser)
        visits = len(school.rows(VisitRow))

        answers = at_once(lambda client, form=form: client.post(LAUNCH, data=form), browsers)

        assert [answer.status_code for answer in answers] == [303, 303]
        assert len({visit_in(answer.location) for answer in answers}) == 1
        assert len(school.rows(VisitRow)) == visits + 1
    assert len(school.rows(PersonRow)) == len(school.rows(EnrolmentRow)) == 1


def at_once(work, arguments):
    """What work gives for each argument, all started at one moment."""
    start, given = threading.Barrier(len(arguments)), {}

    def run(number):
        start.wait(10)
        given[number] = work(arguments[number])

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(arguments))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return [given[number] for number in range(len(arguments))]


def test_two_new_people_and_two_tabs_at_the_same_moment_all_get_in(either_school):
    """Each adds the same course and link; whoever comes second finds them."""
    school = either_school
    arrivals = []
    for sub in ("5", "5", "6", "6"):
        browser = school.browser()
        arrivals.append((browser, school.form(school.login(browser), {"sub": sub})))

    answers = at_once(lambda one: one[0].post(LAUNCH, data=one[1]), arrivals)

    assert [answer.status_code for answer in answers] == [303] * 4
    counts = school.counts()
    assert {
        name: counts[name] for name in ("persons", "contexts", "resource_links", "visits")
    } == {"persons": 2, "contexts": 1, "resource_links": 1, "visits": 4}


def test_a_launch_too_large_to_be_one_is_not_read(school):
    before = school.counts()

    with school.watched() as work:
        answer = school.browser().post(LAUNCH, data={"id_token": "x" * 300_000})

    assert_refused(school, before, answer, work, "too_large", "http:413")


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"id_token": "a.b.c", "state": "s"}},
        {"data": {"id_token": "a.b.c"}, "content_type": "multipart/form-data"},
        {"data": b"id_token=a", "content_type": "text/plain"},
        {},
    ],
    ids=["json", "multipart", "text", "nothing"],
)
def test_a_launch_is_a_form(school, sent):
    before = school.counts()

    with school.watched() as work:
        answer = school.browser().post(LAUNCH, **sent)

    assert_refused(school, before, answer, work, BAD, "content_type")


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("GET", LAUNCH, {"POST", "OPTIONS"}),
        ("PUT", LAUNCH, {"POST", "OPTIONS"}),
        ("HEAD", LOGIN, {"GET", "POST"}),
        ("PUT", LOGIN, {"GET", "HEAD", "POST", "OPTIONS"}),
        ("DELETE", LOGIN, {"GET", "HEAD", "POST", "OPTIONS"}),
        ("POST", f"{TOOL}/lti/jwks", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_wrong_method_is_told_the_right_one(school, method, url, allowed):
    before = school.counts()

    with school.watched() as work:
        answer = school.browser().open(url, method=method, data=school.begin())

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == allowed
    assert work.refusal["reason"] == "http:405"
    assert school.counts() == before
    assert not cookies_set(answer)


def test_an_unknown_deployment_is_noted_once_and_nothing_else(either_school):
    school = either_school
    school.deployment_id = SCRIPT
    before = school.counts()

    for _ in range(3):
        with school.watched() as work:
            answer = school.launch()

        assert answer.status_code == 403
        assert (work.refusal["page"], work.refusal["reason"])[0] == "not_registered"
        assert work.refusal["reference"] == reference_in(answer)
        assert SCRIPT not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert school.counts() == {**before, "deployments": before["deployments"] + 1}
    pending = school.rows(DeploymentRow)[-1]
    assert (pending.deployment_id, pending.status) == (SCRIPT, "pending")


def test_a_deployment_opens_once_it_is_approved_and_closes_when_it_is_not(school):
    school.deployment_id = "new school"
    browser = school.browser()
    assert school.launch().status_code == 403

    for status, answered in (("active", 303), ("suspended", 403)):
        with school.database.transaction() as db:
            set_deployment_status(db, school.rows(DeploymentRow)[-1].id, status)
        answer = school.launch(browser=browser)
        assert answer.status_code == answered
    assert "Access is paused" in answer.text


@pytest.mark.parametrize(
    ("error", "page"),
    [("login_required", STALE), ("server_error", "busy"), (SCRIPT, NOT_TRUSTED)],
)
def test_the_lmss_own_refusal_becomes_a_page_of_ours(school, error, page):
    browser = school.browser()
    asked = school.login(browser)
    before = school.counts()
    form = {"error": error, "error_description": SCRIPT * 9, "error_uri": "javascript:alert(1)"}

    with school.watched() as work:
        answer = browser.post(LAUNCH, data={**form, "state": asked["state"]})

    assert_refused(school, before, answer, work, page, work.refusal["reason"])
    assert "alert(1)" not in answer.text
    assert ("Retry-After" in answer.headers) == (page == "busy")


def test_a_launch_costs_one_commit_and_few_statements(either_school):
    school = either_school
    school.launch()  # the platform and its keys are known from now on
    browser = school.browser()

    form = school.form(school.login(browser), {"sub": "new", "name": "New Person"})
    with school.watched() as first:
        assert browser.post(LAUNCH, data=form).status_code == 303
    form = school.form(school.login(browser), {"sub": "new", "name": "New Person"})
    with school.watched() as again:
        assert browser.post(LAUNCH, data=form).status_code == 303

    assert (first.commits, again.commits) == (1, 1)
    assert len(first.statements) == 5, first.statements
    assert len(again.statements) == 2, again.statements  # know, begin the visit


def test_a_launch_of_somebody_who_has_begun_costs_two_queries_more(either_school):
    school, browser = either_school, either_school.browser()
    home = school.launch(browser=browser).location
    study(browser, home, FIRST.activities[:1])

    form = school.form(school.login(browser))
    with school.watched() as work:
        assert browser.post(LAUNCH, data=form).status_code == 303

    assert work.commits == 1
    assert len(work.statements) == 4, work.statements  # also what is done, what it earns


@pytest.fixture
def unhurried(either_school):
    """Where what a launch read for its page is kept however slow the machine is."""
    school = either_school
    school.app.extensions["lti_tool"] = replace(school.parts, just_read=Kept(600.0))
    return school, school.browser()


@pytest.mark.parametrize("begun", [[], FIRST.activities[:1]], ids=["new", "begun"])
def test_the_page_a_launch_leads_to_reads_nothing_anew(unhurried, begun):
    school, browser = unhurried
    study(browser, school.launch(browser=browser).location, begun)
    landed = school.launch(browser=browser).location

    works, pages = [], []
    for _ in range(2):
        with school.watched() as work:
            pages.append(browser.get(TOOL + landed).text)
        works.append(work)

    assert works[0].statements == []
    assert len(works[1].statements) == 1, works[1].statements
    assert without_ids(pages[0]) == without_ids(pages[1])


def test_a_page_that_a_page_of_ours_leads_to_reads_anew(unhurried):
    """Another process may have shown the first page and kept what was written there."""
    school, browser = unhurried
    landed = school.launch(browser=browser).location

    with school.watched() as work:
        browser.get(TOOL + landed, headers={"Sec-Fetch-Site": "same-origin"})

    assert len(work.statements) == 1, work.statements


def without_ids(page):
    """A page without what is new each time."""
    return re.sub(r'(nonce|name="client_id" value)="[^"]+"', "", page)


def test_a_draft_is_on_the_page_a_launch_leads_to(unhurried):
    school, browser = unhurried
    landed = school.launch(browser=browser).location
    token = csrf_in(browser.get(TOOL + landed).text)
    kept = {"csrf_token": token, "q-q2": "Half a thought"}
    assert browser.post(f"{TOOL}{landed}/draft", data=kept).status_code == 204

    again = school.launch(browser=browser).location

    assert "Half a thought" in browser.get(TOOL + again).text


def csrf_in(page):
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def study(browser, page, activities):
    """Finish these activities of the first session, from the page a launch led to."""
    folder = page.rpartition("/")[0]
    for activity in activities:
        shown = browser.get(f"{TOOL}{folder}/{activity.id}").text
        form = {"csrf_token": csrf_in(shown), **answers_to(activity)}
        answer = browser.post(f"{TOOL}{folder}/{activity.id}", data=form)
        assert answer.status_code == 303


def test_a_login_costs_nothing(either_school):
    school, browser = either_school, either_school.browser()
    before = school.counts()
    with school.watched() as first:
        school.login(browser)
    with school.watched() as again:
        school.login(browser)

    assert {s.partition(" ")[0] for s in first.statements} == {"SELECT"}
    assert len(first.statements) == 1
    assert again.statements == []
    assert first.commits == again.commits == 0
    assert school.counts() == before


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_login_leads_back_to_the_lms_with_all_it_needs(school, method):
    browser = school.browser()
    sent = {"query_string" if method == "GET" else "data": school.begin()}

    answer = browser.open(LOGIN, method=method, **sent)

    assert answer.status_code == 302
    assert answer.location.startswith(f"{school.platform.auth_url}?")
    assert answer.headers["Cache-Control"] == "no-store"
    ((name, attributes),) = cookies_set(answer).items()
    assert name.startswith(FORM_COOKIE)
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned"} <= set(attributes)
    assert "Max-Age=600" in attributes


@pytest.mark.parametrize("name", ["iss", "login_hint", "target_link_uri", "client_id"])
def test_a_login_that_says_something_twice_is_refused(school, name):
    said = school.begin()
    before = school.counts()

    for query, form in (({}, {**said, name: [said[name], "x"]}), ({name: said[name]}, said)):
        with school.watched() as work:
            answer = school.browser().post(LOGIN, query_string=query, data=form)

        assert_refused(school, before, answer, work, BAD, f"login:{name}_duplicate")


@pytest.mark.parametrize(
    ("changes", "page", "reason"),
    [
        ({"iss": MISSING}, BAD, "iss_missing"),
        ({"iss": f"https://{SCRIPT}"}, "not_registered", "unknown_issuer"),
        ({"client_id": SCRIPT}, "not_registered", "unknown_client"),
        ({"login_hint": " "}, BAD, "hint_missing"),
        ({"target_link_uri": "https://evil.example/"}, BAD, "target_foreign"),
        ({"login_hint": "h" * 10_000}, "too_large", "too_large"),
        ({"login_hint": "a\0b"}, BAD, "encoding"),
    ],
)
def test_a_login_that_is_not_right_is_refused(school, changes, page, reason):
    before = school.counts()

    with school.watched() as work:
        answer = school.browser().post(LOGIN, data=school.begin(**changes))

    assert_refused(school, before, answer, work, page, f"login:{reason}")
    assert not cookies_set(answer)
    assert SCRIPT not in answer.text
    assert "evil.example" not in answer.text


def test_a_login_too_large_to_be_one_is_not_read(school):
    before = school.counts()

    with school.watched() as work:
        answer = school.browser().post(LOGIN, data=school.begin(extra="x" * 70_000))

    assert_refused(school, before, answer, work, "too_large", "http:413")


def test_the_cookies_of_a_launch_work_in_a_frame_and_nowhere_else(school):
    answer = school.launch()

    cookies = cookies_set(answer)
    ((name, visit),) = cookies.items()
    assert VISIT_COOKIE in name
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned"} <= set(visit)
    assert not any(one.startswith("Domain") for one in visit)
    assert "Max-Age=28800" in visit
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_neither_key_nor_cookie_of_a_visit_can_be_read_from_the_database(school):
    browser = school.browser()
    home = school.launch(browser=browser).location
    (cookie,) = [c.value for c in browser._cookies.values() if VISIT_COOKIE in c.key]

    (row,) = school.rows(VisitRow)

    assert home.split("/")[2] not in str(row)
    assert cookie not in str(row)


def test_the_same_person_id_at_two_schools_is_two_people(school):
    other = another_school(school.app, school.database, "second")
    mine, theirs = school.browser(), other.browser()
    study(mine, school.launch(browser=mine).location, FIRST.activities[:2])

    there = other.launch(browser=theirs).location

    assert there.endswith(f"/{FIRST.activities[0].id}")
    assert len({row.platform_id for row in school.rows(PersonRow)}) == 2
    assert mine.get(TOOL + there).status_code == 403


def test_whoever_becomes_staff_earns_no_grade_in_a_page_left_open(school):
    browser = school.browser()
    page = school.launch(browser=browser).location
    study(browser, page, FIRST.activities[:-1])

    staff = school.launch({f"{LTI}roles": [f"{COURSE}Instructor"]}, browser=browser)
    assert "/staff/" in staff.location
    study(browser, page, FIRST.activities[-1:])

    (membership,) = school.rows(MembershipRow)
    assert (membership.role, membership.graded) == ("facilitator", False)
    assert school.rows(GradeRow) == []

    back = school.launch(browser=browser)
    assert back.location.endswith("/end")
    assert [row.status for row in school.rows(GradeRow)] == ["owed"]


def test_a_role_cannot_be_asked_for(school):
    browser = school.browser()
    asked = school.login(browser, role="Instructor", roles=f"{COURSE}Instructor")

    answer = browser.post(
        f"{LAUNCH}?role=Instructor", data={**school.form(asked), "role": "Instructor"}
    )

    assert "/session/" in answer.location
    assert school.rows(VisitRow)[0].role == "participant"


def test_while_the_lmss_keys_cannot_be_had_the_form_stays_good(school):
    """The state is not used up: the person presses Reload."""
    browser = school.browser()
    form = school.form(school.login(browser))
    forget_keys(school)
    assert browser.post(LAUNCH, data=form).status_code == 503  # that it was tried is noted
    before = school.counts()

    with school.watched() as work:
        answer = browser.post(LAUNCH, data=form)

    assert_refused(school, before, answer, work, "busy", "jwks_unavailable")
    assert answer.headers["Retry-After"] == "60"
    forget_keys(school)
    publish_keys(school)
    assert browser.post(LAUNCH, data=form).status_code == 303


def test_while_the_database_is_away_the_form_stays_good(school, tmp_path):
    browser = school.browser()
    form = school.form(school.login(browser))
    mine = school.parts
    away = Database(f"sqlite:///{tmp_path}/no/such/folder.db")
    school.app.extensions["lti_tool"] = replace(mine, database=away)
    before = school.counts()

    with school.watched() as work:
        answer = browser.post(LAUNCH, data=form)

    assert_refused(school, before, answer, work, "busy", "database:OperationalError")
    school.app.extensions["lti_tool"] = mine
    assert browser.post(LAUNCH, data=form).status_code == 303


def test_our_keys_are_public_and_nothing_else(school):
    for path in ("/lti/jwks", "/.well-known/jwks.json"):
        answer = school.browser().get(TOOL + path)

        assert answer.mimetype == "application/json"
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        keys = answer.json["keys"]
        assert len(keys) == 2  # one to sign with, one published ahead
        for key in keys:
            assert set(key) == {"kty", "n", "e", "alg", "use", "kid"}


def test_a_login_address_with_a_slash_too_many_still_begins_a_login(school):
    assert school.browser().post(f"{LOGIN}/", data=school.begin()).status_code == 302


@pytest.mark.parametrize("path", ["/", "/open/small/m1.s1"])
def test_a_link_opened_outside_an_lms_says_where_to_go(school, path):
    before = school.counts()

    with school.watched() as work:
        answer = school.browser().get(f"{TOOL}{path}?x={SCRIPT}")

    assert_refused(school, before, answer, work, "direct", "opened_directly")
    assert "from your course" in answer.text
