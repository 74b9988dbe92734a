"""A pack that has no faults left, as content to study and as what its digest covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lti_tool.packs.check import SessionFile
from lti_tool.packs.lock import Visible, digest_of
from lti_tool.packs.prose import Section
from lti_tool.packs.render import html_of
from lti_tool.packs.schema import ActivityEntry, ModuleEntry, PackEntry, QuestionEntry
from lti_tool.study.content import (
    Activity,
    ContentPack,
    Evidence,
    Kind,
    Module,
    Option,
    Part,
    Question,
    QuestionKind,
    StudySession,
)

# The visible document's own form; a change to what it holds or how counts it up.
_FORM = 1

_IN_PARTS = {Kind.WORKED_EXAMPLE, Kind.COMPARE}

Works = Mapping[str, Evidence]


def build_pack(entry: PackEntry, files: Sequence[SessionFile], works: Works) -> ContentPack:
    """The content pack these checked entries describe, prose rendered, digest taken."""
    return ContentPack(
        id=entry.id,
        version=entry.version,
        title=entry.title,
        demonstration=entry.demonstration,
        modules=tuple(_module(module, files, works) for module in entry.modules),
        digest=digest_of(visible(entry, files, works)),
    )


def visible(entry: PackEntry, files: Sequence[SessionFile], works: Works) -> Visible:
    """Everything a participant can see of a pack, as plain values; what digest_of takes."""
    cited = {id for file in files for a in file.entry.activities for id in a.evidence}
    return {
        "form": _FORM,
        "pack": entry.model_dump(
            mode="json", exclude_defaults=True, exclude={"quality_assurance"}
        ),
        "sessions": {f"{file.module_id}.{file.id}": _visible_session(file) for file in files},
        "evidence": {id: _visible_work(works[id]) for id in cited},
    }


def _visible_session(file: SessionFile) -> Visible:
    prose = {section.id: section.source for section in file.sections}
    fields = file.entry.model_dump(mode="json", exclude_defaults=True)
    for activity in fields["activities"]:
        activity["prose"] = prose[activity["id"]]
    return fields


def _visible_work(work: Evidence) -> Visible:
    return {
        "authors": list(work.authors),
        "year": work.year,
        "title": work.title,
        "venue": work.venue,
        "doi": work.doi,
    }


def _module(entry: ModuleEntry, files: Sequence[SessionFile], works: Works) -> Module:
    own = [file for file in files if file.module_id == entry.id]
    sessions = tuple(_session(file, number, works) for number, file in enumerate(own, 1))
    return Module(entry.id, entry.number, entry.title, entry.purpose, sessions)


def _session(file: SessionFile, number: int, works: Works) -> StudySession:
    prose = {section.id: section for section in file.sections}
    return StudySession(
        id=file.id,
        module_id=file.module_id,
        number=number,
        title=file.entry.title,
        purpose=file.entry.purpose,
        activities=tuple(_activity(a, prose[a.id], works) for a in file.entry.activities),
    )


def _activity(entry: ActivityEntry, section: Section, works: Works) -> Activity:
    intro, parts = section.parts() if entry.kind in _IN_PARTS else (section.tokens, [])
    return Activity(
        id=entry.id,
        kind=entry.kind,
        title=entry.title,
        minutes=entry.minutes,
        rule=entry.rule,
        questions=tuple(_question(question, entry) for question in entry.questions),
        intro=html_of(intro, works),
        parts=tuple(Part(title, html_of(tokens, works)) for title, tokens in parts),
        compulsory=entry.compulsory,
        statements=tuple(entry.statements),
        evidence=tuple(works[id] for id in entry.evidence),
    )


def _question(entry: QuestionEntry, activity: ActivityEntry) -> Question:
    words = entry.min_words or 1
    return Question(
        id=entry.id,
        kind=entry.kind,
        prompt=entry.prompt,
        options=tuple(Option(o.text, o.correct, o.feedback) for o in entry.options),
        model_answer=entry.model_answer or "",
        min_words=max(words, activity.words) if entry.kind is QuestionKind.TEXT else words,
    )
