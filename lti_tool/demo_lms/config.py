"""What one demo LMS is told when it is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import requests

SITE_NAME = "Harrow Bank Staff Learning"
CLIENT_ID = "npq-demo-client"
DEPLOYMENT_ID = "1"
TYPE_ID = "1"  # stands in the query of service URLs, as Moodle's do
HTTP_TIMEOUT_S = 5.0


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class DemoConfig:
    """One demo LMS: its own address, the tool it knows, the course it offers."""

    issuer: str  # our own origin, without a trailing slash
    login_url: str
    launch_url: str  # the one registered redirect URI
    jwks_url: str  # the tool's key set
    open_url: str  # target link URIs are this + "/<pack>/<item>"
    items: Sequence[tuple[str, str]]  # (item, title) of the course's study sessions
    pack_id: str = "npqlt-demo"
    client_id: str = CLIENT_ID
    deployment_id: str = DEPLOYMENT_ID
    state_path: Path | None = None  # None: everything is forgotten when the process ends
    key_pem: str | None = None  # our first signing key; None: made when first needed
    page_size: int = 50  # largest page of line items and memberships
    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] = time.sleep
    http: requests.Session = field(default_factory=requests.Session)

    @property
    def tool_origin(self) -> str:
        """The only other web site our pages frame or post to."""
        return origin_of(self.launch_url)

    @property
    def auth_url(self) -> str:
        """Where the tool sends the browser to say who it is."""
        return f"{self.issuer}/auth"

    @property
    def token_url(self) -> str:
        """Where the tool gets access tokens; also the audience of its assertions."""
        return f"{self.issuer}/token"

    @property
    def own_jwks_url(self) -> str:
        """Where our public keys are."""
        return f"{self.issuer}/jwks"

    @property
    def line_items_url(self) -> str:
        """The container of the course's line items."""
        return f"{self.issuer}/lineitems?type_id={TYPE_ID}"

    @property
    def memberships_url(self) -> str:
        """The people of the course."""
        return f"{self.issuer}/memberships?type_id={TYPE_ID}"

    def line_item_url(self, line_item_id: str) -> str:
        """The id of a line item as the tool knows it."""
        return f"{self.issuer}/lineitems/{line_item_id}/lineitem?type_id={TYPE_ID}"


def config_for_tool(
    issuer: str, tool_url: str, items: Sequence[tuple[str, str]], pack_id: str = "npqlt-demo"
) -> DemoConfig:
    """The configuration for a tool whose addresses are the usual ones below its public URL.

    Other fields are changed with `dataclasses.replace`.
    """
    return DemoConfig(
        issuer=issuer,
        login_url=f"{tool_url}/lti/login",
        launch_url=f"{tool_url}/lti/launch",
        jwks_url=f"{tool_url}/lti/jwks",
        open_url=f"{tool_url}/open",
        items=tuple(items),
        pack_id=pack_id,
    )
