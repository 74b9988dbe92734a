"""Faults on demand, and the log of what the tool asked."""

from __future__ import annotations

import pytest
import requests

from lti_tool.demo_lms.services.scopes import LINE_ITEM, SCORE
from tests.demo_lms import test_scores
from tests.demo_lms.conftest import ISSUER

FAULTS = f"{ISSUER}/admin/faults"
USUAL = {"clock_offset_s": 0, "login_method": "POST", "platform_storage": "off"}
ACCEPT = {"Accept": "application/vnd.ims.lis.v2.lineitemcontainer+json"}


def call(world, endpoint, headers):
    """One call that would succeed."""
    if endpoint == "token":
        return world.http.post(f"{ISSUER}/token", data=world.tool.token_form(SCORE))
    if endpoint == "jwks":
        return world.http.get(f"{ISSUER}/jwks")
    if endpoint == "lineitems":
        return world.http.get(world.config.line_items_url, headers=headers | ACCEPT)
    content_type = {"Content-Type": test_scores.SCORE_TYPE}
    body = test_scores.score(world)
    return world.http.post(test_scores.SCORES_URL, json=body, headers=headers | content_type)


ENDPOINTS = ["token", "jwks", "lineitems", "scores"]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("status", [503, 429, 401])
def test_an_endpoint_answers_with_a_status(world, endpoint, status):
    headers = world.bearer(LINE_ITEM, SCORE)
    world.set_faults(**{endpoint: {"status": status, "retry_after_s": 7}})

    answer = call(world, endpoint, headers)

    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
    for other in set(ENDPOINTS) - {endpoint}:
        assert call(world, other, headers).status_code == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_takes_its_time(world, endpoint):
    headers = world.bearer(LINE_ITEM, SCORE)
    world.set_faults(**{endpoint: {"delay_s": 2.5}})

    assert call(world, endpoint, headers).status_code == 200
    assert world.slept == [2.5]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_answers_nonsense(world, endpoint):
    headers = world.bearer(LINE_ITEM, SCORE)
    world.set_faults(**{endpoint: {"garbage": True}})

    answer = call(world, endpoint, headers)

    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (200, "text/html")
    assert test_scores.grade(world) == ""


@pytest.mark.parametrize(("moment", "grade"), [("reset_before", ""), ("reset_after", "1 / 1")])
def test_a_connection_is_dropped_before_or_after_the_score_is_kept(world, moment, grade):
    headers = world.bearer(SCORE)
    world.set_faults(scores={moment: True})

    with pytest.raises(requests.ConnectionError):
        call(world, "scores", headers)

    assert test_scores.grade(world) == grade


def test_a_fault_can_end_by_itself(world):
    headers = world.bearer(SCORE)
    world.set_faults(scores={"status": 503, "times": 2})

    statuses = [call(world, "scores", headers).status_code for _ in range(3)]

    assert statuses == [503, 503, 200]


def test_new_faults_take_the_place_of_all_others(world):
    world.set_faults(scores={"status": 503}, clock_offset_s=5)
    world.set_faults(token={"status": 429})
    in_force = world.http.get(FAULTS).json()
    assert in_force == {"token": {"status": 429}} | USUAL

    world.set_faults()

    assert world.http.get(FAULTS).json() == USUAL


def test_what_is_in_force_can_be_set_again(world):
    world.set_faults(scores={"status": 503, "times": 3, "delay_s": 0.5}, login_method="GET")
    before = world.http.get(FAULTS).json()

    world.set_faults(**before)

    assert world.http.get(FAULTS).json() == before


def test_keys_rotate_and_the_old_one_is_gone(world):
    [before] = world.http.get(f"{ISSUER}/jwks").json()["keys"]

    world.set_faults(rotate_keys=True)

    [after] = world.http.get(f"{ISSUER}/jwks").json()["keys"]
    assert before["kid"] != after["kid"]


BAD = [
    {"members": {"status": 503}},
    {"scores": 503},
    {"scores": {"status": 200}},
    {"scores": {"status": "503"}},
    {"scores": {"status": True}},
    {"scores": {"delay_s": -1}},
    {"scores": {"delay_s": 61}},
    {"scores": {"delay_s": True}},
    {"scores": {"delay_s": "1"}},
    {"scores": {"reset_before": 1}},
    {"scores": {"garbage": "yes"}},
    {"scores": {"retry_after_s": -1}},
    {"scores": {"times": 0}},
    {"scores": {"explode": True}},
    {"clock_offset_s": "5"},
    {"clock_offset_s": 86_401},
    {"login_method": "PUT"},
    {"login_method": ["GET"]},
    {"platform_storage": "on"},
    {"platform_storage": ["off"]},
    [],
    "down",
    None,
]


@pytest.mark.parametrize("spec", BAD, ids=str)
def test_faults_that_are_none_are_refused_and_change_nothing(world, spec):
    world.set_faults(token={"status": 429})

    answer = world.http.post(FAULTS, json=spec)

    assert answer.status_code == 400
    assert answer.json()["error_description"]
    assert world.http.get(FAULTS).json()["token"] == {"status": 429}


def test_faults_come_as_json_only(world):
    answer = world.http.post(FAULTS, data="{}", headers={"Content-Type": "text/plain"})

    assert answer.status_code == 400


def test_the_log_shows_what_the_tool_asked_and_no_secrets(world):
    headers = world.bearer(SCORE)
    call(world, "scores", headers)
    call(world, "scores", headers)
    world.set_faults(scores={"reset_after": True})
    with pytest.raises(requests.ConnectionError):
        call(world, "scores", headers)
    browser = world.browser()
    browser.sign_in("Site")

    page = browser.go(f"{ISSUER}/admin/log")

    assert "POST /lineitems/1/lineitem/scores 200 Amira Begum, Session 1" in page.text
    assert "1 of 1" in page.text
    assert "409 conflict: a score as recent as this one stands already" in page.text
    assert "409, connection dropped after" in page.text
    assert "POST /token 200 granted 1 scope(s)" in page.text
    assert headers["Authorization"].split()[1] not in page.source
    assert "type_id" not in page.source


def test_the_log_keeps_a_hundred(world):
    for _ in range(105):
        call(world, "jwks", {})

    assert len(world.lms.events.newest_first()) == 100
