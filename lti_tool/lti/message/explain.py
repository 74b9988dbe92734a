"""What a refusal may say more, once the LMS's signature on the message held."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from lti_tool.errors import LaunchRefused
from lti_tool.lti.message.id_token import LAST_MOMENT
from lti_tool.lti.message.values import LTI, Claims, belongs_to, object_in, text_of
from lti_tool.tenancy.platforms import Platform
from lti_tool.tenancy.roles import Role, standing_of

_STAFF: Final = frozenset([Role.FACILITATOR, Role.ADMINISTRATOR])
_MOST_ROLES: Final = 20


def explain(refused: LaunchRefused, claims: Claims, platform: Platform, now: datetime) -> None:
    """Add to a refusal the way back to the course and, for staff, what the LMS said.

    Args:
        refused: why there is no launch.
        claims: verified; empty when the refusal came before that.
        platform: whose message it is.
        now: the moment of the launch.
    """
    url = object_in(claims, f"{LTI}launch_presentation").get("return_url")
    if url and belongs_to(platform, url):
        refused.return_url = str(url)
    roles = _roles(claims)
    if roles and standing_of(roles, platform.role_overrides).role in _STAFF:
        refused.facts = {**_facts(claims, roles, platform, now), **refused.facts}


def _roles(claims: Claims) -> list[str]:
    roles = claims.get(f"{LTI}roles")
    return [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []


def _facts(
    claims: Claims, roles: list[str], platform: Platform, now: datetime
) -> dict[str, str]:
    issued = claims.get("iat")
    facts = {
        "issuer": platform.issuer,
        "client_id": platform.client_id,
        "deployment_id": text_of(claims.get(f"{LTI}deployment_id")),
        "roles_received": ", ".join(text_of(role) for role in roles[:_MOST_ROLES]),
    }
    if isinstance(issued, int | float) and abs(issued) < LAST_MOMENT:
        facts["clock_of_your_LMS"] = f"{issued - now.timestamp():+.0f} seconds from ours"
    return {name: value for name, value in facts.items() if value}
