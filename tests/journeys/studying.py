"""What a participant does on study pages, through a browser without an engine."""

from __future__ import annotations

import re

from tests.demo_lms.browser import Browser, Page

WORDS = " ".join(f"thought{number}" for number in range(120))  # more than any activity asks for
_GO_ON = re.compile(r'class="go-on"><a [^>]*href="([^"]+)"')


def at_end(page: Page) -> bool:
    return page.url.endswith("/end")


def answers_to(page: Page, words: str = WORDS) -> dict[str, str]:
    """The first choice of each question, and enough words where some are asked for."""
    form = page.form("client_id")
    written = {name for name, _ in form.fields}
    asked = [name for name in form.offered if name.startswith("q-")]
    assert asked, f"{page.url} asks nothing"
    return {name: words if name in written else "0" for name in asked}


def finish(browser: Browser, page: Page, words: str = WORDS) -> Page:
    """Answer an activity; what comes next, past its feedback."""
    after = browser.submit(page, "client_id", **answers_to(page, words))
    assert after.status == 200, f"{after.url}: {after.text[:400]}"
    return after if at_end(after) else go_on(browser, after)


def go_on(browser: Browser, page: Page) -> Page:
    """Past the feedback of an activity that is done; any other page as it is."""
    onward = _GO_ON.search(page.source)
    return browser.click(page, onward[1]) if onward else page


def study(browser: Browser, page: Page, activities: int = 30, words: str = WORDS) -> Page:
    """Finish so many activities, or all there are to the end page."""
    for _ in range(activities):
        if at_end(page):
            return page
        page = finish(browser, page, words)
    return page
