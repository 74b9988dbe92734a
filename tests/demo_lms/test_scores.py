"""Scores in, gradebook and results out."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from lti_tool.demo_lms.services.scopes import LINE_ITEM, RESULT_READ, SCORE
from tests.demo_lms.conftest import ISSUER

SCORES_URL = f"{ISSUER}/lineitems/1/lineitem/scores?type_id=1"
RESULTS_URL = f"{ISSUER}/lineitems/1/lineitem/results?type_id=1"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"


def score(world, **changes):
    """A final score for Amira at this moment; a change to ... leaves the member out."""
    body = {
        "userId": "2041",
        "timestamp": world.clock.now.isoformat(),
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": 1,
        "scoreMaximum": 1,
    } | changes
    return {name: value for name, value in body.items() if value is not ...}


def post(world, url=SCORES_URL, content_type=SCORE_TYPE, **changes):
    headers = world.bearer(SCORE) | {"Content-Type": content_type}
    return world.http.post(url, data=json.dumps(score(world, **changes)), headers=headers)


def results(world, query="", accept=RESULTS):
    headers = world.bearer(RESULT_READ) | {"Accept": accept}
    return world.http.get(RESULTS_URL + query, headers=headers)


def grade(world, person="Amira"):
    return world.browser().grade(person, "m2.s1")


def test_a_final_score_stands_in_the_gradebook(world):
    answer = post(
        world, comment="Well done", submission={"submittedAt": "2026-11-23T14:05:00Z"}
    )

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"] == SCORE_TYPE
    assert grade(world) == "1 / 1"
    assert results(world).json() == [
        {
            "id": f"{ISSUER}/lineitems/1/lineitem/results/2041?type_id=1",
            "scoreOf": f"{ISSUER}/lineitems/1/lineitem?type_id=1",
            "userId": "2041",
            "resultScore": 1,
            "resultMaximum": 1,
            "comment": "Well done",
        }
    ]


BAD = [
    *[
        pytest.param({name: ...}, id=f"no {name}")
        for name in ("userId", "timestamp", "activityProgress", "gradingProgress")
    ],
    pytest.param({"scoreMaximum": ...}, id="score without maximum"),
    pytest.param({"scoreMaximum": 0}, id="maximum 0"),
    pytest.param({"scoreMaximum": "1"}, id="maximum as text"),
    pytest.param({"scoreGiven": -0.1}, id="negative"),
    pytest.param({"scoreGiven": "1"}, id="score as text"),
    pytest.param({"scoreGiven": True}, id="true as score"),
    pytest.param({"scoreGiven": None}, id="null as score"),
    pytest.param({"scoreGiven": 10**400}, id="huge score"),
    pytest.param({"scoreGiven": float("inf")}, id="infinity"),
    pytest.param({"userId": 2041}, id="person as number"),
    pytest.param({"userId": ""}, id="nobody"),
    pytest.param({"userId": "9999"}, id="unknown person"),
    pytest.param({"userId": "2010"}, id="facilitator"),
    pytest.param({"userId": "2001"}, id="administrator"),
    pytest.param({"activityProgress": "Done"}, id="unknown activity"),
    pytest.param({"activityProgress": ["Completed"]}, id="list as activity"),
    pytest.param({"gradingProgress": "fullygraded"}, id="unknown grading"),
    pytest.param({"timestamp": "2026-11-23T14:05:00"}, id="no zone"),
    pytest.param({"timestamp": "2026-11-23"}, id="no time"),
    pytest.param({"timestamp": "20261123T140500Z"}, id="basic format"),
    pytest.param({"timestamp": "2026-13-23T14:05:00Z"}, id="month 13"),
    pytest.param({"timestamp": "2026-11-23 14:05:00Z"}, id="blank for T"),
    pytest.param({"timestamp": 1795442730}, id="number as timestamp"),
    pytest.param({"timestamp": "9999-12-31T23:59:59-23:59"}, id="end of time"),
    pytest.param({"comment": 5}, id="number as comment"),
    pytest.param({"submission": {"submittedAt": "now"}}, id="odd submission"),
    pytest.param({"submission": {"at": "2026-11-23T14:05:00Z"}}, id="unknown in submission"),
    pytest.param({"submission": "2026-11-23T14:05:00Z"}, id="text as submission"),
    pytest.param({"scoringUserId": 7}, id="number as scorer"),
    pytest.param({"scoregiven": 1}, id="unknown member"),
]


@pytest.mark.parametrize("changes", BAD)
def test_a_wrong_score_is_refused_and_changes_nothing(world, changes):
    answer = post(world, **changes)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert results(world).json() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": "2026-11-23T14:05:30.123456Z"},
        {"timestamp": "2026-11-23T15:05:30+01:00"},
        {"timestamp": "0001-01-01T00:00:00+14:00"},
        {"scoreGiven": 1.5},
        {"scoringUserId": "2010"},
        {"https://vendor.example/submission": {"new_submission": False}},
    ],
)
def test_what_the_specification_allows_is_taken(world, changes):
    assert post(world, **changes).status_code == 200


def test_the_future_begins_a_minute_ahead(world):
    ahead = world.clock.now + timedelta(seconds=60)

    assert post(world, timestamp=ahead.isoformat()).status_code == 200
    later = ahead + timedelta(seconds=1)
    assert post(world, timestamp=later.isoformat()).status_code == 400


@pytest.mark.parametrize(
    ("second", "status"),
    [
        ("2026-11-23T14:05:01.000Z", 200),
        ("2026-11-23T14:05:00.999Z", 409),
        ("2026-11-23T14:05:00.100Z", 409),
        ("2026-11-23T14:04:59Z", 409),
        ("2026-11-23T15:05:00+01:00", 409),
    ],
)
def test_only_a_score_at_least_a_whole_second_later_replaces_one(world, second, status):
    post(world, timestamp="2026-11-23T14:05:00.100Z", scoreGiven=0.5)

    assert post(world, timestamp=second).status_code == status

    assert grade(world) == ("1 / 1" if status == 200 else "0.5 / 1")


def test_people_and_columns_do_not_block_each_other(world):
    other = SCORES_URL.replace("/1/", "/2/")

    assert post(world).status_code == 200
    assert post(world, userId="2042").status_code == 200
    assert post(world, url=other).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"gradingProgress": "Pending"},
        {"gradingProgress": "PendingManual"},
        {"gradingProgress": "NotReady", "activityProgress": "InProgress"},
        {"gradingProgress": "Failed"},
        {"scoreGiven": ..., "scoreMaximum": ...},
        {"scoreGiven": ...},
    ],
)
def test_a_score_that_is_not_final_blanks_the_cell(world, changes):
    post(world)
    world.clock.now += timedelta(seconds=1)

    assert post(world, **changes).status_code == 200

    assert grade(world) == ""
    [result] = results(world).json()
    assert "resultScore" not in result


def test_a_score_is_rescaled_to_the_column(world):
    post(world, scoreGiven=15, scoreMaximum=20)

    assert grade(world) == "0.75 / 1"


@pytest.mark.parametrize("content_type", ["application/json", "", "text/plain"])
def test_a_score_comes_under_its_own_media_type(world, content_type):
    assert post(world, content_type=content_type).status_code == 415


@pytest.mark.parametrize(
    "url",
    [f"{ISSUER}/lineitems/1/lineitem?type_id=1/scores", SCORES_URL.partition("?")[0]],
)
def test_scores_go_before_the_query_which_stays(world, url):
    assert post(world, url=url).status_code in (404, 405)


def test_results_are_of_everybody_or_of_one(world):
    for person in ("2041", "2042", "2043"):
        post(world, userId=person)

    assert [one["userId"] for one in results(world).json()] == ["2041", "2042", "2043"]
    assert [one["userId"] for one in results(world, "&user_id=2042").json()] == ["2042"]
    assert results(world, "&user_id=9").json() == []
    assert results(world, "&limit=2").links["next"]["url"].endswith("limit=2&from=2")


def test_results_need_the_exact_accept_header(world):
    assert results(world, accept="application/json").status_code == 406


def test_a_deleted_column_takes_its_scores_along(world):
    post(world)

    world.http.delete(world.line_item(), headers=world.bearer(LINE_ITEM))

    assert post(world).status_code == 404
    assert grade(world) == ""
