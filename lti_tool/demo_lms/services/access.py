"""May this call be made? Bearer token, scope, media types, body, page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlencode

from flask import Response, request

from lti_tool.demo_lms.config import TYPE_ID
from lti_tool.demo_lms.lms import lms
from lti_tool.demo_lms.services.refusals import ServiceRefused

T = TypeVar("T")


def need_scope(*any_of: str) -> None:
    """Stop unless the request carries a good access token with one of these scopes."""
    word, _, token = request.headers.get("Authorization", "").partition(" ")
    granted = lms().access.look(token) if word == "Bearer" else None
    if granted is None:
        raise ServiceRefused(
            401,
            "invalid_token",
            "the access token is missing, unknown or expired",
            {"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    if granted.isdisjoint(any_of):
        raise ServiceRefused(403, "insufficient_scope", f"needs {' or '.join(any_of)}")


def need_own_address() -> None:
    """Stop when the tool lost the query of the address it was given."""
    if request.args.getlist("type_id") != [TYPE_ID]:
        raise ServiceRefused(404, "not_found", "type_id is missing from this address or wrong")


def need_accept(media_type: str) -> None:
    """Stop unless Accept is exactly this, as Moodle demands."""
    if request.headers.get("Accept") != media_type:
        raise ServiceRefused(406, "not_acceptable", f"Accept must be exactly {media_type}")


def json_body(media_type: str) -> dict[str, Any]:
    """The request's JSON object, sent as this media type."""
    if request.mimetype != media_type:
        raise ServiceRefused(
            415, "unsupported_media_type", f"Content-Type must be {media_type}"
        )
    try:
        body = json.loads(
            request.get_data(), object_pairs_hook=_distinct, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise bad_request("the body is not JSON, or names a member twice") from error
    if not isinstance(body, dict):
        raise bad_request("the body must be one JSON object")
    return body


def bad_request(why: str) -> ServiceRefused:
    """The refusal for a body or a query that is wrong."""
    return ServiceRefused(400, "invalid_request", why)


def answer(body: Any, media_type: str, status: int = 200) -> Response:
    """JSON under its own media type."""
    return Response(json.dumps(body), status, mimetype=media_type)


def one_page(everything: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
    """The page asked for by `limit` and `from`, and the Link header to the next one."""
    most = lms().config.page_size
    limit = min(_number("limit", most, at_least=1), most)
    start = _number("from", 0, at_least=0)
    page, following = everything[start : start + limit], start + limit
    if following >= len(everything):
        return page, {}
    query = request.args.to_dict() | {"limit": str(limit), "from": str(following)}
    address = f"{lms().config.issuer}{request.path}?{urlencode(query)}"
    return page, {"Link": f'<{address}>; rel="next"'}


def _number(name: str, otherwise: int, *, at_least: int) -> int:
    text = request.args.get(name)
    if text is None:
        return otherwise
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < at_least:
        raise bad_request(f"{name} must be a whole number, {at_least} or more")
    return int(text)


def _distinct(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member is named twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
