"""Access tokens LMSs gave us and key sets they publish, shared by all processes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from lti_tool.records.columns import Table
from lti_tool.records.db import INSERTS, AnyRow
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


def key_set_of(db: Connection, url: str) -> AnyRow | None:
    """The row of this URL's key set without id and URL, or None."""
    columns = (
        KeySetRow.document,
        KeySetRow.fetched_at,
        KeySetRow.fresh_until,
        KeySetRow.tried_at,
        KeySetRow.fault,
    )
    return db.execute(select(*columns).where(KeySetRow.url == url)).one_or_none()


def claim_key_set(db: Connection, url: str, at: datetime, pause: timedelta) -> bool:
    """Note that a try to fetch begins; False when one has begun less than a pause ago.

    Of several at once one is told True.
    """
    # One that lies ahead was noted by a wrong clock: it must not keep us out for long.
    long_ago = or_(KeySetRow.tried_at <= at - pause, KeySetRow.tried_at > at + pause)
    query = INSERTS[db.dialect.name](KeySetRow).values(url=url, tried_at=at)
    claimed = query.on_conflict_do_update(
        index_elements=["url"],
        set_={"tried_at": at, "fault": None},
        where=or_(KeySetRow.tried_at.is_(None), long_ago),
    )
    return db.execute(claimed.returning(KeySetRow.id)).one_or_none() is not None


def keep_key_set(
    db: Connection,
    url: str,
    document: Mapping[str, Any],
    at: datetime,
    fresh_until: datetime | None,
) -> None:
    """Keep the set brought by the try that began then, unless a later one has begun."""
    values = {
        "document": dict(document),
        "fetched_at": at,
        "fresh_until": fresh_until,
        "tried_at": at,
        "fault": None,
    }
    query = INSERTS[db.dialect.name](KeySetRow).values(url=url, **values)
    db.execute(
        query.on_conflict_do_update(
            index_elements=["url"],
            set_=values,
            where=or_(KeySetRow.tried_at.is_(None), KeySetRow.tried_at <= at),
        )
    )


def note_key_set_fault(db: Connection, url: str, at: datetime, fault: str) -> None:
    """Keep why the try that began then failed, unless a later one has begun."""
    query = update(KeySetRow).where(KeySetRow.url == url, KeySetRow.tried_at == at)
    db.execute(query.values(fault=fault))


def _put(
    db: Connection, table: type[Table], key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    query = INSERTS[db.dialect.name](table).values(**key, **values)
    db.execute(query.on_conflict_do_update(index_elements=list(key), set_=dict(values)))
