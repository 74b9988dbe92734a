"""Adding links from the tool's chooser."""

from __future__ import annotations

import pytest

from lti_tool.demo_lms.course import Link
from tests.demo_lms.conftest import ISSUER, TOOL
from tests.demo_lms.cookies import Mode
from tests.demo_lms.tool import DL, LTI

AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"


def item(number=1, **changes):
    chosen = {
        "type": "ltiResourceLink",
        "title": f"Chosen {number}",
        "text": "Fifty minutes",
        "url": f"{TOOL}/open/npqlt-demo/m3.s{number}",
        "custom": {"npq_item": f"npqlt-demo/m3.s{number}"},
        "lineItem": {
            "scoreMaximum": 1,
            "label": f"Column {number}",
            "resourceId": f"npqlt-demo/m3.s{number}",
            "tag": "completion",
        },
    } | changes
    return {name: value for name, value in chosen.items() if value is not ...}


def added(world):
    return [link for link in world.lms.store.links() if link.added]


def test_several_links_are_added_in_order_with_their_columns(world):
    world.tool.chosen = [item(3), item(1), item(2, lineItem=...)]

    page = world.browser().add_from_tool()

    assert page.url == f"{ISSUER}/"  # the whole window is back at the course
    assert page.top is None
    assert [link.title for link in added(world)] == ["Chosen 3", "Chosen 1", "Chosen 2"]
    assert [bool(link.line_item_id) for link in added(world)] == [True, True, False]
    assert world.lms.store.line_items()[-2].label == "Column 3"
    assert (
        page.text.index("Chosen 3") < page.text.index("Chosen 1") < page.text.index("Chosen 2")
    )


def test_the_request_says_what_may_come_back(world):
    world.browser().add_from_tool()

    claims = world.tool.claims()
    settings = claims[f"{DL}/deep_linking_settings"]
    assert claims[f"{LTI}/message_type"] == "LtiDeepLinkingRequest"
    assert settings["deep_link_return_url"].startswith(f"{ISSUER}/deep-linking/return?")
    assert settings["accept_types"] == ["ltiResourceLink"]
    assert settings["accept_multiple"] is True
    assert settings["accept_lineitem"] is True
    assert len(settings["data"]) >= 20
    assert f"{LTI}/resource_link" not in claims


def test_an_added_link_is_launched_with_what_was_chosen(world):
    world.tool.chosen = [item(4)]
    browser = world.browser()
    browser.add_from_tool()

    browser.open_link("Amira", "m3.s4")

    claims = world.tool.claims()
    [link] = added(world)
    assert claims[f"{LTI}/target_link_uri"] == f"{TOOL}/open/npqlt-demo/m3.s4"
    assert claims[f"{LTI}/custom"] == {"npq_item": "npqlt-demo/m3.s4"}
    assert claims[f"{LTI}/resource_link"] == {
        "id": link.id,
        "title": "Chosen 4",
        "description": "Fifty minutes",
    }
    assert claims[AGS]["lineitem"] == world.line_item(link.line_item_id)


def test_an_item_may_leave_out_almost_everything(world):
    world.tool.chosen = [{"type": "ltiResourceLink"}]

    world.browser().add_from_tool()

    [link] = added(world)
    assert (link.title, link.url, link.line_item_id) == ("Study session", f"{TOOL}/open", None)


def test_choosing_nothing_adds_nothing(world):
    world.tool.answer_changes = {f"{DL}/content_items": ..., f"{DL}/msg": "Cancelled <b>"}

    page = world.browser().add_from_tool()

    assert "Nothing was added" in page.text
    assert "Cancelled <b>" in page.text
    assert added(world) == []


@pytest.mark.parametrize("mode", list(Mode))
def test_the_chooser_works_whatever_the_browser_does_with_cookies(world, mode):
    world.tool.chosen = [item()]

    world.browser(mode).add_from_tool()

    assert len(added(world)) == 1


@pytest.mark.parametrize("path", ["/add", "/add/launch"])
@pytest.mark.parametrize("person", ["Amira", "Site"])
def test_only_the_facilitator_opens_the_chooser(world, path, person):
    browser = world.browser()
    browser.sign_in(person)

    assert browser.go(f"{ISSUER}{path}").status == 403
    assert world.tool.logins == []


def test_an_added_link_can_be_removed_with_its_column(world):
    world.tool.chosen = [item(1), item(2)]
    browser = world.browser()
    course = browser.add_from_tool()
    [first, second] = added(world)

    course = browser.submit(course, f"/links/{first.id}/remove")

    assert [link.id for link in added(world)] == [second.id]
    assert world.lms.store.line_item(first.line_item_id) is None
    assert "Chosen 1" not in course.text


def test_neither_participants_nor_forms_made_up_remove_links(world):
    [link] = world.lms.store.add_links([(Link("", "Extra", TOOL), None)])
    browser = world.browser()

    course = browser.sign_in("Amira")
    assert browser.post(course, f"{ISSUER}/links/{link.id}/remove", []).status == 403
    course = browser.sign_in("Helen")
    assert browser.post(course, f"{ISSUER}/links/1/remove", []).status == 404
    assert browser.post(course, f"{ISSUER}/links/999/remove", []).status == 404
    assert len(world.lms.store.links()) == 7
