"""What other web sites cannot make a browser do here."""

from __future__ import annotations

import pytest

from lti_tool.demo_lms.course import Link
from tests.demo_lms.conftest import ISSUER, TOOL
from tests.demo_lms.test_pages import give

FORMS = ["/people", "/links/101/remove", "/admin/switches", "/admin/rotate", "/admin/faults"]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": TOOL},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": ISSUER},
    ],
)
def test_a_form_of_another_site_does_nothing(world, path, headers):
    world.lms.store.add_links([(Link("", "Extra", TOOL), None)])
    cookie = {"Cookie": f"harrow_bank={world.lms.store.sign_in('2001')}"}

    answer = world.http.post(ISSUER + path, data={"person": "2041"}, headers=headers | cookie)

    assert answer.status_code == 403
    assert len(world.lms.store.links()) == 7


@pytest.mark.parametrize("host", ["evil.example", "localhost:8081", "127.0.0.1", ""])
def test_no_other_host_name_is_answered(world, host):
    for path in ("/", "/jwks", "/admin/faults"):
        assert world.http.get(ISSUER + path, headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/jwks", "/lineitems", "/nope", "/static/style.css"])
def test_every_answer_carries_the_protective_headers(world, path):
    headers = world.http.get(ISSUER + path).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_pages_ask_no_other_host_for_anything(world):
    browser = world.browser()
    give(world, "2041", 1)
    pages = [browser.sign_in("Helen"), browser.go(f"{ISSUER}/gradebook")]
    pages += [browser.sign_in("Site"), browser.go(f"{ISSUER}/admin")]

    for page in pages:
        assert 'src="http' not in page.source
        assert 'href="http' not in page.source


def test_an_endless_request_is_refused(world):
    answer = world.http.post(f"{ISSUER}/people", data={"person": "x" * 2_000_000})

    assert answer.status_code == 413


def test_made_up_cookies_sign_nobody_in(world):
    answer = world.http.get(f"{ISSUER}/gradebook", headers={"Cookie": "harrow_bank=2041"})

    assert answer.status_code == 403
