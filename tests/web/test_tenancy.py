"""Schools of one LMS and of several: known, pending, suspended, installed anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from lti_tool.records.platforms import (
    MOST_PENDING,
    add_deployment,
    set_deployment_status,
    set_platform_status,
)
from lti_tool.records.tables import (
    AnswerRow,
    ContextRow,
    DeploymentRow,
    EnrolmentRow,
    GradeRow,
    LedgerRow,
    PersonRow,
    VisitRow,
)
from lti_tool.stores import Platforms
from tests.build import NOW, registered
from tests.conftest import ROOT, SECRET
from tests.web.page import Page
from tests.web.school import LAUNCH, LOGIN, TOOL, School, publish_keys, reference_in, school_at
from tests.web.small_pack import FIRST
from tests.web.tenants import PARTICIPANT, forget_visits, stay
from tests.web.test_launch import at_once


@pytest.fixture
def school(whole_app: Flask, database_url: str) -> Iterator[School]:
    with school_at(whole_app, database_url) as made:
        yield made


def lti_tool(school, *arguments):
    """Run a command beside the tool, as an operator does; what it said."""
    env = {
        "DATABASE_URL": school.database.engine.url.render_as_string(hide_password=False),
        "PUBLIC_URL": TOOL,
        "SECRET_KEYS": SECRET,
        "CONTENT_PACKS": str(ROOT / "content_packs"),
    }
    command = [sys.executable, "-m", "lti_tool", *arguments]
    kept = {name: value for name, value in os.environ.items() if name.startswith("COV")}
    return subprocess.check_output(command, env=kept | env, cwd=ROOT, text=True, timeout=60)


def number_of(school, deployment_id):
    (row,) = (r for r in school.rows(DeploymentRow) if r.deployment_id == deployment_id)
    return str(row.id)


def work(school):
    return {
        table.__tablename__: school.rows(table)
        for table in (PersonRow, ContextRow, EnrolmentRow, LedgerRow, AnswerRow)
    }


def test_a_school_whose_lms_installed_the_tool_anew_goes_on_where_it_was(school):
    before_change = stay(school, PARTICIPANT)
    before_change.do("recall", "reading", words="before the change")
    before_change.post("session/m1.s1/example/draft", {"q-q1": "half a thought"})
    before = work(school)
    anew = replace(school, deployment_id="installed anew")
    assert anew.launch(PARTICIPANT).status_code == 403  # pending

    old, new = number_of(school, school.deployment_id), number_of(school, "installed anew")
    said = lti_tool(school, "deployments", "approve", new, "--instead-of", old)

    assert said == f"Deployment {old} goes on as what was deployment {new}, and is active.\n"
    assert work(school) == before
    browser = anew.browser()
    landed = anew.launch(PARTICIPANT, browser)
    assert landed.status_code == 303
    assert landed.location.endswith("/session/m1.s1/example")
    assert "half a thought" in browser.get(landed.location, base_url=TOOL).text
    assert "before the change" in before_change.get("session/m1.s1/recall").text
    stay(anew, PARTICIPANT).do("example", "plan")
    assert [(row.status, row.person_id) for row in school.rows(GradeRow)] == [
        ("owed", before["persons"][0].id)
    ]
    assert len(school.rows(EnrolmentRow)) == len(school.rows(ContextRow)) == 1
    assert school.launch(PARTICIPANT).status_code == 403  # the old id is unknown from now on


def test_a_school_that_is_suspended_ends_its_visits_and_loses_nothing(school):
    with school.database.transaction() as db:
        add_deployment(db, school.platform.id, "beside", "active", NOW)
    amira, next_door = (
        stay(school, PARTICIPANT),
        stay(replace(school, deployment_id="beside"), PARTICIPANT),
    )
    amira.do("recall")
    amira.post("session/m1.s1/reading/draft", {"q-q1": "0"})
    before = work(school)
    number = int(number_of(school, school.deployment_id))

    for set_status, row, next_door_sees in (
        (set_deployment_status, number, 200),
        (set_platform_status, school.platform.id, 403),
    ):
        some_seconds_after(school, set_status, row, "suspended")
        assert amira.get("session/m1.s1/reading").status_code == 403
        assert amira.post("session/m1.s1/reading", {"q-q1": "1"}).status_code == 403
        assert next_door.get().status_code == next_door_sees
        assert "Access is paused" in refused_page(school)
        assert work(school) == before

        some_seconds_after(school, set_status, row, "active")
        page = Page(amira.get("session/m1.s1/reading").text)
        assert "checked" in page.one("input", id="q-q1-0").attributes
        assert next_door.get().status_code == 200
        assert school.launch(PARTICIPANT).status_code == 303
        assert work(school) == before


def some_seconds_after(school, set_status, row, status):
    """Suspend or resume, and let every process know it."""
    with school.database.transaction() as db:
        assert set_status(db, row, status)
    parts = replace(school.parts, platforms=Platforms(school.database))
    school.app.extensions["lti_tool"] = parts
    forget_visits(school)


def refused_page(school):
    """What somebody sees who comes while the school is not served, at login or at launch."""
    browser = school.browser()
    answer = browser.post(LOGIN, data=school.begin())
    return answer.text if answer.status_code == 403 else school.launch(PARTICIPANT).text


def test_many_who_come_from_an_unknown_school_at_once_make_one_entry(school):
    school.launch(PARTICIPANT)  # its keys are known from now on
    unknown = replace(school, deployment_id="new school")
    forms = []
    for number in range(16):
        browser = unknown.browser()
        claims = {**PARTICIPANT, "sub": f"person {number}"}
        forms.append((browser, unknown.form(unknown.login(browser), claims)))
    before = school.counts()

    answers = at_once(lambda one: one[0].post(LAUNCH, data=one[1]), forms)

    assert {answer.status_code for answer in answers} == {403}
    assert school.counts() == {**before, "deployments": before["deployments"] + 1}


def test_at_the_limit_the_page_is_the_same_and_the_log_says_so(school):
    with school.watched() as first:
        kept = replace(school, deployment_id="forged 0").launch(PARTICIPANT)
    with school.database.transaction() as db:
        for number in range(1, MOST_PENDING):
            add_deployment(db, school.platform.id, f"forged {number}", "pending", NOW)
    before = school.counts()

    with school.watched() as work_done:
        not_kept = replace(school, deployment_id="forged X").launch(PARTICIPANT)

    assert not_kept.status_code == 403
    assert plain(not_kept) == plain(kept)
    assert school.counts() == before
    assert [e["platform"] for e in work_done.log if e["event"] == "pending_full"] == [
        school.platform.id
    ]
    assert not [e for e in first.log if e["event"] == "pending_full"]


def plain(answer):
    """A page without what differs each time."""
    without = answer.text.replace(reference_in(answer), "")
    return re.sub(r"forged \w+|nonce=\S+", "", without)


def test_the_schools_of_one_issuer_are_told_apart_by_client_id_and_deployment(school):
    """Hosted LMSs: one issuer for all, a client id a school, deployments under each."""
    with school.database.transaction() as db:
        second = registered(
            db, "3", "4", issuer=school.platform.issuer, client_id="another key",
            jwks_url=school.platform.jwks_url, auth_url=school.platform.auth_url,
        )  # fmt: skip
    schools = [
        school,
        replace(school, platform=second),
        replace(school, platform=second, deployment_id="4"),
    ]
    publish_keys(school)

    for one in schools:
        stay(one, PARTICIPANT).do("recall")
        stay(one, PARTICIPANT)

    assert len(school.rows(PersonRow)) == 2  # one at each registration
    for table in (ContextRow, EnrolmentRow, AnswerRow):
        assert len(school.rows(table)) == 3 * (2 if table is AnswerRow else 1)
    deployments = {row.id: row.deployment_id for row in school.rows(DeploymentRow)}
    assert [deployments[row.deployment_id] for row in school.rows(VisitRow)].count("4") == 2
    begin = {"client_id": ""}  # which of two cannot be known
    answer = school.browser().post(LOGIN, data=school.begin(**begin))
    assert answer.status_code == 400


def test_people_are_told_apart_by_case_and_spaces_and_by_nothing_else(school):
    """5.31, 5.33: ids differ however little; a name or an address makes nobody the same."""
    for sub in ("ada", "Ada", "ada ", "5"):
        stay(school, {**PARTICIPANT, "sub": sub, "email": "ada@example.org", "name": "Ada"})

    assert len(school.rows(PersonRow)) == len(school.rows(EnrolmentRow)) == 4


def test_what_was_begun_in_one_school_is_not_begun_in_the_next(school):
    """5.8, 5.32"""
    with school.database.transaction() as db:
        add_deployment(db, school.platform.id, "4", "active", NOW)
    stay(school, PARTICIPANT).do()
    there = stay(replace(school, deployment_id="4"), PARTICIPANT)

    assert f"/{FIRST.item}/recall" in there.get().request.path
    assert len(school.rows(PersonRow)) == 1
    assert len(school.rows(GradeRow)) == 1
