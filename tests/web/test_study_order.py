"""Activities open in order, and stay open once they are done."""

from __future__ import annotations

import pytest

from tests.web.page import Page
from tests.web.small_pack import FIRST, SECOND, answers_to


def test_a_link_to_one_session_leads_to_its_first_unfinished_activity(arrive):
    amira = arrive("m1.s1")

    assert amira.get().location.endswith("/session/m1.s1")
    assert amira.get("session/m1.s1").location.endswith("/session/m1.s1/recall")

    amira.do(FIRST, "recall")
    assert amira.get("session/m1.s1").location.endswith("/session/m1.s1/reading")


def test_a_finished_session_opens_at_its_end(arrive):
    amira = arrive()
    amira.do(FIRST)

    assert amira.get("session/m1.s1").location.endswith("/session/m1.s1/end")


def test_a_later_activity_names_the_one_that_comes_first(arrive):
    amira = arrive()

    answer = amira.get("session/m1.s1/example")

    assert answer.status_code == 409
    page = Page(answer.text)
    assert page.title == "First finish “What do you remember?”"
    assert page.all("a", href=f"{amira.home}session/m1.s1/recall")


@pytest.mark.parametrize("path", ["session/m1.s1/plan", "session/m1.s1/plan/draft"])
def test_a_later_activity_cannot_be_sent(arrive, path):
    amira = arrive()

    assert amira.post(path, {"q-q1": "skipping all of it at once"}).status_code == 409

    amira.do(FIRST, "recall", "reading", "example")
    assert "skipping" not in amira.get("session/m1.s1/plan").text


@pytest.mark.parametrize("path", ["session/m1.s2", "session/m1.s2/recall", "session/m1.s2/end"])
def test_a_later_session_leads_to_the_unfinished_one(arrive, path):
    amira = arrive("m1.s2")
    amira.do(FIRST, "recall")

    answer = amira.get(path)

    assert answer.status_code == 409
    page = Page(answer.text)
    assert page.title == "First finish session 1"
    assert page.one("a", class_="btn").words == "Go to “Sorting problems”"
    assert "Session 2 opens when every session before it is done." in page.words
    assert amira.get("session/m1.s1/reading").status_code == 200


def test_the_end_of_an_unfinished_session_leads_back_to_what_is_left(arrive):
    amira = arrive()

    assert amira.get("session/m1.s1/end").status_code == 409


def test_a_done_activity_stays_open_and_shows_what_was_answered(arrive):
    amira = arrive()
    amira.do(FIRST, "recall", "reading", "example")

    page = amira.page("session/m1.s1/example")

    assert "word0 word1" in page.one("section", id="answers").words
    assert not page.all("form")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("session/m1.s9", id="unknown session"),
        pytest.param("session/m1", id="a module is not a session"),
        pytest.param("session/all/recall", id="nor is a pack"),
        pytest.param("session/m1.s1/nothing", id="unknown activity"),
        pytest.param("session/m1.s1/review", id="activity of another session"),
        pytest.param("session/m1.s1/nothing/draft", id="no page for a draft"),
        pytest.param("elsewhere", id="unknown page"),
    ],
)
def test_what_does_not_exist_is_not_found(arrive, path):
    answer = arrive().get(path)

    assert answer.status_code in (404, 405)
    assert Page(answer.text).one("h1")


def test_sending_to_an_activity_of_another_session_is_not_found(arrive):
    amira = arrive()

    assert amira.post("session/m1.s1/review", {"q-q1": "x"}).status_code == 404


def test_staff_have_no_study_pages_and_participants_no_staff_pages(arrive):
    assert arrive("m1.s1", "facilitator").get("session/m1.s1/recall").status_code == 404
    assert arrive("m1.s1").get("staff/").status_code == 404
    assert arrive("m1.s1").get("choose/").status_code == 404


def test_nobody_sees_what_somebody_else_wrote(arrive):
    amira, tom = arrive(), arrive(person="Tom Ashworth")
    amira.post("session/m1.s1/recall/draft", {"q-q2": "private thoughts"})

    assert "private thoughts" in amira.get("session/m1.s1/recall").text
    assert "private thoughts" not in tom.get("session/m1.s1/recall").text


def test_every_session_of_the_pack_can_be_studied_from_one_link(arrive):
    amira = arrive("m1.s1")
    amira.do(FIRST)
    amira.do(SECOND)

    assert amira.get("session/m2.s1/recall").status_code == 200


def test_an_address_with_a_slash_too_many_is_none(arrive):
    amira = arrive()

    assert amira.get("session/m1.s1/recall/").status_code == 404
    assert amira.get("session/m1.s1/recall").status_code == 200


def test_a_link_without_content_says_so(arrive):
    page = arrive(None).page()

    assert page.title == "Nothing has been chosen here yet"
    assert arrive(None).get("session/m1.s1").status_code == 404


def test_an_answer_that_completes_the_session_leads_to_its_end(arrive):
    amira = arrive()
    amira.do(FIRST, "recall", "reading", "example")

    answer = amira.post("session/m1.s1/plan", answers_to(FIRST.activities[-1]))

    assert answer.location.endswith("/session/m1.s1/end")
