"""
Step one of a launch: the LMS announces somebody, we send the browser back to log in.

Anyone can send this request, so it costs us nothing but a signed state, and nothing it says
is followed but the addresses the operator registered, or shown but two ids, escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import structlog
from pylti1p3.exception import OIDCException
from pylti1p3.oidc_login import OIDCLogin
from pylti1p3.registration import Registration
from pylti1p3.session import SessionService
from typing_extensions import override

from lti_tool.errors import LaunchRefused
from lti_tool.lms import lms_product
from lti_tool.lti.browser import (
    Keeper,
    binding_cookie,
    hash_of,
    keeper_for,
    new_browser_key,
)
from lti_tool.lti.exchange import Location, NoCookies, OnePlatform, Parameters, single_values
from lti_tool.lti.state import LIFETIME, LaunchState, StateSigner, new_state_id
from lti_tool.tenancy.addresses import on_origin
from lti_tool.tenancy.platforms import Platform

log = structlog.get_logger(__name__)

LAUNCH_PATH = "/lti/launch"
FindPlatforms = Callable[[str, str | None], Sequence[Platform]]  # issuer, client id

_LIMITS = {  # longest value in characters
    "iss": 2_048,
    "login_hint": 8_192,
    "target_link_uri": 2_048,
    "lti_message_hint": 8_192,
    "client_id": 255,
    "lti_deployment_id": 255,
    "deployment_id": 255,  # as one product's documentation calls it
}
_STORAGE = "lti_storage_target"
_STORAGE_TARGET = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class LoginRedirect:
    """Where to send the browser, and the key that proves later that it is the same one."""

    url: str
    cookie_name: str
    browser_key: str
    keeper: Keeper  # where a script may keep the key besides the cookie
    given: Mapping[str, str]  # the parameters, to begin the same login in another window


def begin_login(
    parameters: Mapping[str, list[str]],
    *,
    find_platforms: FindPlatforms,
    signer: StateSigner,
    public_url: str,
    now: datetime,
) -> LoginRedirect:
    """Answer an OpenID third-party initiated login. Keeps nothing.

    Args:
        parameters: of query and form together, every value given.
        find_platforms: the LMSs with this issuer, and with this client id where one is given.
        signer: seals what must survive until the launch.
        public_url: our origin.
        now: the moment of the request.

    Raises:
        LaunchRefused: a parameter is missing, odd or foreign, or the LMS is not registered.
    """
    given = single_values(parameters, _LIMITS, "login:")
    platform = _platform(given, find_platforms)
    try:
        _check_target(given, platform, public_url)
    except LaunchRefused as refused:
        refused.platform_id = platform.id
        raise
    browser_key = new_browser_key()
    state = _state(platform, given, hash_of(browser_key), _storage_target(parameters), now)
    nonce = signer.nonce_of(state.id)
    login = _Login(Parameters(given), platform, signer.seal(state), nonce)
    return LoginRedirect(
        url=login.url(public_url + LAUNCH_PATH),
        cookie_name=binding_cookie(state.id),
        browser_key=browser_key,
        keeper=keeper_for(state, platform),
        given=given | ({_STORAGE: state.storage_target} if state.storage_target else {}),
    )


def _state(
    platform: Platform, given: Mapping[str, str], key_hash: str, storage: str, now: datetime
) -> LaunchState:
    return LaunchState(
        id=new_state_id(),
        platform_id=platform.id,
        browser_key_hash=key_hash,
        expires_at=(now + LIFETIME).replace(microsecond=0),
        deployment_hint=given.get("lti_deployment_id") or given.get("deployment_id", ""),
        storage_target=storage,
    )


class _Login(OIDCLogin[Any, Any, Any, Any, Any]):
    """The library's login, with a state and a nonce of ours in place of stored ones."""

    def __init__(
        self, parameters: Parameters, platform: Platform, state: str, nonce: str
    ) -> None:
        session = SessionService(parameters)
        super().__init__(parameters, OnePlatform(platform), session, NoCookies())
        self._state, self._nonce = state, nonce

    def url(self, launch_url: str) -> str:
        """Where the browser is sent, with all the LMS needs to answer."""
        try:
            return self.get_redirect_object(launch_url).get_redirect_url()
        except OIDCException as error:
            raise LaunchRefused("bad_request", "login:invalid") from error

    @override
    def get_redirect(self, url: str) -> Location:
        return Location(url)

    @override
    def _prepare_redirect_url(self, launch_url: str) -> str:
        registration: Registration = self.validate_oidc_login()
        query = {
            "login_hint": self._get_request_param("login_hint"),
            "state": self._state,
            "nonce": self._nonce,
        }
        if hint := self._get_request_param("lti_message_hint"):
            query["lti_message_hint"] = hint
        auth_url = registration.get_auth_login_url() or ""
        fixed = _fixed_part(auth_url, registration.get_client_id(), launch_url)
        return f"{fixed}&{urlencode(query)}"


@lru_cache(maxsize=4096)
def _fixed_part(auth_url: str, client_id: str, launch_url: str) -> str:
    """What is the same in every answer to one LMS.

    Source: OpenID Connect Core 3.2.2.1; 1EdTech Security Framework 1.0, 5.1.1.2.
    """
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": client_id,
        "redirect_uri": launch_url,
    }
    return f"{auth_url}{'&' if '?' in auth_url else '?'}{urlencode(query)}"


def _platform(given: Mapping[str, str], find_platforms: FindPlatforms) -> Platform:
    """The LMS that sent this."""
    issuer, client_id = given.get("iss", ""), given.get("client_id", "")
    if not issuer.strip():
        raise LaunchRefused("bad_request", "login:iss_missing")
    if not given.get("login_hint", "").strip():
        raise LaunchRefused("bad_request", "login:hint_missing")
    found = find_platforms(issuer, client_id or None)
    if len(found) > 1:
        raise LaunchRefused(
            "bad_request",
            "login:ambiguous_client",
            "Your LMS did not say which of its installations it means (client_id).",
            issuer=issuer,
        )
    if not found:
        raise _unknown(issuer, client_id, find_platforms)
    if not found[0].active:
        raise paused(found[0])
    return found[0]


def _unknown(issuer: str, client_id: str, find_platforms: FindPlatforms) -> LaunchRefused:
    knows_issuer = client_id and find_platforms(issuer, None)
    reason = "login:unknown_client" if knows_issuer else "login:unknown_issuer"
    return LaunchRefused(
        "not_registered", reason, issuer=issuer, client_id=client_id or "(none)"
    )


def paused(platform: Platform, reason: str = "login:tenant_disabled") -> LaunchRefused:
    """The refusal while the operator has suspended an LMS."""
    return LaunchRefused(
        "paused",
        reason,
        issuer=platform.issuer,
        client_id=platform.client_id,
    )


def _check_target(given: Mapping[str, str], platform: Platform, public_url: str) -> None:
    """What the LMS wants to open is ours; where the browser ends up, the launch decides."""
    target = given.get("target_link_uri", "")
    if target:
        if not on_origin(target, public_url):
            raise LaunchRefused("bad_request", "login:target_foreign")
    elif lms_product(platform.product).names_target_at_login:
        raise LaunchRefused("bad_request", "login:target_missing")


def _storage_target(parameters: Mapping[str, list[str]]) -> str:
    """The frame that keeps values for us; one that is no frame's name is left out."""
    values = parameters.get(_STORAGE, [])
    if len(values) == 1 and _STORAGE_TARGET.fullmatch(values[0]):
        return values[0]
    if values:
        log.info("login:storage_target_bad")
    return ""
