"""What is wrong in a file, where, and what to write instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# A study session has about 15 kB; more than this is not one, and would only take time.
_MAX_BYTES = 1_000_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing an author has to change."""

    file: str  # relative to the content_packs folder
    line: int  # from 1; 0 when the whole file is meant
    says: str  # a sentence: what is wrong; what to write instead

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}" if self.line else self.file
        return f"{place}: {self.says}"


def text_in(folder: Path, file: str, faults: list[Fault]) -> str | None:
    """The text of a file with plain line feeds; None after adding what is wrong with it."""
    try:
        if (folder / file).stat().st_size > _MAX_BYTES:
            faults.append(Fault(file, 0, "the file is too large; split it."))
            return None
        text = (folder / file).read_text("utf-8-sig")
        if not (control := _CONTROL.search(text)):
            return text
        line = text.count("\n", 0, control.start()) + 1
        faults.append(Fault(file, line, "a control character is here; delete it."))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        faults.append(Fault(file, line, "this is not UTF-8; save the file as UTF-8."))
    except OSError as error:
        why = error.strerror or error
        faults.append(Fault(file, 0, f"the file cannot be read ({why}); put it there."))
    return None
