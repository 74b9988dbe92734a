"""What is said of an LMS: lines for people, values for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lti_tool.commands.role_rules import lines_of, words_of
from lti_tool.records.db import AnyRow
from lti_tool.tenancy.clock import clock_words, is_off
from lti_tool.tenancy.platforms import Platform

_SHOWN = (
    "id", "name", "product", "issuer", "client_id", "auth_url", "token_url", "jwks_url",
    "token_audience", "leeway_s",
)  # fmt: skip
_MOST_LISTED = 20  # deployments, for people; all for scripts


def facts_of(platform: Platform, deployments: Sequence[AnyRow]) -> dict[str, Any]:
    """Everything about one LMS, for a script."""
    return {
        **_plain(platform),
        **clock_facts(platform),
        "role_overrides": words_of(platform.role_overrides),
        "deployments": [
            {"id": row.id, "deployment_id": row.deployment_id, "status": row.status}
            for row in deployments
        ],
    }


def lines_about(platform: Platform, deployments: Sequence[AnyRow]) -> list[tuple[str, object]]:
    """The same for a person: what it is, and its value."""
    named = [f"{row.deployment_id} ({row.status})" for row in deployments[:_MOST_LISTED]]
    if more := len(deployments) - len(named):
        named.append(f"{more} more: lti-tool deployments list --platform {platform.id}")
    return [
        *_plain(platform).items(),
        ("clock", _clock(platform)),
        *(("role", line) for line in lines_of(platform.role_overrides)),
        ("deployments", ", ".join(named)),
    ]


def clock_facts(platform: Platform) -> dict[str, Any]:
    """The clock of an LMS, for a script."""
    return {
        "clock_ahead_s": platform.clock_ahead_s,
        "clock_read_at": platform.clock_read_at,
        "clock_off": is_off(platform.clock_ahead_s),
    }


def clock_if_off(platform: Platform) -> str:
    """The clock of an LMS, for a person, where something must be done about it."""
    return clock_words(platform.clock_ahead_s or 0) if is_off(platform.clock_ahead_s) else ""


def status_of(platform: Platform) -> str:
    """Whether an LMS is served."""
    return "active" if platform.active else "suspended"


def _plain(platform: Platform) -> dict[str, Any]:
    shown = {name: getattr(platform, name) for name in _SHOWN}
    return {**shown, "status": status_of(platform)}


def _clock(platform: Platform) -> str:
    if platform.clock_ahead_s is None or platform.clock_read_at is None:
        return "not read yet"
    read_at = f"{platform.clock_read_at.day} {platform.clock_read_at:%b %Y %H:%M} UTC"
    advice = "; one of the two needs setting" if is_off(platform.clock_ahead_s) else ""
    return f"{clock_words(platform.clock_ahead_s)} (read {read_at}){advice}"
