"""Launches nobody may be admitted by. Case ids are those of the catalogue of hostile input;
a star marks the bad payloads of the 1EdTech certification suite."""

from __future__ import annotations

import json
import string
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from lti_tool.errors import LaunchRefused
from lti_tool.lti.browser import hash_of
from lti_tool.lti.keys import public_jwk
from lti_tool.lti.state import LaunchState, StateSigner
from tests.lti.world import (
    COURSE,
    LTI,
    MISSING,
    NOW,
    PLATFORM,
    TOOL,
    base64url,
    sent,
    signed,
)

SECONDS = int(NOW.timestamp())
BAD, NOT_TRUSTED, STALE = "bad_request", "not_trusted", "stale"
DEEP = '{"a":' * 15_000 + "1" + "}" * 15_000


def refusal(world, *args, **kwargs):
    with pytest.raises(LaunchRefused) as refused:
        world.launch(*args, **kwargs)
    return refused.value.page, refused.value.reason


@pytest.mark.parametrize(
    ("form", "page", "reason"),
    [
        pytest.param({"state": []}, BAD, "state_missing", id="2.1 missing"),
        pytest.param({"state": [""]}, BAD, "state_missing", id="2.1 blank"),
        pytest.param({"state": [" "]}, BAD, "state_missing", id="2.1 white"),
        pytest.param({"state": ["a", "a"]}, BAD, "state_duplicate", id="2.1 twice"),
        pytest.param({"state": ["x" * 43]}, STALE, "state_unknown", id="2.3"),
        pytest.param({"state": ["\u00e4.\u00e4"]}, STALE, "state_unknown", id="2.3 not ASCII"),
        pytest.param({"state": ["a.b.c"]}, STALE, "state_unknown", id="2.3 dots"),
        pytest.param({"state": ["\ud800"]}, BAD, "encoding", id="2.3 no text"),
        pytest.param({"state": ["x" * 10_000]}, "too_large", "too_large", id="2.3 long"),
        pytest.param({"id_token": []}, BAD, "token_missing", id="3.1 missing"),
        pytest.param({"id_token": [""]}, BAD, "token_missing", id="3.1 blank"),
        pytest.param({"id_token": ["a", "b"]}, BAD, "token_duplicate", id="3.2"),
        pytest.param({"id_token": ["a" * 5_000_000]}, "too_large", "too_large", id="3.11"),
    ],
)
def test_a_form_that_is_not_whole_is_refused(world, form, page, reason):
    assert refusal(world, form=form) == (page, reason)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda state: state[:-1] + ("A" if state[-1] != "A" else "B"), id="end"),
        pytest.param(lambda state: ("A" if state[0] != "A" else "B") + state[1:], id="start"),
        pytest.param(lambda state: state[:-5], id="truncated"),
        pytest.param(lambda state: state + ".platformStorage", id="suffix"),
    ],
)
def test_a_state_that_was_altered_is_refused(world, spoil):
    """2.11."""
    login = world.begin()

    assert refusal(world, login=login, form={"state": [spoil(sent(login)["state"])]}) == (
        STALE,
        "state_unknown",
    )


def test_a_state_has_one_spelling(world):
    """2.11; the last letter of a signature has two bits that say nothing."""
    login = world.begin()
    state = sent(login)["state"]
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    twin = state[:-1] + alphabet[alphabet.index(state[-1]) + 1]

    assert refusal(world, login=login, form={"state": [twin]}) == (STALE, "state_unknown")


def test_a_state_is_good_for_ten_minutes(world):
    """2.4."""
    login = world.begin()

    world.now = NOW + timedelta(minutes=9, seconds=59)
    assert world.launch(login=login)
    world.now = NOW + timedelta(minutes=10)
    assert refusal(world, login=login) == (STALE, "state_expired")


def test_a_state_of_another_version_of_us_is_refused(world):
    sealed = world.signer._signer.sign(base64url(b'["a","b"]')).decode()

    assert refusal(world, form={"state": [sealed]}) == (STALE, "state_unknown")


def test_a_state_sealed_with_an_older_secret_still_opens(world):
    before = StateSigner(["another-secret-of-enough-length-for-tests"])
    world.signer = before
    login = world.begin()

    world.signer = StateSigner(["new" * 20, "another-secret-of-enough-length-for-tests"])
    assert world.launch(login=login)
    with pytest.raises(LaunchRefused):
        before.open(sent(world.begin())["state"], NOW)


@pytest.mark.parametrize(
    ("platform", "reason"),
    [
        pytest.param({"issuer": "https://b.example"}, "iss_mismatch", id="another issuer"),
        pytest.param({"client_id": "another"}, "aud_mismatch", id="another client"),
    ],
)
def test_a_message_of_one_lms_does_not_answer_a_login_of_another(world, platform, reason):
    """2.5."""
    login = world.begin()
    token = world.token(sent(login)["nonce"], {}, {})

    world.platform = replace(PLATFORM, **platform)
    assert refusal(world, login=login, token=token) == (NOT_TRUSTED, reason)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([], id="no cookie"),
        pytest.param(["wrong key"], id="another key"),
        pytest.param(["\u00e4\ud800"], id="no key at all"),
    ],
)
def test_a_launch_from_another_browser_is_refused(world, values):
    """2.6."""
    login = world.begin()
    cookies = dict(zip([login.cookie_name], values, strict=False))

    assert refusal(world, login=login, cookies=cookies) == ("browser", "state_other_browser")


def test_the_key_of_one_login_does_not_carry_another(world):
    """2.12."""
    mine, theirs = world.begin(), world.begin()
    cookies = {theirs.cookie_name: mine.browser_key, mine.cookie_name: mine.browser_key}

    assert refusal(world, login=theirs, cookies=cookies) == ("browser", "state_other_browser")


def test_a_message_is_checked_before_the_browser_is_blamed(world):
    assert refusal(world, {"sub": "5"}, cookies={}) == ("browser", "state_other_browser")
    assert refusal(world, {"exp": 22222}, cookies={}) == (STALE, "expired")


def test_a_platform_that_was_removed_or_suspended_meanwhile_is_refused(world):
    login = world.begin()
    state = LaunchState("id", 99, hash_of("key"), NOW + timedelta(minutes=1), "", "")

    assert refusal(world, form={"state": [world.signer.seal(state)]}) == (
        "not_registered",
        "platform_unknown",
    )
    assert refusal(world.suspended(), login=login, token="a.b.c") == (
        "paused",
        "tenant_disabled",
    )


def unsigned(header, payload):
    return (
        f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(payload).encode())}."
    )


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("abc", id="3.5 one part"),
        pytest.param("abc.def", id="3.5 two parts"),
        pytest.param("a.b.c.d", id="3.5 four parts"),
        pytest.param("a.b.c.d.e", id="3.5 five parts"),
        pytest.param("..", id="3.5 empty parts"),
        pytest.param("a..c", id="3.5 an empty part"),
        pytest.param("%%%.%%%.%%%", id="3.6 not base64"),
        pytest.param("e30=.e30=.e30=", id="3.6 padded"),
        pytest.param("\u00e4.\u00f6.\u00fc", id="3.6 not ASCII"),
        pytest.param("e+/=.e30.e30", id="3.6 the other alphabet"),
        pytest.param("e30 .e30.e30", id="3.6 spaces"),
        pytest.param("a.e30.e30", id="3.6 no octets"),
        pytest.param(f"{base64url(bytes([255, 254]))}.e30.e30", id="3.6 not UTF-8"),
    ],
)
def test_what_is_no_token_is_refused(world, token):
    assert refusal(world, token=token) == (BAD, "token_malformed")


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param("[]", id="3.8 list"),
        pytest.param('"text"', id="3.8 string"),
        pytest.param("1", id="3.8 number"),
        pytest.param("null", id="3.8 null"),
        pytest.param("{", id="no JSON"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_payload_that_is_no_object_is_refused(world, payload):
    assert refusal(world, payload) == (BAD, "token_malformed")


@pytest.mark.parametrize(
    "member",
    [
        pytest.param(f'"x":{DEEP}', id="3.10 fifteen thousand deep"),
        pytest.param('"x":' + '{"a":' * 40 + "1" + "}" * 40, id="3.10 forty deep"),
        pytest.param('"x":' + "[" * 33 + "]" * 33, id="3.10 lists"),
        pytest.param('"sub":"6"', id="a name twice"),
        pytest.param('"x":{"b":1,"b":2}', id="a name twice inside"),
        pytest.param('"x":NaN', id="3.13 NaN"),
        pytest.param('"x":-Infinity', id="3.13 Infinity"),
        pytest.param('"x":' + "9" * 5_000, id="3.13 too many digits"),
    ],
)
def test_a_payload_that_can_be_read_in_two_ways_is_refused(world, member):
    login = world.begin()
    said = json.dumps(world.claims(sent(login)["nonce"], {}))
    header = json.dumps({"alg": "RS256", "kid": world.lms_key.kid})

    token = signed(header, said, world.lms_key)
    assert world.launch(login=login, token=token)
    token = signed(header, f"{said[:-1]},{member}}}", world.lms_key)
    assert refusal(world, login=login, token=token) == (BAD, "token_malformed")


@pytest.mark.parametrize(
    "header", [pytest.param("[]", id="3.9 list"), pytest.param('"a"', id="3.9 string")]
)
def test_a_header_that_is_no_object_is_refused(world, header):
    assert refusal(world, {}, header) == (BAD, "token_malformed")


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        pytest.param({"alg": "none"}, "alg_not_allowed", id="3.14 none"),
        pytest.param({"alg": "None"}, "alg_not_allowed", id="3.14 None"),
        pytest.param({"alg": "nOnE"}, "alg_not_allowed", id="3.14 nOnE"),
        pytest.param({"alg": MISSING}, "alg_not_allowed", id="3.14 missing"),
        pytest.param({"alg": ["RS256"]}, "alg_not_allowed", id="3.14 list"),
        pytest.param({"alg": "HS256"}, "alg_not_allowed", id="3.15"),
        pytest.param({"alg": "RS512"}, "alg_not_allowed", id="3.16 RS512"),
        pytest.param({"alg": "PS256"}, "alg_not_allowed", id="3.16 PS256"),
        pytest.param({"alg": "ES256"}, "alg_not_allowed", id="3.16 ES256"),
        pytest.param({"kid": MISSING}, "kid_missing", id="3.18 ★"),
        pytest.param({"kid": ""}, "kid_missing", id="3.18 ★ empty"),
        pytest.param({"kid": None}, "kid_missing", id="3.18 ★ null"),
        pytest.param({"kid": "imstester_66067"}, "kid_unknown", id="3.19 ★"),
        pytest.param({"kid": 1}, "kid_bad", id="3.20 number"),
        pytest.param({"kid": ["a"]}, "kid_bad", id="3.20 list"),
        pytest.param({"kid": {"a": 1}}, "kid_bad", id="3.20 object"),
        pytest.param({"kid": "k" * 10_000}, "kid_bad", id="3.20 long"),
        pytest.param({"kid": "../../etc/passwd"}, "kid_unknown", id="3.20 path"),
        pytest.param({"kid": "' OR 1=1 --"}, "kid_unknown", id="3.20 SQL"),
        pytest.param({"kid": "a\r\nb"}, "kid_bad", id="3.20 line ends"),
        pytest.param({"crit": ["x"]}, "crit_unsupported", id="3.25"),
        pytest.param({"b64": False, "crit": ["b64"]}, "crit_unsupported", id="3.25 b64"),
        pytest.param({"b64": False}, "crit_unsupported", id="b64 alone"),
        pytest.param({"cty": "JWT"}, "token_malformed", id="3.27"),
        pytest.param({"typ": "at+jwt"}, "token_malformed", id="3.32 an access token"),
    ],
)
def test_a_signature_of_another_kind_is_refused(world, header, reason):
    assert refusal(world, {}, header) == (NOT_TRUSTED, reason)


def test_what_is_no_lti_message_is_refused(world):
    """3.7 ★."""
    assert refusal(world, '{"name":"badltilaunch"}', "{}") == (NOT_TRUSTED, "kid_missing")
    assert refusal(world, '{"name":"badltilaunch"}') == (BAD, "token_malformed")


def test_a_token_without_a_signature_is_refused(world):
    """3.14."""
    assert refusal(world, token=unsigned({"alg": "none"}, {})) == (BAD, "token_malformed")


def test_our_public_key_is_no_shared_secret(world, lms_key):
    """3.15."""
    login = world.begin()
    pem = lms_key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = json.dumps({"alg": "HS256", "kid": lms_key.kid})
    content = f"{base64url(header.encode())}.{base64url(b'{}')}"
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        content.encode(), pem
    )

    token = f"{content}.{base64url(signature)}"
    assert refusal(world, login=login, token=token) == (NOT_TRUSTED, "alg_not_allowed")


@pytest.mark.parametrize("header", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_the_token_brings_along_is_not_looked_at(world, other_key, header):
    """3.22 to 3.24; the session of these tests cannot call anybody."""
    values = {
        "jwk": public_jwk(other_key),
        "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/cert",
        "x5c": ["MIIB"],
    }

    assert refusal(world, {}, {header: values[header]}, key=other_key) == (
        NOT_TRUSTED,
        "bad_signature",
    )


def test_another_key_under_the_right_name_is_refused(world, other_key):
    """3.21."""
    assert refusal(world, key=other_key) == (NOT_TRUSTED, "bad_signature")


def test_a_payload_changed_after_signing_is_refused(world):
    login = world.begin()
    head, payload, signature = world.token(sent(login)["nonce"], {}, {}).split(".")
    claims = json.loads(octets_of(payload)) | {"sub": "1"}

    token = ".".join((head, base64url(json.dumps(claims).encode()), signature))
    assert refusal(world, login=login, token=token) == (NOT_TRUSTED, "bad_signature")


def octets_of(segment):
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


@pytest.mark.parametrize(
    ("claims", "page", "reason"),
    [
        pytest.param({"exp": 22222, "iat": 11111}, STALE, "expired", id="4.1 ★"),
        pytest.param({"exp": SECONDS - 60}, STALE, "expired", id="4.3"),
        pytest.param({"exp": MISSING}, NOT_TRUSTED, "exp_missing", id="4.4"),
        pytest.param({"exp": None}, BAD, "token_malformed", id="3.13 null"),
        pytest.param({"exp": True}, BAD, "token_malformed", id="3.13 true"),
        pytest.param({"exp": str(SECONDS + 60)}, BAD, "token_malformed", id="3.13 string"),
        pytest.param({"exp": 1e300}, BAD, "token_malformed", id="3.13 huge"),
        pytest.param({"exp": 10**400}, BAD, "token_malformed", id="3.13 hundreds of digits"),
        pytest.param({"exp": -(10**400)}, BAD, "token_malformed", id="3.13 below all"),
        pytest.param({"exp": {}}, BAD, "token_malformed", id="3.13 object"),
        pytest.param(
            {"exp": SECONDS + 315_360_000}, NOT_TRUSTED, "lifetime_too_long", id="4.6"
        ),
        pytest.param(
            {"iat": SECONDS + 3_600, "exp": SECONDS + 3_660},
            NOT_TRUSTED,
            "iat_future",
            id="4.8",
        ),
        pytest.param({"iat": SECONDS + 61}, NOT_TRUSTED, "iat_future", id="4.8 just"),
        pytest.param({"iat": SECONDS + 300}, NOT_TRUSTED, "iat_future", id="4.29"),
        pytest.param({"iat": MISSING}, NOT_TRUSTED, "iat_missing", id="4.9 missing"),
        pytest.param({"iat": str(SECONDS)}, NOT_TRUSTED, "iat_missing", id="4.9 string"),
        pytest.param({"iat": [SECONDS]}, BAD, "token_malformed", id="4.9 list"),
        pytest.param({"iat": SECONDS - 31_536_000}, STALE, "iat_old", id="4.10"),
        pytest.param({"iat": SECONDS - 3_661}, STALE, "iat_old", id="4.10 just"),
        pytest.param({"nbf": SECONDS + 600}, NOT_TRUSTED, "not_yet_valid", id="4.11"),
        pytest.param({"nbf": "soon"}, BAD, "token_malformed", id="4.11 string"),
        pytest.param({"iss": "https://b.example"}, NOT_TRUSTED, "iss_mismatch", id="4.12"),
        pytest.param(
            {"iss": "https://lms.example/"}, NOT_TRUSTED, "iss_mismatch", id="4.13 slash"
        ),
        pytest.param(
            {"iss": "https://LMS.example"}, NOT_TRUSTED, "iss_mismatch", id="4.13 case"
        ),
        pytest.param({"iss": ["https://lms.example"]}, BAD, "token_malformed", id="4.14 list"),
        pytest.param({"iss": {"a": 1}}, BAD, "token_malformed", id="4.14 object"),
        pytest.param({"iss": 1}, BAD, "token_malformed", id="4.14 number"),
        pytest.param({"iss": MISSING}, BAD, "token_malformed", id="4.14 missing"),
        pytest.param({"aud": "other"}, NOT_TRUSTED, "aud_mismatch", id="4.15 3.31"),
        pytest.param({"aud": []}, NOT_TRUSTED, "aud_mismatch", id="4.15 empty"),
        pytest.param({"aud": MISSING}, NOT_TRUSTED, "aud_mismatch", id="4.15 missing"),
        pytest.param({"aud": {"a": 1}}, NOT_TRUSTED, "aud_mismatch", id="4.15 object"),
        pytest.param({"aud": [["x"], 1]}, NOT_TRUSTED, "aud_mismatch", id="4.15 odd list"),
        pytest.param(
            {"aud": [PLATFORM.client_id, "other"]}, NOT_TRUSTED, "azp_missing", id="4.18"
        ),
        pytest.param(
            {"aud": [PLATFORM.client_id, "other"], "azp": "other"},
            NOT_TRUSTED,
            "azp_mismatch",
            id="4.19",
        ),
        pytest.param({"azp": "zzz"}, NOT_TRUSTED, "azp_mismatch", id="4.20"),
        pytest.param(
            {"azp": [PLATFORM.client_id]}, NOT_TRUSTED, "azp_mismatch", id="4.20 list"
        ),
        pytest.param({"nonce": MISSING}, NOT_TRUSTED, "nonce_missing", id="4.23 missing"),
        pytest.param({"nonce": ""}, NOT_TRUSTED, "nonce_missing", id="4.23 blank"),
        pytest.param({"nonce": "never-issued"}, NOT_TRUSTED, "nonce_mismatch", id="4.24"),
        pytest.param({"nonce": "\ud800"}, NOT_TRUSTED, "nonce_mismatch", id="4.24 no text"),
        pytest.param({"nonce": {"a": 1}}, BAD, "nonce_type", id="4.26"),
    ],
)
def test_a_message_for_another_tool_or_time_is_refused(world, claims, page, reason):
    assert refusal(world, claims) == (page, reason)


def test_a_number_that_is_none_is_refused(world):
    """3.13."""
    login = world.begin()
    said = json.dumps(world.claims(sent(login)["nonce"], {"exp": "EXP"}))
    header = json.dumps({"alg": "RS256", "kid": world.lms_key.kid})

    token = signed(header, said.replace('"EXP"', "1e999"), world.lms_key)
    assert refusal(world, login=login, token=token) == (BAD, "token_malformed")


def test_an_old_message_does_not_answer_a_new_login(world):
    """4.27."""
    old = world.token(sent(world.begin())["nonce"], {}, {})

    assert refusal(world, token=old) == (STALE, "nonce_replayed")


def test_a_clock_that_is_ahead_is_named_with_its_error(world):
    with pytest.raises(LaunchRefused) as refused:
        world.launch({"iat": SECONDS + 300})

    assert refused.value.facts == {"clock_ahead_by": "300 seconds"}


def test_a_platform_may_be_given_more_leeway(world):
    world.platform = replace(PLATFORM, leeway_s=300)

    assert world.launch({"iat": SECONDS + 299, "exp": SECONDS + 359})
    assert world.launch({"iat": SECONDS - 400, "exp": SECONDS - 299})
    assert refusal(world, {"exp": SECONDS - 300}) == (STALE, "expired")


LINK = f"{LTI}resource_link"


@pytest.mark.parametrize(
    ("claims", "page", "reason"),
    [
        pytest.param({f"{LTI}version": "11.3"}, BAD, "lti_version", id="5.1 ★"),
        pytest.param({f"{LTI}version": "1.3"}, BAD, "lti_version", id="5.1 short"),
        pytest.param({f"{LTI}version": "1.3.1"}, BAD, "lti_version", id="5.1 later"),
        pytest.param({f"{LTI}version": 1.3}, BAD, "lti_version", id="5.1 number"),
        pytest.param({f"{LTI}version": MISSING}, BAD, "lti_version", id="5.2 ★"),
        pytest.param({f"{LTI}message_type": MISSING}, BAD, "message_type", id="5.3 ★"),
        pytest.param({f"{LTI}message_type": "LtiFoo"}, BAD, "message_type", id="5.4"),
        pytest.param(
            {f"{LTI}message_type": "LtiSubmissionReviewRequest"},
            BAD,
            "message_type",
            id="5.4 2",
        ),
        pytest.param(
            {f"{LTI}message_type": "LtiDeepLinkingResponse"}, BAD, "message_type", id="3.32"
        ),
        pytest.param({f"{LTI}message_type": ["a"]}, BAD, "message_type", id="5.5 list"),
        pytest.param({f"{LTI}message_type": {}}, BAD, "message_type", id="5.5 object"),
        pytest.param({f"{LTI}deployment_id": MISSING}, BAD, "deployment_missing", id="5.6 ★"),
        pytest.param({f"{LTI}deployment_id": ""}, BAD, "deployment_missing", id="5.6 blank"),
        pytest.param({f"{LTI}deployment_id": " "}, BAD, "deployment_missing", id="5.6 white"),
        pytest.param({f"{LTI}deployment_id": 3}, BAD, "deployment_type", id="5.9"),
        pytest.param(
            {f"{LTI}deployment_id": "4"}, NOT_TRUSTED, "deployment_mismatch", id="5.10"
        ),
        pytest.param({f"{LTI}deployment_id": "d" * 256}, BAD, "deployment_too_long", id="5.11"),
        pytest.param({f"{LTI}deployment_id": "é"}, BAD, "deployment_too_long", id="5.11 é"),
        pytest.param({f"{LTI}deployment_id": "a\0"}, BAD, "deployment_too_long", id="5.11 NUL"),
        pytest.param({f"{LTI}roles": MISSING}, BAD, "roles_missing", id="5.12 ★"),
        pytest.param({f"{LTI}roles": None}, BAD, "roles_missing", id="5.13"),
        pytest.param({f"{LTI}roles": "Instructor"}, BAD, "roles_type", id="5.17"),
        pytest.param({f"{LTI}roles": {"a": 1}}, BAD, "roles_type", id="5.17 object"),
        pytest.param({"sub": MISSING}, "not_registered", "sub_missing", id="5.28 ★"),
        pytest.param({"sub": ""}, "not_registered", "sub_missing", id="5.28 ★ empty"),
        pytest.param({"sub": None}, "not_registered", "sub_missing", id="5.28 null"),
        pytest.param({"sub": 5}, BAD, "sub_type", id="5.29 number"),
        pytest.param({"sub": {"id": 5}}, BAD, "sub_type", id="5.29 object"),
        pytest.param({"sub": "s" * 256}, BAD, "sub_too_long", id="5.30 long"),
        pytest.param({"sub": "a\0"}, BAD, "sub_type", id="5.30 NUL"),
        pytest.param({"sub": "\ud83d"}, BAD, "sub_type", id="5.30 half an emoji"),
        pytest.param({LINK: MISSING}, BAD, "claim_missing:resource_link", id="5.34 ★"),
        pytest.param({LINK: {}}, BAD, "claim_missing:resource_link", id="5.34 ★ no id"),
        pytest.param({LINK: {"id": ""}}, BAD, "claim_missing:resource_link", id="5.34 blank"),
        pytest.param({LINK: {"id": 7}}, BAD, "claim_missing:resource_link", id="5.34 number"),
        pytest.param({LINK: "7"}, BAD, "claim_missing:resource_link", id="5.34 string"),
        pytest.param({LINK: {"id": "r" * 300}}, BAD, "rl_id_long", id="5.36"),
        pytest.param({LINK: {"id": "a\0"}}, BAD, "rl_id_long", id="5.36 NUL"),
        pytest.param(
            {f"{LTI}context": {"id": "c" * 256}}, BAD, "context_id_long", id="5.45 long"
        ),
        pytest.param({f"{LTI}target_link_uri": MISSING}, BAD, "target_missing", id="5.46"),
        pytest.param({f"{LTI}target_link_uri": ""}, BAD, "target_missing", id="5.46 blank"),
        *(
            pytest.param(
                {f"{LTI}target_link_uri": url}, NOT_TRUSTED, "target_foreign", id=f"5.47 {url}"
            )
            for url in (
                "https://evil.example/",
                "https://tool.example.evil.example/",
                "//tool.example",
                1,
                [TOOL],
            )
        ),
    ],
)
def test_a_message_that_lacks_what_we_need_is_refused(world, claims, page, reason):
    assert refusal(world, claims) == (page, reason)


def test_an_anonymous_launch_says_what_to_change_where(world):
    """5.28."""
    with pytest.raises(LaunchRefused) as refused:
        world.launch({"sub": MISSING})

    assert "did not tell us who you are" in refused.value.message
    assert refused.value.facts["deployment_id"] == "3"


@pytest.mark.parametrize(
    ("changes", "settings", "page", "reason"),
    [
        pytest.param({f"{LTI}roles": [f"{COURSE}Learner"]}, {}, "denied", "dl_role", id="9.1"),
        pytest.param({f"{LTI}roles": [f"{COURSE}Mentor"]}, {}, "denied", "dl_role", id="9.1 2"),
        pytest.param({f"{LTI}roles": []}, {}, "denied", "dl_role", id="9.1 no role"),
        pytest.param(
            {}, {"deep_link_return_url": MISSING}, BAD, "dl_return_url", id="9.3 none"
        ),
        *(
            pytest.param(
                {}, {"deep_link_return_url": url}, BAD, "dl_return_url", id=f"9.3 {url}"
            )
            for url in (
                None,
                5,
                "javascript:alert(1)",
                "http://lms.example/return",
                "https://evil.example/return",
                'https://lms.example/"><script>',
                "/return",
            )
        ),
    ],
)
def test_a_deep_linking_request_we_cannot_answer_is_refused(
    world, changes, settings, page, reason
):
    assert refusal(world, {**world.choosing(**settings), **changes}) == (page, reason)


@pytest.mark.parametrize("settings", [MISSING, None, [], "text"])
def test_a_deep_linking_request_needs_settings(world, settings):
    """9.2."""
    claim = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"

    assert refusal(world, {**world.choosing(), claim: settings}) == (
        BAD,
        "claim_missing:deep_linking_settings",
    )


@pytest.mark.parametrize(
    ("error", "page", "reason"),
    [
        pytest.param("login_required", STALE, "login_required", id="6.1"),
        pytest.param("launch_no_longer_valid", STALE, "launch_no_longer_valid", id="6.2"),
        pytest.param("access_denied", STALE, "access_denied", id="somebody else"),
        pytest.param("unauthorized_client", "not_registered", "unauthorized_client", id="off"),
        pytest.param("server_error", "busy", "server_error", id="their fault"),
        pytest.param("<script>alert(1)</script>", NOT_TRUSTED, "other", id="6.3"),
        pytest.param("", NOT_TRUSTED, "other", id="6.3 empty"),
        pytest.param("x" * 10_000, NOT_TRUSTED, "other", id="6.3 long"),
    ],
)
def test_the_lmss_own_refusal_is_said_in_our_words(world, error, page, reason):
    form = {
        "id_token": [],
        "error": [error],
        "error_description": ["<script>" * 2_000],
        "error_uri": ["javascript:alert(1)"],
    }

    with pytest.raises(LaunchRefused) as refused:
        world.launch(form=form)

    assert refused.value.page == page
    assert refused.value.reason == f"platform_error:{reason}"
    assert "<script>" not in refused.value.message


@pytest.mark.parametrize("state", [[], [""], ["unknown"]])
def test_an_error_nobody_asked_for_is_refused(world, state):
    """6.4."""
    form = {"id_token": [], "error": ["login_required"], "state": state}

    assert refusal(world, form=form) == (NOT_TRUSTED, "platform_error_unsolicited")


def test_an_error_for_an_expired_login_is_stale(world):
    login = world.begin()
    world.now = NOW + timedelta(minutes=11)

    form = {"id_token": [], "error": ["login_required"]}
    assert refusal(world, login=login, form=form) == (STALE, "state_expired")
