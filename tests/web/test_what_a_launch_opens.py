"""A launch opens what it names, in the version that was begun, or says that it cannot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import update

from lti_tool.records.tables import EnrolmentRow
from tests.lti.world import LTI
from tests.web.page import Page
from tests.web.school import LAUNCH, TOOL, School, school_at
from tests.web.test_launch import assert_refused


@pytest.fixture
def school(whole_app: Flask, database_url: str) -> Iterator[School]:
    with school_at(whole_app, database_url) as made:
        yield made


def test_somebody_who_began_another_version_is_refused_and_nothing_is_kept(school):
    assert school.launch().status_code == 303
    with school.database.transaction() as db:
        db.execute(update(EnrolmentRow).values(pack_digest="f" * 64))
    before, browser = school.counts(), school.browser()
    elsewhere = {
        f"{LTI}context": {"id": "another course", "title": "Another"},
        f"{LTI}resource_link": {"id": "another link", "title": "Another"},
    }
    form = school.form(school.login(browser), elsewhere)

    with school.watched() as work:
        answer = browser.post(LAUNCH, data=form)

    assert_refused(school, before, answer, work, "busy", "pack_version_missing")


def test_a_link_to_what_the_pack_does_not_have_says_that_nothing_is_chosen(school):
    browser = school.browser()
    lost = "small/m9.s9"
    claims = {
        f"{LTI}target_link_uri": f"{TOOL}/open/{lost}",
        f"{LTI}custom": {"npq_item": lost},
    }

    answer = school.launch(claims, browser)
    page = browser.get(answer.location, base_url=TOOL)

    assert answer.status_code == 303
    assert Page(page.text).title == "Nothing has been chosen here yet"
