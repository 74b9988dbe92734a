"""The LMS's way in: login, launch, our public keys."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs
from wsgiref.types import WSGIEnvironment

import structlog
from flask import Blueprint, Response, g, jsonify, make_response, render_template, request
from typing_extensions import override
from werkzeug.datastructures import Headers
from werkzeug.exceptions import MethodNotAllowed

from lti_tool.errors import LaunchRefused
from lti_tool.lti.launch import verify_launch
from lti_tool.lti.login import LoginRedirect, begin_login
from lti_tool.web.access import (
    cookie_of_visit,
    live_visit,
    serve_anyone,
    set_cookie,
    visit_cookie_s,
)
from lti_tool.web.arrival import AlreadyUsed, arrive, home_of, landing
from lti_tool.web.clocks import note_refused
from lti_tool.web.parts import parts
from lti_tool.web.refusals import Answer, refusal
from lti_tool.web.visit_keys import VisitKeys, keys_of_visit

log = structlog.get_logger(__name__)

blueprint = Blueprint("launch", __name__)
serve_anyone(blueprint)

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 200
_LOGIN_METHODS = ("GET", "POST")
_LOGIN_COOKIE_S = 600
_LARGEST_LOGIN = 64 * 1024  # bytes
_LARGEST_LAUNCH = 256 * 1024  # bytes


@blueprint.route("/lti/login", methods=_LOGIN_METHODS)
def login() -> Response:
    """Send the browser back to its LMS to say who it is. Serves anyone; writes nothing."""
    if request.method == "HEAD":  # allowed by Flask wherever GET is
        raise MethodNotAllowed(_LOGIN_METHODS)
    request.max_content_length = _LARGEST_LOGIN
    answer = begin_login(
        _both(request.query_string, _posted()),
        find_platforms=parts().platforms.find,
        signer=parts().signer,
        public_url=parts().settings.public_url,
        now=datetime.now(UTC),
    )
    response = _sent_on(answer)
    set_cookie(response, answer.cookie_name, answer.browser_key, _LOGIN_COOKIE_S)
    return response


@blueprint.post("/lti/launch")
def launch() -> Response:
    """Admit a verified person and open their link. Serves whomever an LMS vouches for."""
    request.max_content_length = _LARGEST_LAUNCH
    if request.mimetype != _FORM:
        raise LaunchRefused("bad_request", "content_type")
    form = _both(b"", _posted())
    if not _is_from_our_page():
        form.pop("browser_key", None)
    now = datetime.now(UTC)
    try:
        verified, browser = verify_launch(
            form,
            request.cookies,
            platform_of=parts().platforms.by_id,
            signer=parts().signer,
            keys=parts().platform_keys,
            public_url=parts().settings.public_url,
            now=now,
        )
    except LaunchRefused as refused:
        note_refused(refused, now)
        raise
    keys = keys_of_visit(verified, browser.key)
    try:
        arrived = arrive(verified, keys, browser.carrier)
    except AlreadyUsed:
        return _back_to_visit(keys)
    g.visit = arrived.visit
    response = _Redirect(landing(arrived), 303)
    set_cookie(response, cookie_of_visit(keys.key), keys.cookie, visit_cookie_s())
    return response


@blueprint.get("/lti/jwks")
@blueprint.get("/.well-known/jwks.json")
def jwks() -> Response:
    """Our public keys, for LMSs. Serves anyone."""
    response = jsonify(parts().tool_keys.key_set())
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get("/")
@blueprint.get("/open/<path:_item>")
def opened_directly(_item: str = "") -> Answer:
    """Where links in LMSs point; opened without an LMS there is nobody to show it to."""
    return refusal("direct", "opened_directly")


def _posted() -> bytes:
    """The form that was posted; empty for anything else."""
    return request.get_data() if request.mimetype == _FORM else b""


def _both(query: bytes, form: bytes) -> dict[str, list[str]]:
    """Every value given, by name. Bytes that are no UTF-8 become U+FFFD."""
    try:
        return parse_qs(
            b"&".join(part for part in (query, form) if part).decode(errors="replace"),
            keep_blank_values=True,
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as error:
        raise LaunchRefused("bad_request", "too_many_fields") from error


def _is_from_our_page() -> bool:
    """Whether a page of ours posted this: a key that another site's page posts is its own.

    Source: W3C Fetch Metadata Request Headers; Fetch, 3.2, for browsers without them.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is None:
        return request.headers.get("Origin") == parts().settings.public_url
    return site == "same-origin"


def _sent_on(answer: LoginRedirect) -> Response:
    """On to the LMS: for a browser by a page that keeps the key first, else at once."""
    if "text/html" not in request.headers.get("Accept", ""):
        return _Redirect(answer.url, 302)
    return make_response(render_template("launch/login.html", login=answer))


def _back_to_visit(keys: VisitKeys) -> Response:
    """To the visit that this launch began, for the browser that still has its cookie.

    So Reload, Back and a double click do no harm.
    """
    visit = live_visit(keys.key)
    if visit is None:
        raise LaunchRefused("stale", "state_used")
    g.visit = visit
    log.info("state_used")
    return _Redirect(home_of(visit), 303)


class _Redirect(Response):
    """Sends the browser on, without a page nobody sees."""

    def __init__(self, address: str, status: int) -> None:
        """Take an address that is written as a URL must be."""
        super().__init__(status=status, headers={"Location": address, "Content-Length": "0"})

    @override
    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        return self.headers  # there is nothing to spell anew
