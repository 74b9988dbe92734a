"""Headers every answer carries: what may frame it, run in it, keep it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, g
from werkzeug.wrappers import Response

from lti_tool.web.access import Visit, set_cookie, visit_cookie_s

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action {form_action}; "
    "frame-ancestors {frame_ancestors}"
)
_CONSTANTS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
]


def register(app: Flask) -> None:
    """Add the headers to every answer of this app."""
    app.after_request(_add_headers)
    app.wsgi_app = _with_constants(app.wsgi_app)  # type: ignore[method-assign,assignment]


def _with_constants(wsgi_app: WSGIApplication) -> WSGIApplication:
    """The same application; what never differs is added where that costs least."""

    def answered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, headers + _CONSTANTS, *more)

        return wsgi_app(environ, start)

    return answered


def csp_nonce() -> str:
    """What the scripts of this answer must name to be run."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    visit = g.get("visit")
    headers["Referrer-Policy"] = _referrer_policy(visit)
    if response.mimetype == "text/html":
        headers["Content-Security-Policy"] = _policy(visit)
    else:
        headers["X-Frame-Options"] = "DENY"
    if "renew_cookie" in g:
        name, value = g.renew_cookie
        set_cookie(response, name, value, visit_cookie_s())
    return response


def _referrer_policy(visit: Visit | None) -> str:
    """Nobody is told an address; ourselves only where a visit lives by it.

    Source: Firefox 153 calls what a click led to the user's own request (Sec-Fetch-Site: none)
    when it is not told which page the click was on.
    """
    return "same-origin" if visit and visit.agent_hash else "no-referrer"


def _policy(visit: Visit | None) -> str:
    # Refusals hold nothing private and must be readable wherever the LMS put us.
    frames = f"'self' {visit.frame_origins}" if visit else "*"
    # A deep-linking answer is a form posted to the LMS.
    rest = _filled(frames, " ".join(["'self'", *g.get("form_action", ())]))
    nonce = g.get("csp_nonce")
    scripts = f"'nonce-{nonce}'" if nonce else "'none'"
    return f"script-src {scripts}; {rest}"


@lru_cache(maxsize=4096)
def _filled(frame_ancestors: str, form_action: str) -> str:
    return _POLICY.format(frame_ancestors=frame_ancestors, form_action=form_action)
