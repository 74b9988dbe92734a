"""Gradebook columns through the tool's eyes."""

from __future__ import annotations

import pytest

from lti_tool.demo_lms.services.scopes import LINE_ITEM, LINE_ITEM_READ
from tests.demo_lms.conftest import ISSUER, ITEMS

CONTAINER_URL = f"{ISSUER}/lineitems?type_id=1"
ITEM = "application/vnd.ims.lis.v2.lineitem+json"
CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"
GOOD = {"label": "Extra", "scoreMaximum": 4}


def read_all(world, query="", **headers):
    wanted = world.bearer(LINE_ITEM_READ) | {"Accept": CONTAINER} | headers
    return world.http.get(CONTAINER_URL + query, headers=wanted)


def send(world, method, url, body, **headers):
    wanted = world.bearer(LINE_ITEM) | {"Accept": ITEM, "Content-Type": ITEM} | headers
    return world.http.request(method, url, json=body, headers=wanted)


def test_each_session_has_its_column(world):
    answer = read_all(world)

    assert answer.headers["Content-Type"] == CONTAINER
    assert [item["label"] for item in answer.json()] == [title for _, title in ITEMS]
    assert answer.json()[2] == {
        "id": f"{ISSUER}/lineitems/3/lineitem?type_id=1",
        "label": ITEMS[2][1],
        "scoreMaximum": 1,
        "resourceId": "npqlt-demo/m2.s3",
        "tag": "completion",
        "resourceLinkId": "3",
    }
    assert "Link" not in answer.headers


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("&resource_link_id=2", 1),
        ("&resource_id=npqlt-demo/m2.s2", 1),
        ("&tag=completion", 6),
        ("&tag=completion&resource_id=npqlt-demo%2Fm2.s6", 1),
        ("&tag=", 0),
        ("&tag=other", 0),
        ("&resource_link_id=2&resource_id=npqlt-demo/m2.s3", 0),
    ],
)
def test_columns_can_be_filtered(world, query, found):
    assert len(read_all(world, query).json()) == found


def test_pages_follow_one_another(world):
    first = read_all(world, "&limit=4&tag=completion")
    following = first.links["next"]["url"]
    second = world.http.get(following, headers=world.bearer(LINE_ITEM) | {"Accept": CONTAINER})

    assert [len(first.json()), len(second.json())] == [4, 2]
    assert "type_id=1" in following
    assert "tag=completion" in following
    assert second.links == {}


def test_no_page_is_larger_than_the_lms_allows(make_world):
    world = make_world(page_size=5)

    assert len(read_all(world, "&limit=100").json()) == 5


@pytest.mark.parametrize("query", ["&limit=0", "&limit=-1", "&limit=x", "&limit=", "&from=-1"])
def test_a_page_that_is_no_number_is_refused(world, query):
    assert read_all(world, query).status_code == 400


@pytest.mark.parametrize("accept", ["*/*", "application/json", f"{CONTAINER}, */*", ITEM, ""])
def test_only_the_exact_media_type_is_accepted(world, accept):
    assert read_all(world, Accept=accept).status_code == 406
    if accept != ITEM:
        answer = world.http.get(
            world.line_item(), headers=world.bearer(LINE_ITEM) | {"Accept": accept}
        )
        assert answer.status_code == 406


@pytest.mark.parametrize("url", ["/lineitems", "/lineitems?type_id=2", "/lineitems/1/lineitem"])
def test_an_address_without_its_query_is_not_found(world, url):
    accept = ITEM if url.endswith("lineitem") else CONTAINER
    headers = world.bearer(LINE_ITEM) | {"Accept": accept}

    assert world.http.get(ISSUER + url, headers=headers).status_code == 404


def test_a_column_is_created_read_changed_and_deleted(world):
    created = send(
        world,
        "POST",
        CONTAINER_URL,
        GOOD | {"tag": "t", "resourceId": "r", "startDateTime": "2026-11-01T00:00:00Z"},
    )
    url = created.json()["id"]
    headers = world.bearer(LINE_ITEM) | {"Accept": ITEM}
    assert (created.status_code, created.headers["Content-Type"]) == (201, ITEM)
    assert world.http.get(url, headers=headers).json() == created.json()
    assert created.json()["startDateTime"] == "2026-11-01T00:00:00Z"

    changed = send(world, "PUT", url, created.json() | {"label": "Other", "scoreMaximum": 2.5})

    assert changed.status_code == 200
    assert world.http.get(url, headers=headers).json()["label"] == "Other"
    assert changed.json()["scoreMaximum"] == 2.5

    assert world.http.delete(url, headers=headers).status_code == 204
    assert world.http.get(url, headers=headers).status_code == 404


def test_creating_twice_makes_two(world):
    ids = {send(world, "POST", CONTAINER_URL, GOOD).json()["id"] for _ in range(2)}

    assert len(ids) == 2


def test_changing_a_column_keeps_its_link(world):
    changed = send(world, "PUT", world.line_item(2), GOOD)

    assert changed.json()["resourceLinkId"] == "2"


BAD = [
    pytest.param({"label": ...}, 400, id="no label"),
    pytest.param({"label": ""}, 400, id="empty label"),
    pytest.param({"label": "  "}, 400, id="blank label"),
    pytest.param({"label": "x" * 256}, 400, id="endless label"),
    pytest.param({"label": 3}, 400, id="number as label"),
    pytest.param({"scoreMaximum": ...}, 400, id="no maximum"),
    pytest.param({"scoreMaximum": 0}, 400, id="nothing to get"),
    pytest.param({"scoreMaximum": -1}, 400, id="less than nothing"),
    pytest.param({"scoreMaximum": "1"}, 400, id="text as maximum"),
    pytest.param({"scoreMaximum": True}, 400, id="true as maximum"),
    pytest.param({"scoreMaximum": None}, 400, id="null as maximum"),
    pytest.param({"scoreMaximum": 10**400}, 400, id="huge maximum"),
    pytest.param({"resourceId": "r" * 257}, 400, id="endless resourceId"),
    pytest.param({"tag": 1}, 400, id="number as tag"),
    pytest.param({"startDateTime": "2026-11-01"}, 400, id="day without time"),
    pytest.param({"endDateTime": "2026-11-01T00:00:00"}, 400, id="no zone"),
    pytest.param({"gradesReleased": "yes"}, 400, id="text as flag"),
    pytest.param({"submissionReview": []}, 400, id="list as review"),
    pytest.param({"lable": "Extra"}, 400, id="unknown member"),
    pytest.param({"https://vendor.example/x": 1}, 201, id="extension"),
    pytest.param({"gradesReleased": False, "submissionReview": {}}, 201, id="optional members"),
]


@pytest.mark.parametrize(("changes", "status"), BAD)
def test_a_body_is_checked_member_by_member(world, changes, status):
    body = {name: value for name, value in (GOOD | changes).items() if value is not ...}

    assert send(world, "POST", CONTAINER_URL, body).status_code == status
    put = send(world, "PUT", world.line_item(), body)
    assert put.status_code == (200 if status == 201 else status)


def test_a_new_column_gets_its_id_and_link_from_the_lms(world):
    assert send(world, "POST", CONTAINER_URL, GOOD | {"id": "x"}).status_code == 400
    assert send(world, "POST", CONTAINER_URL, GOOD | {"resourceLinkId": "9"}).status_code == 404
    assert send(world, "POST", CONTAINER_URL, GOOD | {"resourceLinkId": "1"}).status_code == 201


def test_id_and_link_of_a_column_cannot_be_changed(world):
    assert send(world, "PUT", world.line_item(), GOOD | {"id": "x"}).status_code == 400
    assert (
        send(world, "PUT", world.line_item(), GOOD | {"resourceLinkId": "2"}).status_code == 400
    )
    same = GOOD | {"resourceLinkId": "1", "id": world.line_item()}
    assert send(world, "PUT", world.line_item(), same).status_code == 200


NO_OBJECT = [
    "",
    "{",
    "[]",
    "7",
    '{"label": "a", "label": "b", "scoreMaximum": 1}',
    '{"label": "a", "scoreMaximum": NaN}',
    "[" * 100_000,
    "\udcff",
]


@pytest.mark.parametrize("text", NO_OBJECT, ids=range(len(NO_OBJECT)))
def test_a_body_that_is_no_json_object_is_refused(world, text):
    headers = world.bearer(LINE_ITEM) | {"Accept": ITEM, "Content-Type": ITEM}

    answer = world.http.post(
        CONTAINER_URL, data=text.encode("utf-8", "surrogateescape"), headers=headers
    )

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("text/plain", 415),
        (CONTAINER, 415),
        (f"{ITEM}; charset=utf-8", 201),
    ],
)
def test_a_body_comes_under_its_own_media_type(world, content_type, status):
    answer = send(world, "POST", CONTAINER_URL, GOOD, **{"Content-Type": content_type})

    assert answer.status_code == status


def test_creating_and_changing_need_the_exact_accept_header(world):
    plain = {"Accept": "application/json"}

    assert send(world, "POST", CONTAINER_URL, GOOD, **plain).status_code == 406
    assert send(world, "PUT", world.line_item(), GOOD, **plain).status_code == 406
