"""Every claim as every kind of JSON: a page that opens or one that refuses, never an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.hostile.refused import assert_inert
from tests.hostile.world import Lms, course_role
from tests.lti.world import AGS, DL, LTI
from tests.web.page import Page
from tests.web.school import LAUNCH, TOOL

TEXTS = ('"\\u0000"', '"a\\u0000b"', '"\\ud800"', f'"{"y" * 10_000}"', '"\\u202e"')  # as JSON
NUMBERS = ("0", "-1", "1.5", "1e999", "-1e999", "9" * 400, "-" + "9" * 400)
OTHERS = (
    '""', '"x"', '"<script>alert(1)</script>"', "true", "null", "[]", '["x"]', "{}",
    '{"id":1,"title":[]}', "[" * 20 + "]" * 20,
)  # fmt: skip
PLACES = (  # a claim, or a claim and a member of it
    "iss", "aud", "azp", "sub", "exp", "iat", "nbf", "nonce", "name", "given_name",
    "family_name", "email", "picture", "locale", f"{LTI}message_type", f"{LTI}version",
    f"{LTI}deployment_id", f"{LTI}target_link_uri", f"{LTI}roles", f"{LTI}role_scope_mentor",
    f"{LTI}resource_link", f"{LTI}context", f"{LTI}custom", f"{LTI}launch_presentation",
    f"{LTI}tool_platform", f"{LTI}lis", f"{LTI}lti1p1", f"{LTI}for_user", AGS, DL,
    (f"{LTI}resource_link", "id"), (f"{LTI}resource_link", "title"), (f"{LTI}context", "id"),
    (f"{LTI}context", "label"), (f"{LTI}context", "title"), (f"{LTI}context", "type"),
    (f"{LTI}custom", "npq_item"), (f"{LTI}custom", "other"), (f"{LTI}roles", 0),
    (f"{LTI}launch_presentation", "return_url"), (f"{LTI}launch_presentation", "locale"),
    (AGS, "scope"), (AGS, "lineitem"), (AGS, "lineitems"),
)  # fmt: skip
DL_PLACES = tuple(
    (DL, name)
    for name in (
        "deep_link_return_url", "data", "accept_types", "accept_multiple", "accept_lineitem",
        "accept_presentation_document_targets", "title", "text", "auto_create",
    )
)  # fmt: skip
HOLE = "(here)"


def with_hole(claims: dict[str, Any], place: str | tuple[str, Any]) -> str:
    """The claims as JSON, with a hole where the value goes."""
    claim, *member = (place,) if isinstance(place, str) else place
    inner: Any = claims.get(claim, {})
    made = HOLE
    if member:
        made = [HOLE] if isinstance(inner, list) else {**inner, member[0]: HOLE}
    return json.dumps({**claims, claim: made})


def launch(lms: Lms, claims: dict[str, Any], place: Any, value: str):
    """What one value in one place leads to, with what was asked of the database."""
    browser = lms.browser()
    asked = lms.login(browser)
    whole = lms.world.claims(asked["nonce"], {**lms._usual(), **claims})
    said = with_hole(whole, place).replace(f'"{HOLE}"', value)
    with lms.watched() as work:
        answer = browser.post(LAUNCH, data=lms.form(asked, said))
    return browser, answer, work


def assert_opens_or_refuses(lms: Lms, claims: dict[str, Any], place: Any, value: str) -> None:
    browser, answer, work = launch(lms, claims, place, value)
    about = (place, value[:40], answer.status_code, work.log)
    if answer.status_code == 303:
        answer = browser.get(answer.location, base_url=TOOL, follow_redirects=True)
        assert answer.status_code == 200, about
    else:
        assert 400 <= answer.status_code < 500, about
        assert 'data-page="' in answer.text
        changed = [s for s in work.statements if s.split()[0] not in ("SELECT", "WITH")]
        assert not [s for s in changed if "failed_attempts" not in s], about
    assert_inert(Page(answer.text))


def named(place: str | tuple[str, Any]) -> str:
    return str(place).replace(LTI, "").strip("()")


@pytest.mark.parametrize("place", PLACES, ids=named)
def test_a_claim_of_any_kind_opens_or_is_refused(tool_on_sqlite, place):
    for value in (*TEXTS, *NUMBERS, *OTHERS):
        claims = {"sub": "swept", f"{LTI}roles": [course_role("Learner")]}
        assert_opens_or_refuses(tool_on_sqlite, claims, place, value)


@pytest.mark.parametrize("place", PLACES, ids=named)
def test_what_a_database_may_not_take_is_not_given_to_it(tool_on_postgresql, place):
    """PostgreSQL takes no NUL and no half of a surrogate pair."""
    for value in TEXTS:
        claims = {"sub": "swept", f"{LTI}roles": [course_role("Learner")]}
        assert_opens_or_refuses(tool_on_postgresql, claims, place, value)


@pytest.mark.parametrize("place", PLACES, ids=named)
def test_what_staff_are_told_survives_any_kind(tool_on_sqlite, place):
    for value in (NUMBERS[3], NUMBERS[5], TEXTS[2], "true", "[]"):
        claims = {"sub": "swept", f"{LTI}roles": [course_role("Instructor")]}
        assert_opens_or_refuses(tool_on_sqlite, claims, place, value)


@pytest.mark.parametrize("place", DL_PLACES, ids=named)
def test_a_setting_of_any_kind_opens_or_is_refused(tool_on_postgresql, place):
    lms = tool_on_postgresql
    back = f"{lms.platform.issuer}/return"
    claims = {**lms.world.choosing(deep_link_return_url=back), "sub": "swept"}

    for value in (*TEXTS, *OTHERS):
        assert_opens_or_refuses(lms, claims, place, value)
