"""The rules every study session and pack keeps, each broken one a sentence with its line.

V1 to V9 are the pack's invariants, R12 the requirement that teaching cites research: here
V1 (six sessions of 50 minutes), V3 (known and unique ids), V5 and V6 (openings and
endings), V9 (length of reading) and R12. Rules of one activity are in check_activity.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from lti_tool.packs.check_activity import Known, check_activity
from lti_tool.packs.faults import Fault
from lti_tool.packs.prose import Section
from lti_tool.packs.schema import ModuleEntry, PackEntry, SessionEntry
from lti_tool.packs.yaml_text import Parsed, Place, Source
from lti_tool.study.content import Kind

SESSIONS = 6  # in a module
SESSION_MINUTES = 50

# It stands for the whole pack in a link.
_RESERVED_MODULES = {"all"}


@dataclass(frozen=True, slots=True)
class SessionFile:
    """A study session's file, read and valid entry by entry."""

    module_id: str
    id: str
    parsed: Parsed[SessionEntry]
    sections: Sequence[Section]

    @property
    def entry(self) -> SessionEntry:
        """The front matter."""
        return self.parsed.entry

    @property
    def statements(self) -> set[str]:
        """Every framework statement any of its activities meets."""
        return {s for activity in self.entry.activities for s in activity.statements}


def check_outline(pack: Parsed[PackEntry], known: Known) -> Iterator[Fault]:
    """Everything wrong in pack.yaml beyond single values.

    Yields:
        A fault for each module with too few or too many sessions, each id that is taken,
        and each event that names something unknown.
    """
    modules, source = pack.entry.modules, pack.source
    yield from source.repeated([m.id for m in modules], "module", "modules")
    yield from source.repeated([str(m.number) for m in modules], "module number", "modules")
    for at, module in enumerate(modules):
        place: Place = ("modules", at)
        yield from _check_module(module, source, place)
        yield from _check_events(module, known, source, place)


def check_session(file: SessionFile, known: Known) -> Iterator[Fault]:
    """Everything wrong in one study session, looked at alone."""
    source, activities = file.parsed.source, file.entry.activities
    minutes = sum(activity.minutes for activity in activities)
    if minutes != SESSION_MINUTES:
        says = f"the activities take {minutes} minutes; a session takes {SESSION_MINUTES}."
        yield source.fault(says, "activities")
    yield from source.repeated([a.id for a in activities], "activity", "activities")
    if activities[-1].kind is not Kind.PLAN_ACTION:
        says = "the last activity is no plan_action; end the session with one."
        yield source.fault(says, "activities", len(activities) - 1)
    yield from _check_headings(file)
    by_id = {section.id: section for section in file.sections}
    for at, activity in enumerate(activities):
        yield from check_activity(activity, by_id.get(activity.id), known, source, at)


def check_course(files: Sequence[SessionFile]) -> Iterator[Fault]:
    """Everything wrong between study sessions of a pack, given in order."""
    met: set[str] = set()
    for before, file in pairwise(files):
        met |= before.statements
        yield from _check_opening(file, met)


def _check_module(module: ModuleEntry, source: Source, place: Place) -> Iterator[Fault]:
    if module.id in _RESERVED_MODULES:
        says = f'"{module.id}" stands for the whole pack in links; name the module otherwise.'
        yield source.fault(says, *place, "id")
    if len(module.sessions) != SESSIONS:
        says = f'module "{module.id}" has {len(module.sessions)} sessions; give it {SESSIONS}.'
        yield source.fault(says, *place, "sessions")
    yield from source.repeated(module.sessions, "session", *place, "sessions")


def _check_events(
    module: ModuleEntry, known: Known, source: Source, place: Place
) -> Iterator[Fault]:
    clinics, communities = module.clinics, module.communities
    yield from source.repeated([clinic.id for clinic in clinics], "clinic", *place, "clinics")
    yield from source.repeated([c.id for c in communities], "community", *place, "communities")
    for name, after in (
        ("clinics", [clinic.after_session for clinic in clinics]),
        ("communities", [community.after_session for community in communities]),
    ):
        for at, session in enumerate(after):
            if session not in module.sessions:
                says = f'"{session}" is no session of this module; name one that is.'
                yield source.fault(says, *place, name, at, "after_session")
    for at, clinic in enumerate(clinics):
        yield from known.check_statements(clinic.statements, source, *place, "clinics", at)


def _check_headings(file: SessionFile) -> Iterator[Fault]:
    wanted = [activity.id for activity in file.entry.activities]
    found = [section.id for section in file.sections]
    source = file.parsed.source
    for at, missing in enumerate(wanted):
        if missing not in found:
            says = f'activity "{missing}" has no prose; add the heading "## {missing}".'
            yield source.fault(says, "activities", at)
    yield from _check_sections(file, set(wanted))
    if sorted(found) == sorted(wanted) and found != wanted:
        place = next(at for at, given in enumerate(found) if given != wanted[at])
        says = f'the heading "## {wanted[place]}" comes here; keep the order of the activities.'
        yield Fault(source.file, file.sections[place].line, says)


def _check_sections(file: SessionFile, wanted: Set[str]) -> Iterator[Fault]:
    counted: Counter[str] = Counter()
    for section in file.sections:
        counted[section.id] += 1
        if section.id not in wanted:
            says = f'no activity has the id "{section.id}"; use "###" for headings in prose.'
            yield Fault(file.parsed.source.file, section.line, says)
        elif counted[section.id] > 1:
            says = f'the heading "## {section.id}" is there already; keep one.'
            yield Fault(file.parsed.source.file, section.line, says)


def _check_opening(file: SessionFile, met: Set[str]) -> Iterator[Fault]:
    activities, source = file.entry.activities, file.parsed.source
    if activities[0].kind is not Kind.RETRIEVAL:
        says = "the session does not open with retrieval; put a retrieval activity first."
        yield source.fault(says, "activities", 0)
        return
    for new in (s for s in activities[0].statements if s not in met):
        says = f"{new} was not met in an earlier session; retrieval returns to what was."
        yield source.fault(says, "activities", 0, "statements")
    if len(activities) < 2 or activities[1].kind is not Kind.REVIEW_ACTION:
        says = "no review_action follows the retrieval; ask what became of the last plan."
        yield source.fault(says, "activities", min(1, len(activities) - 1))
