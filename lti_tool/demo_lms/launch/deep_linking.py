"""What comes back from the tool's chooser, checked as if it came from a stranger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, render_template, request

from lti_tool.demo_lms.course import CONTEXT_ID
from lti_tool.demo_lms.guards import facilitator
from lti_tool.demo_lms.launch.claims import DEEP_LINKING, LTI
from lti_tool.demo_lms.launch.content_items import WrongItem, read_items
from lti_tool.demo_lms.launch.forms import needs_repost, pairs, repost
from lti_tool.demo_lms.lms import lms
from lti_tool.demo_lms.people import Person
from lti_tool.demo_lms.trust.tool_keys import KeysUnreachable, Untrusted

blueprint = Blueprint("deep_linking", __name__)


@blueprint.post("/deep-linking/return")
def chosen() -> str:
    """Add what the facilitator chose in the tool, or say why not."""
    if request.args.getlist("course") != [CONTEXT_ID]:
        abort(400, "The tool changed the address it was to return to.")
    if needs_repost():
        return repost(f"/deep-linking/return?course={CONTEXT_ID}", pairs(request.form))
    person, tokens = facilitator(), request.form.getlist("JWT")
    if len(tokens) != 1:
        abort(400, "The tool must return exactly one JWT.")
    return _add(_trusted(tokens[0], person))


def _trusted(token: str, person: Person) -> Mapping[str, Any]:
    config = lms().config
    try:
        claims = lms().tool_keys.verify(token, issuer=config.client_id, audience=config.issuer)
        _check_message(claims, person)
    except KeysUnreachable as error:
        abort(503, f"The answer could not be checked: {error}. Try again in a minute.")
    except Untrusted as error:
        abort(403, f"The tool's answer was refused: {error}.")
    return claims


def _check_message(claims: Mapping[str, Any], person: Person) -> None:
    wanted = {
        f"{LTI}/message_type": "LtiDeepLinkingResponse",
        f"{LTI}/version": "1.3.0",
        f"{LTI}/deployment_id": lms().config.deployment_id,
    }
    for name, value in wanted.items():
        if claims.get(name) != value:
            raise Untrusted(f"{name} must be {value}")
    nonce, data = claims.get("nonce"), claims.get(f"{DEEP_LINKING}/data")
    if not isinstance(nonce, str) or not nonce or not lms().nonces.is_new(nonce):
        raise Untrusted("nonce is missing or was used before")
    if not isinstance(data, str) or lms().choosing.take(data) != person.id:
        raise Untrusted("data is not what was sent, or was used before")


def _add(claims: Mapping[str, Any]) -> str:
    try:
        drafts = read_items(lms().config, claims.get(f"{DEEP_LINKING}/content_items", []))
    except WrongItem as error:
        abort(400, f"Nothing was added: {error}.")
    added = lms().store.add_links(drafts)
    messages = [claims.get(f"{DEEP_LINKING}/{name}") for name in ("msg", "errormsg")]
    shown = [text[:500] for text in messages if isinstance(text, str)]
    return render_template("added.html", added=added, messages=shown)
