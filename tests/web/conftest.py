"""The web application over a real database, and people who have just arrived from an LMS."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from playwright.sync_api import Playwright
from sqlalchemy import Connection, insert
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from lti_tool.app import create_app
from lti_tool.records import tables
from lti_tool.records.db import Database
from lti_tool.records.platforms import add_platform
from lti_tool.records.schema import upgrade
from lti_tool.records.vault import Vault
from lti_tool.records.visits import NewVisit, begin_visit
from lti_tool.settings import Settings
from lti_tool.stores import Platforms, ToolKeys
from lti_tool.study.content import StudySession
from lti_tool.tenancy.platforms import Platform
from lti_tool.web.access import cookie_of_visit, csrf_token
from lti_tool.web.attempts import FailedAttempts
from tests.conftest import CHROMIUM
from tests.packs.build import write_packs
from tests.web.page import Page
from tests.web.small_pack import PACK, answers_to

NOW = datetime.now(UTC)
LMS = "https://lms.school.example"
SECRET = "k" * 40


@dataclass
class Visitor:
    """Somebody's browser after a launch."""

    client: FlaskClient
    database: Database
    key: str
    enrolment: int | None
    person: int
    course: int

    @property
    def home(self) -> str:
        return f"/visit/{self.key}/"

    def get(self, path: str = "", **more: Any) -> TestResponse:
        """Open a page of this visit."""
        return self.client.get(self.home + path, **more)

    def page(self, path: str = "") -> Page:
        """The page found there, redirects followed."""
        return Page(self.get(path, follow_redirects=True).text)

    def post(self, path: str, form: dict[str, str], **more: Any) -> TestResponse:
        """Send a form of this visit."""
        from_page = {"csrf_token": self.csrf(), "client_id": secrets.token_hex(16)}
        return self.client.post(self.home + path, data={**from_page, **form}, **more)

    def asked_again(self, path: str, form: dict[str, str]) -> Page:
        """The page that says what is missing in a form; reloading it sends nothing again."""
        answer = self.post(path, form)
        assert answer.status_code == 303
        assert answer.location == f"{self.home}{path}?again"
        return Page(self.client.get(answer.location).text)

    def csrf(self) -> str:
        """What every form of the visit holds."""
        with self.client.application.app_context():
            g.visit = self
            return csrf_token()

    def do(self, session: StudySession, *activity_ids: str) -> None:
        """Finish these activities, or all of the session."""
        for activity in session.activities:
            if not activity_ids or activity.id in activity_ids:
                path = f"session/{session.item}/{activity.id}"
                assert self.post(path, answers_to(activity)).status_code == 303

    def read(self, work: Callable[[Connection], Any]) -> Any:
        """Look into the database."""
        with self.database.read() as db:
            return work(db)


@pytest.fixture(scope="session")
def packs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_packs(tmp_path_factory.mktemp("content_packs"))


@pytest.fixture(scope="session")
def template_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("database") / "template.db"
    database = Database(f"sqlite:///{file}")
    with database.engine.connect() as db:
        upgrade(db)
        db.commit()
    database.close()
    return file


@pytest.fixture(scope="session")
def whole_app(packs_folder: Path, template_database: Path) -> Iterator[Flask]:
    """Made once: reading packs takes longer than most tests."""
    app = create_app(
        Settings(
            database_url=f"sqlite:///{template_database}",
            public_url="https://npq.example.org",
            secret_keys=(SECRET,),
            content_packs=packs_folder,
            config=packs_folder,
        )
    )
    yield app
    app.extensions["lti_tool"].database.close()


@pytest.fixture
def app(whole_app: Flask, tmp_path: Path, template_database: Path) -> Iterator[Flask]:
    """The application with a database of its own and the small pack."""
    file = tmp_path / "tool.db"
    file.write_bytes(template_database.read_bytes())
    database = Database(f"sqlite:///{file}")
    made = whole_app.extensions["lti_tool"]
    whole_app.extensions["lti_tool"] = replace(
        made,
        database=database,
        packs={PACK.id: PACK},
        platforms=Platforms(database),
        tool_keys=ToolKeys(database, Vault((SECRET,))),
        failed_attempts=FailedAttempts(database, SECRET),
    )
    yield whole_app
    whole_app.extensions["lti_tool"] = made
    database.close()


@pytest.fixture
def arrive(app: Flask) -> Callable[..., Visitor]:
    """Somebody opens a link in a course; the same person and course unless another is named."""
    database = app.extensions["lti_tool"].database
    known: dict[tuple[str, str], int] = {}

    def once(kind: str, called: str, db: Connection, table: Any, /, **columns: Any) -> int:
        if (kind, called) not in known:
            query = insert(table).values(**columns).returning(table.id)
            known[kind, called] = db.execute(query).scalar_one()
        return known[kind, called]

    def lms(db: Connection) -> int:
        platform = Platform(
            id=0, name="School", product="standard", issuer=LMS, client_id="c1",
            auth_url=f"{LMS}/auth", token_url=f"{LMS}/token", jwks_url=f"{LMS}/jwks",
            token_audience=None,
        )  # fmt: skip
        return add_platform(db, platform, [], NOW)

    def arrive(
        item: str | None = "m1.s1",
        role: str = "participant",
        *,
        person: str = "Amira Begum",
        graded: bool = True,
        **visit: Any,
    ) -> Visitor:
        key, cookie = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with database.transaction() as db:
            if ("platform", "") not in known:
                known["platform", ""] = lms(db)
            platform = known["platform", ""]
            deployment = once(
                "deployment", "", db, tables.DeploymentRow,
                platform_id=platform, deployment_id="1", status="active", created_at=NOW,
            )  # fmt: skip
            course = once(
                "course", "", db, tables.ContextRow,
                deployment_id=deployment, lti_id="c", title="Autumn cohort",
            )  # fmt: skip
            who = once(
                "person", person, db, tables.PersonRow,
                platform_id=platform, sub=person, name=person,
            )  # fmt: skip
            enrolment = None
            if role == "participant" and item:
                enrolment = once(
                    "enrolment", person, db, tables.EnrolmentRow,
                    person_id=who, deployment_id=deployment, pack_id=PACK.id,
                    pack_version=PACK.version, pack_digest=PACK.digest, started_at=NOW,
                )  # fmt: skip
            new = NewVisit(
                state_id=secrets.token_urlsafe(16),
                deployment_row=deployment,
                context_row=course,
                link_row=None,
                person_row=who,
                enrolment_row=enrolment,
                role=role,
                graded=graded,
                pack_id=PACK.id if item else None,
                item=item,
                return_url=f"{LMS}/course/1",
                frame_origins=LMS,
                deep_linking=None,
                person_name=person,
                course_title="A course",
                link_title="A link",
            )
            # Not NOW, the time of import: after ten minutes a visit's age is written anew.
            began = datetime.now(UTC)
            assert begin_visit(db, replace(new, **visit), key, cookie, began)
        client = app.test_client()
        client.set_cookie(cookie_of_visit(key), cookie)
        return Visitor(client, database, key, enrolment, who, course)

    return arrive


@dataclass
class Browser:
    """A real browser that can take over a visit."""

    chromium: Any
    origin: str

    @contextmanager
    def open(self, visitor: Visitor, path: str = "", **context: Any) -> Iterator[Any]:
        """A page of the visit, in a window of its own."""
        window = self.chromium.new_context(locale="en-GB", **context)
        self.let_in(window, visitor)
        page = window.new_page()
        page.set_default_timeout(10_000)
        page.goto(self.origin + visitor.home + path)
        yield page
        window.close()

    def let_in(self, window: Any, visitor: Visitor) -> None:
        """Give a browser the cookie of a visit."""
        (cookie,) = visitor.client._cookies.values()
        window.add_cookies(
            [
                {
                    "name": cookie.key,
                    "value": cookie.value,
                    # Chromium takes localhost for secure; setting its cookies does not.
                    "url": self.origin.replace("http:", "https:"),
                    "secure": True,
                    "sameSite": "None",
                }
            ]
        )


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Any]:
    running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield running
    running.close()


@pytest.fixture
def browser(app: Flask, chromium: Any) -> Iterator[Browser]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Browser(chromium, f"http://localhost:{server.port}")
    server.shutdown()
    thread.join()
    server.server_close()
