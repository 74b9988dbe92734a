"""The part of an activity's page that is the same for everybody."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from markupsafe import Markup

from lti_tool.study.content import Activity, ContentPack, StudySession


@dataclass(frozen=True, slots=True)
class Told:
    """Prose and references of an activity, ready for its page."""

    prose: Markup
    references: Markup


_TOLD: dict[tuple[str, str, str], Told] = {}


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
