"""
Access tokens for an LMS's services, asked for once and kept until they expire.

OAuth 2 client credentials with a signed assertion in place of a password.
Source: 1EdTech Security Framework 1.0, 4; RFC 7523.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import jwt
import requests

from lti_tool.errors import LmsRejected, LmsUnavailable
from lti_tool.lti.keys import ALGORITHM, ToolKey
from lti_tool.lti.wire.answers import json_of, retry_after_s
from lti_tool.tenancy.platforms import Platform

_ASSERTION_S = 120
# LMSs refuse a moment that is a second ahead of their own clock.
BACK_DATED_S = 5
_UNSAID_S = 300  # how long a token is kept whose lifetime the LMS does not tell
_MARGIN_S = 60  # a token is not used in its last minute
_LONGEST_S = 86_400
_LONGEST_TOKEN = 16_384  # characters
# RFC 6749, 5.2, less what a wrong clock or a key not fetched yet can cause.
_FINAL = {
    "invalid_scope": "Your LMS does not let this tool send grades. Its administrator must "
    "allow grades for this tool.",
    "unauthorized_client": "Your LMS does not let this tool use its services. Its "
    "administrator must switch the tool on.",
    "unsupported_grant_type": "Your LMS cannot give this tool access to its services.",
}


class TokenStore(Protocol):
    """Keeps tokens for all processes."""

    def load(self, platform_id: int, scopes: str, now: datetime) -> tuple[str, datetime] | None:
        """The token for these scopes and until when it is good, or None."""

    def save(self, platform_id: int, scopes: str, token: str, expires_at: datetime) -> None:
        """Keep a token in place of the one before."""

    def drop(self, platform_id: int, scopes: str) -> None:
        """Forget a token the LMS no longer takes."""


_Held = tuple[str, datetime]  # a token and until when it is used


class AccessTokens:
    """Tokens of all LMSs. For all threads of a process."""

    def __init__(
        self, http: requests.Session, key: Callable[[], ToolKey], store: TokenStore
    ) -> None:
        """Take the session to ask with, our current signing key and the shared store."""
        self._http, self._key, self._store = http, key, store
        self._held: dict[tuple[int, str], _Held] = {}
        self._locks: dict[tuple[int, str], threading.Lock] = {}

    def token(self, platform: Platform, scopes: Sequence[str], now: datetime) -> str:
        """A token good for these scopes; asked for only when there is none.

        Raises:
            LmsUnavailable: the LMS gave none, and may later.
            LmsRejected: the LMS gives us none until somebody changes its settings.
        """
        place = (platform.id, " ".join(sorted(scopes)))
        if token := _good(self._held.get(place), now):
            return token
        with self._locks.setdefault(place, threading.Lock()):
            held = self._held.get(place)
            if not _good(held, now):
                held = self._store.load(*place, now)
            if not _good(held, now):
                held = self._ask(platform, place[1], now)
                self._store.save(*place, *held)
            assert held
            self._held[place] = held
            return held[0]

    def replace(
        self, platform: Platform, scopes: Sequence[str], refused: str, now: datetime
    ) -> str:
        """A token other than the one the LMS has just refused.

        Raises:
            LmsUnavailable: as for `token`.
            LmsRejected: as for `token`.
        """
        place = (platform.id, " ".join(sorted(scopes)))
        with self._locks.setdefault(place, threading.Lock()):
            if self._held.get(place, ("",))[0] == refused:
                del self._held[place]
                self._store.drop(*place)
        return self.token(platform, scopes, now)

    def _ask(self, platform: Platform, scopes: str, now: datetime) -> _Held:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": _assertion(platform, self._key(), now),
            "scope": scopes,
        }
        try:
            response = self._http.post(platform.token_url, data=form)
        except requests.RequestException as error:
            raise LmsUnavailable(
                f"The LMS gives out no access token now ({type(error).__name__})."
            ) from error
        answer = json_of(response)
        if response.status_code != 200 or not isinstance(answer, dict):
            raise _refusal(response, answer, now)
        _check_scopes(answer, scopes)
        return _token(answer), now + _kept_for(answer)


def _good(held: _Held | None, now: datetime) -> str | None:
    return held[0] if held and held[1] > now else None


def _assertion(platform: Platform, key: ToolKey, now: datetime) -> str:
    issued = int(now.timestamp()) - BACK_DATED_S
    claims = {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.token_audience or platform.token_url,
        "iat": issued,
        "exp": issued + _ASSERTION_S,
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})


def _check_scopes(answer: dict[str, Any], scopes: str) -> None:
    """An LMS may give less than was asked, and must say so. Source: RFC 6749, 5.1."""
    granted = answer.get("scope")
    if isinstance(granted, str) and not set(scopes.split()) <= set(granted.split()):
        raise LmsRejected(f"{_FINAL['invalid_scope']} (scope_missing)")


def _token(answer: dict[str, Any]) -> str:
    token = answer.get("access_token")
    if (
        not isinstance(token, str)
        or not token.isascii()
        or not token.isprintable()
        or not 0 < len(token) <= _LONGEST_TOKEN
    ):
        raise LmsUnavailable("The LMS's answer holds no access token.")
    return token


def _kept_for(answer: dict[str, Any]) -> timedelta:
    """How long a token is used: less than it lives, so that it does not die on the way."""
    try:
        lives_s = float(answer.get("expires_in", _UNSAID_S))
    except (TypeError, ValueError, OverflowError):
        lives_s = _UNSAID_S
    if not lives_s > 0:
        lives_s = _UNSAID_S
    lives_s = min(lives_s, _LONGEST_S)
    return timedelta(seconds=max(lives_s - _MARGIN_S, lives_s / 2))


def _refusal(
    response: requests.Response, answer: Any, now: datetime
) -> LmsUnavailable | LmsRejected:
    code = answer.get("error") if isinstance(answer, dict) else None
    if response.status_code in (400, 401, 403) and isinstance(code, str) and code in _FINAL:
        return LmsRejected(f"{_FINAL[code]} (token_error:{code})")
    return LmsUnavailable(
        f"The LMS gives out no access token now (status {response.status_code}).",
        retry_after_s(response, now),
    )
