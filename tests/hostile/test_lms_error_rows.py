"""Section 6: the LMS's own refusal, sent where a message should have come."""

from __future__ import annotations

import pytest

from tests.hostile.refused import refused
from tests.hostile.rows import BAD, BUSY, LARGE, NOT_REGISTERED, NOT_TRUSTED, STALE, each, rows
from tests.hostile.world import EVIL, SCRIPT
from tests.web.school import LAUNCH

ODD = (SCRIPT, "", " ", "LOGIN_REQUIRED", "login_required ", "x" * 10_000, "a\r\nb: c",
       "{{7*7}}", "\u202eerror", "' OR 1=1 --", "launch_no_longer_valid\u2028x")  # fmt: skip
ANSWERS = rows(  # error, status, page, reason, what the page says
    ("6.1", "login_required", 403, STALE, "login_required", "you are not signed in"),
    ("6.1 interaction", "interaction_required", 403, STALE, "interaction_required", ""),
    ("6.1 account", "account_selection_required", 403, STALE, "account_selection_required", ""),
    ("6.2", "launch_no_longer_valid", 403, STALE, "launch_no_longer_valid", ""),
    ("6.2 somebody else", "access_denied", 403, STALE, "access_denied", "somebody else"),
    *[(f"6.2 {error}", error, 403, NOT_REGISTERED, error, "not set up")
      for error in ("unauthorized_client", "invalid_request", "invalid_request_object",
                    "invalid_scope", "unsupported_response_type", "consent_required")],
    ("6.1 broken", "server_error", 503, BUSY, "server_error", "not answering"),
    ("6.1 away", "temporarily_unavailable", 503, BUSY, "temporarily_unavailable", ""),
    *[(name, *rest) for name, *rest in each("6.3", ODD, 403, NOT_TRUSTED, "other", "")],
)  # fmt: skip


@pytest.mark.parametrize(("error", "status", "page", "reason", "says"), ANSWERS)
def test_the_lmss_refusal_is_said_in_our_words(lms, error, status, page, reason, says):
    """What else it says is neither shown nor logged."""
    browser = lms.browser()
    asked = lms.login(browser)
    form = {
        "error": error,
        "error_description": f"{SCRIPT}{EVIL}" * 500,
        "error_uri": "javascript:alert(1)",
        "state": asked["state"],
    }

    with refused(lms, status, page, f"platform_error:{reason}") as attempt:
        attempt.secrets = (asked["state"], asked["nonce"])
        attempt.answer = browser.post(LAUNCH, data=form)

    assert says in attempt.answer.text
    told = f"{attempt.answer.text}{attempt.work.log}"
    assert "alert(1)" not in told
    assert EVIL not in told
    assert browser.post(LAUNCH, data=lms.form(asked)).status_code == 303


@pytest.mark.parametrize("uri", rows(*each("6.6", ("javascript:alert(1)", EVIL, SCRIPT))))
def test_an_address_that_is_to_explain_it_is_no_link(lms, uri):
    browser = lms.browser()
    form = {"error": "x", "error_uri": uri, "state": lms.login(browser)["state"]}

    with refused(lms, 403, NOT_TRUSTED, "platform_error:other") as attempt:
        attempt.answer = browser.post(LAUNCH, data=form)

    assert uri not in attempt.answer.text
    assert "<a " not in attempt.answer.text.partition("<main")[2]


@pytest.mark.parametrize(
    ("state", "status", "page", "reason"),
    rows(
        ("6.4 missing", [], 403, NOT_TRUSTED, "platform_error_unsolicited"),
        ("6.4 blank", [""], 403, NOT_TRUSTED, "platform_error_unsolicited"),
        ("6.4 unknown", ["x" * 43], 403, NOT_TRUSTED, "platform_error_unsolicited"),
        ("6.4 of nobody", [SCRIPT], 403, NOT_TRUSTED, "platform_error_unsolicited"),
        ("6.4 twice", ["a", "b"], 400, BAD, "state_duplicate"),
    ),
)
def test_a_refusal_of_something_nobody_asked_is_refused(lms, state, status, page, reason):
    with refused(lms, status, page, reason) as attempt:
        attempt.answer = lms.browser().post(
            LAUNCH, data={"error": "login_required", "state": state}
        )


@pytest.mark.rows("6.3")
def test_a_refusal_that_goes_on_and_on_is_not_read(lms):
    browser = lms.browser()
    form = {"error": "e" * 100_001, "state": lms.login(browser)["state"]}

    with refused(lms, 413, LARGE, "too_large") as attempt:
        attempt.answer = browser.post(LAUNCH, data=form)


@pytest.mark.rows("6.1")
def test_a_refusal_beside_a_message_counts(lms):
    """An LMS that says both means the refusal."""
    browser = lms.browser()
    form = lms.form(lms.login(browser))

    with refused(lms, 403, STALE, "platform_error:login_required") as attempt:
        attempt.answer = browser.post(LAUNCH, data={**form, "error": "login_required"})

    assert browser.post(LAUNCH, data=form).status_code == 303
