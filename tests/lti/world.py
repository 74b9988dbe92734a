"""An LMS to launch from, a tool to launch into, and messages to forge."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from lti_tool.lti.browser import Browser
from lti_tool.lti.keys import ToolKey, public_jwk
from lti_tool.lti.launch import verify_launch
from lti_tool.lti.login import LoginRedirect, begin_login
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.lti.state import StateSigner
from lti_tool.lti.wire.known_keys import BETWEEN_FETCHES, StoredKeySet
from lti_tool.tenancy.launch import Launch
from lti_tool.tenancy.platforms import Platform

NOW = datetime(2026, 11, 23, 13, 58, 46, tzinfo=UTC)
TOOL = "https://tool.example"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
COURSE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SECRET = "a-secret-of-enough-length-for-tests-only"
MISSING: Any = object()  # as the new value of a claim: the claim is not there

PLATFORM = Platform(
    id=7,
    name="School A",
    product="standard",
    issuer="https://lms.example",
    client_id="Xy3kQ0pLm9aB2cD",
    auth_url="https://lms.example/mod/lti/auth.php",
    token_url="https://lms.example/mod/lti/token.php",
    jwks_url="https://lms.example/mod/lti/certs.php",
    token_audience=None,
)
LOGIN = {
    "iss": PLATFORM.issuer,
    "login_hint": "5",
    "target_link_uri": f"{TOOL}/open/npq/m2.s1",
    "lti_message_hint": '{"cmid":12,"launchid":"ltilaunch7_884411"}',
    "client_id": PLATFORM.client_id,
    "lti_deployment_id": "3",
}


class RecordedSigner(StateSigner):
    """Asks for the nonce that a message recorded elsewhere answers."""

    def __init__(self, secret_keys: Sequence[str], nonce: str) -> None:
        super().__init__(secret_keys)
        self._recorded = nonce

    def nonce_of(self, state_id: str) -> str:
        return self._recorded

    def is_nonce_of(self, state_id: str, nonce: str) -> bool:
        return nonce == self._recorded


class KeptKeySets:
    """A store of key sets in memory."""

    def __init__(self, **fetched: tuple[dict[str, Any], datetime]) -> None:
        self.kept: dict[str, StoredKeySet] = {}
        self.loads = self.claims = 0
        for url, (document, at) in fetched.items():
            self.save(url, document, at)

    def load(self, url: str) -> StoredKeySet:
        self.loads += 1
        return self.kept.get(url, StoredKeySet())

    def claim(self, url: str, at: datetime) -> bool:
        before = self.kept.get(url, StoredKeySet())
        if before.tried_at and at - before.tried_at < BETWEEN_FETCHES:
            return False
        self.kept[url] = replace(before, tried_at=at, fault=None)
        self.claims += 1
        return True

    def save(
        self,
        url: str,
        document: Mapping[str, Any],
        at: datetime,
        fresh_until: datetime | None = None,
    ) -> None:
        self.kept[url] = StoredKeySet(dict(document), at, fresh_until, at)

    def fail(self, url: str, at: datetime, fault: str) -> None:
        assert self.kept[url].tried_at == at
        self.kept[url] = replace(self.kept[url], fault=fault)


@dataclass
class World:
    """A tool that knows one LMS, and that LMS's key."""

    lms_key: ToolKey
    http: requests.Session
    platform: Platform = PLATFORM
    signer: StateSigner = field(default_factory=lambda: StateSigner([SECRET]))
    public_url: str = TOOL
    now: datetime = NOW
    browser: Browser | None = None  # that brought the last launch

    def begin(self, **changes: Any) -> LoginRedirect:
        """Answer a login with these parameters changed."""
        parameters = {name: [value] for name, value in changed(LOGIN, changes).items()}
        return begin_login(
            parameters,
            find_platforms=self.find,
            signer=self.signer,
            public_url=self.public_url,
            now=self.now,
        )

    def find(self, issuer: str, client_id: str | None) -> list[Platform]:
        known = self.platform
        return (
            [known] if issuer == known.issuer and client_id in (None, known.client_id) else []
        )

    def launch(
        self,
        claims: Mapping[str, Any] | str | None = None,
        header: Mapping[str, Any] | str | None = None,
        *,
        login: LoginRedirect | None = None,
        cookies: Mapping[str, str] | None = None,
        form: Mapping[str, list[str]] | None = None,
        token: str | None = None,
        key: ToolKey | None = None,
        key_set: dict[str, Any] | None = None,
    ) -> Launch:
        """Verify a launch with these claims, header members and fields changed."""
        login = login or self.begin()
        query = sent(login)
        if token is None:
            said = {} if claims is None else claims
            token = self.token(query["nonce"], said, {} if header is None else header, key)
        document = key_set or {"keys": [public_jwk(self.lms_key)]}
        keys = PlatformKeys(
            self.http, KeptKeySets(**{self.platform.jwks_url: (document, self.now)})
        )
        launch, self.browser = verify_launch(
            {"id_token": [token], "state": [query["state"]], **(form or {})},
            {login.cookie_name: login.browser_key} if cookies is None else cookies,
            platform_of={self.platform.id: self.platform}.get,
            signer=self.signer,
            keys=keys,
            public_url=self.public_url,
            now=self.now,
        )
        return launch

    def token(
        self,
        nonce: str,
        claims: Mapping[str, Any] | str,
        header: Mapping[str, Any] | str,
        key: ToolKey | None = None,
    ) -> str:
        """A token signed by the LMS, or by another key; a string is taken as it stands."""
        key = key or self.lms_key
        head = {"alg": "RS256", "kid": self.lms_key.kid, "typ": "JWT"}
        return signed(
            header if isinstance(header, str) else json.dumps(changed(head, header)),
            claims if isinstance(claims, str) else json.dumps(self.claims(nonce, claims)),
            key,
        )

    def claims(self, nonce: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """What this LMS says of a participant, with these claims changed."""
        issued = int(self.now.timestamp())
        said = {
            "iss": self.platform.issuer,
            "aud": self.platform.client_id,
            "sub": "5",
            "iat": issued,
            "exp": issued + 60,
            "nonce": nonce,
            "name": "Stuart Student",
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}version": "1.3.0",
            f"{LTI}deployment_id": "3",
            f"{LTI}target_link_uri": f"{TOOL}/open/npq/m2.s1",
            f"{LTI}roles": [f"{COURSE}Learner"],
            f"{LTI}resource_link": {"id": "7", "title": "Week 2: retrieval practice"},
            f"{LTI}context": {"id": "2", "label": "NPQLT", "title": "NPQ Leading Teaching"},
            f"{LTI}custom": {"npq_item": "npq/m2.s1"},
            f"{LTI}launch_presentation": {"return_url": "https://lms.example/course?id=2"},
            AGS: {
                "scope": [SCORE],
                "lineitems": "https://lms.example/2/lineitems?type_id=3",
                "lineitem": "https://lms.example/2/lineitems/41/lineitem?type_id=3",
            },
        }
        return changed(said, changes)

    def choosing(self, **settings: Any) -> dict[str, Any]:
        """The claims that make a deep-linking request of a launch, with settings changed."""
        given = {
            "deep_link_return_url": "https://lms.example/return?course=2&sesskey=x",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe"],
            "accept_multiple": True,
            "title": "Study sessions",
        }
        return {
            f"{LTI}message_type": "LtiDeepLinkingRequest",
            f"{LTI}roles": [f"{COURSE}Instructor"],
            f"{LTI}resource_link": MISSING,
            DL: changed(given, settings),
        }

    def suspended(self) -> World:
        """The same, with access paused."""
        return replace(self, platform=replace(self.platform, active=False))


def changed(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with some values replaced, added or, where MISSING, taken away."""
    after = {**before, **changes}
    return {name: value for name, value in after.items() if value is not MISSING}


def sent(login: LoginRedirect) -> dict[str, str]:
    """What the redirect of a login tells the LMS."""
    query = parse_qs(urlsplit(login.url).query, strict_parsing=True)
    return {name: value for name, [value] in query.items()}


def signed(header: str, payload: str, key: ToolKey) -> str:
    """A token of these very words."""
    content = f"{base64url(header.encode())}.{base64url(payload.encode())}"
    signature = key.private.sign(content.encode(), PKCS1v15(), SHA256())
    return f"{content}.{base64url(signature)}"


def base64url(octets: bytes) -> str:
    """Octets as tokens write them."""
    return urlsafe_b64encode(octets).decode().rstrip("=")
