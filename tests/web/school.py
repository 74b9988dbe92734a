"""A school's LMS that signs whatever a test says, and the tool it sends browsers to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, func, select
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from lti_tool.lti.keys import ToolKey, new_tool_key, public_jwk
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.records.columns import Table
from lti_tool.records.db import AnyRow, Database
from lti_tool.records.trust_tables import KeySetRow
from lti_tool.records.vault import Vault
from lti_tool.stores import KeySets, Platforms, ToolKeys
from lti_tool.tenancy.platforms import Platform
from lti_tool.web.attempts import FailedAttempts
from lti_tool.web.parts import Parts
from tests.build import registered
from tests.lti.world import LTI, World, changed
from tests.web.small_pack import PACK

TOOL = "https://npq.example.org"
LAUNCH = f"{TOOL}/lti/launch"
LOGIN = f"{TOOL}/lti/login"
_WRITES = ("INSERT", "UPDATE", "DELETE")
FORM_COOKIE = "__Host-npq-login-"
VISIT_COOKIE = "__Host-npq-visit-"


@cache
def key_of(name: str) -> ToolKey:
    """A key of this name; made once."""
    return new_tool_key()


@dataclass
class Work:
    """What was asked of the database meanwhile."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0
    log: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def refusal(self) -> Mapping[str, Any]:
        (found,) = [entry for entry in self.log if entry["event"] == "refused"]
        return found


@dataclass
class School:
    """One registered LMS, and the tool with a database of its own."""

    app: Flask
    database: Database
    platform: Platform
    key: ToolKey
    deployment_id: str = "3"

    @property
    def world(self) -> World:
        """Signs the messages; time is the real one."""
        with requests.Session() as nobody:
            nobody.adapters.clear()
        return World(self.key, nobody, self.platform, public_url=TOOL, now=datetime.now(UTC))

    @property
    def parts(self) -> Parts:
        found: Parts = self.app.extensions["lti_tool"]
        return found

    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def begin(self, **changes: Any) -> dict[str, Any]:
        """The parameters of a login."""
        usual = {
            "iss": self.platform.issuer,
            "login_hint": "5",
            "target_link_uri": f"{TOOL}/open/{PACK.id}/m1.s1",
            "client_id": self.platform.client_id,
            "lti_deployment_id": self.deployment_id,
        }
        return changed(usual, changes)

    def login(self, browser: FlaskClient, **changes: Any) -> dict[str, str]:
        """What the tool asks the LMS: state, nonce and the rest."""
        answer = browser.post(LOGIN, data=self.begin(**changes))
        assert answer.status_code == 302, answer.text
        query = parse_qs(urlsplit(answer.location).query, strict_parsing=True)
        return {name: value for name, [value] in query.items()}

    def form(
        self,
        asked: Mapping[str, str],
        claims: Mapping[str, Any] | str | None = None,
        header: Mapping[str, Any] | str | None = None,
        key: ToolKey | None = None,
    ) -> dict[str, str]:
        """The LMS's answer: what its page makes the browser post."""
        said = claims if isinstance(claims, str) else {**self._usual(), **(claims or {})}
        token = self.world.token(asked["nonce"], said, header or {}, key)
        return {"id_token": token, "state": asked["state"]}

    def _usual(self) -> dict[str, Any]:
        target = f"{TOOL}/open/{PACK.id}/m1.s1"
        return {
            f"{LTI}target_link_uri": target,
            f"{LTI}custom": {"npq_item": f"{PACK.id}/m1.s1"},
            f"{LTI}deployment_id": self.deployment_id,
            f"{LTI}launch_presentation": {"return_url": f"{self.platform.issuer}/course"},
            "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
                "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
                "lineitem": f"{self.platform.issuer}/items/1",
            },
        }

    def launch(
        self,
        claims: Mapping[str, Any] | None = None,
        browser: FlaskClient | None = None,
        **more: Any,
    ) -> TestResponse:
        """Login and launch, up to the redirect that follows."""
        browser = browser or self.browser()
        return browser.post(LAUNCH, data=self.form(self.login(browser), claims, **more))

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        with self.database.read() as db:
            return {
                table.name: db.scalar(select(func.count()).select_from(table)) or 0
                for table in Table.metadata.sorted_tables
            }

    def rows(self, table: type[Table]) -> list[AnyRow]:
        with self.database.read() as db:
            columns, key = table.__table__.columns, table.__table__.primary_key
            return list(db.execute(select(*columns).order_by(*key)))

    def watched(self) -> AbstractContextManager[Work]:
        """Notes what is asked of the database and what is logged."""
        return watched(self.database)


@contextmanager
def watched(database: Database) -> Iterator[Work]:
    """Notes what is asked of a database and what is logged meanwhile."""
    work = Work()

    def asked(*about: Any) -> None:
        if not about[2].startswith("BEGIN"):
            work.statements.append(about[2])

    def wrote(*about: Any) -> None:
        if about[0].engine is database.reading and about[2].startswith(_WRITES):
            work.commits += 1  # each statement by itself

    def committed(_db: Any) -> None:
        work.commits += 1

    listeners = {
        "before_cursor_execute": asked,
        "after_cursor_execute": wrote,
        "commit": committed,
    }
    watched = [
        (engine, name, listener)
        for engine in (database.engine, database.reading)
        for name, listener in listeners.items()
    ]
    for each in watched:
        event.listen(*each)
    try:
        with capture_logs() as work.log:
            yield work
    finally:
        for each in watched:
            event.remove(*each)


@contextmanager
def school_at(app: Flask, database_url: str) -> Iterator[School]:
    """The school's LMS, registered in this database; the tool uses nothing else meanwhile."""
    database = Database(database_url)
    made = app.extensions["lti_tool"]
    nobody = requests.Session()
    nobody.adapters.clear()
    app.extensions["lti_tool"] = replace(
        made,
        database=database,
        packs={PACK.id: PACK},
        platforms=Platforms(database),
        platform_keys=PlatformKeys(nobody, KeySets(database)),
        tool_keys=ToolKeys(database, Vault(made.settings.secret_keys)),
        failed_attempts=FailedAttempts(database, made.settings.secret_keys[0]),
    )
    try:
        yield another_school(app, database, "first")
    finally:
        app.extensions["lti_tool"] = made
        database.close()
        nobody.close()


def forget_keys(school: School) -> None:
    """As in a new process while the LMS does not answer."""
    with school.database.transaction() as db:
        db.execute(delete(KeySetRow))
    http = school.parts.platform_keys.http
    keys = PlatformKeys(http, KeySets(school.database))
    school.app.extensions["lti_tool"] = replace(school.parts, platform_keys=keys)


def publish_keys(school: School) -> None:
    """As when the LMS's keys have been fetched."""
    keys = {"keys": [public_jwk(school.key)]}
    KeySets(school.database).save(school.platform.jwks_url, keys, datetime.now(UTC))


def another_school(app: Flask, database: Database, name: str) -> School:
    """One more LMS, with a key and a deployment of its own."""
    key = key_of(name)
    with database.transaction() as db:
        platform = registered(db, "3")
    school = School(app, database, platform, key)
    publish_keys(school)
    return school


def reference_in(page: TestResponse) -> str:
    """The reference id a page shows."""
    found = re.search(r"Reference <strong><code>([0-9a-f]{8})</code>", page.text)
    assert found, page.text
    return found[1]


def cookies_set(answer: TestResponse) -> dict[str, list[str]]:
    """Attributes of each cookie an answer sets, by name."""
    headers = (header.split("; ") for header in answer.headers.getlist("Set-Cookie"))
    return {first.partition("=")[0]: rest for first, *rest in headers}
