"""
From an LMS's role names to what a person may do here.

Only roles in this course grant anything. A participant of an NPQ is a teacher elsewhere, and
LMSs say so: "institution/person#Instructor" describes their job, not their place in the
course. Where a name could be read in two ways, it grants the less; an operator who knows
better says so for one LMS (role overrides).
Source: LTI 1.3 core, appendix A.2 (role vocabularies).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

_LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
_COURSE = (
    f"{_LIS}membership",
    f"{_LIS}institution/membership",  # as the specification's own JSON schema spells it
)
_OLD = "urn:lti:role:ims/lis/"  # LTI 1.1, still sent by some
_ELSEWHERE = (
    f"{_LIS}institution/person#",
    f"{_LIS}system/person#",
    "urn:lti:instrole:ims/lis/",
    "urn:lti:sysrole:ims/lis/",
)
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
_STAFF_OF_THE_LMS = frozenset(
    [
        f"{_LIS}institution/person#Administrator",
        "urn:lti:instrole:ims/lis/Administrator",
        *(
            f"{system}{name}"
            for system in (f"{_LIS}system/person#", "urn:lti:sysrole:ims/lis/")
            for name in ("Administrator", "SysAdmin", "AccountAdmin")
        ),
    ]
)


class Role(StrEnum):
    """What a person may do here."""

    PARTICIPANT = "participant"
    FACILITATOR = "facilitator"
    ADMINISTRATOR = "administrator"
    OBSERVER = "observer"


Overrides = Mapping[str, Role | None]  # role name as sent -> what it grants; None: nothing

NO_OVERRIDES: Overrides = MappingProxyType({})

_PRINCIPALS = {
    "Administrator": Role.ADMINISTRATOR,
    "ContentDeveloper": Role.FACILITATOR,
    "Instructor": Role.FACILITATOR,
    "Learner": Role.PARTICIPANT,
    "Mentor": Role.OBSERVER,
    # They look on: managers co-ordinate or observe a course (Manager#Observer is one of them)
    # or lead a group of learners in it, none of which lets them place content there.
    "Manager": Role.OBSERVER,
    "Member": Role.OBSERVER,
    "Officer": Role.OBSERVER,
}
# Whoever teaches a course sees it as staff though they also learn in it; whoever learns in it
# studies though they also look on.
_FIRST = (Role.ADMINISTRATOR, Role.FACILITATOR, Role.PARTICIPANT, Role.OBSERVER)


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's role in a course, and whether the course's gradebook knows them."""

    role: Role
    graded: bool  # false for staff, test users and people without a role in the course
    test_user: bool


def standing_of(roles: Sequence[str], overrides: Overrides = NO_OVERRIDES) -> Standing:
    """What these role names amount to; nobody gets more than a role in this course gives.

    Names must match exactly, as the specification writes them. Somebody without a role in the
    course may study, ungraded: what they do is credited once the course knows them.

    Args:
        roles: as the LMS sent them.
        overrides: what single names mean in this LMS. The other names keep their meaning, and
            a name that grants "participant" makes a learner of this course, graded. A test
            user stays one.
    """
    here = {granted for role in roles if (granted := _granted(role, overrides))}
    test_user = TEST_USER in roles
    for role in _FIRST:
        if role in here:
            return Standing(role, role is Role.PARTICIPANT and not test_user, test_user)
    staff_of_the_lms = _STAFF_OF_THE_LMS.difference(overrides)
    if staff_of_the_lms.isdisjoint(roles):
        return Standing(Role.PARTICIPANT, graded=False, test_user=test_user)
    return Standing(Role.ADMINISTRATOR, graded=False, test_user=test_user)


def remarks_on(roles: Sequence[str], overrides: Overrides = NO_OVERRIDES) -> list[str]:
    """Short codes for the log: what an operator should know of these role names."""
    remarks = ["test_user"] if TEST_USER in roles else []
    if any(_granted(role, overrides) for role in roles):
        return remarks
    if not any(roles):
        return [*remarks, "roles_empty"]
    elsewhere = any(role.startswith(_ELSEWHERE) for role in roles)
    return [*remarks, "roles_institution_only" if elsewhere else "roles_unknown"]


def _granted(role: str, overrides: Overrides) -> Role | None:
    return overrides[role] if role in overrides else _PRINCIPALS.get(_principal(role))


def _principal(role: str) -> str:
    """The principal role in this course; none of ours for a role elsewhere or unknown.

    In a sub-role the principal is in the path: membership/Learner#Instructor is a learner.
    """
    head, hash_sign, fragment = role.partition("#")
    if not hash_sign:
        return role.removeprefix(_OLD).partition("/")[0] if role.startswith(_OLD) else role
    if head in _COURSE:
        return fragment.partition("#")[0]  # "#Instructor#TeachingAssistant" is sent by one LMS
    vocabulary, _, name = head.rpartition("/")
    return name if vocabulary in _COURSE else ""
