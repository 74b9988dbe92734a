"""Section 4: from whom, to whom, when, and in answer to which login."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.hostile.refused import assert_form_refused, refused, secrets_of
from tests.hostile.rows import BAD, NOT_TRUSTED, STALE, each, rows
from tests.hostile.world import After, course_role, timed
from tests.lti.world import LTI, MISSING
from tests.web.school import LAUNCH

YEAR = 31_536_000
REFUSED = rows(
    ("4.1 ★", {"exp": 22_222, "iat": 11_111}, 403, STALE, "expired"),
    ("4.3", {"exp": After(-61)}, 403, STALE, "expired"),
    ("4.3 of 1970", {"exp": 0}, 403, STALE, "expired"),
    ("4.3 before that", {"exp": -1}, 403, STALE, "expired"),
    ("4.4", {"exp": MISSING}, 403, NOT_TRUSTED, "exp_missing"),
    ("4.6", {"exp": After(10 * YEAR)}, 403, NOT_TRUSTED, "lifetime_too_long"),
    ("4.6 in milliseconds", {"exp": 1.9e12}, 400, BAD, "token_malformed"),
    ("4.6 a day and a second", {"exp": After(86_402)}, 403, NOT_TRUSTED, "lifetime_too_long"),
    ("4.8", {"iat": After(3_600), "exp": After(3_660)}, 403, NOT_TRUSTED, "iat_future"),
    ("4.8 just", {"iat": After(64), "exp": After(99)}, 403, NOT_TRUSTED, "iat_future"),
    ("4.9 missing", {"iat": MISSING}, 403, NOT_TRUSTED, "iat_missing"),
    ("4.9 string", {"iat": "1785686399"}, 403, NOT_TRUSTED, "iat_missing"),
    ("4.10", {"iat": After(-YEAR)}, 403, STALE, "iat_old"),
    ("4.10 just", {"iat": After(-3_662)}, 403, STALE, "iat_old"),
    ("4.11", {"nbf": After(600)}, 403, NOT_TRUSTED, "not_yet_valid"),
    ("4.11 just", {"nbf": After(64)}, 403, NOT_TRUSTED, "not_yet_valid"),
    *[(f"3.13 {name} {number}", {name: odd}, 400, BAD, "token_malformed")
      for name in ("exp", "nbf", "iat")
      for number, odd in enumerate([None, True, [], {}, 1e300, 10**400, -(10**400)], 1)
      if (name, odd) != ("iat", None)],
    *each("3.13 words", ({name: "soon"} for name in ("exp", "nbf")), 400, BAD,
          "token_malformed"),
    ("4.12", {"iss": "https://b.example"}, 403, NOT_TRUSTED, "iss_mismatch"),
    ("4.12 markup", {"iss": "<script>alert(1)</script>"}, 403, NOT_TRUSTED, "iss_mismatch"),
    ("4.12 empty", {"iss": ""}, 403, NOT_TRUSTED, "iss_mismatch"),
    *each("4.14", ({"iss": odd} for odd in (["x"], {"a": 1}, 7, None, True, MISSING)), 400,
          BAD, "token_malformed"),
    *each("4.15", ({"aud": odd} for odd in ("other", "", [], [["x"]], {"a": 1}, 1, None, True,
                                            MISSING, ["other"], "client", [None])),
          403, NOT_TRUSTED, "aud_mismatch"),
    *each("4.20", ({"azp": odd} for odd in ("zzz", "", 1, [], ["x"], {}, True)), 403,
          NOT_TRUSTED, "azp_mismatch"),
    ("4.23 missing", {"nonce": MISSING}, 403, NOT_TRUSTED, "nonce_missing"),
    ("4.23 blank", {"nonce": ""}, 403, NOT_TRUSTED, "nonce_missing"),
    ("4.23 null", {"nonce": None}, 403, NOT_TRUSTED, "nonce_missing"),
    *each("4.24", ({"nonce": odd} for odd in ("never-issued", " ", "\u00e4", "\ud800",
                                              "n" * 10_000)),
          403, NOT_TRUSTED, "nonce_mismatch"),
    *each("4.26", ({"nonce": odd} for odd in ({"a": 1}, ["a"], 1, 1.5, True, False)), 400, BAD,
          "nonce_type"),
)  # fmt: skip


@pytest.mark.parametrize(("claims", "status", "page", "reason"), REFUSED)
def test_a_message_for_another_tool_or_time_is_refused(lms, claims, status, page, reason):
    assert_form_refused(lms, status, page, reason, lambda asked: lms.form(asked, timed(claims)))


@pytest.mark.parametrize(
    "spelled",
    rows(
        ("4.13 slash", lambda issuer: f"{issuer}/"),
        ("4.13 capitals", lambda issuer: issuer.upper()),
        ("4.13 scheme", lambda issuer: issuer.replace("https", "http")),
        ("4.13 port", lambda issuer: f"{issuer}:443"),
        ("4.13 space", lambda issuer: f"{issuer} "),
        ("4.13 dot", lambda issuer: f"{issuer}."),
    ),
)
def test_an_issuer_has_one_spelling(lms, spelled):
    claims = {"iss": spelled(lms.platform.issuer)}

    assert_form_refused(
        lms, 403, NOT_TRUSTED, "iss_mismatch", lambda asked: lms.form(asked, claims)
    )


OURS = "(our client id)"  # filled in by the test
SEVERAL = rows(
    ("4.18", {"aud": [OURS, "other"]}, "azp_missing"),
    ("4.18 null", {"aud": [OURS, "other"], "azp": None}, "azp_missing"),
    ("4.18 ours twice", {"aud": [OURS, OURS]}, "azp_missing"),
    ("4.19", {"aud": [OURS, "other"], "azp": "other"}, "azp_mismatch"),
    ("4.19 a list", {"aud": [OURS, "other"], "azp": [OURS]}, "azp_mismatch"),
    ("4.20 beside one", {"aud": [OURS], "azp": "zzz"}, "azp_mismatch"),
    ("4.15 not among them", {"aud": ["other", "others"], "azp": OURS}, "aud_mismatch"),
    ("4.15 within another", {"aud": f"{OURS}x"}, "aud_mismatch"),
    ("4.15 with a space", {"aud": f"{OURS} "}, "aud_mismatch"),
)


def filled_in(lms, value):
    """A claim with our client id where the row says so."""
    if isinstance(value, list):
        return [filled_in(lms, each) for each in value]
    return value.replace(OURS, lms.platform.client_id) if isinstance(value, str) else value


@pytest.mark.parametrize(("claims", "reason"), SEVERAL)
def test_of_several_audiences_we_must_be_the_one_meant(lms, claims, reason):
    said = {name: filled_in(lms, value) for name, value in claims.items()}

    assert_form_refused(lms, 403, NOT_TRUSTED, reason, lambda asked: lms.form(asked, said))


TAKEN = rows(
    ("4.2", {"exp": After(-30)}),
    ("4.2 just", {"exp": After(-55)}),
    ("4.7 a fifth of a second", {"iat": After(0.2)}),
    ("4.7", {"iat": After(55), "exp": After(115)}),
    ("4.10 just not", {"iat": After(-3_600), "exp": After(60)}),
    ("4.6 a day", {"exp": After(86_390)}),
    ("4.11 within reason", {"nbf": After(50)}),
    ("4.11 long ago", {"nbf": 0}),
    ("4.16", {"aud": [OURS]}),
    ("4.16 and named again", {"aud": OURS, "azp": OURS}),
    ("4.16 and nobody", {"aud": [OURS], "azp": None}),
    ("4.17", {"aud": ["other", OURS], "azp": OURS}),
)


@pytest.mark.parametrize("claims", TAKEN)
def test_a_message_within_reason_is_taken(lms, claims):
    said = {name: filled_in(lms, value) for name, value in timed(claims).items()}

    assert "/session/m1.s1/" in lms.open(said).answer.location


@pytest.mark.rows("4.8", "4.29")
def test_clocks_that_differ_are_said_to(lms):
    """4.29: five minutes apart, both ways."""
    for ahead, page, reason in ((300, NOT_TRUSTED, "iat_future"), (-300, STALE, "expired")):
        times = {"iat": After(ahead), "exp": After(ahead + 60)}
        attempt = assert_form_refused(
            lms, 403, page, reason, lambda asked, times=times: lms.form(asked, timed(times))
        )
        assert ("clocks of your LMS" in attempt.answer.text) == (ahead > 0)
    assert "iat_future" in str(lms_clock(lms))


def lms_clock(lms):
    """What the log says of an LMS whose clock is far ahead."""
    times = timed({"iat": After(300), "exp": After(360)})
    browser = lms.browser()
    with lms.watched() as work:
        browser.post(LAUNCH, data=lms.form(lms.login(browser), times))
    line = work.refusal
    assert 295 <= int(line["clock_ahead_by"].split()[0]) <= 301
    return line


@pytest.mark.rows("4.27")
def test_an_old_message_does_not_answer_a_new_login(lms):
    browser = lms.browser()
    old = lms.form(lms.login(browser))
    assert browser.post(LAUNCH, data=old).status_code == 303

    assert_form_refused(
        lms, 403, STALE, "nonce_replayed", lambda asked: {**old, "state": asked["state"]}
    )


@pytest.mark.rows("4.28")
def test_an_old_message_stays_refused_when_its_visit_has_been_forgotten(lms):
    """Nonces are bound to their states, so nothing need be remembered of them."""
    browser = lms.browser()
    long = {"exp": After(86_000)}
    old = lms.form(lms.login(browser), timed(long))
    assert browser.post(LAUNCH, data=old).status_code == 303
    lms.forget_visits()

    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=50)):
        assert_form_refused(
            lms, 403, STALE, "nonce_replayed",
            lambda asked: {**old, "state": asked["state"]}, fetches=1,
        )  # fmt: skip
        with refused(lms, 403, STALE, "state_expired") as attempt:
            attempt.secrets = secrets_of(old)
            attempt.answer = browser.post(LAUNCH, data=old)


@pytest.mark.rows("4.12")
def test_a_role_does_not_help_a_message_from_elsewhere(lms):
    claims = {"iss": "https://b.example", f"{LTI}roles": [course_role("Administrator")]}

    assert_form_refused(
        lms, 403, NOT_TRUSTED, "iss_mismatch", lambda asked: lms.form(asked, claims)
    )
