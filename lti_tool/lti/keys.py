"""Our signing keys: RSA, RS256. Parsed once, then kept as they are."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ALGORITHM = "RS256"
_BITS = 2048


@dataclass(frozen=True, slots=True)
class ToolKey:
    """A key we sign with."""

    kid: str  # RFC 7638 thumbprint of the public half
    private: rsa.RSAPrivateKey


def new_tool_key() -> ToolKey:
    """A fresh key."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    return ToolKey(_thumbprint(private), private)


def load_tool_key(kid: str, pem: bytes) -> ToolKey:
    """A key we stored ourselves."""
    # Checking the primes takes 29 ms; we made this key and its storage is authenticated.
    private = serialization.load_pem_private_key(
        pem, password=None, unsafe_skip_rsa_key_validation=True
    )
    assert isinstance(private, rsa.RSAPrivateKey)
    return ToolKey(kid, private)


def pem_of(key: ToolKey) -> bytes:
    """The key as it is stored; to be encrypted by whoever stores it."""
    return key.private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_jwk(key: ToolKey) -> dict[str, Any]:
    """The public half as LMSs fetch it."""
    # Without "alg" one LMS fetches the whole set again at each request.
    return {**_members(key.private), "alg": ALGORITHM, "use": "sig", "kid": key.kid}


def _members(private: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = private.public_key().public_numbers()
    return {"e": _base64url(numbers.e), "kty": "RSA", "n": _base64url(numbers.n)}


def _thumbprint(private: rsa.RSAPrivateKey) -> str:
    canonical = json.dumps(_members(private), separators=(",", ":"), sort_keys=True)
    return urlsafe_b64encode(sha256(canonical.encode()).digest()).decode().rstrip("=")


def _base64url(number: int) -> str:
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return urlsafe_b64encode(octets).decode().rstrip("=")
