"""Chromium with scripts switched off: as far as what it keeps goes, by links and buttons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.engines.chromium import PARTITIONING, Chromium
from tests.browser.engines.states import STATES, State, allowing
from tests.browser.everywhere.participant import ACTIVITY, FRAME, Participant
from tests.browser.sites.world import World

pytestmark = pytest.mark.browser

REFUSAL = "article[data-page]"
GO_ON = "noscript button, .when-waiting a"
OWN_WINDOW = "form[target=_blank] button"
ALLOWED, BLOCKED, UNPARTITIONED, NOTHING = (s for s in STATES if s.engine == "chromium")


@pytest.fixture
def amira(request: Any, playwright: Any, sites: World) -> Iterator[Participant]:
    state: State = request.param
    flags = [PARTITIONING] if state.partitions else []
    settings: Any = state.settings
    preferences = allowing(sites.lms, settings)
    sites.keeps("off")
    sites.forget_everybody()
    with Chromium(playwright, preferences, *flags, scripts=False) as browser:
        participant = Participant(browser, state, sites)
        participant.sign_in()
        yield participant


def open_frame(amira: Participant) -> None:
    amira.browser.click("p.open a.button")
    amira.browser.until_there(FRAME)
    amira.browser.enter(FRAME)


def press_on(amira: Participant) -> None:
    """Press every "Continue" there is until there is a page of the tool that has none."""
    browser = amira.browser
    for _ in range(6):
        browser.until_there(f"{GO_ON}, {ACTIVITY}, {REFUSAL}")
        if not browser.count(GO_ON):
            return
        before = browser.run("return performance.timeOrigin")
        browser.click(GO_ON)
        browser.until(lambda: browser.run("return performance.timeOrigin") != before)  # noqa: B023


@pytest.mark.parametrize("amira", [ALLOWED, BLOCKED, UNPARTITIONED], indirect=True)
def test_the_frame_opens_by_pressing_continue(amira):
    open_frame(amira)
    press_on(amira)

    assert amira.activity()


@pytest.mark.parametrize("amira", [ALLOWED, UNPARTITIONED], indirect=True)
def test_a_new_window_opens_by_the_button_of_the_frame(amira):
    open_frame(amira)
    amira.browser.click(GO_ON)
    amira.browser.until_there(OWN_WINDOW)
    amira.browser.new_window(lambda: amira.browser.click(OWN_WINDOW))
    press_on(amira)

    assert amira.activity()


@pytest.mark.parametrize("amira", [NOTHING], indirect=True)
def test_where_nothing_is_kept_a_page_says_what_to_do(amira):
    open_frame(amira)
    press_on(amira)

    assert amira.browser.count('article[data-page="browser"]')
    assert "allow cookies" in amira.browser.text()
