"""Answers of the chooser that are not to be trusted."""

from __future__ import annotations

import pytest

from tests.demo_lms.conftest import ISSUER, TOOL
from tests.demo_lms.test_deep_linking import added, item
from tests.demo_lms.tool import DL, LTI

CLAIMS = [
    pytest.param({"iss": "someone"}, id="iss"),
    pytest.param({"aud": f"{ISSUER}/token"}, id="aud"),
    pytest.param({"exp": 1_700_000_000}, id="exp"),
    pytest.param({"exp": ...}, id="no exp"),
    pytest.param({"iat": 4_000_000_000}, id="iat"),
    pytest.param({"nonce": ...}, id="no nonce"),
    pytest.param({"nonce": ""}, id="empty nonce"),
    pytest.param({f"{LTI}/message_type": "LtiResourceLinkRequest"}, id="message_type"),
    pytest.param({f"{LTI}/message_type": ...}, id="no message_type"),
    pytest.param({f"{LTI}/version": "1.3"}, id="version"),
    pytest.param({f"{LTI}/deployment_id": "2"}, id="deployment_id"),
    pytest.param({f"{LTI}/deployment_id": ...}, id="no deployment_id"),
    pytest.param({f"{DL}/data": "other"}, id="data"),
    pytest.param({f"{DL}/data": ...}, id="no data"),
]


@pytest.mark.parametrize("changes", CLAIMS)
def test_an_answer_with_a_wrong_claim_is_refused(world, changes):
    world.tool.chosen, world.tool.answer_changes = [item()], changes

    page = world.browser().add_from_tool()

    assert (page.status, added(world)) == (403, [])
    assert "was refused" in page.text


ITEMS = [
    pytest.param({"type": "link"}, id="plain link"),
    pytest.param({"type": ...}, id="no type"),
    pytest.param({"url": "https://evil.example/"}, id="other site"),
    pytest.param({"url": f"{TOOL}.evil.example/"}, id="longer host"),
    pytest.param({"url": f"{TOOL}@evil.example/"}, id="host as user"),
    pytest.param({"url": "javascript:alert(1)"}, id="script"),
    pytest.param({"url": f"{TOOL}/a b"}, id="blank"),
    pytest.param({"url": "http://[::1"}, id="no URL"),
    pytest.param({"url": 7}, id="number as URL"),
    pytest.param({"url": None}, id="null as URL"),
    pytest.param({"title": "x" * 256}, id="endless title"),
    pytest.param({"title": 7}, id="number as title"),
    pytest.param({"custom": {"a": 1}}, id="number in custom"),
    pytest.param({"custom": {"a": {"b": "c"}}}, id="nested custom"),
    pytest.param({"custom": []}, id="list as custom"),
    pytest.param({"tittle": "x"}, id="unknown member"),
    pytest.param({"lineItem": []}, id="list as lineItem"),
    pytest.param({"lineItem": {}}, id="no maximum"),
    pytest.param({"lineItem": {"scoreMaximum": 0}}, id="maximum 0"),
    pytest.param({"lineItem": {"scoreMaximum": "1"}}, id="maximum as text"),
    pytest.param({"lineItem": {"scoreMaximum": True}}, id="maximum true"),
    pytest.param({"lineItem": {"scoreMaximum": 10**400}}, id="huge maximum"),
    pytest.param({"lineItem": {"scoreMaximum": 1, "label": 3}}, id="number as label"),
    pytest.param({"lineItem": {"scoreMaximum": 1, "tag": "t" * 257}}, id="endless tag"),
    pytest.param({"lineItem": {"scoreMaximum": 1, "max": 1}}, id="unknown in lineItem"),
]


@pytest.mark.parametrize("changes", ITEMS)
def test_one_wrong_item_and_nothing_is_added(world, changes):
    world.tool.chosen = [item(1), item(2, **changes)]

    page = world.browser().add_from_tool()

    assert (page.status, added(world)) == (400, [])
    assert "Nothing was added: item 2" in page.text


@pytest.mark.parametrize("items", [{}, "x", 7, None, ["x"], [None], [item()] * 201])
def test_items_that_are_no_list_of_items_are_refused(world, items):
    world.tool.chosen = items

    page = world.browser().add_from_tool()

    assert (page.status, added(world)) == (400, [])


def test_an_answer_is_good_once(world):
    world.tool.chosen = [item()]
    browser = world.browser()
    course = browser.add_from_tool()
    settings = world.tool.claims()[f"{DL}/deep_linking_settings"]
    for changes in ({}, {"nonce": "fresh"}):
        world.tool.answer_changes = changes
        token = world.tool.sign(world.tool.deep_linking_answer(settings))
        page = browser.post(course, settings["deep_link_return_url"], [("JWT", token)])
        assert page.status == 403

    assert len(added(world)) == 1


def test_an_answer_with_a_used_nonce_is_refused(world):
    world.tool.answer_changes = {"nonce": "always the same"}
    browser = world.browser()

    assert browser.add_from_tool().status == 200
    assert browser.add_from_tool().status == 403


@pytest.mark.parametrize("fields", [[], [("JWT", "a"), ("JWT", "b")], [("jwt", "a")]])
def test_exactly_one_token_is_needed(world, fields):
    browser = world.browser()
    course = browser.sign_in("Helen")

    page = browser.post(course, f"{ISSUER}/deep-linking/return?course=npqlt-autumn", fields)

    assert page.status == 400


@pytest.mark.parametrize("query", ["", "?course=other"])
def test_the_return_address_keeps_its_query(world, query):
    browser = world.browser()
    course = browser.sign_in("Helen")

    page = browser.post(course, f"{ISSUER}/deep-linking/return{query}", [("JWT", "a")])

    assert (page.status, "changed the address" in page.text) == (400, True)


def test_a_tool_whose_keys_cannot_be_fetched_adds_nothing(world):
    world.tool.chosen, world.tool.key_set_answer = [item()], ("", 500)

    page = world.browser().add_from_tool()

    assert (page.status, added(world)) == (503, [])


def test_only_the_one_who_asked_can_bring_the_answer(world):
    world.tool.chosen = [item()]
    world.tool.answer_changes = {f"{DL}/data": "other"}
    world.browser().add_from_tool()
    world.tool.answer_changes = {}
    settings = world.tool.claims()[f"{DL}/deep_linking_settings"]
    token = world.tool.sign(world.tool.deep_linking_answer(settings))
    browser = world.browser()
    course = browser.sign_in("Amira")

    page = browser.post(course, settings["deep_link_return_url"], [("JWT", token)])

    assert (page.status, added(world)) == (403, [])
