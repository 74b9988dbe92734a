"""How products differ from the specification."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lti_tool.lms import PRODUCTS, Outcome, lms_product, product_of

DONE_AT = datetime(2026, 11, 23, 14, 5, 0, tzinfo=UTC)
EXTENSION = "https://canvas.instructure.com/lti/submission"


def test_an_unknown_product_follows_the_specification():
    assert lms_product("something new") is lms_product("standard")
    assert [lms_product(name).product for name in PRODUCTS] == list(PRODUCTS)


@pytest.mark.parametrize(
    ("code", "product"),
    [
        ("moodle", "moodle"),
        ("Moodle", "moodle"),
        ("canvas", "canvas"),
        ("BlackboardLearn", "standard"),
        ("", "standard"),
        (None, "standard"),
    ],
)
def test_a_product_is_known_by_the_code_it_gives(code, product):
    assert product_of(code) == product


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Outcome.REFUSED),
        (401, Outcome.AGAIN),
        (403, Outcome.REFUSED),
        (404, Outcome.GONE),
        (408, Outcome.AGAIN),
        (409, Outcome.SETTLED),
        (410, Outcome.GONE),
        (412, Outcome.REFUSED),
        (422, Outcome.REFUSED),
        (423, Outcome.AGAIN),
        (429, Outcome.AGAIN),
        (500, Outcome.AGAIN),
        (502, Outcome.AGAIN),
        (503, Outcome.AGAIN),
        (504, Outcome.AGAIN),
    ],
)
def test_an_answer_to_a_score_means_one_thing(product, status, outcome):
    assert lms_product(product).outcome(status, "[]") is outcome


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        pytest.param(
            400,
            '{"errors":{"type":"bad_request","message":"Provided timestamp of '
            '2026-10-12T15:00:00Z before last updated timestamp of 2026-10-12T15:04:05Z"}}',
            Outcome.SETTLED,
            id="older than the one it has",
        ),
        pytest.param(
            403, "403 Forbidden (Rate Limit Exceeded)\n", Outcome.AGAIN, id="throttled"
        ),
        pytest.param(
            422,
            '{"errors":[{"field":"grade","message":"cannot be changed at this time: '
            'This assignment is still unpublished"}]}',
            Outcome.AGAIN,
            id="not published yet",
        ),
        pytest.param(
            422,
            '{"errors":{"message":"User not found in course or is not a student"}}',
            Outcome.REFUSED,
            id="not enrolled",
        ),
    ],
)
def test_canvas_says_in_words_what_shares_a_status(status, body, outcome):
    assert lms_product("canvas").outcome(status, body) is outcome
    assert lms_product("canvas").outcome(418, body) is Outcome.REFUSED


@pytest.mark.parametrize("product", ["standard", "moodle"])
def test_a_score_carries_when_the_work_was_completed(product):
    members = lms_product(product).score_members(True, DONE_AT)

    assert members == {"submission": {"submittedAt": "2026-11-23T14:05:00+00:00"}}


def test_canvas_counts_only_the_first_score_as_a_new_submission():
    canvas = lms_product("canvas")

    assert canvas.score_members(True, DONE_AT)[EXTENSION] == {"new_submission": True}
    assert canvas.score_members(False, DONE_AT) == {
        "submission": {"submittedAt": "2026-11-23T14:05:00+00:00"},
        EXTENSION: {
            "new_submission": False,
            "preserve_score": True,
            "prioritize_non_tool_grade": True,
        },
    }


def test_services_live_where_the_operator_registered_the_lms():
    registered = {"https://lms.example", "http://127.0.0.1:8100"}

    for product in ("standard", "moodle"):
        lms = lms_product(product)
        assert lms.serves_from("https://lms.example", registered)
        assert lms.serves_from("http://127.0.0.1:8100", registered)
        assert not lms.serves_from("https://evil.example", registered)
        assert not lms.serves_from("http://lms.example", registered)


def test_canvas_serves_a_school_from_the_schools_own_host():
    canvas = lms_product("canvas")

    assert canvas.serves_from("https://oakfield.example", {"https://sso.example"})
    assert canvas.serves_from("http://127.0.0.1:8100", {"http://127.0.0.1:8100"})
    assert not canvas.serves_from("http://oakfield.example", {"https://sso.example"})


def test_only_canvas_may_leave_the_target_out_at_login():
    assert lms_product("standard").names_target_at_login
    assert lms_product("moodle").names_target_at_login
    assert not lms_product("canvas").names_target_at_login
