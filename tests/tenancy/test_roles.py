"""What an LMS's role names amount to."""

from __future__ import annotations

import pytest

from lti_tool.tenancy.roles import Role, Standing, standing_of

LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
COURSE = f"{LIS}membership#"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
PARTICIPANT = Standing(Role.PARTICIPANT, graded=True, test_user=False)
UNGRADED = Standing(Role.PARTICIPANT, graded=False, test_user=False)
FACILITATOR = Standing(Role.FACILITATOR, graded=False, test_user=False)
ADMINISTRATOR = Standing(Role.ADMINISTRATOR, graded=False, test_user=False)
OBSERVER = Standing(Role.OBSERVER, graded=False, test_user=False)


@pytest.mark.parametrize(
    ("roles", "standing"),
    [
        pytest.param([f"{COURSE}Learner"], PARTICIPANT, id="learner"),
        pytest.param([f"{COURSE}Instructor"], FACILITATOR, id="instructor"),
        pytest.param([f"{COURSE}ContentDeveloper"], FACILITATOR, id="content developer"),
        pytest.param([f"{COURSE}Manager"], FACILITATOR, id="manager"),
        pytest.param([f"{COURSE}Administrator"], ADMINISTRATOR, id="course administrator"),
        pytest.param([f"{COURSE}Mentor"], OBSERVER, id="mentor"),
        pytest.param([f"{COURSE}Officer"], OBSERVER, id="officer"),
        pytest.param([f"{COURSE}Member"], OBSERVER, id="member"),
        pytest.param(
            [f"{COURSE}Member", f"{COURSE}Manager"], OBSERVER, id="leader of a learners' group"
        ),
        pytest.param(
            [f"{COURSE}Learner", f"{COURSE}Instructor"], FACILITATOR, id="tutor who also learns"
        ),
        pytest.param(
            [f"{COURSE}Learner", f"{COURSE}Manager"], PARTICIPANT, id="learner who also manages"
        ),
        pytest.param(
            [f"{COURSE}Instructor", f"{COURSE}Administrator"], ADMINISTRATOR, id="both kinds"
        ),
        pytest.param([], UNGRADED, id="5.14 none"),
        pytest.param([""], UNGRADED, id="5.15 an empty one"),
        pytest.param(["http://example.org/roles#Wizard"], UNGRADED, id="5.16 unknown"),
        pytest.param([f"{COURSE}Wizard"], UNGRADED, id="5.16 unknown in the course"),
        pytest.param(["Learner"], PARTICIPANT, id="5.19 short learner"),
        pytest.param(["Instructor"], FACILITATOR, id="5.19 short instructor"),
        pytest.param([f"{LIS}membership/Learner#Instructor"], PARTICIPANT, id="5.20"),
        pytest.param(
            [f"{LIS}membership/Learner#NonCreditLearner"], PARTICIPANT, id="non-credit"
        ),
        pytest.param([f"{LIS}membership/Instructor#PrimaryInstructor"], FACILITATOR, id="5.21"),
        pytest.param([f"{LIS}membership/Instructor#Lecturer"], FACILITATOR, id="5.21 lecturer"),
        pytest.param([f"{LIS}membership/Instructor#TeachingAssistant"], FACILITATOR, id="5.22"),
        pytest.param(
            [f"{COURSE}Instructor#TeachingAssistant"], FACILITATOR, id="5.22 two hashes"
        ),
        pytest.param([f"{LIS}membership/Mentor#Advisor"], OBSERVER, id="sub-role of mentor"),
        pytest.param(
            [f"{LIS}institution/membership#Instructor"], FACILITATOR, id="as in schema"
        ),
        pytest.param([f"{LIS}institution/person#Instructor"], UNGRADED, id="5.23"),
        pytest.param(
            [f"{LIS}institution/person#Instructor", f"{COURSE}Learner"],
            PARTICIPANT,
            id="5.23 a teacher who takes part",
        ),
        pytest.param([f"{LIS}system/person#Administrator"], ADMINISTRATOR, id="5.24"),
        pytest.param(
            [f"{LIS}institution/person#Administrator"], ADMINISTRATOR, id="of a school"
        ),
        pytest.param(
            [f"{LIS}institution/person#Administrator", f"{COURSE}Learner"],
            PARTICIPANT,
            id="an administrator who takes part",
        ),
        pytest.param(
            [f"{LIS}system/person#Administrator", f"{COURSE}Mentor"],
            OBSERVER,
            id="the course decides",
        ),
        pytest.param([f"{LIS}system/person#User"], UNGRADED, id="every user of one LMS"),
        pytest.param(["instructor"], UNGRADED, id="5.26 lower case"),
        pytest.param(["LEARNER"], UNGRADED, id="5.26 upper case"),
        pytest.param([f"{LIS}Membership#Instructor"], UNGRADED, id="5.26 of the vocabulary"),
        pytest.param(["urn:lti:role:ims/lis/Instructor"], FACILITATOR, id="LTI 1.1"),
        pytest.param(
            ["urn:lti:role:ims/lis/Instructor/TeachingAssistant"], FACILITATOR, id="LTI 1.1 sub"
        ),
        pytest.param(["urn:lti:role:ims/lis/Learner"], PARTICIPANT, id="LTI 1.1 learner"),
        pytest.param(["urn:lti:instrole:ims/lis/Instructor"], UNGRADED, id="LTI 1.1 elsewhere"),
        pytest.param(
            ["urn:lti:sysrole:ims/lis/SysAdmin"], ADMINISTRATOR, id="LTI 1.1 administrator"
        ),
    ],
)
def test_a_role_is_what_it_is_in_this_course(roles, standing):
    assert standing_of(roles) == standing


def test_a_test_user_takes_part_but_is_never_graded():
    standing = standing_of([f"{COURSE}Learner", TEST_USER])

    assert standing == Standing(Role.PARTICIPANT, graded=False, test_user=True)
