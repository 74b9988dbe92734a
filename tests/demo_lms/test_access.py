"""What a token opens, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lti_tool.demo_lms.services.scopes import LINE_ITEM, MEMBERSHIP_READ, RESULT_READ, SCORE
from tests.demo_lms.conftest import ISSUER

LINE_ITEMS = f"{ISSUER}/lineitems?type_id=1"


CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "bearer {token}", "Basic {token}"]
)
def test_a_call_without_a_good_token_is_refused(world, header):
    header = header.format(token=world.tool.token(world.http, LINE_ITEM))

    answer = world.http.get(LINE_ITEMS, headers={"Authorization": header, "Accept": CONTAINER})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_token_ends_after_an_hour(world):
    headers = world.bearer(LINE_ITEM) | {"Accept": CONTAINER}
    assert world.http.get(LINE_ITEMS, headers=headers).status_code == 200

    world.clock.now += timedelta(hours=1)

    assert world.http.get(LINE_ITEMS, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("method", "url", "scopes"),
    [
        ("GET", LINE_ITEMS, [SCORE, RESULT_READ, MEMBERSHIP_READ]),
        ("POST", LINE_ITEMS, [SCORE, f"{LINE_ITEM}.readonly"]),
        ("GET", f"{ISSUER}/lineitems/1/lineitem?type_id=1", [SCORE]),
        ("PUT", f"{ISSUER}/lineitems/1/lineitem?type_id=1", [SCORE, f"{LINE_ITEM}.readonly"]),
        ("DELETE", f"{ISSUER}/lineitems/1/lineitem?type_id=1", [f"{LINE_ITEM}.readonly"]),
        ("POST", f"{ISSUER}/lineitems/1/lineitem/scores?type_id=1", [LINE_ITEM, RESULT_READ]),
        ("GET", f"{ISSUER}/lineitems/1/lineitem/results?type_id=1", [LINE_ITEM, SCORE]),
        ("GET", f"{ISSUER}/memberships?type_id=1", [LINE_ITEM, SCORE, RESULT_READ]),
    ],
)
def test_a_call_needs_its_own_scope(world, method, url, scopes):
    answer = world.http.request(method, url, headers=world.bearer(*scopes))

    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


def test_tokens_can_be_forgotten(world):
    headers = world.bearer(LINE_ITEM) | {"Accept": CONTAINER}

    world.set_faults(forget_tokens=True)

    assert world.http.get(LINE_ITEMS, headers=headers).status_code == 401
