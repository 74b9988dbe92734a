"""Step two: the tool asks who is there; every part of its question is checked."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Blueprint, abort, request

from lti_tool.demo_lms.guards import signed_in
from lti_tool.demo_lms.launch.claims import deep_linking, resource_link, token_claims
from lti_tool.demo_lms.launch.forms import form_post, needs_repost, pairs, repost
from lti_tool.demo_lms.launch.login import hint_for
from lti_tool.demo_lms.launch.storage import storage_target
from lti_tool.demo_lms.lms import Opening, lms
from lti_tool.demo_lms.people import Person

blueprint = Blueprint("auth", __name__)

_LONGEST = 8 * 1024  # characters of one parameter
_FIXED = (
    ("scope", "openid", "invalid_scope"),
    ("response_type", "id_token", "unsupported_response_type"),
    ("response_mode", "form_post", "invalid_request"),
    ("prompt", "none", "invalid_request"),
)
_NEEDED = ("login_hint", "lti_message_hint", "state", "nonce")

Fault = tuple[str, str]  # OAuth error code, sentence for developers


@blueprint.route("/auth", methods=["GET", "POST"])
def authenticate() -> str:
    """Answer the tool's question: an id_token, or an error it can show."""
    given = [*pairs(request.args), *pairs(request.form)]
    if needs_repost():
        return repost("/auth", given)
    asked = dict(given)
    if asked.get("redirect_uri") != lms().config.launch_url:
        abort(
            400, "The tool named an address to return to that is not registered (redirect_uri)."
        )
    repeated = len({name for name, _ in given}) != len(given)
    fault = ("invalid_request", "a parameter is repeated") if repeated else _fault(asked)
    return _refusal(asked, fault) if fault else _answer(asked)


def _fault(asked: Mapping[str, str]) -> Fault | None:
    if asked.get("client_id") != lms().config.client_id:
        return "unauthorized_client", "client_id is not known here"
    for name, wanted, error in _FIXED:
        if asked.get(name) != wanted:
            return error, f"{name} must be {wanted}"
    for name in _NEEDED:
        if not asked.get(name) or len(asked[name]) > _LONGEST:
            return "invalid_request", f"{name} is missing or too long"
    return None


def _answer(asked: Mapping[str, str]) -> str:
    person = signed_in()
    if person is None:
        return _refusal(asked, ("login_required", "nobody is signed in"))
    if asked["login_hint"] != person.id:
        return _refusal(asked, ("access_denied", "login_hint is not the person signed in"))
    opening = _opening(asked["lti_message_hint"], person)
    message = _message(opening) if opening else None
    if message is None:
        return _refusal(
            asked, ("launch_no_longer_valid", "lti_message_hint is used or unknown")
        )
    issued_at = int(lms().now.timestamp()) + lms().faults.clock_offset_s
    claims = token_claims(lms().config, person, asked["nonce"], issued_at, message)
    fields = {"id_token": lms().key.sign(claims), "state": asked["state"]}
    return form_post(lms().config.launch_url, fields | storage_target())


def _opening(hint: str, person: Person) -> Opening | None:
    """The click this hint was issued for, used up by asking; None for any other hint."""
    try:
        read = json.loads(hint)
        ticket = str(read["launchid"])
    except (ValueError, KeyError, TypeError):
        return None
    opening = lms().openings.take(ticket)
    if opening is None or opening.person_id != person.id:
        return None
    return opening if hint == hint_for(opening, ticket) else None


def _message(opening: Opening) -> dict[str, object] | None:
    """The message for a click; None when its link was removed meanwhile."""
    if opening.link_id is None:
        return deep_linking(lms().config, lms().choosing.issue(opening.person_id))
    link = lms().store.link(opening.link_id)
    return resource_link(lms().config, link, opening.document_target) if link else None


def _refusal(asked: Mapping[str, str], fault: Fault) -> str:
    error, description = fault
    fields = {"error": error, "error_description": description}
    if "state" in asked:
        fields["state"] = asked["state"]
    return form_post(lms().config.launch_url, fields)
