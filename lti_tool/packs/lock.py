"""Proof that a pack is what it was: its digest, and the digests packs.lock holds fast."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lti_tool.packs.faults import Fault
from lti_tool.packs.schema import Lock
from lti_tool.packs.yaml_text import Parsed, parse_file
from lti_tool.study.content import ContentPack

LOCK = "packs.lock"

Visible = Mapping[str, object]


def digest_of(visible: Visible) -> str:
    """SHA-256 in hex of everything a participant can see, the same on every machine.

    The bytes digested are canonical JSON: keys sorted, no space between tokens, characters
    beyond ASCII written as they are, UTF-8, Unicode form NFC, numbers whole. What goes in
    (visible, see build.py): the pack's fields (not its quality assurance, which comes
    after and refers to the digest), modules with their clinics and communities, study
    sessions, activities, questions, options and feedback as the schema knows them, with
    entries that have their default left out; each activity's prose as Markdown, with line
    feeds, blank ends cut; and the entries of the evidence cited. Layout, comments and
    quoting in the YAML do not count; every word does.
    """
    text = json.dumps(visible, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(unicodedata.normalize("NFC", text).encode()).hexdigest()


def lock_text(packs: Iterable[ContentPack]) -> str:
    """What packs.lock holds when exactly these packs, as they are, are locked."""
    digests = sorted((_name(pack), pack.digest) for pack in packs)
    return "".join(f'"{name}": "{digest}"\n' for name, digest in digests)


def check_lock(folder: Path, packs: Sequence[ContentPack], faults: list[Fault]) -> None:
    """Add to faults each pack that packs.lock does not have, or has otherwise."""
    if lock := parse_file(Lock, folder, LOCK, faults):
        faults += [fault for pack in packs if (fault := _lock_fault(pack, lock))]


def _lock_fault(pack: ContentPack, lock: Parsed[Lock]) -> Fault | None:
    name = _name(pack)
    locked = lock.entry.root.get(name)
    if locked is None:
        return Fault(LOCK, 0, f'{name} is not locked; add "{name}": "{pack.digest}".')
    if locked != pack.digest:
        says = f"{name} has changed since it was locked (digest now {pack.digest}); put back "
        says += f"the files in {pack.id}/ or give the pack a new version."
        return lock.source.fault(says, name)
    return None


def _name(pack: ContentPack) -> str:
    return f"{pack.id} {pack.version}"
