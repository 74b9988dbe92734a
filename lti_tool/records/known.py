"""What we know already of a launch: one query, by unique keys alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, ScalarSelect, and_, bindparam, literal, select

from lti_tool.records.db import AnyRow
from lti_tool.records.tables import (
    AnswerRow,
    ContextRow,
    DeploymentRow,
    EnrolmentRow,
    GradeRow,
    LedgerRow,
    LineItemRow,
    MembershipRow,
    PersonRow,
    ResourceLinkRow,
)
from lti_tool.study.content import ContentPack
from lti_tool.tenancy.launch import Launch


def _any_of(table: type[LedgerRow | AnswerRow]) -> ScalarSelect[int]:
    """A row of this enrolment, if there is one."""
    of_enrolment = select(table.id).where(table.enrolment_id == EnrolmentRow.id)
    return of_enrolment.limit(1).correlate(EnrolmentRow).scalar_subquery()


_QUERY = (
    select(
        DeploymentRow.id.label("deployment"),
        ContextRow.id.label("context"),
        ContextRow.title.label("course_title"),
        ResourceLinkRow.id.label("link"),
        ResourceLinkRow.title.label("link_title"),
        ResourceLinkRow.pack_id.label("link_pack"),
        ResourceLinkRow.item.label("link_item"),
        ResourceLinkRow.line_item_id.label("link_line_item"),
        LineItemRow.id.label("line_item"),
        PersonRow.id.label("person"),
        PersonRow.name.label("person_name"),
        MembershipRow.id.label("membership"),
        MembershipRow.role,
        MembershipRow.graded,
        EnrolmentRow.id.label("enrolment"),
        EnrolmentRow.pack_digest,
        GradeRow.status.label("grade_status"),
        _any_of(LedgerRow).label("has_begun"),
        _any_of(AnswerRow).label("has_written"),
    )
    .select_from(DeploymentRow)
    .outerjoin(
        ContextRow,
        and_(
            ContextRow.deployment_id == DeploymentRow.id,
            ContextRow.lti_id == bindparam("context_lti_id"),
        ),
    )
    .outerjoin(
        ResourceLinkRow,
        and_(
            ResourceLinkRow.context_id == ContextRow.id,
            ResourceLinkRow.lti_id == bindparam("link_lti_id"),
        ),
    )
    .outerjoin(
        LineItemRow,
        and_(
            LineItemRow.context_id == ContextRow.id, LineItemRow.url == bindparam("line_item")
        ),
    )
    .outerjoin(
        PersonRow,
        and_(
            PersonRow.platform_id == DeploymentRow.platform_id,
            PersonRow.sub == bindparam("sub"),
        ),
    )
    .outerjoin(
        MembershipRow,
        and_(
            MembershipRow.context_id == ContextRow.id, MembershipRow.person_id == PersonRow.id
        ),
    )
    .outerjoin(
        EnrolmentRow,
        and_(
            EnrolmentRow.person_id == PersonRow.id,
            EnrolmentRow.deployment_id == DeploymentRow.id,
            EnrolmentRow.pack_id == bindparam("pack"),
        ),
    )
    .outerjoin(
        GradeRow,
        and_(GradeRow.line_item_id == LineItemRow.id, GradeRow.person_id == PersonRow.id),
    )
    .where(
        DeploymentRow.platform_id == bindparam("platform"),
        DeploymentRow.deployment_id == bindparam("deployment_lti_id"),
        DeploymentRow.status == literal("active"),
    )
)


def known_of(db: Connection, launch: Launch, pack: ContentPack | None) -> AnyRow | None:
    """The rows there are for this launch; None when its deployment is not active."""
    return db.execute(_QUERY, _keys(launch, pack)).one_or_none()


def _keys(launch: Launch, pack: ContentPack | None) -> dict[str, Any]:
    return {
        "platform": launch.platform.id,
        "deployment_lti_id": launch.deployment_id,
        "sub": launch.sub,
        "context_lti_id": launch.context.id if launch.context else None,
        "link_lti_id": launch.link.id if launch.link else None,
        "line_item": launch.line_item_url,
        "pack": pack.id if pack else None,
    }
