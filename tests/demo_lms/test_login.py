"""From a click on a link to an id_token, and every way it can be refused."""

from __future__ import annotations

import jwt
import pytest

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
    assert jwt.decode(token, jwt.PyJWK(key).key, ["RS256"], options, audience="npq-demo-client")
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
