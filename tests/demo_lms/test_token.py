"""Access tokens: who gets one, for what, how long."""

from __future__ import annotations

import pytest
import requests

from lti_tool.demo_lms.services.scopes import LINE_ITEM, SCORE
from tests.demo_lms.conftest import ISSUER
from tests.demo_lms.tool import public_jwk

TOKEN = f"{ISSUER}/token"


def refusal(world, form, **options):
    answer = world.http.post(TOKEN, data=form, **options)
    return answer.status_code, answer.json()["error"]


def test_a_good_assertion_gets_a_token_for_what_was_asked(world):
    form = world.tool.token_form(SCORE, LINE_ITEM)

    answer = world.http.post(TOKEN, data=form)

    body = answer.json()
    assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 3600)
    assert set(body["scope"].split()) == {SCORE, LINE_ITEM}
    assert answer.headers["Cache-Control"] == "no-store"


def test_scopes_nobody_offers_are_left_out(world):
    answer = world.http.post(TOKEN, data=world.tool.token_form(SCORE, "openid", "x"))

    assert answer.json()["scope"] == SCORE


FORMS = [
    ({"grant_type": "password"}, "unsupported_grant_type"),
    ({"grant_type": ...}, "unsupported_grant_type"),
    ({"client_assertion_type": "jwt"}, "invalid_client"),
    ({"client_assertion_type": ...}, "invalid_client"),
    ({"client_assertion": ...}, "invalid_client"),
    ({"client_assertion": "a.b.c"}, "invalid_client"),
    ({"scope": ...}, "invalid_scope"),
    ({"scope": "openid"}, "invalid_scope"),
]


@pytest.mark.parametrize(("changes", "error"), FORMS)
def test_a_wrong_form_is_refused(world, changes, error):
    assert refusal(world, world.tool.token_form(SCORE, **changes)) == (400, error)


CLAIMS = [
    pytest.param({"iss": "someone"}, id="iss"),
    pytest.param({"iss": ...}, id="no iss"),
    pytest.param({"sub": "someone"}, id="sub"),
    pytest.param({"sub": ...}, id="no sub"),
    pytest.param({"aud": ISSUER}, id="aud of something else"),
    pytest.param({"aud": [TOKEN, "https://other.example"]}, id="aud of others too"),
    pytest.param({"aud": ...}, id="no aud"),
    pytest.param({"exp": ...}, id="no exp"),
    pytest.param({"iat": ...}, id="no iat"),
    pytest.param({"jti": ...}, id="no jti"),
    pytest.param({"jti": ""}, id="empty jti"),
    pytest.param({"jti": "j" * 256}, id="endless jti"),
]


@pytest.mark.parametrize("changes", CLAIMS)
def test_a_wrong_claim_is_refused(world, changes):
    assertion = world.tool.sign(world.tool.assertion(**changes))

    form = world.tool.token_form(SCORE, client_assertion=assertion)

    assert refusal(world, form) == (400, "invalid_client")


TIMES = [
    pytest.param(-60, 0, 400, id="just over"),
    pytest.param(-60, 1, 200, id="one second left"),
    pytest.param(1, 60, 400, id="from the future"),
    pytest.param(0, 60, 200, id="made this second"),
    pytest.param(-1800, 1801, 400, id="over an hour long"),
    pytest.param(-1800, 1800, 200, id="an hour long"),
    pytest.param(60, -60, 400, id="backwards"),
    pytest.param(1, 1, 400, id="no time at all"),
]


@pytest.mark.parametrize(("iat", "exp", "status"), TIMES)
def test_an_assertion_is_good_for_its_time_and_no_leeway(world, iat, exp, status):
    now = world.clock.second
    assertion = world.tool.sign(world.tool.assertion(iat=now + iat, exp=now + exp))

    form = world.tool.token_form(SCORE, client_assertion=assertion)

    assert world.http.post(TOKEN, data=form).status_code == status


@pytest.mark.parametrize("name", ["iat", "exp", "nbf"])
@pytest.mark.parametrize("value", ["1795442326", True, None, [], 1e300, -1, 10**400])
def test_a_time_that_is_no_number_is_refused(world, name, value):
    form = world.tool.token_form(
        SCORE, client_assertion=world.tool.sign(world.tool.assertion(**{name: value}))
    )

    assert refusal(world, form) == (400, "invalid_client")


def test_an_assertion_for_later_is_refused(world):
    claims = world.tool.assertion(nbf=world.clock.second + 1)

    form = world.tool.token_form(SCORE, client_assertion=world.tool.sign(claims))

    assert refusal(world, form) == (400, "invalid_client")


def test_an_assertion_is_good_once(world):
    form = world.tool.token_form(SCORE)
    assert world.http.post(TOKEN, data=form).status_code == 200

    assert refusal(world, form) == (400, "invalid_client")


@pytest.mark.parametrize("header", [{"kid": "unknown"}, {"kid": ""}, {"alg": "RS384"}])
def test_a_wrong_header_is_refused(world, header):
    assertion = world.tool.sign(world.tool.assertion(), **header)

    form = world.tool.token_form(SCORE, client_assertion=assertion)

    assert refusal(world, form) == (400, "invalid_client")


def test_a_forged_signature_is_refused(world):
    head, body, _ = world.tool.sign(world.tool.assertion()).split(".")
    *_, other = world.tool.sign(world.tool.assertion(jti="other")).split(".")

    form = world.tool.token_form(SCORE, client_assertion=f"{head}.{body}.{other}")

    assert refusal(world, form) == (400, "invalid_client")


def test_parameters_come_once_and_in_a_form(world):
    form = world.tool.token_form(SCORE)

    assert refusal(world, [*form.items(), ("scope", "x")]) == (400, "invalid_request")
    assert refusal(world, form, params={"scope": "x"}) == (400, "invalid_request")
    answer = world.http.post(TOKEN, json=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_get_is_refused(world):
    assert world.http.get(TOKEN).status_code == 405


def test_the_tools_keys_are_fetched_once_and_again_for_an_unknown_key(world):
    world.tool.token(world.http, SCORE)
    world.tool.token(world.http, SCORE)
    assert world.tool.key_fetches == 1

    world.tool.key_number = 2

    world.tool.token(world.http, SCORE)
    assert world.tool.key_fetches == 2


def test_a_key_withdrawn_is_no_good_after_the_next_fetch(world):
    old = world.tool.token_form(SCORE)
    world.tool.key_number = 2
    world.tool.token(world.http, SCORE)

    assert refusal(world, old) == (400, "invalid_client")


KEY_SETS = [
    pytest.param("nonsense", 200, 503, id="no JSON"),
    pytest.param("{}", 200, 503, id="no keys"),
    pytest.param('{"keys": 7}', 200, 503, id="keys no list"),
    pytest.param("", 500, 503, id="down"),
    pytest.param("", 302, 503, id="moved"),
    pytest.param(" " * 300_000, 200, 503, id="endless"),
    pytest.param('{"keys": [{"kty": "RSA"}]}', 200, 400, id="no kid"),
    pytest.param(
        '{"keys": [{"kid": "key-1", "kty": "oct", "k": "c2VjcmV0"}]}', 200, 400, id="k"
    ),
    pytest.param('{"keys": [{"kid": "key-1", "kty": "RSA"}]}', 200, 400, id="half a key"),
]


@pytest.mark.parametrize(("text", "answers", "status"), KEY_SETS)
def test_an_odd_key_set_gets_no_token(world, text, answers, status):
    world.tool.key_set_answer = (text, answers)

    found, error = refusal(world, world.tool.token_form(SCORE))

    assert found == status
    assert error == ("temporarily_unavailable" if status == 503 else "invalid_client")


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ({**public_jwk(1), "d": "AQAB"}, "shows a secret"),
        ({**public_jwk(1), "use": "enc"}, "use must be sig"),
        ({**public_jwk(9), "kid": "key-1"}, "2048 bits"),
    ],
)
def test_a_wrong_key_in_the_set_gets_no_token(world, key, why):
    world.tool.key_set_answer = ({"keys": [key]}, 200)

    answer = world.http.post(TOKEN, data=world.tool.token_form(SCORE))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")
    assert why in answer.json()["error_description"]


def test_a_tool_that_cannot_be_reached_gets_no_token(make_world):
    world = make_world(jwks_url="http://nowhere.example/jwks")

    assert refusal(world, world.tool.token_form(SCORE)) == (503, "temporarily_unavailable")


def test_a_session_of_tests_reaches_nothing_else(world):
    with pytest.raises(requests.exceptions.InvalidSchema):
        world.http.get("https://example.org/")
