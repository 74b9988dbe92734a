"""
What is odd about a message that is taken all the same, in short codes for the log.

Whoever looks after an LMS finds there why somebody got less than they expected: no course, a
link that names nothing, a way back that leads elsewhere.
"""

from __future__ import annotations

from typing import Any, Final

from lti_tool.lti.message.values import LTI, Claims, object_in
from lti_tool.tenancy.launch import ContextClaim

_MOST_CUSTOM: Final = 100
_LONGEST_CUSTOM: Final = 4_096  # characters
_OBJECTS: Final = (
    f"{LTI}context",
    f"{LTI}custom",
    f"{LTI}launch_presentation",
    "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint",
)


def oddities_of(
    claims: Claims, context: ContextClaim | None, item: str | None, return_url: str | None
) -> tuple[str, ...]:
    """Codes for what is odd, each once; what is odd about roles is remarked on elsewhere.

    Args:
        claims: verified.
        context: the course; None when none is named that we can use.
        item: what the link opens; None when it names nothing.
        return_url: the way back; None when there is none we would follow.
    """
    custom = object_in(claims, f"{LTI}custom")
    back = object_in(claims, f"{LTI}launch_presentation").get("return_url")
    judged = {
        "context_missing": context is None,
        "claim_type": _has_other_type(claims),
        "custom_odd": _is_odd(custom),
        "item_unknown": custom.get("npq_item") not in (None, "", item),
        "return_url_bad": bool(back) and return_url is None,
    }
    return tuple(code for code, is_so in judged.items() if is_so)


def _has_other_type(claims: Claims) -> bool:
    if any(not isinstance(claims.get(name, {}), dict) for name in _OBJECTS):
        return True
    return not isinstance(object_in(claims, f"{LTI}context").get("id", ""), str)


def _is_odd(custom: dict[str, Any]) -> bool:
    """Whether a value is none, is too much, or is a variable the LMS did not fill in."""
    return len(custom) > _MOST_CUSTOM or any(
        not isinstance(value, str) or len(value) > _LONGEST_CUSTOM or value[:1] == "$"
        for value in custom.values()
    )
