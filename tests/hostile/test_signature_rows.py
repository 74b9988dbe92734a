"""Section 3: who signs a message, how, and with which key."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from lti_tool.lti.keys import ToolKey, public_jwk
from tests.hostile.refused import assert_form_refused
from tests.hostile.rows import NOT_TRUSTED, rows
from tests.hostile.world import EVIL, Lms
from tests.lti.world import MISSING, base64url
from tests.web.school import key_of


def signed_otherwise(lms: Lms, asked: Mapping[str, str], key: Any, algorithm: str):
    """A good message under another signature."""
    claims = lms.world.claims(asked["nonce"], lms._usual())
    kid = {"kid": lms.key.kid}
    return {
        "id_token": jwt.encode(claims, key, algorithm=algorithm, headers=kid),
        "state": asked["state"],
    }


def public_pem(lms: Lms) -> bytes:
    return lms.key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def hmac_with(secret: bytes, lms: Lms, asked: Mapping[str, str]):
    """A good message whose authentication code anybody could make."""
    head = json.dumps({"alg": "HS256", "kid": lms.key.kid, "typ": "JWT"})
    body = json.dumps(lms.world.claims(asked["nonce"], lms._usual()))
    content = f"{base64url(head.encode())}.{base64url(body.encode())}"
    code = hmac.digest(secret, content.encode(), "sha256")
    return {"id_token": f"{content}.{base64url(code)}", "state": asked["state"]}


@pytest.mark.parametrize(
    "secret",
    rows(
        ("3.15 as PEM", lambda lms: public_pem(lms)),
        ("3.15 as PEM without its line end", lambda lms: public_pem(lms).strip()),
        ("3.15 as JWK", lambda lms: json.dumps(public_jwk(lms.key)).encode()),
        ("3.15 its modulus", lambda lms: public_jwk(lms.key)["n"].encode()),
        ("3.15 nothing", lambda lms: b""),
    ),
)
def test_a_public_key_is_no_shared_secret(tool_on_sqlite, secret):
    lms = tool_on_sqlite
    assert_form_refused(
        lms, 403, NOT_TRUSTED, "alg_not_allowed",
        lambda asked: hmac_with(secret(lms), lms, asked),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("algorithm", "key"),
    rows(
        *[(f"3.16 {name}", name, None) for name in ("RS384", "RS512", "PS256", "PS512")],
        ("3.16 ES256", "ES256", ec.generate_private_key(ec.SECP256R1())),
        ("3.16 ES384", "ES384", ec.generate_private_key(ec.SECP384R1())),
        ("3.16 EdDSA", "EdDSA", ed25519.Ed25519PrivateKey.generate()),
    ),
)
def test_a_true_signature_of_another_kind_is_refused(tool_on_sqlite, algorithm, key):
    lms = tool_on_sqlite
    key = key or lms.key.private

    assert_form_refused(
        lms, 403, NOT_TRUSTED, "alg_not_allowed",
        lambda asked: signed_otherwise(lms, asked, key, algorithm),
    )  # fmt: skip


THEIRS = key_of("an attacker's")
BROUGHT = rows(
    ("3.21", {}),
    ("3.22", {"jwk": public_jwk(THEIRS)}),
    ("3.23 jku", {"jku": f"{EVIL}/keys"}),
    ("3.23 x5u", {"x5u": f"{EVIL}/certificate"}),
    ("3.24", {"x5c": ["MIIB"], "x5t": "x"}),
    ("3.22 all at once", {"jwk": public_jwk(THEIRS), "jku": EVIL, "x5u": EVIL, "x5c": []}),
)


@pytest.mark.parametrize("header", BROUGHT)
def test_a_key_the_message_brings_along_is_never_looked_at(tool_on_sqlite, header):
    lms = tool_on_sqlite
    assert_form_refused(
        lms, 403, NOT_TRUSTED, "bad_signature",
        lambda asked: lms.form(asked, {}, header, THEIRS),
    )  # fmt: skip


def pieces_changed(lms: Lms, asked: Mapping[str, str], place: int, to: str):
    form = lms.form(asked)
    pieces = form["id_token"].split(".")
    pieces[place] = to or pieces[place][:-4] + "AAAA"
    return {**form, "id_token": ".".join(pieces)}


@pytest.mark.parametrize(
    ("place", "to"),
    rows(
        ("3.21 signature cut", 2, "AAAA"),
        ("3.21 signature's end", 2, ""),
        ("3.21 signature of zeros", 2, "A" * 342),
        ("3.21 signature far too long", 2, "A" * 100_000),
    ),
)
def test_a_signature_that_was_touched_is_refused(tool_on_sqlite, place, to):
    lms = tool_on_sqlite
    assert_form_refused(
        lms, 403, NOT_TRUSTED, "bad_signature",
        lambda asked: pieces_changed(lms, asked, place, to),
    )  # fmt: skip


def weak_key(bits: int) -> ToolKey:
    return ToolKey("weak", rsa.generate_private_key(65_537, bits))


def entry(**changes: Any):
    """A key set's entry for the LMS's own key, with members changed."""
    made = {**public_jwk(key_of("first")), **changes}
    return {name: value for name, value in made.items() if value is not MISSING}


KEY_ENTRIES = rows(
    ("3.17", entry(kty="oct", alg="HS256", k="c2VjcmV0"), "key_type"),
    ("3.17 RSA for HS256", entry(alg="HS256"), "key_type"),
    ("3.17 for RS512", entry(alg="RS512"), "key_type"),
    ("3.17 to encrypt", entry(use="enc"), "key_type"),
    ("3.17 an elliptic curve", entry(kty="EC", crv="P-256", x="x", y="y"), "key_type"),
    ("3.17 no kind", entry(kty=MISSING), "key_type"),
    ("3.17 an exponent of one", entry(e="AQ"), "key_invalid"),
    ("3.29 1024 bits", entry(n=public_jwk(weak_key(1_024))["n"]), "key_weak"),
    ("3.29 2040 bits", entry(n=base64url(b"\xff" * 255)), "key_weak"),
)


@pytest.mark.parametrize(("published", "reason"), KEY_ENTRIES)
def test_a_key_we_do_not_verify_with_is_refused(lms, published, reason):
    other = lms.registered()
    other.is_sound = False
    other.publish(published)

    assert_form_refused(other, 403, NOT_TRUSTED, reason, other.form, fetches=1)
