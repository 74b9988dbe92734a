"""The command line in this process, over a fresh database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

from lti_tool import cli
from lti_tool.records.db import Database
from tests.conftest import ROOT, SECRET


@pytest.fixture
def env(sqlite_url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": sqlite_url,
        "PUBLIC_URL": "https://npq.example.org",
        "SECRET_KEYS": SECRET,
        "CONTENT_PACKS": str(ROOT / "content_packs"),
        "LOG_FORMAT": "console",
    }


@pytest.fixture
def lti_tool(env: dict[str, str]) -> Callable[..., tuple[int, str]]:
    """Run a command; its exit code and what it said."""

    def call(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli.lti_tool, arguments, env=env)
        return result.exit_code, result.output

    return call


@pytest.fixture
def stored(env: dict[str, str]) -> Iterator[Database]:
    """What the commands work on."""
    database = Database(env["DATABASE_URL"])
    yield database
    database.close()
