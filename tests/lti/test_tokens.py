"""Access tokens of LMSs."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

import jwt
import pytest
from werkzeug import Response

from lti_tool.errors import LmsRejected, LmsUnavailable
from lti_tool.lti.keys import public_jwk
from lti_tool.lti.tokens import AccessTokens
from tests.lti.world import NOW, PLATFORM, SCORE

RESULT = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"


class KeptTokens:
    """A store of tokens in memory."""

    def __init__(self):
        self.kept = {}

    def load(self, platform_id, scopes, now):
        return self.kept.get((platform_id, scopes))

    def save(self, platform_id, scopes, token, expires_at):
        self.kept[platform_id, scopes] = (token, expires_at)

    def drop(self, platform_id, scopes):
        self.kept.pop((platform_id, scopes), None)


@pytest.fixture
def store():
    return KeptTokens()


@pytest.fixture
def tokens(http, tool_key, store):
    return AccessTokens(http, lambda: tool_key, store)


@pytest.fixture
def platform(httpserver):
    return replace(PLATFORM, token_url=httpserver.url_for("/token"))


def answer(httpserver, body=None, status=200, **members):
    """Let the LMS give out one token after another, or say something else."""
    count = iter(range(1, 1_000))

    def respond(_request):
        said = {"access_token": f"token-{next(count)}", "token_type": "Bearer", **members}
        return Response(json.dumps(said) if body is None else body, status)

    httpserver.clear_all_handlers()
    httpserver.expect_request("/token", method="POST").respond_with_handler(respond)


def later(**time):
    return NOW + timedelta(**time)


def test_a_token_is_asked_for_with_a_signed_assertion(tokens, platform, httpserver, tool_key):
    answer(httpserver, expires_in=3600)

    assert tokens.token(platform, [SCORE, RESULT], NOW) == "token-1"

    sent = httpserver.log[0][0]
    form = {name: value for name, [value] in parse_qs(sent.get_data(as_text=True)).items()}
    assertion = form.pop("client_assertion")
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form == {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "scope": f"{RESULT} {SCORE}",
    }
    published = jwt.PyJWK(public_jwk(tool_key)).key
    claims = jwt.decode(
        assertion,
        published,
        algorithms=["RS256"],
        options={"verify_aud": False, "verify_exp": False},
    )
    assert claims.pop("jti")
    assert claims == {
        "iss": PLATFORM.client_id,
        "sub": PLATFORM.client_id,
        "aud": platform.token_url,
        "iat": int(NOW.timestamp()) - 5,
        "exp": int(NOW.timestamp()) + 115,
    }
    assert jwt.get_unverified_header(assertion) == {
        "alg": "RS256",
        "kid": tool_key.kid,
        "typ": "JWT",
    }


def test_an_lms_may_have_another_audience_than_its_address(tokens, platform, httpserver):
    answer(httpserver)
    tokens.token(replace(platform, token_audience="https://api.example/token"), [SCORE], NOW)

    form = parse_qs(httpserver.log[0][0].get_data(as_text=True))
    claims = jwt.decode(form["client_assertion"][0], options={"verify_signature": False})
    assert claims["aud"] == "https://api.example/token"


def test_a_token_is_asked_for_once_and_used_until_shortly_before_its_end(
    tokens, platform, store, httpserver
):
    answer(httpserver, expires_in=3600)

    for minutes in (0, 30, 58):
        assert tokens.token(platform, [SCORE], later(minutes=minutes)) == "token-1"
    assert store.kept == {(PLATFORM.id, SCORE): ("token-1", later(minutes=59))}
    assert tokens.token(platform, [SCORE], later(minutes=59)) == "token-2"


def test_each_lms_and_each_set_of_scopes_has_its_own(tokens, platform, httpserver):
    answer(httpserver)

    assert tokens.token(platform, [SCORE], NOW) == "token-1"
    assert tokens.token(replace(platform, id=8), [SCORE], NOW) == "token-2"
    assert tokens.token(platform, [SCORE, RESULT], NOW) == "token-3"
    assert tokens.token(platform, [RESULT, SCORE], NOW) == "token-3"


def test_what_another_process_was_given_is_used(tokens, platform, store, httpserver):
    store.save(PLATFORM.id, SCORE, "theirs", later(minutes=10))

    assert tokens.token(platform, [SCORE], NOW) == "theirs"
    assert not httpserver.log


def test_many_threads_ask_once(tokens, platform, httpserver):
    answer(httpserver)

    with ThreadPoolExecutor(8) as threads:
        given = set(threads.map(lambda _: tokens.token(platform, [SCORE], NOW), range(50)))

    assert given == {"token-1"}
    assert len(httpserver.log) == 1


def test_a_refused_token_is_replaced_once_for_all(tokens, platform, store, httpserver):
    answer(httpserver)
    tokens.token(platform, [SCORE], NOW)

    assert tokens.replace(platform, [SCORE], "token-1", NOW) == "token-2"
    assert tokens.replace(platform, [SCORE], "token-1", NOW) == "token-2"
    assert store.kept[PLATFORM.id, SCORE][0] == "token-2"


@pytest.mark.parametrize(
    ("members", "seconds"),
    [
        pytest.param({}, 240, id="8.7 not said"),
        pytest.param({"expires_in": "3600"}, 3540, id="8.7 in words"),
        pytest.param({"expires_in": 3600.5}, 3540.5, id="a fraction"),
        pytest.param({"expires_in": 30}, 15, id="short"),
        pytest.param({"expires_in": 10**400}, 240, id="hundreds of digits"),
        pytest.param({"expires_in": 10**9}, 86_340, id="for ever"),
        pytest.param({"expires_in": 0}, 240, id="nought"),
        pytest.param({"expires_in": -5}, 240, id="below nought"),
        pytest.param({"expires_in": "soon"}, 240, id="no number"),
        pytest.param({"expires_in": None}, 240, id="null"),
        pytest.param({"expires_in": [1]}, 240, id="a list"),
        pytest.param({"token_type": "bearer", "scope": f"x {SCORE}"}, 240, id="8.7 lower case"),
        pytest.param({"scope": None}, 240, id="no scope"),
    ],
)
def test_a_token_is_kept_for_less_than_it_lives(
    tokens, platform, store, httpserver, members, seconds
):
    answer(httpserver, **members)
    tokens.token(platform, [SCORE], NOW)

    assert store.kept[PLATFORM.id, SCORE] == ("token-1", later(seconds=seconds))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(200, "<html>Sign in</html>", id="8.8 a page"),
        pytest.param(200, "", id="8.8 nothing"),
        pytest.param(200, "[]", id="a list"),
        pytest.param(200, "{}", id="no token"),
        pytest.param(200, '{"access_token":5}', id="a number"),
        pytest.param(200, '{"access_token":""}', id="empty"),
        pytest.param(200, '{"access_token":"a\\r\\nX: y"}', id="a header in it"),
        pytest.param(200, '{"access_token":"\\u00e4"}', id="not ASCII"),
        pytest.param(200, json.dumps({"access_token": "a" * 20_000}), id="endless"),
        pytest.param(400, '{"error" : ""kid" invalid, unable to lookup"}', id="unparseable"),
        pytest.param(400, '{"error":"Expired token"}', id="a library's words"),
        pytest.param(400, '{"error":{"a":1}}', id="an object"),
        pytest.param(401, '{"error":"invalid_client"}', id="our key not known yet"),
        pytest.param(404, "<html>no key set</html>", id="our keys unreachable"),
        pytest.param(500, "", id="a fault"),
        pytest.param(503, "", id="away"),
    ],
)
def test_an_lms_that_gives_no_token_now_may_later(
    tokens, platform, store, httpserver, status, body
):
    answer(httpserver, body, status)

    with pytest.raises(LmsUnavailable):
        tokens.token(platform, [SCORE], NOW)

    assert store.kept == {}


@pytest.mark.parametrize(
    "code", ["invalid_scope", "unauthorized_client", "unsupported_grant_type"]
)
def test_an_lms_that_will_give_none_says_so(tokens, platform, httpserver, code):
    """8.8."""
    answer(httpserver, json.dumps({"error": code}), 400)

    with pytest.raises(LmsRejected, match=f"token_error:{code}"):
        tokens.token(platform, [SCORE], NOW)


def test_a_token_for_less_than_was_asked_is_not_used(tokens, platform, httpserver):
    """8.9."""
    answer(httpserver, scope=RESULT)

    with pytest.raises(LmsRejected, match="scope_missing"):
        tokens.token(platform, [SCORE], NOW)


def test_an_lms_that_asks_us_to_wait_is_heard(tokens, platform, httpserver):
    httpserver.expect_request("/token").respond_with_data(
        "", status=429, headers={"Retry-After": "120"}
    )

    with pytest.raises(LmsUnavailable) as unavailable:
        tokens.token(platform, [SCORE], NOW)

    assert unavailable.value.retry_after_s == 120


def test_an_lms_nobody_answers_for_is_unavailable(tokens, platform):
    with pytest.raises(LmsUnavailable, match="ConnectionError"):
        tokens.token(replace(platform, token_url="http://127.0.0.1:9/"), [SCORE], NOW)
