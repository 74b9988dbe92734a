"""The rules of one activity and its questions, each broken one a sentence with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from lti_tool.packs.faults import Fault
from lti_tool.packs.prose import Section
from lti_tool.packs.schema import ActivityEntry, QuestionEntry
from lti_tool.packs.yaml_text import Place, Source
from lti_tool.study.completion import REASON, word_count
from lti_tool.study.content import Evidence, Kind, QuestionKind, Rule

READING_WORDS_A_MINUTE = 120  # V9: 1,200 words in ten minutes

_END = "end"  # names the page after a study session's last activity
_TEACHING = {Kind.READ, Kind.WORKED_EXAMPLE, Kind.COMPARE, Kind.SCENARIO, Kind.APPLY}
_ASKED_IN_WRITING = {Kind.PLAN_ACTION, Kind.REVIEW_ACTION}
_MARKDOWN = re.compile(r"\*\*|\[@|\]\(|(?<![\w*])\*\w[^*]*\w\*(?![\w*])|</?[a-z]+>", re.I)


@dataclass(frozen=True, slots=True)
class Known:
    """What a pack may name; None where that file could not be read."""

    evidence: Mapping[str, Evidence] | None
    statements: Set[str] | None

    def check_statements(
        self, ids: Sequence[str], source: Source, *place: int | str
    ) -> Iterator[Fault]:
        """A fault for each of these statements that is unknown or named twice."""
        yield from source.repeated(ids, "statement", *place, "statements")
        for at, given in enumerate(ids):
            if self.statements is not None and given not in self.statements:
                says = (
                    f'the framework has no statement "{given}"; correct the id or add it there.'
                )
                yield source.fault(says, *place, "statements", at)

    def check_evidence(
        self, ids: Sequence[str], source: Source, *place: int | str
    ) -> Iterator[Fault]:
        """A fault for each of these works that is unknown or named twice."""
        yield from source.repeated(ids, "evidence", *place, "evidence")
        for at, given in enumerate(ids):
            if self.evidence is not None and given not in self.evidence:
                says = (
                    f'"{given}" is not in evidence.yaml; add the work there or correct the id.'
                )
                yield source.fault(says, *place, "evidence", at)


def check_activity(
    activity: ActivityEntry, section: Section | None, known: Known, source: Source, at: int
) -> Iterator[Fault]:
    """Everything wrong in one activity.

    Args:
        activity: as the front matter has it.
        section: its prose; None where there is none, which is a fault named elsewhere.
        known: what it may name.
        source: its file's front matter.
        at: its place there, from 0.
    """
    place: Place = ("activities", at)
    for says in _activity_faults(activity):
        yield source.fault(f'activity "{activity.id}" {says}', *place)
    yield from known.check_statements(activity.statements, source, *place)
    yield from known.check_evidence(activity.evidence, source, *place)
    yield from _check_questions(activity, source, place)
    if section:
        yield from _check_citations(activity, section, source, place)
        for line, says in _prose_faults(activity, section):
            yield Fault(source.file, line, f'activity "{activity.id}" {says}')


def _activity_faults(activity: ActivityEntry) -> Iterator[str]:
    if activity.id == _END:
        yield "has the id of the page after a session; name it otherwise."
    if not activity.questions:
        yield "asks nothing; add a question, so that finishing it takes an act."
    if activity.kind in _TEACHING and not activity.evidence:
        yield f"teaches ({activity.kind}) without evidence; cite at least one work."
    yield from _kind_faults(activity)
    yield from _rule_faults(activity)


def _kind_faults(activity: ActivityEntry) -> Iterator[str]:
    asked = {question.kind for question in activity.questions}
    if activity.kind is Kind.RETRIEVAL and QuestionKind.TEXT in asked:
        yield "is retrieval with a text question; use choice and recall questions."
    if activity.kind in _ASKED_IN_WRITING and QuestionKind.TEXT not in asked:
        yield f"is a {activity.kind} without a text question; add one."


def _rule_faults(activity: ActivityEntry) -> Iterator[str]:
    asked = [question.kind for question in activity.questions]
    choices = asked.count(QuestionKind.CHOICE)
    if activity.rule is Rule.ACKNOWLEDGED and activity.kind is not Kind.READ:
        yield "is acknowledged, which only a read can be; use another completion."
    if activity.rule is Rule.MIN_WORDS and QuestionKind.TEXT not in asked:
        yield f"has {activity.completion} and no text question; add one."
    if activity.rule is Rule.CHOICE_WITH_REASON and activity.kind is not Kind.SCENARIO:
        yield "has choice_with_reason, which only a scenario can; use another completion."
    if activity.rule is Rule.CHOICE_WITH_REASON and choices != 1:
        yield f"has choice_with_reason and {choices} choice questions; ask exactly one."


def _check_citations(
    activity: ActivityEntry, section: Section, source: Source, place: Place
) -> Iterator[Fault]:
    cited = {work for _, work in section.cited}
    for at, work in enumerate(activity.evidence):
        if work not in cited:
            says = f'"{work}" is not cited in the prose; write [@{work}] there or leave it out.'
            yield source.fault(says, *place, "evidence", at)
    for line, work in section.cited:
        if work not in activity.evidence:
            says = (
                f'[@{work}] is not in the evidence of activity "{activity.id}"; add it there.'
            )
            yield Fault(source.file, line, says)


def _prose_faults(activity: ActivityEntry, section: Section) -> Iterator[tuple[int, str]]:
    if activity.kind is Kind.READ:
        yield from _length_faults(activity, section)
    if activity.kind in (Kind.WORKED_EXAMPLE, Kind.COMPARE):
        yield from _part_faults(activity, section)


def _length_faults(activity: ActivityEntry, section: Section) -> Iterator[tuple[int, str]]:
    words, most = word_count(section.source), activity.minutes * READING_WORDS_A_MINUTE
    if words > most:
        says = f"has {words} words to read in {activity.minutes} minutes; cut it to {most}."
        yield section.line, says


def _part_faults(activity: ActivityEntry, section: Section) -> Iterator[tuple[int, str]]:
    _, parts = section.parts()
    if activity.kind is Kind.WORKED_EXAMPLE and len(parts) < 2:
        yield section.line, 'shows fewer than two steps; begin each with "### Title".'
    if activity.kind is Kind.COMPARE and len(parts) != 2:
        yield section.line, f'has {len(parts)} texts; give exactly two, each under "### Title".'
    if any(not (title and tokens) for title, tokens in parts):
        yield section.line, 'has a "###" part without title or text; write both.'


def _check_questions(activity: ActivityEntry, source: Source, place: Place) -> Iterator[Fault]:
    seen: set[str] = set()
    for at, question in enumerate(activity.questions):
        if question.id in seen or question.id == REASON:
            says = f'the id "{question.id}" is taken; give each question its own.'
            yield source.fault(says, *place, "questions", at, "id")
        seen.add(question.id)
        for says in _question_faults(question, activity):
            yield source.fault(f'question "{question.id}" {says}', *place, "questions", at)


def _question_faults(question: QuestionEntry, activity: ActivityEntry) -> Iterator[str]:
    if question.kind is QuestionKind.CHOICE:
        yield from _choice_faults(question)
    elif question.options:
        yield f"is a {question.kind} with options; leave them out or make it a choice."
    if question.kind is QuestionKind.RECALL and not question.model_answer:
        yield "is a recall without model_answer; write what a good answer says."
    if question.kind is not QuestionKind.RECALL and question.model_answer:
        yield f"is a {question.kind} with model_answer; only a recall has one."
    yield from _min_words_faults(question, activity)
    for text in (question.prompt, question.model_answer or ""):
        yield from _plain_text_faults(text)


def _choice_faults(question: QuestionEntry) -> Iterator[str]:
    options = question.options
    if not 2 <= len(options) <= 6:
        yield f"has {len(options)} options; give 2 to 6."
    correct = sum(option.correct for option in options)
    if correct != 1:
        yield f'has {correct} correct options; mark exactly one "correct: true".'
    if len({option.text for option in options}) < len(options):
        yield "has the same option twice; keep one."
    for option in options:
        yield from _plain_text_faults(option.text)
        yield from _plain_text_faults(option.feedback)


def _min_words_faults(question: QuestionEntry, activity: ActivityEntry) -> Iterator[str]:
    if question.min_words is None:
        return
    if question.kind is QuestionKind.CHOICE:
        yield "is a choice with min_words; leave it out."
    elif question.kind is QuestionKind.TEXT and question.min_words < activity.words:
        yield f"wants fewer words than {activity.completion}; leave min_words out."


def _plain_text_faults(text: str) -> Iterator[str]:
    if found := _MARKDOWN.search(text):
        yield f'has Markdown or HTML ("{found[0][:40]}") in plain text; write it without.'
