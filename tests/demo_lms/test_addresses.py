"""Addresses that are not there, and methods that do not fit."""

from __future__ import annotations

import pytest

from lti_tool.demo_lms.services.scopes import LINE_ITEM, RESULT_READ, SCORE
from tests.demo_lms.conftest import ISSUER


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/lineitems/99/lineitem"),
        ("PUT", "/lineitems/99/lineitem"),
        ("DELETE", "/lineitems/99/lineitem"),
        ("POST", "/lineitems/99/lineitem/scores"),
        ("GET", "/lineitems/99/lineitem/results"),
        ("POST", "/lineitems/1/scores"),
    ],
)
def test_what_is_not_there_is_not_found(world, method, path):
    headers = world.bearer(LINE_ITEM, SCORE, RESULT_READ)

    answer = world.http.request(method, f"{ISSUER}{path}?type_id=1", headers=headers)

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/lineitems/1/lineitem/scores"),
        ("PUT", "/lineitems/1/lineitem/scores"),
        ("POST", "/lineitems/1/lineitem/results"),
        ("DELETE", "/lineitems"),
        ("POST", "/memberships"),
        ("POST", "/jwks"),
    ],
)
def test_other_methods_are_refused(world, method, path):
    answer = world.http.request(method, f"{ISSUER}{path}?type_id=1")

    assert answer.status_code == 405
    assert "Allow" in answer.headers
    assert answer.headers["Content-Type"] == "application/json"
