"""What a launch and our pages say of platform storage; what they do is for real browsers."""

from __future__ import annotations

import pytest

from lti_tool.demo_lms.faults import STORAGES
from lti_tool.demo_lms.pages.admin import KEPT
from tests.demo_lms.conftest import ISSUER, TOOL
from tests.demo_lms.html_page import Html


@pytest.mark.parametrize(
    ("mode", "target"),
    [
        ("off", None),
        ("parent", "_parent"),
        ("frame", "lti_storage"),
        ("silent", "_parent"),
        ("forged", "_parent"),
    ],
)
def test_login_and_launch_name_the_frame_that_keeps_values(world, mode, target):
    world.set_faults(platform_storage=mode)

    page = world.browser().open_link("Amira", "m2.s1")

    assert page.text == "Welcome, Amira Begum"
    [(_, login)] = world.tool.logins
    assert login.get("lti_storage_target") == target
    assert world.tool.launched[-1].get("lti_storage_target") == target


@pytest.mark.parametrize(
    ("mode", "scripts", "frames"),
    [
        ("off", 0, []),
        ("parent", 1, []),
        ("frame", 1, ["lti_storage"]),
        ("silent", 0, []),
        ("forged", 1, ["stranger"]),
    ],
)
def test_every_page_that_opens_the_tool_has_what_its_mode_needs(world, mode, scripts, frames):
    world.set_faults(platform_storage=mode)
    browser = world.browser()

    for page in (browser.sign_in("Helen"), browser.go(f"{ISSUER}/links/1")):
        assert page.source.count("/static/storage.js") == scripts
        assert [frame["name"] for frame in page.html.frames if "name" in frame] == frames


def test_a_new_window_can_reach_its_opener_only_where_that_keeps_values(world):
    browser = world.browser()
    assert 'rel="noopener"' in browser.sign_in("Amira").source

    world.set_faults(platform_storage="parent")

    assert 'rel="opener"' in browser.go(f"{ISSUER}/").source


@pytest.mark.parametrize("path", ["/storage", "/storage/stranger"])
def test_the_frames_take_no_script_but_ours_and_know_only_the_tool(world, path):
    world.set_faults(platform_storage="frame")

    page = world.browser().go(ISSUER + path)

    assert page.source.count("<script") == 1
    assert f'data-tool="{TOOL}"' in page.source
    assert "'unsafe" not in page.policy
    assert Html(page.source).frames == []


def test_the_form_offers_every_mode():
    assert set(KEPT) == set(STORAGES)
