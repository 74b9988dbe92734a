"""Section 2: the state, and the browser that began it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from flask.testing import FlaskClient

from lti_tool.lti.state import StateSigner
from lti_tool.records.tables import VisitRow
from tests.hostile.refused import assert_form_refused, refused, secrets_of
from tests.hostile.rows import BAD, BROWSER, LARGE, NOT_TRUSTED, STALE, each, rows
from tests.hostile.world import SCRIPT, Lms, visit_key
from tests.web.page import Page
from tests.web.school import FORM_COOKIE, LAUNCH, LOGIN, TOOL, VISIT_COOKIE

HTML = {"Accept": "text/html"}
OURS = {"Sec-Fetch-Site": "same-origin", "Origin": TOOL}  # a form of our own page

STATES = rows(
    ("2.1 missing", [], 400, BAD, "state_missing"),
    ("2.1 blank", [""], 400, BAD, "state_missing"),
    ("2.1 white", [" \t"], 400, BAD, "state_missing"),
    ("2.1 twice", ["a", "a"], 400, BAD, "state_duplicate"),
    *each("2.3", ([odd] for odd in ("x" * 43, "a.b", "a.b.c", ".", "e30.e30", "\u00e4.\u00e4",
                                    SCRIPT, "' OR 1=1 --", "[].x", "WzFd.AAAA")),
          403, STALE, "state_unknown"),
    ("2.3 NUL", ["a\0b"], 400, BAD, "encoding"),
    ("2.3 long", ["x" * 8_193], 413, LARGE, "too_large"),
)  # fmt: skip


@pytest.mark.parametrize(("states", "status", "page", "reason"), STATES)
def test_a_state_that_is_none_of_ours_is_refused(lms, states, status, page, reason):
    assert_form_refused(
        lms, status, page, reason, lambda asked: {**lms.form(asked), "state": states}
    )


TAMPERED = rows(
    ("2.11 first letter", lambda state: ("X" if state[0] != "X" else "Y") + state[1:]),
    ("2.11 last letter", lambda state: state[:-1] + ("A" if state[-1] != "A" else "B")),
    ("2.11 in the middle", lambda state: state[:40] + state[41:]),
    ("2.11 cut", lambda state: state[:-5]),
    ("2.11 half", lambda state: state[: len(state) // 2]),
    ("2.11 longer", lambda state: f"{state}.platformStorage"),
    ("2.11 twice over", lambda state: state + state),
    ("2.11 capitals", lambda state: state.upper()),
    ("2.11 a space", lambda state: f"{state} "),
    ("2.11 no seal", lambda state: state.rpartition(".")[0] + "."),
    ("2.11 padded", lambda state: f"{state}="),
)


@pytest.mark.parametrize("spoil", TAMPERED)
def test_a_state_that_was_touched_is_refused(lms, spoil):
    assert_form_refused(
        lms, 403, STALE, "state_unknown",
        lambda asked: {**lms.form(asked), "state": spoil(asked["state"])},
    )  # fmt: skip


@pytest.mark.rows("2.11")
def test_a_state_sealed_by_somebody_else_is_refused(lms):
    theirs = StateSigner(["another secret of enough length, of another tool"])

    def resealed(asked: Mapping[str, str]) -> dict[str, Any]:
        state = lms.parts.signer.open(asked["state"], datetime.now(UTC))
        return {**lms.form(asked), "state": theirs.seal(state)}

    assert_form_refused(lms, 403, STALE, "state_unknown", resealed)


@pytest.mark.rows("2.4")
def test_a_login_of_more_than_ten_minutes_ago_is_refused(lms):
    browser = lms.browser()
    asked = lms.login(browser)

    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10, seconds=1)):
        form = lms.form(asked)
        with refused(lms, 403, STALE, "state_expired") as attempt:
            attempt.secrets = secrets_of(form)
            attempt.answer = browser.post(LAUNCH, data=form)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=9, seconds=50)):
        assert browser.post(LAUNCH, data=lms.form(asked)).status_code == 303


@pytest.mark.rows("2.5")
@pytest.mark.parametrize("same", ["issuer", "nothing"])
def test_a_message_of_one_lms_does_not_answer_a_login_of_another(lms, same):
    mine = lms.registered()
    mine.open()
    shared = {"issuer": mine.platform.issuer} if same == "issuer" else {}
    other = mine.registered("second", **shared)
    reason = "aud_mismatch" if same == "issuer" else "iss_mismatch"

    assert_form_refused(mine, 403, NOT_TRUSTED, reason, other.form)


@pytest.mark.rows("2.6")
def test_a_form_that_another_browser_began_opens_nothing(lms):
    """The attacker's message is good, and the victim's browser posts it."""
    attacker, victim = lms.browser(), lms.browser()
    form = lms.form(lms.login(attacker))
    (cookie,) = attacker._cookies.values()
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    for key, said in (("guessed", OURS), ("x" * 43, OURS), (cookie.value, elsewhere), ("", {})):
        posted = {**form, "browser_key": key} if key else form
        with refused(lms, 403, BROWSER, "state_other_browser") as attempt:
            attempt.secrets = (*secrets_of(form), cookie.value)
            attempt.answer = victim.post(LAUNCH, data=posted, headers=said)
    assert attacker.post(LAUNCH, data=form).status_code == 303


@pytest.mark.rows("2.7")
def test_a_form_that_was_used_opens_nothing_in_another_browser(lms):
    first, second = lms.browser(), lms.browser()
    form = lms.form(lms.login(first))
    assert first.post(LAUNCH, data=form).status_code == 303

    with refused(lms, 403, BROWSER, "state_other_browser") as attempt:
        attempt.secrets = secrets_of(form)
        attempt.answer = second.post(LAUNCH, data=form)


@pytest.mark.rows("2.8")
def test_the_same_form_again_leads_to_the_same_visit(lms):
    browser = lms.browser()
    form = lms.form(lms.login(browser))
    first = browser.post(LAUNCH, data=form)
    visits = len(lms.rows(VisitRow))

    with lms.watched() as work:
        again = browser.post(LAUNCH, data=form)

    assert (again.status_code, len(lms.rows(VisitRow))) == (303, visits)
    assert visit_key(again.location) == visit_key(first.location)
    (line,) = [entry for entry in work.log if entry["event"] == "state_used"]
    assert line["log_level"] == "info"


@pytest.mark.rows("2.8")
def test_the_same_form_is_stale_when_its_visit_is_over(lms):
    browser = lms.browser()
    form = lms.form(lms.login(browser))
    first = browser.post(LAUNCH, data=form)
    lms.end_visit(visit_key(first.location))

    with refused(lms, 403, STALE, "state_used") as attempt:
        attempt.secrets = secrets_of(form)
        attempt.answer = browser.post(LAUNCH, data=form)


@pytest.mark.rows("2.9")
@pytest.mark.parametrize("order", [1, -1], ids=["as begun", "the other way"])
def test_two_tabs_at_once_are_two_visits(lms, order):
    browser = lms.browser()
    forms = [lms.form(lms.login(browser), {"sub": sub}) for sub in ("tab 1", "tab 2")]

    answers = [browser.post(LAUNCH, data=form) for form in forms[::order]]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len({visit_key(answer.location) for answer in answers}) == 2
    for answer in answers:
        assert browser.get(answer.location, base_url=TOOL).status_code == 200


@pytest.mark.rows("2.12")
def test_a_key_of_one_login_does_not_carry_another(lms):
    """Nor can another host plant one: the name says that only we may set it."""
    browser = lms.browser()
    lms.login(browser)
    (planted,) = browser._cookies.values()
    assert planted.key.startswith(FORM_COOKIE)
    assert (planted.domain, planted.path, planted.secure) == ("npq.example.org", "/", True)
    attacker, victim = lms.browser(), lms.browser()
    asked = lms.login(attacker)
    (theirs,) = attacker._cookies.values()
    victim.set_cookie(theirs.key, planted.value, domain="npq.example.org")

    with refused(lms, 403, BROWSER, "state_other_browser") as attempt:
        attempt.answer = victim.post(LAUNCH, data=lms.form(asked))


@pytest.mark.rows("2.15")
def test_where_nothing_was_kept_the_person_is_told_what_to_do(lms):
    browser, key, form = without_cookies(lms)

    with refused(lms, 403, BROWSER, "carrier=none") as attempt:
        attempt.secrets = (*secrets_of(form), key)
        attempt.answer = browser.post(LAUNCH, data={**form, "browser_key": ""}, headers=OURS)

    assert "new window" in attempt.answer.text
    posted = {**form, "browser_key": key}
    assert browser.post(LAUNCH, data=posted, headers=OURS).status_code == 303


def without_cookies(lms: Lms) -> tuple[FlaskClient, str, dict[str, str]]:
    """A browser that keeps no cookie, the key its script was given, and the LMS's answer."""
    browser = lms.app.test_client(use_cookies=False)
    browser.environ_base["REMOTE_ADDR"] = lms.browser().environ_base["REMOTE_ADDR"]
    page = Page(browser.post(LOGIN, data=lms.begin(), headers=HTML).text)
    (article,) = page.all("article")
    asked = dict(parse_qsl(urlsplit(article.attributes["data-next"]).query))
    return browser, article.attributes["data-key"], lms.form(asked)


@pytest.mark.rows("2.17")
def test_a_form_posted_from_elsewhere_works_in_the_browser_that_began_it(lms):
    """The protocol is a post across sites; only the attacker's own browser has his key."""
    browser = lms.browser()
    form = lms.form(lms.login(browser))
    elsewhere = {"Origin": "https://evil.example", "Referer": "https://evil.example/"}

    assert browser.post(LAUNCH, data=form, headers=elsewhere).status_code == 303


@pytest.mark.rows("2.18")
def test_the_address_of_a_visit_opens_nothing_elsewhere(lms):
    opened = lms.open()
    with refused(lms, 403, "ended", "visit_ended") as attempt:
        attempt.secrets = (visit_key(opened.answer.location),)
        attempt.answer = lms.browser().get(opened.answer.location, base_url=TOOL)
    planted = lms.browser()
    name = f"{VISIT_COOKIE}{visit_key(opened.answer.location)[:8]}"
    planted.set_cookie(name, "guessed", domain="npq.example.org")

    assert planted.get(opened.answer.location, base_url=TOOL).status_code == 403


@pytest.mark.rows("2.18")
def test_where_there_is_no_cookie_an_address_opens_in_one_kind_of_browser_only(lms):
    agent = {"User-Agent": "Safari 17"}
    browser, key, form = without_cookies(lms)
    opened = browser.post(LAUNCH, data={**form, "browser_key": key}, headers=agent | OURS)

    assert browser.get(opened.location, base_url=TOOL, headers=agent).status_code == 200
    with refused(lms, 403, "ended", "visit_ended") as attempt:
        attempt.answer = lms.browser().get(opened.location, base_url=TOOL)
    forged = browser.post(f"{TOOL}{opened.location}", data={"q1": "0"}, headers=agent)
    assert (forged.status_code, Page(forged.text).one("article").attributes["data-page"]) == (
        403, "outdated"
    )  # fmt: skip
