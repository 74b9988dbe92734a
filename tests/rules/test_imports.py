"""The architecture, as a test: which package may import which."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "lti_tool"

MAY_IMPORT = {  # package -> (packages of ours, third-party packages)
    "study": (set(), set()),
    "packs": ({"study"}, {"pydantic", "yaml", "markdown_it", "mdit_py_plugins", "nh3"}),
    "tenancy": (set(), set()),
    "lms": (set(), set()),
    "lti": (
        {"tenancy", "lms"},
        {"pylti1p3", "jwt", "requests", "requests_hardened", "cryptography", "itsdangerous",
         "urllib3", "typing_extensions", "structlog"},
    ),
    "records": (
        {"study", "tenancy"},
        {"sqlalchemy", "alembic", "cryptography", "typing_extensions"},
    ),
    "delivery": ({"tenancy", "lti", "records", "stores", "settings"}, {"structlog"}),
    "web": (
        {"study", "tenancy", "lti", "records", "stores", "settings"},
        {"flask", "werkzeug", "markupsafe", "sqlalchemy", "structlog", "prometheus_client",
         "wtforms", "flask_bootstrap", "typing_extensions"},
    ),
    "demo_lms": (set(), {"flask", "werkzeug", "markupsafe", "cryptography", "jwt", "requests"}),
    "commands": (None, None),  # roots, like the modules beside the packages
}  # fmt: skip
MODULES = {  # beside the packages and read by them -> packages of ours
    "errors": set(),
    "settings": {"errors", "tenancy"},
    "stores": {"lti", "records", "tenancy"},
}


def imports_of(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are written in full"
            names.add(node.module or "")
            if node.module == "lti_tool":
                names |= {f"lti_tool.{alias.name}" for alias in node.names}
    return names


def breaks(package: str, name: str) -> bool:
    ours, theirs = MAY_IMPORT[package]
    top, _, rest = name.partition(".")
    if top == "lti_tool" and rest:
        return rest.split(".")[0] not in ours | {"errors", package}
    return top not in sys.stdlib_module_names | theirs | {"lti_tool"}


@pytest.mark.parametrize("package", sorted(set(MAY_IMPORT) - {"commands"}))
def test_a_package_imports_only_what_it_may(package):
    files = sorted((PACKAGE / package).rglob("*.py"))
    assert files

    for file in files:
        broken = sorted(name for name in imports_of(file) if breaks(package, name))
        assert not broken, f"{file.relative_to(ROOT)}: {broken}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_that_packages_read_imports_only_what_it_may(module):
    names = [name for name in imports_of(PACKAGE / f"{module}.py") if name.count(".")]
    ours = {name.split(".")[1] for name in names if name.startswith("lti_tool.")}

    assert ours <= MODULES[module]


def test_no_import_is_hidden_from_the_running_program():
    for file in sorted(PACKAGE.rglob("*.py")):
        assert "TYPE_CHECKING" not in file.read_text("utf-8"), file.relative_to(ROOT)


def test_a_forbidden_import_would_be_noticed():
    assert breaks("study", "flask")
    assert breaks("study", "psycopg")
    assert breaks("lti", "lti_tool.records.db")
    assert breaks("records", "lti_tool.lti.keys")
    assert not breaks("web", "lti_tool.lti.login")


def test_every_package_has_a_rule():
    packages = {file.parent.name for file in PACKAGE.glob("*/__init__.py")}

    assert packages == set(MAY_IMPORT)


def test_nothing_is_imported_inside_a_function():
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        for outer in ast.walk(tree):
            if isinstance(outer, ast.FunctionDef):
                late = [
                    n for n in ast.walk(outer) if isinstance(n, ast.Import | ast.ImportFrom)
                ]
                assert not late, f"{file.relative_to(ROOT)}:{outer.name}"


def test_only_the_lms_package_names_a_product():
    products = re.compile(r"\b(moodle|canvas|blackboard|brightspace|sakai)\b", re.IGNORECASE)
    for file in sorted(PACKAGE.rglob("*.py")):
        if not {PACKAGE / "lms", PACKAGE / "demo_lms"} & set(file.parents):  # what an LMS does
            found = products.search(file.read_text("utf-8"))
            assert not found, f"{file.relative_to(ROOT)}: {found and found[0]}"


def test_modules_and_functions_stay_small():
    for file in sorted(PACKAGE.rglob("*.py")):
        if "migrations" in file.parts:
            continue
        text = file.read_text("utf-8")
        assert text.count("\n") <= 250, file.relative_to(ROOT)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                assert lines <= 40, f"{file.relative_to(ROOT)}: {node.name} has {lines} lines"
