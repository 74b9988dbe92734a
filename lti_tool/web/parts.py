"""What request handlers need, built once by app.py and found through the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app

from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.lti.state import StateSigner
from lti_tool.records.db import Database
from lti_tool.records.progress import Progress
from lti_tool.settings import Settings
from lti_tool.stores import Kept, Platforms, ToolKeys
from lti_tool.study.content import ContentPack
from lti_tool.web.attempts import FailedAttempts


@dataclass(frozen=True, slots=True)
class Parts:
    """The long-lived parts of one process."""

    settings: Settings
    database: Database
    packs: Mapping[str, ContentPack]  # by id
    platforms: Platforms
    platform_keys: PlatformKeys
    tool_keys: ToolKeys
    signer: StateSigner
    failed_attempts: FailedAttempts
    just_begun: Kept[Any]  # visits of the last seconds, by key; web/access.py's
    just_read: Kept[tuple[tuple[str, str], Progress]]  # by visit; web/studying.py's
    schema_revision: str  # the newest migration there is


def parts() -> Parts:
    """The parts of the app handling this request."""
    found: Parts = current_app.extensions["lti_tool"]
    return found
