"""The pages in a real browser: every kind, keyboard only, without script, on a bad line."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import update

from lti_tool.records.progress import answers_of
from lti_tool.records.tables import GradeRow, VisitRow
from lti_tool.records.visits import hash_of
from lti_tool.web.view import has_feedback
from tests.web.small_pack import ENOUGH, FIRST, SECOND
from tests.web.test_study_pages import grade

pytestmark = pytest.mark.browser

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PHONE = {"width": 320, "height": 568}
DESK = {"width": 1280, "height": 800}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # or half the time goes into listing what is right
}
# Source: WCAG 2.2, success criterion 1.4.12 Text Spacing.
SPACED = (
    "* { line-height: 1.5 !important; letter-spacing: .12em !important;"
    " word-spacing: .16em !important; } p { margin-bottom: 2em !important; }"
)


def check(page) -> None:
    """Axe finds nothing, and nothing scrolls sideways."""
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def on_phone(page) -> None:
    """Check a page small and light."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(PHONE)
    check(page)


def on_desk(page) -> None:
    """Check a page large and dark."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size(DESK)
    check(page)


def fill(page) -> None:
    """Answer everything on the page."""
    for question in page.locator("fieldset").all():
        question.locator("label").first.click()
    for area in page.locator("textarea").all():
        area.fill(ENOUGH)


def follow(page, selector: str) -> None:
    """Click what leads to another page, and wait until that is there."""
    with page.expect_navigation():
        page.click(selector)


@pytest.mark.parametrize("session", [FIRST, SECOND], ids=lambda session: session.item)
def test_every_kind_of_page_is_accessible(arrive, browser, session):
    amira = arrive("m1")
    if session is SECOND:
        amira.do(FIRST)

    with browser.open(amira) as page:
        on_phone(page)
        follow(page, ".today .btn")
        for activity in session.activities:
            on_desk(page)
            follow(page, "button[type=submit]")
            page.wait_for_selector(".fault-summary:focus")
            on_phone(page)
            fill(page)
            follow(page, "button[type=submit]")
            if has_feedback(activity):
                page.wait_for_selector("#answers:focus")
                on_desk(page)
                follow(page, ".answers .btn")
        page.wait_for_url("**/end")
        on_phone(page)


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("facilitator", "staff/"),
        ("facilitator", "staff/session/m1.s2/dilemma"),
        ("facilitator", "choose/"),
        ("participant", "session/m1.s2/plan"),
        ("participant", "nowhere"),
    ],
)
def test_the_other_pages_are_accessible(arrive, browser, role, path):
    asked = {
        "return_url": "https://lms.school.example/deep", "data": None, "title": "", "text": "",
        "accept_types": ["ltiResourceLink"], "accept_multiple": True, "accept_line_item": True,
    }  # fmt: skip
    visitor = arrive("m1", role, deep_linking=asked if role == "facilitator" else None)

    with browser.open(visitor, path) as page:
        on_phone(page)
        on_desk(page)


def test_wide_spacing_and_large_text_hide_nothing(arrive, browser):
    amira = arrive("m1.s2")
    amira.do(FIRST)
    amira.do(SECOND, "recall", "review")

    with browser.open(amira, "session/m1.s2/two-books", viewport=PHONE) as page:
        page.evaluate(
            "css => { const s = new CSSStyleSheet(); s.replaceSync(css);"
            " document.adoptedStyleSheets = [s]; }",
            SPACED,
        )
        check(page)


def test_a_session_is_studied_with_the_keyboard_alone(arrive, browser):
    amira = arrive("m1.s1")

    with browser.open(amira) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        _tab_to(page, "#q-q1-0, #q-q1-1")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.type("it is working memory")
        _tab_to(page, "button[type=submit]")
        page.keyboard.press("Enter")
        page.wait_for_selector("#answers:focus")
        for session_page in ("reading", "example", "plan"):
            _tab_to(page, ".answers .btn, button[type=submit]")
            page.keyboard.press("Enter")
            page.wait_for_url(f"**/{session_page}*")
            _answer_by_keyboard(page, session_page)
        _tab_to(page, "button[type=submit]")
        page.keyboard.press("Enter")
        page.wait_for_url("**/end")


def _answer_by_keyboard(page, activity_id: str) -> None:
    if activity_id == "reading":
        _tab_to(page, "#q-q1-0")
        page.keyboard.press("Space")
        _tab_to(page, "button[type=submit]")
        page.keyboard.press("Enter")
        page.wait_for_selector("#answers:focus")
        return
    if activity_id == "example":
        _tab_to(page, "details:nth-of-type(2) summary")
        page.keyboard.press("Enter")
        assert page.locator("details[open]").count() == 2
    _tab_to(page, "textarea")
    page.keyboard.type("by keyboard alone and no mouse")


def _tab_to(page, selector: str) -> None:
    for _ in range(40):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} cannot be reached with Tab")


def test_a_session_is_studied_without_script(arrive, browser):
    amira = arrive("m1.s1")

    with browser.open(amira, java_script_enabled=False) as page:
        for activity in FIRST.activities:
            assert page.locator("h1").inner_text() == activity.title
            fill(page)
            follow(page, "button[type=submit]")
            if page.locator("#answers").count():
                follow(page, ".answers .btn")
        assert page.url.endswith("/end")


def kept(visitor) -> dict[tuple[str, str], str]:
    return visitor.read(lambda db: answers_of(db, visitor.enrolment, "m1.s1"))


def test_what_is_typed_is_saved_by_itself_and_counted(arrive, browser):
    amira = arrive()

    with browser.open(amira, "session/m1.s1/recall") as page:
        page.fill("textarea", "two words")
        assert page.inner_text("#q-q2-count") == "2 of at least 3 words"
        expect(page.locator("[data-saved]")).to_have_text(re.compile(r"Saved \d\d:\d\d"))

    assert kept(amira) == {("recall", "q2"): "two words"}


def test_text_typed_just_before_leaving_is_saved(arrive, browser):
    amira = arrive()

    with browser.open(amira, "session/m1.s1/recall") as page:
        page.fill("textarea", "in a hurry")
        page.goto("about:blank")
        for _ in range(100):  # the request outlives its page
            if kept(amira):
                break
            page.wait_for_timeout(50)

    assert kept(amira) == {("recall", "q2"): "in a hurry"}


def test_text_survives_a_lost_connection_and_a_reload(arrive, browser):
    amira = arrive()

    with browser.open(amira, "session/m1.s1/recall") as page:
        page.route("**/draft", lambda route: route.abort())
        page.fill("textarea", "typed on a train")
        page.check("#q-q1-1")
        expect(page.locator("[data-saved]")).to_contain_text("Not saved yet")
        page.reload()
        assert page.input_value("textarea") == "typed on a train"
        assert page.is_checked("#q-q1-1")
        page.unroute("**/draft")
        expect(page.locator("[data-saved]")).to_contain_text("Saved")
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0

    assert kept(amira)["recall", "q2"] == "typed on a train"


def test_text_typed_after_the_visit_ended_comes_back_in_the_next_one(arrive, browser):
    amira, again, tom = arrive(), arrive(), arrive(person="Tom")

    with browser.open(amira, "session/m1.s1/recall") as page:
        with amira.database.transaction() as db:
            ended = VisitRow.key_hash == hash_of(amira.key)
            db.execute(update(VisitRow).where(ended).values(seen_at=LONG_AGO))
        page.fill("textarea", "after the night")
        expect(page.locator("[data-saved]")).to_contain_text("open the session again")
        page.close()  # and with it all that only this tab knew

        for visitor, text in ((tom, ""), (again, "after the night")):
            browser.let_in(window := page.context, visitor)
            other = window.new_page()
            other.goto(f"{browser.origin}{visitor.home}session/m1.s1/recall")
            assert other.input_value("textarea") == text
        expect(other.locator("[data-saved]")).to_contain_text("Saved")
        assert other.evaluate("localStorage.length") == 0

    assert kept(again)["recall", "q2"] == "after the night"
    assert kept(tom) == {}


def test_unsent_text_is_forgotten_after_a_month(arrive, browser):
    old, new = (f"Date.now() - {days} * 24 * 3600 * 1000" for days in (31, 29))

    with browser.open(arrive(), "session/m1.s1/recall") as page:
        for name, at in (("npq:old", old), ("npq:new", new), ("npq:odd", "null")):
            page.evaluate(f"localStorage.setItem('{name}', JSON.stringify({{at: {at}}}))")
        page.evaluate("localStorage.setItem('others', 'not ours')")
        page.reload()
        assert sorted(page.evaluate("Object.keys(localStorage)")) == ["npq:new", "others"]


def test_text_changed_elsewhere_is_not_overwritten_unasked(arrive, browser):
    amira = arrive()

    with browser.open(amira, "session/m1.s1/recall") as page:
        page.route("**/draft", lambda route: route.abort())
        page.fill("textarea", "on the phone")
        amira.post("session/m1.s1/recall/draft", {"q-q2": "on the computer"})
        page.reload()
        assert page.input_value("textarea") == "on the computer"
        page.click("text=Use that text instead")
        assert page.input_value("textarea") == "on the phone"


def test_a_double_click_sends_once_and_leaves_nothing_behind(arrive, browser):
    amira = arrive()
    sent = []

    with browser.open(amira, "session/m1.s1/recall") as page:
        page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
        fill(page)
        page.dblclick("button[type=submit]", no_wait_after=True)
        page.wait_for_selector("#answers")
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0

    assert len([url for url in sent if url.endswith("/recall")]) == 1


def test_printing_opens_every_step(arrive, browser):
    amira = arrive()
    amira.do(FIRST, "recall", "reading")

    with browser.open(amira, "session/m1.s1/example") as page:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details[open]").count() == 3
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("details[open]").count() == 1


def test_the_pages_ask_only_our_own_origin_and_break_no_policy(arrive, browser):
    amira = arrive()
    asked, said = [], []

    with browser.open(amira, "session/m1.s1/recall") as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.reload()

    assert asked
    assert all(url.startswith((browser.origin, "data:")) for url in asked)
    assert said == []


def test_the_end_notices_that_the_grade_has_arrived(arrive, browser):
    amira = arrive()
    amira.do(FIRST)
    grade(amira, "m1.s1", status="owed")

    with browser.open(amira, "session/m1.s1/end") as page:
        page.clock.install()
        page.reload()
        expect(page.locator(".grade")).to_contain_text("Waiting to be sent.")
        with amira.database.transaction() as db:
            sent = {"status": "delivered", "delivered_at": datetime.now(UTC)}
            db.execute(update(GradeRow).values(**sent))
        page.clock.fast_forward(6000)
        expect(page.locator(".grade")).to_contain_text("Sent to your LMS at")
        assert not page.locator("[data-watch]").count()
