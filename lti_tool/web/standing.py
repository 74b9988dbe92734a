"""Where a participant stands: the map of study sessions, and what became of the grade."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lti_tool.records.outbox import GradeState
from lti_tool.study.completion import (
    Completion,
    SessionState,
    completion,
    done_in,
    first_unfinished,
    minutes_left,
    session_states,
)
from lti_tool.study.content import ContentPack, Module, StudySession
from lti_tool.web.links import Links

_LONDON = ZoneInfo("Europe/London")

STATE_WORDS = {
    SessionState.DONE: "Done",
    SessionState.IN_PROGRESS: "In progress",
    SessionState.NEXT: "Next",
    SessionState.LATER: "Opens when those before it are done",
}


@dataclass(frozen=True, slots=True)
class MapLine:
    """One study session in the map."""

    session: StudySession
    state: SessionState
    state_words: str
    minutes_left: int
    href: str | None  # None while it cannot be opened


@dataclass(frozen=True, slots=True)
class MapModule:
    """One module in the map."""

    module: Module
    lines: tuple[MapLine, ...]


@dataclass(frozen=True, slots=True)
class CourseMap:
    """What a link to several study sessions opens."""

    pack: ContentPack
    title: str
    completion: Completion
    modules: tuple[MapModule, ...]
    going_on: MapLine | None  # where to go on; None when all of it is done


@dataclass(frozen=True, slots=True)
class GradeWords:
    """What a participant is told about the gradebook."""

    said: str
    is_waiting: bool = False  # worth looking again soon
    is_soon: bool = False  # nothing stands in its way


def course_map(
    pack: ContentPack, item: str, done: Set[tuple[str, str]], links: Links
) -> CourseMap:
    """The map of an item's study sessions; the way on may begin before them."""
    sessions = pack.find(item) or ()
    states = session_states(pack, done)
    lines = {s.item: _line(s, states[s.item], done, links) for s in pack.sessions}
    shown = {session.item for session in sessions}
    unfinished = first_unfinished(pack, done)
    finished = completion(sessions, done)
    going_on = lines[unfinished[0].item] if unfinished and not finished.is_complete else None
    return CourseMap(
        pack=pack,
        title=pack.title_of(item),
        completion=finished,
        modules=tuple(
            MapModule(m, tuple(lines[s.item] for s in m.sessions if s.item in shown))
            for m in pack.modules
            if any(s.item in shown for s in m.sessions)
        ),
        going_on=going_on,
    )


def _line(
    session: StudySession, state: SessionState, done: Set[tuple[str, str]], links: Links
) -> MapLine:
    return MapLine(
        session=session,
        state=state,
        state_words=STATE_WORDS[state],
        minutes_left=minutes_left(session, done_in(session, done)),
        href=None if state is SessionState.LATER else links.session(session),
    )


def grade_words(
    grade: GradeState | None,
    sessions: Sequence[StudySession],
    done: Set[tuple[str, str]],
    *,
    is_here: bool = True,
) -> GradeWords:
    """What to say about the grade of these sessions.

    Args:
        grade: how it stands; None when this person's role is not graded.
        sessions: what the link in the course covers.
        done: everything this person has done.
        is_here: whether that link is the one they came by.
    """
    if grade is None:
        return GradeWords("Your role in this course is not graded, so nothing is sent.")
    finished = completion(sessions, done)
    if not finished.is_complete:
        count = f"{finished.sessions_done} of {finished.sessions_total}"
        return GradeWords(
            f"Your LMS will show this when all its sessions are done: {count} so far."
        )
    if grade.status == "delivered":
        assert grade.at
        return GradeWords(f"Sent to your LMS at {clock(grade.at)}.")
    if grade.status == "none" and not is_here:
        return GradeWords(
            f"To have it in your gradebook, open session {sessions[0].number} from your course "
            "once. You need not do it again."
        )
    return _undelivered(grade)


def _undelivered(grade: GradeState) -> GradeWords:
    if grade.status == "refused":
        return GradeWords(
            "Your LMS did not accept the grade. Your work is safe and counts as done here. "
            "Tell whoever runs your course; you need not do anything again."
        )
    if grade.status != "owed":
        return GradeWords("This link has no column in the gradebook, so nothing is sent.")
    if grade.reason:
        return GradeWords(
            "We could not reach your LMS yet. We keep trying; you need not do anything.",
            is_waiting=True,
        )
    return GradeWords("Waiting to be sent.", is_waiting=True, is_soon=True)


def clock(at: datetime, now: datetime | None = None) -> str:
    """A moment as a participant's clock shows it: "14:05", or "14:05 on 3 March"."""
    local = at.astimezone(_LONDON)
    today = (now or datetime.now(UTC)).astimezone(_LONDON).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    return f"{local:%H:%M} on {local.day} {local:%B}"
