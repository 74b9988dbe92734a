"""Those who run or watch a course read everything and leave no trace."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from lti_tool.records.tables import AnswerRow, LedgerRow
from tests.web.small_pack import SECOND

STAFF = ["facilitator", "administrator", "observer"]


@pytest.mark.parametrize("role", STAFF)
def test_staff_see_what_a_link_opens(arrive, role):
    page = arrive("m1", role).page("staff/")

    assert page.title == "How pupils learn"
    assert f"You are here as a{'n' if role[0] in 'ao' else ''} {role}." in page.words
    assert "2 study sessions for participants, 92 minutes in all" in page.words
    assert len(page.all("ol", class_="preview-lines")) == 2


def test_every_activity_can_be_previewed_one_after_the_other(arrive):
    helen = arrive("m1.s2", "facilitator")
    path = helen.page("staff/").all("ol")[0].all("a")[0].attributes["href"]
    seen = []

    while "/session/" in path:
        answer = helen.client.get(path)
        assert answer.status_code == 200
        page = helen.page(path.removeprefix(helen.home))
        assert not page.all("form")
        assert page.headings.count(1) == 1
        seen.append(page.title)
        path = page.one("a", class_="btn").attributes["href"]

    assert seen == [activity.title for activity in SECOND.activities]
    assert path == f"{helen.home}staff/"


def test_a_preview_shows_feedback_and_model_answers(arrive):
    words = arrive("all", "facilitator").page("staff/session/m1.s1/recall").words

    assert "The right answer Learning About learning" in words
    assert "Shown afterwards Working memory" in words


def test_a_preview_records_nothing(arrive):
    helen = arrive("m1.s1", "facilitator")
    helen.get("staff/session/m1.s1/recall")

    assert helen.post("staff/session/m1.s1/recall", {"q-q1": "1"}).status_code == 405
    for table in (LedgerRow, AnswerRow):
        assert helen.read(lambda db, t=table: db.scalar(select(func.count(t.id)))) == 0


def test_staff_are_told_how_to_choose_content(arrive):
    helen = arrive(None, "facilitator")

    page = helen.page("staff/")

    assert page.title == "Nothing has been chosen yet"
    assert len(page.one("ol").all("li")) == 3
    assert helen.get("staff/session/m1.s1/recall").status_code == 404


@pytest.mark.parametrize("path", ["m1.s9/recall", "m1/recall", "m1.s1/nothing", "m1.s1/review"])
def test_there_is_no_preview_of_what_does_not_exist(arrive, path):
    assert arrive("all", "facilitator").get(f"staff/session/{path}").status_code == 404
