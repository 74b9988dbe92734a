"""Messages shaped as Canvas sends them, opened at the moment they were made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from lti_tool.records.tables import GradeRow, MembershipRow
from tests.build import registered
from tests.conftest import ROOT
from tests.lti.world import LTI
from tests.web.school import LAUNCH, LOGIN, TOOL, School, key_of, publish_keys, school_at
from tests.web.small_pack import PACK

CANVAS = json.loads((ROOT / "tests/data/canvas/launches.json").read_text("utf-8"))
MESSAGES, LOGINS = CANVAS["messages"], CANVAS["logins"]
CHOOSING = sorted(name for name in MESSAGES if name.startswith("deep_linking"))
MADE = datetime.fromtimestamp(MESSAGES["student.assignment"]["iat"], UTC)

STUDY, STAFF, CHOOSE = "session/", "/staff/", "/choose/"


@pytest.fixture
def canvas(whole_app: Flask, sqlite_url: str) -> Iterator[School]:
    """A Canvas as hosted: one issuer for all schools, logins on a host of their own."""
    message = MESSAGES["student.assignment"]
    deployment = message[f"{LTI}deployment_id"]
    with (
        time_machine.travel(MADE + timedelta(seconds=2), tick=False),
        school_at(whole_app, sqlite_url) as made,
    ):
        with made.database.transaction() as db:
            platform = registered(
                db,
                deployment,
                product="canvas",
                issuer=message["iss"],
                client_id=message["aud"],
                auth_url="https://sso.canvaslms.com/api/lti/authorize_redirect",
                token_url="https://sso.canvaslms.com/login/oauth2/token",
                jwks_url="https://sso.canvaslms.com/api/lti/security/jwks",
            )
        school = School(made.app, made.database, platform, key_of("canvas"), deployment)
        publish_keys(school)
        yield school


def opened(school, name, browser=None):
    """The answer to this message; the link was placed for the first study session."""
    browser = browser or school.browser()
    asked = school.login(browser)
    said = {**MESSAGES[name], "nonce": asked["nonce"]}
    if name not in CHOOSING:
        placed = {"npq_item": f"{PACK.id}/m1.s1"}
        said[f"{LTI}custom"] = {**(said.get(f"{LTI}custom") or {}), **placed}
    form = {"state": asked["state"], "lti_storage_target": "post_message_forwarding"}
    token = school.world.token("", json.dumps(said), {})
    return browser.post(LAUNCH, data={**form, "id_token": token, "utf8": "✓"})


@pytest.mark.parametrize("name", LOGINS)
def test_every_login_is_answered(canvas, name):
    answer = canvas.browser().post(LOGIN, data=LOGINS[name])

    assert answer.status_code == 302
    assert answer.location.startswith("https://sso.canvaslms.com/api/lti/authorize_redirect?")


@pytest.mark.parametrize(
    ("name", "leads_to", "role", "graded"),
    [
        ("student.assignment", STUDY, "participant", True),
        ("student.module_item_ungraded", STUDY, "participant", True),
        ("student.anonymous_privacy", STUDY, "participant", True),
        ("student.name_only_privacy", STUDY, "participant", True),
        ("test_student.assignment", STUDY, "participant", False),
        ("teacher.course_navigation", STAFF, "facilitator", False),
        ("ta.assignment", STAFF, "facilitator", False),
        ("speedgrader_relaunch", STAFF, "facilitator", False),
        ("observer.assignment", STAFF, "observer", False),
        ("admin.account_navigation", STAFF, "administrator", False),
        ("admin.course_navigation_not_enrolled", STAFF, "administrator", False),
    ],
)
def test_every_launch_opens_what_its_role_may_see(canvas, name, leads_to, role, graded):
    browser = canvas.browser()
    answer = opened(canvas, name, browser)

    assert answer.status_code == 303, answer.text
    assert leads_to in answer.location
    page = browser.get(TOOL + answer.location)
    assert page.status_code == 200
    assert {(row.role, row.graded) for row in canvas.rows(MembershipRow)} == {(role, graded)}
    assert canvas.rows(GradeRow) == []


def test_every_sample_is_tried():
    tried = test_every_launch_opens_what_its_role_may_see.pytestmark[0].args[1]

    refused = {"public_course_visitor"}
    assert {name for name, *_ in tried} | refused | set(CHOOSING) == set(MESSAGES)


def test_somebody_whom_the_lms_does_not_name_is_told_why(canvas):
    answer = opened(canvas, "public_course_visitor")

    assert answer.status_code == 403
    assert "did not tell us who you are" in answer.text


@pytest.mark.parametrize("name", CHOOSING)
def test_staff_choose_wherever_canvas_offers_it_and_learners_do_not(canvas, name):
    browser = canvas.browser()
    answer = opened(canvas, name, browser)

    if name == "deep_linking.homework_submission":
        assert answer.status_code == 403
        return
    assert answer.status_code == 303, answer.text
    assert CHOOSE in answer.location
    assert browser.get(TOOL + answer.location).status_code == 200


@pytest.mark.parametrize("seconds", [-50, 50])
def test_a_clock_that_is_fifty_seconds_off_keeps_nobody_out(canvas, seconds):
    with time_machine.travel(MADE + timedelta(seconds=seconds), tick=False):
        publish_keys(canvas)
        assert opened(canvas, "student.assignment").status_code == 303
