"""The smallest tool an LMS can be tried against: signs what it is told to sign."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from html import escape
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from flask import Flask, redirect, request
from jwt.algorithms import RSAAlgorithm

from lti_tool.demo_lms.config import DemoConfig

LTI = "https://purl.imsglobal.org/spec/lti/claim"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Clock:
    """A moment that only tests move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 14, 5, 30, 250_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    @property
    def second(self) -> int:
        return int(self.now.timestamp())


_SHORT_KEY = 9  # the number of a key too short to trust


@cache
def private_key(number: int) -> RSAPrivateKey:
    """One of the tool's keys; made once per test run."""
    bits = 1024 if number == _SHORT_KEY else 2048
    return generate_private_key(public_exponent=65537, key_size=bits)


class Tool:
    """Answers login and launch, publishes keys, and sends back what `chosen` holds."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.config = clock, None
        self.key_number = 1
        self.key_set_answer: tuple[str, int] | None = None
        self.key_fetches = 0
        self.logins: list[tuple[str, dict[str, str]]] = []  # method, parameters
        self.questions: list[str] = []  # authentication requests sent, as URLs
        self.launched: list[dict[str, Any]] = []  # posts to the redirect URI
        self.ask: dict[str, str | None] = {}  # changes to the next authentication requests
        self.by_page = False  # go on from login by a page of ours, not by a redirect
        self.chosen: list[Any] = []  # content items
        self.answer_changes: dict[str, Any] = {}
        self.app = Flask(__name__)
        self.app.add_url_rule("/lti/login", view_func=self._login, methods=["GET", "POST"])
        self.app.add_url_rule("/lti/launch", view_func=self._launch, methods=["POST"])
        self.app.add_url_rule("/lti/jwks", view_func=self._jwks)

    def knows(self, config: DemoConfig) -> None:
        """Register the LMS."""
        self.config = config

    @property
    def kid(self) -> str:
        return f"key-{self.key_number}"

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """The claims signed with the present key."""
        key = private_key(self.key_number)
        wanted = {"kid": self.kid} | header
        return jwt.encode(claims, key, algorithm="RS256", headers=wanted)

    def assertion(self, **changes: Any) -> dict[str, Any]:
        """The claims of a client assertion; a change to ... leaves the claim out."""
        client_id = self.config.client_id
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": self.config.token_url,
            "iat": self.clock.second - 5,
            "exp": self.clock.second + 60,
            "jti": uuid4().hex,
        }
        return _changed(claims, changes)

    def token_form(self, *scopes: str, **changes: Any) -> dict[str, Any]:
        """A token request; a change to ... leaves the field out."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": self.sign(self.assertion()),
            "scope": " ".join(scopes),
        }
        return _changed(form, changes)

    def token(self, http: requests.Session, *scopes: str) -> str:
        """An access token."""
        answer = http.post(self.config.token_url, data=self.token_form(*scopes))
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def deep_linking_answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The claims of a deep linking response."""
        claims = {
            "iss": self.config.client_id,
            "aud": self.config.issuer,
            "iat": self.clock.second - 5,
            "exp": self.clock.second + 300,
            "nonce": uuid4().hex,
            f"{LTI}/message_type": "LtiDeepLinkingResponse",
            f"{LTI}/version": "1.3.0",
            f"{LTI}/deployment_id": self.config.deployment_id,
            f"{DL}/data": asked["data"],
            f"{DL}/content_items": self.chosen,
        }
        return _changed(claims, self.answer_changes)

    def _login(self) -> Any:
        given = request.values
        self.logins.append((request.method, given.to_dict()))
        asked = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": given["client_id"],
            "redirect_uri": self.config.launch_url,
            "login_hint": given["login_hint"],
            "lti_message_hint": given["lti_message_hint"],
            "state": "state-<&>\"'",
            "nonce": uuid4().hex,
        } | self.ask
        url = f"{self.config.auth_url}?{urlencode(_without_none(asked))}"
        self.questions.append(url)
        if self.by_page:
            return _posting(self.config.auth_url, _without_none(asked))
        return redirect(url)

    def _launch(self) -> str:
        self.launched.append(request.form.to_dict())
        if "error" in request.form:
            return f"<p>Refused: {request.form['error']}"
        claims = self.claims()
        if claims[f"{LTI}/message_type"] == "LtiDeepLinkingRequest":
            settings = claims[f"{DL}/deep_linking_settings"]
            answer = self.sign(self.deep_linking_answer(settings))
            return _posting(settings["deep_link_return_url"], {"JWT": answer})
        return f"<p>Welcome, {claims['name']}"

    def claims(self) -> dict[str, Any]:
        """The claims of the newest launch, unverified."""
        return jwt.decode(self.launched[-1]["id_token"], options={"verify_signature": False})

    def _jwks(self) -> Any:
        self.key_fetches += 1
        if self.key_set_answer:
            return self.key_set_answer
        return {"keys": [public_jwk(self.key_number)]}


def public_jwk(number: int) -> dict[str, Any]:
    """A key as the tool publishes it."""
    jwk = RSAAlgorithm.to_jwk(private_key(number).public_key(), as_dict=True)
    return {name: jwk[name] for name in ("kty", "n", "e")} | {
        "kid": f"key-{number}",
        "use": "sig",
        "alg": "RS256",
    }


def _posting(url: str, fields: dict[str, str]) -> str:
    inputs = [
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in fields.items()
    ]
    script = "<script>document.forms[0].submit()</script>"
    return f'<form method="post" action="{escape(url)}">{"".join(inputs)}</form>{script}'


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (values | changes).items() if value is not ...}


def _without_none(values: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}
