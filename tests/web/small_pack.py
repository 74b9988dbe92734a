"""A small pack with every kind of activity: two modules, three study sessions."""

from __future__ import annotations

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
    Rule,
    StudySession,
)

WORK = Evidence(
    id="chi-1981",
    authors=("Chi, M. T. H.", "Feltovich, P. J.", "Glaser, R."),
    year=1981,
    title="Categorization and representation of physics problems",
    venue="Cognitive Science 5(2) 121–152",
    doi="10.1207/s15516709cog0502_2",
)
CITED = (
    "<p>Experts sort by idea "
    '(<a class="citation" href="#ref-chi-1981">Chi et al., 1981</a>).</p>'
)
QUOTED = "<blockquote><p>A pupil said so.</p></blockquote>"
TABLE = (
    '<div class="table-scroll" tabindex="0" role="region" aria-label="Table">'
    '<table class="table"><thead><tr><th scope="col">Week</th><th scope="col">Task</th></tr>'
    "</thead><tbody><tr><td>1</td><td>Quiz</td></tr></tbody></table></div>"
)


def choice(name: str, prompt: str, *texts: str, right: int = 0) -> Question:
    """A choice whose feedback is "About <text>"."""
    options = tuple(
        Option(text, place == right, f"About {text.lower()}")
        for place, text in enumerate(texts)
    )
    return Question(name, QuestionKind.CHOICE, prompt, options)


def text(name: str, prompt: str, least: int) -> Question:
    """Something to write."""
    return Question(name, QuestionKind.TEXT, prompt, min_words=least)


RECALL = Activity(
    id="recall",
    kind=Kind.RETRIEVAL,
    title="What do you remember?",
    minutes=6,
    rule=Rule.ANSWERED_ALL,
    questions=(
        choice("q1", "Which lasts?", "Performance", "Learning", right=1),
        Question(
            "q2",
            QuestionKind.RECALL,
            "What is the bottleneck?",
            model_answer="Working memory: it holds little, and not for long.",
            min_words=3,
        ),
    ),
    intro="<p>From memory, please.</p>",
)
READING = Activity(
    id="reading",
    kind=Kind.READ,
    title="Sorting problems",
    minutes=12,
    rule=Rule.ACKNOWLEDGED,
    questions=(choice("q1", "What do experts sort by?", "Ideas", "Surface"),),
    intro=f"{CITED}<h2>In a classroom</h2>{TABLE}{QUOTED}",
    evidence=(WORK,),
)
EXAMPLE = Activity(
    id="example",
    kind=Kind.WORKED_EXAMPLE,
    title="A task sheet in three versions",
    minutes=12,
    rule=Rule.ANSWERED_ALL,
    questions=(text("q1", "What changed?", 1),),
    intro=CITED,
    parts=(
        Part("The first sheet", "<p>It has twelve questions.</p>"),
        Part("The second sheet", f"<p>It has four.</p><h3>Why</h3>{TABLE}"),
        Part("The third sheet", "<p>It has two.</p>"),
    ),
    evidence=(WORK,),
)
COMPARE = Activity(
    id="two-books",
    kind=Kind.COMPARE,
    title="Two exercise books",
    minutes=10,
    rule=Rule.MIN_WORDS,
    questions=(text("q1", "What differs?", 5),),
    intro=CITED,
    parts=(Part("Book one", "<p>It is full.</p>"), Part("Book two", "<p>It is thin.</p>")),
    evidence=(WORK,),
)
DILEMMA = Activity(
    id="dilemma",
    kind=Kind.SCENARIO,
    title="They got it",
    minutes=12,
    rule=Rule.CHOICE_WITH_REASON,
    questions=(choice("q1", "What do you say?", "Nod", "Ask", "Leave", right=1),),
    intro=CITED,
    evidence=(WORK,),
)


def writing(kind: Kind, name: str, title: str, minutes: int, least: int) -> Activity:
    """An activity that asks for a text."""
    question = text("q1", f"{title}: say how", least)
    rule = Rule.MIN_WORDS
    return Activity(name, kind, title, minutes, rule, (question,), "<p>Think of Monday.</p>")


APPLY = writing(Kind.APPLY, "apply", "In your department", 8, 50)
REFLECT = writing(Kind.REFLECT, "reflect", "What surprised you", 6, 5)
PLAN = writing(Kind.PLAN_ACTION, "plan", "One thing before next time", 8, 5)
REVIEW = writing(Kind.REVIEW_ACTION, "review", "What happened?", 4, 5)

FIRST = StudySession(
    "s1", "m1", 1, "What lasts", "Tell learning apart.", (RECALL, READING, EXAMPLE, PLAN)
)
SECOND = StudySession(
    "s2", "m1", 2, "What experts see", "Look twice.",
    (RECALL, REVIEW, COMPARE, DILEMMA, APPLY, REFLECT, PLAN),
)  # fmt: skip
THIRD = StudySession("s1", "m2", 1, "Afterwards", "Return to it.", (RECALL, REVIEW, PLAN))

PACK = ContentPack(
    id="small",
    version="1.0.0",
    title="A small pack",
    demonstration=True,
    modules=(
        Module("m1", 1, "How pupils learn", "To lead on memory.", (FIRST, SECOND)),
        Module("m2", 2, "How teachers learn", "To lead on teachers.", (THIRD,)),
    ),
    digest="0123456789abcdef" * 4,
)

ENOUGH = " ".join(f"word{number}" for number in range(60))
ANSWERS: dict[str, dict[str, str]] = {  # what completes an activity, as a form
    "recall": {"q-q1": "1", "q-q2": "The working memory"},
    "reading": {"q-q1": "1"},
    "dilemma": {"q-q1": "0", "q-reason": ENOUGH},
}


def answers_to(activity: Activity) -> dict[str, str]:
    """A form that completes an activity."""
    return ANSWERS.get(activity.id, {"q-q1": ENOUGH})
