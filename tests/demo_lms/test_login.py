"""From a click on a link to an id_token, and every way it can be refused."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest

from lti_tool.demo_lms.course import Link
from tests.demo_lms.conftest import ISSUER, TOOL
from tests.demo_lms.tool import LTI

AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ROLES = f"{LTI}/roles"
LIS = "http://purl.imsglobal.org/vocab/lis/v2"


def test_a_participant_is_let_in_with_all_the_usual_claims(world):
    page = world.browser().open_link("Amira", "m2.s2")

    assert page.text == "Welcome, Amira Begum"
    claims = world.tool.claims()
    assert claims["iss"] == ISSUER
    assert claims["aud"] == claims["azp"] == "npq-demo-client"
    assert (claims["iat"], claims["exp"]) == (world.clock.second, world.clock.second + 60)
    assert (claims["sub"], claims["name"]) == ("2041", "Amira Begum")
    assert claims["email"] == "amira.begum@harrowbank.example"
    assert claims[f"{LTI}/message_type"] == "LtiResourceLinkRequest"
    assert claims[f"{LTI}/version"] == "1.3.0"
    assert claims[f"{LTI}/deployment_id"] == "1"
    assert claims[f"{LTI}/target_link_uri"] == f"{TOOL}/open/npqlt-demo/m2.s2"
    assert claims[f"{LTI}/custom"] == {"npq_item": "npqlt-demo/m2.s2"}
    assert claims[f"{LTI}/resource_link"]["id"] == "2"
    assert claims[f"{LTI}/context"]["title"].startswith("NPQ Leading Teaching")
    assert claims[f"{LTI}/launch_presentation"]["document_target"] == "iframe"
    assert claims[f"{LTI}/launch_presentation"]["return_url"] == f"{ISSUER}/links/2/return"
    assert claims[f"{LTI}/tool_platform"]["name"] == "Harrow Bank Staff Learning"
    assert claims[AGS]["lineitems"] == f"{ISSUER}/lineitems?type_id=1"
    assert claims[AGS]["lineitem"] == f"{ISSUER}/lineitems/2/lineitem?type_id=1"
    assert len(claims[AGS]["scope"]) == 4
    nrps = claims["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"]
    assert nrps["context_memberships_url"] == f"{ISSUER}/memberships?type_id=1"


@pytest.mark.parametrize(
    ("person", "roles"),
    [
        ("Tom", [f"{LIS}/membership#Learner"]),
        ("Priya", [f"{LIS}/membership#Learner", f"{LIS}/institution/person#Instructor"]),
        ("Helen", [f"{LIS}/membership#Instructor"]),
        (
            "Site",
            [f"{LIS}/system/person#Administrator", f"{LIS}/institution/person#Administrator"],
        ),
    ],
)
def test_everybody_comes_with_their_own_roles(world, person, roles):
    world.browser().open_link(person, "m2.s1")

    assert world.tool.claims()[ROLES] == roles


def test_the_id_token_verifies_with_the_published_key(world):
    world.browser().open_link("Amira", "m2.s1")
    token = world.tool.launched[-1]["id_token"]

    [key] = world.http.get(f"{ISSUER}/jwks").json()["keys"]
    assert jwt.get_unverified_header(token) == {
        "alg": "RS256",
        "typ": "JWT",
        "kid": key["kid"],
    }
    options = {"verify_exp": False, "verify_iat": False}
    assert jwt.decode(
        token, jwt.PyJWK(key).key, ["RS256"], options, audience="npq-demo-client"
    )
    assert set(key) == {"kty", "e", "n", "kid", "alg", "use"}


def test_a_new_window_is_announced_as_one(world):
    page = world.browser().open_link("Amira", "m2.s1", window=True)

    assert page.top is None
    presentation = world.tool.claims()[f"{LTI}/launch_presentation"]
    assert presentation["document_target"] == "window"


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_login_initiation_comes_by_either_method(world, method):
    world.set_faults(login_method=method)

    page = world.browser().open_link("Amira", "m2.s1")

    assert page.text == "Welcome, Amira Begum"
    [(used, given)] = world.tool.logins
    assert used == method
    assert set(given) == {
        "iss",
        "target_link_uri",
        "login_hint",
        "lti_message_hint",
        "client_id",
        "lti_deployment_id",
    }
    assert given["target_link_uri"] == f"{TOOL}/open/npqlt-demo/m2.s1"


def test_a_tool_that_goes_on_by_its_own_page_meets_the_repost_page(world):
    world.tool.by_page = True

    page = world.browser().open_link("Amira", "m2.s1")

    assert page.text == "Welcome, Amira Begum"
    assert world.tool.launched[-1]["state"] == "state-<&>\"'"


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


def test_the_clock_of_launches_can_be_set_wrong(world):
    world.set_faults(clock_offset_s=600)

    world.browser().open_link("Amira", "m2.s1")

    assert world.tool.claims()["iat"] == world.clock.second + 600


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/links/99/launch", 404),
        ("/links/1/launch?target=embed", 400),
        ("/links/99", 404),
        ("/links/99/return", 404),
    ],
)
def test_links_that_are_not_there_are_not_opened(world, path, status):
    browser = world.browser()
    browser.sign_in("Amira")

    assert browser.go(f"{ISSUER}{path}").status == status


def test_a_link_is_opened_for_nobody_but_somebody(world):
    assert world.browser().go(f"{ISSUER}/links/1/launch").status == 403


def test_a_link_without_a_column_is_launched_without_one(world):
    world.lms.store.delete_line_item("1")

    world.browser().open_link("Amira", "m2.s1")

    assert "lineitem" not in world.tool.claims()[AGS]
