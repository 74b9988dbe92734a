"""The people of the demo course and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_LIS = "http://purl.imsglobal.org/vocab/lis/v2"
LEARNER = f"{_LIS}/membership#Learner"
INSTRUCTOR = f"{_LIS}/membership#Instructor"


class Kind(StrEnum):
    """What somebody is in the course."""

    PARTICIPANT = "participant"
    FACILITATOR = "facilitator"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    id: str  # the `sub` of launches and the `user_id` of memberships
    given_name: str
    family_name: str
    kind: Kind
    roles: tuple[str, ...]
    title: str = ""

    @property
    def name(self) -> str:
        """The full name, with the title where there is one."""
        return " ".join(filter(None, (self.title, self.given_name, self.family_name)))

    @property
    def email(self) -> str:
        """An address that can never be delivered to (RFC 2606)."""
        return f"{self.given_name}.{self.family_name}@harrowbank.example".lower()

    @property
    def is_participant(self) -> bool:
        """Whether this person can have grades."""
        return self.kind is Kind.PARTICIPANT

    @property
    def manages_course(self) -> bool:
        """Whether this person may add and remove links."""
        return self.kind is Kind.FACILITATOR

    @property
    def is_administrator(self) -> bool:
        """Whether this person runs the site; administrators are not enrolled."""
        return self.kind is Kind.ADMINISTRATOR


PEOPLE = (
    Person("2041", "Amira", "Begum", Kind.PARTICIPANT, (LEARNER,)),
    Person("2042", "Tom", "Ashworth", Kind.PARTICIPANT, (LEARNER,)),
    # A participant of an NPQ teaches elsewhere in the same LMS; that grants nothing here.
    Person(
        "2043",
        "Priya",
        "Nair",
        Kind.PARTICIPANT,
        (LEARNER, f"{_LIS}/institution/person#Instructor"),
    ),
    Person("2010", "Helen", "Marsh", Kind.FACILITATOR, (INSTRUCTOR,), "Dr"),
    Person(
        "2001",
        "Site",
        "Admin",
        Kind.ADMINISTRATOR,
        (f"{_LIS}/system/person#Administrator", f"{_LIS}/institution/person#Administrator"),
    ),
)
PARTICIPANTS = tuple(person for person in PEOPLE if person.is_participant)
ENROLLED = tuple(person for person in PEOPLE if not person.is_administrator)


def find_person(person_id: str | None) -> Person | None:
    """The person with this id."""
    return next((person for person in PEOPLE if person.id == person_id), None)
