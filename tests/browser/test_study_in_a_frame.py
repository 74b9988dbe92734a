"""A participant studies a whole session in the LMS's frame, third-party cookies blocked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.conftest import ARTEFACTS, Demo

pytestmark = pytest.mark.browser

WORDS = " ".join(["Our team asked the same three questions again a fortnight later."] * 9)


def sign_in(page: Page, demo: Demo, name: str) -> None:
    page.goto(demo.course)
    page.get_by_role("button", name=name).click()
    expect(page.get_by_text(f"Signed in as {name}")).to_be_visible()


def open_in_frame(page: Page, demo: Demo, item: str) -> Frame:
    page.goto(demo.course)
    page.locator(f'[data-item="npqlt-demo/{item}"]').get_by_role(
        "link", name="Open", exact=False
    ).first.click()
    return tool_frame(page)


def tool_frame(page: Page) -> Frame:
    """The frame in which the tool is, once its page is there."""
    handle = page.locator("iframe.tool").element_handle()
    frame = handle and handle.content_frame()
    assert frame
    frame.wait_for_url("**/visit/**")
    frame.locator("h1").wait_for()
    return frame


def answer(frame: Frame) -> None:
    """Answer everything the page asks."""
    for group in frame.locator("fieldset").all():
        group.locator("input[type=radio]").first.check()
    for text in frame.locator("textarea").all():
        text.fill(WORDS)


def study(frame: Frame, look: Callable[[Frame, int], None] = lambda *_: None) -> None:
    """Go through a session from wherever it stands to its end."""
    for step in range(30):
        look(frame, step)
        if "/end" in frame.url:
            return
        onward = ".go-on a"
        if frame.locator("form.questions").count():
            answer(frame)
            onward = "form.questions button[type=submit]"
        with frame.expect_navigation():
            frame.locator(onward).first.click()
    pytest.fail("the session did not end")


def shoot(page: Page, name: str) -> None:
    """Keep how a page looks on a phone, a tablet and a desktop, light and dark."""
    ARTEFACTS.mkdir(exist_ok=True)
    for width in (320, 768, 1280):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=ARTEFACTS / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_from_launch_to_gradebook(demo, page, violations):
    """Open, study to the end with answers typed, see the grade; axe is content all the way."""
    found = []

    def look(frame: Frame, step: int) -> None:
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            found.extend(violations(frame))
            overflow = frame.evaluate("document.documentElement.scrollWidth - innerWidth")
            if overflow > 0:
                found.append(f"{frame.url}: {overflow} px too wide at {width}")

    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    sign_in(page, demo, "Amira Begum")
    frame = open_in_frame(page, demo, "m2.s1")
    study(frame, look)

    assert found == []
    expect(frame.get_by_text("Done.", exact=False).first).to_be_visible()
    assert len(hosts) == 2, hosts  # the LMS and the tool, nobody else
    expect_grade(page, demo, "Amira Begum")
    shoot(page, "gradebook")


def expect_grade(page: Page, demo: Demo, name: str) -> None:
    page.goto(f"{demo.course}gradebook")
    row = page.locator("tr", has_text=name)
    for _ in range(40):
        if row.locator(".grade").count():
            break
        page.wait_for_timeout(250)
        page.reload()
    expect(row.locator(".grade").first).to_have_text("1 / 1")


@pytest.mark.slow
def test_every_kind_of_page_looks_right_on_every_screen(demo, page, violations):
    """The pages as they are, kept as pictures; opened in a new window, as on a phone."""
    sign_in(page, demo, "Tom Ashworth")
    with page.expect_popup() as opened:
        page.locator('[data-item="npqlt-demo/m2.s1"]').get_by_role(
            "link", name="new window", exact=False
        ).click()
    window = opened.value
    window.locator("h1").wait_for()

    def look(frame: Frame, step: int) -> None:
        kind = frame.evaluate("(document.querySelector('article') || {}).className || 'page'")
        shoot(window, f"{step:02}-{kind.split('-')[-1]}")

    study(window.main_frame, look)


def test_a_session_can_be_studied_by_keyboard_alone(demo, page):
    sign_in(page, demo, "Priya Nair")
    frame = open_in_frame(page, demo, "m2.s1")
    frame.locator("a.skip").focus()
    page.keyboard.press("Enter")

    for _ in range(400):
        if frame.locator(".answers").count():
            break
        press(page, frame)
    else:
        pytest.fail("the keyboard did not lead to the answers")

    expect(frame.locator("#answers-title")).to_be_visible()


def press(page: Page, frame: Frame) -> None:
    """One step of somebody who uses only the keyboard."""
    page.keyboard.press("Tab")
    focused = frame.evaluate(
        "(e => ({tag: e.tagName, type: e.type || '', empty: !e.value, "
        "checked: !!e.checked}))(document.activeElement)"
    )
    if focused["tag"] == "TEXTAREA" and focused["empty"]:
        page.keyboard.type(WORDS[:70])
    elif focused["type"] == "radio" and not focused["checked"]:
        page.keyboard.press("Space")
    elif focused["type"] == "submit":
        with frame.expect_navigation():
            page.keyboard.press("Enter")


def test_a_facilitator_adds_two_sessions_from_the_tool_in_order(demo, page):
    sign_in(page, demo, "Dr Helen Marsh")
    page.get_by_role("link", name="Add from tool").click()
    frame = tool_frame(page)
    for label in ("Remembering on purpose", "Space and mix"):
        frame.get_by_label(label, exact=False).first.check()
    frame.get_by_role("button", name="Add to the course").click()
    page.wait_for_url(demo.course)

    added = page.locator("ol.links li", has=page.get_by_role("button", name="Remove"))
    expect(added).to_have_count(2)
    expect(added.nth(0)).to_contain_text("Remembering on purpose")
    expect(added.nth(1)).to_contain_text("Space and mix")
