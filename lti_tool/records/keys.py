"""Our signing keys: one current, one published ahead of its use, one still trusted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from lti_tool.records.trust_tables import ToolKeyRow
from lti_tool.records.vault import Vault

STATUSES = ("current", "next", "previous")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A signing key as stored, its private half readable."""

    kid: str
    status: str  # one of STATUSES
    pem: bytes
    public_jwk: dict[str, Any]
    created_at: datetime


def stored_keys(db: Connection, vault: Vault) -> list[StoredKey]:
    """All keys, the current one first."""
    rows = db.execute(select(*ToolKeyRow.__table__.columns)).all()
    keys = [
        StoredKey(
            row.kid, row.status, vault.decrypt(row.private_key), row.public_jwk, row.created_at
        )
        for row in rows
    ]
    return sorted(keys, key=lambda key: STATUSES.index(key.status))


def add_key(db: Connection, vault: Vault, key: StoredKey) -> None:
    """Store a key.

    Raises:
        IntegrityError: there is a key with this status already.
    """
    db.execute(
        insert(ToolKeyRow).values(
            kid=key.kid,
            status=key.status,
            private_key=vault.encrypt(key.pem),
            public_jwk=key.public_jwk,
            created_at=key.created_at,
        )
    )


def advance(db: Connection) -> None:
    """Make the next key the current one and the current one the previous one."""
    db.execute(delete(ToolKeyRow).where(ToolKeyRow.status == "previous"))
    for old, new in (("current", "previous"), ("next", "current")):
        db.execute(update(ToolKeyRow).where(ToolKeyRow.status == old).values(status=new))
