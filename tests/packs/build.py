"""A small valid pack on disk, and one thing in it changed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from lti_tool.packs.lock import lock_text
from lti_tool.packs.read import read_pack

EVIDENCE = """\
chi-1981:
  authors: ["Chi, M. T. H.", "Feltovich, P. J.", "Glaser, R."]
  year: 1981
  title: Categorization and representation of physics problems
  venue: Cognitive Science 5(2) 121–152
  doi: 10.1207/s15516709cog0502_2
roediger-karpicke-2006:
  authors: ["Roediger, H. L.", "Karpicke, J. D."]
  year: 2006
  title: Test-enhanced learning
  venue: Psychological Science 17(3) 249–255
  doi: 10.1111/j.1467-9280.2006.01693.x
"""

FRAMEWORK = """\
code: npqlt
title: Leading Teaching
version: demo-1
sections:
  - {n: 1, title: Teaching}
  - {n: 3, title: How pupils learn}
statements:
  NPQLT/1/lt/1: {kind: learn_that, section: 1, topic: own words}
  NPQLT/3/lt/1: {kind: learn_that, section: 3}
  NPQLT/3/lh/1: {kind: learn_how_to, section: 3}
"""

PACK = """\
id: small
version: "1.0.0"
title: A small pack
demonstration: true
language: en-GB
framework: {code: npqlt, version: demo-1}
quality_assurance: {status: draft, date: 2026-11-23}
modules:
  - id: m2
    number: 2
    title: How pupils learn
    purpose: To lead on memory.
    sessions: [s1, s2, s3, s4, s5, s6]
    clinics:
      - {id: c1, after_session: s3, minutes: 120, title: Clinic, purpose: To rehearse,
         statements: [NPQLT/3/lh/1]}
    communities:
      - {id: g1, after_session: s5, minutes: 60, title: Community, problems: [Too full]}
"""

_RETRIEVAL = """\
  - id: recall
    kind: retrieval
    title: What do you remember?
    minutes: 6
    completion: answered_all
    statements: [NPQLT/1/lt/1]
    questions:
      - id: q1
        kind: choice
        prompt: Which lasts?
        options:
          - {text: Learning, correct: true, feedback: It does.}
          - {text: Performance, feedback: It fades.}
      - id: q2
        kind: recall
        prompt: What is the bottleneck?
        model_answer: Working memory.
        min_words: 3
"""

_REVIEW = """\
  - id: review
    kind: review_action
    title: What happened?
    minutes: 4
    completion: min_words(5)
    questions:
      - {id: q1, kind: text, prompt: What happened?}
"""

_REST = """\
  - id: reading
    kind: read
    title: Performance and learning
    minutes: 10
    completion: acknowledged
    statements: [NPQLT/1/lt/1, NPQLT/3/lt/1]
    evidence: [roediger-karpicke-2006]
    questions:
      - id: q1
        kind: choice
        prompt: Which one?
        options:
          - {text: This, correct: true, feedback: Yes.}
          - {text: That, feedback: 'No: it is the other.'}
  - id: two-books
    kind: compare
    title: Two books
    minutes: 10
    completion: min_words(10)
    evidence: [chi-1981]
    questions:
      - {id: q1, kind: text, prompt: What differs?}
  - id: dilemma
    kind: scenario
    title: They got it
    minutes: 12
    completion: choice_with_reason
    evidence: [chi-1981]
    questions:
      - id: q1
        kind: choice
        prompt: What do you say?
        options:
          - {text: Ask, correct: true, feedback: You learn more.}
          - {text: Nod, feedback: Nothing changes.}
          - {text: Leave, feedback: They notice.}
  - id: plan
    kind: plan_action
    title: One thing
    minutes: {minutes}
    completion: min_words(20)
    questions:
      - {id: q1, kind: text, prompt: 'Who, when, what?'}
"""

_PROSE = """\
## reading

Tests help memory [@roediger-karpicke-2006].

### A heading

| Week | Task |
|---:|:---:|
| 1 | Quiz |

See [the report](https://example.org/report) or [above](#top).

## two-books

Both are from one class [@chi-1981].

### Book one

It is *full*.

#### Its cover

Blue.

### Book two

It is thin.

## dilemma

A colleague says so [@chi-1981].

## plan

Think of Monday.
"""


def session(number: int) -> str:
    """A valid study session: the first without a review of the last plan."""
    first = number == 1
    activities = _RETRIEVAL + ("" if first else _REVIEW) + _REST
    activities = activities.replace("{minutes}", "12" if first else "8")
    prose = "## recall\n\nFrom memory.\n\n" + ("" if first else "## review\n\n") + _PROSE
    front = f"title: Session {number}\npurpose: To begin\nactivities:\n{activities}"
    return f"---\n{front}---\n\n{prose}"


def write_packs(folder: Path, *changes: tuple[str, str, str], locked: bool = True) -> Path:
    """The folder of packs, locked while valid, then each (file, old, new) text changed."""
    _write_valid(folder)
    if locked:
        (folder / "packs.lock").write_text(_lock())
    for file, old, new in changes:
        change(folder / file, old, new)
    return folder


def _write_valid(folder: Path) -> None:
    files = {
        "evidence.yaml": EVIDENCE,
        "frameworks/npqlt.yaml": FRAMEWORK,
        "small/pack.yaml": PACK,
        **{f"small/m2/s{number}.md": session(number) for number in range(1, 7)},
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


@cache
def _lock() -> str:
    with TemporaryDirectory() as folder:
        _write_valid(Path(folder))
        return lock_text([read_pack(Path(folder), "small")])


def change(file: Path, old: str, new: str) -> None:
    """Put new for the only, or first, old in the file."""
    text = file.read_text("utf-8")
    assert old in text, f"{old!r} is not in {file.name}"
    file.write_text(text.replace(old, new, 1), "utf-8")
