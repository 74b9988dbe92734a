"""The parts of an activity's page that are the same for everybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import render_template
from markupsafe import Markup

from lti_tool.study.content import Activity, ContentPack, StudySession

_MOST_KEPT = 3_000  # pieces of some 3 kB each
_KEPT: dict[tuple[str, ...], Markup] = {}


@dataclass(frozen=True, slots=True)
class Told:
    """Prose and references of an activity, ready for its page."""

    prose: Markup
    references: Markup


def rendered_once(key: tuple[str, ...], render: Callable[[], str]) -> Markup:
    """What our templates make of something fixed; kept by each process, within limits.

    Args:
        key: names all that it depends on.
        render: makes it, escaped, when it is not kept.
    """
    kept = _KEPT.get(key)
    if kept is None:
        if len(_KEPT) >= _MOST_KEPT:
            _KEPT.clear()
        kept = _KEPT[key] = Markup(render())  # noqa: S704  our own templates escape
    return kept


def told(pack: ContentPack, session: StudySession, activity: Activity) -> Told:
    """The prose and the references of an activity."""
    key = (pack.digest, session.item, activity.id)
    return Told(
        rendered_once(("prose", *key), lambda: _prose(activity)),
        rendered_once(
            ("references", *key),
            lambda: render_template("study/references.html", activity=activity),
        ),
    )


def unanswered(
    pack: ContentPack, session: StudySession, activity: Activity, asked: Sequence[object]
) -> Markup:
    """The questions before anything is answered.

    Args:
        pack: what is studied.
        session: of the pack.
        activity: of the session.
        asked: its questions, each without an answer and without a fault.
    """
    key = ("unanswered", pack.digest, session.item, activity.id)
    return rendered_once(key, lambda: render_template("study/questions.html", asked=asked))


def _prose(activity: Activity) -> str:
    """The first citation of each work gets the id that its reference leads back to."""
    prose = render_template("study/prose.html", activity=activity)
    for work in activity.evidence:
        link = f'class="citation" href="#ref-{work.id}"'
        prose = prose.replace(link, f'id="cite-{work.id}" {link}', 1)
    return prose
