"""Step one: a click on a link, and the login initiation it sends to the tool."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from lti_tool.demo_lms.guards import facilitator, somebody
from lti_tool.demo_lms.launch.forms import form_post
from lti_tool.demo_lms.launch.storage import storage_target
from lti_tool.demo_lms.lms import Opening, lms

blueprint = Blueprint("login", __name__)
_TARGETS = ("iframe", "window")


@blueprint.get("/links/<link_id>/launch")
def open_link(link_id: str) -> Response | str:
    """Open a link of the course for the person signed in."""
    person, link = somebody(), lms().store.link(link_id)
    if link is None:
        abort(404, "There is no such link in this course.")
    target = request.args.get("target", "iframe")
    if target not in _TARGETS:
        abort(400, "A link opens in an iframe or in a window.")
    return _initiate(Opening(person.id, target, link.id), link.url)


@blueprint.get("/add/launch")
def open_chooser() -> Response | str:
    """Open the tool's chooser for the facilitator."""
    person = facilitator()
    return _initiate(Opening(person.id, "iframe", None), lms().config.open_url)


def _initiate(opening: Opening, target_link_uri: str) -> Response | str:
    config = lms().config
    fields = {
        "iss": config.issuer,
        "target_link_uri": target_link_uri,
        "login_hint": opening.person_id,
        "lti_message_hint": hint_for(opening, lms().openings.issue(opening)),
        "client_id": config.client_id,
        "lti_deployment_id": config.deployment_id,
        **storage_target(),
    }
    if lms().faults.login_method == "POST":
        return form_post(config.login_url, fields)
    glue = "&" if "?" in config.login_url else "?"
    return redirect(f"{config.login_url}{glue}{urlencode(fields)}")


def hint_for(opening: Opening, ticket: str) -> str:
    """JSON text like Moodle's: a tool that does not return it unchanged is found out."""
    return json.dumps({"cmid": opening.link_id, "launchid": ticket})
