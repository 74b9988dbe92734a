"""Study sessions for tests: name only what the test is about."""

from __future__ import annotations

from collections.abc import Sequence

from lti_tool.study.content import (
    Activity,
    ContentPack,
    Kind,
    Module,
    Option,
    Question,
    QuestionKind,
    Rule,
    StudySession,
)


def an_activity(
    activity_id: str = "a1",
    *questions: Question,
    compulsory: bool = True,
    rule: Rule = Rule.ANSWERED_ALL,
) -> Activity:
    return Activity(
        activity_id, Kind.REFLECT, "Title", 5, rule, questions, "", compulsory=compulsory
    )


def a_session(session_id: str, *activities: Activity, module_id: str = "m2") -> StudySession:
    return StudySession(session_id, module_id, 1, "Title", "Purpose", activities)


def a_pack(*sessions: StudySession) -> ContentPack:
    ids = dict.fromkeys(session.module_id for session in sessions)
    modules = tuple(
        Module(m, n, "Title", "Purpose", tuple(s for s in sessions if s.module_id == m))
        for n, m in enumerate(ids, 1)
    )
    return ContentPack("small", "1.0.0", "Title", True, modules, "0" * 64)


def pack_of(lengths: Sequence[Sequence[bool]]) -> ContentPack:
    """A pack with one session an entry, one activity for each "is it compulsory"."""
    return a_pack(
        *(
            a_session(
                f"s{number}",
                *(an_activity(f"a{n}", compulsory=c) for n, c in enumerate(flags, 1)),
            )
            for number, flags in enumerate(lengths, 1)
        )
    )


def a_choice(question_id: str = "q1", options: int = 3, correct: int = 0) -> Question:
    return Question(
        question_id,
        QuestionKind.CHOICE,
        "Which?",
        tuple(Option(f"Option {n}", n == correct, "Feedback") for n in range(options)),
    )


def a_text(question_id: str = "q1", min_words: int = 1) -> Question:
    return Question(question_id, QuestionKind.TEXT, "What?", min_words=min_words)


def a_recall(question_id: str = "q1", min_words: int = 1) -> Question:
    return Question(
        question_id, QuestionKind.RECALL, "What?", model_answer="That.", min_words=min_words
    )
