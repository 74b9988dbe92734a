"""Read content packs from disk, each whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lti_tool.errors import Misconfigured
from lti_tool.packs.build import build_pack
from lti_tool.packs.check import SessionFile, check_course, check_outline, check_session
from lti_tool.packs.check_activity import Known
from lti_tool.packs.faults import Fault, text_in
from lti_tool.packs.lock import check_lock
from lti_tool.packs.prose import sections_of, split_front_matter
from lti_tool.packs.registers import read_evidence, read_framework
from lti_tool.packs.schema import PackEntry, SessionEntry
from lti_tool.packs.yaml_text import Parsed, parse, parse_file
from lti_tool.study.content import ContentPack, Evidence

FRAMEWORKS = "frameworks"
PACK_FILE = "pack.yaml"


def read_packs(folder: Path) -> tuple[ContentPack, ...]:
    """Every pack in the folder, by id; each as packs.lock has it.

    Args:
        folder: content_packs: evidence.yaml, frameworks/, packs.lock, one folder a pack.

    Raises:
        Misconfigured: with one sentence for each fault in any file, or for each pack
            that is not what was locked.
    """
    faults: list[Fault] = []
    ids = pack_ids(folder)
    if not ids:
        faults.append(Fault(str(folder), 0, f"no pack is here; add <pack>/{PACK_FILE}."))
    packs = _read(folder, ids, faults)
    check_lock(folder, packs, faults)
    _refuse(faults)
    return tuple(packs)


def read_pack(folder: Path, pack_id: str) -> ContentPack:
    """One pack, whether it is locked or not: for authors, and to make packs.lock.

    Args:
        folder: content_packs.
        pack_id: the pack's id, which is its folder's name.

    Raises:
        Misconfigured: with one sentence for each fault in any of its files.
    """
    faults: list[Fault] = []
    packs = _read(folder, [pack_id], faults)
    _refuse(faults)
    return packs[0]


def pack_ids(folder: Path) -> list[str]:
    """Names of the folders that hold a pack, or ought to, in order."""
    if not folder.is_dir():
        return []
    names = (path.name for path in folder.iterdir() if path.is_dir())
    return sorted(name for name in names if name != FRAMEWORKS and not name.startswith("."))


def _read(folder: Path, ids: list[str], faults: list[Fault]) -> list[ContentPack]:
    evidence = read_evidence(folder, faults)
    packs = [_read_whole(folder, pack_id, evidence, faults) for pack_id in ids]
    return [pack for pack in packs if pack]


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise Misconfigured(*map(str, sorted(set(faults))))


def _read_whole(
    folder: Path, pack_id: str, evidence: dict[str, Evidence] | None, faults: list[Fault]
) -> ContentPack | None:
    found: list[Fault] = []
    pack = _read_outline(folder, pack_id, found)
    if pack is None:
        faults += found
        return None
    framework = read_framework(folder, pack.entry.framework, pack.source, found)
    known = Known(evidence, framework)
    files = [
        _read_session(folder, pack_id, module.id, session, found)
        for module in pack.entry.modules
        for session in module.sessions
    ]
    read = [file for file in files if file]
    found += _check(folder, pack, read, len(files), known)
    faults += found
    if found or evidence is None:
        return None
    return build_pack(pack.entry, read, evidence)


def _read_outline(folder: Path, pack_id: str, faults: list[Fault]) -> Parsed[PackEntry] | None:
    file = f"{pack_id}/{PACK_FILE}"
    pack = parse_file(PackEntry, folder, file, faults)
    if pack and pack.entry.id != pack_id:
        says = f'the id is "{pack.entry.id}" in a folder named "{pack_id}"; name both alike.'
        faults.append(pack.source.fault(says, "id"))
    return pack


def _read_session(
    folder: Path, pack_id: str, module_id: str, session_id: str, faults: list[Fault]
) -> SessionFile | None:
    file = f"{pack_id}/{module_id}/{session_id}.md"
    text = text_in(folder, file, faults)
    if text is None:
        return None
    pieces = split_front_matter(text)
    if pieces is None:
        says = 'there is no front matter; begin with a line "---" and end it with another.'
        faults.append(Fault(file, 1, says))
        return None
    front, body, first_line = pieces
    sections = sections_of(body, file, first_line, faults)
    parsed = parse(SessionEntry, front, file, faults, first_line=2)
    return SessionFile(module_id, session_id, parsed, sections) if parsed else None


def _check(
    folder: Path,
    pack: Parsed[PackEntry],
    files: list[SessionFile],
    expected: int,
    known: Known,
) -> Iterator[Fault]:
    yield from check_outline(pack, known)
    yield from _strays(folder, pack.entry)
    for file in files:
        yield from check_session(file, known)
    if len(files) == expected:
        yield from check_course(files)


def _strays(folder: Path, pack: PackEntry) -> Iterator[Fault]:
    """A fault for each session file that pack.yaml does not name, so that none is lost."""
    named = {f"{module.id}/{session}" for module in pack.modules for session in module.sessions}
    for path in sorted((folder / pack.id).glob("*/*.md")):
        if f"{path.parent.name}/{path.stem}" not in named:
            file = path.relative_to(folder).as_posix()
            says = "pack.yaml names no such session; add it to its module or take it away."
            yield Fault(file, 0, says)
