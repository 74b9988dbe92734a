"""The signed answer when somebody has chosen what to place: Deep Linking 2.0, the response."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pylti1p3.deep_link import DeepLink
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.lineitem import LineItem
from typing_extensions import override

from lti_tool.errors import LaunchRefused
from lti_tool.lti.exchange import ToolRegistration
from lti_tool.lti.keys import ToolKey
from lti_tool.lti.message.values import LTI, text_of
from lti_tool.lti.tokens import BACK_DATED_S
from lti_tool.tenancy.addresses import on_origin
from lti_tool.tenancy.launch import DeepLinkSettings
from lti_tool.tenancy.platforms import Platform

_DL: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"
_RESOURCE_LINK: Final = "ltiResourceLink"
_LIFETIME_S: Final = 300
_LONGEST_TITLE: Final = 255  # longer ones break the form of one LMS
_LONGEST_TEXT: Final = 2_000


@dataclass(frozen=True, slots=True)
class ContentItem:
    """One link to place."""

    title: str
    text: str
    url: str  # on our origin
    item: str  # "pack/item"
    score_maximum: float | None  # None: no gradebook column


def deep_link_response(
    platform: Platform,
    deployment_id: str,
    settings: DeepLinkSettings,
    items: Sequence[ContentItem],
    *,
    key: ToolKey,
    now: datetime,
    public_url: str,
    message: str | None,
) -> str:
    """The JWT to post to settings.return_url; with no items, that nothing was chosen.

    Sign right before posting: it is good for five minutes.

    Raises:
        LaunchRefused: the LMS does not take several, or an item is not ours.
    """
    takes_links = _RESOURCE_LINK in settings.accept_types
    if takes_links and len(items) > 1 and not settings.accept_multiple:
        raise LaunchRefused("bad_request", "dl_multiple", "Your LMS takes one item at a time.")
    if not all(on_origin(item.url, public_url) for item in items):
        raise LaunchRefused("bad_request", "dl_item")
    answer = _Answer(platform, key, deployment_id, settings, now, message)
    chosen = items if takes_links else ()
    return answer.get_response_jwt([_resource(item, settings) for item in chosen])


class _Answer(DeepLink):
    """The library's response, back-dated, without members that have no value."""

    def __init__(
        self,
        platform: Platform,
        key: ToolKey,
        deployment_id: str,
        settings: DeepLinkSettings,
        now: datetime,
        message: str | None,
    ) -> None:
        super().__init__(ToolRegistration(platform, key), deployment_id, {})
        self._settings, self._message = settings, message
        self._issued = int(now.timestamp()) - BACK_DATED_S

    @override
    def get_message_jwt(self, resources: Sequence[DeepLinkResource]) -> dict[str, object]:
        claims: dict[str, object] = {
            "iss": self._registration.get_client_id(),
            "aud": self._registration.get_issuer(),
            "iat": self._issued,
            "exp": self._issued + _LIFETIME_S,
            "nonce": secrets.token_urlsafe(24),
            f"{LTI}deployment_id": self._deployment_id,
            f"{LTI}message_type": "LtiDeepLinkingResponse",
            f"{LTI}version": "1.3.0",
            f"{_DL}content_items": [resource.to_dict() for resource in resources],
        }
        if self._settings.data is not None:
            claims[f"{_DL}data"] = self._settings.data
        if self._message:
            claims[f"{_DL}msg"] = self._message
        return claims


class _Resource(DeepLinkResource):
    """The library's resource, with a description."""

    def __init__(self, text: str) -> None:
        self._text = text

    @override
    def to_dict(self) -> dict[str, object]:
        described: dict[str, Any] = {**super().to_dict(), "text": self._text}
        return {name: value for name, value in described.items() if value}


def _resource(item: ContentItem, settings: DeepLinkSettings) -> DeepLinkResource:
    title = text_of(item.title, _LONGEST_TITLE)
    resource = _Resource(text_of(item.text, _LONGEST_TEXT))
    resource.set_title(title).set_url(item.url)
    # Said twice, for one LMS loses what another keeps.
    resource.set_custom_params({"npq_item": item.item})
    if item.score_maximum is not None and settings.accept_line_item:
        column = LineItem().set_label(title).set_resource_id(item.item).set_tag("completion")
        resource.set_lineitem(column.set_score_maximum(_plain(item.score_maximum)))
    return resource


def _plain(points: float) -> float:
    """A whole number written as one: one LMS makes 100 of a number with decimals."""
    return int(points) if points == int(points) else points
