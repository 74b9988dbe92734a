"""How strictly the demo LMS keeps values for the tool; a lax one would prove nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.engines.browser import Browser
from tests.browser.engines.chromium import PARTITIONING, Chromium
from tests.browser.engines.states import STATES, allowing
from tests.browser.everywhere.participant import Participant
from tests.browser.sites.world import World

pytestmark = pytest.mark.browser

LISTEN = "window.heard = []; onmessage = e => heard.push([e.origin, e.data])"
HEARD = "return window.heard"
ALL = ["lti.capabilities", "lti.put_data", "lti.get_data"]


@pytest.fixture(scope="module")
def chromium(playwright: Any, sites: World) -> Iterator[Browser]:
    settings = allowing(sites.lms, STATES[0].settings)
    with Chromium(playwright, settings, PARTITIONING) as browser:
        yield browser


@pytest.fixture
def amira(chromium: Browser, sites: World) -> Participant:
    chromium.only_home()
    sites.keeps("parent")
    participant = Participant(chromium, STATES[0], sites)
    participant.sign_in()
    return participant


def ask(browser: Browser, to: str, origin: str, **asked: Any) -> None:
    """Send a message from the page at this place to another."""
    browser.run(f"{to}.postMessage(arguments[0], arguments[1])", asked, origin)


def answers(amira: Participant, *asked: dict[str, Any], to: str = "parent") -> list[Any]:
    """What the LMS says to the tool's page, in order."""
    browser, lms = amira.browser, amira.sites.lms
    browser.run(LISTEN)
    for number, one in enumerate(asked):
        ask(browser, to, lms, message_id=f"m{number}", **one)
    browser.until(lambda: len(browser.run(HEARD)) == len(asked))
    heard = browser.run(HEARD)
    assert [origin for origin, _ in heard] == [lms] * len(asked)
    assert [said.pop("message_id") for _, said in heard] == [f"m{n}" for n in range(len(asked))]
    return [said for _, said in heard]


def put(key: Any, value: Any) -> dict[str, Any]:
    return {"subject": "lti.put_data", "key": key, "value": value}


def get(key: Any) -> dict[str, Any]:
    return {"subject": "lti.get_data", "key": key}


def test_a_value_is_kept_and_taken_back(amira):
    amira.open_in_frame()

    said = answers(amira, get("k"), put("k", "v"), get("k"), put("k", None), get("k"))

    assert [one.get("value") for one in said] == [None, "v", "v", None, None]
    assert [one["subject"] for one in said][:2] == [
        "lti.get_data.response",
        "lti.put_data.response",
    ]
    assert {one["key"] for one in said} == {"k"}


def test_a_window_finds_what_the_frame_of_the_same_page_kept(amira):
    amira.open_in_window()
    [said, _] = answers(amira, put("k", "v"), get("k"), to="opener")

    assert said["value"] == "v"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (put("k", 5), "bad_request"),
        (put(None, "v"), "bad_request"),
        (get(7), "bad_request"),
        (put("k", "x" * 5_000), "storage_exhaustion"),
    ],
)
def test_what_cannot_be_kept_is_an_error(amira, asked, code):
    amira.open_in_frame()

    [said] = answers(amira, asked)

    assert said["error"]["code"] == code


@pytest.mark.parametrize(
    ("mode", "frame"), [("parent", None), ("frame", "lti_storage"), ("forged", None)]
)
def test_the_page_says_what_it_does_and_where(amira, sites, mode, frame):
    sites.keeps(mode)
    amira.open_in_frame()

    [said] = answers(amira, {"subject": "lti.capabilities"})

    supported = said["supported_messages"]
    assert [one["subject"] for one in supported] == ALL
    assert [one.get("frame") for one in supported] == [None, frame, frame]


def test_the_named_frame_keeps_values_in_place_of_the_page(amira, sites):
    sites.keeps("frame")
    amira.open_in_frame()

    said = answers(amira, put("k", "v"), get("k"), to="parent.frames.lti_storage")

    assert [one["value"] for one in said] == ["v", "v"]
    ask(amira.browser, "parent", sites.lms, message_id="unheard", **get("k"))
    [said] = answers(amira, {"subject": "lti.capabilities"})  # answered after it, had it been
    assert "supported_messages" in said


def test_nobody_else_is_answered(amira, sites):
    browser = amira.browser
    browser.go(f"{sites.stranger.origin}/popup")
    browser.run(LISTEN)
    browser.new_window(lambda: browser.run("window.lms = open(arguments[0])", f"{sites.lms}/"))
    opened = browser.windows()[-1]
    browser.until_there("p.open")
    browser.switch(browser.home)
    ask(browser, "lms", "*", message_id="stranger", **put("k", "stranger's"))

    browser.switch(opened)
    browser.click("p.open a.button")
    browser.until_there("iframe.tool")
    browser.enter("iframe.tool")
    browser.until_there("h1")
    [said] = answers(amira, get("k"))

    assert said["value"] is None
    browser.switch(browser.home)
    assert browser.run(HEARD) == []


def test_forged_answers_come_first_each_wrong_in_one_thing(amira, sites):
    sites.keeps("forged")
    amira.open_in_frame()
    browser = amira.browser
    browser.run(LISTEN)
    ask(browser, "parent", sites.lms, message_id="m", **put("k", "v"))
    browser.until(lambda: len(browser.run(HEARD)) == 5)

    right = [sites.lms, "lti.put_data.response", "m", "k"]
    told = [
        [origin, said["subject"], said["message_id"], said["key"], said["value"]]
        for origin, said in browser.run(HEARD)
    ]
    assert told.pop() == [*right, "v"]
    for origin, *said in told:
        assert said.pop() == "forged"
        assert sum(a != b for a, b in zip(right, [origin, *said], strict=True)) == 1
    assert {origin for origin, *_ in told} == {sites.lms, "null"}
