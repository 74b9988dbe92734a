"""Gradebook columns: list, create, read, change, delete (AGS 2.0, section 3.2)."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, request

from lti_tool.demo_lms.course import LineItem
from lti_tool.demo_lms.lms import lms
from lti_tool.demo_lms.services.access import (
    answer,
    bad_request,
    json_body,
    need_accept,
    need_own_address,
    need_scope,
    one_page,
)
from lti_tool.demo_lms.services.line_item_body import read, written
from lti_tool.demo_lms.services.refusals import ServiceRefused
from lti_tool.demo_lms.services.scopes import LINE_ITEM, LINE_ITEM_READ

blueprint = Blueprint("line_items", __name__)
ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
CONTAINER_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"


@blueprint.get("/lineitems")
def container() -> Response:
    """The columns, filtered and by the page."""
    need_scope(LINE_ITEM, LINE_ITEM_READ)
    need_own_address()
    need_accept(CONTAINER_TYPE)
    page, headers = one_page([item for item in lms().store.line_items() if _wanted(item)])
    response = answer([written(lms().config, item) for item in page], CONTAINER_TYPE)
    response.headers.update(headers)
    return response


@blueprint.post("/lineitems")
def create() -> Response:
    """A new column; asking twice makes two, as the specification has it."""
    need_scope(LINE_ITEM)
    need_own_address()
    need_accept(ITEM_TYPE)
    body = json_body(ITEM_TYPE)
    if "id" in body:
        raise bad_request("id: given by the LMS, not by the tool")
    draft = read("", body)
    if draft.link_id and lms().store.link(draft.link_id) is None:
        raise ServiceRefused(404, "not_found", "resourceLinkId is no link of this course")
    item = lms().store.create_line_item(draft)
    return answer(written(lms().config, item), ITEM_TYPE, 201)


@blueprint.get("/lineitems/<item_id>/lineitem")
def show(item_id: str) -> Response:
    """One column."""
    need_scope(LINE_ITEM, LINE_ITEM_READ)
    item = existing(item_id)
    need_accept(ITEM_TYPE)
    return answer(written(lms().config, item), ITEM_TYPE)


@blueprint.put("/lineitems/<item_id>/lineitem")
def change(item_id: str) -> Response:
    """A column as it shall be; members left out are emptied."""
    need_scope(LINE_ITEM)
    item = existing(item_id)
    need_accept(ITEM_TYPE)
    body = json_body(ITEM_TYPE)
    if body.get("id", lms().config.line_item_url(item_id)) != lms().config.line_item_url(
        item_id
    ):
        raise bad_request("id: cannot be changed")
    wanted = read(item_id, body)
    if wanted.link_id not in (None, item.link_id):
        raise bad_request("resourceLinkId: cannot be changed")
    changed = replace(wanted, link_id=item.link_id)
    lms().store.change_line_item(changed)
    return answer(written(lms().config, changed), ITEM_TYPE)


@blueprint.delete("/lineitems/<item_id>/lineitem")
def delete(item_id: str) -> Response:
    """Remove a column and all its grades."""
    need_scope(LINE_ITEM)
    lms().store.delete_line_item(existing(item_id).id)
    return Response(status=204)


def existing(item_id: str) -> LineItem:
    """The column at this address; stops with 404 when there is none."""
    need_own_address()
    item = lms().store.line_item(item_id)
    if item is None:
        raise ServiceRefused(404, "not_found", "there is no such line item")
    return item


def _wanted(item: LineItem) -> bool:
    values = {
        "resource_link_id": item.link_id,
        "resource_id": item.resource_id,
        "tag": item.tag,
    }
    return all(request.args.get(name, value) == value for name, value in values.items())
