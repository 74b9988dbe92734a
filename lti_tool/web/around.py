"""What stands around an activity: its heading, and the list of its session's activities."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal

from flask import render_template
from markupsafe import Markup

from lti_tool.study.completion import minutes_left, next_activity
from lti_tool.study.content import Activity, ContentPack, Kind, StudySession
from lti_tool.web.links import Links
from lti_tool.web.told import rendered_once

KIND_WORDS: Mapping[Kind, str] = {
    Kind.RETRIEVAL: "From memory",
    Kind.READ: "Reading",
    Kind.WORKED_EXAMPLE: "Worked example",
    Kind.COMPARE: "Comparison",
    Kind.SCENARIO: "Scenario",
    Kind.APPLY: "In your school",
    Kind.PLAN_ACTION: "Plan",
    Kind.REFLECT: "Reflection",
    Kind.REVIEW_ACTION: "Looking back",
}

# From an activity's address the same in every visit, so that all share what is rendered.
_RELATIVE = Links("../../")

StepState = Literal["done", "open", "later"]


@dataclass(frozen=True, slots=True)
class Step:
    """One line in the list of a session's activities."""

    number: int
    activity: Activity
    state: StepState
    is_here: bool
    href: str | None  # None while it cannot be opened


@dataclass(frozen=True, slots=True)
class Around:
    """Ready for the page of an activity."""

    heading: Markup
    steps: Markup


def around(
    pack: ContentPack, session: StudySession, activity: Activity, done_ids: Set[str]
) -> Around:
    """What all who have done these activities see around this one.

    Args:
        pack: what is studied.
        session: of the pack.
        activity: of the session.
        done_ids: activities of the session that are done.
    """
    key = (pack.digest, session.item, activity.id, *sorted(done_ids))

    def rendered(template: str) -> Markup:
        return rendered_once(
            (template, *key),
            lambda: render_template(template, **_shown(session, activity, done_ids)),
        )

    return Around(rendered("study/heading.html"), rendered("study/steps.html"))


def _shown(session: StudySession, activity: Activity, done_ids: Set[str]) -> dict[str, Any]:
    return {
        "session": session,
        "activity": activity,
        "kind_words": KIND_WORDS[activity.kind],
        "number": session.activities.index(activity) + 1,
        "steps": _steps(session, activity, done_ids),
        "is_done": activity.id in done_ids,
        "minutes_left": minutes_left(session, done_ids),
    }


def _steps(session: StudySession, here: Activity, done_ids: Set[str]) -> tuple[Step, ...]:
    following = next_activity(session, done_ids)
    reached = session.activities.index(following) if following else len(session.activities)
    steps = []
    for place, activity in enumerate(session.activities):
        state: StepState = "done" if activity.id in done_ids else "open"
        if place > reached and state == "open":
            state = "later"
        href = None if state == "later" else _RELATIVE.activity(session, activity)
        steps.append(Step(place + 1, activity, state, activity is here, href))
    return tuple(steps)
