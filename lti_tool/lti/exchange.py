"""One exchange with a browser and its LMS, as pylti1p3 sees it, without any framework."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pylti1p3.cookie import CookieService
from pylti1p3.deployment import Deployment
from pylti1p3.redirect import Redirect
from pylti1p3.registration import Registration
from pylti1p3.request import Request
from pylti1p3.tool_config.abstract import ToolConfAbstract
from typing_extensions import override

from lti_tool.errors import LaunchRefused
from lti_tool.lti.keys import ToolKey
from lti_tool.tenancy.platforms import Platform

_NOT_TEXT = "\N{REPLACEMENT CHARACTER}"  # what decoders put for bytes that are no UTF-8


def single_values(
    parameters: Mapping[str, list[str]], limits: Mapping[str, int], prefix: str = ""
) -> dict[str, str]:
    """The parameters we know, each given once; others are ignored.

    Args:
        parameters: every value given, by name.
        limits: the names we know and the longest value of each, in characters.
        prefix: of the reasons to log.

    Raises:
        LaunchRefused: one is given twice, is too long or is no text.
    """
    given = {}
    for name, longest in limits.items():
        values = parameters.get(name)
        if not values:
            continue
        if len(values) > 1:
            twice = name.removeprefix("id_")  # a token, as in all other reasons
            raise LaunchRefused("bad_request", f"{prefix}{twice}_duplicate")
        if len(values[0]) > longest:
            raise LaunchRefused("too_large", f"{prefix}too_large")
        if not is_text(values[0]):
            raise LaunchRefused("bad_request", f"{prefix}encoding")
        given[name] = values[0]
    return given


def is_text(value: str) -> bool:
    """Whether a string is text that every database and every page can hold."""
    if "\0" in value or _NOT_TEXT in value:
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


class Parameters(Request):
    """The parameters of the browser's request, each given once."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    @property
    @override
    def session(self) -> None:
        return None  # the state carries what a session would

    @override
    def is_secure(self) -> bool:
        return True

    @override
    def get_param(self, key: str) -> str:
        return self._values.get(key, "")


class NoCookies(CookieService):
    """The library's own cookies, which we neither read nor set: the state replaces them."""

    @override
    def get_cookie(self, name: str) -> None:
        return None

    @override
    def set_cookie(self, name: str, value: str | int, exp: int | None = 3600) -> None:
        return


class Location(Redirect[str]):
    """Where the browser goes next."""

    def __init__(self, url: str) -> None:
        self._url = url

    @override
    def do_redirect(self) -> str:
        return self._url

    @override
    def do_js_redirect(self) -> str:
        return self._url

    @override
    def set_redirect_url(self, location: str) -> None:
        self._url = location

    @override
    def get_redirect_url(self) -> str:
        return self._url


class ToolRegistration(Registration):
    """An LMS as registered with us; our key is the loaded one, never PEM to be parsed again."""

    def __init__(self, platform: Platform, key: ToolKey | None = None) -> None:
        self.platform = platform
        self._key = key
        self._issuer, self._client_id = platform.issuer, platform.client_id
        self._key_set_url, self._auth_login_url = platform.jwks_url, platform.auth_url
        self._auth_token_url = platform.token_url
        self._auth_audience = platform.token_audience

    @override
    def get_kid(self) -> str | None:
        return self._key.kid if self._key else None

    @override
    def get_tool_private_key(self) -> RSAPrivateKey | None:  # type: ignore[override]
        return self._key.private if self._key else None


class OnePlatform(ToolConfAbstract[Any]):
    """Knows the one LMS this exchange is with: it was found before, once."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    @override
    def check_iss_has_one_client(self, iss: str) -> bool:
        return False

    @override
    def check_iss_has_many_clients(self, iss: str) -> bool:
        return True

    @override
    def find_registration_by_issuer(self, iss: str, *_: Any, **__: Any) -> None:  # type: ignore[override]
        return None  # never by issuer alone: several tenants may share one

    @override
    def find_registration_by_params(  # type: ignore[override]
        self, iss: str, client_id: str | None, *_: Any, **__: Any
    ) -> ToolRegistration | None:
        known = self._platform
        if iss != known.issuer or client_id not in (known.client_id, None, ""):
            return None
        return ToolRegistration(known)

    @override
    def find_deployment(self, iss: str, deployment_id: str) -> None:
        return None

    @override
    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *_: Any, **__: Any
    ) -> Deployment:
        # Whether it is served is decided where deployments are stored.
        return Deployment().set_deployment_id(deployment_id)
