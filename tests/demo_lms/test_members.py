"""Who is in the course, through the tool's eyes."""

from __future__ import annotations

import pytest

from lti_tool.demo_lms.services.scopes import MEMBERSHIP_READ
from tests.demo_lms.conftest import ISSUER

MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership%23Learner"


def members(world, query="", accept=MEMBERS):
    headers = world.bearer(MEMBERSHIP_READ) | {"Accept": accept}
    return world.http.get(f"{ISSUER}/memberships?type_id=1{query}", headers=headers)


def names(answer):
    return [member["given_name"] for member in answer.json()["members"]]


def test_those_enrolled_are_listed_and_the_administrator_is_not(world):
    answer = members(world)

    assert answer.headers["Content-Type"] == MEMBERS
    assert names(answer) == ["Amira", "Tom", "Priya", "Helen"]
    assert answer.json()["context"]["id"] == "npqlt-autumn"
    assert answer.json()["members"][0] == {
        "status": "Active",
        "user_id": "2041",
        "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        "name": "Amira Begum",
        "given_name": "Amira",
        "family_name": "Begum",
        "email": "amira.begum@harrowbank.example",
    }


@pytest.mark.parametrize(
    ("role", "found"),
    [
        (LEARNER, ["Amira", "Tom", "Priya"]),
        ("Learner", ["Amira", "Tom", "Priya"]),
        ("Instructor", ["Helen"]),
        ("Mentor", []),
    ],
)
def test_a_role_filters(world, role, found):
    assert names(members(world, f"&role={role}")) == found


def test_pages_keep_the_filter(world):
    first = members(world, "&limit=2&role=Learner")
    headers = world.bearer(MEMBERSHIP_READ) | {"Accept": MEMBERS}

    second = world.http.get(first.links["next"]["url"], headers=headers)

    assert names(first) + names(second) == ["Amira", "Tom", "Priya"]
    assert "next" not in second.links


def test_the_lms_pages_even_when_nobody_asks(make_world):
    assert len(names(members(make_world(page_size=3)))) == 3


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_only_the_exact_media_type_is_accepted(world, accept):
    assert members(world, accept=accept).status_code == 406


def test_the_address_needs_its_query(world):
    headers = world.bearer(MEMBERSHIP_READ) | {"Accept": MEMBERS}

    assert world.http.get(f"{ISSUER}/memberships", headers=headers).status_code == 404
