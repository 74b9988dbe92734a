"""Tables of what launches and calls are trusted by: keys, tokens, failed attempts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.records.columns import NumberedTable, Table


class ToolKeyRow(NumberedTable):
    """One of our signing keys."""

    __tablename__ = "tool_keys"
    __table_args__ = (UniqueConstraint("status"),)

    kid: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]  # current, next, previous: one of each
    private_key: Mapped[str]  # PEM, encrypted
    public_jwk: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class AccessTokenRow(NumberedTable):
    """An access token an LMS gave us, until it expires."""

    __tablename__ = "access_tokens"
    __table_args__ = (UniqueConstraint("platform_id", "scopes"),)

    platform_id: Mapped[int] = mapped_column(ForeignKey("platforms.id"))
    scopes: Mapped[str]  # space-separated, sorted
    token: Mapped[str]  # encrypted
    expires_at: Mapped[datetime]


class KeySetRow(NumberedTable):
    """The key set of a platform as last fetched."""

    __tablename__ = "key_sets"

    url: Mapped[str] = mapped_column(unique=True)
    document: Mapped[dict[str, Any] | None]  # NULL: never had
    fetched_at: Mapped[datetime | None]
    fresh_until: Mapped[datetime | None]  # as the LMS says, within limits
    tried_at: Mapped[datetime | None]  # by any process, with or without success
    fault: Mapped[str | None]  # why that try failed; NULL: under way, or it went well


class FailedAttemptsRow(Table):
    """How often launches of one platform failed from one network address, of late."""

    __tablename__ = "failed_attempts"

    # 0 where no platform is known; no foreign key, so that counting costs one look-up
    platform_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    address_hash: Mapped[str] = mapped_column(primary_key=True)  # keyed: no address is kept
    since: Mapped[datetime]  # start of the window counted in
    count: Mapped[int]
