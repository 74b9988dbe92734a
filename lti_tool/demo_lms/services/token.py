"""Access tokens: client credentials with an assertion signed by the tool (RFC 7523)."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, request

from lti_tool.demo_lms.lms import ACCESS_LIFETIME, lms
from lti_tool.demo_lms.services.refusals import ServiceRefused
from lti_tool.demo_lms.services.scopes import ALL_SCOPES
from lti_tool.demo_lms.traffic import note
from lti_tool.demo_lms.trust.tool_keys import KeysUnreachable, Untrusted

blueprint = Blueprint("token", __name__)
_FORM = "application/x-www-form-urlencoded"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LONGEST_ID = 255  # characters of a jti


@blueprint.post("/token")
def grant() -> Response:
    """An access token for what was asked, as far as we offer it."""
    asked = _single_values()
    if asked.get("grant_type") != "client_credentials":
        raise ServiceRefused(400, "unsupported_grant_type", "only client_credentials")
    if asked.get("client_assertion_type") != _ASSERTION_TYPE:
        raise _invalid_client(f"client_assertion_type must be {_ASSERTION_TYPE}")
    _check_assertion(asked.get("client_assertion", ""))
    scopes = frozenset(asked.get("scope", "").split()) & ALL_SCOPES
    if not scopes:
        raise ServiceRefused(400, "invalid_scope", "none of these scopes is offered here")
    note(f"granted {len(scopes)} scope(s)")
    response = jsonify(
        access_token=lms().access.issue(scopes),
        token_type="Bearer",  # noqa: S106 (the kind of token, no password)
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        scope=" ".join(sorted(scopes)),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _single_values() -> Mapping[str, str]:
    if request.mimetype != _FORM:
        raise ServiceRefused(400, "invalid_request", f"Content-Type must be {_FORM}")
    if request.args or any(len(values) > 1 for _, values in request.form.lists()):
        raise ServiceRefused(400, "invalid_request", "each parameter once, in the body")
    return request.form.to_dict()


def _check_assertion(assertion: str) -> None:
    config = lms().config
    try:
        claims = lms().tool_keys.verify(
            assertion, issuer=config.client_id, audience=config.token_url
        )
    except Untrusted as error:
        raise _invalid_client(str(error)) from error
    except KeysUnreachable as error:
        raise ServiceRefused(503, "temporarily_unavailable", str(error)) from error
    if claims.get("sub") != config.client_id:
        raise _invalid_client("sub must be the client id")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_ID:
        raise _invalid_client("jti is missing or too long")
    if not lms().assertions.is_new(jti):
        raise _invalid_client("jti was used before")


def _invalid_client(why: str) -> ServiceRefused:
    return ServiceRefused(400, "invalid_client", why)
