"""What each class of refusal says: what happened, what to do, who can fix it."""

from __future__ import annotations

from dataclasses import dataclass


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
            f"{_AGAIN} If it offers to open in a new window, choose that.",
            "If that does not help, allow cookies for this site.",
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
    "limited": Page(
        429,
        "Too many attempts in a short time",
        "In the last minute more links were opened from your network that did not work than we "
        "look at one by one. Yours is one of them. Links that work still open.",
        ("Wait a minute.", _AGAIN),
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
