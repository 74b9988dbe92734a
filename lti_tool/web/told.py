"""The parts of an activity's page that are the same for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from markupsafe import Markup

from lti_tool.study.content import Activity, ContentPack, StudySession


@dataclass(frozen=True, slots=True)
class Told:
    """Prose and references of an activity, ready for its page."""

    prose: Markup
    references: Markup


_Key = tuple[str, str, str]  # digest of the pack, item, activity id
_TOLD: dict[_Key, Told] = {}
_UNANSWERED: dict[_Key, Markup] = {}


def told(pack: ContentPack, session: StudySession, activity: Activity) -> Told:
    """The prose and the references of an activity; rendered once in each process."""
    key = (pack.digest, session.item, activity.id)
    if key not in _TOLD:
        prose = render_template("study/prose.html", activity=activity)
        for work in activity.evidence:
            link = f'class="citation" href="#ref-{work.id}"'
            prose = prose.replace(link, f'id="cite-{work.id}" {link}', 1)
        references = render_template("study/references.html", activity=activity)
        # Rendered by our own templates, which escape.
        _TOLD[key] = Told(Markup(prose), Markup(references))  # noqa: S704
    return _TOLD[key]


def unanswered(
    pack: ContentPack, session: StudySession, activity: Activity, asked: Sequence[object]
) -> Markup:
    """The questions before anything is answered; rendered once in each process.

    Args:
        pack: what is studied.
        session: of the pack.
        activity: of the session.
        asked: its questions, each without an answer and without a fault.
    """
    key = (pack.digest, session.item, activity.id)
    if key not in _UNANSWERED:
        html = render_template("study/unanswered.html", asked=asked)
        _UNANSWERED[key] = Markup(html)  # noqa: S704  our own template, which escapes
    return _UNANSWERED[key]
