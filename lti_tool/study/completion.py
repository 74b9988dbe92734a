"""What counts as done, what comes next, what may be opened, which answers suffice.

Pure functions of fixed content and the activities a participant has done. Only compulsory
activities count and only they hold anything up; an optional one opens as soon as every
compulsory activity before it is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from lti_tool.errors import ContentSkipped, Incomplete
from lti_tool.study.content import (
    Activity,
    ContentPack,
    Option,
    Question,
    QuestionKind,
    Rule,
    StudySession,
)

REASON = "reason"  # key of the answer that says why, where the rule is CHOICE_WITH_REASON
REASON_WORDS = 10

Done = Set[tuple[str, str]]  # (item of the study session, activity id): ("m2.s1", "recall")


@dataclass(frozen=True, slots=True)
class Completion:
    """How much of some study sessions one participant has done; optional work not counted."""

    activities_done: int
    activities_total: int
    sessions_done: int
    sessions_total: int

    @property
    def is_complete(self) -> bool:
        """Whether there was something to do and nothing of it is left."""
        return 0 < self.activities_total == self.activities_done


class SessionState(StrEnum):
    """Where a participant stands with one study session."""

    DONE = "done"
    IN_PROGRESS = "in_progress"
    NEXT = "next"  # the first unfinished one, not yet begun
    LATER = "later"


def next_activity(session: StudySession, done_ids: Set[str]) -> Activity | None:
    """The first compulsory activity not yet done, or None when the session is complete.

    Args:
        session: the study session.
        done_ids: ids of activities done in this session.
    """
    return next((a for a in session.activities if a.compulsory and a.id not in done_ids), None)


def minutes_left(session: StudySession, done_ids: Set[str]) -> int:
    """Planned minutes of what has to be done still."""
    return sum(a.minutes for a in session.activities if a.compulsory and a.id not in done_ids)


def completion(sessions: Sequence[StudySession], done: Done) -> Completion:
    """How complete these study sessions are; what was done elsewhere is ignored."""
    pairs = [(s.item, a.id) for s in sessions for a in s.activities if a.compulsory]
    return Completion(
        activities_done=sum(pair in done for pair in pairs),
        activities_total=len(pairs),
        sessions_done=sum(_is_finished(session, done) for session in sessions),
        sessions_total=len(sessions),
    )


def first_unfinished(pack: ContentPack, done: Done) -> tuple[StudySession, Activity] | None:
    """Where to go on: the first session not complete and its next activity, or None."""
    for session in pack.sessions:
        if activity := next_activity(session, done_in(session, done)):
            return session, activity
    return None


def opens_in_order(pack: ContentPack, session: StudySession, done: Done) -> bool:
    """Whether every study session before this one is complete."""
    return _unfinished_before(pack, session, done) is None


def check_in_order(
    pack: ContentPack, session: StudySession, activity_id: str, done: Done
) -> None:
    """Allow an activity that is done already or has nothing compulsory left before it.

    Doing an activity again is allowed: returning to a topic is part of the design.

    Args:
        pack: the pack the session belongs to.
        session: one of the pack's study sessions.
        activity_id: the activity to open or finish, as the browser named it.
        done: everything done in the pack.

    Raises:
        ContentSkipped: an earlier activity or study session is still to do, or the
            session has no such activity.
    """
    if session.activity(activity_id) is None:
        raise ContentSkipped(f"{session.item} has no activity {activity_id}")
    if (session.item, activity_id) in done:
        return
    if earlier := _unfinished_before(pack, session, done):
        raise ContentSkipped(f"{session.item} comes after {earlier.item}")
    _check_in_session(session, activity_id, done_in(session, done))


def session_states(pack: ContentPack, done: Done) -> dict[str, SessionState]:
    """The state of every study session of the pack, by item and in order."""
    going_on = first_unfinished(pack, done)
    place = going_on[0].item if going_on else None
    return {session.item: _state(session, done, place) for session in pack.sessions}


def done_in(session: StudySession, done: Done) -> set[str]:
    """Ids of the activities done in this study session, optional ones too."""
    return {a.id for a in session.activities if (session.item, a.id) in done}


def check_answers(activity: Activity, answers: Mapping[str, str]) -> None:
    """Accept the answers that complete an activity; whether they are right is not asked.

    Args:
        activity: the activity answered.
        answers: by question id; a choice is its option's place as text ("0" for the
            first), and REASON holds the reason where the activity's rule wants one.

    Raises:
        Incomplete: for each question what is missing, in words for the participant.
    """
    if faults := dict(_answer_faults(activity, answers)):
        raise Incomplete(faults)


def chosen(question: Question, answer: str) -> Option | None:
    """The option an answer stands for; None when it stands for none."""
    return {str(place): option for place, option in enumerate(question.options)}.get(answer)


def is_right(question: Question, answer: str) -> bool:
    """Whether the answer to a choice is its correct option."""
    option = chosen(question, answer)
    return option is not None and option.correct


def word_count(text: str) -> int:
    """Words in a text: whatever stands between white space."""
    return len(text.split())


def _is_finished(session: StudySession, done: Done) -> bool:
    return next_activity(session, done_in(session, done)) is None


def _unfinished_before(
    pack: ContentPack, session: StudySession, done: Done
) -> StudySession | None:
    earlier = pack.sessions[: pack.sessions.index(session)]
    return next((before for before in earlier if not _is_finished(before, done)), None)


def _check_in_session(session: StudySession, activity_id: str, done_ids: Set[str]) -> None:
    following = next_activity(session, done_ids)
    ids = [activity.id for activity in session.activities]
    if following and ids.index(activity_id) > ids.index(following.id):
        raise ContentSkipped(f"{activity_id} comes after {following.id} in {session.item}")


def _state(session: StudySession, done: Done, going_on_at: str | None) -> SessionState:
    if _is_finished(session, done):
        return SessionState.DONE
    if done_in(session, done):
        return SessionState.IN_PROGRESS
    return SessionState.NEXT if session.item == going_on_at else SessionState.LATER


def _answer_faults(activity: Activity, answers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for question in activity.questions:
        if fault := _answer_fault(question, answers.get(question.id, "")):
            yield question.id, fault
    if activity.rule is Rule.CHOICE_WITH_REASON:
        words = word_count(answers.get(REASON, ""))
        if words < REASON_WORDS:
            yield REASON, f"Give your reason in at least {REASON_WORDS} words{_so_far(words)}."


def _answer_fault(question: Question, answer: str) -> str | None:
    if question.kind is QuestionKind.CHOICE:
        return None if chosen(question, answer) else "Choose one of the options."
    words = word_count(answer)
    if words >= max(question.min_words, 1):
        return None
    if question.min_words <= 1:
        return "Write an answer in your own words."
    return f"Write at least {question.min_words} words{_so_far(words)}."


def _so_far(words: int) -> str:
    return f"; so far there {'is' if words == 1 else 'are'} {words}" if words else ""
