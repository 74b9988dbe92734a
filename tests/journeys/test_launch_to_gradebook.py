"""From a click in the course to a grade in the gradebook."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from lti_tool.demo_lms.app import equip
from lti_tool.records.outbox import LEASE
from lti_tool.records.platforms import set_deployment_status, set_platform_status
from lti_tool.records.tables import DeploymentRow, GradeRow, LedgerRow, VisitRow
from tests.demo_lms.cookies import Mode
from tests.journeys.studying import answers_to, at_end, finish, study
from tests.journeys.world import FIRST, PACK


def test_every_session_is_studied_in_order_and_stands_in_the_gradebook(world):
    browser = world.browser()
    for item in world.items:
        page = browser.open_link("Amira", item)
        assert page.top, "the study session opens inside the course's page"

        end = study(browser, page)

        assert at_end(end)
        assert "Your LMS will show this within a minute" in end.text
        assert world.deliver() == 1
        assert browser.grade("Amira", item) == "1 / 1"

    assert world.deliver() == 0
    assert {row.status for row in world.rows(GradeRow)} == {"delivered"}
    assert {"Sent to your LMS" in browser.open_link("Amira", i).text for i in world.items} == {
        True
    }
    browser.sign_in("Helen")
    gradebook = browser.go(f"{browser.lms}/gradebook").text
    assert gradebook.count("1 / 1") == len(world.items)


@pytest.mark.parametrize("window", [False, True], ids=["frame", "window"])
def test_somebody_who_teaches_elsewhere_is_a_participant_here(world, window):
    browser = world.browser()

    page = browser.open_link("Priya", FIRST, window=window)
    study(browser, page)
    world.deliver()

    assert browser.grade("Priya", FIRST) == "1 / 1"


@pytest.mark.parametrize(
    ("person", "role"), [("Helen", "a facilitator"), ("Admin", "an administrator")]
)
def test_staff_see_what_the_link_opens_and_get_no_grade(small_world, person, role):
    browser = small_world.browser()

    page = browser.open_link(person, FIRST)

    title = small_world.parts.packs[PACK].sessions[0].title
    assert "/staff/" in page.url
    assert role in page.text
    assert title in page.text
    assert not [form for form in page.html.forms if form.method == "POST"]
    assert small_world.deliver() == 0
    assert not small_world.rows(GradeRow)


def test_a_facilitator_adds_links_that_then_open_and_are_graded(world):
    browser = world.browser()
    chooser = browser.add_from_tool()

    picked = [f"{PACK}/m2.s1", f"{PACK}/m2.s2"]
    course = browser.submit(browser.submit(chooser, "pick", pick=picked), "JWT")

    added = [attributes.get("data-item") for attributes, _ in course.html.items][-2:]
    assert added == picked
    link = world.lms.store.links()[-2]
    page = browser.open_link("Amira", FIRST)
    study(browser, page)
    assert world.deliver() == 1
    opened = browser.frame(browser.click(browser.sign_in("Amira"), f"/links/{link.id}"))
    assert at_end(opened)
    assert world.deliver() == 1, "work done under one link counts under the other"
    assert world.lms.store.score(link.line_item_id, "2041").given == 1


def test_whoever_comes_back_goes_on_where_they_stopped(world):
    browser, other = world.browser(), world.browser()
    page = study(browser, browser.open_link("Tom", FIRST), activities=2)

    again = other.open_link("Tom", FIRST)

    assert again.url.rpartition("/")[2] == page.url.rpartition("/")[2]
    assert again.url != page.url
    assert len(world.rows(LedgerRow)) == 2
    assert at_end(study(other, again))


def test_a_grade_waits_for_an_lms_that_was_away_during_study(world):
    browser = world.browser()
    page = browser.open_link("Amira", FIRST)

    world.lms_server.stop()
    end = study(browser, page)
    assert world.deliver() == 1
    assert "We could not reach your LMS yet" in browser.repeat(end).text
    assert world.deliver() == 0, "it is not hammered"

    equip(world.lms_app, world.lms.config)  # a new process with the same state file
    world.lms_server.start(world.lms_app)
    world.clock.ahead += timedelta(seconds=6)
    assert world.deliver() == 1
    assert browser.grade("Amira", FIRST) == "1 / 1"
    assert "Sent to your LMS" in browser.repeat(end).text


def test_a_suspended_platform_is_shut_out_and_its_grades_wait(world):
    browser = world.browser()
    page = browser.open_link("Amira", FIRST)
    end = study(browser, page)

    world.write(lambda db: set_platform_status(db, world.platform, "suspended"))
    world.forget_platforms()
    assert browser.repeat(end).status == 403
    refused = browser.open_link("Amira", FIRST)
    assert refused.status == 403
    assert "paused" in refused.text
    assert world.deliver() == 1
    assert not world.told_lms("/scores")

    world.write(lambda db: set_platform_status(db, world.platform, "active"))
    world.forget_platforms()
    assert at_end(browser.open_link("Amira", FIRST))
    world.clock.ahead += timedelta(hours=1, seconds=1)
    assert world.deliver() == 1
    assert browser.grade("Amira", FIRST) == "1 / 1"


def test_an_unknown_deployment_waits_for_the_operator(world):
    equip(world.lms_app, replace(world.lms.config, deployment_id="second school"))
    browser = world.browser()

    for _ in range(2):
        page = browser.open_link("Amira", FIRST)
        assert page.status == 403
        assert "has not been set up" in page.text
        assert "second school" in page.text
    known, pending = world.rows(DeploymentRow)
    assert (known.status, pending.status) == ("active", "pending")
    assert pending.deployment_id == "second school"
    assert not world.rows(VisitRow)

    world.write(lambda db: set_deployment_status(db, pending.id, "active"))
    assert at_end(study(browser, browser.open_link("Amira", FIRST)))


def test_a_session_does_not_open_before_the_one_it_follows(small_world):
    browser = small_world.browser()

    page = browser.open_link("Amira", "m2.s2")

    assert page.status == 409
    first = small_world.parts.packs[PACK].sessions[0]
    way = browser.click(page, f"/session/{FIRST}")
    assert way.status == 200
    assert first.activities[0].title in way.text


def test_an_answer_to_an_activity_not_yet_open_is_refused(small_world):
    browser = small_world.browser()
    page = browser.open_link("Amira", FIRST)
    last = small_world.parts.packs[PACK].sessions[0].activities[-1]

    enough = [(f"q-{question.id}", "word " * 80) for question in last.questions]
    fields = [one for one in page.form("client_id").fields if not one[0].startswith("q-")]
    answer = browser.post(page, f"{page.url.rpartition('/')[0]}/{last.id}", fields + enough)

    assert answer.status == 409
    assert not small_world.rows(LedgerRow)


def test_nobody_studies_for_somebody_else(small_world):
    amira, tom = small_world.browser(), small_world.browser()
    page = amira.open_link("Amira", FIRST)
    tom.open_link("Tom", FIRST)

    for stranger in (tom, small_world.browser()):
        assert stranger.go(page.url).status == 403
        answer = stranger.post(page, page.url, [*page.form("client_id").fields])
        assert answer.status == 403
        assert "Your visit has ended" in answer.text

    assert not small_world.rows(LedgerRow)
    assert finish(amira, page).status == 200


def test_a_form_of_one_visit_is_not_taken_by_another(small_world):
    browser = small_world.browser(Mode.NORMAL)
    amira = browser.open_link("Amira", FIRST)
    tom = browser.open_link("Tom", FIRST)

    fields = [*amira.form("client_id").fields, *answers_to(amira).items()]
    answer = browser.post(tom, tom.url, fields)

    assert answer.status == 403
    assert not small_world.rows(LedgerRow)


def test_two_people_in_one_browser_do_not_mix(small_world):
    browser = small_world.browser(Mode.NORMAL)
    amira = browser.open_link("Amira", FIRST)
    tom = browser.open_link("Tom", FIRST)

    for _ in range(3):
        amira = finish(browser, amira, "amira " * 80)
        tom = finish(browser, tom, "tom " * 80)
    amira = study(browser, amira, words="amira " * 80)

    assert at_end(amira)
    assert not at_end(tom)
    assert "Amira Begum" in browser.repeat(amira).text
    assert "Tom Ashworth" in browser.repeat(tom).text
    assert "tom tom" not in amira.text
    done = Counter(row.enrolment_id for row in small_world.rows(LedgerRow))
    assert sorted(done.values()) == [
        3,
        len(small_world.parts.packs[PACK].sessions[0].activities),
    ]
    assert small_world.deliver() == 1
    assert browser.grade("Amira", FIRST) == "1 / 1"
    assert browser.grade("Tom", FIRST) == ""


def test_a_double_click_and_reload_change_nothing(small_world):
    browser = small_world.browser()
    page = browser.open_link("Amira", FIRST)

    first, second = (browser.submit(page, "client_id", **answers_to(page)) for _ in range(2))

    assert (first.url, first.status) == (second.url, second.status)
    assert browser.repeat(first).status == 200
    assert len(small_world.rows(LedgerRow)) == 1


def test_no_transaction_is_open_while_the_lms_is_asked(world):
    browser = world.browser()
    study(browser, browser.open_link("Amira", FIRST))
    world.deliver()

    asked = [
        (path, held)
        for path, held in world.held
        if path.endswith(("/jwks", "/scores", "/token"))
    ]
    assert {path.rpartition("/")[2] for path, _ in asked} == {"jwks", "token", "scores"}
    assert {held for _, held in asked} == {0}


class Killed(BaseException):
    """As sudden as the end of a process."""


def test_a_worker_killed_after_sending_sends_again_and_that_settles_it(world):
    browser = world.browser()
    study(browser, browser.open_link("Amira", FIRST))
    courier = world.courier

    def send_and_die(platform, score, now):
        courier.send(platform, score, now)
        raise Killed

    world.courier = replace(courier, send=send_and_die)
    with pytest.raises(Killed):
        world.deliver()
    world.courier = courier
    assert world.rows(GradeRow)[0].status == "owed"
    assert world.deliver() == 0

    world.clock.ahead += LEASE
    assert world.deliver() == 1
    assert world.told_lms("/scores") == ["200", "409"]
    assert world.rows(GradeRow)[0].status == "delivered"
    assert browser.grade("Amira", FIRST) == "1 / 1"


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_a_connection_that_breaks_while_a_grade_is_sent_costs_nothing(small_world, fault):
    browser = small_world.browser()
    study(browser, browser.open_link("Amira", FIRST))
    small_world.lms.faults.replace({"scores": {fault: True, "times": 1}})

    assert small_world.deliver() == 1
    small_world.clock.ahead += timedelta(seconds=6)
    small_world.deliver()

    assert browser.grade("Amira", FIRST) == "1 / 1"
    assert small_world.rows(GradeRow)[0].status == "delivered"


@pytest.mark.parametrize("mode", [Mode.NORMAL, Mode.THIRD_PARTY_BLOCKED])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_login_may_come_either_way(small_world, mode, method):
    small_world.lms.faults.replace({"login_method": method})

    assert small_world.browser(mode).open_link("Amira", FIRST).status == 200


def test_without_any_cookie_the_person_is_told_what_to_do(small_world):
    page = small_world.browser(Mode.NO_COOKIES).open_link("Amira", FIRST)

    assert page.status == 403
    assert "allow cookies" in page.text
    assert not small_world.rows(VisitRow)
