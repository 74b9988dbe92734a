"""Access tokens LMSs gave us and key sets they publish, shared by all processes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from lti_tool.records.columns import Table
from lti_tool.records.db import INSERTS
from lti_tool.records.trust_tables import AccessTokenRow, KeySetRow
from lti_tool.records.vault import Vault


def token_of(
    db: Connection, vault: Vault, platform_id: int, scopes: str, now: datetime
) -> tuple[str, datetime] | None:
    """The access token for these scopes and when it expires, or None when there is none."""
    row = db.execute(
        select(AccessTokenRow.token, AccessTokenRow.expires_at).where(
            AccessTokenRow.platform_id == platform_id,
            AccessTokenRow.scopes == scopes,
            AccessTokenRow.expires_at > now,
        )
    ).one_or_none()
    return (vault.decrypt(row.token).decode(), row.expires_at) if row else None


def keep_token(
    db: Connection, vault: Vault, platform_id: int, scopes: str, token: str, until: datetime
) -> None:
    """Keep a token in place of the one before."""
    values = {"token": vault.encrypt(token.encode()), "expires_at": until}
    _put(db, AccessTokenRow, {"platform_id": platform_id, "scopes": scopes}, values)


def drop_token(db: Connection, platform_id: int, scopes: str) -> None:
    """Forget a token the LMS no longer takes."""
    db.execute(
        delete(AccessTokenRow).where(
            AccessTokenRow.platform_id == platform_id, AccessTokenRow.scopes == scopes
        )
    )


def key_set_of(db: Connection, url: str) -> tuple[dict[str, Any], datetime] | None:
    """The key set last fetched from here and when, or None."""
    query = select(KeySetRow.document, KeySetRow.fetched_at).where(KeySetRow.url == url)
    row = db.execute(query).one_or_none()
    return (row.document, row.fetched_at) if row and row.document else None


def keep_key_set(db: Connection, url: str, document: Mapping[str, Any], at: datetime) -> None:
    """Keep a key set in place of the one before."""
    _put(db, KeySetRow, {"url": url}, {"document": dict(document), "fetched_at": at})


def _put(
    db: Connection, table: type[Table], key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    query = INSERTS[db.dialect.name](table).values(**key, **values)
    db.execute(query.on_conflict_do_update(index_elements=list(key), set_=dict(values)))
