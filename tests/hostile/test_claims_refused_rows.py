"""Section 5, first half: claims no launch can do without, and claims that cannot be meant."""

from __future__ import annotations

import pytest

from lti_tool.records.tables import DeploymentRow
from tests.hostile.refused import assert_form_refused, refused, secrets_of
from tests.hostile.rows import BAD, NOT_REGISTERED, NOT_TRUSTED, each, rows
from tests.hostile.tricks import TRICKS
from tests.hostile.world import EVIL, NAME, SCRIPT, course_role
from tests.lti.world import AGS, LTI, MISSING
from tests.web.school import LAUNCH

VERSION, MESSAGE, DEPLOYMENT = f"{LTI}version", f"{LTI}message_type", f"{LTI}deployment_id"
ROLES, LINK, CONTEXT = f"{LTI}roles", f"{LTI}resource_link", f"{LTI}context"
TARGET = f"{LTI}target_link_uri"
NONE = (MISSING, None)
OBJECTS = ({}, {"a": 1}, [], ["a"])
NUMBERS = (0, 1, 1.3, True, False)

REFUSED = rows(
    *each("5.1", ({VERSION: odd} for odd in ("11.3", "1.3", "1.3.1", 1.3, "1.3.0 ",  "")),
          400, BAD, "lti_version"),
    *each("5.1 no text", ({VERSION: odd} for odd in (*OBJECTS, *NUMBERS)), 400, BAD,
          "lti_version"),
    *each("5.2", ({VERSION: odd} for odd in NONE), 400, BAD, "lti_version"),
    *each("5.3", ({MESSAGE: odd} for odd in (*NONE, "")), 400, BAD, "message_type"),
    *each("5.4", ({MESSAGE: odd} for odd in (
        "LtiFoo", "LtiEulaRequest", "LtiStartProctoring", "LtiDeepLinkingResponse", SCRIPT,
        "ltiresourcelinkrequest", "LtiResourceLinkRequest ", "x" * 10_000,
        "basic-lti-launch-request")), 400, BAD, "message_type"),
    *each("5.5", ({MESSAGE: odd} for odd in (["LtiResourceLinkRequest"], *OBJECTS, *NUMBERS)),
          400, BAD, "message_type"),
    *each("5.57", ({MESSAGE: "LtiSubmissionReviewRequest", f"{LTI}for_user": who}
                   for who in (MISSING, {"user_id": "somebody elsewhere"}, "x")),
          400, BAD, "message_type"),
    *each("5.6", ({DEPLOYMENT: odd} for odd in (*NONE, "", " ", "\t\n")), 400, BAD,
          "deployment_missing"),
    *each("5.9", ({DEPLOYMENT: odd} for odd in (*NUMBERS, *OBJECTS)), 400, BAD,
          "deployment_type"),
    *each("5.11", ({DEPLOYMENT: odd} for odd in ("d" * 256, "d" * 100_000, "\u00e4", "3\0",
                                                 "\U0001f600", "3\r\n", "\ud800")), 400, BAD,
          "deployment_too_long"),
    *each("5.10", ({DEPLOYMENT: odd} for odd in ("4", "3 ", "03", "three")), 403, NOT_TRUSTED,
          "deployment_mismatch"),
    ("5.12 ★", {ROLES: MISSING}, 400, BAD, "roles_missing"),
    ("5.13", {ROLES: None}, 400, BAD, "roles_missing"),
    *each("5.17", ({ROLES: odd} for odd in ("Instructor", course_role("Instructor"), "", {},
                                            {course_role("Instructor"): True}, *NUMBERS)),
          400, BAD, "roles_type"),
    *each("5.28", ({"sub": odd} for odd in (*NONE, "")), 403, NOT_REGISTERED, "sub_missing"),
    *each("5.29", ({"sub": odd} for odd in (*NUMBERS, *OBJECTS)), 400, BAD, "sub_type"),
    *each("5.30", ({"sub": odd} for odd in ("s" * 256, "\U0001f600" * 256, "s" * 100_000)), 400,
          BAD, "sub_too_long"),
    *each("5.30 no text", ({"sub": odd} for odd in ("a\0", "\ud800", "\udfff\ud800")), 400, BAD,
          "sub_type"),
    *each("5.34", ({LINK: odd} for odd in (
        *NONE, *OBJECTS, *NUMBERS, "7", {"id": ""}, {"id": None}, {"id": 7}, {"id": ["7"]},
        {"ID": "7"}, {"title": "only"})), 400, BAD, "claim_missing:resource_link"),
    *each("5.36", ({LINK: {"id": odd}} for odd in ("l" * 256, "l" * 300, "l" * 100_000, "l\0")),
          400, BAD, "rl_id_long"),
    *each("5.45 too long", ({CONTEXT: {"id": odd}} for odd in ("c" * 256, "c\0")), 400, BAD,
          "context_id_long"),
    *each("5.46", ({TARGET: odd} for odd in (*NONE, "")), 400, BAD, "target_missing"),
    *each("5.47", ({TARGET: odd} for odd in (f"{EVIL}/", *TRICKS, *OBJECTS, 7, True)), 403,
          NOT_TRUSTED, "target_foreign"),
)  # fmt: skip


@pytest.mark.parametrize(("claims", "status", "page", "reason"), REFUSED)
def test_a_claim_we_cannot_do_without_is_there_and_right(lms, claims, status, page, reason):
    attempt = assert_form_refused(
        lms, status, page, reason, lambda asked: lms.form(asked, claims)
    )

    assert "{{" not in attempt.answer.text


@pytest.mark.rows("5.28")
def test_an_anonymous_launch_says_who_can_change_what(lms):
    attempt = assert_form_refused(
        lms, 403, NOT_REGISTERED, "sub_missing", lambda asked: lms.form(asked, {"sub": ""})
    )

    assert "did not tell us who you are" in attempt.answer.text
    assert lms.deployment_id in attempt.answer.text


@pytest.mark.rows("5.7")
def test_an_unknown_deployment_is_shown_and_kept_once_for_the_operator(lms):
    other = lms.registered()
    other.is_sound = False
    for pending, name in ((1, "new"), (0, "new"), (1, SCRIPT)):
        other.deployment_id = name
        reason = "deployment_unknown" if pending else "deployment_pending"
        attempt = assert_form_refused(
            other, 403, NOT_REGISTERED, reason, other.form, pending=pending, fetches=1
        )
        assert ("&lt;script&gt;" if name is SCRIPT else "new") in attempt.answer.text
    kept = [row for row in other.rows(DeploymentRow) if row.platform_id == other.platform.id]
    assert [row.status for row in kept] == ["active", "pending", "pending"]


@pytest.mark.rows("5.10")
def test_whoever_names_no_deployment_at_login_is_held_to_none(lms):
    for told in ({"lti_deployment_id": MISSING}, {"lti_deployment_id": ""}):
        assert lms.open(**told).visit.state_id


@pytest.mark.parametrize(
    ("roles", "status", "page", "reason"),
    rows(
        ("5.17 nobody may choose", [course_role("Learner")], 403, "denied", "dl_role"),
        ("5.14 nobody may choose", [], 403, "denied", "dl_role"),
    ),
)
def test_whoever_has_no_role_for_it_chooses_nothing(lms, roles, status, page, reason):
    claims = {**lms.world.choosing(), ROLES: roles}

    assert_form_refused(lms, status, page, reason, lambda asked: lms.form(asked, claims))


@pytest.mark.rows("5.47")
def test_a_target_is_never_followed(lms):
    """Neither in the page nor in a header, whatever the custom item says."""
    browser = lms.browser()
    asked = lms.login(browser)
    form = lms.form(asked, {TARGET: f"{EVIL}/", "name": NAME, AGS: MISSING})

    with refused(lms, 403, NOT_TRUSTED, "target_foreign") as attempt:
        attempt.secrets = secrets_of(form)
        attempt.answer = browser.post(LAUNCH, data=form)

    assert "evil" not in str(attempt.answer.headers)
