"""Section 1: what a login may say, and what it may not."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.hostile.refused import assert_inert, assert_says_nothing, refused
from tests.hostile.rows import BAD, LARGE, NOT_REGISTERED, each, rows
from tests.hostile.tricks import TRICKS
from tests.hostile.world import SCRIPT
from tests.lti.world import MISSING
from tests.web.page import Page
from tests.web.school import FORM_COOKIE, LAUNCH, LOGIN, TOOL, cookies_set

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
MOODLE_HINT = '{"cmid":2,"launchid":"ltilaunch1_123","x":"a=b&c=\'d\'+é% \\"\u6f22"}'

NO_TEXT = (b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf8\x88\x80\x80\x80")

REFUSED = rows(
    ("1.3 missing", {"iss": MISSING}, 400, BAD, "login:iss_missing"),
    ("1.3 blank", {"iss": ""}, 400, BAD, "login:iss_missing"),
    ("1.3 white", {"iss": " \t"}, 400, BAD, "login:iss_missing"),
    ("1.4 missing", {"login_hint": MISSING}, 400, BAD, "login:hint_missing"),
    ("1.4 blank", {"login_hint": ""}, 400, BAD, "login:hint_missing"),
    ("1.4 white", {"login_hint": "\n"}, 400, BAD, "login:hint_missing"),
    ("1.5 missing", {"target_link_uri": MISSING}, 400, BAD, "login:target_missing"),
    ("1.5 blank", {"target_link_uri": ""}, 400, BAD, "login:target_missing"),
    ("1.6", {"iss": "https://nobody.example"}, 403, NOT_REGISTERED, "login:unknown_issuer"),
    ("1.6 markup", {"iss": SCRIPT}, 403, NOT_REGISTERED, "login:unknown_issuer"),
    ("1.6 SQL", {"iss": "' OR 1=1 --"}, 403, NOT_REGISTERED, "login:unknown_issuer"),
    ("1.6 lines", {"iss": "a\r\nb: c"}, 403, NOT_REGISTERED, "login:unknown_issuer"),
    ("1.6 no id", {"iss": "x", "client_id": MISSING}, 403, NOT_REGISTERED,
     "login:unknown_issuer"),
    ("1.7", {"client_id": "nobody"}, 403, NOT_REGISTERED, "login:unknown_client"),
    ("1.7 markup", {"client_id": SCRIPT}, 403, NOT_REGISTERED, "login:unknown_client"),
    ("1.7 pattern", {"client_id": "%"}, 403, NOT_REGISTERED, "login:unknown_client"),
    ("1.12", {"target_link_uri": "https://evil.example/"}, 400, BAD, "login:target_foreign"),
    *[("1.16 " + name, {name: "h" * 100_000}, 413, LARGE, "http:413")
      for name in ("login_hint", "iss")],
    *[("1.16 less " + name, {name: "h" * 8_193}, 413, LARGE, "login:too_large")
      for name in ("login_hint", "lti_message_hint", "iss", "target_link_uri", "client_id",
                   "lti_deployment_id", "deployment_id")],
    ("1.15", {"lti_message_hint": "h" * 2_000_000}, 413, LARGE, "http:413"),
    *[(f"1.17 {name} NUL", {name: "a\0b"}, 400, BAD, "login:encoding")
      for name in ("iss", "login_hint", "lti_message_hint", "client_id", "target_link_uri")],
    *[(f"1.17 {name} {number}", {name: odd}, 400, BAD, "login:encoding")
      for name in ("iss", "login_hint", "lti_message_hint", "client_id")
      for number, odd in enumerate(NO_TEXT, 1)],
    *[("1.3 twice " + name, {name: ["a", "a"]}, 400, BAD, f"login:{name}_duplicate")
      for name in ("iss", "login_hint", "client_id", "target_link_uri", "lti_message_hint",
                   "lti_deployment_id")],
)  # fmt: skip


def sent(lms, changes: dict[str, Any], **more: Any):
    """Begin a login with these parameters changed; values may be octets or lists."""
    body = urlencode({**lms.begin(**changes)}, doseq=True)
    form = {"data": body, "content_type": "application/x-www-form-urlencoded"}
    return lms.browser().post(LOGIN, **form, **more)


@pytest.mark.parametrize(("changes", "status", "page", "reason"), REFUSED)
def test_a_login_is_refused(lms, changes, status, page, reason):
    with refused(lms, status, page, reason) as attempt:
        attempt.answer = sent(lms, changes)

    assert not cookies_set(attempt.answer)


@pytest.mark.parametrize(
    ("changes", "status", "page", "reason"), [row for row in REFUSED if row.values[1] != 413]
)
def test_a_login_by_get_is_refused_alike(tool_on_sqlite, changes, status, page, reason):
    lms = tool_on_sqlite
    query = urlencode(lms.begin(**changes), doseq=True)

    with refused(lms, status, page, reason) as attempt:
        attempt.answer = lms.browser().get(LOGIN, query_string=query)


@pytest.mark.parametrize("target", rows(*each("1.13", TRICKS)))
def test_an_address_that_is_not_ours_is_refused(tool_on_sqlite, target):
    with refused(tool_on_sqlite, 400, BAD, "login:target_foreign") as attempt:
        attempt.answer = sent(tool_on_sqlite, {"target_link_uri": target})


@pytest.mark.rows("1.9")
def test_an_issuer_with_two_installations_must_say_which(lms):
    first = lms.registered()
    two = lms.registered(issuer=first.platform.issuer)

    with refused(two, 400, BAD, "login:ambiguous_client") as attempt:
        attempt.answer = sent(two, {"client_id": MISSING})
    assert "which of its installations" in attempt.answer.text
    assert sent(two, {}).status_code == 302


@pytest.mark.rows("1.19")
def test_a_suspended_lms_is_told_that_access_is_paused(lms):
    suspended = lms.registered(active=False)

    with refused(suspended, 403, "paused", "login:tenant_disabled") as attempt:
        attempt.answer = sent(suspended, {})


GOOD = rows(
    ("1.2 all by POST", {}),
    ("1.8 no client id", {"client_id": MISSING}),
    ("1.8 empty client id", {"client_id": ""}),
    ("1.14 Moodle's hint", {"lti_message_hint": MOODLE_HINT}),
    ("1.14 a token as hint", {"lti_message_hint": "e30." + "x" * 6_000 + ".e30"}),
    ("1.14 odd login hint", {"login_hint": "a b+c%20&d=é\u202e"}),
    ("1.17 a target with escaped octets", {"target_link_uri": f"{TOOL}/%FF%ED%A0%80"}),
    ("1.17 a hint with escaped octets", {"login_hint": "%FF%ED%A0%80"}),
    ("1.18 an unknown deployment", {"lti_deployment_id": "nobody's"}),
    ("1.18 by its other name", {"lti_deployment_id": MISSING, "deployment_id": "nobody's"}),
    ("1.13 our own, in capitals", {"target_link_uri": f"{TOOL.upper()}/x"}),
    ("1.13 our own, with a query", {"target_link_uri": f"{TOOL}?a=//evil"}),
    ("1.2 parameters nobody knows", {"x": ["1", "2"], "canvas_region": "eu", "iss[]": "y"}),
)


@pytest.mark.parametrize("changes", GOOD)
def test_a_login_goes_on_and_keeps_nothing(lms, changes):
    before = lms.counts()

    with lms.watched() as work:
        answer = sent(lms, changes)

    assert answer.status_code == 302
    said = parse_qs(urlsplit(answer.location).query, strict_parsing=True)
    assert answer.location.startswith(f"{lms.platform.auth_url}?")
    for name in ("login_hint", "lti_message_hint"):
        given = lms.begin(**changes).get(name)
        assert said.get(name, [None]) == [given]
    assert (said["redirect_uri"], said["response_mode"]) == ([LAUNCH], ["form_post"])
    assert (lms.counts(), work.commits) == (before, 0)
    assert_says_nothing(str(work.log), said["state"][0], said["nonce"][0])


@pytest.mark.rows("1.1")
def test_a_login_may_come_by_get(lms):
    answer = lms.browser().get(LOGIN, query_string=lms.begin())

    assert answer.status_code == 302
    assert answer.location.startswith(f"{lms.platform.auth_url}?")


@pytest.mark.rows("1.5")
def test_an_lms_whose_documentation_leaves_the_target_out_may_leave_it_out(lms):
    canvas = lms.registered(product="canvas")

    assert sent(canvas, {"target_link_uri": MISSING}).status_code == 302


@pytest.mark.parametrize(
    ("method", "status"),
    rows(
        ("1.20 HEAD", "HEAD", 405),
        ("1.20 PUT", "PUT", 405),
        ("1.20 PATCH", "PATCH", 405),
        ("1.20 DELETE", "DELETE", 405),
        ("1.20 TRACE", "TRACE", 405),
        ("1.20 a made-up one", "LAUNCH", 405),
        ("1.20 OPTIONS", "OPTIONS", 200),
    ),
)
def test_a_login_by_another_method_is_none(lms, method, status):
    answer = lms.browser().open(LOGIN, method=method, query_string=lms.begin())

    assert answer.status_code == status
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert not cookies_set(answer)


@pytest.mark.rows("1.22")
def test_an_address_with_a_query_keeps_it(lms):
    other = lms.registered(auth_url="https://sso.example/auth?tenant=7&x=1")

    answer = sent(other, {})

    assert answer.location.startswith("https://sso.example/auth?tenant=7&x=1&scope=openid&")
    assert answer.location.count("?") == 1


@pytest.mark.rows("1.24")
@pytest.mark.parametrize("host", ["npq.example.org", "evil.example", "127.0.0.1:8080"])
def test_behind_a_proxy_that_ends_tls_all_is_https(lms, host):
    browser = lms.browser()

    answer = browser.post(f"http://{host}/lti/login", data=lms.begin())

    query = parse_qs(urlsplit(answer.location).query)
    assert query["redirect_uri"] == [LAUNCH]
    ((name, attributes),) = cookies_set(answer).items()
    assert name.startswith(FORM_COOKIE)
    assert {"Secure", "HttpOnly", "SameSite=None", "Path=/"} <= set(attributes)
    assert host not in answer.headers.get("Location", "")[: len(lms.platform.auth_url)]


@pytest.mark.parametrize(
    "target",
    rows(
        ("1.25 markup", f'">{SCRIPT}'),
        ("1.25 long", "x" * 10_000),
        ("1.25 a script's end", "</script><script>alert(1)//"),
        ("1.25 line ends", "a\nb\u2028c"),
        ("1.25 several", ["a", "b"]),
        ("1.25 the parent", "_parent"),
    ),
)
@pytest.mark.parametrize("accept", [{}, HTML], ids=["redirect", "page"])
def test_a_frame_to_keep_things_in_is_a_name_or_nothing(tool_on_sqlite, target, accept):
    lms = tool_on_sqlite

    with lms.watched() as work:
        answer = sent(lms, {"lti_storage_target": target}, headers=accept)

    assert answer.status_code == (200 if accept else 302)
    odd = [entry["event"] for entry in work.log if "storage" in entry["event"]]
    assert odd == ([] if target == "_parent" else ["login:storage_target_bad"])
    if accept:
        assert_inert(Page(answer.text))
        assert "alert(1)" not in answer.text


@pytest.mark.rows("1.26")
def test_without_script_and_cookies_a_login_offers_links(lms):
    answer = sent(lms, {}, headers=HTML)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    page = Page(answer.text)
    assert_inert(page)
    ((link,),) = [page.all("a", class_="btn")]
    assert link.attributes["href"].startswith(f"{lms.platform.auth_url}?")
    (form,) = page.all("form")
    assert form.attributes["action"] == "/lti/login"
    assert (form.attributes["target"], form.words) == ("_blank", "Open in a new window")
