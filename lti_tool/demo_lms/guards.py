"""Who is asking, and whether the request comes from our own pages."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import abort, g, request
from werkzeug.wrappers import Response

from lti_tool.demo_lms.lms import lms
from lti_tool.demo_lms.people import Person, find_person

COOKIE = "harrow_bank"


def signed_in() -> Person | None:
    """The person whose cookie came with this request."""
    cookie = request.cookies.get(COOKIE, "")
    return find_person(lms().store.signed_in(cookie))


def somebody() -> Person:
    """The person signed in; stops with 403 when there is none."""
    person = signed_in()
    if person is None:
        abort(403, "Choose on the course page who you are, then open this again.")
    return person


def facilitator() -> Person:
    """The facilitator signed in; stops with 403 for anybody else."""
    person = somebody()
    if not person.manages_course:
        abort(403, "Only the facilitator of this course may do that.")
    return person


def administrator() -> Person:
    """The administrator signed in; stops with 403 for anybody else."""
    person = somebody()
    if not person.is_administrator:
        abort(403, "Only the administrator of this site may do that.")
    return person


def own_pages_only() -> None:
    """Stop with 403 when another web site's page makes the browser send this.

    Programs that are no browser send neither header and act for their user alone.
    """
    issuer = lms().config.issuer
    if request.headers.get("Origin", issuer) != issuer:
        abort(403, "This form was sent from another web site.")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403, "This form was sent from another web site.")


def own_host_only() -> None:
    """Stop with 400 for any other host name: no other name may be pointed at us."""
    if request.host != urlsplit(lms().config.issuer).netloc:
        abort(400, "This address is not the one of this site.")


def script_nonce() -> str:
    """The value scripts of this answer must carry."""
    if "script_nonce" not in g:
        g.script_nonce = secrets.token_urlsafe(16)
    return str(g.script_nonce)


def protect(response: Response) -> Response:
    """Add the headers every answer of ours carries."""
    tool = lms().config.tool_origin
    headers = response.headers
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = (
        "strict-origin"  # no-referrer would make our forms' Origin null
    )
    headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; script-src 'nonce-{script_nonce()}'; "
        f"img-src 'self'; form-action 'self' {tool}; frame-src 'self' {tool}; "
        "frame-ancestors 'self'; base-uri 'none'"
    )
    return response
