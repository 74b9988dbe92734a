"""The three sites, and one browser after another: every engine in every state of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.browser.engines.browser import Browser
from tests.browser.engines.chromium import PARTITIONING, Chromium
from tests.browser.engines.firefox import Firefox
from tests.browser.engines.states import STATES, State, allowing
from tests.browser.engines.webkit import WebKit
from tests.browser.everywhere.participant import Participant
from tests.browser.sites.world import World, three_sites


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[World]:
    """The tool, the LMS and the stranger; made once for each process of the tests."""
    folder = tmp_path_factory.mktemp("sites")
    file = Path(shutil.copy(sqlite_template, folder / "lti_tool.db"))
    with three_sites(folder, file) as world:
        yield world


@pytest.fixture(scope="session")
def firefox() -> Iterator[Firefox]:
    """One for all its states, which it can take on while it runs."""
    with Firefox() as browser:
        yield browser


def in_state(
    request: pytest.FixtureRequest, state: State, site: str, stack: ExitStack
) -> Browser:
    """A browser in this state that knows nothing yet."""
    settings: Any = state.settings
    if state.engine == "firefox":
        kept: Firefox = request.getfixturevalue("firefox")
        kept.become(settings, keeps_cookies_of=site)
        return kept
    if state.engine == "webkit":
        return stack.enter_context(WebKit(*settings))
    flags = [PARTITIONING] if state.partitions else []
    playwright = request.getfixturevalue("playwright")
    return stack.enter_context(Chromium(playwright, allowing(site, settings), *flags))


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(state, id=state.name, marks=pytest.mark.engine(state.engine))
        for state in STATES
    ],
)
def state(request: pytest.FixtureRequest) -> State:
    found: State = request.param
    return found


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest, state: State, sites: World) -> Iterator[Browser]:
    """A browser in one state, the same for all tests of that state."""
    with ExitStack() as stack:
        yield in_state(request, state, sites.lms, stack)


@pytest.fixture
def newcomer(
    request: pytest.FixtureRequest, state: State, sites: World
) -> Iterator[Participant]:
    """As below, in a browser that was never used; some trust a site once it was clicked in."""
    with ExitStack() as stack:
        browser = in_state(request, state, sites.lms, stack)
        sites.forget_everybody()
        participant = Participant(browser, state, sites)
        participant.sign_in()
        yield participant


@pytest.fixture
def amira(browser: Browser, state: State, sites: World) -> Iterator[Participant]:
    """Nobody has been here yet; she is signed in to the LMS. Nothing may fail in the tool."""
    browser.only_home()
    sites.keeps("off")
    sites.forget_everybody()
    participant = Participant(browser, state, sites)
    participant.sign_in()
    before = len(sites.said())
    yield participant
    assert '"level": "error"' not in sites.said(before)
