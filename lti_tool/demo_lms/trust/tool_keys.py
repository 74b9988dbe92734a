"""Is this token really from the tool? Its published keys decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Lock
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lti_tool.demo_lms.config import HTTP_TIMEOUT_S
from lti_tool.errors import LtiToolError

_LARGEST_KEY_SET = 256 * 1024  # bytes
_SMALLEST_KEY = 2048  # bits
_LONGEST_LIFE_S = 3600
_END_OF_TIME = 1e11  # seconds; the year 5138
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}  # RFC 7518 section 6


class Untrusted(LtiToolError):
    """The token is not one the tool can have meant; says why."""


class KeysUnreachable(LtiToolError):
    """The tool's key set could not be fetched."""


class ToolKeys:
    """The tool's public keys, fetched when a key id is unknown, kept otherwise."""

    def __init__(self, http: requests.Session, url: str, now: Callable[[], datetime]) -> None:
        """Fetch with this session from this address."""
        self._http, self._url, self._now, self._lock = http, url, now, Lock()
        self._keys: dict[str, RSAPublicKey] = {}

    def verify(self, token: str, *, issuer: str, audience: str) -> Mapping[str, Any]:
        """The claims of a token the tool signed for us, right now.

        Raises:
            Untrusted: the signature or one of iss, aud, exp, iat is wrong.
            KeysUnreachable: the tool does not answer.
        """
        claims = self._signed_claims(token)
        if claims.get("iss") != issuer:
            raise Untrusted("iss must be the client id")
        if claims.get("aud") not in (audience, [audience]):
            raise Untrusted(f"aud must be {audience}")
        self._check_times(claims)
        return claims

    def _signed_claims(self, token: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise Untrusted("not a signed token") from error
        kid = header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(kid, str) or not kid:
            raise Untrusted("the header needs alg RS256 and a kid")
        try:
            # Times and audience follow, with our own clock and without PyJWT's conversions.
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(kid),
                algorithms=["RS256"],
                options={
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "verify_aud": False,
                },
            )
        except jwt.PyJWTError as error:
            raise Untrusted(
                f"the signature or a claim's form is wrong ({type(error).__name__})"
            ) from error
        return claims

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        """No leeway: Moodle 4.5 has none for tokens and deep linking either."""
        now = self._now().timestamp()
        issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
        if issued > now or ("nbf" in claims and _moment(claims, "nbf") > now):
            raise Untrusted("iat or nbf is in the future")
        if expires <= now:
            raise Untrusted("exp has passed")
        if not 0 < expires - issued <= _LONGEST_LIFE_S:
            raise Untrusted(f"exp may be at most {_LONGEST_LIFE_S} seconds after iat")

    def _key(self, kid: str) -> RSAPublicKey:
        with self._lock:
            if kid not in self._keys:
                self._keys = self._fetch()
            if kid not in self._keys:
                raise Untrusted("the tool's key set has no key with this kid")
            return self._keys[kid]

    def _fetch(self) -> dict[str, RSAPublicKey]:
        try:
            answer = self._http.get(self._url, timeout=HTTP_TIMEOUT_S, allow_redirects=False)
            if answer.status_code != 200 or len(answer.content) > _LARGEST_KEY_SET:
                raise KeysUnreachable(f"the tool's key set answers {answer.status_code}")
            return dict(_read(jwk) for jwk in answer.json()["keys"])
        except (requests.RequestException, KeyError, TypeError, ValueError) as error:
            raise KeysUnreachable("the tool's key set cannot be fetched or read") from error


def _read(jwk: Mapping[str, Any]) -> tuple[str, RSAPublicKey]:
    if _PRIVATE & set(jwk):
        raise Untrusted("the tool's key set shows a secret")
    if not isinstance(jwk.get("kid"), str) or jwk.get("use", "sig") != "sig":
        raise Untrusted("each key of the tool needs a kid, and use must be sig")
    try:
        key = jwt.PyJWK(dict(jwk), algorithm="RS256").key
    except jwt.PyJWTError as error:
        raise Untrusted("the tool's key set holds something that is no RSA key") from error
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY:
        raise Untrusted(f"each key of the tool must be RSA with {_SMALLEST_KEY} bits or more")
    return jwk["kid"], key


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Untrusted(f"{name} must be a number")
    if not 0 <= value < _END_OF_TIME:
        raise Untrusted(f"{name} is no moment")
    return value
