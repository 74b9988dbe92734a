"""What holds for every refusal, whatever was sent: the catalogue's general assertions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import TestResponse

from tests.hostile.world import EMAIL, EVIL, NAME, SCRIPT, SUB, Lms
from tests.web.page import Page
from tests.web.school import LAUNCH, VISIT_COOKIE, Work, cookies_set, reference_in

_MAY_COUNT = {"failed_attempts"}  # the one table in which a refusal may leave a trace
_LONG_ENOUGH = 12  # characters; shorter values stand in logs by chance


class Sent:
    """One hostile request: filled in by the test, looked at afterwards."""

    answer: TestResponse
    work: Work
    secrets: tuple[str, ...] = ()


@contextmanager
def refused(
    lms: Lms, status: int, page: str, reason: str, *, pending: int = 0, fetches: int = 0
) -> Iterator[Sent]:
    """Whatever is sent meanwhile is refused like this, and leaves nothing behind.

    Args:
        lms: whose browser sends it.
        status: of the answer.
        page: class of the page.
        reason: in the log.
        pending: rows of deployments that wait for the operator afterwards.
        fetches: how often the LMS may be asked for its keys.
    """
    kept = _MAY_COUNT | ({"key_sets"} if fetches else set())
    sent, before, asked = Sent(), _counts(lms, kept), len(lms.internet.asked)
    with lms.watched() as sent.work:
        yield sent
    answer, told = sent.answer, sent.work.log
    assert answer.status_code == status, told
    line = sent.work.refusal
    assert (line["page"], line["reason"]) == (page, reason)
    _assert_is_page(answer, page)
    assert line["reference"] == reference_in(answer)
    expected = {**before, "deployments": before["deployments"] + pending}
    assert _counts(lms, kept) == expected
    assert len(lms.internet.asked[asked:]) <= fetches
    assert set(lms.internet.asked[asked:]) <= {lms.platform.jwks_url}
    assert_says_nothing(json.dumps(told, default=str), *sent.secrets)
    assert not [name for name in cookies_set(answer) if name.startswith(VISIT_COOKIE)]


def _counts(lms: Lms, but: Set[str]) -> dict[str, int]:
    return {name: count for name, count in lms.counts().items() if name not in but}


def _assert_is_page(answer: TestResponse, page: str) -> None:
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "text/html"
    assert ("Retry-After" in answer.headers) == (answer.status_code in (429, 503))
    assert "Location" not in answer.headers
    shown = Page(answer.text)
    (article,) = shown.all("article")
    assert article.attributes["data-page"] == page
    assert_inert(shown)
    for secret in (SCRIPT, EVIL, NAME, SUB, EMAIL):
        assert secret not in answer.text


def assert_says_nothing(told: str, *secrets: str) -> None:
    """No person, no token and no piece of one in what was logged."""
    for secret in (NAME, SUB, EMAIL, *secrets):
        for piece in (secret, *secret.split(".")):
            assert len(piece) < _LONG_ENOUGH or piece not in told, piece


def assert_inert(page: Page) -> None:
    """A page runs nothing but what lies in our own files, and leads nowhere odd."""
    for element in page.all():
        for name, value in element.attributes.items():
            assert not name.startswith("on"), (element.tag, name)
            if name in ("href", "src", "action", "formaction"):
                assert urlsplit(value).scheme in ("", "http", "https", "data"), value
                assert value == "data:," or not value.startswith("data:"), value
        if element.tag == "script":
            assert element.attributes.get("src") or element.attributes.get("nonce")
        assert element.tag not in ("img", "iframe", "object", "embed", "base", "svg-x")


def secrets_of(form: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a launch form must not be told."""
    values = (form.get(name, "") for name in ("id_token", "state", "browser_key"))
    return tuple(str(value) for value in values)


def assert_form_refused(
    lms: Lms,
    status: int,
    page: str,
    reason: str,
    spoilt: Callable[[Mapping[str, str]], Mapping[str, Any]],
    **more: int,
) -> Sent:
    """A launch form is refused, and what it answers can still be answered well.

    Args:
        lms: whose browser sends it.
        status: of the answer.
        page: class of the page.
        reason: in the log.
        spoilt: makes the form, given what the tool asked the LMS at login.
        more: what a refusal may leave, as `refused` takes it.
    """
    browser = lms.browser()
    asked = lms.login(browser)
    form = spoilt(asked)
    with refused(lms, status, page, reason, **more) as attempt:
        attempt.secrets = (*secrets_of(form), asked["state"], asked["nonce"])
        attempt.answer = browser.post(LAUNCH, data=form)
    if lms.is_sound:
        assert browser.post(LAUNCH, data=lms.form(asked)).status_code == 303
    return attempt
