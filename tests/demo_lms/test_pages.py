"""What people see, and what other web sites cannot make them do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lti_tool.demo_lms.course import Score
from tests.demo_lms.conftest import ISSUER, ITEMS, TOOL
from tests.demo_lms.cookies import Mode

AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


def give(world, person, number, given=1.0):
    score = Score(str(number), person, AT, "Completed", "FullyGraded", given, 1)
    assert world.lms.store.accept(score)


def test_the_course_lists_its_sessions_and_escapes_their_titles(world):
    page = world.browser().go(f"{ISSUER}/")

    for _, title in ITEMS:
        assert title in page.text
    assert "&lt;retrieval&gt;" in page.source
    assert "<retrieval>" not in page.source
    assert "Not signed in" in page.text


def test_people_are_switched_by_one_click(world):
    browser = world.browser()

    for name in ("Amira Begum", "Tom Ashworth", "Priya Nair", "Dr Helen Marsh", "Site Admin"):
        assert f"Signed in as {name}" in browser.sign_in(name).text
    [cookie] = browser.jar.named("harrow_bank")
    assert cookie.same_site == "lax"


def test_nobody_can_become_a_person_that_is_not_there(world):
    browser = world.browser()

    assert browser.post(browser.go(ISSUER + "/"), "/people", [("person", "9")]).status == 400


def test_each_sees_their_own_grade(world):
    give(world, "2041", 2)
    browser = world.browser()

    assert browser.grade("Amira", "m2.s2") == "1 / 1"
    assert browser.grade("Amira", "m2.s1") == ""
    assert browser.grade("Tom", "m2.s2") == ""


def test_the_frame_has_a_title(world):
    browser = world.browser()

    page = browser.click(browser.sign_in("Amira"), "/links/2")

    [frame] = page.html.frames
    assert frame["title"] == ITEMS[1][1]


def test_a_participant_sees_the_own_row_only(world):
    give(world, "2041", 1)
    give(world, "2042", 2, 0.5)
    browser = world.browser()

    page = browser.click(browser.sign_in("Tom"), "/gradebook")

    assert "0.5 / 1 23 Nov 2026, 14:05:00 UTC" in page.text
    assert "Amira" not in page.text
    assert page.source.count("data-person") == 1


@pytest.mark.parametrize("person", ["Helen", "Site"])
def test_staff_see_everybodys_row(world, person):
    give(world, "2041", 1)
    browser = world.browser()

    page = browser.click(browser.sign_in(person), "/gradebook")

    assert page.source.count("data-person") == 3
    assert page.text.count("no grade") == 17


@pytest.mark.parametrize("path", ["/gradebook", "/links/1", "/add", "/admin", "/admin/log"])
def test_pages_for_somebody_are_shown_to_nobody(world, path):
    page = world.browser().go(ISSUER + path)

    assert page.status == 403
    assert "Choose on the course page who you are" in page.text


@pytest.mark.parametrize("person", ["Amira", "Helen"])
@pytest.mark.parametrize("path", ["/admin", "/admin/log"])
def test_administration_is_for_the_administrator(world, person, path):
    browser = world.browser()
    browser.sign_in(person)

    assert browser.go(ISSUER + path).status == 403


def test_administration_shows_what_the_tool_must_know(world):
    browser = world.browser()

    page = browser.click(browser.sign_in("Site"), "/admin")

    for value in (
        ISSUER,
        "npq-demo-client",
        f"{ISSUER}/auth",
        f"{ISSUER}/token",
        f"{TOOL}/lti",
    ):
        assert value in page.text


def test_switches_are_set_by_the_form_and_shown_as_set(world):
    browser = world.browser()
    page = browser.click(browser.sign_in("Site"), "/admin")

    page = browser.submit(
        page,
        "/admin/switches",
        scores="down",
        clock="-600",
        login_method="GET",
        platform_storage="frame",
    )

    assert world.lms.faults.in_force() == {
        "scores": {"status": 503},
        "clock_offset_s": -600,
        "login_method": "GET",
        "platform_storage": "frame",
    }
    shown = dict(page.form("/admin/switches").fields)
    assert (shown["scores"], shown["clock"], shown["token"]) == ("down", "-600", "works")


@pytest.mark.parametrize(
    "fields", [[("clock", "x")], [("login_method", "PUT")], [("platform_storage", "x")]]
)
def test_switches_take_only_what_is_offered(world, fields):
    browser = world.browser()
    page = browser.sign_in("Site")

    assert browser.post(page, f"{ISSUER}/admin/switches", fields).status == 400


@pytest.mark.parametrize("path", ["/admin/switches", "/admin/rotate"])
def test_participants_switch_nothing(world, path):
    browser = world.browser()
    page = browser.sign_in("Amira")

    assert browser.post(page, ISSUER + path, []).status == 403


def test_the_button_changes_the_signing_key(world):
    before = world.http.get(f"{ISSUER}/jwks").json()
    browser = world.browser()
    page = browser.click(browser.sign_in("Site"), "/admin")

    browser.submit(page, "/admin/rotate")

    assert world.http.get(f"{ISSUER}/jwks").json() != before


def test_a_wrong_address_is_a_page_with_a_way_back(world):
    page = world.browser().go(f"{ISSUER}/<script>")

    assert page.status == 404
    assert page.link("Back to the course").href == "/"
    assert "<script>" not in page.source


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?lti_errormsg=Not+%3Cb%3Eyours", "Not <b>yours"),
        ("?lti_msg=Well+done", "Well done"),
        ("?lti_msg=" + "x" * 600, "x" * 500),
    ],
)
def test_what_the_tool_says_at_the_end_is_shown_as_text(world, query, shown):
    page = world.browser().go(f"{ISSUER}/links/1/return{query}")

    assert shown in page.text
    assert "<b>" not in page.source
    assert "x" * 501 not in page.text


def test_without_a_message_the_window_goes_back_to_the_course(world):
    assert world.browser().go(f"{ISSUER}/links/1/return").url == f"{ISSUER}/"


@pytest.mark.parametrize("mode", list(Mode))
def test_links_open_whatever_the_browser_does_with_cookies(world, mode):
    assert world.browser(mode).open_link("Amira", "m2.s1").text == "Welcome, Amira Begum"


def test_the_configuration_is_fixed_once_made(world):
    assert replace(world.config, page_size=1) != world.config
