"""The tests' own browser keeps the rules it stands for."""

from __future__ import annotations

import pytest
import requests
from flask import Flask, make_response, redirect, request

from tests.demo_lms.browser import Browser
from tests.demo_lms.cookies import CookieJar, Mode, Request, site
from tests.demo_lms.html_page import Html
from tests.demo_lms.in_process import in_process
from tests.demo_lms.policy import Blocked

LMS, TOOL = "http://127.0.0.1:8081", "http://localhost:8080"
FRAME = Request(f"{TOOL}/a", "GET", f"{LMS}/", f"{LMS}/", framed=True)
WINDOW = Request(f"{TOOL}/a", "GET", f"{LMS}/", f"{TOOL}/a", framed=False)
POSTED = Request(f"{TOOL}/a", "POST", f"{LMS}/", f"{TOOL}/a", framed=False)
TYPED = Request(f"{TOOL}/a", "GET", None, f"{TOOL}/a", framed=False)

PLAIN, LAX = "c=1; Path=/", "c=1; Path=/; SameSite=Lax; Secure"
NONE = "c=1; Path=/; Secure; SameSite=None"
CHIPS = "__Host-c=1; Path=/; Secure; SameSite=None; Partitioned"

KEPT = [
    (Mode.NORMAL, FRAME, {NONE, CHIPS}),
    (Mode.NORMAL, WINDOW, {PLAIN, LAX, NONE, CHIPS}),
    (Mode.THIRD_PARTY_BLOCKED, FRAME, {CHIPS}),
    (Mode.THIRD_PARTY_BLOCKED, WINDOW, {PLAIN, LAX, NONE, CHIPS}),
    (Mode.NO_COOKIES, FRAME, set()),
    (Mode.NO_COOKIES, WINDOW, set()),
]


@pytest.mark.parametrize("cookie", [PLAIN, LAX, NONE, CHIPS])
@pytest.mark.parametrize(("mode", "place", "kept"), KEPT)
def test_a_cookie_comes_back_where_the_mode_allows_it(mode, place, kept, cookie):
    jar = CookieJar(mode, LMS)

    jar.keep([cookie], place)

    assert bool(jar.header(place)) == (cookie in kept)


def test_a_partitioned_cookie_lives_under_one_top_level_site():
    jar = CookieJar(Mode.NORMAL, LMS)
    jar.keep([CHIPS], FRAME)

    assert jar.header(FRAME) == "__Host-c=1"
    assert jar.header(TYPED) == ""


def test_a_lax_cookie_stays_home_when_another_site_posts():
    jar = CookieJar(Mode.NORMAL, LMS)
    jar.keep([LAX], TYPED)

    assert jar.header(TYPED) == jar.header(WINDOW) == "c=1"
    assert jar.header(POSTED) == jar.header(FRAME) == ""


@pytest.mark.parametrize(
    "header",
    [
        "c=1; SameSite=None",
        "c=1; SameSite=None; Partitioned",
        "__Host-c=1; Path=/lti; Secure",
        "__Host-c=1; Path=/",
        "c=1; Domain=localhost",
        "nonsense",
    ],
)
def test_a_cookie_that_breaks_a_rule_is_not_kept(header):
    jar = CookieJar(Mode.NORMAL, LMS)

    jar.keep([header], TYPED)

    assert jar.cookies == {}


def test_a_cookie_ends_and_keeps_to_its_path_and_host():
    jar = CookieJar(Mode.NORMAL, LMS)
    jar.keep(["a=1; Path=/b", "b=2"], TYPED)
    assert jar.header(TYPED) == "b=2"

    jar.keep(["b=; Max-Age=0"], TYPED)

    assert jar.header(TYPED) == ""
    assert jar.header(Request("http://localhost:8080/b/c", "GET", None, TOOL, False)) == "a=1"
    assert jar.header(Request("http://127.0.0.1:8080/b", "GET", None, LMS, False)) == ""


def test_secure_cookies_need_https_or_this_machine():
    far = Request("http://tool.example/", "GET", None, "http://tool.example/", framed=False)
    jar = CookieJar(Mode.NORMAL, LMS)

    jar.keep([LAX], far)

    assert jar.cookies == {}


def test_sites_are_told_apart_as_browsers_do():
    assert site("http://127.0.0.1:1/") != site("http://localhost:1/")
    assert site("http://lms.localhost:1/") != site("http://tool.localhost:1/")
    assert site("https://a.school.example/") == site("https://b.school.example:8/x")
    assert site("https://a.example/") != site("http://a.example/")


def answering(**headers):
    """A browser between an LMS and a tool whose pages carry these headers."""
    lms, tool, seen = Flask("lms"), Flask("tool"), []
    form = f"<form method=post action='{TOOL}/hop'><button>Go</button></form>"

    def hop():
        seen.append(dict(request.headers))
        return redirect(f"{LMS}/back", 302)

    def back():
        seen.append(dict(request.headers))
        return "back"

    lms.add_url_rule("/", "frame", lambda: f"<iframe src='{TOOL}/page'></iframe>")
    lms.add_url_rule("/form", "form", lambda: make_response(form, 200, headers))
    lms.add_url_rule("/back", "back", back)
    tool.add_url_rule("/page", "page", lambda: make_response("framed", 200, headers))
    tool.add_url_rule("/hop", "hop", hop, methods=["POST"])
    return Browser(LMS, http=in_process({LMS: lms, TOOL: tool})), seen


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"X-Frame-Options": "SAMEORIGIN"}, False),
        ({"Content-Security-Policy": "frame-ancestors 'self'"}, False),
        ({"Content-Security-Policy": f"frame-ancestors {LMS}"}, True),
        ({"Content-Security-Policy": "frame-ancestors http:"}, True),
        ({"Content-Security-Policy": "frame-ancestors 'none'"}, False),
        (
            {"X-Frame-Options": "DENY", "Content-Security-Policy": f"frame-ancestors {LMS}"},
            True,
        ),
    ],
)
def test_a_frame_shows_only_what_may_be_framed(headers, allowed):
    browser, _ = answering(**headers)
    page = browser.go(f"{LMS}/")

    if allowed:
        assert browser.frame(page).text == "framed"
    else:
        with pytest.raises(Blocked):
            browser.frame(page)


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ("form-action 'self'", False),
        (f"form-action {TOOL}", False),
        ("form-action http:", True),
    ],
)
def test_a_form_goes_only_where_its_page_allows_redirects_included(policy, allowed):
    browser, _ = answering(**{"Content-Security-Policy": policy})
    page = browser.go(f"{LMS}/form")

    if allowed:
        assert browser.submit(page).text == "back"
    else:
        with pytest.raises(Blocked, match="form-action"):
            browser.submit(page)


@pytest.mark.parametrize(
    ("policy", "origin"),
    [("strict-origin", LMS), ("no-referrer", "null"), ("same-origin", "null")],
)
def test_a_form_says_where_it_comes_from_as_its_page_allows(policy, origin):
    browser, seen = answering(**{"Referrer-Policy": policy})

    browser.submit(browser.go(f"{LMS}/form"))

    posted, returned = seen
    assert posted["Origin"] == origin
    assert posted["Sec-Fetch-Site"] == returned["Sec-Fetch-Site"] == "cross-site"
    assert "Origin" not in returned


def test_a_form_is_read_as_a_browser_fills_it():
    [form] = Html(
        "<form action=/x method=POST><input name=a value=1><input type=checkbox name=b checked>"
        "<input type=radio name=c value=2><textarea name=d>some  text</textarea>"
        "<select name=e><option value=3>A<option value=4 selected>B</select>"
        "<input name=f disabled><button name=g value=5>Save it</button></form>"
    ).forms

    assert form.fields == [("a", "1"), ("b", "on"), ("d", "some text"), ("e", "4")]
    assert (form.method, form.action, form.buttons) == ("POST", "/x", [("Save it", "g", "5")])
    assert form.offered == {"a", "b", "c", "d", "e"}


def test_hidden_text_is_not_visible_text():
    page = Html("<title>T</title><p>One<br>two</p><script>three</script><noscript>4</noscript>")

    assert (page.title, page.text) == ("T", "One two")


def test_a_field_that_is_not_there_is_a_mistake_of_the_test():
    browser, _ = answering()

    with pytest.raises(AssertionError, match="no field"):
        browser.submit(browser.go(f"{LMS}/form"), nothing="x")
    with pytest.raises(AssertionError, match="no button"):
        browser.submit(browser.go(f"{LMS}/form"), button="Stop")


def test_an_unknown_host_is_not_reached():
    browser, _ = answering()

    with pytest.raises(requests.exceptions.InvalidSchema):
        browser.go("https://example.org/")
