"""What the YAML of a content pack may say: one model a file or entry, nothing else allowed.

What a single value must be is said here; what depends on more than one is in check.py.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

from lti_tool.study.content import Kind, QuestionKind, Rule

_SLUG = r"^[a-z][a-z0-9-]*$"
_VERSION = r"^[0-9]+\.[0-9]+\.[0-9]+$"
_STATEMENT = r"^[A-Z][A-Z0-9]*/[0-9]+/l[th]/[0-9]+$"
_RULE = r"^(answered_all|min_words\([1-9][0-9]{0,3}\)|choice_with_reason|acknowledged)$"
_AUTHOR = r"^[^,]+, \S.*$"
_DOI = r"^10\.[0-9]{4,9}/\S+$"
_LANGUAGE = r"^[a-z]{2,3}(-[A-Z]{2})?$"
_STATEMENT_KIND = r"^learn_(that|how_to)$"
_STATUS = r"^(draft|submitted|approved)$"
_DIGEST = r"^[0-9a-f]{64}$"

PATTERNS = {
    _SLUG: "lower-case letters, digits and hyphens, a letter first",
    _VERSION: 'three numbers, as "1.0.0"',
    _STATEMENT: "framework, section, lt or lh, number, as NPQLT/3/lt/1",
    _RULE: "answered_all, min_words(40), choice_with_reason or acknowledged",
    _AUTHOR: 'family name, comma, initials, as "Roediger, H. L."',
    _DOI: "the DOI alone, as 10.1037/edu0000001",
    _LANGUAGE: "a language, as en-GB",
    _STATEMENT_KIND: "learn_that or learn_how_to",
    _STATUS: "draft, submitted or approved",
    _DIGEST: "the 64 digits of a SHA-256 in hex",
}

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Slug = Annotated[str, StringConstraints(pattern=_SLUG)]
StatementId = Annotated[str, StringConstraints(pattern=_STATEMENT)]
Minutes = Annotated[int, Field(ge=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class OptionEntry(_Entry):
    """One answer a participant may choose."""

    text: Text
    correct: bool = False
    feedback: Text


class QuestionEntry(_Entry):
    """One thing a participant is asked."""

    id: Slug
    kind: Annotated[QuestionKind, Field(strict=False)]
    prompt: Text
    options: list[OptionEntry] = []
    model_answer: Text | None = None
    min_words: Annotated[int, Field(ge=1, le=9999)] | None = None


class ActivityEntry(_Entry):
    """One step of a study session, without its prose."""

    id: Slug
    kind: Annotated[Kind, Field(strict=False)]
    title: Text
    minutes: Annotated[int, Field(ge=1, le=15)]
    compulsory: bool = True
    completion: Annotated[str, StringConstraints(pattern=_RULE)]
    statements: list[StatementId] = []
    evidence: list[Slug] = []
    questions: list[QuestionEntry] = []

    @property
    def rule(self) -> Rule:
        """The completion rule without its number."""
        return Rule(self.completion.split("(")[0])

    @property
    def words(self) -> int:
        """Words each text question needs by the completion rule; 1 unless it says more."""
        number = re.search(r"[0-9]+", self.completion)
        return int(number[0]) if number else 1


class SessionEntry(_Entry):
    """The front matter of a study session's file."""

    title: Text
    purpose: Text
    activities: Annotated[list[ActivityEntry], Field(min_length=1)]


class ClinicEntry(_Entry):
    """A facilitated event that follows a study session."""

    id: Slug
    after_session: Slug
    minutes: Minutes
    title: Text
    purpose: Text
    statements: list[StatementId] = []


class CommunityEntry(_Entry):
    """A meeting of a small group that follows a study session."""

    id: Slug
    after_session: Slug
    minutes: Minutes
    title: Text
    problems: Annotated[list[Text], Field(min_length=1)]


class ModuleEntry(_Entry):
    """A half term's block of study sessions."""

    id: Slug
    number: Annotated[int, Field(ge=1)]
    title: Text
    purpose: Text
    sessions: Annotated[list[Slug], Field(min_length=1)]
    clinics: list[ClinicEntry] = []
    communities: list[CommunityEntry] = []


class FrameworkReference(_Entry):
    """Which framework, at which version, the pack teaches."""

    code: Slug
    version: Text


class QualityAssurance(_Entry):
    """How far approval of the pack has come."""

    status: Annotated[str, StringConstraints(pattern=_STATUS)]
    by: Text | None = None
    date: datetime.date | None = None
    reference: Text | None = None


class PackEntry(_Entry):
    """pack.yaml."""

    id: Slug
    version: Annotated[str, StringConstraints(pattern=_VERSION)]
    title: Text
    demonstration: bool = False
    language: Annotated[str, StringConstraints(pattern=_LANGUAGE)]
    framework: FrameworkReference
    quality_assurance: QualityAssurance
    modules: Annotated[list[ModuleEntry], Field(min_length=1)]


class SectionEntry(_Entry):
    """One section of a framework, as its document counts it."""

    n: Annotated[int, Field(ge=1)]
    title: Text


class StatementEntry(_Entry):
    """One statement of a framework; its official text is not kept here."""

    kind: Annotated[str, StringConstraints(pattern=_STATEMENT_KIND)]
    section: Annotated[int, Field(ge=1)]
    topic: Text | None = None


class FrameworkEntry(_Entry):
    """frameworks/<code>.yaml."""

    code: Slug
    title: Text
    version: Text
    sections: Annotated[list[SectionEntry], Field(min_length=1)]
    statements: Annotated[dict[StatementId, StatementEntry], Field(min_length=1)]


class EvidenceEntry(_Entry):
    """One work in the evidence register."""

    authors: Annotated[
        list[Annotated[str, StringConstraints(pattern=_AUTHOR)]], Field(min_length=1)
    ]
    year: Annotated[int, Field(ge=1800, le=2200)]
    title: Text
    venue: Text
    doi: Annotated[str, StringConstraints(pattern=_DOI)]


class EvidenceRegister(RootModel[dict[Slug, EvidenceEntry]]):
    """evidence.yaml."""


class Lock(RootModel[dict[str, Annotated[str, StringConstraints(pattern=_DIGEST)]]]):
    """packs.lock: "<pack id> <version>" to digest."""


# What an author may have meant by a word that is not known.
FIELDS = sorted({name for model in _Entry.__subclasses__() for name in model.model_fields})
