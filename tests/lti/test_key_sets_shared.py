"""Key sets of all processes: who may ask an LMS, and what the others then know."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from lti_tool.errors import LaunchRefused
from lti_tool.lti.keys import public_jwk
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.lti.wire import known_keys
from lti_tool.lti.wire.known_keys import StoredKeySet
from lti_tool.records.db import Database
from lti_tool.records.trust_tables import KeySetRow
from lti_tool.stores import KeySets
from tests.conftest import ROOT
from tests.lti.world import NOW, PLATFORM

URL = PLATFORM.jwks_url
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
PROCESSES = 3


@pytest.fixture
def store(database):
    return KeySets(database)


@pytest.fixture
def platform(httpserver):
    return replace(PLATFORM, jwks_url=httpserver.url_for("/jwks"))


@pytest.fixture
def two(http, database, database_url):
    """Keys as two processes find them."""
    other = Database(database_url)
    yield PlatformKeys(http, KeySets(database)), PlatformKeys(http, KeySets(other))
    other.close()


def serve(httpserver, *entries, status=200):
    httpserver.clear_all_handlers()
    httpserver.expect_request("/jwks").respond_with_json({"keys": entries}, status=status)


def answer(keys, platform, kid, now=NOW):
    try:
        keys.key(platform, kid, now)
    except LaunchRefused as refused:
        return f"{refused.page} {refused.reason}"
    return "found"


def test_of_all_that_want_to_ask_at_once_one_may(database_url):
    with ExitStack() as stack, ThreadPoolExecutor(8) as threads:
        stores = [KeySets(Database(database_url)) for _ in range(4)]
        for store in stores:
            stack.callback(store._database.close)
        for at in (NOW, NOW + MINUTE):  # the row is made, then changed
            asked = threads.map(lambda n, at=at: stores[n % 4].claim(URL, at), range(16))

            assert sum(asked) == 1


def test_asking_again_is_for_whoever_comes_after_a_minute(store):
    assert store.claim(URL, NOW)

    assert not store.claim(URL, NOW)
    assert not store.claim(URL, NOW + MINUTE - SECOND)
    assert store.claim("https://lms.example/other", NOW)
    assert store.claim(URL, NOW + MINUTE)
    assert store.load(URL) == StoredKeySet(tried_at=NOW + MINUTE)


def test_a_clock_that_was_wrong_keeps_nobody_from_asking(store):
    assert store.claim(URL, NOW + HOUR)

    assert store.claim(URL, NOW)
    assert not store.claim(URL, NOW - 30 * SECOND), "clocks of machines differ a little"


def test_a_set_kept_by_a_clock_that_was_wrong_serves_until_there_is_another(
    two, store, platform, httpserver, lms_key, other_key
):
    ahead = NOW + 400 * HOUR
    store.save(platform.jwks_url, {"keys": [public_jwk(lms_key)]}, ahead, ahead + HOUR)
    serve(httpserver, status=503)
    assert answer(two[0], platform, lms_key.kid) == "found"
    assert len(httpserver.log) == 1

    serve(httpserver, public_jwk(other_key))
    at = NOW + MINUTE
    for keys in two:
        assert answer(keys, platform, other_key.kid, at) == "found"
        assert answer(keys, platform, lms_key.kid, at) == "not_trusted kid_unknown"
    assert len(httpserver.log) == 2


def test_what_a_try_brought_is_kept_unless_a_later_one_has_begun(store, lms_key):
    document = {"keys": [public_jwk(lms_key)]}
    store.claim(URL, NOW)
    store.save(URL, document, NOW, NOW + HOUR)
    kept = StoredKeySet(document, NOW, NOW + HOUR, NOW)
    assert store.load(URL) == kept

    store.claim(URL, NOW + HOUR)
    store.save(URL, {"keys": []}, NOW, NOW + 9 * HOUR)
    store.fail(URL, NOW, "jwks_timeout")
    assert store.load(URL) == replace(kept, tried_at=NOW + HOUR)

    store.fail(URL, NOW + HOUR, "jwks_timeout")
    assert store.load(URL) == replace(kept, tried_at=NOW + HOUR, fault="jwks_timeout")

    store.claim(URL, NOW + 2 * HOUR)
    store.save(URL, {"keys": []}, NOW + 2 * HOUR, NOW + 3 * HOUR)
    assert store.load(URL).fault is None


def test_a_set_kept_before_it_said_how_long_it_is_good_is_good_for_an_hour(
    database, http, platform, httpserver, lms_key
):
    store = KeySets(database)
    store.save(platform.jwks_url, {"keys": [public_jwk(lms_key)]}, NOW)
    with database.transaction() as db:
        db.execute(update(KeySetRow).values(tried_at=None))
    serve(httpserver, status=503)
    keys = PlatformKeys(http, store)

    assert answer(keys, platform, lms_key.kid, NOW + HOUR - SECOND) == "found"
    assert not httpserver.log
    assert answer(keys, platform, lms_key.kid, NOW + HOUR) == "found"
    assert len(httpserver.log) == 1


def test_what_one_process_fetched_the_other_does_not_fetch(two, platform, httpserver, lms_key):
    serve(httpserver, public_jwk(lms_key))

    assert [answer(keys, platform, lms_key.kid) for keys in two] == ["found", "found"]
    assert [answer(keys, platform, "unknown") for keys in two] == [
        "not_trusted kid_unknown"
    ] * 2
    assert len(httpserver.log) == 1


def test_an_lms_that_failed_one_process_is_not_asked_by_the_other(
    two, platform, httpserver, lms_key
):
    """Nor does the other say anything else than the one that asked."""
    serve(httpserver, status=503)
    first, second = two

    for at in (NOW, NOW + 30 * SECOND, NOW + 59 * SECOND):
        assert answer(first, platform, "k", at) == "busy jwks_http_503"
        assert answer(second, platform, "k", at) == "busy jwks_http_503"
    assert len(httpserver.log) == 1

    serve(httpserver, public_jwk(lms_key))
    assert answer(second, platform, lms_key.kid, NOW + MINUTE) == "found"
    assert answer(first, platform, lms_key.kid, NOW + MINUTE) == "found"
    assert len(httpserver.log) == 2


def test_a_key_one_process_looked_for_in_vain_costs_the_other_no_fetch(
    two, platform, httpserver, lms_key, other_key
):
    """3.19, 7.10: once a minute, not once a minute and process."""
    serve(httpserver, public_jwk(lms_key))
    first, second = two
    for keys in two:
        answer(keys, platform, lms_key.kid)

    assert answer(first, platform, "k1", NOW + MINUTE) == "not_trusted kid_unknown"
    assert answer(second, platform, "k2", NOW + MINUTE) == "not_trusted kid_unknown"
    assert len(httpserver.log) == 2

    serve(httpserver, public_jwk(other_key))
    assert answer(second, platform, other_key.kid, NOW + 2 * MINUTE) == "found"
    assert answer(first, platform, other_key.kid, NOW + 2 * MINUTE) == "found"
    assert len(httpserver.log) == 3


def test_while_another_process_asks_one_with_an_old_key_does_not_wait(
    two, platform, httpserver, lms_key, monkeypatch
):
    monkeypatch.setattr("lti_tool.lti.platform_keys.time", None)  # who sleeps would fail
    serve(httpserver, public_jwk(lms_key))
    first, second = two
    assert answer(first, platform, lms_key.kid) == "found"

    assert second._store.claim(platform.jwks_url, NOW + HOUR)

    assert answer(first, platform, lms_key.kid, NOW + HOUR) == "found"
    assert len(httpserver.log) == 1


def test_while_another_process_asks_nobody_is_told_that_a_key_is_not_there(
    two, platform, httpserver, lms_key, monkeypatch
):
    """It may be the new one."""
    monkeypatch.setattr("lti_tool.lti.platform_keys._POLLS", 2)
    serve(httpserver, public_jwk(lms_key))
    first, second = two
    assert answer(first, platform, lms_key.kid) == "found"

    assert second._store.claim(platform.jwks_url, NOW + MINUTE)

    assert answer(first, platform, "new", NOW + MINUTE) == "busy jwks_unavailable"
    assert len(httpserver.log) == 1


def test_what_another_process_is_asking_for_is_waited_for(
    two, platform, httpserver, lms_key, other_key, monkeypatch
):
    serve(httpserver, public_jwk(lms_key))
    first, second = two
    assert answer(first, platform, lms_key.kid) == "found"
    at = NOW + MINUTE
    assert second._store.claim(platform.jwks_url, at)

    def meanwhile(_seconds):
        second._store.save(platform.jwks_url, {"keys": [public_jwk(other_key)]}, at, at + HOUR)

    monkeypatch.setattr("lti_tool.lti.platform_keys.time.sleep", meanwhile)
    assert answer(first, platform, other_key.kid, at) == "found"
    assert len(httpserver.log) == 1


def test_a_process_that_ended_while_it_asked_is_not_waited_for(
    two, platform, httpserver, lms_key, monkeypatch
):
    monkeypatch.setattr("lti_tool.lti.platform_keys.time", None)
    serve(httpserver, public_jwk(lms_key))
    first, second = two
    assert first._store.claim(platform.jwks_url, NOW)

    after = NOW + known_keys._SURELY_OVER + SECOND
    assert answer(second, platform, lms_key.kid, after) == "busy jwks_unavailable"
    assert not httpserver.log
    assert answer(second, platform, lms_key.kid, NOW + MINUTE) == "found"


ONE_PROCESS = """
import sys
from dataclasses import replace
from datetime import UTC, datetime

from lti_tool.errors import LaunchRefused
from lti_tool.lti.http import lms_session
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.records.db import Database
from lti_tool.stores import KeySets
from tests.build import platform

database_url, kid, *urls = sys.argv[1:]
http = lms_session(private_networks=["127.0.0.0/8"])
keys = PlatformKeys(http, KeySets(Database(database_url)))
print("ready", flush=True)
sys.stdin.readline()
for url in urls:
    told = "busy jwks_unavailable"
    while told == "busy jwks_unavailable":  # on a busy machine one may not wait long enough
        try:
            keys.key(platform(jwks_url=url), kid, datetime.now(UTC))
            told = "found"
        except LaunchRefused as refused:
            told = f"{refused.page} {refused.reason}"
    print(told, flush=True)
"""


def test_real_processes_ask_once(database_url, httpserver, lms_key):
    httpserver.expect_request("/well").respond_with_json({"keys": [public_jwk(lms_key)]})
    httpserver.expect_request("/away").respond_with_data("", status=503)
    urls = [httpserver.url_for("/well"), httpserver.url_for("/away")]
    command = [sys.executable, "-c", ONE_PROCESS, database_url, lms_key.kid, *urls]
    with ExitStack() as stack:
        started = []
        for _ in range(PROCESSES):
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            started.append(process)
        assert [process.stdout.readline() for process in started] == ["ready\n"] * PROCESSES
        for process in started:
            process.stdin.write("go\n")
            process.stdin.flush()
        ended = [process.communicate(timeout=60)[0] for process in started]

    told = [[line for line in out.splitlines() if " [" not in line] for out in ended]
    assert told == [["found", "busy jwks_http_503"]] * PROCESSES
    assert sorted(request.path for request, _ in httpserver.log) == ["/away", "/well"]
