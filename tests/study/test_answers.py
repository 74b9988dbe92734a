"""An activity is complete by an act of the participant, right or wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.errors import Incomplete
from lti_tool.study.completion import REASON, check_answers, chosen, is_right, word_count
from lti_tool.study.content import Rule
from tests.study.build import a_choice, a_recall, a_text, an_activity

CHOOSE = "Choose one of the options."
WRITE = "Write an answer in your own words."


def faults(activity, answers):
    try:
        check_answers(activity, answers)
    except Incomplete as incomplete:
        return incomplete.faults
    return {}


@pytest.mark.parametrize(
    ("question", "answer", "fault"),
    [
        pytest.param(a_choice(), "0", None, id="the right option"),
        pytest.param(a_choice(), "2", None, id="a wrong option"),
        pytest.param(a_choice(), "3", CHOOSE, id="an option that is not there"),
        pytest.param(a_choice(), "-1", CHOOSE, id="a negative place"),
        pytest.param(a_choice(), "00", CHOOSE, id="another way to write 0"),
        pytest.param(a_choice(), "²", CHOOSE, id="another digit"),
        pytest.param(a_choice(), "Option 0", CHOOSE, id="the option's text"),
        pytest.param(a_choice(), "", CHOOSE, id="nothing chosen"),
        pytest.param(a_recall(), "memory", None, id="a word recalled"),
        pytest.param(a_recall(), " \n\t", WRITE, id="blanks recalled"),
        pytest.param(a_recall(min_words=3), "one two three", None, id="enough recalled"),
        pytest.param(
            a_recall(min_words=3),
            "one two",
            "Write at least 3 words; so far there are 2.",
            id="too little recalled",
        ),
        pytest.param(a_text(), "yes", None, id="a word"),
        pytest.param(a_text(), "", WRITE, id="no word"),
        pytest.param(a_text(min_words=0), "", WRITE, id="an act even where no number is set"),
        pytest.param(a_text(min_words=20), "so " * 20, None, id="twenty words"),
        pytest.param(
            a_text(min_words=20),
            "so",
            "Write at least 20 words; so far there is 1.",
            id="one word of twenty",
        ),
        pytest.param(a_text(min_words=20), "", "Write at least 20 words.", id="none of twenty"),
    ],
)
def test_an_answer_suffices_or_says_what_is_missing(question, answer, fault):
    assert faults(an_activity("a1", question), {"q1": answer}) == (
        {"q1": fault} if fault else {}
    )


def test_every_question_is_to_be_answered_and_all_that_is_missing_is_said_at_once():
    activity = an_activity("a1", a_choice("q1"), a_recall("q2"), a_text("q3"))

    assert faults(activity, {}) == {"q1": CHOOSE, "q2": WRITE, "q3": WRITE}
    assert faults(activity, {"q1": "1", "q3": "yes"}) == {"q2": WRITE}
    assert faults(activity, {"q1": "1", "q2": "so", "q3": "yes", "q9": ""}) == {}


@pytest.mark.parametrize("rule", list(Rule))
def test_no_rule_is_met_without_an_act(rule):
    assert faults(an_activity("a1", a_choice(), rule=rule), {})


def test_a_choice_with_reason_wants_both():
    activity = an_activity("a1", a_choice(), rule=Rule.CHOICE_WITH_REASON)
    ten_words = "because it tells me most about what they still know"

    assert faults(activity, {"q1": "1", REASON: ten_words}) == {}
    assert faults(activity, {REASON: ten_words}) == {"q1": CHOOSE}
    assert faults(activity, {"q1": "1", REASON: ten_words[:-5]}) == {
        REASON: "Give your reason in at least 10 words; so far there are 9."
    }
    assert faults(activity, {"q1": "1"}) == {REASON: "Give your reason in at least 10 words."}


def test_other_rules_want_no_reason():
    assert faults(an_activity("a1", a_choice()), {"q1": "1"}) == {}


@given(st.integers(2, 6), st.integers(0, 5), st.text(max_size=3))
def test_one_answer_at_most_is_right(options, correct, answer):
    question = a_choice(options=options, correct=min(correct, options - 1))

    assert is_right(question, answer) == (answer == str(min(correct, options - 1)))
    assert (chosen(question, answer) is None) == (
        answer not in "012345"[:options] or not answer
    )


@given(
    st.lists(st.sampled_from(["word", "it's", "–", "日本"])),
    st.sampled_from([" ", "\n\n", "\t "]),
)
def test_words_are_what_stands_between_white_space(words, space):
    assert word_count(space.join(words) + space) == len(words)
