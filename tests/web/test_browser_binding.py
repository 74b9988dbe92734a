"""The browser that ends a launch is the one that began it, whatever it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask

from lti_tool.records.tables import VisitRow
from lti_tool.records.visits import hash_of
from tests.lti.world import COURSE, LTI
from tests.web.school import (
    FORM_COOKIE,
    LAUNCH,
    LOGIN,
    TOOL,
    VISIT_COOKIE,
    School,
    cookies_set,
    school_at,
)

PAGE = {"Accept": "text/html,application/xhtml+xml"}
# What a browser says of a form that a page of ours posted.
OURS = {"Sec-Fetch-Site": "same-origin", "Origin": TOOL}
SAFARI = {"User-Agent": "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) Safari/604.1"}
CHROME = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/156.0.0.0 Safari/537.36"}


@pytest.fixture
def school(whole_app: Flask, database_url: str) -> Iterator[School]:
    with school_at(whole_app, database_url) as made:
        yield made


class Tags(HTMLParser):
    """Every tag's attributes, by tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, list[dict[str, str]]] = {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.setdefault(tag, []).append({name: value or "" for name, value in attrs})

    @property
    def binding(self):
        (found,) = [a for tags in self.found.values() for a in tags if "data-binding" in a]
        return found

    @property
    def fields(self):
        return {a["name"]: a.get("value", "") for a in self.found["input"]}


def without_cookies(school, **login):
    """A login and the LMS's answer to it, in a browser that keeps no cookie."""
    browser = school.browser()
    answer = browser.post(LOGIN, data=school.begin(**login), headers=PAGE)
    page = Tags(answer.text).binding
    asked = dict(parse_qsl(urlsplit(page["data-next"]).query))
    forget_cookies(browser)
    return browser, page, school.form(asked)


def forget_cookies(browser):
    for cookie in list(browser._cookies.values()):
        browser.delete_cookie(cookie.key, domain=cookie.domain)


def test_a_browser_gets_a_page_that_keeps_the_key_before_it_goes_on(school):
    with school.watched() as work:
        answer = school.browser().post(
            LOGIN, data=school.begin(lti_storage_target="lms_frame"), headers=PAGE
        )

    page = Tags(answer.text).binding
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert page["data-next"].startswith(f"{school.platform.auth_url}?")
    assert page["data-frame"] == "lms_frame"
    assert page["data-origin"] == school.platform.issuer
    ((name, attributes),) = cookies_set(answer).items()
    assert name.startswith(FORM_COOKIE)
    assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned"} <= set(attributes)
    assert page["data-key"] in answer.headers["Set-Cookie"]
    assert page["data-key"] not in page["data-next"]
    assert work.commits == 0


def test_without_a_script_it_goes_on_by_a_link_or_in_a_new_window(school):
    asked = school.begin(lti_message_hint='{"a":"<b>"}', lti_storage_target="_parent")

    tags = Tags(school.browser().post(LOGIN, data=asked, headers=PAGE).text)

    assert tags.binding["data-next"] in [link["href"] for link in tags.found["a"]]
    (form,) = tags.found["form"]
    assert (form["action"], form["target"], form["rel"]) == ("/lti/login", "_blank", "opener")
    assert tags.fields == asked


def test_an_odd_frame_is_not_asked(school):
    asked = school.begin(lti_storage_target='"><script>')

    answer = school.browser().post(LOGIN, data=asked, headers=PAGE)

    assert Tags(answer.text).binding["data-frame"] == ""
    assert '"><script>' not in answer.text


def test_what_is_no_browser_is_sent_on_at_once(school):
    answer = school.browser().post(LOGIN, data=school.begin())

    assert answer.status_code == 302
    assert answer.location.startswith(f"{school.platform.auth_url}?")


def test_a_launch_without_the_cookie_is_refused_by_a_page_that_looks_for_the_key(school):
    browser, login, form = without_cookies(school, lti_storage_target="_parent")
    before = school.counts()

    with school.watched() as work:
        answer = browser.post(LAUNCH, data=form)

    tags = Tags(answer.text)
    assert answer.status_code == 403
    assert (work.refusal["page"], work.refusal["reason"]) == ("browser", "state_other_browser")
    assert work.refusal["log_level"] == "info"
    assert tags.binding["data-binding"] == login["data-binding"]
    assert tags.binding["data-frame"] == "_parent"
    assert tags.fields == {**form, "browser_key": "", "carrier": ""}
    assert login["data-key"] not in answer.text
    assert f'href="{school.platform.issuer}/course"' in answer.text
    assert school.counts() == before


@pytest.mark.parametrize("carrier", ["session_storage", "platform_storage", "opener"])
def test_the_key_from_elsewhere_opens_the_visit(school, carrier):
    browser, login, form = without_cookies(school)

    with school.watched() as work:
        answer = browser.post(
            LAUNCH,
            data={**form, "browser_key": login["data-key"], "carrier": carrier},
            headers=OURS,
        )

    assert answer.status_code == 303
    assert work.commits == 1
    (launched,) = [entry for entry in work.log if entry["event"] == "launched"]
    assert launched["carrier"] == carrier


def test_a_carrier_is_one_we_know_or_just_another(school):
    browser, login, form = without_cookies(school)

    with school.watched() as work:
        proof = {"browser_key": login["data-key"], "carrier": "x\ny"}
        browser.post(LAUNCH, data={**form, **proof}, headers=OURS)

    assert work.log[-1]["carrier"] == "other"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        pytest.param("", "carrier=none", id="nothing was found"),
        pytest.param("x" * 43, "state_other_browser", id="another key"),
        pytest.param("é", "state_other_browser", id="no key at all"),
    ],
)
def test_without_the_key_nothing_opens(school, key, reason):
    browser, _, form = without_cookies(school)
    before = school.counts()

    with school.watched() as work:
        proof = {"browser_key": key, "carrier": ""}
        answer = browser.post(LAUNCH, data={**form, **proof}, headers=OURS)

    assert answer.status_code == 403
    assert (work.refusal["page"], work.refusal["reason"]) == ("browser", reason)
    assert work.refusal["log_level"] == "warning"
    assert "data-binding" not in answer.text
    assert form["id_token"] not in answer.text
    assert school.counts() == before


def test_the_key_of_another_login_opens_nothing(school):
    browser, _, form = without_cookies(school)
    _, other, _ = without_cookies(school)

    proof = {"browser_key": other["data-key"]}
    answer = browser.post(LAUNCH, data={**form, **proof}, headers=OURS)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("headers", "opens"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": TOOL}, True),  # Safari before 16.4 sends no Sec-Fetch-Site
        ({"Sec-Fetch-Site": "cross-site", "Origin": TOOL}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": TOOL}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "https://stranger.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_a_key_that_a_page_of_another_site_posts_proves_nothing(school, headers, opens):
    browser, login, form = without_cookies(school)
    proof = {"browser_key": login["data-key"], "carrier": "session_storage"}

    answer = browser.post(LAUNCH, data={**form, **proof}, headers=headers)

    assert answer.status_code == (303 if opens else 403)
    assert (len(school.rows(VisitRow)) == 1) is opens


def test_a_launch_that_is_wrong_itself_is_refused_before_the_browser_is_asked(school):
    browser, _, form = without_cookies(school)
    tampered = {**form, "id_token": form["id_token"][:-8] + "AAAAAAAA"}

    answer = browser.post(LAUNCH, data=tampered)

    assert "data-binding" not in answer.text
    assert form["state"] not in answer.text


@pytest.fixture
def opened(school):
    """A visit that began without its cookie: the browser, its address, the cookie's line."""
    browser, login, form = without_cookies(school)
    answer = browser.post(
        LAUNCH, data={**form, "browser_key": login["data-key"]}, headers=SAFARI | OURS
    )
    cookie = next(c for c in browser._cookies.values() if c.key.startswith(VISIT_COOKIE))
    forget_cookies(browser)
    return browser, answer.location, cookie


def test_where_no_cookie_comes_back_the_address_is_enough_in_the_same_browser(school, opened):
    browser, address, _ = opened
    school.parts.just_begun._values.clear()

    for _ in range(2):
        assert browser.get(address, headers=SAFARI).status_code == 200
    assert browser.get(address, headers=CHROME).status_code == 403
    assert browser.get(address).status_code == 403


@pytest.mark.parametrize("is_kept", [True, False], ids=["just begun", "read again"])
def test_once_the_cookie_came_back_it_is_asked_for(school, opened, is_kept):
    browser, address, cookie = opened
    if not is_kept:
        school.parts.just_begun._values.clear()
    assert browser.get(address, headers=SAFARI).status_code == 200
    browser.set_cookie(cookie.key, cookie.value)

    assert browser.get(address, headers=CHROME).status_code == 200
    (row,) = school.rows(VisitRow)
    assert row.agent_hash is None
    forget_cookies(browser)
    assert browser.get(address, headers=SAFARI).status_code == 403
    school.parts.just_begun._values.clear()
    assert browser.get(address, headers=SAFARI).status_code == 403


def test_a_wrong_cookie_is_no_missing_one(school, opened):
    browser, address, cookie = opened
    browser.set_cookie(cookie.key, "x" * 42)

    assert browser.get(address, headers=SAFARI).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_an_address_from_elsewhere_opens_nothing_without_its_cookie(school, opened, site):
    """Somebody may have begun the visit as himself and sent its address to another person."""
    browser, address, cookie = opened

    from_there = {**SAFARI, "Sec-Fetch-Site": site}
    assert browser.get(address, headers=from_there).status_code == 403
    from_here = {**SAFARI, "Sec-Fetch-Site": "same-origin"}
    assert browser.get(address, headers=from_here).status_code == 200
    browser.set_cookie(cookie.key, cookie.value)
    assert browser.get(address, headers=from_there).status_code == 200


def test_a_visit_that_lives_by_its_address_tells_it_to_us_alone(school, opened):
    """Without that Firefox calls our own redirects the user's: Sec-Fetch-Site none."""
    browser, address, cookie = opened

    def policy():
        return browser.get(address, headers=SAFARI).headers["Referrer-Policy"]

    assert policy() == "same-origin"
    browser.set_cookie(cookie.key, cookie.value)
    assert policy() == "no-referrer"


def test_the_way_to_such_a_visit_tells_it_too(school):
    browser, login, form = without_cookies(school)
    proof = {"browser_key": login["data-key"]}

    answers = [browser.post(LAUNCH, data=form | proof, headers=SAFARI | OURS) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert {answer.headers["Referrer-Policy"] for answer in answers} == {"same-origin"}


def test_another_persons_launch_with_the_same_state_finds_no_visit(school):
    browser = school.browser()
    asked = school.login(browser)
    assert browser.post(LAUNCH, data=school.form(asked, {"sub": "1"})).status_code == 303
    before = school.counts()

    answer = browser.post(LAUNCH, data=school.form(asked, {"sub": "2"}))

    assert (answer.status_code, "already used" in answer.text) == (403, True)
    assert school.counts() == before


def test_what_kind_of_browser_it_is_is_kept_as_a_hash(school, opened):
    (row,) = school.rows(VisitRow)

    assert row.agent_hash == hash_of(SAFARI["User-Agent"])


def test_where_the_cookie_came_the_address_alone_never_opens(school):
    browser = school.browser()
    answer = school.launch(browser=browser)
    forget_cookies(browser)

    assert browser.get(TOOL + answer.location).status_code == 403
    (row,) = school.rows(VisitRow)
    assert row.agent_hash is None


def test_forms_of_a_visit_without_cookie_still_need_their_token(school, opened):
    browser, address, _ = opened

    assert browser.post(address, data={"q-a": "x"}, headers=SAFARI).status_code == 403


def test_two_people_in_one_browser_stay_apart(school):
    browser = school.browser()
    one = school.launch({"sub": "1", "name": "Amira"}, browser=browser).location
    two = school.launch({"sub": "2", "name": "Tom"}, browser=browser).location

    pages = [browser.get(TOOL + address).text for address in (one, two, one)]

    assert ["Amira" in page for page in pages] == [True, False, True]
    assert ["Tom" in page for page in pages] == [False, True, False]


STAFF = [f"{COURSE}Instructor"]


@pytest.mark.parametrize(
    ("roles", "sees_more"), [(STAFF, True), (["Learner"], False), ([], False), (None, False)]
)
def test_staff_are_told_what_the_lms_said(school, roles, sees_more):
    said = {f"{LTI}roles": roles, f"{LTI}version": "2.0"}

    answer = school.launch(said)

    assert answer.status_code == 400
    assert ("roles received" in answer.text) == sees_more
    assert ("seconds from ours" in answer.text) == sees_more
    assert f'href="{school.platform.issuer}/course"' in answer.text


def test_what_is_not_signed_is_told_to_nobody(school):
    browser = school.browser()
    form = school.form(school.login(browser), {f"{LTI}roles": STAFF, f"{LTI}version": "2.0"})
    form["id_token"] = form["id_token"][:-8] + "AAAAAAAA"

    answer = browser.post(LAUNCH, data=form)

    assert "roles received" not in answer.text
    assert "Back to your course" not in answer.text
