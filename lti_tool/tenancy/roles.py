"""
From an LMS's role names to what a person may do here.

Only roles in this course grant anything. A participant of an NPQ is a teacher elsewhere, and
LMSs say so: "institution/person#Instructor" describes their job, not their place in the
course. Source: LTI 1.3 core, appendix A.2 (role vocabularies).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
_COURSE = (
    f"{_LIS}membership",
    f"{_LIS}institution/membership",  # as the specification's own JSON schema spells it
)
_OLD = "urn:lti:role:ims/lis/"  # LTI 1.1, still sent by some
_TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
_STAFF_OF_THE_LMS = frozenset(
    [
        f"{_LIS}institution/person#Administrator",
        *(
            f"{_LIS}system/person#{name}"
            for name in ("Administrator", "SysAdmin", "AccountAdmin")
        ),
        "urn:lti:instrole:ims/lis/Administrator",
        "urn:lti:sysrole:ims/lis/Administrator",
        "urn:lti:sysrole:ims/lis/SysAdmin",
    ]
)
_PRINCIPALS = frozenset(
    (
        "Administrator", "ContentDeveloper", "Instructor", "Learner", "Manager", "Member",
        "Mentor", "Officer",
    )
)  # fmt: skip


class Role(StrEnum):
    """What a person may do here."""

    PARTICIPANT = "participant"
    FACILITATOR = "facilitator"
    ADMINISTRATOR = "administrator"
    OBSERVER = "observer"


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's role in a course, and whether the course's gradebook knows them."""

    role: Role
    graded: bool  # false for staff, test users and people without a role in the course
    test_user: bool


def standing_of(roles: Sequence[str]) -> Standing:
    """What these role names amount to; nobody gets more than a role in this course gives.

    Names must match exactly, as the specification writes them.
    """
    here = {principal for role in roles if (principal := _principal(role))}
    role = _role(here, is_staff_of_the_lms=not _STAFF_OF_THE_LMS.isdisjoint(roles))
    test_user = _TEST_USER in roles
    graded = role is Role.PARTICIPANT and "Learner" in here and not test_user
    return Standing(role, graded, test_user)


def _role(here: set[str], *, is_staff_of_the_lms: bool) -> Role:
    if "Administrator" in here or (is_staff_of_the_lms and not here):
        return Role.ADMINISTRATOR
    if here & {"Instructor", "ContentDeveloper"}:
        return Role.FACILITATOR
    if "Learner" in here:
        return Role.PARTICIPANT
    # The leader of a learners' group arrives as Member and Manager of that group.
    if "Manager" in here and "Member" not in here:
        return Role.FACILITATOR
    return Role.OBSERVER if here else Role.PARTICIPANT


def _principal(role: str) -> str | None:
    """The principal role in this course; None for a role elsewhere or an unknown one.

    In a sub-role the principal is in the path: membership/Learner#Instructor is a learner.
    """
    head, hash_sign, fragment = role.partition("#")
    if not hash_sign:
        name = role.removeprefix(_OLD).partition("/")[0] if role.startswith(_OLD) else role
    elif head in _COURSE:
        name = fragment.partition("#")[0]  # "#Instructor#TeachingAssistant" is sent by one LMS
    else:
        vocabulary, _, name = head.rpartition("/")
        name = name if vocabulary in _COURSE else ""
    return name if name in _PRINCIPALS else None
