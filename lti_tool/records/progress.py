"""What a participant has done and written; in the same transaction, the grades it earns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, literal, select, union_all

from lti_tool.records.db import INSERTS
from lti_tool.records.earning import owe_earned
from lti_tool.records.tables import AnswerRow, EnrolmentRow, LedgerRow
from lti_tool.study.completion import check_answers, check_in_order, completion
from lti_tool.study.content import Activity, ContentPack, StudySession

ACTIVITY_DONE = "activity_done"

Done = frozenset[tuple[str, str]]  # (item of the study session, activity id)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a participant has done, and what they answered where."""

    done: Done
    answers: Mapping[tuple[str, str, str], str]  # (item, activity id, question id) -> value

    def answers_in(self, item: str, activity_id: str) -> dict[str, str]:
        """The answers of one activity, by question id."""
        return {
            question: value
            for (of_item, of_activity, question), value in self.answers.items()
            if (of_item, of_activity) == (item, activity_id)
        }


NOTHING_YET = Progress(frozenset(), {})


@dataclass(frozen=True, slots=True)
class Act:
    """A participant finishing an activity, once, however often the browser says so."""

    enrolment_row: int
    pack: ContentPack
    session: StudySession
    activity: Activity
    answers: Mapping[str, str]  # question id -> option number or text
    client_id: str  # of the form, made when the page was rendered


_DONE = select(LedgerRow.item, LedgerRow.activity_id).where(
    LedgerRow.enrolment_id == bindparam("enrolment"), LedgerRow.kind == ACTIVITY_DONE
)
_ANSWERS = select(AnswerRow.activity_id, AnswerRow.question_id, AnswerRow.value).where(
    AnswerRow.enrolment_id == bindparam("enrolment"), AnswerRow.item == bindparam("item")
)


def content_begun(db: Connection) -> set[str]:
    """Digests of all the content that somebody has begun."""
    return set(db.scalars(select(EnrolmentRow.pack_digest).distinct()))


def done_of(db: Connection, enrolment_row: int) -> Done:
    """All activities this participant has done."""
    return frozenset(
        (done[0], done[1]) for done in db.execute(_DONE, {"enrolment": enrolment_row})
    )


def answers_of(db: Connection, enrolment_row: int, item: str) -> dict[tuple[str, str], str]:
    """What was answered in a study session: (activity id, question id) -> value."""
    found = db.execute(_ANSWERS, {"enrolment": enrolment_row, "item": item})
    return {(activity_id, question_id): value for activity_id, question_id, value in found}


_EVERYTHING = union_all(
    select(
        literal(ACTIVITY_DONE).label("what"),
        LedgerRow.item,
        LedgerRow.activity_id,
        literal("").label("question_id"),
        literal("").label("value"),
    ).where(LedgerRow.enrolment_id == bindparam("enrolment"), LedgerRow.kind == ACTIVITY_DONE),
    select(
        literal("answer"),
        AnswerRow.item,
        AnswerRow.activity_id,
        AnswerRow.question_id,
        AnswerRow.value,
    ).where(
        AnswerRow.enrolment_id == bindparam("enrolment"),
        AnswerRow.item.in_((bindparam("item"), bindparam("before"))),
    ),
)


def progress_of(
    db: Connection, enrolment_row: int, item: str, before: str | None = None
) -> Progress:
    """Everything done, and the answers of a study session, in one query.

    Args:
        db: a connection.
        enrolment_row: the participant's enrolment on the pack.
        item: the study session.
        before: another whose answers are wanted too.
    """
    keys = {"enrolment": enrolment_row, "item": item, "before": before or item}
    rows = db.execute(_EVERYTHING, keys).all()
    return Progress(
        frozenset((row[1], row[2]) for row in rows if row[0] == ACTIVITY_DONE),
        {(row[1], row[2], row[3]): row[4] for row in rows if row[0] != ACTIVITY_DONE},
    )


def keep_answers(
    db: Connection,
    enrolment_row: int,
    item: str,
    activity_id: str,
    answers: Mapping[str, str],
    at: datetime,
) -> None:
    """Keep answers, finished or not; the latest text of a question stays."""
    if not answers:
        return
    key = {"enrolment_id": enrolment_row, "item": item, "activity_id": activity_id}
    rows = [
        # PostgreSQL stores no NUL; nobody types one.
        {**key, "question_id": question, "value": value.replace("\x00", ""), "saved_at": at}
        for question, value in sorted(answers.items())
    ]
    add = INSERTS[db.dialect.name](AnswerRow)
    latest = {"value": add.excluded.value, "saved_at": add.excluded.saved_at}
    columns = [*key, "question_id"]
    db.execute(add.on_conflict_do_update(index_elements=columns, set_=latest), rows)


def record_done(db: Connection, act: Act, at: datetime) -> Done:
    """Record an activity as done with its answers and owe the grades it earns.

    Recording the same activity again adds nothing and changes no answer: what was given
    first is what the feedback was for.

    Returns:
        All activities done, this one included.

    Raises:
        ContentSkipped: an earlier activity is still to do.
        Incomplete: the answers do not meet the activity's completion rule.
    """
    done = done_of(db, act.enrolment_row)
    this = (act.session.item, act.activity.id)
    if this in done:
        return done
    check_in_order(act.pack, act.session, act.activity.id, done)
    check_answers(act.activity, act.answers)
    keep_answers(db, act.enrolment_row, *this, act.answers, at)
    _append(db, act, at)
    done |= {this}
    if completion([act.session], done).is_complete:
        owe_earned(db, act.enrolment_row, act.pack, done, at)
    return done


def _append(db: Connection, act: Act, at: datetime) -> None:
    db.execute(
        insert(LedgerRow).values(
            enrolment_id=act.enrolment_row,
            kind=ACTIVITY_DONE,
            item=act.session.item,
            activity_id=act.activity.id,
            at=at,
            pack_digest=act.pack.digest,
            client_id=act.client_id,
        )
    )
