"""
From the verified claims of a message to a Launch. No dict of claims goes further.

An LMS may send anything under a known name, so every claim is asked for its type. What we
cannot do without is refused; what is only odd is left out.
Source: LTI 1.3 core, 5.3 and 5.4; Assignment and Grade Services 2.0, its claim.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

import structlog

from lti_tool.errors import LaunchRefused
from lti_tool.lti.exchange import is_text
from lti_tool.lti.message.deep_linking import settings_of
from lti_tool.lti.message.oddities import oddities_of
from lti_tool.lti.message.values import (
    LONGEST_ID,
    LTI,
    Claims,
    bad,
    belongs_to,
    id_of,
    object_in,
    text_of,
    web_origin,
)
from lti_tool.lti.state import LaunchState
from lti_tool.tenancy.addresses import on_origin
from lti_tool.tenancy.launch import ContextClaim, Launch, LinkClaim, Message
from lti_tool.tenancy.platforms import Platform
from lti_tool.tenancy.roles import Standing, remarks_on, standing_of

log = structlog.get_logger(__name__)

SCORE_SCOPE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
_AGS: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"

_LONGEST_NAME: Final = 200
_MOST_ROLES: Final = 100
_SHOWN: Final = 10  # role names in the log, for whoever writes a rule about one
_NAME: Final = r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}"
_ITEM: Final = re.compile(f"{_NAME}/{_NAME}")
_MESSAGES: Final = frozenset(Message)
_OPEN: Final = "/open/"


def launch_of(
    claims: Claims, platform: Platform, state: LaunchState, public_url: str
) -> Launch:
    """What the LMS says in this message.

    Args:
        claims: verified.
        platform: whose message it is.
        state: of the login it answers.
        public_url: our origin.

    Raises:
        LaunchRefused: a claim we need is missing or odd, or the role does not allow it.
    """
    deployment_id = _deployment_id(claims, state)
    message = _message(claims)
    standing = _standing(claims, platform)
    is_resource_link = message is Message.RESOURCE_LINK
    target = _target(claims, public_url, required=is_resource_link)
    context, item = _context(claims), _item(claims, target)
    line_item_url = _line_item_url(claims, platform)
    return_url = _return_url(claims, platform)
    return Launch(
        platform=platform,
        deployment_id=deployment_id,
        message=message,
        sub=_sub(claims, platform, deployment_id),
        name=_name(claims),
        standing=standing,
        context=context,
        link=_link(claims) if is_resource_link else None,
        item=item,
        line_item_url=line_item_url,
        can_score=line_item_url is not None and SCORE_SCOPE in _scopes(claims),
        return_url=return_url,
        deep_linking=None if is_resource_link else settings_of(claims, platform, standing),
        state_id=state.id,
        odd=oddities_of(claims, context, item, return_url),
    )


def _deployment_id(claims: Claims, state: LaunchState) -> str:
    value = claims.get(f"{LTI}deployment_id")
    if value is None or (isinstance(value, str) and not value.strip()):
        raise bad("deployment_missing")
    if not isinstance(value, str):
        raise bad("deployment_type")
    if len(value) > LONGEST_ID or not value.isascii() or not value.isprintable():
        raise bad("deployment_too_long")
    if state.deployment_hint and state.deployment_hint != value:
        raise LaunchRefused("not_trusted", "deployment_mismatch")
    return value


def _message(claims: Claims) -> Message:
    if claims.get(f"{LTI}version") != "1.3.0":
        raise bad("lti_version")
    value = claims.get(f"{LTI}message_type")
    if not isinstance(value, str) or value not in _MESSAGES:
        raise LaunchRefused(
            "bad_request",
            "message_type",
            "Your LMS asked for something that this tool does not do.",
        )
    return Message(value)


def _standing(claims: Claims, platform: Platform) -> Standing:
    roles = claims.get(f"{LTI}roles")
    if roles is None:
        raise bad("roles_missing")
    if not isinstance(roles, list):
        raise bad("roles_type")
    names = [role for role in roles[:_MOST_ROLES] if isinstance(role, str)]
    odd = [] if len(names) == len(roles) else ["roles_odd"]
    for remark in (*odd, *remarks_on(names, platform.role_overrides)):
        log.info(remark, platform=platform.id, roles=[text_of(name) for name in names[:_SHOWN]])
    return standing_of(names, platform.role_overrides)


def _sub(claims: Claims, platform: Platform, deployment_id: str) -> str:
    """Who it is, exactly as the LMS writes it: case and spaces tell people apart."""
    value = claims.get("sub")
    if value is None or value == "":
        raise LaunchRefused(
            "not_registered",
            "sub_missing",
            "Your LMS did not tell us who you are. Its privacy settings for this tool must let "
            "it send a user id; no name is needed.",
            issuer=platform.issuer,
            client_id=platform.client_id,
            deployment_id=deployment_id,
        )
    if not isinstance(value, str) or not is_text(value):
        raise bad("sub_type")
    if len(value) > LONGEST_ID:
        raise bad("sub_too_long")
    return value


def _name(claims: Claims) -> str | None:
    whole = text_of(claims.get("name"), _LONGEST_NAME)
    parts = (text_of(claims.get(part), _LONGEST_NAME) for part in ("given_name", "family_name"))
    return whole or " ".join(filter(None, parts))[:_LONGEST_NAME] or None


def _context(claims: Claims) -> ContextClaim | None:
    context = object_in(claims, f"{LTI}context")
    lti_id = id_of(context.get("id"), "context_id_long")
    if lti_id is None:
        return None
    return ContextClaim(lti_id, text_of(context.get("label")), text_of(context.get("title")))


def _link(claims: Claims) -> LinkClaim:
    link = object_in(claims, f"{LTI}resource_link")
    lti_id = id_of(link.get("id"), "rl_id_long")
    if lti_id is None:
        raise bad("claim_missing:resource_link")
    return LinkClaim(lti_id, text_of(link.get("title")))


def _target(claims: Claims, public_url: str, *, required: bool) -> str:
    value = claims.get(f"{LTI}target_link_uri")
    if value is None or value == "":
        if required:
            raise bad("target_missing")
        return ""
    if not isinstance(value, str) or not on_origin(value, public_url):
        raise LaunchRefused("not_trusted", "target_foreign")
    return value


def _item(claims: Claims, target: str) -> str | None:
    """What the link opens: as we named it when it was placed, else as its address says."""
    chosen = object_in(claims, f"{LTI}custom").get("npq_item")
    if isinstance(chosen, str) and _ITEM.fullmatch(chosen):
        return chosen
    path = urlsplit(target).path
    item = path.removeprefix(_OPEN) if path.startswith(_OPEN) else ""
    return item if _ITEM.fullmatch(item) else None


def _line_item_url(claims: Claims, platform: Platform) -> str | None:
    url = object_in(claims, _AGS).get("lineitem")
    if url is None or url == "":
        return None
    if belongs_to(platform, url):
        return str(url)
    log.warning("endpoint_blocked", platform=platform.id, origin=web_origin(url))
    return None


def _scopes(claims: Claims) -> list[Any]:
    scopes = object_in(claims, _AGS).get("scope")
    return scopes if isinstance(scopes, list) else []


def _return_url(claims: Claims, platform: Platform) -> str | None:
    url = object_in(claims, f"{LTI}launch_presentation").get("return_url")
    if url is None or url == "":
        return None
    return str(url) if belongs_to(platform, url) else None
