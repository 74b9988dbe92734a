"""Headers every answer carries: what may frame it, run in it, keep it."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, g
from werkzeug.wrappers import Response

from lti_tool.web.access import set_cookie, visit_cookie_s

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action {form_action}; "
    "frame-ancestors {frame_ancestors}"
)
_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def register(app: Flask) -> None:
    """Add the headers to every answer of this app."""
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cache-Control", "no-store")
    if response.mimetype == "text/html":
        headers["Content-Security-Policy"] = _policy()
        headers["Permissions-Policy"] = _PERMISSIONS
    if "renew_cookie" in g:
        name, value = g.renew_cookie
        set_cookie(response, name, value, visit_cookie_s())
    return response


def _policy() -> str:
    visit = g.get("visit")
    # Refusals hold nothing private and must be readable wherever the LMS put us.
    frames = f"'self' {visit.frame_origins}" if visit else "*"
    # A deep-linking answer is a form posted to the LMS.
    return _filled(frames, " ".join(["'self'", *g.get("form_action", ())]))


@lru_cache(maxsize=4096)
def _filled(frame_ancestors: str, form_action: str) -> str:
    return _POLICY.format(frame_ancestors=frame_ancestors, form_action=form_action)
