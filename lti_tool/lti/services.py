"""Calls to an LMS's services, with a kept token and a new one where the LMS wants it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import requests
from pylti1p3.service_connector import ServiceConnector
from typing_extensions import override

from lti_tool.errors import LmsError, LmsUnavailable
from lti_tool.lti.exchange import ToolRegistration
from lti_tool.lti.tokens import AccessTokens
from lti_tool.lti.wire.answers import excerpt_of, is_page, json_of, retry_after_s
from lti_tool.tenancy.platforms import Platform


class ServiceRefusal(LmsError):
    """An LMS's service answered, and not with success. What it means is the caller's to say."""

    def __init__(self, status: int, excerpt: str, wait_s: float | None) -> None:
        """Keep the status, the beginning of the body and the wait the LMS asks for."""
        super().__init__(f"status {status}")
        self.status, self.excerpt, self.wait_s = status, excerpt, wait_s


class ToolServiceConnector(ServiceConnector):
    """The library's connector, with our session and our tokens."""

    def __init__(
        self, platform: Platform, tokens: AccessTokens, http: requests.Session, now: datetime
    ) -> None:
        """Take the LMS to call, where its tokens come from, the session and the moment."""
        super().__init__(ToolRegistration(platform), http)
        self._platform, self._tokens, self._now = platform, tokens, now

    @override
    def get_access_token(self, scopes: Sequence[str]) -> str:
        return self._tokens.token(self._platform, scopes, self._now)

    @override
    def make_service_request(  # type: ignore[override]
        self,
        scopes: Sequence[str],
        url: str,
        is_post: bool = False,
        data: str | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        case_insensitive_headers: bool = True,
    ) -> dict[str, Any]:
        token = self.get_access_token(scopes)
        headers = {"Accept": accept, **({"Content-Type": content_type} if is_post else {})}
        method = "POST" if is_post else "GET"
        response = self._call(method, url, data, headers, token)
        if response.status_code == 401:
            token = self._tokens.replace(self._platform, scopes, token, self._now)
            response = self._call(method, url, data, headers, token)
        if not response.ok:
            wait_s = retry_after_s(response, self._now)
            raise ServiceRefusal(response.status_code, excerpt_of(response), wait_s)
        if is_page(response):
            raise LmsUnavailable(
                "The LMS answered with a web page; something stands before it."
            )
        return {
            "headers": response.headers,
            "body": json_of(response),  # an empty answer is success too
            "next_page_url": response.links.get("next", {}).get("url"),
        }

    def _call(
        self, method: str, url: str, data: str | None, headers: dict[str, str], token: str
    ) -> requests.Response:
        headers = {**headers, "Authorization": f"Bearer {token}"}
        try:
            return self._requests_session.request(method, url, data=data, headers=headers)
        except requests.RequestException as error:
            # Not the error's words: they quote the address and sometimes what was sent.
            raise LmsUnavailable(f"The LMS did not answer ({type(error).__name__}).") from error
