"""What a participant sent with a form, as answers to an activity's questions."""

from __future__ import annotations

from collections.abc import Mapping

from lti_tool.errors import Incomplete
from lti_tool.study.completion import REASON, REASON_WORDS, check_answers, chosen
from lti_tool.study.content import Activity, Question, QuestionKind, Rule

LONGEST = 20_000  # characters of one answer: some 3,000 words

_REASON = Question(
    id=REASON,
    kind=QuestionKind.TEXT,
    prompt="Your reason",
    min_words=REASON_WORDS,
)
_TOO_LONG = f"An answer has {LONGEST:,} characters at most; what came after is not kept."


def questions_of(activity: Activity) -> tuple[Question, ...]:
    """Everything an activity asks, the reason for a choice included."""
    wants_reason = activity.rule is Rule.CHOICE_WITH_REASON
    return (*activity.questions, _REASON) if wants_reason else activity.questions


def field_name(question: Question) -> str:
    """What a question is called in a form."""
    return f"q-{question.id}"


def given_answers(activity: Activity, form: Mapping[str, str]) -> dict[str, str]:
    """The answers in a form by question id; what stands for no option is left out."""
    answers = {}
    for question in questions_of(activity):
        value = form.get(field_name(question))
        if value is not None and _possible(question, value):
            answers[question.id] = _clean(value)[:LONGEST]
    return answers


def too_long(activity: Activity, form: Mapping[str, str]) -> dict[str, str]:
    """For each answer that is too long to keep whole, a sentence that says so."""
    return {
        question.id: _TOO_LONG
        for question in questions_of(activity)
        if len(_clean(form.get(field_name(question), ""))) > LONGEST
    }


def faults_of(activity: Activity, kept: Mapping[str, str]) -> dict[str, str]:
    """For each answer that is not enough, what is missing, in words for the participant.

    Args:
        activity: the activity answered.
        kept: its answers by question id; one that was too long ends at the limit.
    """
    cut = {question_id: _TOO_LONG for question_id, text in kept.items() if len(text) >= LONGEST}
    try:
        check_answers(activity, kept)
    except Incomplete as error:
        return {**error.faults, **cut}
    return cut


def _possible(question: Question, value: str) -> bool:
    return question.kind is not QuestionKind.CHOICE or chosen(question, value) is not None


def _clean(value: str) -> str:
    # Browsers send a text area's line breaks as CRLF (HTML Standard, 4.10.21.4).
    return value.replace("\r\n", "\n")
