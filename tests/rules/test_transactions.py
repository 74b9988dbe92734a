"""The caller decides what is atomic; nobody holds a transaction while an LMS is called."""

from __future__ import annotations

import ast

from tests.conftest import ROOT

PACKAGE = ROOT / "lti_tool"


def calls_of(folder: str) -> list[tuple[str, str]]:
    found = []
    for file in sorted((PACKAGE / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                found.append((file.name, node.func.attr))
    return found


def test_records_never_commit_or_open_a_transaction():
    for file, called in calls_of("records"):
        if file == "db.py" or file == "env.py":
            continue
        assert called not in {"commit", "begin", "connect", "transaction", "run"}, file


def test_packages_below_the_edge_open_no_transaction():
    for folder in ("study", "packs", "tenancy", "lms", "lti"):
        for file, called in calls_of(folder):
            assert called not in {"commit", "transaction"}, f"{folder}/{file}"
