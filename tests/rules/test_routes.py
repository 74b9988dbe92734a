"""Every route says whom it serves, and every handler says it aloud."""

from __future__ import annotations

import pytest

from lti_tool.app import create_app


@pytest.fixture
def app(settings):
    made = create_app(settings)
    yield made
    made.extensions["lti_tool"].database.close()


def test_every_blueprint_declares_whom_it_serves(app):
    guarded = {name for name, hooks in app.before_request_funcs.items() if name and hooks}

    assert guarded == set(app.blueprints)


def test_every_route_belongs_to_a_blueprint(app):
    owners = {rule.endpoint.split(".")[0] for rule in app.url_map.iter_rules()}

    assert owners == set(app.blueprints)


def test_every_page_behind_a_launch_is_under_a_visit_and_no_other_is(app):
    for rule in app.url_map.iter_rules():
        in_visit = rule.endpoint.split(".")[0] in {"study", "staff", "choose"}
        assert rule.rule.startswith("/visit/<visit>") == in_visit, rule.rule


def test_without_a_live_visit_no_page_is_served(app):
    browser = app.test_client()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/visit/"):
            continue
        address = rule.rule.replace("<visit>", "x" * 43).replace("<item>", "m2.s1")
        for method in rule.methods - {"OPTIONS"}:
            answer = browser.open(address.replace("<activity_id>", "recall"), method=method)
            assert answer.status_code == 403, (method, rule.rule)


def test_the_contract_is_served(app):
    served = {
        (rule.rule, method) for rule in app.url_map.iter_rules() for method in rule.methods
    }

    for wanted in (
        ("/lti/login", "GET"),
        ("/lti/login", "POST"),
        ("/lti/launch", "POST"),
        ("/lti/jwks", "GET"),
        ("/.well-known/jwks.json", "GET"),
        ("/healthz", "GET"),
        ("/readyz", "GET"),
        ("/metrics", "GET"),
    ):
        assert wanted in served


def test_no_answer_repeats_the_host_a_stranger_sent(app):
    browser = app.test_client()

    for address in ("/visit/x", "/visit//x/", "/open/", "/lti/login/", "//evil.example/"):
        answer = browser.get(address, headers={"Host": "evil.example"})
        assert answer.status_code in {400, 403, 404, 405}, address
        assert "evil.example" not in f"{answer.headers}{answer.text}"


def test_a_broken_database_is_said_to_be_busy_and_not_our_mistake(app, settings):
    database = app.extensions["lti_tool"].database
    database.close()
    with open(settings.database_url.removeprefix("sqlite:///"), "wb") as file:
        file.write(b"no database" * 1000)

    answer = app.test_client().get("/visit/x/")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
