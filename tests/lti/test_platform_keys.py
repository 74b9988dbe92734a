"""Keys LMSs sign with. Case ids are those of the catalogue of hostile input."""

from __future__ import annotations

import gzip
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug import Response

from lti_tool.errors import LaunchRefused
from lti_tool.lti.http import lms_session
from lti_tool.lti.keys import ToolKey, public_jwk
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.lti.wire import key_sets
from tests.lti.world import NOW, PLATFORM, KeptKeySets

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def store():
    return KeptKeySets()


@pytest.fixture
def keys(http, store):
    return PlatformKeys(http, store)


@pytest.fixture
def platform(httpserver):
    return replace(PLATFORM, jwks_url=httpserver.url_for("/jwks"))


def serve(httpserver, *entries, status=200):
    httpserver.clear_all_handlers()
    httpserver.expect_request("/jwks").respond_with_json({"keys": entries}, status=status)


def numbers(key):
    return key.public_numbers()


def refusal(keys, platform, kid, now=NOW):
    with pytest.raises(LaunchRefused) as refused:
        keys.key(platform, kid, now)
    return refused.value.page, refused.value.reason


def test_a_set_is_fetched_once_and_kept_for_all(keys, platform, store, httpserver, lms_key):
    serve(httpserver, public_jwk(lms_key))

    first = keys.key(platform, lms_key.kid, NOW)
    again = keys.key(platform, lms_key.kid, NOW + timedelta(minutes=59))

    assert numbers(first) == numbers(lms_key.private.public_key())
    assert again is first  # parsed once
    assert len(httpserver.log) == 1
    assert store.loads == 1
    assert store.kept[platform.jwks_url] == ({"keys": [public_jwk(lms_key)]}, NOW)


def test_what_another_process_fetched_is_not_fetched_again(keys, platform, store, lms_key):
    store.save(platform.jwks_url, {"keys": [public_jwk(lms_key)]}, NOW - timedelta(minutes=30))

    assert keys.key(platform, lms_key.kid, NOW)


def test_after_an_hour_the_set_is_fetched_again(keys, platform, httpserver, lms_key, other_key):
    """7.12."""
    serve(httpserver, public_jwk(lms_key), public_jwk(other_key))
    keys.key(platform, lms_key.kid, NOW)

    serve(httpserver, public_jwk(other_key))
    assert keys.key(platform, lms_key.kid, NOW + timedelta(minutes=59))
    assert refusal(keys, platform, lms_key.kid, NOW + HOUR) == ("not_trusted", "kid_unknown")
    assert keys.key(platform, other_key.kid, NOW + HOUR)
    assert len(httpserver.log) == 2


def test_a_new_key_is_found_at_once(keys, platform, httpserver, lms_key, other_key):
    """7.10."""
    serve(httpserver, public_jwk(lms_key))
    keys.key(platform, lms_key.kid, NOW)

    serve(httpserver, public_jwk(other_key))
    assert keys.key(platform, other_key.kid, NOW + MINUTE)
    assert refusal(keys, platform, lms_key.kid, NOW + MINUTE) == ("not_trusted", "kid_unknown")


def test_a_storm_of_unknown_keys_costs_one_fetch_a_minute(
    keys, platform, store, httpserver, lms_key
):
    serve(httpserver, public_jwk(lms_key))
    keys.key(platform, lms_key.kid, NOW)
    later = NOW + 2 * MINUTE

    with ThreadPoolExecutor(8) as threads:
        found = list(
            threads.map(lambda n: refusal(keys, platform, f"unknown-{n}", later), range(100))
        )

    assert set(found) == {("not_trusted", "kid_unknown")}
    assert len(httpserver.log) == 2
    assert store.loads == 2
    assert keys.key(platform, lms_key.kid, later)
    assert refusal(keys, platform, "unknown", later + MINUTE) == ("not_trusted", "kid_unknown")
    assert len(httpserver.log) == 3


def test_one_thread_fetches_and_the_others_wait_for_it(keys, platform, httpserver, lms_key):
    serve(httpserver, public_jwk(lms_key))

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: keys.key(platform, lms_key.kid, NOW), range(32)))

    assert all(key is found[0] for key in found)
    assert len(httpserver.log) == 1


def test_nobody_waits_for_a_fetch_who_has_a_key_that_will_do(
    keys, platform, httpserver, lms_key
):
    serve(httpserver, public_jwk(lms_key))
    kept = keys.key(platform, lms_key.kid, NOW)
    asked, may_answer = threading.Event(), threading.Event()

    def answer(_request):
        asked.set()
        may_answer.wait(5)
        return Response(json.dumps({"keys": [public_jwk(lms_key)]}))

    httpserver.clear_all_handlers()
    httpserver.expect_request("/jwks").respond_with_handler(answer)
    with ThreadPoolExecutor(1) as threads:
        fetching = threads.submit(keys.key, platform, lms_key.kid, NOW + HOUR)
        assert asked.wait(5)
        assert keys.key(platform, lms_key.kid, NOW + HOUR) is kept
        may_answer.set()
        assert numbers(fetching.result()) == numbers(kept)


def test_an_lms_that_is_away_is_trusted_as_it_was_for_a_day(
    keys, platform, httpserver, lms_key
):
    """7.1."""
    serve(httpserver, public_jwk(lms_key))
    kept = keys.key(platform, lms_key.kid, NOW)

    serve(httpserver, status=503)
    assert keys.key(platform, lms_key.kid, NOW + 2 * HOUR) is kept
    assert keys.key(platform, lms_key.kid, NOW + 23 * HOUR) is kept
    assert refusal(keys, platform, lms_key.kid, NOW + 24 * HOUR) == ("busy", "jwks_http_503")
    assert refusal(keys, platform, "unknown", NOW + 23 * HOUR) == ("busy", "jwks_http_503")


def test_an_lms_that_is_away_is_not_asked_by_every_launch(keys, platform, httpserver, lms_key):
    """7.2."""
    serve(httpserver, status=500)
    for second in range(0, 60, 10):
        now = NOW + timedelta(seconds=second)
        assert refusal(keys, platform, lms_key.kid, now) == ("busy", "jwks_http_500")
    assert len(httpserver.log) == 1

    serve(httpserver, public_jwk(lms_key))
    assert keys.key(platform, lms_key.kid, NOW + MINUTE)


def test_a_failed_answer_is_never_kept(keys, platform, store, httpserver, lms_key):
    """7.8."""
    serve(httpserver, public_jwk(lms_key), status=404)

    assert refusal(keys, platform, lms_key.kid) == ("busy", "jwks_http_404")
    assert store.kept == {}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>Sign in</html>", id="HTML"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="cut short"),
        pytest.param(b"\xff\xfe\xff", id="no text"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no keys"),
        pytest.param(b'{"keys":{}}', id="keys are an object"),
        pytest.param(b'{"keys":[]}', id="no key"),
        pytest.param(b'{"keys":[1,null,"a",[],{},{"kid":1},{"kid":""}]}', id="only junk"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_what_is_no_key_set_is_not_taken_for_one(keys, platform, httpserver, body):
    """7.7."""
    httpserver.expect_request("/jwks").respond_with_data(body)

    assert refusal(keys, platform, "k") == ("busy", "jwks_invalid")


def test_junk_beside_a_key_does_no_harm(keys, platform, store, httpserver, lms_key):
    """7.7."""
    junk = [1, None, "a", [], {"kty": "EC"}, {"kid": "a\0b"}, {"kid": "\ud800"}]
    serve(httpserver, *junk, {**public_jwk(lms_key), "x5c": ["MII"], "d": 5, "alg": None})

    assert keys.key(platform, lms_key.kid, NOW)
    document, _ = store.kept[platform.jwks_url]
    [entry] = document["keys"]
    assert set(entry) == {"kid", "kty", "n", "e", "use"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"kty": "oct", "alg": "HS256", "k": "c2VjcmV0"}, "key_type", id="3.17"),
        pytest.param({"kty": "EC"}, "key_type", id="another type"),
        pytest.param({"use": "enc"}, "key_type", id="for encryption"),
        pytest.param({"alg": "RS512"}, "key_type", id="for another algorithm"),
        pytest.param({"n": None}, "key_invalid", id="7.7 no n"),
        pytest.param({"n": "%%%"}, "key_invalid", id="7.7 n is no base64"),
        pytest.param({"n": "A"}, "key_invalid", id="7.7 n is no octets"),
        pytest.param({"n": "AQAB" * 600}, "key_invalid", id="7.7 n is endless"),
        pytest.param({"e": "AA"}, "key_invalid", id="7.7 e is nought"),
        pytest.param({"e": "Ag"}, "key_invalid", id="7.7 e is even"),
    ],
)
def test_a_key_we_do_not_verify_with_is_refused(
    keys, platform, httpserver, lms_key, changes, reason
):
    serve(httpserver, {**public_jwk(lms_key), **changes})

    assert refusal(keys, platform, lms_key.kid) == ("not_trusted", reason)


def test_a_weak_key_is_refused(keys, platform, httpserver):
    """3.29."""
    weak = ToolKey("weak", rsa.generate_private_key(public_exponent=65537, key_size=1024))
    serve(httpserver, public_jwk(weak))

    assert refusal(keys, platform, "weak") == ("not_trusted", "key_weak")


def test_two_keys_of_one_name_are_no_key(keys, platform, httpserver, lms_key, other_key):
    twin = {**public_jwk(other_key), "kid": lms_key.kid}
    serve(httpserver, public_jwk(lms_key), twin)

    assert refusal(keys, platform, lms_key.kid) == ("not_trusted", "kid_ambiguous")


def test_the_same_key_twice_is_one_key(keys, platform, httpserver, lms_key):
    serve(httpserver, public_jwk(lms_key), public_jwk(lms_key))

    assert keys.key(platform, lms_key.kid, NOW)


@pytest.mark.parametrize(("others", "taken"), [(499, True), (500, False), (4_999, False)])
def test_a_set_may_be_large_but_not_endless(keys, platform, httpserver, lms_key, others, taken):
    """7.6."""
    padding = [{"kid": f"k{n}", "kty": "RSA"} for n in range(others)]
    serve(httpserver, *padding, public_jwk(lms_key))

    if taken:
        assert keys.key(platform, lms_key.kid, NOW)
    else:
        assert refusal(keys, platform, lms_key.kid) == ("busy", "jwks_too_many")


def test_a_huge_answer_is_not_read(keys, platform, httpserver):
    """7.5."""
    bomb = gzip.compress(b" " * 20_000_000, 1)
    httpserver.expect_request("/jwks").respond_with_data(
        bomb, headers={"Content-Encoding": "gzip"}
    )

    assert refusal(keys, platform, "k") == ("busy", "jwks_too_large")


def test_a_redirect_is_not_followed(keys, platform, httpserver):
    """7.9."""
    headers = {"Location": "http://169.254.169.254/"}
    httpserver.expect_request("/jwks").respond_with_data("", status=302, headers=headers)

    assert refusal(keys, platform, "k") == ("busy", "jwks_redirect")


def test_a_slow_lms_is_not_waited_for(keys, platform, raw_server, monkeypatch):
    """7.3."""
    assert key_sets.FETCH_S == 5.0
    monkeypatch.setattr(key_sets, "FETCH_S", 0.2)
    raw_server.pieces = lambda: raw_server.drip(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", 0.02)

    slow = replace(platform, jwks_url=raw_server.url)
    assert refusal(keys, slow, "k") == ("busy", "jwks_timeout")


def test_a_slow_body_is_not_waited_for_either(keys, platform, raw_server, monkeypatch):
    monkeypatch.setattr(key_sets, "FETCH_S", 0.2)
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
    raw_server.pieces = lambda: raw_server.drip(start, b" ", 0.02)

    slow = replace(platform, jwks_url=raw_server.url)
    assert refusal(keys, slow, "k") == ("busy", "jwks_timeout")


def test_an_lms_nobody_answers_for_is_busy(keys, platform):
    """7.2."""
    gone = replace(platform, jwks_url="http://127.0.0.1:9/")

    assert refusal(keys, gone, "k") == ("busy", "jwks_unavailable")


def test_an_address_we_may_not_call_is_not_called(store, platform, httpserver):
    """7.15."""
    with lms_session() as strict:
        assert refusal(PlatformKeys(strict, store), platform, "k") == ("busy", "ssrf_blocked")

    assert not httpserver.log


def test_memory_is_bounded(keys, platform, store, httpserver, lms_key, monkeypatch):
    monkeypatch.setattr("lti_tool.lti.platform_keys._MOST_SETS", 2)
    for n in range(5):
        url = f"https://lms{n}.example/jwks"
        store.save(url, {"keys": [public_jwk(lms_key)]}, NOW)
        assert keys.key(replace(platform, jwks_url=url), lms_key.kid, NOW)

    assert len(keys._sources) <= 2
