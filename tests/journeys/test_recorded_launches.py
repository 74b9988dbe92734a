"""Messages recorded from a real Moodle, posted again at the moment they were sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import time_machine
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from sqlalchemy import update
from werkzeug.test import TestResponse

from lti_tool.records.tables import PersonRow, PlatformRow, VisitRow
from lti_tool.stores import KeySets
from tests.build import registered
from tests.conftest import ROOT
from tests.journeys.world import World
from tests.lti.world import RecordedSigner

RECORDED = json.loads((ROOT / "tests/data/moodle/launches.json").read_text("utf-8"))
ISSUER, TOOL = RECORDED["issuer"], "http://localhost:8201"
NAMED = {message["name"]: message for message in RECORDED["messages"]}
STUDENT = "student1 resource link"
UNICODE = "student2 (unicode) resource link"
TEACHER = "teacher1 resource link"
CHOOSING = "teacher1 deep linking"


@dataclass
class Replay:
    """The tool as the recorded site knew it, and one browser there."""

    world: World
    client: FlaskClient
    platform: int

    def login(self, name: str) -> str:
        """The state for a recorded message: our answer to its login, asking for its nonce."""
        (token,) = NAMED[name]["launch"]["id_token"]
        nonce = jwt.decode(token, options={"verify_signature": False})["nonce"]
        parts = self.world.parts
        signer = RecordedSigner(parts.settings.secret_keys, nonce)
        self.world.tool.extensions["lti_tool"] = replace(parts, signer=signer)
        answer = self.client.post("/lti/login", data=NAMED[name]["login"])
        assert answer.status_code == 302
        query = parse_qs(urlsplit(answer.location).query)
        assert query["nonce"] == [nonce]
        return query["state"][0]

    def launch(self, name: str) -> TestResponse:
        """Answer the login at once."""
        return self.post(name, self.login(name))

    def post(self, name: str, state: str) -> TestResponse:
        form = {**NAMED[name]["launch"], "state": state}
        return self.client.post("/lti/launch", data=form, follow_redirects=True)


@pytest.fixture
def replay(small_world: World) -> Replay:
    parts = small_world.parts
    settings = parts.settings.model_copy(update={"public_url": TOOL})
    small_world.tool.extensions["lti_tool"] = replace(parts, settings=settings)
    with small_world.database.transaction() as db:
        platform = registered(
            db,
            product="moodle",
            issuer=ISSUER,
            client_id=RECORDED["client_id"],
            auth_url=f"{ISSUER}/mod/lti/auth.php",
            token_url=f"{ISSUER}/mod/lti/token.php",
            jwks_url=f"{ISSUER}/mod/lti/certs.php",
        )
    kept_at = datetime.fromtimestamp(NAMED[STUDENT]["at"], UTC)
    KeySets(small_world.database).save(platform.jwks_url, RECORDED["key_set"], kept_at)
    client = small_world.tool.test_client()
    return Replay(small_world, client, platform.id)


def at(name: str, later_s: float = 0) -> time_machine.travel:
    """The moment a message was sent, or so many seconds after it; time stands still."""
    moment = datetime.fromtimestamp(NAMED[name]["at"] + later_s, UTC)
    return time_machine.travel(moment, tick=False)


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        (STUDENT, "", "Nothing has been chosen"),
        (UNICODE, "", "Nothing has been chosen"),
        ("student3 in Chromium iframe (real browser headers)", "", "Nothing has been chosen"),
        (TEACHER, "staff/", "Nothing has been chosen yet"),
        (CHOOSING, "choose/", "Choose study sessions"),
    ],
)
def test_a_recorded_message_opens_its_page(replay, name, path, said):
    with at(name):
        page = replay.launch(name)

    assert page.status_code == 200
    assert page.request.path.split("/", 3)[3] == path
    assert said in page.text
    assert ISSUER in page.headers["Content-Security-Policy"].split("frame-ancestors")[1]


def test_a_recorded_name_is_kept_and_shown_whole(replay):
    with at(UNICODE):
        page = replay.launch(UNICODE)

    assert "Zoë-Mäe 李小龍 O’Brien-Ñuñez &amp;&#34;ﷺ&#34; 🎓" in page.text
    assert replay.world.rows(PersonRow)[0].name == 'Zoë-Mäe 李小龍 O’Brien-Ñuñez &"ﷺ" 🎓'


@pytest.mark.parametrize(
    ("later_s", "status"),
    [pytest.param(118, 200, id="within a minute of leeway"), pytest.param(121, 403, id="over")],
)
def test_a_recorded_message_is_good_for_its_minute(replay, later_s, status):
    with at(STUDENT, later_s):
        page = replay.launch(STUDENT)

    assert page.status_code == status
    assert ("has expired" in page.text) == (status == 403)
    assert len(replay.world.rows(VisitRow)) == (status == 200)


def test_a_login_left_lying_is_no_longer_answered(replay):
    with at(STUDENT, -601):
        state = replay.login(STUDENT)
    with at(STUDENT):
        page = replay.post(STUDENT, state)

    assert page.status_code == 403
    assert "has expired" in page.text


def test_a_recorded_message_opens_its_page_once(replay):
    with at(STUDENT):
        state = replay.login(STUDENT)
        first, again = replay.post(STUDENT, state), replay.post(STUDENT, state)
        assert [first.status_code, again.status_code] == [200, 200]
        assert first.request.path == again.request.path

    assert len(replay.world.rows(VisitRow)) == 1


def test_the_key_set_is_fetched_once_where_none_is_kept(replay, httpserver: HTTPServer):
    httpserver.expect_oneshot_request("/certs.php").respond_with_json(RECORDED["key_set"])
    elsewhere = {"jwks_url": httpserver.url_for("/certs.php")}
    mine = update(PlatformRow).where(PlatformRow.id == replay.platform)
    replay.world.write(lambda db: db.execute(mine.values(elsewhere)))

    for name in (STUDENT, TEACHER, CHOOSING):
        with at(name):
            assert replay.launch(name).status_code == 200

    assert len(httpserver.log) == 1


def test_a_kind_of_message_we_do_not_serve_is_refused_with_a_page(replay):
    name = "teacher1 submission review for student1"
    with at(name):
        page = replay.launch(name)

    assert page.status_code == 400
    assert not replay.world.rows(VisitRow)
