"""Section 3: what form and header a message may have, and what it may be."""

from __future__ import annotations

import pytest

from tests.hostile.refused import assert_form_refused, refused
from tests.hostile.rows import BAD, LARGE, NOT_TRUSTED, each, rows
from tests.hostile.world import SCRIPT
from tests.lti.world import LTI, MISSING, base64url
from tests.web.school import LAUNCH

DEEP = "[" * 60_000 + "]" * 60_000
DEEPER = '{"a":' * 12_000 + "1" + "}" * 12_000

TOKENS = rows(
    ("3.1 missing", [], 400, BAD, "token_missing"),
    ("3.1 blank", [""], 400, BAD, "token_missing"),
    ("3.2", ["a.b.c", "a.b.c"], 400, BAD, "token_duplicate"),
    ("3.5 one part", ["abc"], 400, BAD, "token_malformed"),
    ("3.5 two parts", ["abc.def"], 400, BAD, "token_malformed"),
    ("3.5 four parts", ["a.b.c.d"], 400, BAD, "token_malformed"),
    ("3.5 five parts", ["e30.e30.e30.e30.e30"], 400, BAD, "token_malformed"),
    ("3.5 empty parts", [".."], 400, BAD, "token_malformed"),
    ("3.5 thousands of parts", ["e30." * 40_000], 400, BAD, "token_malformed"),
    ("3.6", ["%%%.%%%.%%%"], 400, BAD, "token_malformed"),
    ("3.6 markup", [f"{SCRIPT}.{SCRIPT}.{SCRIPT}"], 400, BAD, "token_malformed"),
    ("3.6 padded", ["e30=.e30=.e30="], 400, BAD, "token_malformed"),
    ("3.6 the other alphabet", ["e+/=.e30.e30"], 400, BAD, "token_malformed"),
    ("3.6 not ASCII", ["\u00e4.\u00f6.\u00fc"], 400, BAD, "token_malformed"),
    ("3.6 NUL", ["e30\0.e30.e30"], 400, BAD, "encoding"),
    ("3.6 no UTF-8", [f"{base64url(bytes([255]))}.e30.e30"], 400, BAD, "token_malformed"),
    ("3.11", ["x" * 5_000_000], 413, LARGE, "http:413"),
    ("3.11 less", ["x" * 200_001], 413, LARGE, "too_large"),
)  # fmt: skip


@pytest.mark.parametrize(("tokens", "status", "page", "reason"), TOKENS)
def test_what_is_no_token_is_refused(tool_on_sqlite, tokens, status, page, reason):
    lms = tool_on_sqlite
    assert_form_refused(
        lms, status, page, reason,
        lambda asked: {"id_token": tokens, "state": asked["state"]},
    )  # fmt: skip


@pytest.mark.parametrize(
    "sent",
    rows(
        ("3.4 JSON", {"json": {"id_token": "a.b.c", "state": "s"}}),
        ("3.4 parts", {"data": {"state": "s"}, "content_type": "multipart/form-data"}),
        ("3.4 text", {"data": b"id_token=a.b.c&state=s", "content_type": "text/plain"}),
        ("3.4 a token", {"data": b"a.b.c", "content_type": "application/jwt"}),
        ("3.4 XML", {"data": b"<a/>", "content_type": "application/xml"}),
        ("3.4 nothing", {}),
    ),
)  # fmt: skip
def test_a_launch_that_is_no_form_is_refused(lms, sent):
    with refused(lms, 400, BAD, "content_type") as attempt:
        attempt.answer = lms.browser().post(LAUNCH, **sent)


PAYLOADS = rows(
    ("3.7 ★", '{"name":"badltilaunch"}', "{}", 403, NOT_TRUSTED, "kid_missing"),
    ("3.7 with a header", '{"name":"badltilaunch"}', {}, 400, BAD, "token_malformed"),
    *[(f"3.8 {text[:6]}", text, {}, 400, BAD, "token_malformed")
      for text in ("[]", '["iss"]', '"iss"', "1", "-0", "null", "true", "", " ", "{", "{}}",
                   "\ufeff{}", "{'iss':1}")],
    *[(f"3.9 {text}", {}, text, 400, BAD, "token_malformed")
      for text in ("[]", '["alg"]', '"RS256"', "7", "null", "true", "{")],
    ("3.10 lists", f'{{"iss":{DEEP}}}', {}, 400, BAD, "token_malformed"),
    ("3.10 objects", f'{{"iss":{DEEPER}}}', {}, 400, BAD, "token_malformed"),
    ("3.10 header", {}, f'{{"alg":"RS256","kid":{DEEP}}}', 400, BAD, "token_malformed"),
    ("3.10 a forest", f'{{"iss":[{",".join(["[]"] * 20_000)}]}}', {}, 400, BAD,
     "token_malformed"),
    *[(f"3.13 {number}", f'{{"iss":"x","exp":{number}}}', {}, 400, BAD, "token_malformed")
      for number in ("NaN", "Infinity", "-Infinity", "9" * 5_000, "01", "1.", "0x10", ".5")],
    ("3.13 a name twice", '{"iss":"a","iss":"b"}', {}, 400, BAD, "token_malformed"),
)  # fmt: skip


@pytest.mark.parametrize(("claims", "header", "status", "page", "reason"), PAYLOADS)
def test_what_is_no_object_is_refused(tool_on_sqlite, claims, header, status, page, reason):
    lms = tool_on_sqlite
    assert_form_refused(
        lms, status, page, reason, lambda asked: lms.form(asked, claims, header)
    )


ALGORITHMS = (
    "none", "None", "NONE", "nOnE", "", None, MISSING, 0, True, [], ["RS256"], {"a": "RS256"},
    "rs256", "Rs256", "RS256 ", " RS256", "RS256\0", "RS256\n", "RS-256", "\uff32S256",
    "HS256", "HS384", "HS512", "RS1", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
    "ES256K", "ES384", "ES512", "EdDSA", "Ed25519", "dir", "RSA-OAEP", "A128KW", "RSA1_5",
    SCRIPT, "x" * 10_000,
)  # fmt: skip
HEADERS = rows(
    *each("3.14", ({"alg": value} for value in ALGORITHMS), "alg_not_allowed"),
    ("3.18 ★", {"kid": MISSING}, "kid_missing"),
    ("3.18 blank", {"kid": ""}, "kid_missing"),
    ("3.18 null", {"kid": None}, "kid_missing"),
    ("3.19 ★", {"kid": "imstester_66067"}, "kid_unknown"),
    *each("3.20 odd",
          ({"kid": odd} for odd in (1, 0, 1e9, True, [], ["a"], {}, {"a": 1}, "k" * 10_000,
                                    "a\r\nrefused", "a\0", "\u202e", "\u2028", "\ud800")),
          "kid_bad"),
    *each("3.20 known nowhere",
          ({"kid": odd} for odd in ("../../etc/passwd", "' OR '1'='1", "1; DROP TABLE visits",
                                    "{{7*7}}", "${7*7}", "%00", SCRIPT, "*", "\u00e4", " ")),
          "kid_unknown"),
    *each("3.25", ({"crit": odd} for odd in (["x"], ["exp"], [], "x", None, {}, 1)),
          "crit_unsupported"),
    ("3.25 b64", {"b64": False, "crit": ["b64"]}, "crit_unsupported"),
    ("3.25 b64 alone", {"b64": True}, "crit_unsupported"),
    *each("3.27", ({"cty": odd} for odd in ("JWT", "jwt", "application/json", "", None)),
          "token_malformed"),
    *each("3.32 typ",
          ({"typ": odd} for odd in ("at+jwt", "logout+jwt", "JWE", "", None, 1, [])),
          "token_malformed"),
)  # fmt: skip


@pytest.mark.parametrize(("header", "reason"), HEADERS)
def test_a_header_of_another_kind_is_refused(tool_on_sqlite, header, reason):
    lms = tool_on_sqlite
    fetches = 1 if reason == "kid_unknown" else 0

    assert_form_refused(
        lms, 403, NOT_TRUSTED, reason,
        lambda asked: lms.form(asked, {}, header), fetches=fetches,
    )  # fmt: skip


@pytest.mark.rows("3.19")
def test_a_key_nobody_knows_is_asked_for_once(lms):
    other = lms.registered()
    other.open()
    unknown = {"kid": "imstester_66067"}
    for _ in range(3):
        assert_form_refused(
            other, 403, NOT_TRUSTED, "kid_unknown", lambda asked: other.form(asked, {}, unknown)
        )  # the set came a moment ago: not even once in this minute


NOTICE = {f"{LTI}notice": {"id": "n1", "type": "LtiHelloWorldNotice"}, f"{LTI}roles": MISSING}
OTHERS = rows(
    ("3.31", {"aud": "another-tool"}, 403, NOT_TRUSTED, "aud_mismatch"),
    ("3.32 access token", {"aud": "https://lms.example/token", "scope": "score"}, 403,
     NOT_TRUSTED, "aud_mismatch"),
    ("3.32 notice", {**NOTICE, "nonce": MISSING, f"{LTI}message_type": MISSING}, 403,
     NOT_TRUSTED, "nonce_missing"),
    ("3.32 notice with a nonce", {**NOTICE, f"{LTI}message_type": MISSING}, 400, BAD,
     "message_type"),
    ("3.32 answer to us", {f"{LTI}message_type": "LtiDeepLinkingResponse"}, 400, BAD,
     "message_type"),
)  # fmt: skip


@pytest.mark.parametrize(("claims", "status", "page", "reason"), OTHERS)
def test_another_message_of_the_same_lms_is_refused(lms, claims, status, page, reason):
    assert_form_refused(lms, status, page, reason, lambda asked: lms.form(asked, claims))


@pytest.mark.parametrize(
    "token",
    rows(("3.32 opaque", "2YotnFZFEjr1zCsicMWpAA"), ("3.32 encrypted", "a.b.c.d.e")),
)
def test_another_kind_of_token_is_refused(tool_on_sqlite, token):
    lms = tool_on_sqlite
    assert_form_refused(
        lms, 400, BAD, "token_malformed",
        lambda asked: {"id_token": token, "state": asked["state"]},
    )  # fmt: skip
