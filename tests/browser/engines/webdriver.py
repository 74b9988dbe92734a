"""A browser driven by the commands of W3C WebDriver, however they are sent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from abc import abstractmethod
from typing import Any

from typing_extensions import override

from tests.browser.engines.browser import Browser, NotThere

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # W3C WebDriver, 12.2
# WebKit scrolls nothing into sight that is in another site's frame.
_SHOWN = """
const shown = document.querySelector(arguments[0]);
shown?.scrollIntoView({ block: "center", behavior: "instant" });
"""
_EMPTIED = """
const field = document.querySelector(arguments[0]);
field.value = "";
field.dispatchEvent(new Event("input", { bubbles: true }));
"""


class WebDriver(Browser):
    """The steps of a browser as WebDriver commands."""

    @abstractmethod
    def command(self, name: str, **parameters: Any) -> Any:
        """Send one command, named as in the W3C's list; what it answers.

        Raises:
            NotThere: the browser could not do it.
        """

    @override
    def go(self, url: str) -> None:
        self.place = None
        self._at_place()
        self.command("Navigate", url=url)

    @override
    def run(self, script: str, *given: Any) -> Any:
        self._at_place()
        return self.command("ExecuteScript", script=script, args=list(given))

    @override
    def click(self, css: str) -> None:
        self.run(_SHOWN, css)
        self.command("ElementClick", element=self._find(css))

    @override
    def write(self, css: str, text: str) -> None:
        self.click(css)
        self.run(_EMPTIED, css)
        self.command("ElementSendKeys", element=self._find(css), text=text)

    @override
    def reload(self) -> None:
        self.place = None
        self._at_place()
        self.command("Refresh")

    @override
    def windows(self) -> list[str]:
        return list(self.command("GetWindowHandles"))

    @override
    def switch(self, window: str) -> None:
        self.place = None
        self.command("SwitchToWindow", handle=window)

    @override
    def close(self) -> None:
        self.command("CloseWindow")
        self.switch(self.home)

    def _at_place(self) -> None:
        self.command("SwitchToFrame", id=None)
        if self.place:
            self.command("SwitchToFrame", id={_ELEMENT: self._find(self.place)})

    def _find(self, css: str) -> str:
        found = self.command("FindElement", using="css selector", value=css)
        return str(found[_ELEMENT])


def started(*command: str, **options: Any) -> subprocess.Popen[bytes]:
    """A process that leads a group of its own and says nothing."""
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    return subprocess.Popen(command, start_new_session=True, **quiet, **options)


def ended(process: subprocess.Popen[bytes] | None) -> None:
    """End a process of ours and all it started."""
    if process is None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return


def answered(value: Any) -> Any:
    """A command's answer.

    Raises:
        NotThere: it is an error.
    """
    if isinstance(value, dict) and "error" in value and "message" in value:
        raise NotThere(f"{value['error']}: {value['message']}")
    return value
