"""What a page about one activity shows, worked out before a template sees it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from markupsafe import Markup

from lti_tool.study.completion import chosen, next_activity
from lti_tool.study.content import (
    Activity,
    ContentPack,
    Kind,
    Option,
    Question,
    QuestionKind,
    StudySession,
)
from lti_tool.web.answers import field_name, questions_of
from lti_tool.web.around import Around, around
from lti_tool.web.links import Links
from lti_tool.web.told import Told, told, unanswered


@dataclass(frozen=True, slots=True)
class Onward:
    """The next thing to do."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it stands: what was answered and what is missing."""

    question: Question
    number: int  # from 1; 0 where the only question needs none
    answer: str
    fault: str

    @property
    def name(self) -> str:
        """Of the form field."""
        return field_name(self.question)

    @property
    def target(self) -> str:
        """Id of the element to go to when something is missing."""
        return f"{self.name}-0" if self.question.options else self.name

    @property
    def choice(self) -> Option | None:
        """The option chosen, if any."""
        return chosen(self.question, self.answer)


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """One activity of a study session, as one participant sees it."""

    pack: ContentPack
    session: StudySession
    activity: Activity
    told: Told
    around: Around
    asked: tuple[Asked, ...]
    unanswered: Markup | None  # all questions at once, while nothing is answered
    is_done: bool
    onward: Onward
    links: Links

    @property
    def faults(self) -> list[Asked]:
        """The questions that are not answered well enough."""
        return [asked for asked in self.asked if asked.fault]

    @property
    def here(self) -> str:
        """Where it is, and where its form goes."""
        return self.links.activity(self.session, self.activity)

    @property
    def button(self) -> str:
        """What the button under the questions says."""
        if self.activity.kind is Kind.SCENARIO:
            return "See what follows"
        if not has_feedback(self.activity):
            return "Save and continue"
        return "Check my answers" if len(self.asked) > 1 else "Check my answer"

    @property
    def choices(self) -> list[Asked]:
        """The questions that are right or wrong; a scenario's options are neither."""
        if self.activity.kind is Kind.SCENARIO:
            return []
        return [asked for asked in self.asked if asked.question.options]

    @property
    def right(self) -> int:
        """How many of the choices are right."""
        return sum(bool(asked.choice and asked.choice.correct) for asked in self.choices)


def has_feedback(activity: Activity) -> bool:
    """Whether there is something to show once the activity is answered."""
    return any(question.kind is not QuestionKind.TEXT for question in activity.questions)


def activity_page(
    pack: ContentPack,
    session: StudySession,
    activity: Activity,
    done_ids: Set[str],
    answers: Mapping[str, str],
    faults: Mapping[str, str],
    links: Links,
) -> ActivityPage:
    """The page of an activity.

    Args:
        pack: what is studied.
        session: the study session of the pack.
        activity: the activity of the session.
        done_ids: activities of the session that are done.
        answers: by question id.
        faults: what is missing, by question id.
        links: of this visit.
    """
    asked = _asked(activity, answers, faults)
    is_answered = any(one.answer or one.fault for one in asked)
    return ActivityPage(
        pack=pack,
        session=session,
        activity=activity,
        told=told(pack, session, activity),
        around=around(pack, session, activity, done_ids),
        asked=asked,
        unanswered=None if is_answered else unanswered(pack, session, activity, asked),
        is_done=activity.id in done_ids,
        onward=onward(session, done_ids, links),
        links=links,
    )


def onward(session: StudySession, done_ids: Set[str], links: Links) -> Onward:
    """The first unfinished activity, or the end of the session."""
    following = next_activity(session, done_ids)
    if following is None:
        return Onward("Go to the end of the session", links.end(session))
    return Onward(f"Continue: {following.title}", links.activity(session, following))


def _asked(
    activity: Activity, answers: Mapping[str, str], faults: Mapping[str, str]
) -> tuple[Asked, ...]:
    questions = questions_of(activity)
    first = 1 if len(activity.questions) > 1 else -len(questions)
    return tuple(
        Asked(
            question,
            max(0, first + place),
            answers.get(question.id, ""),
            faults.get(question.id, ""),
        )
        for place, question in enumerate(questions)
    )
