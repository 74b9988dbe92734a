"""
Step two of a launch: verify the message and say who arrived, in our words.

The order matters: what is cheap and needs nothing comes first; nothing is fetched for a
message that is not for us; the state is used up last, by whoever admits the launch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.session import SessionService
from typing_extensions import override

from lti_tool.errors import LaunchRefused
from lti_tool.lti.browser import LONGEST_KEY, Browser, prove_browser
from lti_tool.lti.exchange import NoCookies, OnePlatform, Parameters, single_values
from lti_tool.lti.login import paused
from lti_tool.lti.message.claims import launch_of
from lti_tool.lti.message.explain import explain
from lti_tool.lti.message.id_token import (
    LAST_MOMENT,
    LONGEST,
    Unverified,
    check_addressee,
    check_nonce,
    check_times,
    read_token,
    verified_claims,
)
from lti_tool.lti.message.values import Claims
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.lti.state import LIFETIME, LaunchState, StateSigner
from lti_tool.tenancy.clock import seconds_ahead
from lti_tool.tenancy.launch import Launch
from lti_tool.tenancy.platforms import Platform

_LIMITS: Final = {  # longest value in characters
    "state": 8_192,
    "id_token": LONGEST,
    "error": 100_000,
    "browser_key": LONGEST_KEY,
    "carrier": 64,
}
_OF_TIME: Final = {"expired", "iat_future", "iat_old", "not_yet_valid"}  # reasons
_STALE: Final = {  # OpenID Connect Core 3.1.2.6, and what LMSs add to it
    "login_required": "Your LMS says that you are not signed in. Sign in to your LMS, then "
    "open the study session again from your course.",
    "interaction_required": "",
    "account_selection_required": "",
    "launch_no_longer_valid": "",
    "access_denied": "Your LMS says that somebody else has signed in meanwhile. Reload your "
    "course, then open the study session again.",
}
_BUSY: Final = {"server_error", "temporarily_unavailable"}
_NOT_SET_UP: Final = {
    "unauthorized_client",
    "invalid_request",
    "invalid_request_object",
    "invalid_scope",
    "unsupported_response_type",
    "consent_required",
}


def verify_launch(
    form: Mapping[str, list[str]],
    cookies: Mapping[str, str],
    *,
    platform_of: Callable[[int], Platform | None],
    signer: StateSigner,
    keys: PlatformKeys,
    public_url: str,
    now: datetime,
) -> tuple[Launch, Browser]:
    """Who arrived, what for, in which browser; every check has passed. Writes nothing.

    Whoever admits the launch must use up its state_id, once, in the same transaction.

    Args:
        form: the fields of the LMS's POST, every value given.
        cookies: those the browser sent along.
        platform_of: the LMS with this id.
        signer: opens the state of the login this answers.
        keys: finds the key the message is signed with.
        public_url: our origin.
        now: the moment of the request.

    Raises:
        LaunchRefused: a check failed; the error says which.
        BrowserUnproven: none did, but no cookie came; a script of ours may bring the proof.
    """
    given = single_values(form, _LIMITS)
    state = _state(given, signer, now)
    if "error" in given:
        raise _refused_by_lms(given["error"])
    platform = _active(platform_of(state.platform_id))
    message = _Message(Parameters(given), platform, state, signer, keys, now)
    try:
        launch = launch_of(message.claims(), platform, state, public_url)
        browser = prove_browser(state, platform, cookies, given)
    except LaunchRefused as refused:
        message.explain(refused)
        raise
    return replace(launch, clock_ahead_s=message.clock_ahead_s()), browser


class _Message(MessageLaunch[Any, Any, Any, Any]):
    """The library's launch, with each step of its validation replaced by a stricter one."""

    def __init__(
        self,
        parameters: Parameters,
        platform: Platform,
        state: LaunchState,
        signer: StateSigner,
        keys: PlatformKeys,
        now: datetime,
    ) -> None:
        super().__init__(
            parameters,
            OnePlatform(platform),
            SessionService(parameters),
            NoCookies(),
            requests_session=keys.http,
        )
        self._platform, self._state, self._keys, self._now = platform, state, keys, now
        self._signer = signer
        self._unverified: Unverified
        self.verified: Claims = {}  # as soon as the signature held

    def claims(self) -> Claims:
        """The verified claims."""
        try:
            return dict(self.get_launch_data())
        except LtiException as error:
            raise LaunchRefused("bad_request", "token_malformed") from error

    def explain(self, refused: LaunchRefused) -> None:
        """Add to a refusal what is known by now."""
        refused.platform_id = self._platform.id
        explain(refused, self.verified, self._platform, self._now)
        ahead_s = self.clock_ahead_s()
        answers_this = self._signer.is_nonce_of(
            self._state.id, str(self.verified.get("nonce"))
        )  # one's own old message says nothing of today
        if refused.reason in _OF_TIME and answers_this and ahead_s is not None:
            refused.clock = self._platform.id, ahead_s

    def clock_ahead_s(self) -> int | None:
        """How far the LMS's clock is ahead of ours, once it has said a time."""
        issued = self.verified.get("iat")
        if not isinstance(issued, int | float) or not 0 <= issued < LAST_MOMENT:
            return None
        return seconds_ahead(issued, self._state.expires_at - LIFETIME, self._now)

    @override
    def validate(self) -> _Message:
        self._validated = True
        self.validate_jwt_format()
        self.validate_registration()
        self.validate_jwt_signature()
        self.validate_nonce()
        return self

    @override
    def _get_request_param(self, key: str) -> str:
        return self._request.get_param(key)  # type: ignore[no-any-return]

    @override
    def get_client_id(self) -> str:
        return self._platform.client_id  # checked against aud and azp

    @override
    def validate_jwt_format(self) -> _Message:
        token = self._get_request_param("id_token")
        if not token:
            raise LaunchRefused("bad_request", "token_missing")
        self._unverified = read_token(token)
        check_addressee(self._unverified.claims, self._platform)
        self._jwt = {"body": self._unverified.claims}  # type: ignore[typeddict-item]
        return self

    @override
    def validate_jwt_signature(self) -> _Message:
        key = self._keys.key(self._platform, self._unverified.kid, self._now)
        self.verified = verified_claims(self._unverified, key)
        return self

    @override
    def validate_nonce(self) -> _Message:
        check_times(self.verified, self._now, self._platform.leeway_s)
        check_nonce(self.verified, self._state.id, self._signer)
        return self


def _active(platform: Platform | None) -> Platform:
    if platform is None:
        raise LaunchRefused("not_registered", "platform_unknown")
    if not platform.active:
        raise paused(platform, "tenant_disabled")
    return platform


def _state(given: Mapping[str, str], signer: StateSigner, now: datetime) -> LaunchState:
    """The state of the login this answers."""
    text = given.get("state", "")
    unsolicited = LaunchRefused("not_trusted", "platform_error_unsolicited")
    if not text.strip():
        raise unsolicited if "error" in given else LaunchRefused("bad_request", "state_missing")
    try:
        return signer.open(text, now)
    except LaunchRefused as refused:
        if "error" in given and refused.reason == "state_unknown":
            raise unsolicited from refused
        raise


def _refused_by_lms(error: str) -> LaunchRefused:
    """The LMS's own refusal, in our words; nothing it says is shown or logged raw."""
    if error in _STALE:
        return LaunchRefused("stale", f"platform_error:{error}", _STALE[error])
    if error in _BUSY:
        return LaunchRefused("busy", f"platform_error:{error}")
    if error in _NOT_SET_UP:
        return LaunchRefused(
            "not_registered",
            f"platform_error:{error}",
            "Your LMS refused to tell us who you are. It says that this tool is not set up, "
            "or not switched on, for your course.",
        )
    return LaunchRefused("not_trusted", "platform_error:other")
