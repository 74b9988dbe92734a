"""Who may open what: the key in the URL, the cookie beside it, the role, the form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from lti_tool.records.platforms import set_deployment_status, set_platform_status
from lti_tool.records.tables import AnswerRow, DeploymentRow, LedgerRow, PlatformRow, VisitRow
from lti_tool.web.access import cookie_of_visit
from tests.web.school import cookies_set, watched
from tests.web.small_pack import ENOUGH, FIRST, PACK, answers_to

STUDY = ["", "session/m1.s1", "session/m1.s1/recall", "session/m1.s1/end"]
STAFF = ["staff/", "staff/session/m1.s1/recall"]


def answered(visitor, path):
    """Status and heading, redirects followed."""
    answer = visitor.get(path, follow_redirects=True)
    return answer.status_code, answer.text.partition("<h1>")[2].partition("</h1>")[0]


@pytest.mark.parametrize("path", [*STUDY, *STAFF, "choose/"])
def test_a_key_nobody_was_given_opens_nothing(arrive, path):
    visitor = arrive()
    visitor.key = "x" * 43

    assert answered(visitor, path) == (403, "Your visit has ended")


@pytest.mark.parametrize("path", STUDY)
def test_a_key_alone_opens_nothing(arrive, path):
    visitor = arrive()
    visitor.client.delete_cookie(cookie_of_visit(visitor.key))

    assert answered(visitor, path) == (403, "Your visit has ended")


@pytest.mark.parametrize("path", STUDY)
def test_a_key_with_the_cookie_of_another_visit_opens_nothing(arrive, path):
    mine, theirs = arrive(person="Amira"), arrive(person="Tom")
    (cookie,) = theirs.client._cookies.values()
    mine.client.delete_cookie(cookie_of_visit(mine.key))
    mine.client.set_cookie(cookie.key, cookie.value)
    mine.client.set_cookie(cookie_of_visit(mine.key), cookie.value)

    assert answered(mine, path) == (403, "Your visit has ended")


@pytest.mark.parametrize("key", ["é" * 43, "..", "%00", "a" * 5_000, "' OR 1=1 --", "<script>"])
def test_odd_keys_are_only_wrong(arrive, key):
    visitor = arrive()

    answer = visitor.client.get(f"/visit/{key}/")

    assert answer.status_code in (403, 404)
    assert "<script>" not in answer.text.partition("<main")[2]


@pytest.mark.parametrize("role", ["facilitator", "administrator", "observer"])
def test_staff_pages_are_for_staff_and_study_pages_for_participants(arrive, role):
    staff, participant = arrive(role=role), arrive()

    assert {staff.get(path).status_code for path in STAFF} == {200}
    assert {participant.get(path).status_code for path in STAFF} == {404}
    assert {staff.get(path).status_code for path in STUDY} == {404}
    assert answered(participant, "")[0] == 200


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_a_form_that_is_not_of_this_visit_changes_nothing(arrive, token):
    visitor = arrive()
    form = {**answers_to(FIRST.activities[0]), "csrf_token": token or ""}

    for path in ("session/m1.s1/recall", "session/m1.s1/recall/draft"):
        assert visitor.post(path, form).status_code == 403
    assert not visitor.read(lambda db: db.execute(select(LedgerRow.id)).all())
    assert not visitor.read(lambda db: db.execute(select(AnswerRow.id)).all())


def test_the_form_of_another_visit_of_mine_changes_nothing_here(arrive):
    here, there = arrive(), arrive()
    form = {**answers_to(FIRST.activities[0]), "csrf_token": there.csrf()}

    assert here.csrf() != there.csrf()
    assert here.post("session/m1.s1/recall", form).status_code == 403


def test_the_token_of_a_form_may_come_in_a_header(arrive):
    visitor = arrive()
    path, token = "session/m1.s1/recall/draft", visitor.csrf()
    form = {"q-q2": "half a thought", "csrf_token": ""}

    assert visitor.post(path, form).status_code == 403
    assert visitor.post(path, form, headers={"X-CSRF-Token": token}).status_code == 204


def seen(visitor, ago):
    """Nothing was heard of the visit for so long."""
    moment = datetime.now(UTC) - ago
    with visitor.database.transaction() as db:
        db.execute(update(VisitRow).values(seen_at=moment))


def test_a_visit_ends_after_eight_idle_hours_and_not_before(arrive):
    visitor = arrive()

    seen(visitor, timedelta(hours=7, minutes=59))
    assert answered(visitor, "")[0] == 200
    seen(visitor, timedelta(hours=8, seconds=1))
    assert answered(visitor, "") == (403, "Your visit has ended")


def test_what_is_typed_keeps_a_visit_alive(arrive):
    visitor = arrive()
    draft = {"q-q2": ENOUGH}
    for _ in range(2):
        seen(visitor, timedelta(hours=7))
        assert visitor.post("session/m1.s1/recall/draft", draft).status_code == 204

    assert answered(visitor, "")[0] == 200


def test_a_sign_of_life_is_noted_every_ten_minutes_and_renews_the_cookie(arrive):
    visitor = arrive()
    seen(visitor, timedelta(minutes=11))
    before = dict(visitor.client._cookies)

    with watched(visitor.database) as first:
        noted = visitor.get("session/m1.s1/recall")
    with watched(visitor.database) as second:
        unnoted = visitor.get("session/m1.s1/recall")

    assert (first.commits, second.commits) == (1, 0)
    ((name, attributes),) = cookies_set(noted).items()
    assert name == cookie_of_visit(visitor.key)
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned"} <= set(attributes)
    assert "Max-Age=28800" in attributes
    assert [c.value for c in before.values()] == [
        c.value for c in visitor.client._cookies.values()
    ]
    assert not cookies_set(unnoted)


@pytest.mark.parametrize("what", ["platform", "deployment"])
def test_suspending_ends_visits_at_once_and_resuming_brings_them_back(arrive, what):
    visitor = arrive()
    suspend, table = {
        "platform": (set_platform_status, PlatformRow),
        "deployment": (set_deployment_status, DeploymentRow),
    }[what]
    row = visitor.read(lambda db: db.scalar(select(table.id)))

    for status, answer in (("suspended", 403), ("active", 200)):
        with visitor.database.transaction() as db:
            assert suspend(db, row, status)
        assert answered(visitor, "")[0] == answer


def test_the_key_of_a_visit_is_never_logged(arrive):
    visitor = arrive()

    with capture_logs() as log:
        visitor.get("session/m1.s1/nothing")
        visitor.get("session/m9.s9")
        visitor.post("session/m1.s1/recall", {"csrf_token": "x"})
        visitor.client.delete_cookie(cookie_of_visit(visitor.key))
        visitor.get("")

    assert len(log) == 4
    assert visitor.key not in str(log)


def test_addresses_in_pages_stay_in_their_visit(arrive):
    first, second = arrive(), arrive()

    for visitor, other in ((first, second), (second, first)):
        text = visitor.get("session/m1.s1/recall").text
        assert f"/visit/{visitor.key}/session/m1.s1/recall" in text
        assert other.key not in text


@pytest.mark.parametrize(
    ("path", "statements"),
    [
        ("session/m1.s1/recall", 2),
        ("session/m1.s1/reading", 2),
        ("session/m1.s1", 2),
        ("", 1),
    ],
)
def test_a_page_view_costs_few_queries_and_no_write(arrive, path, statements):
    visitor = arrive()
    visitor.do(FIRST, "recall")

    with watched(visitor.database) as work:
        assert visitor.get(path).status_code in (200, 303)

    assert len(work.statements) == statements, work.statements
    assert {statement.partition(" ")[0] for statement in work.statements} == {"SELECT"}
    assert work.commits == 0


def test_the_map_of_a_module_costs_two_queries(arrive):
    visitor = arrive("m1")
    visitor.do(FIRST, "recall")

    with watched(visitor.database) as work:
        assert visitor.get("").status_code == 200

    assert len(work.statements) == 2, work.statements


def test_an_end_page_costs_few_queries(arrive):
    visitor = arrive()
    visitor.do(FIRST)

    with watched(visitor.database) as work:
        assert visitor.get("session/m1.s1/end").status_code == 200

    assert len(work.statements) == 3, work.statements


def test_finishing_an_activity_is_one_transaction(arrive):
    visitor = arrive()
    first, *_ = PACK.sessions[0].activities

    with watched(visitor.database) as work:
        answer = visitor.post(f"session/m1.s1/{first.id}", answers_to(first))

    assert answer.status_code == 303
    assert work.commits == 1
    assert len(work.statements) == 4, work.statements
