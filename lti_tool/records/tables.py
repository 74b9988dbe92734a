"""
The data dictionary of the tool: who, where, what was done, what is owed.

Keys, tokens and failed attempts are in trust_tables.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.records.columns import NumberedTable, Table


def _key(column: str, *, index: bool = False) -> Any:
    return mapped_column(ForeignKey(column), index=index)


class PlatformRow(NumberedTable):
    """One LMS registered with us."""

    __tablename__ = "platforms"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    name: Mapped[str]  # for the operator
    product: Mapped[str]  # one of lms/; "standard" when unknown
    issuer: Mapped[str]
    client_id: Mapped[str]
    auth_url: Mapped[str]
    token_url: Mapped[str]
    jwks_url: Mapped[str]
    token_audience: Mapped[str | None]  # where it is not the token URL
    leeway_s: Mapped[int]  # how far its clock may differ from ours
    # role URI -> tenancy.roles.Role, in place of what the specification says
    role_overrides: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    clock_ahead_s: Mapped[int | None]  # of ours when last read; negative: behind
    clock_read_at: Mapped[datetime | None]
    status: Mapped[str]  # active, suspended
    created_at: Mapped[datetime]


class DeploymentRow(NumberedTable):
    """One LTI deployment: the tenant."""

    __tablename__ = "deployments"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id"),)

    platform_id: Mapped[int] = _key("platforms.id")
    deployment_id: Mapped[str]  # as the LMS calls it
    status: Mapped[str]  # active, pending, suspended
    created_at: Mapped[datetime]


class ContextRow(NumberedTable):
    """One course of a deployment."""

    __tablename__ = "contexts"
    __table_args__ = (UniqueConstraint("deployment_id", "lti_id"),)

    deployment_id: Mapped[int] = _key("deployments.id")
    lti_id: Mapped[str]
    title: Mapped[str]


class LineItemRow(NumberedTable):
    """One gradebook column of a course, by the URL the LMS gave it."""

    __tablename__ = "line_items"
    __table_args__ = (UniqueConstraint("context_id", "url"),)

    context_id: Mapped[int] = _key("contexts.id")
    url: Mapped[str]
    score_maximum: Mapped[float]


class ResourceLinkRow(NumberedTable):
    """One place in a course that opens us."""

    __tablename__ = "resource_links"
    __table_args__ = (UniqueConstraint("context_id", "lti_id"),)

    context_id: Mapped[int] = _key("contexts.id")
    lti_id: Mapped[str]
    title: Mapped[str]
    pack_id: Mapped[str | None]  # what it opened at its last launch
    item: Mapped[str | None]
    line_item_id: Mapped[int | None] = _key("line_items.id", index=True)


class PersonRow(NumberedTable):
    """One person of a platform, known only by the `sub` it gave them."""

    __tablename__ = "persons"
    __table_args__ = (UniqueConstraint("platform_id", "sub"),)

    platform_id: Mapped[int] = _key("platforms.id")
    sub: Mapped[str]
    name: Mapped[str | None]


class MembershipRow(NumberedTable):
    """The role a person last had in a course."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("person_id", "context_id"),
        # By course alone PostgreSQL would read all of a course to find one person in it.
        Index("ix_memberships_context_id_person_id", "context_id", "person_id"),
    )

    person_id: Mapped[int] = _key("persons.id")
    context_id: Mapped[int] = _key("contexts.id")
    role: Mapped[str]  # tenancy.roles.Role
    graded: Mapped[bool]  # false for staff, test users and people without a role here


class EnrolmentRow(NumberedTable):
    """One person on one pack in one deployment, pinned to version and digest."""

    __tablename__ = "enrolments"
    __table_args__ = (UniqueConstraint("person_id", "deployment_id", "pack_id"),)

    person_id: Mapped[int] = _key("persons.id")
    deployment_id: Mapped[int] = _key("deployments.id", index=True)
    pack_id: Mapped[str]
    pack_version: Mapped[str]
    pack_digest: Mapped[str]
    started_at: Mapped[datetime]


class LedgerRow(NumberedTable):
    """One thing a participant did that counts. Rows are only ever added."""

    __tablename__ = "ledger"
    __table_args__ = (UniqueConstraint("enrolment_id", "item", "activity_id", "kind"),)

    enrolment_id: Mapped[int] = _key("enrolments.id")
    kind: Mapped[str]  # activity_done
    item: Mapped[str]  # study session, as "m2.s1"
    activity_id: Mapped[str]
    at: Mapped[datetime]
    pack_digest: Mapped[str]  # what the participant saw
    client_id: Mapped[str]  # of the form that was sent; for audits


class AnswerRow(NumberedTable):
    """What a participant wrote or chose, finished or not; the latest text."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("enrolment_id", "item", "activity_id", "question_id"),)

    enrolment_id: Mapped[int] = _key("enrolments.id")
    item: Mapped[str]
    activity_id: Mapped[str]
    question_id: Mapped[str]
    value: Mapped[str]
    saved_at: Mapped[datetime]


class GradeRow(NumberedTable):
    """The standing we owe a line item for a person: one row, the newest wins."""

    __tablename__ = "grades"
    __table_args__ = (
        UniqueConstraint("line_item_id", "person_id"),
        Index(
            "ix_grades_due_at",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
    )

    line_item_id: Mapped[int] = _key("line_items.id")
    person_id: Mapped[int] = _key("persons.id", index=True)
    given: Mapped[float]  # points of the line item's maximum
    submitted_at: Mapped[datetime]  # when the participant completed it
    at: Mapped[datetime]  # the score's own moment: whole seconds, rising, never ahead of us
    status: Mapped[str]  # owed, delivered, refused
    due_at: Mapped[datetime | None]  # when to try next; also the lease; None: settled
    attempts: Mapped[int]  # since it was last owed
    delivered_at: Mapped[datetime | None]
    reason: Mapped[str | None]  # of the last failure, for staff


class VisitRow(Table):
    """One browser's stay after a launch.

    Its rows live for hours and are written at every launch, so there is no foreign key, for
    which the database would look up again what the launch has just read, and no index that
    is not needed. What a page shows of the person and the course is that of the launch.

    A row burns the state of its launch: a second one with that state cannot be added. It
    must outlive the state, which it does by hours.
    """

    __tablename__ = "visits"

    key_hash: Mapped[str] = mapped_column(primary_key=True)  # SHA-256 of the key in the URL
    state_id: Mapped[str] = mapped_column(unique=True)  # of the launch; good for one visit
    cookie_hash: Mapped[str]  # SHA-256 of the second factor
    # SHA-256 of the browser's User-Agent, the second factor while its cookie never came back;
    # NULL once it has: from then on the cookie is asked for.
    agent_hash: Mapped[str | None]
    deployment_id: Mapped[int]
    context_id: Mapped[int | None]
    resource_link_id: Mapped[int | None]
    person_id: Mapped[int]
    enrolment_id: Mapped[int | None]
    role: Mapped[str]
    graded: Mapped[bool]
    pack_id: Mapped[str | None]
    item: Mapped[str | None]
    return_url: Mapped[str | None]
    frame_origins: Mapped[str]  # space-separated origins that may frame the pages
    deep_linking: Mapped[dict[str, Any] | None]  # settings of a deep-linking request
    person_name: Mapped[str | None]
    course_title: Mapped[str]
    link_title: Mapped[str]
    seen_at: Mapped[datetime]
