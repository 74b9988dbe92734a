"""Whom we believe about where a request comes from: as many proxies as were named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask, request

from lti_tool.app import create_app
from lti_tool.records.trust_tables import FailedAttemptsRow
from lti_tool.settings import Settings
from lti_tool.web.attempts import AT_ONCE
from tests.web.school import LAUNCH, LOGIN, School, school_at

SAID = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "http, https"}
EVIL = "evil.example"
FORGED = {
    "Host": EVIL,
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": f"//{EVIL}",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Server": EVIL,
    "X-Original-URL": f"//{EVIL}/",
    "X-Original-Host": EVIL,
    "X-Rewrite-URL": f"//{EVIL}/",
    "Forwarded": f"for=1.2.3.4;host={EVIL};proto=http",
}
ODD_HOSTS = [
    "", " ", ":", ":0", "evil.example:99999", "evil.example:x", "[", "[::1", "a" * 5_000,
    "evil.example/path", "evil.example?x", "evil.example#x", "user@evil.example",
    "evil.example\\@npq.example.org", "<script>", "xn--80ak6aa92e.com", "é.example",
]  # fmt: skip


@pytest.fixture
def behind(packs_folder, template_database) -> Iterator[Callable[[int], Flask]]:
    """Makes the application behind so many proxies."""
    with ExitStack() as made:

        def make(proxies: int) -> Flask:
            app = create_app(
                Settings(
                    database_url=f"sqlite:///{template_database}",
                    public_url="https://npq.example.org",
                    secret_keys=("k" * 40,),
                    content_packs=packs_folder,
                    config=packs_folder,
                    trusted_proxies=proxies,
                )
            )
            parts = app.extensions["lti_tool"]
            made.callback(parts.platform_keys.http.close)
            made.callback(parts.database.close)
            return app

        yield make


@pytest.fixture
def school_behind(behind, sqlite_url) -> Iterator[Callable[[int], School]]:
    """A school that reaches the tool through so many proxies."""
    with ExitStack() as opened:
        yield lambda proxies: opened.enter_context(school_at(behind(proxies), sqlite_url))


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        pytest.param(0, "127.0.0.1 http", id="none is believed"),
        pytest.param(1, "203.0.113.9 https", id="the nearest is believed"),
        pytest.param(2, "198.51.100.1 http", id="and the one before it"),
        pytest.param(3, "127.0.0.1 http", id="fewer spoke than were named"),
    ],
)
def test_what_proxies_say_is_believed_of_as_many_as_were_named(behind, proxies, seen):
    app = behind(proxies)
    app.add_url_rule("/seen", view_func=lambda: f"{request.remote_addr} {request.scheme}")

    assert app.test_client().get("/seen", headers=SAID).text == seen


def networks(school, *forwarded):
    """How many networks are told apart where these X-Forwarded-For fail."""
    browser = school.browser()
    for said in forwarded:
        for _ in range(AT_ONCE):
            answer = browser.post(LOGIN, headers={"X-Forwarded-For": said})
            assert answer.status_code == 400
    return len(school.rows(FailedAttemptsRow))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        pytest.param(0, ["198.51.100.1", "198.51.100.2"], 1, id="direct: forged, no effect"),
        pytest.param(1, ["198.51.100.1", "198.51.100.2"], 2, id="two people behind a proxy"),
        pytest.param(
            1,
            ["198.51.100.1, 203.0.113.9", "198.51.100.2, 203.0.113.9"],
            1,
            id="behind a proxy: what stands before its own word is forged",
        ),
        pytest.param(1, ["203.0.113.9:1", "203.0.113.9:2"], 1, id="a proxy that adds ports"),
        pytest.param(1, ["2001:db8::1", "2001:db8::2"], 1, id="one IPv6 network"),
    ],
)
def test_failures_are_counted_by_the_address_that_cannot_be_forged(
    school_behind, proxies, forwarded, found
):
    assert networks(school_behind(proxies), *forwarded) == found


@pytest.mark.parametrize(
    "said", ["", ",", "unknown", "[", "1.2.3.4.5", "\x7f", "é", "1" * 10_000, "a,b,c", ", , "]
)
def test_an_address_that_is_none_harms_nobody(school_behind, said):
    assert networks(school_behind(1), said) == 1


def headers_and_page(answer):
    return f"{answer.headers}{answer.get_data(as_text=True)}"


def addresses_of(app):
    """Every route, with something in each of its places."""
    places = {"visit": "x" * 43, "item": "m1.s1", "activity_id": "recall"}
    for rule in app.url_map.iter_rules():
        _, address = rule.build({name: places.get(name, "x") for name in rule.arguments})
        for method in rule.methods - {"OPTIONS"}:
            yield method, address


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_no_route_believes_a_host_it_is_told(behind, proxies):
    app = behind(proxies)
    browser, asked = app.test_client(), list(addresses_of(app))

    for method, address in asked:
        answer = browser.open(address, method=method, headers=FORGED)
        assert EVIL not in headers_and_page(answer), (method, address)
        assert answer.status_code < 500, (method, address)
    assert len(asked) > 20


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_a_launch_goes_where_it_must_whatever_host_is_told(school_behind, proxies):
    school = school_behind(proxies)
    browser = school.browser()
    begun = browser.post(LOGIN, data=school.begin(), headers=FORGED)
    assert EVIL not in headers_and_page(begun)

    form = school.form(school.login(browser))
    answer = browser.post(LAUNCH, data=form, headers={**FORGED, "Host": "npq.example.org"})

    assert answer.status_code == 303
    assert answer.location.startswith("/visit/")
    assert EVIL not in headers_and_page(answer)


def test_an_odd_host_is_no_failure_of_ours(behind):
    browser = behind(1).test_client()

    for host in ODD_HOSTS:
        for address in ("/", "/lti/login", "/healthz", "/assets/x/study.css", "/visit/x/"):
            answer = browser.get(address, environ_overrides={"HTTP_HOST": host})
            assert answer.status_code < 500, (host, address)
            assert EVIL not in headers_and_page(answer)


@pytest.mark.parametrize("scheme", ["http", "https", "HTTPS", "ftp", "javascript", "", "é"])
def test_cookies_stay_secure_whatever_the_proxy_says_of_its_scheme(school_behind, scheme):
    school = school_behind(1)
    inside, said = "http://127.0.0.1:8080", {"X-Forwarded-Proto": scheme}
    browser = school.browser()

    begun = browser.post("/lti/login", base_url=inside, data=school.begin(), headers=said)
    form = school.form(school.login(browser))
    launched = browser.post(LAUNCH, data=form, headers=said)

    for answer in (begun, launched):
        cookies = answer.headers.getlist("Set-Cookie")
        assert cookies
        for cookie in cookies:
            assert cookie.startswith("__Host-")
            kept = set(cookie.split("; ")[1:])
            assert kept >= {"Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned"}
            assert not any(attribute.startswith("Domain") for attribute in kept)
    assert "redirect_uri=https%3A%2F%2Fnpq.example.org%2Flti%2Flaunch" in headers_and_page(
        begun
    )
