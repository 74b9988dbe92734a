"""One tool per database for all rows: a refusal must leave nothing for the next one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import empty_postgres, migrate
from tests.hostile.world import Lms, tool_at
from tests.packs.build import write_packs


@pytest.fixture(scope="session")
def hostile_packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_packs(tmp_path_factory.mktemp("content_packs"))


@pytest.fixture(scope="session")
def tool_on_sqlite(
    sqlite_template: Path, hostile_packs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lms]:
    file = tmp_path_factory.mktemp("hostile") / "tool.db"
    shutil.copy(sqlite_template, file)
    with tool_at(f"sqlite:///{file}", hostile_packs) as lms:
        yield lms


@pytest.fixture(scope="session")
def tool_on_postgresql(postgres_server: str, hostile_packs: Path) -> Iterator[Lms]:
    url = empty_postgres(postgres_server, "npq_hostile")
    migrate(url)
    with tool_at(url, hostile_packs) as lms:
        yield lms


@pytest.fixture(params=["sqlite", "postgresql"])
def lms(request: pytest.FixtureRequest) -> Lms:
    """A school's LMS in front of the tool; the test runs once on each database engine."""
    found: Lms = request.getfixturevalue(f"tool_on_{request.param}")
    return found
