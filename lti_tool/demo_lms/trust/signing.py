"""Our own key: signs launches, is published, and can be changed on demand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm

from lti_tool.errors import Misconfigured

_KEY_BITS = 2048
_NO_KEY = "The signing key kept in the state of the demo LMS is no RSA key; delete the file."


class SigningKey:
    """The one key in use; made when first needed, kept through `save`."""

    def __init__(self, pem: str | None, save: Callable[[str], None]) -> None:
        """Take the kept key, if there is one.

        Raises:
            Misconfigured: what was kept is no RSA key.
        """
        self._save, self._lock = save, Lock()
        self._key = _read(pem) if pem else None

    def sign(self, claims: Mapping[str, Any]) -> str:
        """The claims as a signed token."""
        key = self._current()
        kid = _public(key)["kid"]
        return jwt.encode(dict(claims), key, algorithm="RS256", headers={"kid": kid})

    def key_set(self) -> dict[str, Any]:
        """The public key set."""
        return {"keys": [_public(self._current())]}

    def rotate(self) -> None:
        """Use a new key from now on; the old one disappears at once, as it does on Moodle."""
        with self._lock:
            self._adopt_new()

    def _current(self) -> RSAPrivateKey:
        with self._lock:
            return self._key or self._adopt_new()

    def _adopt_new(self) -> RSAPrivateKey:
        self._key = generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        self._save(_pem_of(self._key))
        return self._key


def _read(pem: str) -> RSAPrivateKey:
    try:
        # Proving again that our own key is one takes longer than all else at the start.
        key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, AttributeError) as error:
        raise Misconfigured(_NO_KEY) from error
    if not isinstance(key, RSAPrivateKey):
        raise Misconfigured(_NO_KEY)
    return key


def _pem_of(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(key: RSAPrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    members = {name: jwk[name] for name in ("e", "kty", "n")}
    digest = hashlib.sha256(json.dumps(members, sort_keys=True).encode()).hexdigest()
    return members | {"kid": digest[:24], "alg": "RS256", "use": "sig"}
