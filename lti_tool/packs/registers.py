"""The registers a pack refers to: works of research, and a framework's statements."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lti_tool.packs.faults import Fault
from lti_tool.packs.schema import EvidenceRegister, FrameworkEntry, FrameworkReference
from lti_tool.packs.yaml_text import Parsed, Source, parse_file
from lti_tool.study.content import Evidence


def read_evidence(folder: Path, faults: list[Fault]) -> dict[str, Evidence] | None:
    """The evidence register by id; None after adding to faults all that is wrong with it."""
    parsed = parse_file(EvidenceRegister, folder, "evidence.yaml", faults)
    if parsed is None:
        return None
    faults += _same_work(parsed)
    return {
        id: Evidence(id, tuple(work.authors), work.year, work.title, work.venue, work.doi)
        for id, work in parsed.entry.root.items()
    }


def read_framework(
    folder: Path, reference: FrameworkReference, pack: Source, faults: list[Fault]
) -> set[str] | None:
    """Ids of a framework's statements; None when its file cannot be read.

    Args:
        folder: content_packs.
        reference: which framework a pack teaches.
        pack: the pack.yaml that refers to it, named where the two do not agree.
        faults: added to.
    """
    file = f"frameworks/{reference.code}.yaml"
    parsed = parse_file(FrameworkEntry, folder, file, faults)
    if parsed is None:
        return None
    faults += _framework_faults(parsed, reference)
    if parsed.entry.version != reference.version:
        says = f'{file} is version "{parsed.entry.version}"; name that one.'
        faults.append(pack.fault(says, "framework", "version"))
    return set(parsed.entry.statements)


def _same_work(register: Parsed[EvidenceRegister]) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for id, work in register.entry.root.items():
        # DOIs differ only in case without differing. Source: DOI Handbook, 2.4.
        also = first.setdefault(work.doi.lower(), id)
        if also != id:
            yield register.source.fault(
                f'"{id}" has the DOI of "{also}"; keep one of them.', id
            )


def _framework_faults(
    framework: Parsed[FrameworkEntry], reference: FrameworkReference
) -> Iterator[Fault]:
    entry, source = framework.entry, framework.source
    sections = [str(section.n) for section in entry.sections]
    if entry.code != reference.code:
        yield source.fault(f'the code is "{entry.code}"; the file name says otherwise.', "code")
    yield from source.repeated(sections, "section", "sections")
    for id, statement in entry.statements.items():
        if str(statement.section) not in sections or f"/{statement.section}/" not in id:
            says = f'"{id}" is not of section {statement.section}; make the two agree.'
            yield source.fault(says, "statements", id)
