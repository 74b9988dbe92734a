"""Debian's Chromium, driven by Playwright, as the same kind of browser as the others."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Frame, Page, Playwright
from typing_extensions import override

from tests.browser.engines.browser import Browser, NotThere

PROGRAM = shutil.which("chromium")
_PATIENCE_MS = 30_000  # a busy machine is no fault
# Playwright's own list would switch the partitioning of storage off; the last list wins.
PARTITIONING = (
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter,"
    "OptimizationHints,LensOverlay"
)


class Chromium(Browser):
    """One Chromium with a profile that has these preferences."""

    def __init__(
        self,
        playwright: Playwright,
        preferences: Mapping[str, Any],
        *flags: str,
        scripts: bool = True,
    ) -> None:
        self._profile = Path(tempfile.mkdtemp(prefix="npqcr-"))
        (self._profile / "Default").mkdir()
        (self._profile / "Default/Preferences").write_text(json.dumps(preferences))
        self._context = playwright.chromium.launch_persistent_context(
            self._profile,
            executable_path=PROGRAM,
            args=["--no-sandbox", *flags],
            ignore_https_errors=True,
            java_script_enabled=scripts,
        )
        self._context.set_default_timeout(_PATIENCE_MS)
        self._pages: dict[str, Page] = {}
        self.home = self.windows()[0]
        self._page = self._pages[self.home]

    @override
    def go(self, url: str) -> None:
        self.place = None
        self._page.goto(url)

    @override
    def run(self, script: str, *given: Any) -> Any:
        with _moments():
            body = f"given => (function () {{ {script} }}).apply(null, given)"
            return self._here().evaluate(body, list(given))

    @override
    def click(self, css: str) -> None:
        with _moments():
            self._here().locator(css).first.click()

    @override
    def write(self, css: str, text: str) -> None:
        with _moments():
            field = self._here().locator(css).first
            field.clear()
            field.press_sequentially(text)

    @override
    def reload(self) -> None:
        self.place = None
        self._page.reload()

    @override
    def windows(self) -> list[str]:
        # Playwright hears of new windows only while it is asked something.
        self._context.pages[0].evaluate("1")
        for page in self._context.pages:
            if page not in self._pages.values():
                self._pages[f"window {len(self._pages)}"] = page
        return [name for name, page in self._pages.items() if not page.is_closed()]

    @override
    def switch(self, window: str) -> None:
        self.place = None
        self._page = self._pages[window]
        self._page.bring_to_front()  # or a click into a frame of it may go nowhere

    @override
    def close(self) -> None:
        self._page.close()
        self.switch(self.home)

    @override
    def quit(self) -> None:
        with contextlib.suppress(Error):
            self._context.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def _here(self) -> Frame:
        if self.place is None:
            return self._page.main_frame
        handle = self._page.query_selector(self.place)
        frame = handle and handle.content_frame()
        if not frame:
            raise NotThere(f"no frame {self.place}")
        return frame


@contextlib.contextmanager
def _moments() -> Any:
    """What Playwright cannot do at this moment is not there, as with the others."""
    try:
        yield
    except Error as error:
        raise NotThere(error.message) from error
