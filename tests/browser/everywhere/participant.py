"""What a participant does in a browser, and sees."""

from __future__ import annotations

import json
from contextlib import suppress

from tests.browser.engines.browser import Browser
from tests.browser.engines.states import State
from tests.browser.sites.world import World

FRAME = "iframe.tool"
ACTIVITY, FEEDBACK = "form.questions", "section.answers"
OFFER = "[data-binding=window] form[target=_blank] button"
REFUSAL = "article[data-page]:not(.binding)"  # the last word: nothing is being looked for
COURSE = "p.open"  # on the LMS's own page
PAGES = f"{ACTIVITY}, {FEEDBACK}, {OFFER}, {REFUSAL}"
ENOUGH = "asked again after a fortnight, and once more without any book"  # words
_CHOICES = (
    "return [...document.querySelectorAll('fieldset')].map(f => f.querySelector('input').id)"
)
_EMPTY = (
    "return [...document.querySelectorAll('textarea')].filter(t => !t.value).map(t => t.id)"
)
_BEGUN = "return performance.timeOrigin"  # another for each document
AMIRA = 'button[value="2041"]'


class Participant:
    """Somebody signed in to the LMS, in one browser."""

    def __init__(self, browser: Browser, state: State, sites: World) -> None:
        self.browser, self.state, self.sites = browser, state, sites

    def sign_in(self) -> None:
        self.browser.go(f"{self.sites.lms}/")
        self.browser.click(AMIRA)
        self.browser.until(lambda: "Signed in as" in self.browser.text())

    def open_in_frame(self) -> None:
        """Click the link of the course and wait for a page of the tool, in the LMS's frame."""
        self.browser.go(f"{self.sites.lms}/")
        self.browser.click("p.open a.button")
        self.browser.until_there(FRAME)
        self.browser.enter(FRAME)
        self.browser.until_there(PAGES)

    def open_in_window(self) -> None:
        """The same in a new window."""
        self.browser.only_home()
        self.browser.go(f"{self.sites.lms}/")
        self.browser.new_window(lambda: self.browser.click("p.open a[target=_blank]"))
        self.browser.until_there(PAGES)

    def take_offer(self) -> None:
        """Go on in the new window that a page of the tool offers, if it offers one."""
        if not self.browser.count(OFFER):
            return
        self.browser.new_window(lambda: self.browser.click(OFFER))
        self.browser.until_there(f"{ACTIVITY}, {FEEDBACK}, {REFUSAL}")

    def write(self, text: str) -> None:
        """Type an answer and see that it is kept."""
        self.browser.write("textarea", text)
        self.browser.until(lambda: "Saved" in self.browser.text("[data-saved]"))

    def answer(self) -> None:
        """Choose and type whatever is left to answer, and hand it in."""
        for choice in self.browser.run(_CHOICES):
            self.browser.click(f"#{choice}")
        for field in self.browser.run(_EMPTY):
            self.browser.write(f"#{field}", ENOUGH)
        self.browser.click(f"{ACTIVITY} button[type=submit]")
        self.browser.until_there(FEEDBACK)

    def go_on(self) -> None:
        """From the feedback to the next activity."""
        self.browser.click("p.go-on a")
        self.browser.until_there(ACTIVITY)

    def reload(self) -> None:
        """Reload the page of the tool alone, where it stands."""
        before = self.browser.run(_BEGUN)
        self.browser.run("setTimeout(() => location.reload())")
        self.browser.until(lambda: self.browser.run(_BEGUN) != before)
        self.browser.until_there(PAGES)

    def back(self) -> None:
        """Go back, if there is anywhere to go, and wait for whatever page that is."""
        before = self.browser.run(_BEGUN)
        self.browser.run("setTimeout(() => history.back())")
        with suppress(TimeoutError):
            self.browser.until(lambda: self.browser.run(_BEGUN) != before, within_s=2)
        self.browser.until(self.rests)

    def rests(self) -> bool:
        """Whether a page has come that waits for somebody; goes to where it is."""
        self.browser.leave()
        if self.browser.count(FRAME):
            self.browser.enter(FRAME)
        loaded = self.browser.run("return document.readyState === 'complete'")
        return bool(loaded and self.browser.count(f"{PAGES}, {COURSE}"))

    def carrier(self, since: int) -> str:
        """How the key of the newest launch came back, as the tool's log says."""
        said = [json.loads(line) for line in self.sites.said(since).splitlines()]
        [launched] = [one for one in said if one["event"] == "launched"]
        return str(launched["carrier"])

    def activity(self) -> str:
        """The title of the activity that is open; empty when none is."""
        return self.browser.text("h1") if self.browser.count(ACTIVITY) else ""
