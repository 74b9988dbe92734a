"""The LMSs registered with us and their deployments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from lti_tool.records.db import AnyRow
from lti_tool.records.tables import DeploymentRow, PlatformRow
from lti_tool.tenancy.platforms import Platform

_MOST_PENDING = 100  # deployments of one platform awaiting approval; a forged flood ends here


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
    query = update(PlatformRow).where(PlatformRow.id == platform_id).values(status=status)
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


def note_pending(db: Connection, platform_id: int, deployment_id: str, now: datetime) -> None:
    """Keep an unknown deployment for the operator to approve; a second time changes nothing."""
    mine = DeploymentRow.platform_id == platform_id
    known = select(DeploymentRow.id).where(mine, DeploymentRow.deployment_id == deployment_id)
    waiting = select(func.count()).where(mine, DeploymentRow.status == "pending")
    if not db.scalar(known) and (db.scalar(waiting) or 0) < _MOST_PENDING:
        add_deployment(db, platform_id, deployment_id, "pending", now)


def deployments(db: Connection) -> Sequence[AnyRow]:
    """Every deployment with its platform's name, oldest first."""
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
    )
