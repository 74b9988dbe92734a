"""One LMS as registered with us."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from lti_tool.tenancy.addresses import origin_of
from lti_tool.tenancy.roles import NO_OVERRIDES, Overrides


@dataclass(frozen=True, slots=True)
class Platform:
    """Where an LMS lives and how it knows us. Several tenants may share one."""

    id: int
    name: str  # what the operator calls it
    product: str  # a name in lti_tool.lms
    issuer: str
    client_id: str  # our id in that LMS
    auth_url: str  # where browsers are sent to log in
    token_url: str
    jwks_url: str
    token_audience: str | None  # of our assertions, where it is not the token URL
    leeway_s: int = 60  # how far its clock may differ from ours
    active: bool = True
    # Read-only; no part of the hash, which a mapping cannot have.
    role_overrides: Overrides = field(default_factory=lambda: NO_OVERRIDES, hash=False)
    clock_ahead_s: int | None = None  # of ours when last read; negative: behind
    clock_read_at: datetime | None = None

    @property
    def origins(self) -> frozenset[str]:
        """The origins the operator registered."""
        urls = (self.issuer, self.auth_url, self.token_url, self.jwks_url)
        return frozenset(origin for url in urls if (origin := origin_of(url)))
