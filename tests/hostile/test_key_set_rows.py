"""Section 7: key sets that are away, late, odd, elsewhere or new."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests
import time_machine

from lti_tool.lti.keys import public_jwk
from lti_tool.lti.wire import key_sets
from tests.hostile.refused import assert_form_refused, refused
from tests.hostile.rows import BUSY, NOT_TRUSTED, rows
from tests.hostile.world import Lms
from tests.lti.conftest import RawServer
from tests.web.school import LAUNCH, key_of

JSON = {"Content_Type": "application/json"}
OURS = public_jwk(key_of("first"))
MANY = [{**OURS, "kid": f"k{number}"} for number in range(5_000)]


def later(**by: float):
    """That much later, everywhere."""
    return time_machine.travel(datetime.now(UTC) + timedelta(**by))


def raised(error: Exception):
    def answer() -> requests.Response:
        raise error

    return answer


INVALID = (
    b"", b"<html>Maintenance</html>", b"[]", b"{}", b"null", b"7", b'"keys"', b"{", b"\xff\xfe",
    b'{"keys": {}}', b'{"keys": null}', b'{"keys": "x"}', b'{"keys": []}', b'{"keys": [null]}',
    b'{"keys": [1, "a", [], {}]}', b'{"keys": [{"kid": 7, "kty": "RSA"}]}',
    b'{"keys": [{"kid": ""}]}', b'{"Keys": [{"kid": "a"}]}', b"[" * 100_000,
    b'{"keys": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", b"not json", b"NaN",
)  # fmt: skip
AWAY = rows(  # what is answered, the reason in the log
    ("7.2", raised(requests.ConnectionError("refused")), "jwks_unavailable"),
    ("7.2 DNS", raised(requests.ConnectionError("Name or service not known")),
     "jwks_unavailable"),
    ("7.2 cut off", raised(requests.exceptions.ChunkedEncodingError("x")), "jwks_unavailable"),
    ("7.3 connecting", raised(requests.ConnectTimeout("x")), "jwks_timeout"),
    ("7.3 reading", raised(requests.ReadTimeout("x")), "jwks_timeout"),
    ("7.5", (b" " * 1_200_000, 200), "jwks_too_large"),
    ("7.6", (json.dumps({"keys": [*MANY, OURS]}).encode(), 200), "jwks_too_large"),
    ("7.6 just", (json.dumps({"keys": [*MANY[:500], OURS]}).encode(), 200), "jwks_too_many"),
    *[(f"7.7 {number}", (body, 200), "jwks_invalid") for number, body in enumerate(INVALID, 1)],
    *[(f"7.8 {status}", (json.dumps({"keys": [OURS]}).encode(), status), f"jwks_http_{status}")
      for status in (201, 400, 401, 403, 404, 410, 418, 429, 500, 502, 503, 599)],
    ("7.7 no modulus", (json.dumps({"keys": [{**OURS, "n": None}]}).encode(), 200),
     "jwks_invalid"),
    ("7.14", raised(requests.exceptions.SSLError("self-signed")), "jwks_tls"),
)  # fmt: skip


def serve(lms: Lms, answer) -> None:
    """Let the LMS's key set be answered like this."""
    url = lms.platform.jwks_url
    if isinstance(answer, tuple):
        lms.internet.serve(url, answer[0], answer[1], **JSON)
    else:
        lms.internet.answers[url] = answer


def assert_busy_and_then_opens(lms: Lms, reason: str) -> None:
    """While keys cannot be had the form stays good: Reload a minute later opens it."""
    browser = lms.browser()
    asked = lms.login(browser)
    form = lms.form(asked)
    started = time.monotonic()
    with refused(lms, 503, BUSY, reason, fetches=1) as attempt:
        attempt.secrets = (form["id_token"], form["state"])
        attempt.answer = browser.post(LAUNCH, data=form)
    assert time.monotonic() - started < 6
    assert int(attempt.answer.headers["Retry-After"]) <= 120
    lms.publish()
    with later(seconds=65):
        assert browser.post(LAUNCH, data=form).status_code == 303


@pytest.mark.parametrize(("answer", "reason"), AWAY)
def test_without_its_keys_an_lms_is_busy(lms, answer, reason):
    other = lms.registered()
    serve(other, answer)

    assert_busy_and_then_opens(other, reason)


@pytest.mark.rows("7.5")
def test_a_small_answer_that_unpacks_to_a_large_one_is_not_unpacked(lms):
    other = lms.registered()
    bomb = gzip.compress(b'{"keys": [' + b" " * 60_000_000)
    other.internet.serve(other.platform.jwks_url, bomb, Content_Encoding="gzip")

    assert_busy_and_then_opens(other, "jwks_too_large")


@pytest.mark.parametrize(
    "place",
    rows(
        ("7.9", "http://169.254.169.254/latest/meta-data/"),
        ("7.9 elsewhere", "https://evil.example/keys"),
        ("7.9 to itself", "/keys"),
        ("7.9 a file", "file:///etc/passwd"),
        ("7.9 nowhere", ""),
    ),
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_key_set_that_has_moved_is_not_followed(tool_on_sqlite, place, status):
    other = tool_on_sqlite.registered()
    other.internet.serve(other.platform.jwks_url, b"", status, Location=place)

    assert_busy_and_then_opens(other, "jwks_redirect")


@pytest.fixture
def raw_server():
    with RawServer() as server:
        yield server


@pytest.mark.parametrize(
    "start",
    rows(
        ("7.3 silent", b""),
        ("7.3 a drip of headers", b"HTTP/1.1 200 OK\r\n"),
        ("7.3 a drip of body", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{"),
    ),
)
def test_a_key_set_that_never_ends_is_not_waited_for(lms, raw_server, monkeypatch, start):
    """Less is waited here than the five seconds of real life."""
    monkeypatch.setattr(key_sets, "FETCH_S", 0.3)
    other = lms.registered(jwks_url=raw_server.url)
    raw_server.pieces = lambda: raw_server.drip(start, b" " if start else b"", 0.05)
    browser = other.browser()
    form = other.form(other.login(browser))
    started = time.monotonic()

    with refused(other, 503, BUSY, "jwks_timeout", fetches=1) as attempt:
        attempt.answer = browser.post(LAUNCH, data=form)

    assert time.monotonic() - started < 3


@pytest.mark.rows("7.3")
def test_real_life_waits_for_five_seconds():
    assert key_sets.FETCH_S == 5.0


@pytest.mark.parametrize(
    "answer",
    rows(
        ("7.1", raised(requests.ConnectionError("refused"))),
        ("7.1 late", raised(requests.ReadTimeout("x"))),
        ("7.1 a page", (b"<html>Maintenance</html>", 200)),
        ("7.1 an error", (b"{}", 500)),
    ),
)
def test_an_lms_that_is_away_is_trusted_as_it_was_for_a_day(lms, answer):
    other = lms.registered()
    other.open()
    serve(other, answer)

    with later(hours=23):
        assert "jwks" in str(other.open().work.log)
    with later(hours=25):
        browser = other.browser()
        form = other.form(other.login(browser))
        with refused(other, 503, BUSY, _reason(answer), fetches=1) as attempt:
            attempt.answer = browser.post(LAUNCH, data=form)


def _reason(answer) -> str:
    if isinstance(answer, tuple):
        return "jwks_invalid" if answer[1] == 200 else f"jwks_http_{answer[1]}"
    try:
        answer()
    except requests.Timeout:
        return "jwks_timeout"
    except requests.RequestException:
        return "jwks_unavailable"
    raise AssertionError


JUNK = [None, 7, "key", [], {}, {"kid": 5}, {"kid": "x"}, {"kid": "y", "kty": "RSA", "n": "!"}]
TAKEN = rows(
    ("7.6 a few hundred", [*MANY[:499], OURS]),
    ("7.7 junk beside", [*JUNK, OURS, *JUNK]),
    ("7.7 the same twice", [OURS, OURS]),
    ("7.7 more members", [{**OURS, "x5c": ["MIIB"], "x": {"y": 1}, "key_ops": ["verify"]}]),
    ("7.7 fewer members", [{name: OURS[name] for name in ("kid", "kty", "n", "e")}]),
)


@pytest.mark.parametrize("entries", TAKEN)
def test_a_set_may_be_large_and_hold_other_things(lms, entries):
    other = lms.registered()
    other.internet.serve(other.platform.jwks_url, {"keys": entries})

    assert other.open().page


@pytest.mark.rows("7.10")
def test_a_new_key_is_found_at_once(lms):
    other = lms.registered()
    other.open()
    other.key = key_of("second")
    other.publish()
    asked = len(other.internet.asked)

    with later(seconds=65):
        assert "jwks_refetch" in str(other.open().work.log)
        assert "jwks_refetch" not in str(other.open().work.log)
    assert len(other.internet.asked) == asked + 1


@pytest.mark.rows("7.12")
def test_a_key_that_was_withdrawn_is_refused_an_hour_later(lms):
    other = lms.registered()
    other.open()
    other.publish(public_jwk(key_of("second")))
    other.is_sound = False

    with later(hours=1, seconds=2):
        assert_form_refused(other, 403, NOT_TRUSTED, "kid_unknown", other.form, fetches=1)
