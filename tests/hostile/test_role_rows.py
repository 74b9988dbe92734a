"""Section 5: what roles open. Nobody gets more than a role in this course gives."""

from __future__ import annotations

import pytest

from lti_tool.records.tables import MembershipRow
from tests.hostile.rows import each, rows
from tests.hostile.world import course_role
from tests.lti.world import LTI
from tests.web.school import LAUNCH

ROLES, SCOPE = f"{LTI}roles", f"{LTI}role_scope_mentor"
PARTICIPANT, FACILITATOR, ADMINISTRATOR = "participant", "facilitator", "administrator"
LEARNER, INSTRUCTOR = course_role("Learner"), course_role("Instructor")
LIS = "http://purl.imsglobal.org/vocab/lis/v2"
JOB = f"{LIS}/institution/person#"
SYSTEM = f"{LIS}/system/person#"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

STANDINGS = rows(  # roles, role here, whether graded, what the log calls odd
    ("5.14", [], PARTICIPANT, False, ["roles_empty"]),
    ("5.15", [""], PARTICIPANT, False, ["roles_empty"]),
    ("5.15 white", [" ", "\t"], PARTICIPANT, False, ["roles_unknown"]),
    ("5.16", ["https://vendor.example/roles#Boss"], PARTICIPANT, False, ["roles_unknown"]),
    *each("5.16 nearly", (
        [f"{INSTRUCTOR} "], [INSTRUCTOR.upper()], [INSTRUCTOR.replace("http:", "https:")],
        [f"{INSTRUCTOR}s"], [f"x{INSTRUCTOR}"], [f"{LIS}/membership#"], ["#Instructor"],
        [f"{LIS}/membership/#Instructor"], [f"{LIS}/membership/instructor#Lecturer"],
        [f"{LIS}/membership#\uff29nstructor"], [f"{INSTRUCTOR}\0"], [f"{LIS}#Instructor"],
        ["http://evil.example/membership#Instructor"], ["urn:lti:role:ims/lis/Instruct"],
        [",".join([INSTRUCTOR, LEARNER])]), PARTICIPANT, False, ["roles_unknown"]),
    ("5.18", [1, None, {"a": 1}, ["b"], True, LEARNER], PARTICIPANT, True, ["roles_odd"]),
    ("5.18 only odd", [1, {INSTRUCTOR: 1}, [INSTRUCTOR]], PARTICIPANT, False,
     ["roles_odd", "roles_empty"]),
    ("5.18 a thousand", ["x"] * 1_000 + [INSTRUCTOR], PARTICIPANT, False,
     ["roles_odd", "roles_unknown"]),
    ("5.18 long", ["x" * 10_000, LEARNER], PARTICIPANT, True, []),
    ("5.19 learner", ["Learner"], PARTICIPANT, True, []),
    ("5.19 instructor", ["Instructor"], FACILITATOR, False, []),
    ("5.20", [f"{LIS}/membership/Learner#Instructor"], PARTICIPANT, True, []),
    ("5.20 others", [f"{LIS}/membership/Learner#NonCreditLearner"], PARTICIPANT, True, []),
    ("5.21", [f"{LIS}/membership/Instructor#PrimaryInstructor"], FACILITATOR, False, []),
    ("5.21 lecturer", [f"{LIS}/membership/Instructor#Lecturer"], FACILITATOR, False, []),
    ("5.22", [f"{LIS}/membership/Instructor#TeachingAssistant"], FACILITATOR, False, []),
    ("5.22 Sakai's", [f"{INSTRUCTOR}#TeachingAssistant"], FACILITATOR, False, []),
    ("5.23", [f"{JOB}Instructor"], PARTICIPANT, False, ["roles_institution_only"]),
    *each("5.23 as", ([f"{JOB}{job}"] for job in ("Faculty", "Staff", "Student", "Learner")),
          PARTICIPANT, False, ["roles_institution_only"]),
    ("5.23 and here", [f"{JOB}Instructor", LEARNER], PARTICIPANT, True, []),
    ("5.24", [f"{SYSTEM}Administrator"], ADMINISTRATOR, False, ["roles_institution_only"]),
    ("5.24 and here", [f"{SYSTEM}Administrator", LEARNER], PARTICIPANT, True, []),
    ("5.24 nobody", [f"{SYSTEM}User"], PARTICIPANT, False, ["roles_institution_only"]),
    ("5.25", [TEST_USER, LEARNER], PARTICIPANT, False, ["test_user"]),
    ("5.25 alone", [TEST_USER], PARTICIPANT, False, ["test_user", "roles_unknown"]),
    *each("5.26", ([short] for short in ("instructor", "LEARNER", "learner", "TEACHER",
                                         "Instructor ", "Student")),
          PARTICIPANT, False, ["roles_unknown"]),
)  # fmt: skip


@pytest.mark.parametrize(("roles", "role", "graded", "odd"), STANDINGS)
def test_roles_open_what_they_stand_for(lms, roles, role, graded, odd):
    opened = lms.open({ROLES: roles, "sub": f"of {role} {graded}"})

    visit = opened.visit
    assert (visit.role, visit.graded, opened.odd) == (role, graded, odd)
    place = "/session/" if role == PARTICIPANT else "/staff/"
    assert place in opened.answer.location
    assert (visit.enrolment_id is None) == (role != PARTICIPANT)
    kept = [row for row in lms.rows(MembershipRow) if row.person_id == visit.person_id]
    assert [(row.role, row.graded) for row in kept] == [(role, graded)]
    assert opened.page


@pytest.mark.rows("5.27")
@pytest.mark.parametrize(
    "claims",
    [
        {f"{LTI}custom": {"role": "Instructor", "roles": INSTRUCTOR}},
        {"role": INSTRUCTOR, "roles": [INSTRUCTOR], "https://evil.example/roles": [INSTRUCTOR]},
        {f"{LTI}for_user": {"user_id": "1", "roles": [INSTRUCTOR]}},
        {f"{LTI}ext": {"user_username": "admin"}, f"{LTI}lis": {"roles": [INSTRUCTOR]}},
    ],
    ids=["custom", "top level", "for user", "others"],
)
def test_a_role_cannot_be_asked_for(lms, claims):
    browser = lms.browser()
    asked = lms.login(browser, role="Instructor", roles=INSTRUCTOR)
    form = {**lms.form(asked, claims), "role": "Instructor", "roles": INSTRUCTOR}

    answer = browser.post(f"{LAUNCH}?role=Instructor&roles={INSTRUCTOR}", data=form)

    assert "/session/" in answer.location
    staff = answer.location.partition("session/")[0] + "staff/"
    assert browser.get(f"https://npq.example.org{staff}").status_code == 404


@pytest.mark.parametrize(
    "scope",
    rows(
        ("5.52 a string", "somebody else"),
        ("5.52 ten thousand", [f"u{number}" for number in range(10_000)]),
        ("5.52 of all kinds", [1, None, {"a": 1}]),
        ("5.52 an object", {"a": 1}),
    ),
)
def test_whom_a_mentor_may_see_opens_nothing(lms, scope):
    """Nothing here shows one person to another, so the claim is not read at all."""
    opened = lms.open({SCOPE: scope})

    assert opened.visit.role == PARTICIPANT
    assert "somebody else" not in opened.page
