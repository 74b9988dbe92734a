"""A real demo (tool, worker, LMS) and a real Chromium that blocks third-party cookies."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Frame, Page, Playwright

from tests.build import free_port
from tests.conftest import CHROMIUM, ROOT

ARTEFACTS = ROOT / "test-artefacts"

# Third-party cookies are switched by preferences of the profile. The last --disable-features
# wins: without our own, Playwright's would also switch off the partitioning of storage.
BLOCKING = {"profile": {"block_third_party_cookies": True, "cookie_controls_mode": 1}}
ARGUMENTS = (
    "--no-sandbox",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter,"
    "OptimizationHints,LensOverlay",
)


@dataclass
class Demo:
    """`lti-tool demo`, running."""

    course: str
    folder: Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    ports = ["--port", str(free_port()), "--lms-port", str(free_port())]
    process = subprocess.Popen(
        [sys.executable, "-m", "lti_tool", "demo", *ports, "--folder", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = process.stdout.readline()
    assert said.startswith("Open "), said
    yield Demo(said.split()[1], folder)
    process.terminate()
    process.wait(30)
    process.stdout.close()


@pytest.fixture
def browser(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    profile = tmp_path / "profile"
    (profile / "Default").mkdir(parents=True)
    (profile / "Default/Preferences").write_text(json.dumps(BLOCKING))
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=CHROMIUM,
        args=list(ARGUMENTS),
        viewport={"width": 1280, "height": 900},
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(browser: BrowserContext) -> Page:
    return browser.pages[0]


@pytest.fixture(scope="session")
def violations() -> Callable[[Page | Frame], list[str]]:
    """What axe finds in a page or a frame, as one line each."""
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    options = json.dumps({"runOnly": rules, "resultTypes": ["violations"]})

    def find(shown: Page | Frame) -> list[str]:
        shown.evaluate(AXE_SCRIPT)
        found = shown.evaluate(f"() => axe.run({options})")
        return [
            f"{violation['id']}: {node['html'][:120]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    return find
