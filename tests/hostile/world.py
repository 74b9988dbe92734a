"""The whole tool on a real database, an LMS that says anything, and a net that tells on us."""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from flask.testing import FlaskClient
from requests.adapters import BaseAdapter
from sqlalchemy import delete, update
from typing_extensions import override
from urllib3 import HTTPResponse
from werkzeug.test import TestResponse

from lti_tool.app import create_app
from lti_tool.lti.http import lms_session
from lti_tool.lti.keys import public_jwk
from lti_tool.records.columns import Table
from lti_tool.records.db import AnyRow
from lti_tool.records.tables import PlatformRow, VisitRow
from lti_tool.records.visits import hash_of
from lti_tool.settings import Settings
from tests.build import registered
from tests.conftest import SECRET
from tests.lti.world import COURSE
from tests.web.school import LAUNCH, TOOL, School, Work, key_of
from tests.web.small_pack import PACK

EVIL = "https://evil.example"
SCRIPT = "<script>alert(1)</script>"
SUB, NAME, EMAIL = "person-8d1f-4711", "Zebedee Quill", "zebedee@school.example"
FIRST_PAGE = "m1.s1"
_OF_ROLES = ("roles_", "test_user")
_numbers = itertools.count(1)
Answers = Callable[[], requests.Response]


class Internet(BaseAdapter):
    """Every https host there is, but those on loopback; notes what is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Answers] = {}
        self.asked: list[str] = []

    @override
    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        url = str(request.url)
        self.asked.append(url)
        if url not in self.answers:
            raise requests.ConnectionError(f"nobody at {url}")
        response = self.answers[url]()
        response.url, response.request = url, request
        return response

    @override
    def close(self) -> None:
        return

    def serve(self, url: str, body: Any, status: int = 200, **headers: str) -> None:
        """Answer like this from now on; what is no octets is written as JSON."""
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers[url] = lambda: _response(octets, status, headers)


def _response(body: bytes, status: int, headers: Mapping[str, str]) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    made.raw = HTTPResponse(io.BytesIO(body), made.headers, status, preload_content=False)
    return made


@dataclass
class Lms(School):
    """A registered LMS whose keys the tool knows, and the one whose launches are watched."""

    internet: Internet = field(default_factory=Internet)
    is_sound: bool = True  # its good launches open

    @override
    def browser(self) -> FlaskClient:
        """A browser at an address of its own: nobody pays for the failures of the others."""
        browser = self.app.test_client()
        number = next(_numbers)
        browser.environ_base["REMOTE_ADDR"] = f"198.18.{number // 250}.{number % 250 + 1}"
        return browser

    @override
    def _usual(self) -> dict[str, Any]:
        return {**super()._usual(), "sub": SUB, "name": NAME, "email": EMAIL}

    def publish(self, *entries: dict[str, Any]) -> None:
        """The LMS's key set from now on; its own key where none is given."""
        keys = {"keys": list(entries) or [public_jwk(self.key)]}
        self.internet.serve(self.platform.jwks_url, keys)

    def open(self, claims: Mapping[str, Any] | None = None, **login: str) -> Opened:
        """What somebody gets for this message."""
        browser = self.browser()
        form = self.form(self.login(browser, **login), claims)
        with self.watched() as work:
            answer = browser.post(LAUNCH, data=form)
        assert answer.status_code == 303, work.log
        return Opened(self, browser, answer, work)

    def forget_visits(self) -> None:
        """As when those that have ended were purged."""
        with self.database.transaction() as db:
            db.execute(delete(VisitRow))

    def end_visit(self, key: str) -> None:
        """As when nobody has clicked in it for eight hours."""
        with self.database.transaction() as db:
            mine = VisitRow.key_hash == hash_of(key)
            db.execute(
                update(VisitRow).where(mine).values(seen_at=datetime(2020, 1, 1, tzinfo=UTC))
            )

    def registered(self, name: str = "first", **changes: Any) -> Lms:
        """One more LMS on the same tool: its keys are published, and not yet fetched."""
        with self.database.transaction() as db:
            platform = registered(db, "3", **changes)
            if not platform.active:
                db.execute(
                    update(PlatformRow)
                    .where(PlatformRow.id == platform.id)
                    .values(status="suspended")
                )
        made = replace(self, platform=platform, key=key_of(name))
        made.publish()
        return made


@dataclass
class Opened:
    """Somebody who got in."""

    lms: Lms
    browser: FlaskClient
    answer: TestResponse
    work: Work

    @property
    def odd(self) -> list[str]:
        """What the log says is odd about the message: of its roles, then of all else."""
        (line,) = [entry for entry in self.work.log if entry["event"] == "launched"]
        remarks = [e["event"] for e in self.work.log if e["event"].startswith(_OF_ROLES)]
        return [*remarks, *line["odd"]]

    @property
    def visit(self) -> AnyRow:
        """The row of this visit."""
        wanted = hash_of(visit_key(self.answer.location))
        (found,) = [row for row in self.lms.rows(VisitRow) if row.key_hash == wanted]
        return found

    @property
    def page(self) -> str:
        """Where the launch led, as text."""
        shown = self.browser.get(self.answer.location, base_url=TOOL, follow_redirects=True)
        assert shown.status_code == 200
        return shown.text

    def row(self, table: type[Table], row_id: int) -> AnyRow:
        """One row of what the launch left."""
        (found,) = [row for row in self.lms.rows(table) if row.id == row_id]
        return found


@contextmanager
def tool_at(database_url: str, packs: Path) -> Iterator[Lms]:
    """The tool on this database, and an LMS from which somebody came in before."""
    http, internet = lms_session(private_networks=["127.0.0.0/8"]), Internet()
    http.mount("https://127.0.0.1", http.get_adapter("https://"))
    http.mount("https://rebound.example", lms_session().get_adapter("https://"))
    http.mount("https://", internet)
    app = _app(database_url, packs, http)
    parts = app.extensions["lti_tool"]
    with parts.database.transaction() as db:
        platform = registered(db, "3")
    lms = Lms(app, parts.database, platform, key_of("first"), internet=internet)
    lms.publish()
    lms.open()
    yield lms
    parts.database.close()
    http.close()


@contextmanager
def another_process(lms: Lms) -> Iterator[Lms]:
    """The same LMS in front of a second process of the tool, which knows only the database."""
    settings = lms.parts.settings
    app = _app(settings.database_url, settings.content_packs, lms.parts.platform_keys.http)
    yield replace(lms, app=app)
    app.extensions["lti_tool"].database.close()


def _app(database_url: str, packs: Path, http: requests.Session) -> Flask:
    settings = Settings(
        database_url=database_url,
        public_url=TOOL,
        secret_keys=(SECRET,),
        content_packs=packs,
        config=packs,
    )
    app = create_app(settings, http)
    app.extensions["lti_tool"] = replace(app.extensions["lti_tool"], packs={PACK.id: PACK})
    return app


@dataclass(frozen=True)
class After:
    """So many seconds from when the message is signed, as the value of a claim."""

    seconds: float


def timed(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The claims with their moments filled in."""
    now = datetime.now(UTC).timestamp()
    return {
        name: now + value.seconds if isinstance(value, After) else value
        for name, value in claims.items()
    }


def course_role(name: str) -> str:
    """A role in the course."""
    return f"{COURSE}{name}"


def visit_key(location: str) -> str:
    """The key in the address of a visit."""
    found = re.match(r"/visit/([^/]+)/", location)
    assert found, location
    return found[1]
