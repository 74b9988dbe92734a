"""Every way the question of the tool can be refused."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from lti_tool.demo_lms.course import Link
from tests.demo_lms.conftest import ISSUER, TOOL

REFUSED = [
    pytest.param({"scope": None}, "invalid_scope", id="no scope"),
    pytest.param({"scope": "openid email"}, "invalid_scope", id="more scope"),
    pytest.param({"response_type": "code"}, "unsupported_response_type", id="code"),
    pytest.param({"response_type": None}, "unsupported_response_type", id="no response_type"),
    pytest.param({"response_mode": "query"}, "invalid_request", id="query"),
    pytest.param({"response_mode": None}, "invalid_request", id="no response_mode"),
    pytest.param({"prompt": "login"}, "invalid_request", id="prompt"),
    pytest.param({"prompt": None}, "invalid_request", id="no prompt"),
    pytest.param({"client_id": "someone"}, "unauthorized_client", id="other client"),
    pytest.param({"client_id": None}, "unauthorized_client", id="no client"),
    pytest.param({"login_hint": "2042"}, "access_denied", id="somebody else"),
    pytest.param({"login_hint": None}, "invalid_request", id="no login_hint"),
    pytest.param({"nonce": None}, "invalid_request", id="no nonce"),
    pytest.param({"nonce": ""}, "invalid_request", id="empty nonce"),
    pytest.param({"nonce": "n" * 9_000}, "invalid_request", id="endless nonce"),
    pytest.param({"state": None}, "invalid_request", id="no state"),
    pytest.param({"lti_message_hint": None}, "invalid_request", id="no hint"),
    pytest.param({"lti_message_hint": "7"}, "launch_no_longer_valid", id="number as hint"),
    pytest.param({"lti_message_hint": "{"}, "launch_no_longer_valid", id="hint no JSON"),
    pytest.param({"lti_message_hint": "[]"}, "launch_no_longer_valid", id="hint a list"),
    pytest.param(
        {"lti_message_hint": '{"cmid": "1", "launchid": ["a"]}'},
        "launch_no_longer_valid",
        id="odd hint",
    ),
]


@pytest.mark.parametrize(("changes", "error"), REFUSED)
def test_a_wrong_question_is_answered_with_an_error_and_no_token(world, changes, error):
    world.tool.ask = changes

    page = world.browser().open_link("Amira", "m2.s1")

    assert page.text == f"Refused: {error}"
    [answer] = world.tool.launched
    assert "id_token" not in answer
    assert answer.get("state") == changes.get("state", "state-<&>\"'")


@pytest.mark.parametrize(
    "redirect_uri",
    [None, "", f"{TOOL}/lti/launch/", f"{TOOL}/lti/launch?x=1", "https://evil.example/"],
)
def test_nothing_is_ever_sent_to_an_unregistered_address(world, redirect_uri):
    world.tool.ask = {"redirect_uri": redirect_uri}

    page = world.browser().open_link("Amira", "m2.s1")

    assert (page.status, world.tool.launched) == (400, [])
    assert "redirect_uri" in page.text


def test_a_hint_is_good_once(world):
    browser = world.browser()
    browser.open_link("Amira", "m2.s1")

    assert browser.go(world.tool.questions[0]).text == "Refused: launch_no_longer_valid"


def test_a_hint_must_come_back_byte_for_byte(world):
    browser = world.browser()
    world.tool.ask = {"client_id": "someone"}  # refused before the hint is used up
    browser.open_link("Amira", "m2.s1")
    parts = urlsplit(world.tool.questions[0])
    asked = dict(parse_qsl(parts.query)) | {"client_id": "npq-demo-client"}

    spaced = asked | {"lti_message_hint": asked["lti_message_hint"] + " "}

    page = browser.go(f"{world.config.auth_url}?{urlencode(spaced)}")
    assert page.text == "Refused: launch_no_longer_valid"


def test_a_hint_is_no_good_after_ten_minutes(world):
    browser = world.browser()
    world.tool.ask = {"client_id": "someone"}
    browser.open_link("Amira", "m2.s1")
    question = world.tool.questions[0].replace("client_id=someone", "client_id=npq-demo-client")

    world.clock.now += timedelta(minutes=10)

    assert browser.go(question).text == "Refused: launch_no_longer_valid"


def test_a_hint_serves_only_the_person_who_clicked(world):
    browser = world.browser()
    world.tool.ask = {"login_hint": "2042"}
    browser.open_link("Amira", "m2.s1")
    browser.sign_in("Tom")

    assert browser.go(world.tool.questions[0]).text == "Refused: launch_no_longer_valid"


def test_somebody_else_signed_in_meanwhile_is_refused(world):
    browser = world.browser()
    world.tool.ask = {"client_id": "someone"}
    browser.open_link("Amira", "m2.s1")
    question = world.tool.questions[0].replace("client_id=someone", "client_id=npq-demo-client")
    browser.sign_in("Tom")

    assert browser.go(question).text == "Refused: access_denied"


def test_nobody_signed_in_is_told_so(world):
    world.browser().open_link("Amira", "m2.s1")

    page = world.browser().go(world.tool.questions[0])

    assert page.text == "Refused: login_required"


def test_a_repeated_parameter_is_refused(world):
    browser = world.browser()
    browser.open_link("Amira", "m2.s1")

    page = browser.go(world.tool.questions[0] + "&nonce=second")

    assert page.text == "Refused: invalid_request"


def test_a_link_removed_between_click_and_answer_is_no_longer_valid(world):
    [link] = world.lms.store.add_links([(Link("", "Extra", f"{TOOL}/open"), None)])
    browser = world.browser()
    browser.sign_in("Amira")
    world.tool.ask = {"client_id": "someone"}
    browser.go(f"{ISSUER}/links/{link.id}/launch")
    question = world.tool.questions[0].replace("client_id=someone", "client_id=npq-demo-client")
    world.lms.store.remove_link(link.id)

    assert browser.go(question).text == "Refused: launch_no_longer_valid"
