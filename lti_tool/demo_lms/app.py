"""Puts the demo LMS together."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from lti_tool.demo_lms.config import SITE_NAME, DemoConfig
from lti_tool.demo_lms.course import CONTEXT_TITLE
from lti_tool.demo_lms.guards import own_host_only, protect, script_nonce, signed_in
from lti_tool.demo_lms.launch import auth, deep_linking, login
from lti_tool.demo_lms.lms import build_lms, lms
from lti_tool.demo_lms.pages import admin, course, gradebook, storage
from lti_tool.demo_lms.services import line_items, members, scores, token
from lti_tool.demo_lms.services.refusals import ServiceRefused, answer_refusal
from lti_tool.demo_lms.traffic import Traffic

_LARGEST_REQUEST = 1024 * 1024  # bytes
_PARTS = (
    login,
    auth,
    deep_linking,
    token,
    line_items,
    scores,
    members,
    course,
    gradebook,
    admin,
    storage,
)
_SERVICES = ("/token", "/jwks", "/lineitems", "/memberships", "/admin/faults")


def create_demo_lms(config: DemoConfig) -> Flask:
    """A demo LMS as a WSGI application; its parts are `app.extensions["demo_lms"]`.

    Raises:
        Misconfigured: the state file cannot be used.
    """
    app = _assembled()
    equip(app, config)
    return app


def equip(app: Flask, config: DemoConfig) -> None:
    """Give the application the parts of another LMS; it forgets the one it was.

    Raises:
        Misconfigured: the state file cannot be used.
    """
    app.extensions["demo_lms"] = parts = build_lms(config)
    app.wsgi_app = Traffic(  # type: ignore[method-assign]
        partial(Flask.wsgi_app, app), parts.faults, parts.events, config.now, config.sleep
    )


def _assembled() -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    for part in _PARTS:
        app.register_blueprint(part.blueprint)
    app.add_url_rule("/jwks", view_func=_jwks)
    app.before_request(own_host_only)
    app.after_request(protect)
    app.context_processor(_page_values)
    app.register_error_handler(ServiceRefused, answer_refusal)
    app.register_error_handler(HTTPException, _error)
    return app


def _jwks() -> Response:
    """Our public keys."""
    return jsonify(lms().key.key_set())


def _page_values() -> dict[str, object]:
    """What every template may use."""
    return {
        "site": SITE_NAME,
        "course": CONTEXT_TITLE,
        "me": signed_in(),
        "script_nonce": script_nonce(),
        "storage": lms().faults.platform_storage,
        "tool_origin": lms().config.tool_origin,
    }


def _error(error: HTTPException) -> AnyResponse:
    """JSON for programs, a page for people, with the same status."""
    response = error.get_response()
    if request.path.startswith(_SERVICES):
        text = jsonify(error=error.name, error_description=error.description)
    else:
        text = Response(render_template("error.html", error=error))
    response.data = text.data
    response.content_type = text.content_type
    return response
