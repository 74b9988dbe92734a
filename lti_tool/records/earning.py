"""Which grades a participant has earned; owing them is part of earning them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, insert, select, update

from lti_tool.records.db import AnyRow
from lti_tool.records.tables import (
    ContextRow,
    EnrolmentRow,
    GradeRow,
    LedgerRow,
    LineItemRow,
    MembershipRow,
    ResourceLinkRow,
)
from lti_tool.study.completion import completion
from lti_tool.study.content import ContentPack

_ONE_SECOND = timedelta(seconds=1)

_GRADED_LINKS = (
    select(
        LineItemRow.id.label("line_item"),
        LineItemRow.score_maximum,
        ResourceLinkRow.item,
        EnrolmentRow.person_id,
        GradeRow.id.label("grade"),
        GradeRow.given,
        GradeRow.at,
        GradeRow.status,
    )
    .select_from(EnrolmentRow)
    .join(MembershipRow, MembershipRow.person_id == EnrolmentRow.person_id)
    .join(
        ContextRow,
        and_(
            ContextRow.id == MembershipRow.context_id,
            ContextRow.deployment_id == EnrolmentRow.deployment_id,
        ),
    )
    .join(
        ResourceLinkRow,
        and_(
            ResourceLinkRow.context_id == ContextRow.id,
            ResourceLinkRow.pack_id == EnrolmentRow.pack_id,
        ),
    )
    .join(LineItemRow, LineItemRow.id == ResourceLinkRow.line_item_id)
    .outerjoin(
        GradeRow,
        and_(
            GradeRow.line_item_id == LineItemRow.id,
            GradeRow.person_id == EnrolmentRow.person_id,
        ),
    )
    .where(MembershipRow.graded.is_(True))
)


def owe_earned(
    db: Connection,
    enrolment_row: int,
    pack: ContentPack,
    done: Set[tuple[str, str]],
    now: datetime,
) -> None:
    """Owe full marks to every line item of this participant whose item is complete.

    Covers links of any course of the deployment, so work done before a link existed is
    credited when it appears. What is owed or delivered already stays as it is; what an LMS
    refused is owed anew, for the person may be enrolled now.
    """
    links = db.execute(_GRADED_LINKS.where(EnrolmentRow.id == enrolment_row)).all()
    earned = list(_newly_earned(links, pack, done))
    if not earned:
        return
    ended = _ended_at(db, enrolment_row)
    for link in earned:
        sessions = pack.find(link.item) or ()
        submitted_at = max(ended[session.item] for session in sessions)
        _owe(db, link, submitted_at, now)


def _newly_earned(
    links: Sequence[AnyRow], pack: ContentPack, done: Set[tuple[str, str]]
) -> Iterator[AnyRow]:
    for link in links:
        sessions = pack.find(link.item)
        if not sessions or not completion(sessions, done).is_complete:
            continue
        if link.grade is None or link.given < link.score_maximum or link.status == "refused":
            yield link


def _ended_at(db: Connection, enrolment_row: int) -> Mapping[str, datetime]:
    """When the last activity of each study session was done."""
    query = (
        select(LedgerRow.item, func.max(LedgerRow.at).label("ended"))
        .where(LedgerRow.enrolment_id == enrolment_row)
        .group_by(LedgerRow.item)
    )
    return {row.item: row.ended for row in db.execute(query)}


def _owe(db: Connection, link: AnyRow, submitted_at: datetime, now: datetime) -> None:
    """Owe full marks for one line item.

    The score's moment is in whole seconds and later than that of every score before,
    because LMSs compare seconds and refuse equals. It is not due before that moment: an LMS
    that takes a score from the future refuses every other until then.
    """
    at = now.replace(microsecond=0)
    if link.at is not None:
        at = max(at, link.at + _ONE_SECOND)
    owed = {
        "given": link.score_maximum,
        "submitted_at": submitted_at,
        "at": at,
        "status": "owed",
        "due_at": at,
        "attempts": 0,
        "reason": None,
    }
    if link.grade is None:
        key = {"line_item_id": link.line_item, "person_id": link.person_id}
        db.execute(insert(GradeRow).values(**key, **owed))
    else:
        db.execute(update(GradeRow).where(GradeRow.id == link.grade).values(**owed))
