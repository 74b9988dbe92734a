"""Every row of the catalogue is claimed by a test, and every claim is of a row there is."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import ROOT

FOLDER = Path(__file__).parent
MODULES = tuple(
    importlib.import_module(f"tests.hostile.{file.stem}")
    for file in sorted(FOLDER.glob("test_*_rows.py"))
)


@dataclass(frozen=True)
class Row:
    """One line of the catalogue."""

    id: str
    words: str
    elsewhere: str  # the test that proves it; empty when it is one of this folder


def catalogue() -> Iterator[Row]:
    for line in (FOLDER / "catalogue.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            said, _, elsewhere = line.partition(" -> ")
            name, _, words = said.partition(" ")
            yield Row(name, words.strip(), elsewhere.strip())


CATALOGUE = tuple(catalogue())


def claims_of(module: ModuleType) -> Iterator[str]:
    """The ids that a module's tests stand for."""
    for name, test in vars(module).items():
        for mark in getattr(test, "pytestmark", []) if name.startswith("test_") else []:
            if mark.name == "rows":
                yield from mark.args
            elif mark.name == "parametrize":
                ids = [getattr(row, "id", None) or "" for row in mark.args[1]]
                yield from (row.split()[0] for row in ids if row[:1].isdigit())


def test_each_row_is_listed_once_and_says_what_it_is():
    assert not [
        name for name, times in Counter(row.id for row in CATALOGUE).items() if times > 1
    ]
    assert all(row.words for row in CATALOGUE)
    assert len(CATALOGUE) == 173


def test_every_row_is_claimed():
    claimed = {claim for module in MODULES for claim in claims_of(module)}

    missing = [row.id for row in CATALOGUE if row.id not in claimed and not row.elsewhere]
    assert missing == []
    assert claimed - {row.id for row in CATALOGUE} == set()


@pytest.mark.parametrize(
    "row", [row for row in CATALOGUE if row.elsewhere], ids=lambda row: row.id
)
def test_what_is_proved_elsewhere_is_there(row):
    file, _, name = row.elsewhere.partition("::")

    text = (ROOT / file).read_text("utf-8")
    assert f"\ndef {name or 'test_'}" in text
