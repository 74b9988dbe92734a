"""What each role may do, from the LMS's words to the page and the row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from lti_tool.records.outbox import claim_due
from lti_tool.records.platforms import set_up_platform
from lti_tool.records.tables import (
    AnswerRow,
    EnrolmentRow,
    GradeRow,
    LedgerRow,
    MembershipRow,
    VisitRow,
)
from lti_tool.stores import Platforms
from lti_tool.tenancy.roles import Role
from tests.lti.world import COURSE, LTI
from tests.web.page import Page
from tests.web.school import LAUNCH, TOOL, School, school_at
from tests.web.small_pack import FIRST
from tests.web.tenants import stay

LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
SCHOOL_TEACHER = f"{LIS}institution/person#Instructor"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
LEARNER = [f"{COURSE}Learner"]
WRITTEN = (AnswerRow, LedgerRow, EnrolmentRow, GradeRow)
STAFF_PAGES = ("staff/", "staff/session/m1.s1/recall")
STUDY_PAGES = ("", "session/m1.s1", "session/m1.s1/recall", "session/m1.s1/end")
FORMS = ("session/m1.s1/recall", "session/m1.s1/recall/draft")
ANSWER = {"q-q1": "1", "q-q2": "working memory"}


@pytest.fixture
def school(whole_app: Flask, database_url: str) -> Iterator[School]:
    with school_at(whole_app, database_url) as made:
        yield made


def arrive(school, roles, **claims):
    """Somebody with these roles opens a study session."""
    return stay(school, {f"{LTI}roles": roles, **claims})


def written(school):
    return {table.__tablename__: len(school.rows(table)) for table in WRITTEN}


def remarks(work):
    return [
        entry["event"] for entry in work.log if entry["event"] not in ("launched", "refused")
    ]


@pytest.mark.parametrize(
    "roles",
    [
        pytest.param(LEARNER, id="learner"),
        pytest.param(["Learner"], id="5.19 short"),
        pytest.param([f"{LIS}membership/Learner#Instructor"], id="5.20"),
        pytest.param([SCHOOL_TEACHER, *LEARNER], id="5.23 a teacher who takes part"),
        pytest.param(
            [f"{LIS}system/person#SysAdmin", *LEARNER], id="an administrator who does"
        ),
    ],
)
def test_a_participant_studies_and_is_owed_a_grade(school, roles):
    amira = arrive(school, roles)

    assert amira.get().status_code == 200
    amira.do()

    assert [row.status for row in school.rows(GradeRow)] == ["owed"]
    assert {amira.get(path).status_code for path in STAFF_PAGES} == {404}


@pytest.mark.parametrize(
    ("roles", "remark"),
    [
        pytest.param([], "roles_empty", id="5.14"),
        pytest.param([""], "roles_empty", id="5.15"),
        pytest.param([f"{COURSE}Wizard"], "roles_unknown", id="5.16"),
        pytest.param([SCHOOL_TEACHER], "roles_institution_only", id="5.23"),
        pytest.param(["LEARNER", "instructor"], "roles_unknown", id="5.26"),
    ],
)
def test_without_a_role_in_the_course_nobody_is_staff_and_nothing_is_graded(
    school, roles, remark
):
    with school.watched() as work:
        tom = arrive(school, roles)
    tom.do()

    assert remarks(work) == [remark]
    assert [e["roles"] for e in work.log if e["event"] == remark] == [roles]
    assert not school.rows(GradeRow)
    assert not school.rows(MembershipRow)[0].graded
    assert {tom.get(path).status_code for path in STAFF_PAGES} == {404}
    assert "is not graded" in tom.get("session/m1.s1/end").text
    arrive(school, LEARNER)  # the LMS says so later: what was done counts
    assert [row.status for row in school.rows(GradeRow)] == ["owed"]


def test_a_test_user_studies_and_is_never_graded(school):
    with school.watched() as work:
        student = arrive(school, [*LEARNER, TEST_USER])
    student.do()

    assert remarks(work) == ["test_user"]  # 5.25
    assert "is not graded" in student.get("session/m1.s1/end").text
    assert written(school)["ledger"] == len(FIRST.activities)
    again = arrive(school, [*LEARNER, TEST_USER])
    again.get("session/m1.s1/end")
    assert not school.rows(GradeRow)


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        pytest.param([f"{COURSE}Instructor"], "facilitator", id="instructor"),
        pytest.param(
            [f"{LIS}membership/Instructor#TeachingAssistant"],
            "facilitator",
            id="5.22 assistant",
        ),
        pytest.param([f"{COURSE}ContentDeveloper"], "facilitator", id="designer"),
        pytest.param([f"{COURSE}Instructor", *LEARNER], "facilitator", id="who also learns"),
        pytest.param([f"{COURSE}Instructor", TEST_USER], "facilitator", id="in a preview"),
        pytest.param([f"{COURSE}Administrator"], "administrator", id="administrator"),
        pytest.param([f"{LIS}system/person#Administrator"], "administrator", id="5.24"),
        pytest.param([f"{COURSE}Mentor"], "observer", id="mentor"),
        pytest.param([f"{COURSE}Manager"], "observer", id="manager"),
        pytest.param([f"{COURSE}Officer"], "observer", id="officer"),
    ],
)
def test_all_others_look_and_write_nothing(school, roles, role):
    before = written(school)
    helen = arrive(school, roles)

    assert {helen.get(path).status_code for path in STAFF_PAGES} == {200}
    assert f" {role}." in Page(helen.get("staff/").text).words
    assert {helen.get(path).status_code for path in STUDY_PAGES} == {404}
    for path in FORMS:
        assert helen.post(path, ANSWER).status_code == 404
        assert helen.post(f"staff/{path}", ANSWER).status_code in (404, 405)
    assert written(school) == before
    assert not any(row.graded for row in school.rows(MembershipRow))


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        pytest.param([f"{COURSE}Instructor"], 303, id="instructor"),
        pytest.param([f"{COURSE}ContentDeveloper"], 303, id="designer"),
        pytest.param([f"{COURSE}Administrator"], 303, id="administrator"),
        pytest.param([f"{LIS}institution/person#Administrator"], 303, id="of the school"),
        pytest.param([f"{COURSE}Mentor"], 403, id="observer"),
        pytest.param([f"{COURSE}Manager"], 403, id="manager"),
        pytest.param([f"{COURSE}Member", f"{COURSE}Manager"], 403, id="leader of a group"),
        pytest.param(LEARNER, 403, id="participant"),
        pytest.param([SCHOOL_TEACHER], 403, id="a teacher elsewhere"),
        pytest.param([], 403, id="nobody"),
    ],
)
def test_content_is_placed_by_those_who_may(school, roles, status):
    claims = school.world.choosing(deep_link_return_url=f"{school.platform.issuer}/r")
    claims[f"{LTI}roles"] = roles

    assert school.launch(claims).status_code == status


def test_a_participant_cannot_choose_and_an_observer_cannot_either(school):
    for roles in (LEARNER, [f"{COURSE}Mentor"]):
        somebody = arrive(school, roles)
        assert somebody.get("choose/").status_code == 404
        assert somebody.post("choose/", {"pick": "small/m1.s1"}).status_code == 404


OTHERS = {f"{LTI}role_scope_mentor": ["5", "6", "x" * 300, 7, None]}


@pytest.mark.parametrize("scope", [*OTHERS.values(), "5", ["5"] * 10_000, {}, None, []])
@pytest.mark.parametrize("roles", [LEARNER, [f"{COURSE}Mentor"], [f"{COURSE}Instructor"]])
def test_whom_somebody_mentors_changes_nothing(school, roles, scope):
    """5.52: ignored; an observer sees no learner's work, so there is nobody to show them."""
    arrive(school, LEARNER, sub="6").do()
    before = {page: page_of(school, roles, page) for page in (*STAFF_PAGES, *STUDY_PAGES)}

    claims = {f"{LTI}role_scope_mentor": scope}
    after = {page: page_of(school, roles, page, **claims) for page in before}

    assert after == before


def page_of(school, roles, page, **claims):
    """Status and words of a page for somebody with these roles."""
    answer = arrive(school, roles, sub="8", **claims).get(page)
    return answer.status_code, Page(answer.text).words.partition("Reference")[0]


@pytest.mark.parametrize(
    "claims",
    [
        {
            f"{LTI}custom": {
                "npq_item": "small/m1.s1",
                "role": "Instructor",
                "roles": "Instructor",
            }
        },
        {"roles": [f"{COURSE}Instructor"], "role": "Instructor"},
        {f"{LTI}lis": {"roles": ["Instructor"]}, f"{LTI}role": f"{COURSE}Instructor"},
    ],
)
def test_a_role_that_is_said_elsewhere_is_none(school, claims):
    """5.27"""
    browser = school.browser()
    form = school.form(school.login(browser), {f"{LTI}roles": LEARNER, **claims})
    more = {"role": "Instructor", "roles": f"{COURSE}Instructor"}

    answer = browser.post(LAUNCH, data={**form, **more}, query_string=more)
    home = TOOL + answer.location.partition("session/")[0]
    shown = browser.get(f"{home}staff/", query_string=more)

    assert (answer.status_code, shown.status_code) == (303, 404)
    assert [row.role for row in school.rows(VisitRow)] == ["participant"]


def test_what_is_no_name_among_roles_is_left_out(school):
    """5.18"""
    odd = [1, None, {}, ["Instructor"], *LEARNER, "x" * 10_000]
    with school.watched() as work:
        arrive(school, odd).do()

    assert remarks(work) == ["roles_odd"]
    assert len(school.rows(GradeRow)) == 1
    with school.watched() as work:
        tom = arrive(school, ["x"] * 100 + [f"{COURSE}Instructor"], sub="9")
    assert remarks(work) == ["roles_odd", "roles_unknown"]
    assert tom.get("staff/").status_code == 404


def rule(school, **roles):
    """The operator sets what role names grant; processes know it some seconds later."""
    rules = {f"{LIS}institution/person#{name}": role for name, role in roles.items()}
    with school.database.transaction() as db:
        set_up_platform(db, school.platform.id, "Harrow", 60, rules)
    parts = replace(school.parts, platforms=Platforms(school.database))
    school.app.extensions["lti_tool"] = parts


def test_a_rule_of_an_operator_makes_a_learner_who_is_graded(school):
    staff = [f"{LIS}institution/person#Staff"]
    arrive(school, staff).do()
    assert not school.rows(GradeRow)

    rule(school, Staff=Role.PARTICIPANT)
    with school.watched() as work:
        arrive(school, staff)

    assert remarks(work) == []
    assert [row.status for row in school.rows(GradeRow)] == ["owed"]
    with school.database.transaction() as db:
        assert len(claim_due(db, school.rows(GradeRow)[0].due_at, 5)) == 1


def test_a_rule_decides_at_the_next_launch_and_not_in_a_visit(school):
    faculty = [f"{LIS}institution/person#Faculty"]
    before = arrive(school, faculty)

    rule(school, Faculty=Role.FACILITATOR)
    after = arrive(school, faculty)

    assert (before.get().status_code, before.get("staff/").status_code) == (200, 404)
    assert (after.get().status_code, after.get("staff/").status_code) == (404, 200)


def test_a_role_that_is_taken_away_is_gone_at_the_next_launch(school):
    """11.3: a visit keeps the role of its launch until it ends; the next has the new one."""
    helen = arrive(school, [f"{COURSE}Instructor"])
    later = arrive(school, LEARNER)

    assert helen.get("staff/").status_code == 200
    assert later.get("staff/").status_code == 404
    assert [row.role for row in school.rows(MembershipRow)] == ["participant"]
