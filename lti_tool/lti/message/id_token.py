"""
The signed message of a launch as a JSON Web Signature, and who it is for and when.

A stranger can send any of this. It is read strictly and once: the header and the addressee
before anything is fetched, the times and the nonce after the signature held.
Source: 1EdTech Security Framework 1.0, 5.1.3; OpenID Connect Core 3.1.3.7; RFC 7515.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lti_tool.errors import LaunchRefused
from lti_tool.lti.message.values import Claims
from lti_tool.lti.state import StateSigner
from lti_tool.tenancy.platforms import Platform

LONGEST: Final = 200_000  # characters; the longest seen in real LMSs are 20,000
_DEEPEST: Final = 32
_LONGEST_KID: Final = 255
_MAX_AGE_S: Final = 3_600
_MAX_LIFETIME_S: Final = 86_400
LAST_MOMENT: Final = 1e11  # the year 5138: later ones are milliseconds, or a joke
_RS256: Final = jwt.get_algorithm_by_name("RS256")


@dataclass(frozen=True, slots=True)
class Unverified:
    """A well-formed token whose signature nobody has checked yet."""

    token: str
    kid: str
    claims: Claims  # good for deciding what to fetch, for nothing else


def read_token(token: str) -> Unverified:
    """The parts of a token that is well-formed and signed as we accept it.

    Raises:
        LaunchRefused: it is neither.
    """
    segments = token.split(".")
    if len(segments) != 3 or not all(segments) or "=" in token:
        raise _malformed()
    header, claims = _json_object(segments[0]), _json_object(segments[1])
    return Unverified(token, _kid(header), claims)


def check_addressee(claims: Claims, platform: Platform) -> None:
    """Refuse a message that is not from this LMS to us.

    Raises:
        LaunchRefused: iss, aud or azp say otherwise.
    """
    issuer, audience, party = claims.get("iss"), claims.get("aud"), claims.get("azp")
    if not isinstance(issuer, str):
        raise _malformed()
    if issuer != platform.issuer:
        raise _not_trusted("iss_mismatch", platform)
    several = isinstance(audience, list) and len(audience) > 1
    audience = audience if isinstance(audience, list) else [audience]
    if platform.client_id not in audience:
        raise _not_trusted("aud_mismatch", platform)
    if several and party is None:
        raise _not_trusted("azp_missing", platform)
    if party not in (None, platform.client_id):
        raise _not_trusted("azp_mismatch", platform)


def verified_claims(unverified: Unverified, key: RSAPublicKey) -> Claims:
    """The claims, now that the signature holds.

    Raises:
        LaunchRefused: it does not.
    """
    signed, _, signature = unverified.token.rpartition(".")
    if not _RS256.verify(signed.encode("ascii"), key, _bytes(signature)):
        raise LaunchRefused("not_trusted", "bad_signature")
    return unverified.claims


def check_times(claims: Claims, now: datetime, leeway_s: int) -> None:
    """Refuse a message from another time.

    Raises:
        LaunchRefused: it has expired, is not valid yet, is old, or would be valid for days.
    """
    moment = now.timestamp()
    expires = _moment(claims, "exp")
    if expires is None:
        raise LaunchRefused("not_trusted", "exp_missing")
    if moment >= expires + leeway_s:
        raise LaunchRefused("stale", "expired")
    issued = None if isinstance(claims.get("iat"), str) else _moment(claims, "iat")
    if issued is None:
        raise LaunchRefused("not_trusted", "iat_missing")
    _check_start(issued, moment, leeway_s)
    if moment - issued > _MAX_AGE_S + leeway_s:
        raise LaunchRefused("stale", "iat_old")
    if expires - issued > _MAX_LIFETIME_S:
        raise LaunchRefused("not_trusted", "lifetime_too_long")
    not_before = _moment(claims, "nbf")
    if not_before is not None and not_before > moment + leeway_s:
        raise LaunchRefused("not_trusted", "not_yet_valid")


def check_nonce(claims: Claims, state_id: str, signer: StateSigner) -> None:
    """Refuse a message that answers another login.

    Raises:
        LaunchRefused: its nonce is not that of this login.
    """
    given = claims.get("nonce")
    if given is None or given == "":
        raise LaunchRefused("not_trusted", "nonce_missing")
    if not isinstance(given, str):
        raise LaunchRefused("bad_request", "nonce_type")
    if signer.is_nonce_of(state_id, given):
        return
    if signer.has_issued(given):
        raise LaunchRefused("stale", "nonce_replayed")
    raise LaunchRefused("not_trusted", "nonce_mismatch")


def _check_start(issued: float, moment: float, leeway_s: int) -> None:
    ahead = issued - moment
    if ahead > leeway_s:
        raise LaunchRefused(
            "not_trusted",
            "iat_future",
            "The clocks of your LMS and of this tool differ too much.",
            clock_ahead_by=f"{ahead:.0f} seconds",
        )


def _kid(header: dict[str, Any]) -> str:
    """Which key signed; jku, jwk, x5u and x5c say it too, and are never looked at."""
    kid = header.get("kid")
    if kid is None or kid == "":
        raise LaunchRefused("not_trusted", "kid_missing")
    if not isinstance(kid, str) or len(kid) > _LONGEST_KID or not kid.isprintable():
        raise LaunchRefused("not_trusted", "kid_bad")
    if header.get("alg") != "RS256":
        raise LaunchRefused("not_trusted", "alg_not_allowed")
    if "crit" in header or "b64" in header:
        raise LaunchRefused("not_trusted", "crit_unsupported")
    if "cty" in header or str(header.get("typ", "JWT")).upper() != "JWT":
        raise LaunchRefused("not_trusted", "token_malformed")
    return kid


def _json_object(segment: str) -> dict[str, Any]:
    """A segment's JSON object, read more strictly than Python's reader does.

    Duplicate names, numbers that are none and deep nesting mean different things to
    different readers.
    """
    try:
        text = _bytes(segment).decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _malformed() from error
    if not isinstance(value, dict) or _is_deep(text, value):
        raise _malformed()
    return value


def _bytes(segment: str) -> bytes:
    try:
        return b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise _malformed() from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name is given twice")
    return value


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _is_deep(text: str, value: Any) -> bool:
    """Whether it is nested too deeply; counted only where it could be."""
    if text.count("{") + text.count("[") <= _DEEPEST:
        return False
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _moment(claims: Claims, name: str) -> float | None:
    """A claim that is seconds since 1970; None when there is none."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _malformed()
    if not -LAST_MOMENT < value < LAST_MOMENT or math.isnan(value):
        raise _malformed()
    return float(value)


def _malformed() -> LaunchRefused:
    return LaunchRefused("bad_request", "token_malformed")


def _not_trusted(reason: str, platform: Platform) -> LaunchRefused:
    return LaunchRefused(
        "not_trusted", reason, issuer=platform.issuer, client_id=platform.client_id
    )
