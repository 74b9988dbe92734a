"""A key set as an LMS publishes it: fetched, reduced to what we use, parsed."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from requests.utils import parse_dict_header
from requests_hardened.ip_filter import InvalidIPAddress  # type: ignore[import-untyped]

from lti_tool.errors import LaunchRefused
from lti_tool.lti.http import Redirected, TooLarge

FETCH_S = 5.0
SHORTEST_FRESH, LONGEST_FRESH = timedelta(minutes=5), timedelta(hours=24)
USUALLY_FRESH = timedelta(hours=1)
_MOST_KEYS = 500
_SHORTEST_BITS = 2_048
_LONGEST_MEMBER = 2_048  # characters; 12,288 bits
_LONGEST_EXPONENT_BITS = 32  # 65537 has 17; the time to verify grows with it
_MEMBERS = ("kid", "kty", "n", "e", "alg", "use")
_FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (Redirected, "jwks_redirect"),
    (TooLarge, "jwks_too_large"),
    (InvalidIPAddress, "ssrf_blocked"),
    (requests.exceptions.SSLError, "jwks_tls"),
    (requests.Timeout, "jwks_timeout"),
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A key set as it came, reduced."""

    document: dict[str, Any]  # {"keys": [...]}, each with a kid of its own
    fresh_for: timedelta  # as the LMS says, within limits


def fetch_key_set(http: requests.Session, url: str) -> Fetched:
    """The key set published here.

    Raises:
        LaunchRefused: "busy", because it cannot be had now or is none.
    """
    try:
        response = http.get(url, timeout=FETCH_S, headers={"Accept": "application/json"})
    except requests.RequestException as error:
        raise LaunchRefused("busy", _reason(error)) from error
    if response.status_code != 200:
        raise LaunchRefused("busy", f"jwks_http_{response.status_code}")
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise LaunchRefused("busy", "jwks_invalid") from error
    fresh_for = _fresh_for(response.headers.get("Cache-Control", ""))
    return Fetched({"keys": _entries(document)}, fresh_for)


def parse_key(entry: dict[str, Any]) -> RSAPublicKey:
    """An entry's public key.

    Raises:
        LaunchRefused: "not_trusted", because it is none we verify with.
    """
    if entry.get("ambiguous"):
        raise LaunchRefused("not_trusted", "kid_ambiguous")
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
        raise LaunchRefused("not_trusted", "key_type")
    if entry.get("alg", "RS256") != "RS256":  # many leave it out
        raise LaunchRefused("not_trusted", "key_type")
    try:
        exponent, modulus = _number(entry["e"]), _number(entry["n"])
        if not exponent & modulus & 1 or exponent.bit_length() > _LONGEST_EXPONENT_BITS:
            raise LaunchRefused("not_trusted", "key_invalid")
        key = RSAPublicNumbers(exponent, modulus).public_key()
    except (ValueError, binascii.Error) as error:
        raise LaunchRefused("not_trusted", "key_invalid") from error
    if key.key_size < _SHORTEST_BITS:
        raise LaunchRefused("not_trusted", "key_weak")
    return key


def _fresh_for(cache_control: str) -> timedelta:
    """How long an answer is good for. Source: RFC 9111, sections 5.2.2 and 1.2.2."""
    said = parse_dict_header(cache_control.lower())  # type: ignore[no-untyped-call]
    if "no-store" in said or "no-cache" in said:
        return SHORTEST_FRESH
    seconds = said.get("max-age") or ""
    if not (seconds.isascii() and seconds.isdigit()):
        return USUALLY_FRESH
    wanted = timedelta(seconds=int(seconds[:12]))
    return min(max(wanted, SHORTEST_FRESH), LONGEST_FRESH)


def _entries(document: Any) -> list[dict[str, Any]]:
    """What we keep of a set: only members we read, so that it is small and plain text."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise LaunchRefused("busy", "jwks_invalid")
    if len(keys) > _MOST_KEYS:
        raise LaunchRefused("busy", "jwks_too_many")
    kept: dict[str, dict[str, Any]] = {}
    for key in keys:
        entry = _entry(key)
        if (kid := entry.get("kid")) and not _lacks_numbers(entry):
            ambiguous = kid in kept and kept[kid] != entry
            kept[kid] = {"kid": kid, "ambiguous": True} if ambiguous else entry
    if not kept:
        raise LaunchRefused("busy", "jwks_invalid")
    return list(kept.values())


def _entry(key: Any) -> dict[str, Any]:
    members = key if isinstance(key, dict) else {}
    return {
        name: value
        for name in _MEMBERS
        if isinstance(value := members.get(name), str)
        and len(value) <= _LONGEST_MEMBER
        and value.isprintable()
    }


def _lacks_numbers(entry: dict[str, Any]) -> bool:
    return entry.get("kty") == "RSA" and not ("n" in entry and "e" in entry)


def _number(text: str) -> int:
    octets = b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), b"-_", True)
    return int.from_bytes(octets, "big")


def _reason(error: requests.RequestException) -> str:
    for kind, reason in _FAULTS:
        if isinstance(error, kind):
            return reason
    return "jwks_unavailable"
