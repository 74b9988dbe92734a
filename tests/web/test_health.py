"""What machines that watch us are told, and the headers every answer carries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from lti_tool.records.db import Database
from lti_tool.records.tables import ContextRow, GradeRow, LineItemRow, PersonRow
from tests.lti.world import COURSE, LTI
from tests.web.page import Page
from tests.web.school import TOOL, School, school_at
from tests.web.small_pack import PACK

TOKEN = "a-token-for-metrics"
FRAMED = ("participant", "staff", "choosing")


@pytest.fixture
def school(whole_app: Flask, sqlite_url: str) -> Iterator[School]:
    with school_at(whole_app, sqlite_url) as made:
        yield made


@pytest.fixture
def either_school(whole_app: Flask, database_url: str) -> Iterator[School]:
    """The same on each database engine."""
    with school_at(whole_app, database_url) as made:
        yield made


def change(school, **parts):
    school.app.extensions["lti_tool"] = replace(school.parts, **parts)


def get(school, path, **how):
    return school.browser().get(f"{TOOL}{path}", **how)


def test_a_process_that_answers_is_alive_whatever_the_database_does(school, tmp_path):
    change(school, database=Database(f"sqlite:///{tmp_path}/no/such/folder.db"))

    answer = get(school, "/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "alive"})


def test_it_is_ready_when_database_schema_and_packs_are(either_school):
    with either_school.watched() as work:
        answer = get(either_school, "/readyz")

    assert answer.status_code == 200
    packs = {f"{PACK.id} {PACK.version}": PACK.digest}
    assert answer.json == {"status": "ready", "packs": packs}
    assert work.commits == 0


def test_it_is_not_ready_while_the_schema_is_behind(either_school):
    change(either_school, schema_revision="0999")

    answer = get(either_school, "/readyz")

    assert answer.status_code == 503
    assert answer.json["fault"] == "Run: lti-tool db upgrade"


def test_it_is_not_ready_on_an_empty_database(school, tmp_path):
    empty = Database(f"sqlite:///{tmp_path}/empty.db")
    change(school, database=empty)

    answer = get(school, "/readyz")
    empty.close()

    assert answer.status_code == 503
    assert answer.json["fault"] == "Run: lti-tool db upgrade"


@pytest.mark.parametrize(
    "url",
    ["sqlite:///{tmp}/no/such/folder.db", "postgresql+psycopg://me@127.0.0.1:1/npq"],
)
def test_it_is_not_ready_while_the_database_is_away(school, tmp_path, url):
    away = Database(url.format(tmp=tmp_path))
    change(school, database=away)

    answer = get(school, "/readyz")
    away.close()

    assert answer.status_code == 503
    assert answer.json == {"status": "not ready", "fault": "The database does not answer."}
    assert "127.0.0.1" not in answer.text


@pytest.mark.parametrize("set_token", [TOKEN, ""])
@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong\u00e9"}]
)
def test_figures_are_for_the_holder_of_the_token(school, set_token, header):
    settings = school.parts.settings.model_copy(update={"metrics_token": set_token})
    change(school, settings=settings)

    answer = get(school, "/metrics", headers=header)

    assert answer.status_code == 404
    assert "lti_tool_" not in answer.text


def test_the_figures_say_how_many_grades_wait_and_since_when(either_school):
    school = either_school
    change(school, settings=school.parts.settings.model_copy(update={"metrics_token": TOKEN}))
    figures = get(school, "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert "lti_tool_grades_owed 0.0" in figures
    assert "lti_tool_grades_oldest_owed_seconds 0.0" in figures

    since = datetime.now(UTC) - timedelta(hours=1)
    owe(school, "a", status="owed", due_at=since, at=since)
    owe(school, "b", status="owed", due_at=since, at=since + timedelta(minutes=30))
    owe(school, "c", status="refused", due_at=None, at=since - timedelta(days=1))
    owe(school, "d", status="delivered", due_at=None, at=since - timedelta(days=2))
    figures = get(school, "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert figures.mimetype == "text/plain"
    values = dict(
        line.split(" ") for line in figures.text.splitlines() if not line.startswith("#")
    )
    assert values["lti_tool_grades_owed"] == "2.0"
    assert values["lti_tool_grades_refused"] == "1.0"
    assert 3600 <= float(values["lti_tool_grades_oldest_owed_seconds"]) < 3660


def owe(school, sub, **columns):
    """A grade of a person of this name."""
    school.launch({"sub": sub})
    (person,) = [row.id for row in school.rows(PersonRow) if row.sub == sub]
    (context,) = {row.id for row in school.rows(ContextRow)}
    (line_item,) = [row.id for row in school.rows(LineItemRow) if row.context_id == context]
    grade = {"line_item_id": line_item, "person_id": person, "given": 1.0, "attempts": 0}
    moments = {"submitted_at": columns["at"], "reason": None}
    with school.database.transaction() as db:
        db.execute(GradeRow.__table__.insert().values(**grade, **moments, **columns))


def framed(school, kind):
    """A page as somebody of this kind gets it in the LMS's frame."""
    claims = {
        "participant": {},
        "staff": {f"{LTI}roles": [f"{COURSE}Instructor"]},
        "choosing": school.world.choosing(
            deep_link_return_url=f"{school.platform.issuer}/return"
        ),
    }[kind]
    browser = school.browser()
    place = school.launch(claims, browser=browser).location
    return browser.get(TOOL + place, follow_redirects=True)


@pytest.mark.parametrize("kind", FRAMED)
def test_a_page_may_be_framed_by_its_own_lms_and_nobody_else(school, kind):
    answer = framed(school, kind)

    assert answer.status_code == 200
    policy = policy_of(answer)
    assert policy["frame-ancestors"] == ["'self'", school.platform.issuer]
    assert policy["default-src"] == policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert not any("unsafe" in source for sources in policy.values() for source in sources)
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in answer.headers["Permissions-Policy"]


def policy_of(answer):
    policy = answer.headers["Content-Security-Policy"]
    return {name: sources for name, *sources in (part.split() for part in policy.split(";"))}


def test_a_way_back_on_another_host_of_the_lms_may_frame_too(whole_app, sqlite_url):
    with school_at(whole_app, sqlite_url) as school:
        back = {"return_url": f"{school.platform.issuer}:8443/course"}
        browser = school.browser()
        place = school.launch({f"{LTI}launch_presentation": back}, browser=browser).location
        policy = policy_of(browser.get(TOOL + place))

    assert policy["frame-ancestors"][:2] == ["'self'", school.platform.issuer]
    assert all(
        source == "'self'" or source.startswith(school.platform.issuer)
        for source in policy["frame-ancestors"]
    )


@pytest.mark.parametrize("path", ["/open/small/m1.s1", "/nowhere", "/visit/x/"])
def test_a_refusal_can_be_read_wherever_the_lms_put_us(school, path):
    answer = get(school, path)

    assert policy_of(answer)["frame-ancestors"] == ["*"]
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_scripts_that_name_this_answers_nonce_run(school):
    nonces = set()
    for page in (framed(school, "participant"), framed(school, "staff"), get(school, "/")):
        (allowed,) = policy_of(page)["script-src"]
        scripts = Page(page.text).all("script")
        assert scripts
        assert {f"'nonce-{script.attributes['nonce']}'" for script in scripts} == {allowed}
        assert all(script.attributes["src"].startswith("/assets/") for script in scripts)
        nonces.add(allowed)
    assert len(nonces) == 3


@pytest.mark.parametrize("path", ["/lti/jwks", "/.well-known/jwks.json", "/healthz", "/readyz"])
def test_what_is_no_page_may_not_be_framed(school, path):
    assert get(school, path).headers["X-Frame-Options"] == "DENY"
