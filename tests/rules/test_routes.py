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
