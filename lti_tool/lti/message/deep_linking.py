"""What an LMS takes back when somebody chooses links: Deep Linking 2.0, the request."""

from __future__ import annotations

from typing import Any, Final

import structlog

from lti_tool.errors import LaunchRefused
from lti_tool.lti.exchange import is_text
from lti_tool.lti.message.values import Claims, bad, belongs_to, text_of
from lti_tool.tenancy.launch import DeepLinkSettings
from lti_tool.tenancy.platforms import Platform
from lti_tool.tenancy.roles import Role, Standing

log = structlog.get_logger(__name__)

_SETTINGS: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
_CHOOSERS: Final = {Role.FACILITATOR, Role.ADMINISTRATOR}
_LONGEST_DATA: Final = 100_000
_LONGEST_DESCRIPTION: Final = 2_000
_MOST_TYPES: Final = 20


def settings_of(claims: Claims, platform: Platform, standing: Standing) -> DeepLinkSettings:
    """The settings of a deep-linking request.

    Raises:
        LaunchRefused: they are missing, lead elsewhere, or the role may not choose.
    """
    if standing.role not in _CHOOSERS:
        raise LaunchRefused("denied", "dl_role")
    settings = claims.get(_SETTINGS)
    if not isinstance(settings, dict):
        raise bad("claim_missing:deep_linking_settings")
    return_url = settings.get("deep_link_return_url")
    if not belongs_to(platform, return_url):
        raise bad("dl_return_url")
    return DeepLinkSettings(
        return_url=str(return_url),
        data=_data(settings.get("data")),
        accept_types=_types(settings.get("accept_types")),
        # Some write the truth values as words; what is not said is not promised.
        accept_multiple=settings.get("accept_multiple") in (True, "true"),
        accept_line_item=settings.get("accept_lineitem") not in (False, "false"),
        title=text_of(settings.get("title")),
        text=text_of(settings.get("text"), _LONGEST_DESCRIPTION),
    )


def _types(value: Any) -> tuple[str, ...]:
    kinds = value[:_MOST_TYPES] if isinstance(value, list) else []
    return tuple(kind for kind in kinds if isinstance(kind, str) and is_text(kind))


def _data(value: Any) -> str | None:
    if isinstance(value, str) and len(value) <= _LONGEST_DATA and is_text(value):
        return value
    if value is not None:
        log.info("dl_data_odd")
    return None
