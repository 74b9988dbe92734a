"""
What every engine's browser can do in our tests, whatever drives it.

A browser is always at one place: a window, or the frame in it that was entered last. Frames are
looked up anew at every step, because the page in them comes and goes.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self, TypeVar

T = TypeVar("T")
_LOOK_EVERY_S = 0.03


class NotThere(Exception):
    """What was asked for is not there at this moment; a page may be between two documents."""


class Browser(ABC):
    """One browser with one profile."""

    home = ""  # the window there was at the beginning
    place: str | None = None  # selector of the frame that was entered; None: the window

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.quit()

    @abstractmethod
    def go(self, url: str) -> None:
        """Type an address into the window; the place is the window."""

    @abstractmethod
    def run(self, script: str, *given: Any) -> Any:
        """What this function body, run in the page, returns."""

    @abstractmethod
    def click(self, css: str) -> None:
        """Click the first element of this kind as a person would."""

    @abstractmethod
    def write(self, css: str, text: str) -> None:
        """Type into a field, in place of what is there."""

    @abstractmethod
    def reload(self) -> None:
        """Press Reload; the place is the window."""

    @abstractmethod
    def windows(self) -> list[str]:
        """All windows."""

    @abstractmethod
    def switch(self, window: str) -> None:
        """Go on in another window."""

    @abstractmethod
    def close(self) -> None:
        """Close this window and go on in the first."""

    @abstractmethod
    def quit(self) -> None:
        """End the browser and remove its profile."""

    def enter(self, css: str) -> None:
        """Go on in a frame of this window."""
        self.place = css

    def leave(self) -> None:
        """Go on in the window, outside its frames."""
        self.place = None

    def count(self, css: str) -> int:
        """How many elements of this kind the page has."""
        found = self.run("return document?.querySelectorAll(arguments[0]).length", css)
        if found is None:
            raise NotThere("no document")
        return int(found)

    def text(self, css: str = "body") -> str:
        """The visible text of an element; empty where there is none."""
        script = "return document.querySelector(arguments[0])?.innerText ?? ''"
        return str(self.run(script, css))

    def value(self, css: str) -> str:
        """What a field holds."""
        return str(self.run("return document.querySelector(arguments[0]).value", css))

    def url(self) -> str:
        """The address of the page at this place."""
        return str(self.run("return location.href"))

    def until(self, question: Callable[[], T], within_s: float = 30) -> T:
        """The first answer that is true; asked again and again.

        Raises:
            TimeoutError: there was none; says what the page shows.
        """
        end = time.monotonic() + within_s
        while True:
            try:
                if answer := question():
                    return answer
            except NotThere:
                pass
            if time.monotonic() > end:
                raise TimeoutError(self._seen())
            time.sleep(_LOOK_EVERY_S)

    def until_there(self, css: str, within_s: float = 30) -> None:
        """Wait for an element, on a page that has loaded."""
        ready = "return document.readyState === 'complete'"
        self.until(lambda: self.count(css) and self.run(ready), within_s)

    def only_home(self) -> None:
        """Close all windows but the first, and go on there."""
        for window in self.windows():
            if window != self.home:
                self.switch(window)
                self.close()
        self.switch(self.home)

    def new_window(self, act: Callable[[], None]) -> str:
        """Go on in the window that this opens; its handle."""
        before = set(self.windows())
        act()
        opened = self.until(lambda: sorted(set(self.windows()) - before))[0]
        self.switch(opened)
        return opened

    def _seen(self) -> str:
        try:
            return f"{self.url()} shows: {self.text()[:600]}"
        except NotThere as error:
            return f"nothing ({error})"
