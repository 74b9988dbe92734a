"""Choosing study sessions for a course, and the answer that goes to the LMS."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from werkzeug.test import TestResponse

from tests.web.page import Page

LMS = "https://lms.school.example"


def asked(**changes: Any) -> dict[str, Any]:
    """What an LMS takes."""
    return {
        "return_url": f"{LMS}/deep?sesskey=1",
        "data": None,
        "accept_types": ["ltiResourceLink"],
        "accept_multiple": True,
        "accept_line_item": True,
        "title": "",
        "text": "",
        **changes,
    }


@pytest.fixture
def helen(arrive):
    return arrive(None, "facilitator", deep_linking=asked())


def sent(answer: TestResponse) -> list[dict[str, Any]]:
    """The items the LMS is to place; whether the signature holds is lti's affair."""
    message = Page(answer.text).one("input", name="JWT").attributes["value"]
    claims = jwt.decode(message, options={"verify_signature": False})
    items: list[dict[str, Any]] = claims[
        "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
    ]
    return items


def test_everything_there_is_can_be_chosen(helen):
    page = helen.page("choose/")

    boxes = page.all("input", type="checkbox")
    assert [box.attributes["value"] for box in boxes] == [
        "small/m1",
        "small/m1.s1",
        "small/m1.s2",
        "small/m2",
        "small/m2.s1",
    ]
    assert page.headings.count(1) == 1


def test_the_choice_goes_back_to_the_lms(helen):
    answer = helen.post("choose/", {"pick": ["small/m1", "small/m1.s2"], "graded": "yes"})

    form = Page(answer.text).one("form")
    assert form.attributes["action"] == f"{LMS}/deep?sesskey=1"
    assert form.one("button").words == "Back to your course"
    assert f"form-action 'self' {LMS};" in answer.headers["Content-Security-Policy"]
    module, session = sent(answer)
    assert module["custom"] == {"npq_item": "small/m1"}
    assert module["title"] == "Module 1: How pupils learn"
    assert session["title"] == "Session 2: What experts see"
    assert session["url"] == "https://npq.example.org/open/small/m1.s2"
    assert session["lineItem"]["scoreMaximum"] == 1.0


@pytest.mark.parametrize(("taken", "graded"), [(True, "no"), (False, "yes")])
def test_no_column_is_made_unless_wanted_and_taken(arrive, taken, graded):
    helen = arrive(None, "facilitator", deep_linking=asked(accept_line_item=taken))
    answer = helen.post("choose/", {"pick": "small/m1.s1", "graded": graded})

    assert "lineItem" not in sent(answer)[0]
    assert bool(helen.page("choose/").all("input", name="graded")) is taken


def test_nothing_chosen_is_asked_about(helen):
    answer = helen.post("choose/", {"graded": "no"})

    assert answer.status_code == 422
    page = Page(answer.text)
    assert "at least one module" in page.one(class_="fault-summary").words
    no = page.one("input", name="graded", value="no")
    assert "checked" in no.attributes


def test_choosing_nothing_on_purpose_is_an_answer(helen):
    answer = helen.post("choose/", {"pick": "small/m1", "cancel": "1"})

    assert "Nothing is added." in Page(answer.text).words
    assert sent(answer) == []


def test_an_lms_that_takes_one_gets_one(arrive):
    helen = arrive(None, "facilitator", deep_linking=asked(accept_multiple=False))

    assert helen.page("choose/").all("input", type="radio", name="pick")
    answer = helen.post("choose/", {"pick": ["small/m1.s1", "small/m1.s2"]})
    assert answer.status_code == 422
    assert len(Page(answer.text).all("input", checked="")) == 3
    assert helen.post("choose/", {"pick": "small/m1.s1"}).status_code == 200


@pytest.mark.parametrize("name", ["small/m9", "other/m1", "m1", "small/", "small/all", "<b>"])
def test_what_we_do_not_have_cannot_be_placed(helen, name):
    assert helen.post("choose/", {"pick": name}).status_code == 404


def test_an_lms_that_takes_no_links_is_told_so(arrive):
    page = arrive(None, "facilitator", deep_linking=asked(accept_types=["html"])).page(
        "choose/"
    )

    assert "does not take links to tools" in page.words
    assert not page.all("form")


def test_nobody_chooses_without_being_asked(arrive):
    assert arrive("m1.s1", "facilitator").get("choose/").status_code == 404
    assert arrive(None, "observer", deep_linking=asked()).get("choose/").status_code == 404


def test_a_form_of_another_visit_chooses_nothing(helen):
    answer = helen.post("choose/", {"pick": "small/m1", "csrf_token": "0" * 64})

    assert answer.status_code == 403
