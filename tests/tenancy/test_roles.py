"""What an LMS's role names amount to: every name of the vocabularies, and what LMSs send."""

from __future__ import annotations

import pytest

from lti_tool.tenancy.roles import Role, Standing, remarks_on, standing_of

LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
COURSE = f"{LIS}membership#"
SUB = f"{LIS}membership/"
SCHOOL = f"{LIS}institution/person#"
SYSTEM = f"{LIS}system/person#"
OLD = "urn:lti:role:ims/lis/"
OLD_SCHOOL = "urn:lti:instrole:ims/lis/"
OLD_SYSTEM = "urn:lti:sysrole:ims/lis/"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
PARTICIPANT = Standing(Role.PARTICIPANT, graded=True, test_user=False)
UNGRADED = Standing(Role.PARTICIPANT, graded=False, test_user=False)
FACILITATOR = Standing(Role.FACILITATOR, graded=False, test_user=False)
ADMINISTRATOR = Standing(Role.ADMINISTRATOR, graded=False, test_user=False)
OBSERVER = Standing(Role.OBSERVER, graded=False, test_user=False)

# LTI 1.3 core, A.2.3: a principal role and its sub-roles, whatever a sub-role is called.
IN_COURSE = {
    ("Administrator", ADMINISTRATOR): "Administrator Developer ExternalDeveloper "
    "ExternalSupport ExternalSystemAdministrator Support SystemAdministrator",
    ("ContentDeveloper", FACILITATOR): "ContentDeveloper ContentExpert ExternalContentExpert "
    "Librarian",
    (
        "Instructor",
        FACILITATOR,
    ): "ExternalInstructor Grader GuestInstructor Instructor Lecturer "
    "PrimaryInstructor SecondaryInstructor TeachingAssistant TeachingAssistantGroup "
    "TeachingAssistantOffering TeachingAssistantSection TeachingAssistantSectionAssociation "
    "TeachingAssistantTemplate",
    (
        "Learner",
        PARTICIPANT,
    ): "ExternalLearner GuestLearner Instructor Learner NonCreditLearner",
    ("Manager", OBSERVER): "AreaManager CourseCoordinator ExternalObserver Manager Observer",
    ("Member", OBSERVER): "Member",
    ("Mentor", OBSERVER): "Advisor Auditor ExternalAdvisor ExternalAuditor "
    "ExternalLearningFacilitator ExternalMentor ExternalReviewer ExternalTutor "
    "LearningFacilitator Mentor Reviewer Tutor",
    ("Officer", OBSERVER): "Chair Communications Secretary Treasurer Vice-Chair",
}
# A.2.1 and A.2.2: who somebody is elsewhere.
ELSEWHERE = {
    SYSTEM: "Administrator None AccountAdmin Creator SysAdmin SysSupport User",
    SCHOOL: "Administrator Faculty Guest None Other Staff Student Alumni Instructor Learner "
    "Member Mentor Observer ProspectiveStudent",
    OLD_SYSTEM: "SysAdmin SysSupport Creator AccountAdmin User Administrator None",
    OLD_SCHOOL: "Student Faculty Member Learner Instructor Mentor Staff Alumni "
    "ProspectiveStudent Guest Other Administrator Observer None",
}
RUNS_THE_LMS = {
    f"{SYSTEM}Administrator", f"{SYSTEM}SysAdmin", f"{SYSTEM}AccountAdmin",
    f"{OLD_SYSTEM}Administrator", f"{OLD_SYSTEM}SysAdmin", f"{OLD_SYSTEM}AccountAdmin",
    f"{SCHOOL}Administrator", f"{OLD_SCHOOL}Administrator",
}  # fmt: skip


@pytest.mark.parametrize(
    ("principal", "standing"), [pytest.param(*row, id=row[0]) for row in IN_COURSE]
)
@pytest.mark.parametrize(
    "spelt",
    [COURSE, "", OLD, f"{LIS}institution/membership#"],
    ids=["full", "short", "LTI 1.1", "as in the schema"],
)
def test_a_principal_role_of_the_course_decides(spelt, principal, standing):
    assert standing_of([f"{spelt}{principal}"]) == standing


@pytest.mark.parametrize(
    ("principal", "sub_role", "standing"),
    [
        pytest.param(principal, sub_role, standing, id=f"{principal} {sub_role}")
        for (principal, standing), sub_roles in IN_COURSE.items()
        for sub_role in sub_roles.split()
    ],
)
def test_a_sub_role_alone_is_its_principal_role(principal, sub_role, standing):
    """In one form a sub-role replaces the principal, in the others it follows it."""
    assert standing_of([f"{SUB}{principal}#{sub_role}"]) == standing
    assert standing_of([f"{COURSE}{principal}#{sub_role}"]) == standing  # of one LMS
    assert standing_of([f"{OLD}{principal}/{sub_role}"]) == standing
    assert standing_of([f"{COURSE}{principal}", f"{SUB}{principal}#{sub_role}"]) == standing


@pytest.mark.parametrize(
    "role",
    [f"{prefix}{name}" for prefix, names in ELSEWHERE.items() for name in names.split()],
)
def test_a_role_elsewhere_grants_nothing_but_a_look_to_those_who_run_the_lms(role):
    alone = ADMINISTRATOR if role in RUNS_THE_LMS else UNGRADED

    assert standing_of([role]) == alone
    for principal, standing in IN_COURSE:
        assert standing_of([role, f"{COURSE}{principal}"]) == standing
        assert standing_of([f"{COURSE}{principal}", role]) == standing


@pytest.mark.parametrize(
    ("principal", "standing"), [pytest.param(*row, id=row[0]) for row in IN_COURSE]
)
@pytest.mark.parametrize("sub_role", ["Wizard", "", "instructor", "Instructor "])
def test_a_sub_role_that_nobody_knows_leaves_the_principal_role(principal, standing, sub_role):
    assert standing_of([f"{SUB}{principal}#{sub_role}"]) == standing


def together(*roles, is_now, called):
    return pytest.param(list(roles), is_now, id=called)


@pytest.mark.parametrize(
    ("roles", "standing"),
    [
        together(
            f"{COURSE}Learner", f"{COURSE}Instructor", is_now=FACILITATOR, called="also learns"
        ),
        together(
            f"{COURSE}Learner", f"{COURSE}Manager", is_now=PARTICIPANT, called="also manages"
        ),
        together(
            f"{COURSE}Learner", f"{COURSE}Mentor", is_now=PARTICIPANT, called="also observes"
        ),
        together(
            f"{COURSE}Member", f"{COURSE}Manager", is_now=OBSERVER, called="leads a group"
        ),
        together(
            f"{COURSE}Instructor", f"{COURSE}Mentor", is_now=FACILITATOR, called="also mentors"
        ),
        together(
            f"{COURSE}Instructor",
            f"{COURSE}Administrator",
            is_now=ADMINISTRATOR,
            called="also administers",
        ),
        together(
            f"{SCHOOL}Instructor",
            f"{SCHOOL}Faculty",
            f"{SCHOOL}Staff",
            is_now=UNGRADED,
            called="5.23 a teacher, elsewhere",
        ),
        together(
            f"{SCHOOL}Instructor",
            f"{COURSE}Learner",
            is_now=PARTICIPANT,
            called="5.23 a teacher who takes part",
        ),
        together(
            f"{SYSTEM}Administrator",
            f"{COURSE}Wizard",
            is_now=ADMINISTRATOR,
            called="unknown here",
        ),
    ],
)
def test_of_several_roles_in_a_course_one_decides(roles, standing):
    assert standing_of(roles) == standing
    assert standing_of(roles[::-1]) == standing
    assert standing_of([*roles, *roles]) == standing


@pytest.mark.parametrize(
    "roles",
    [
        pytest.param([], id="5.14 none"),
        pytest.param([""], id="5.15 an empty one"),
        pytest.param([" "], id="a space"),
        pytest.param(["http://example.org/roles#Wizard"], id="5.16 unknown"),
        pytest.param([f"{COURSE}Wizard"], id="5.16 unknown in the course"),
        pytest.param([COURSE], id="no name"),
        pytest.param([f"{COURSE}#Instructor"], id="no principal"),
        pytest.param([f"{SUB}Wizard#Instructor"], id="unknown principal"),
        pytest.param([f"{SUB}Instructor"], id="no sub-role"),
        pytest.param([f"{SUB}Instructor/Instructor#Grader"], id="deeper"),
        pytest.param([f"{LIS}person#Administrator"], id="of a vocabulary that there is not"),
        pytest.param([f"{LIS}person#Instructor"], id="of the same"),
        pytest.param([f"{COURSE}Instructor".replace("http:", "https:")], id="https"),
        pytest.param(["Instructor#Lecturer"], id="short with a sub-role"),
        pytest.param(["Instructor/Lecturer"], id="short with a path"),
        pytest.param(["urn:lti:role:ims/lis/"], id="LTI 1.1 without a name"),
        pytest.param(["urn:lti:role:ims/lis/Wizard"], id="LTI 1.1 unknown"),
        pytest.param(
            ["Student", "Teacher", "TeachingAssistant"], id="no names of the standard"
        ),
        pytest.param(["Grader", "Lecturer", "Tutor", "Observer"], id="short sub-roles"),
    ],
)
def test_what_is_no_role_grants_nothing(roles):
    assert standing_of(roles) == UNGRADED
    assert standing_of([*roles, f"{COURSE}Mentor"]) == OBSERVER


@pytest.mark.parametrize(
    "change", [str.lower, str.upper, " {}".format, "{} ".format, "\ufeff{}".format]
)
@pytest.mark.parametrize(
    "role",
    ["Instructor", f"{COURSE}Instructor", f"{OLD}Instructor", f"{SYSTEM}SysAdmin"],
)
def test_names_are_exact(role, change):
    assert standing_of([change(role)]) == UNGRADED
    assert standing_of([role]) != UNGRADED


# What two LMSs really send: Canvas (canvas-lms, lib/lti/substitutions_helper.rb), Moodle 4.5
# (mod/lti/locallib.php, lti_get_ims_role; tests/data/moodle has the messages).
SENT = [
    ("canvas student", [f"{SCHOOL}Student", f"{COURSE}Learner", f"{SYSTEM}User"], PARTICIPANT),
    (
        "canvas student who teaches elsewhere",
        [f"{SCHOOL}Instructor", f"{SCHOOL}Student", f"{COURSE}Learner", f"{SYSTEM}User"],
        PARTICIPANT,
    ),
    (
        "canvas student who is the school's administrator",
        [f"{SCHOOL}Administrator", f"{COURSE}Learner", f"{SYSTEM}SysAdmin", f"{SYSTEM}User"],
        PARTICIPANT,
    ),
    (
        "canvas teacher",
        [f"{SCHOOL}Instructor", f"{COURSE}Instructor", f"{SYSTEM}User"],
        FACILITATOR,
    ),
    (
        "canvas assistant",
        [f"{SUB}Instructor#TeachingAssistant", f"{COURSE}Instructor", f"{SYSTEM}User"],
        FACILITATOR,
    ),
    ("canvas designer", [f"{COURSE}ContentDeveloper", f"{SYSTEM}User"], FACILITATOR),
    ("canvas observer", [f"{SCHOOL}Observer", f"{COURSE}Mentor", f"{SYSTEM}User"], OBSERVER),
    ("canvas group member", [f"{COURSE}Member", f"{SYSTEM}User"], OBSERVER),
    ("canvas group leader", [f"{COURSE}Manager", f"{COURSE}Member", f"{SYSTEM}User"], OBSERVER),
    ("canvas administrator", [f"{SCHOOL}Administrator", f"{SYSTEM}User"], ADMINISTRATOR),
    ("canvas nobody", [f"{SYSTEM}None"], UNGRADED),
    ("moodle student", [f"{COURSE}Learner"], PARTICIPANT),
    ("moodle teacher", [f"{COURSE}Instructor"], FACILITATOR),
    (
        "moodle administrator",
        [f"{SCHOOL}Administrator", f"{COURSE}Instructor", f"{SYSTEM}Administrator"],
        FACILITATOR,
    ),
    (
        "sakai assistant",
        ["Instructor", f"{COURSE}Instructor", f"{COURSE}Instructor#TeachingAssistant"],
        FACILITATOR,
    ),
    (
        "open edx staff",
        [f"{SYSTEM}None", f"{SCHOOL}None", f"{COURSE}Administrator", f"{COURSE}Instructor"],
        ADMINISTRATOR,
    ),
    (
        "open edx community assistant",
        [f"{SYSTEM}None", f"{COURSE}Learner", f"{SUB}Instructor#TeachingAssistant"],
        FACILITATOR,
    ),
]


@pytest.mark.parametrize(
    ("roles", "standing"), [pytest.param(roles, how, id=name) for name, roles, how in SENT]
)
def test_what_lmss_really_send_is_understood(roles, standing):
    assert standing_of(roles) == standing


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        ([f"{COURSE}Learner"], Role.PARTICIPANT),
        ([f"{SCHOOL}Student", f"{COURSE}Learner", f"{SYSTEM}User"], Role.PARTICIPANT),
        ([], Role.PARTICIPANT),
        ([f"{COURSE}Instructor"], Role.FACILITATOR),
        ([f"{SYSTEM}SysAdmin"], Role.ADMINISTRATOR),
    ],
)
def test_a_test_user_is_never_graded(roles, role):
    expected = Standing(role, graded=False, test_user=True)

    assert standing_of([*roles, TEST_USER]) == expected
    assert standing_of([TEST_USER, *roles]) == expected
    assert standing_of([*roles, TEST_USER], {TEST_USER: Role.PARTICIPANT}).graded is False


FACULTY = f"{SCHOOL}Faculty"
COORDINATOR = f"{SUB}Manager#CourseCoordinator"


@pytest.mark.parametrize(
    ("overrides", "roles", "standing"),
    [
        pytest.param({FACULTY: Role.PARTICIPANT}, [FACULTY], PARTICIPANT, id="learner, graded"),
        pytest.param({FACULTY: Role.FACILITATOR}, [FACULTY], FACILITATOR, id="staff"),
        pytest.param({FACULTY: Role.OBSERVER}, [FACULTY], OBSERVER, id="observer"),
        pytest.param(
            {"urn:x:Coach": Role.FACILITATOR}, ["urn:x:Coach"], FACILITATOR, id="an LMS's own"
        ),
        pytest.param(
            {COORDINATOR: Role.FACILITATOR}, [COORDINATOR], FACILITATOR, id="a sub-role"
        ),
        pytest.param(
            {COORDINATOR: Role.FACILITATOR},
            [f"{COURSE}Manager"],
            OBSERVER,
            id="not its principal",
        ),
        pytest.param(
            {f"{COURSE}Manager": Role.FACILITATOR},
            [COORDINATOR],
            OBSERVER,
            id="nor the sub-role",
        ),
        pytest.param(
            {f"{COURSE}Instructor": Role.OBSERVER}, [f"{COURSE}Instructor"], OBSERVER, id="less"
        ),
        pytest.param(
            {f"{COURSE}Instructor": Role.OBSERVER},
            ["Instructor"],
            FACILITATOR,
            id="as spelt alone",
        ),
        pytest.param(
            {f"{COURSE}Instructor": None}, [f"{COURSE}Instructor"], UNGRADED, id="nothing"
        ),
        pytest.param(
            {f"{COURSE}Instructor": None},
            [f"{COURSE}Instructor", f"{COURSE}Learner"],
            PARTICIPANT,
            id="others keep theirs",
        ),
        pytest.param(
            {FACULTY: Role.OBSERVER}, [FACULTY, f"{COURSE}Learner"], PARTICIPANT, id="the most"
        ),
        pytest.param(
            {f"{COURSE}Learner": None}, [f"{COURSE}Learner"], UNGRADED, id="no learner"
        ),
        pytest.param(
            {f"{SYSTEM}SysAdmin": None}, [f"{SYSTEM}SysAdmin"], UNGRADED, id="no administrator"
        ),
        pytest.param(
            {f"{SYSTEM}SysAdmin": None},
            [f"{SYSTEM}SysAdmin", f"{SCHOOL}Administrator"],
            ADMINISTRATOR,
            id="by another name",
        ),
        pytest.param(
            {f"{SYSTEM}SysAdmin": Role.PARTICIPANT},
            [f"{SYSTEM}SysAdmin"],
            PARTICIPANT,
            id="admin",
        ),
        pytest.param(
            {FACULTY: Role.FACILITATOR}, [f"{COURSE}Learner"], PARTICIPANT, id="unused"
        ),
        pytest.param({}, [FACULTY], UNGRADED, id="none"),
    ],
)
def test_an_override_changes_one_name_and_no_other(overrides, roles, standing):
    assert standing_of(roles, overrides) == standing


@pytest.mark.parametrize(
    ("roles", "remarks"),
    [
        pytest.param([], ["roles_empty"], id="5.14"),
        pytest.param(["", ""], ["roles_empty"], id="5.15"),
        pytest.param([f"{COURSE}Wizard"], ["roles_unknown"], id="5.16"),
        pytest.param(["LEARNER"], ["roles_unknown"], id="5.26"),
        pytest.param([f"{SCHOOL}Instructor"], ["roles_institution_only"], id="5.23"),
        pytest.param([f"{SYSTEM}SysAdmin"], ["roles_institution_only"], id="5.24"),
        pytest.param([f"{OLD_SCHOOL}Staff"], ["roles_institution_only"], id="LTI 1.1"),
        pytest.param([f"{COURSE}Learner", TEST_USER], ["test_user"], id="5.25"),
        pytest.param([TEST_USER], ["test_user", "roles_unknown"], id="5.25 alone"),
        pytest.param([f"{COURSE}Learner", "x", f"{SCHOOL}Staff"], [], id="nothing"),
    ],
)
def test_what_is_odd_about_roles_is_remarked_on(roles, remarks):
    assert remarks_on(roles) == remarks


def test_a_name_that_a_rule_knows_is_not_remarked_on():
    assert remarks_on([FACULTY], {FACULTY: Role.PARTICIPANT}) == []
    assert remarks_on([f"{COURSE}Learner"], {f"{COURSE}Learner": None}) == ["roles_unknown"]
