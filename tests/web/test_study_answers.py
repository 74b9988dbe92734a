"""Answers are kept whatever happens, and count once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from lti_tool.records.progress import answers_of
from lti_tool.records.tables import LedgerRow
from tests.web.page import Page
from tests.web.small_pack import ENOUGH, FIRST, SECOND

RECALL = "session/m1.s1/recall"
GOOD = {"q-q1": "0", "q-q2": "It is working memory"}


def kept(visitor, item: str = "m1.s1") -> dict[tuple[str, str], str]:
    return visitor.read(lambda db: answers_of(db, visitor.enrolment, item))


def done_count(visitor) -> int:
    return visitor.read(lambda db: db.scalar(select(func.count()).select_from(LedgerRow)))


def test_good_answers_lead_to_their_feedback(arrive):
    amira = arrive()

    answer = amira.post(RECALL, GOOD)

    assert answer.status_code == 303
    assert answer.location.endswith(f"{RECALL}#answers")
    assert done_count(amira) == 1


def test_a_text_without_feedback_leads_on(arrive):
    amira = arrive()
    amira.do(FIRST, "recall", "reading")

    answer = amira.post("session/m1.s1/example", {"q-q1": "The help fades"})

    assert answer.location.endswith("/session/m1.s1/plan")


def test_unfinished_answers_are_kept_and_asked_for_again(arrive):
    amira = arrive()

    page = amira.asked_again(RECALL, {"q-q2": "memory"})

    summary = page.one("div", class_="fault-summary")
    assert [a.attributes["href"] for a in summary.all("a")] == ["#q-q1-0", "#q-q2"]
    assert page.one("title").words.startswith("Not finished yet:")
    area = page.one("textarea", id="q-q2")
    assert area.words == "memory"
    assert "q-q2-fault" in area.attributes["aria-describedby"].split()
    assert page.one("p", id="q-q2-fault").words
    assert kept(amira) == {("recall", "q2"): "memory"}
    assert done_count(amira) == 0


def test_the_error_summary_links_to_what_exists(arrive):
    page = arrive().asked_again(RECALL, {})

    for link in page.one("div", class_="fault-summary").all("a"):
        assert page.one(id=link.attributes["href"][1:])


def test_a_choice_without_its_reason_asks_for_the_reason(arrive):
    amira = arrive("m1.s2")
    amira.do(FIRST)
    amira.do(SECOND, "recall", "review", "two-books")

    page = amira.asked_again("session/m1.s2/dilemma", {"q-q1": "2"})

    assert [a.attributes["href"] for a in page.one(class_="fault-summary").all("a")] == [
        "#q-reason"
    ]
    assert "checked" in page.one("input", id="q-q1-2").attributes


def test_sending_twice_counts_once(arrive):
    amira = arrive()
    first, second = amira.post(RECALL, GOOD), amira.post(RECALL, GOOD)

    assert first.location == second.location
    assert done_count(amira) == 1


def test_what_was_handed_in_stays(arrive):
    amira = arrive()
    amira.post(RECALL, GOOD)
    handed_in = kept(amira)

    for path in (RECALL, f"{RECALL}/draft"):
        for later in ({"q-q1": "1", "q-q2": "Something else entirely"}, {"q-q2": ""}):
            assert amira.post(path, later).status_code in (303, 204)

    assert kept(amira) == handed_in


def test_a_draft_is_kept_and_comes_back_in_another_visit(arrive):
    amira = arrive()

    assert amira.post(f"{RECALL}/draft", {"q-q1": "1", "q-q2": "half a"}).status_code == 204
    assert amira.post(f"{RECALL}/draft", {"q-q1": "1", "q-q2": "half a thought"}).data == b""

    page = arrive().page(RECALL)
    assert page.one("textarea", id="q-q2").words == "half a thought"
    assert "checked" in page.one("input", id="q-q1-1").attributes
    assert done_count(amira) == 0


def test_a_draft_can_be_emptied(arrive):
    amira = arrive()
    amira.post(f"{RECALL}/draft", {"q-q2": "no"})
    amira.post(f"{RECALL}/draft", {"q-q2": ""})

    assert amira.page(RECALL).one("textarea").words == ""


def test_line_breaks_come_back_as_they_were_typed(arrive):
    amira = arrive()
    amira.post(f"{RECALL}/draft", {"q-q2": "\r\none\r\n\r\ntwo"})

    assert kept(amira)["recall", "q2"] == "\none\n\ntwo"
    assert ">\n\none\n\ntwo</textarea>" in amira.get(RECALL).text


@pytest.mark.parametrize("value", ["7", "-1", "", "zero", "0 ", "<b>", "9" * 5000])
def test_an_option_that_is_not_there_is_no_answer(arrive, value):
    amira = arrive()

    assert amira.asked_again(RECALL, {**GOOD, "q-q1": value}).one(class_="fault-summary")
    assert ("recall", "q1") not in kept(amira)


def test_fields_nobody_asked_for_are_left_out(arrive):
    amira = arrive()
    amira.post(RECALL, {**GOOD, "q-q9": "x", "q-reason": "x", "activity": "plan"})

    assert set(kept(amira)) == {("recall", "q1"), ("recall", "q2")}


def test_a_very_long_answer_is_kept_as_far_as_it_goes_and_said_to_be_long(arrive):
    amira = arrive()

    page = amira.asked_again(RECALL, {**GOOD, "q-q2": "word " * 10_000})

    assert "20,000 characters at most" in page.one(id="q-q2-fault").words
    assert len(kept(amira)["recall", "q2"]) == 20_000
    assert done_count(amira) == 0


def test_a_very_long_draft_is_kept_as_far_as_it_goes(arrive):
    amira = arrive()

    assert amira.post(f"{RECALL}/draft", {"q-q2": "word " * 10_000}).status_code == 413
    assert len(kept(amira)["recall", "q2"]) == 20_000


def test_a_page_that_asked_again_shows_what_was_written_since_when_it_is_reloaded(arrive):
    amira = arrive()
    amira.asked_again(RECALL, {"q-q2": "first"})
    amira.post(f"{RECALL}/draft", {"q-q2": "written since"})

    page = Page(amira.get(f"{RECALL}?again").text)

    assert page.one("textarea", id="q-q2").words == "written since"
    assert page.one(class_="fault-summary")
    assert kept(amira)["recall", "q2"] == "written since"


def test_nothing_is_asked_again_of_what_is_done(arrive):
    amira = arrive()
    amira.post(RECALL, GOOD)

    assert not Page(amira.get(f"{RECALL}?again").text).all(class_="fault-summary")


def test_a_long_answer_does_not_skip_the_order(arrive):
    amira = arrive()

    assert amira.post("session/m1.s1/plan", {"q-q1": "word " * 10_000}).status_code == 409
    assert kept(amira) == {}


def test_a_long_answer_to_what_is_done_changes_nothing(arrive):
    amira = arrive()
    amira.post(RECALL, GOOD)

    assert amira.post(RECALL, {"q-q2": "word " * 10_000}).status_code == 303
    assert kept(amira)["recall", "q2"] == GOOD["q-q2"]


def test_a_megabyte_is_answered_calmly(arrive):
    answer = arrive().post(RECALL, {"q-q2": "x" * 1_000_000})

    assert answer.status_code == 413
    assert Page(answer.text).one("h1")


def test_markup_in_an_answer_is_shown_as_text(arrive):
    amira = arrive()
    nasty = "<script>alert(1)</script></textarea><img src=x onerror=alert(1)> three words"
    amira.post(f"{RECALL}/draft", {"q-q2": nasty})
    assert amira.page(RECALL).one("textarea").words == nasty

    amira.post(RECALL, {"q-q1": "0", "q-q2": nasty})
    page = amira.page(RECALL)
    assert nasty in page.one("section", id="answers").words
    assert not page.all("img")
    assert [s.attributes.get("src", "") != "" for s in page.all("script")] == [True]


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        pytest.param(b"one%00two three four", "onetwo three four", id="NUL"),
        pytest.param(b"%ff%fe one two three", "%FF%FE one two three", id="not UTF-8"),
        pytest.param("café 👩🏽‍🏫 e\u0301".encode(), "café 👩🏽‍🏫 e\u0301", id="any script"),
    ],
)
def test_odd_characters_do_no_harm(arrive, sent, is_kept):
    amira = arrive()
    data = f"csrf_token={amira.csrf()}&q-q1=0&q-q2=".encode() + sent.replace(b" ", b"+")

    answer = amira.client.post(
        amira.home + RECALL, data=data, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == 303
    assert kept(amira)["recall", "q2"] == is_kept


def test_a_body_that_is_not_text_is_refused(arrive):
    amira = arrive()

    answer = amira.client.post(
        amira.home + RECALL,
        data=f"csrf_token={amira.csrf()}&q-q2=".encode() + b"\xff\xfe",
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 403
    assert kept(amira) == {}


@pytest.mark.parametrize("path", [RECALL, f"{RECALL}/draft"])
def test_a_form_of_another_visit_is_refused(arrive, path):
    amira = arrive()

    answer = amira.post(path, {**GOOD, "csrf_token": arrive().csrf()})

    assert answer.status_code == 403
    assert kept(amira) == {}


def test_the_page_a_form_was_on_is_noted_with_what_it_did(arrive):
    amira = arrive()
    amira.post(RECALL, {**GOOD, "client_id": "a" * 32})
    amira.post("session/m1.s1/reading", {"q-q1": "0", "client_id": "x" * 5000})

    named = amira.read(lambda db: db.scalars(select(LedgerRow.client_id)).all())

    assert named[0] == "a" * 32
    assert len(named[1]) == 32


def test_the_plan_comes_back_in_the_next_session(arrive):
    amira = arrive("m1.s2")
    amira.do(FIRST, "recall", "reading", "example")
    amira.post("session/m1.s1/plan", {"q-q1": "On Tuesday I ask Year 8\nthree things"})
    amira.do(SECOND, "recall")

    plan = amira.page("session/m1.s2/review").one("section", class_="own-plan")

    assert plan.words.startswith("Your plan from session 1 On Tuesday I ask Year 8")


@pytest.mark.parametrize("words", [4, 5])
def test_enough_words_are_enough(arrive, words):
    amira = arrive()
    amira.do(FIRST, "recall", "reading", "example")

    answer = amira.post("session/m1.s1/plan", {"q-q1": " ".join(ENOUGH.split()[:words])})

    assert answer.location.endswith("/end" if words == 5 else "/plan?again")
