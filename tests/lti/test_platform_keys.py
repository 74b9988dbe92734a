"""Keys LMSs sign with. Case ids are those of the catalogue of hostile input."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from structlog.testing import capture_logs
from werkzeug import Response

from lti_tool.app import THREADS
from lti_tool.errors import LaunchRefused
from lti_tool.lti.http import lms_session
from lti_tool.lti.keys import ToolKey, public_jwk
from lti_tool.lti.platform_keys import LIMITS, PlatformKeys
from lti_tool.lti.wire import key_sets
from lti_tool.lti.wire.known_keys import StoredKeySet
from lti_tool.lti.wire.turns import Turns
from tests.lti.world import NOW, PLATFORM, KeptKeySets, base64url

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def store():
    return KeptKeySets()


@pytest.fixture
def keys(http, store):
    made = PlatformKeys(http, store)
    made._turns = Turns(replace(LIMITS, patience_s=30.0))  # on a busy machine all takes longer
    return made


@pytest.fixture
def platform(httpserver):
    return replace(PLATFORM, jwks_url=httpserver.url_for("/jwks"))


def serve(httpserver, *entries, status=200):
    httpserver.clear_all_handlers()
    httpserver.expect_request("/jwks").respond_with_json({"keys": entries}, status=status)


class Held:
    """An LMS that says nothing until it may; also at several more addresses."""

    def __init__(self, httpserver, lms_key):
        self.asked, self.may_answer = threading.Event(), threading.Event()
        self.body = json.dumps({"keys": [public_jwk(lms_key)]})
        paths = ["/jwks", *(f"/jwks/{n}" for n in range(LIMITS.working))]
        self.urls = [httpserver.url_for(path) for path in paths]
        httpserver.clear_all_handlers()
        for path in paths:
            httpserver.expect_request(path).respond_with_handler(self.answer)

    def answer(self, _request):
        self.asked.set()
        self.may_answer.wait(5)
        return Response(self.body)


@pytest.fixture
def held(httpserver, lms_key):
    made = Held(httpserver, lms_key)
    yield made
    made.may_answer.set()


def wait_for(true):
    until = time.monotonic() + 5
    while not true():
        assert time.monotonic() < until
        time.sleep(0.002)


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
    assert store.kept[platform.jwks_url] == StoredKeySet(
        {"keys": [public_jwk(lms_key)]}, NOW, NOW + HOUR, NOW
    )


def test_a_key_that_is_known_costs_no_look_at_the_store(
    keys, platform, store, httpserver, lms_key
):
    serve(httpserver, public_jwk(lms_key))
    kept = keys.key(platform, lms_key.kid, NOW)
    looked = store.loads

    for second in range(299):
        assert keys.key(platform, lms_key.kid, NOW + timedelta(seconds=second)) is kept

    assert store.loads == looked


def test_what_another_process_fetched_is_known_within_five_minutes(
    keys, platform, store, httpserver, lms_key, other_key
):
    """7.12: of several processes the one that fetches is not the only one to know."""
    serve(httpserver, public_jwk(lms_key), public_jwk(other_key))
    kept = keys.key(platform, other_key.kid, NOW)
    keys.key(platform, lms_key.kid, NOW)

    serve(httpserver, public_jwk(other_key))
    later = NOW + 2 * MINUTE
    store.save(platform.jwks_url, {"keys": [public_jwk(other_key)]}, later, later + HOUR)

    assert keys.key(platform, lms_key.kid, NOW + timedelta(seconds=299))
    at = NOW + 5 * MINUTE
    assert keys.key(platform, other_key.kid, at) is kept  # not parsed again
    assert refusal(keys, platform, lms_key.kid, at) == ("not_trusted", "kid_unknown")


def test_a_key_that_changed_under_its_name_is_another(
    keys, platform, httpserver, lms_key, other_key
):
    serve(httpserver, public_jwk(lms_key))
    keys.key(platform, lms_key.kid, NOW)

    serve(httpserver, {**public_jwk(other_key), "kid": lms_key.kid})
    changed = keys.key(platform, lms_key.kid, NOW + HOUR)

    assert numbers(changed) == numbers(other_key.private.public_key())


@pytest.mark.parametrize(
    ("cache_control", "minutes"),
    [
        pytest.param(None, 60, id="nothing said"),
        pytest.param("public, max-age=1800", 30, id="half an hour"),
        pytest.param("Public, MAX-AGE=1800", 30, id="in capitals"),
        pytest.param('max-age="1800"', 30, id="in quotes"),
        pytest.param("max-age=300", 5, id="the least"),
        pytest.param("max-age=299", 5, id="less than the least"),
        pytest.param("max-age=0", 5, id="nought"),
        pytest.param("max-age=86400", 1440, id="the most"),
        pytest.param("max-age=86401", 1440, id="more than the most"),
        pytest.param("max-age=" + "9" * 5_000, 1440, id="for ever"),
        pytest.param("no-store", 5, id="no-store"),
        pytest.param("no-cache, max-age=1800", 5, id="no-cache"),
        pytest.param("max-age", 60, id="no number"),
        pytest.param("max-age=", 60, id="an empty number"),
        pytest.param("max-age=-5", 60, id="less than nought"),
        pytest.param("max-age=soon", 60, id="a word"),
        pytest.param("max-age=1e3", 60, id="no whole number"),
        pytest.param("max-age=\u00b2", 60, id="no digit"),
        pytest.param(',,="', 60, id="nonsense"),
    ],
)
def test_a_set_is_good_for_as_long_as_the_lms_says_within_limits(
    keys, platform, store, httpserver, lms_key, cache_control, minutes
):
    document = json.dumps({"keys": [public_jwk(lms_key)]})
    headers = {"Cache-Control": cache_control} if cache_control else {}
    httpserver.expect_request("/jwks").respond_with_data(document, headers=headers)
    good = timedelta(minutes=minutes)

    keys.key(platform, lms_key.kid, NOW)
    keys.key(platform, lms_key.kid, NOW + good - timedelta(seconds=1))
    assert len(httpserver.log) == 1
    assert store.kept[platform.jwks_url].fresh_until == NOW + good

    keys.key(platform, lms_key.kid, NOW + good)
    assert len(httpserver.log) == 2


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

    with ThreadPoolExecutor(1 + LIMITS.waiting) as threads:
        found = list(
            threads.map(lambda n: refusal(keys, platform, f"unknown-{n}", later), range(100))
        )

    assert set(found) == {("not_trusted", "kid_unknown")}
    assert len(httpserver.log) == 2
    assert store.loads <= 2 + LIMITS.waiting  # whoever has to wait looks once
    assert store.claims == 2
    assert keys.key(platform, lms_key.kid, later)
    assert refusal(keys, platform, "unknown", later + MINUTE) == ("not_trusted", "kid_unknown")
    assert len(httpserver.log) == 3


def test_one_thread_fetches_and_the_others_wait_for_it(keys, platform, httpserver, lms_key):
    serve(httpserver, public_jwk(lms_key))

    with ThreadPoolExecutor(1 + LIMITS.waiting) as threads:
        found = list(threads.map(lambda _: keys.key(platform, lms_key.kid, NOW), range(32)))

    assert all(key is found[0] for key in found)
    assert len(httpserver.log) == 1


def test_few_wait_for_an_lms_that_does_not_answer_and_the_rest_is_told_at_once(
    keys, platform, held, lms_key
):
    with ThreadPoolExecutor(1 + LIMITS.waiting) as threads:
        first = threads.submit(keys.key, platform, lms_key.kid, NOW)
        assert held.asked.wait(5)
        waiting = [
            threads.submit(keys.key, platform, lms_key.kid, NOW) for _ in range(LIMITS.waiting)
        ]
        wait_for(lambda: keys._turns._waiting == LIMITS.waiting)

        assert refusal(keys, platform, lms_key.kid) == ("busy", "jwks_unavailable")
        assert not first.done()

        held.may_answer.set()
        assert all(numbers(one.result()) for one in [first, *waiting])


def test_nobody_waits_long_for_an_lms_that_does_not_answer(
    keys, platform, held, lms_key, monkeypatch
):
    monkeypatch.setattr(keys, "_turns", Turns(replace(LIMITS, patience_s=0.05)))
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(keys.key, platform, lms_key.kid, NOW)
        assert held.asked.wait(5)

        assert refusal(keys, platform, lms_key.kid) == ("busy", "jwks_unavailable")
        assert not first.done()
        held.may_answer.set()


def test_lmss_that_do_not_answer_leave_most_threads_and_turns_for_others(
    keys, platform, httpserver, lms_key
):
    """Four of them at once: one more LMS can still be asked for its keys."""
    serve(httpserver, public_jwk(lms_key))
    with ThreadPoolExecutor(4) as threads, socket.create_server(("127.0.0.1", 0)) as hung:
        origin = f"http://127.0.0.1:{hung.getsockname()[1]}"
        at = [replace(platform, jwks_url=f"{origin}/{n}") for n in range(4)]
        asking = [threads.submit(keys.key, one, lms_key.kid, NOW) for one in at]
        wait_for(lambda: len(keys._turns._taken) == 4)

        assert keys.key(platform, lms_key.kid, NOW)
        assert not any(one.done() for one in asking)
        hung.close()
        assert all(one.exception().page == "busy" for one in asking)

    assert LIMITS.working + LIMITS.waiting <= THREADS * 3 // 4


def test_no_more_lmss_are_asked_at_once_than_may_hold_a_thread(keys, platform, held, lms_key):
    at = [replace(platform, jwks_url=url) for url in held.urls]
    with ThreadPoolExecutor(LIMITS.working) as threads:
        asking = [
            threads.submit(keys.key, one, lms_key.kid, NOW) for one in at[: LIMITS.working]
        ]
        wait_for(lambda: len(keys._turns._taken) == LIMITS.working)

        assert refusal(keys, at[-1], lms_key.kid) == ("busy", "jwks_unavailable")
        held.may_answer.set()
        assert all(one.result() for one in asking)
    assert keys.key(at[-1], lms_key.kid, NOW)  # nobody was told that it is away


def test_nobody_waits_for_an_lms_that_was_away_a_minute_ago(
    keys, platform, store, held, lms_key, monkeypatch
):
    monkeypatch.setattr(keys._turns, "wait", None)  # who waits would fail
    store.kept[platform.jwks_url] = StoredKeySet(tried_at=NOW, fault="jwks_timeout")
    assert refusal(keys, platform, lms_key.kid) == ("busy", "jwks_timeout")
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(keys.key, platform, lms_key.kid, NOW + MINUTE)
        assert held.asked.wait(5)

        again = refusal(keys, platform, lms_key.kid, NOW + MINUTE)
        assert again == ("busy", "jwks_timeout")
        held.may_answer.set()
        assert asking.result()


def test_nobody_waits_for_a_fetch_who_has_a_key_that_will_do(
    keys, platform, httpserver, lms_key
):
    serve(httpserver, public_jwk(lms_key))
    kept = keys.key(platform, lms_key.kid, NOW)
    held = Held(httpserver, lms_key)
    with ThreadPoolExecutor(1) as threads:
        fetching = threads.submit(keys.key, platform, lms_key.kid, NOW + HOUR)
        assert held.asked.wait(5)
        assert keys.key(platform, lms_key.kid, NOW + HOUR) is kept
        held.may_answer.set()
        assert numbers(fetching.result()) == numbers(kept)


def test_an_lms_that_is_away_is_trusted_as_it_was_for_a_day(
    keys, platform, httpserver, lms_key
):
    """7.1."""
    serve(httpserver, public_jwk(lms_key))
    kept = keys.key(platform, lms_key.kid, NOW)

    serve(httpserver, status=503)
    with capture_logs() as log:
        assert keys.key(platform, lms_key.kid, NOW + 2 * HOUR) is kept
    assert [(entry["reason"], entry["log_level"]) for entry in log] == [
        ("jwks_http_503", "warning"),
        ("jwks_stale", "warning"),
    ]
    assert keys.key(platform, lms_key.kid, NOW + 24 * HOUR) is kept
    assert refusal(keys, platform, "unknown", NOW + 24 * HOUR) == ("busy", "jwks_http_503")
    assert refusal(keys, platform, lms_key.kid, NOW + 25 * HOUR) == ("busy", "jwks_http_503")


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
    assert store.kept[platform.jwks_url] == StoredKeySet(tried_at=NOW, fault="jwks_http_404")


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
        pytest.param(b'{"keys":[{"kid":"k","kty":"RSA","e":"AQAB"}]}', id="a key without n"),
        pytest.param(b'{"keys":[{"kid":"k","kty":"RSA","n":"AQAB"}]}', id="a key without e"),
        pytest.param(b'{"keys":[' + b"9" * 9_999 + b"]}", id="an endless number"),
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
    [entry] = store.kept[platform.jwks_url].document["keys"]
    assert set(entry) == {"kid", "kty", "n", "e", "use"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"kty": "oct", "alg": "HS256", "k": "c2VjcmV0"}, "key_type", id="3.17"),
        pytest.param({"kty": "EC"}, "key_type", id="another type"),
        pytest.param({"use": "enc"}, "key_type", id="for encryption"),
        pytest.param({"alg": "RS512"}, "key_type", id="for another algorithm"),
        pytest.param({"n": None}, "kid_unknown", id="7.7 no n"),
        pytest.param({"e": 65537}, "kid_unknown", id="7.7 e is a number"),
        pytest.param({"n": "%%%"}, "key_invalid", id="7.7 n is no base64"),
        pytest.param({"n": "A"}, "key_invalid", id="7.7 n is no octets"),
        pytest.param({"n": "AQAB" * 600}, "kid_unknown", id="7.7 n is endless"),
        pytest.param({"e": "AA"}, "key_invalid", id="7.7 e is nought"),
        pytest.param({"e": "AQ"}, "key_invalid", id="7.7 e is one"),
        pytest.param({"e": "BA"}, "key_invalid", id="7.7 e is even"),
        pytest.param({"e": "AQAAAAE"}, "key_invalid", id="e has 33 bits"),
        pytest.param({"n": "gA" * 171 + "gA"}, "key_invalid", id="n is even"),
    ],
)
def test_a_key_we_do_not_verify_with_is_refused(
    keys, platform, httpserver, lms_key, other_key, changes, reason
):
    serve(httpserver, {**public_jwk(lms_key), **changes}, public_jwk(other_key))

    assert refusal(keys, platform, lms_key.kid) == ("not_trusted", reason)
    assert keys.key(platform, other_key.kid, NOW)


@pytest.mark.parametrize("exponent", [3, 65_537, 2**32 - 1])
def test_exponents_of_up_to_32_bits_are_taken(keys, platform, httpserver, lms_key, exponent):
    written = base64url(exponent.to_bytes(4, "big"))
    serve(httpserver, {**public_jwk(lms_key), "e": written})

    assert keys.key(platform, lms_key.kid, NOW).public_numbers().e == exponent


def test_a_weak_key_is_refused(keys, platform, httpserver):
    """3.29."""
    weak = ToolKey("weak", rsa.generate_private_key(public_exponent=65537, key_size=1024))
    serve(httpserver, public_jwk(weak))

    assert refusal(keys, platform, "weak") == ("not_trusted", "key_weak")


def test_two_keys_of_one_name_are_no_key(keys, platform, httpserver, lms_key, other_key):
    twin = {**public_jwk(other_key), "kid": lms_key.kid}
    serve(httpserver, public_jwk(lms_key), twin)

    assert refusal(keys, platform, lms_key.kid) == ("not_trusted", "kid_ambiguous")


def test_a_third_of_that_name_does_not_settle_it(
    keys, platform, httpserver, lms_key, other_key
):
    twin = {**public_jwk(other_key), "kid": lms_key.kid}
    serve(httpserver, twin, public_jwk(lms_key), twin)

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


def test_an_lms_that_cannot_prove_who_it_is_is_not_believed(keys, platform, httpserver):
    """7.14."""
    serve(httpserver)
    plain = replace(platform, jwks_url=f"https://localhost:{httpserver.port}/jwks")

    assert refusal(keys, plain, "k") == ("busy", "jwks_tls")


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

    assert len(keys._known) <= 2
