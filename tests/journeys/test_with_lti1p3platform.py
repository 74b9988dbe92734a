"""The same way with an LMS nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lti_tool.records.tables import GradeRow
from tests.build import registered
from tests.demo_lms.browser import Browser
from tests.journeys.independent_lms import (
    CHOOSE,
    CLIENT_ID,
    DEPLOYMENT_ID,
    INSTRUCTOR,
    IndependentLms,
)
from tests.journeys.server import Server
from tests.journeys.studying import at_end, study
from tests.journeys.world import FIRST, PACK, World


@pytest.fixture
def other(small_world: World) -> Iterator[IndependentLms]:
    """The independent LMS, served and registered."""
    server = Server("127.0.0.1")
    lms = IndependentLms(server.origin, small_world.tool_url, f"{PACK}/{FIRST}")
    small_world.write(
        lambda db: registered(
            db,
            DEPLOYMENT_ID,
            issuer=lms.origin,
            client_id=CLIENT_ID,
            auth_url=f"{lms.origin}/auth",
            token_url=f"{lms.origin}/token",
            jwks_url=f"{lms.origin}/jwks",
        )
    )
    with server.running(lms.app):
        yield lms


def test_a_session_is_studied_and_its_score_arrives(small_world, other):
    browser = Browser(other.origin)

    page = browser.go(f"{other.origin}/start/link-1")
    assert "Ada Byron" in page.text
    assert at_end(study(browser, page))
    assert small_world.deliver() == 1

    ((item, score),) = other.scores
    (grade,) = small_world.rows(GradeRow)
    assert item == "1"
    assert score == {
        "userId": "user-7",
        "scoreGiven": 1.0,
        "scoreMaximum": 1.0,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": grade.at.isoformat(timespec="seconds"),
        "submission": {"submittedAt": grade.submitted_at.isoformat(timespec="seconds")},
    }
    assert grade.status == "delivered"


def test_what_a_facilitator_chooses_is_accepted(other):
    other.role = INSTRUCTOR
    browser = Browser(other.origin)

    chooser = browser.go(f"{other.origin}/start/{CHOOSE}")
    picked = [f"{PACK}/m2", f"{PACK}/{FIRST}"]
    answer = browser.submit(browser.submit(chooser, "pick", pick=picked), "JWT")

    assert answer.text == "2 links placed"
    assert [item["type"] for item in other.placed] == ["ltiResourceLink"] * 2
    assert [item["custom"]["npq_item"] for item in other.placed] == picked
    assert [item["url"] for item in other.placed] == [
        f"{other.tool}/open/{name}" for name in picked
    ]
