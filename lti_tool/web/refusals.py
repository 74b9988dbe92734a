"""Where errors become pages. The only place that chooses a status for an error."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import structlog
from flask import Flask, g, render_template, request
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    IntegrityError,
    ProgrammingError,
    TimeoutError,
)
from werkzeug.exceptions import HTTPException, LengthRequired, NotFound

from lti_tool import errors

log = structlog.get_logger(__name__)

Answer = tuple[str, int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Page:
    """What a class of refusal says."""

    status: int
    title: str
    message: str
    steps: tuple[str, ...]  # what to do next
    who: str  # who can fix it


_AGAIN = "Go back to your course and open the study session again."
_YOU = "You can fix this yourself."
_ADMIN = "The person who looks after your LMS can fix this, with the reference below."
_US = "We can fix this. Tell your NPQ provider the reference below."

PAGES = {
    "bad_request": Page(
        400,
        "The link from your course was incomplete",
        "We did not get everything we need to open this study session.",
        (_AGAIN, "If it happens again, show this page to the person who looks after your LMS."),
        _ADMIN,
    ),
    "not_registered": Page(
        403,
        "This has not been set up for your LMS yet",
        "Your LMS and this tool are not connected yet.",
        (
            "Show this page to the person who looks after your LMS.",
            "They check its settings, or send your NPQ provider the reference below.",
        ),
        "Your NPQ provider and the person who looks after your LMS can fix this together.",
    ),
    "paused": Page(
        403,
        "Access is paused",
        "Your NPQ provider has paused access from your LMS. Your work is safe.",
        ("Ask your NPQ provider when it will open again.",),
        "Your NPQ provider can fix this.",
    ),
    "direct": Page(
        404,
        "Open this from your course",
        "This address works when it is opened from a course in your LMS, so that we know who "
        "you are.",
        (_AGAIN,),
        _YOU,
    ),
    "not_trusted": Page(
        403,
        "We could not check where you came from",
        "Your LMS sent something we could not verify, so we did not open anything.",
        (_AGAIN, "If it happens again, show this page to the person who looks after your LMS."),
        _ADMIN,
    ),
    "stale": Page(
        403,
        "This link has expired or was already used",
        "For your safety each link from your course works once and for a short time.",
        (_AGAIN,),
        _YOU,
    ),
    "browser": Page(
        403,
        "Your browser blocked something we need",
        "Your browser did not send back the cookie that proves this visit is yours.",
        (
            "Open the study session in a new window, if your course offers that.",
            "Or allow cookies for this site, then open the study session again.",
        ),
        _YOU,
    ),
    "denied": Page(
        403,
        "This page is not for your role",
        "Your role in this course does not open this page.",
        ("Ask whoever runs the course if you think it should.",),
        "The person who runs your course can fix this.",
    ),
    "busy": Page(
        503,
        "Your LMS or our service is not answering",
        "Nothing is lost. What you wrote before is safe.",
        ("Wait a minute.", _AGAIN),
        "It usually passes by itself.",
    ),
    "too_large": Page(
        413,
        "That was too much at once",
        "What was sent is larger than we can take.",
        (
            "If you pasted something long, go back and shorten it.",
            "If you only opened a link, show this page to the person who looks after your LMS.",
        ),
        _ADMIN,
    ),
    "ended": Page(
        403,
        "Your visit has ended",
        "Your work is safe. A visit ends after eight hours without a click, and it works only "
        "in the window your course opened. What you had not sent yet comes back when you open "
        "the session again in this browser.",
        (_AGAIN,),
        _YOU,
    ),
    "outdated": Page(
        403,
        "This page is out of date",
        "Nothing was changed. What you saved before is safe.",
        ("Go back, reload the page and try again.",),
        _YOU,
    ),
    "not_found": Page(
        404,
        "There is nothing at this address",
        "The page may have moved, or it belongs to another course.",
        (_AGAIN,),
        _YOU,
    ),
    "failed": Page(
        500,
        "Something went wrong on our side",
        "Nothing you saved is lost.",
        (_AGAIN, "If it happens again, tell your NPQ provider the reference below."),
        _US,
    ),
}


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
    say = log.error if page.status >= 500 else log.warning
    say(
        "refused",
        page=name,
        reason=reason,
        reference=reference,
        path=_path(),
        exc_info=error,
        **{key: value[:255] for key, value in (facts or {}).items()},
    )
    html = render_template(
        "refusal.html",
        page=page,
        message=message or page.message,
        reference=reference,
        facts=facts or {},
        return_url=g.visit.return_url if g.get("visit") else None,
    )
    return html, page.status, {"Retry-After": "60"} if page.status == 503 else {}


def _refuse_odd() -> None:
    """Refuse what no browser of ours asks for and what would go wrong further on."""
    if "Transfer-Encoding" in request.headers:
        raise LengthRequired  # over the limit it would be cut without a word (Werkzeug 3.1)
    rule = request.url_rule
    if rule and request.path.endswith("/") and not rule.rule.endswith("/"):
        raise NotFound  # a page's relative links would lead elsewhere


def _launch_refused(error: errors.LaunchRefused) -> Answer:
    return refusal(error.page, error.reason, error.message, error.facts)


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
    html, _, headers = refusal(name, f"http:{code}")
    if allowed := getattr(error, "valid_methods", None):
        headers["Allow"] = ", ".join(sorted(allowed))
    return html, code, headers


def _failed(error: Exception) -> Answer:
    return refusal("failed", f"exception:{type(error).__name__}", error=error)


def _path() -> str:
    """Where it happened, without the visit's key."""
    return request.url_rule.rule if request.url_rule else "(unknown)"
