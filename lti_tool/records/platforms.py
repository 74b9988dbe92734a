"""The LMSs registered with us and their deployments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from lti_tool.records.db import AnyRow
from lti_tool.records.tables import DeploymentRow, PlatformRow
from lti_tool.tenancy.platforms import Platform
from lti_tool.tenancy.roles import NO_OVERRIDES, Overrides, Role

MOST_PENDING = 100  # deployments of one platform awaiting approval; a forged flood ends here
_NOTHING = "none"  # what a role name grants that grants nothing


def add_platform(
    db: Connection, platform: Platform, deployment_ids: Sequence[str], now: datetime
) -> int:
    """Register an LMS with the deployments known so far; its id.

    Raises:
        IntegrityError: an LMS with this issuer and client id is registered already.
    """
    columns = {
        name: getattr(platform, name)
        for name in (
            "name", "product", "issuer", "client_id", "auth_url", "token_url", "jwks_url",
            "token_audience", "leeway_s",
        )
    }  # fmt: skip
    columns["role_overrides"] = _stored(platform.role_overrides)
    query = insert(PlatformRow).values(**columns, status="active", created_at=now)
    platform_id = db.execute(query.returning(PlatformRow.id)).scalar_one()
    for deployment_id in deployment_ids:
        add_deployment(db, platform_id, deployment_id, "active", now)
    return platform_id


def find_platforms(db: Connection, issuer: str, client_id: str | None) -> list[Platform]:
    """The LMSs with this issuer; only the one with this client id where one is given."""
    query = _platforms().where(PlatformRow.issuer == issuer).limit(2)
    if client_id:
        query = query.where(PlatformRow.client_id == client_id)
    return [_platform(row) for row in db.execute(query)]


def platform_by_id(db: Connection, platform_id: int) -> Platform | None:
    """The LMS with this id, or None."""
    row = db.execute(_platforms().where(PlatformRow.id == platform_id)).one_or_none()
    return _platform(row) if row else None


def all_platforms(db: Connection) -> list[Platform]:
    """Every LMS, oldest first."""
    return [_platform(row) for row in db.execute(_platforms().order_by(PlatformRow.id))]


def set_platform_status(db: Connection, platform_id: int, status: str) -> bool:
    """Make an LMS "active" or "suspended"; whether there is such an LMS."""
    return _change(db, platform_id, status=status)


def set_up_platform(
    db: Connection, platform_id: int, name: str, leeway_s: int, role_overrides: Overrides
) -> bool:
    """Change what the operator decides about an LMS; whether there is such an LMS."""
    overrides = _stored(role_overrides)
    return _change(db, platform_id, name=name, leeway_s=leeway_s, role_overrides=overrides)


def note_clock(db: Connection, platform_id: int, ahead_s: int, now: datetime) -> None:
    """Keep how far the clock of an LMS is ahead of ours, in seconds, in place of what was."""
    _change(db, platform_id, clock_ahead_s=ahead_s, clock_read_at=now)


def _change(db: Connection, platform_id: int, **columns: Any) -> bool:
    query = update(PlatformRow).where(PlatformRow.id == platform_id).values(**columns)
    return bool(db.execute(query).rowcount)


def add_deployment(
    db: Connection, platform_id: int, deployment_id: str, status: str, now: datetime
) -> None:
    """Note a deployment of an LMS."""
    db.execute(
        insert(DeploymentRow).values(
            platform_id=platform_id,
            deployment_id=deployment_id,
            status=status,
            created_at=now,
        )
    )


def note_pending(db: Connection, platform_id: int, deployment_id: str, now: datetime) -> bool:
    """Keep an unknown deployment for the operator to approve; a second time changes nothing.

    Returns: False when so many of this LMS are waiting already that it is not kept.
    """
    # One after the other, or many at once would pass the limit; launches do not wait for it.
    lms = select(PlatformRow.id).where(PlatformRow.id == platform_id)
    db.execute(lms.with_for_update(key_share=True))
    mine = DeploymentRow.platform_id == platform_id
    known = select(DeploymentRow.id).where(mine, DeploymentRow.deployment_id == deployment_id)
    if db.scalar(known):
        return True
    waiting = select(func.count()).where(mine, DeploymentRow.status == "pending")
    if (db.scalar(waiting) or 0) >= MOST_PENDING:
        return False
    add_deployment(db, platform_id, deployment_id, "pending", now)
    return True


def deployments(
    db: Connection, platform_id: int | None = None, status: str | None = None
) -> Sequence[AnyRow]:
    """Deployments with their platform's name, oldest first.

    Args:
        db: a connection.
        platform_id: those of this LMS alone.
        status: those that are active, pending or suspended alone.
    """
    query = (
        select(
            DeploymentRow.id,
            DeploymentRow.deployment_id,
            DeploymentRow.status,
            DeploymentRow.created_at,
            PlatformRow.id.label("platform_id"),
            PlatformRow.name.label("platform"),
        )
        .join(PlatformRow, PlatformRow.id == DeploymentRow.platform_id)
        .order_by(DeploymentRow.id)
    )
    if platform_id is not None:
        query = query.where(PlatformRow.id == platform_id)
    if status is not None:
        query = query.where(DeploymentRow.status == status)
    return db.execute(query).all()


def set_deployment_status(db: Connection, row_id: int, status: str) -> bool:
    """Make a deployment "active" or "suspended"; whether there is such a deployment."""
    query = update(DeploymentRow).where(DeploymentRow.id == row_id).values(status=status)
    return bool(db.execute(query).rowcount)


def _platforms() -> Select[Any]:
    return select(*PlatformRow.__table__.columns)


def _platform(row: AnyRow) -> Platform:
    return Platform(
        id=row.id,
        name=row.name,
        product=row.product,
        issuer=row.issuer,
        client_id=row.client_id,
        auth_url=row.auth_url,
        token_url=row.token_url,
        jwks_url=row.jwks_url,
        token_audience=row.token_audience,
        leeway_s=row.leeway_s,
        active=row.status == "active",
        role_overrides=_overrides(row.role_overrides),
        clock_ahead_s=row.clock_ahead_s,
        clock_read_at=row.clock_read_at,
    )


def _stored(overrides: Overrides) -> dict[str, str]:
    return {name: role or _NOTHING for name, role in sorted(overrides.items())}


def _overrides(stored: Mapping[str, Any]) -> Overrides:
    """What was stored; a role that there is not grants nothing."""
    if not stored:
        return NO_OVERRIDES
    roles = {role.value: role for role in Role}
    return MappingProxyType({name: roles.get(role) for name, role in stored.items()})
