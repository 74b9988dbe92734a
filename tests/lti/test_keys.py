"""Our signing keys."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha256

import jwt
import pytest

from lti_tool.lti.keys import load_tool_key, pem_of, public_jwk


def test_a_key_comes_back_from_where_it_is_stored(tool_key):
    stored = pem_of(tool_key)

    loaded = load_tool_key(tool_key.kid, stored)

    assert loaded.kid == tool_key.kid
    assert pem_of(loaded) == stored
    assert stored.startswith(b"-----BEGIN PRIVATE KEY-----")


def test_what_is_published_verifies_what_is_signed_and_holds_nothing_private(tool_key):
    published = public_jwk(tool_key)

    token = jwt.encode({"a": 1}, tool_key.private, algorithm="RS256")
    assert jwt.decode(token, jwt.PyJWK(published).key, algorithms=["RS256"]) == {"a": 1}
    assert set(published) == {"alg", "e", "kid", "kty", "n", "use"}
    assert (published["alg"], published["use"], published["kty"]) == ("RS256", "sig", "RSA")
    assert tool_key.private.key_size == 2048


def test_a_key_is_named_by_its_thumbprint(tool_key):
    """RFC 7638."""
    published = public_jwk(tool_key)
    members = {name: published[name] for name in ("e", "kty", "n")}

    digest = sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
    assert published["kid"] == urlsafe_b64encode(digest).decode().rstrip("=") == tool_key.kid


def test_something_else_is_not_loaded_as_a_key():
    with pytest.raises(ValueError):
        load_tool_key("kid", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
