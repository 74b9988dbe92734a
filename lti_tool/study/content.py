"""A content pack: modules of study sessions of activities, frozen and in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Kind(StrEnum):
    """What a participant does in an activity."""

    RETRIEVAL = "retrieval"
    READ = "read"
    WORKED_EXAMPLE = "worked_example"
    COMPARE = "compare"
    SCENARIO = "scenario"
    APPLY = "apply"
    PLAN_ACTION = "plan_action"
    REFLECT = "reflect"
    REVIEW_ACTION = "review_action"


class QuestionKind(StrEnum):
    """How a question is answered."""

    CHOICE = "choice"  # one of several options
    RECALL = "recall"  # in one's own words, then compared with a model answer
    TEXT = "text"  # in one's own words; nothing to compare with


class Rule(StrEnum):
    """What makes an activity complete; each needs an act by the participant."""

    ANSWERED_ALL = "answered_all"
    MIN_WORDS = "min_words"
    CHOICE_WITH_REASON = "choice_with_reason"
    ACKNOWLEDGED = "acknowledged"  # reading, shown by answering the question that follows


@dataclass(frozen=True, slots=True)
class Option:
    """One answer a participant may choose."""

    text: str
    correct: bool
    feedback: str


@dataclass(frozen=True, slots=True)
class Question:
    """One thing a participant is asked."""

    id: str  # unique in its activity
    kind: QuestionKind
    prompt: str
    options: tuple[Option, ...] = ()  # of a CHOICE
    model_answer: str = ""  # of a RECALL, shown once it is answered
    min_words: int = 1  # of a RECALL or TEXT


@dataclass(frozen=True, slots=True)
class Part:
    """A titled piece of an activity's prose: one step, or one of two texts to compare."""

    title: str
    html: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One work of research in the evidence register."""

    id: str
    authors: tuple[str, ...]
    year: int
    title: str
    venue: str
    doi: str

    @property
    def short(self) -> str:
        """Authors and year as a text cites them: "Chi et al., 1981"."""
        names = [author.split(",")[0] for author in self.authors]
        shown = f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
        return f"{shown}, {self.year}"


@dataclass(frozen=True, slots=True)
class Activity:
    """One step of a study session, at most 15 minutes."""

    id: str  # unique in its study session
    kind: Kind
    title: str
    minutes: int
    rule: Rule
    questions: tuple[Question, ...]
    intro: str  # safe HTML
    parts: tuple[Part, ...] = ()  # of a worked example (steps) or comparison (two texts)
    compulsory: bool = True
    statements: tuple[str, ...] = ()  # ids, as "NPQLT/3/lt/1"
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class StudySession:
    """Fifty minutes of study: activities in a fixed order."""

    id: str  # unique in its module, as "s1"
    module_id: str
    number: int  # from 1, in its module
    title: str
    purpose: str
    activities: tuple[Activity, ...]

    @property
    def item(self) -> str:
        """How links name it: "m2.s1"."""
        return f"{self.module_id}.{self.id}"

    @property
    def minutes(self) -> int:
        """Planned minutes of all its activities."""
        return sum(activity.minutes for activity in self.activities)

    def activity(self, activity_id: str) -> Activity | None:
        """The activity with this id, or None."""
        return next((a for a in self.activities if a.id == activity_id), None)


@dataclass(frozen=True, slots=True)
class Module:
    """A half term's block of study sessions."""

    id: str
    number: int  # as the framework's full programme counts it
    title: str
    purpose: str
    sessions: tuple[StudySession, ...]


@dataclass(frozen=True)
class ContentPack:
    """One fixed, versioned build of a framework's content."""

    id: str
    version: str
    title: str
    demonstration: bool
    modules: tuple[Module, ...]
    digest: str  # SHA-256 in hex over everything a participant can see

    @cached_property
    def sessions(self) -> tuple[StudySession, ...]:
        """All study sessions in order."""
        return tuple(session for module in self.modules for session in module.sessions)

    @cached_property
    def _by_item(self) -> dict[str, tuple[StudySession, ...]]:
        return {
            "all": self.sessions,
            **{module.id: module.sessions for module in self.modules},
            **{session.item: (session,) for session in self.sessions},
        }

    def find(self, item: str) -> tuple[StudySession, ...] | None:
        """The study sessions an item stands for ("all", "m2" or "m2.s1"), or None."""
        return self._by_item.get(item)

    def title_of(self, item: str) -> str:
        """What a link to this item is called; the pack's title for an unknown one."""
        return dict(self._titles()).get(item, self.title)

    def _titles(self) -> Iterator[tuple[str, str]]:
        yield "all", self.title
        for module in self.modules:
            yield module.id, module.title
            yield from ((session.item, session.title) for session in module.sessions)

    def before(self, session: StudySession) -> StudySession | None:
        """The study session before this one, in whichever module; None for the first."""
        place = self.sessions.index(session)
        return self.sessions[place - 1] if place else None
