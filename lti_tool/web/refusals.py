"""Where errors become pages. The only place that chooses a status for an error."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from functools import cache
from typing import Any

import structlog
from flask import Flask, g, render_template, request
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    TimeoutError,
)
from werkzeug.exceptions import HTTPException, LengthRequired, NotFound

from lti_tool import errors
from lti_tool.web.headers import csp_nonce
from lti_tool.web.parts import parts
from lti_tool.web.refusal_pages import PAGES

log = structlog.get_logger(__name__)

_REFERENCE, _NONCE = "(reference)", "(nonce)"  # put in afterwards
_ENTRANCES = {"launch.login", "launch.launch"}
_TRYING = {"bad_request", "not_registered", "not_trusted", "too_large"}

Answer = tuple[str, int, dict[str, str]]


def register(app: Flask) -> None:
    """Answer every error of this app with a page."""
    app.register_error_handler(errors.LaunchRefused, _launch_refused)
    app.register_error_handler(errors.VisitEnded, _visit_ended)
    app.register_error_handler(errors.PageOutdated, _page_outdated)
    app.register_error_handler(errors.NotServed, _not_served)
    app.register_error_handler(errors.ContentSkipped, _not_served)
    app.register_error_handler(TimeoutError, _database_away)
    app.register_error_handler(DatabaseError, _database_away)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _failed)
    app.before_request(_refuse_odd)


def refusal(
    name: str,
    reason: str,
    message: str = "",
    facts: dict[str, str] | None = None,
    error: Exception | None = None,
) -> Answer:
    """The page of this class, and one line in the log with the same reference."""
    page, reference = PAGES[name], secrets.token_hex(4)
    finding = error if isinstance(error, errors.BrowserUnproven) else None
    say = log.error if page.status >= 500 else log.info if finding else log.warning
    say(
        "refused",
        page=name,
        reason=reason,
        reference=reference,
        path=_path(),
        exc_info=error if name == "failed" else None,
        **{key: value[:255] for key, value in (facts or {}).items()},
    )
    return_url = _return_url(error)
    sent = _sent() if finding or name == "busy" else None
    if message or facts or return_url or sent or g.get("visit"):
        html = _page(
            name, reference, message, facts=facts, url=return_url, sent=sent, finding=finding
        )
    else:
        html = _plain_page(name).replace(_REFERENCE, reference).replace(_NONCE, csp_nonce())
    return html, page.status, {"Retry-After": "60"} if page.status in (429, 503) else {}


@cache
def _plain_page(name: str) -> str:
    """The page of a class as most get it, made once: whoever tries in masses gets it often."""
    g.csp_nonce = _NONCE
    try:
        return _page(name, _REFERENCE)
    finally:
        del g.csp_nonce


def _page(name: str, reference: str, message: str = "", **more: Any) -> str:
    page = PAGES[name]
    return render_template(
        "refusal.html",
        name=name,
        page=page,
        message=message or page.message,
        reference=reference,
        **more,
    )


def _return_url(error: Exception | None) -> str:
    """The way back to the course, where a signed message named it."""
    if g.get("visit"):
        return g.visit.return_url or ""
    return error.return_url if isinstance(error, errors.LaunchRefused) else ""


def _sent() -> dict[str, str] | None:
    """The launch that was posted, to be posted again; its state has not been used up."""
    names = ("id_token", "state")
    whole = request.path == "/lti/launch" and all(name in request.form for name in names)
    return {name: request.form[name] for name in names} if whole else None


def _refuse_odd() -> None:
    """Refuse what no browser of ours asks for and what would go wrong further on."""
    environ = request.environ
    if "HTTP_TRANSFER_ENCODING" in environ:
        raise LengthRequired  # over the limit it would be cut without a word (Werkzeug 3.1)
    if environ["PATH_INFO"].endswith("/"):
        rule = request.url_rule.rule if request.url_rule else ""
        if rule.startswith("/visit/") and rule[-1] != "/":
            raise NotFound  # a page's relative links would lead elsewhere


def _launch_refused(error: errors.LaunchRefused) -> Answer:
    if _is_one_too_many(error.page, error.reason, error.platform_id):
        return refusal("limited", error.reason)
    return refusal(error.page, error.reason, error.message, error.facts, error)


def _visit_ended(_error: errors.VisitEnded) -> Answer:
    return refusal("ended", "visit_ended")


def _page_outdated(_error: errors.PageOutdated) -> Answer:
    return refusal("outdated", "form_token")


def _not_served(error: errors.Refused) -> Answer:
    return refusal("not_found", "not_served", str(error))


def _database_away(error: Exception) -> Answer:
    if isinstance(error, IntegrityError | DataError | ProgrammingError):  # our own mistake
        return _failed(error)
    return refusal("busy", f"database:{type(error).__name__}")


def _http_error(error: HTTPException) -> Answer:
    code = error.code or 500
    names = {413: "too_large", 404: "not_found", 405: "not_found"}
    name = names.get(code, "bad_request" if code < 500 else "failed")
    if _is_one_too_many(name, f"http:{code}"):
        return refusal("limited", f"http:{code}")
    html, _, headers = refusal(name, f"http:{code}")
    if allowed := getattr(error, "valid_methods", None):
        headers["Allow"] = ", ".join(sorted(allowed))
    return html, code, headers


def _is_one_too_many(page: str, reason: str, platform_id: int = 0) -> bool:
    """Count a failed login or launch that may be somebody's trying; whether it is too many.

    What a person in good faith meets is not counted: an old link, a browser without cookies,
    an LMS that is away or whose deployment is not yet approved.
    """
    if request.endpoint not in _ENTRANCES or reason.startswith("deployment_"):
        return False
    if page not in _TRYING and reason != "state_unknown":
        return False
    attempts = parts().failed_attempts
    return attempts.too_many(platform_id, request.remote_addr, datetime.now(UTC))


def _failed(error: Exception) -> Answer:
    return refusal("failed", f"exception:{type(error).__name__}", error=_anonymous(error))


def _anonymous(error: Exception) -> Exception:
    """The error as it may be logged: a database says in its own what a row held."""
    if isinstance(error, DBAPIError):
        return RuntimeError(type(error.orig).__name__).with_traceback(error.__traceback__)
    return error


def _path() -> str:
    """Where it happened, without the visit's key."""
    return request.url_rule.rule if request.url_rule else "(unknown)"
