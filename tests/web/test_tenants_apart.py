"""Every route, asked for what is another tenant's: nothing is shown, nothing written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.records import tables
from lti_tool.records.columns import Table
from lti_tool.records.visits import hash_of
from lti_tool.web.access import cookie_of_visit
from tests.web.school import TOOL, School, school_at
from tests.web.small_pack import FIRST, PACK
from tests.web.tenants import Stay, Tenant, forget_visits, neighbours

# Whose visit opens the pages of a blueprint; a new blueprint is entered here.
VISITS = {"study": "participant", "staff": "facilitator", "choose": "chooser"}
# A good value of each part of a URL beside the visit; a new one is entered here.
GOOD = {"item": FIRST.item, "activity_id": FIRST.activities[0].id}
# Pages without a visit, and why they can show nothing of a tenant.
OPEN_TO_ALL = {
    "assets.asset": "files of ours",
    "health.alive": "says that the process is alive",
    "health.ready": "says that database and content are there",
    "health.metrics": "sums over all tenants, behind a token",
    "launch.login": "takes the tenant from the LMS's registration, shows nothing",
    "launch.launch": "takes the tenant from a signed message",
    "launch.jwks": "our own keys",
    "launch.opened_directly": "says how to open a link",
}


@pytest.fixture
def school(whole_app: Flask, database_url: str) -> Iterator[School]:
    with school_at(whole_app, database_url) as made:
        yield made


@pytest.fixture(params=["just begun", "read from the database"])
def tenants(school: School, request: pytest.FixtureRequest) -> tuple[Tenant, Tenant, Tenant]:
    made = neighbours(school)
    if request.param != "just begun":
        forget_visits(school)
    return made


def visit_routes(app: Flask) -> list[tuple[str, str, str, set[str]]]:
    """Endpoint, URL, method and what the URL names besides the visit."""
    return [
        (rule.endpoint, rule.rule, method, rule.arguments - {"visit"})
        for rule in app.url_map.iter_rules()
        if "visit" in rule.arguments
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


def stay_for(tenant: Tenant, endpoint: str) -> Stay:
    found: Stay = getattr(tenant, VISITS[endpoint.partition(".")[0]])
    return found


def address(url: str, key: str, **parts: str) -> str:
    """The URL with its parts filled in."""
    for name, value in {**GOOD, **parts, "visit": key}.items():
        url = url.replace(f"<{name}>", value)
    assert "<" not in url, url
    return TOOL + url


def everything(school: School) -> dict[str, list[tuple[object, ...]]]:
    """Every row but those of visits, whose last sign of life may change."""
    return {
        table.name: [tuple(row) for row in school_rows(school, table)]
        for table in Table.metadata.sorted_tables
        if table.name != "visits"
    }


def school_rows(school: School, table: object) -> list[object]:
    with school.database.read() as db:
        return list(db.execute(select(table).order_by(*table.primary_key)))


def identifiers(school: School, other: Tenant) -> set[str]:
    """All that names something of another tenant."""
    stays = (other.participant, other.facilitator, other.chooser)
    names = {stay.key for stay in stays} | {stay.cookie for stay in stays}
    for table in (tables.EnrolmentRow, tables.PersonRow, tables.ContextRow, tables.GradeRow):
        names |= {str(row.id) for row in school.rows(table)}
    names |= {row.lti_id for row in school.rows(tables.ContextRow)}
    names |= {row.deployment_id for row in school.rows(tables.DeploymentRow)}
    return names | {PACK.id, f"{PACK.id}/{FIRST.item}", *other.own_words}


def shows(text: str, tenant: Tenant) -> list[str]:
    return [words for words in tenant.own_words if words in text]


def others(tenants: tuple[Tenant, ...]) -> list[tuple[Tenant, Tenant]]:
    return [(mine, other) for mine in tenants for other in tenants if mine is not other]


def test_every_route_is_covered(whole_app):
    in_visits = {endpoint for endpoint, *_ in visit_routes(whole_app)}
    all_routes = {rule.endpoint for rule in whole_app.url_map.iter_rules()}

    assert {endpoint.partition(".")[0] for endpoint in in_visits} == set(VISITS)
    assert all_routes - in_visits == set(OPEN_TO_ALL)
    assert {name for *_, names in visit_routes(whole_app) for name in names} == set(GOOD)


def test_each_tenant_sees_its_own(tenants):
    """Or what follows would hold for pages that show nothing at all."""
    for mine in tenants:
        seen = ""
        for endpoint, url, method, _ in visit_routes(mine.school.app):
            if method == "GET":
                stay = stay_for(mine, endpoint)
                answer = stay.browser.get(address(url, stay.key), follow_redirects=True)
                assert answer.status_code == 200, url
                seen += answer.text
        assert {f"course of {mine.name}", f"answer of {mine.name}"} <= set(shows(seen, mine))
        for other in tenants:
            assert other is mine or not shows(seen, other)


@pytest.mark.parametrize("named", ["mine", "theirs"])
def test_the_visit_of_another_tenant_opens_nothing(tenants, named):
    """With the cookie of my visit, as it is called or as theirs is called."""
    before = everything(tenants[0].school)
    for mine, other in others(tenants):
        for endpoint, url, method, _ in visit_routes(mine.school.app):
            me, them = stay_for(mine, endpoint), stay_for(other, endpoint)
            browser = me.browser.application.test_client()
            name = cookie_of_visit({"mine": me, "theirs": them}[named].key)
            browser.set_cookie(name, me.cookie, domain="npq.example.org")
            form = {"csrf_token": them.csrf(), "q-q1": "1", "pick": f"{PACK.id}/{FIRST.item}"}

            answer = browser.open(address(url, them.key), method=method, data=form)

            assert answer.status_code == 403, (method, url)
            assert not shows(answer.text, other), (method, url)
    assert everything(tenants[0].school) == before


def test_the_names_of_another_tenants_things_lead_nowhere(tenants):
    school = tenants[0].school
    before = everything(school)
    for mine, other in others(tenants)[:3]:
        theirs = identifiers(school, other)
        for endpoint, url, method, names in visit_routes(school.app):
            stay = stay_for(mine, endpoint)
            form = {"csrf_token": stay.csrf(), "q-q1": "1"}
            for name in names:
                for value in theirs - {GOOD[name]}:
                    where = address(url, stay.key, **{name: value})
                    answer = stay.browser.open(where, method=method, data=form)
                    assert answer.status_code in (404, 405), (method, where)
                    assert not shows(answer.text, other), (method, where)
    assert everything(school) == before


def test_a_form_of_another_tenant_is_not_taken(tenants):
    school = tenants[0].school
    before = everything(school)
    for mine, other in others(tenants):
        for endpoint, url, method, _ in visit_routes(school.app):
            if method != "GET":
                me, them = stay_for(mine, endpoint), stay_for(other, endpoint)
                form = {"csrf_token": them.csrf(), "q-q1": "1"}
                answer = me.browser.open(address(url, me.key), method=method, data=form)
                assert answer.status_code == 403, (method, url)
    assert everything(school) == before


NAMES = (
    "visit", "key", "enrolment", "enrolment_id", "enrolment_row", "person", "person_id", "sub",
    "user", "context", "context_id", "deployment", "deployment_id", "platform", "client_id",
    "item", "activity_id", "pick", "link", "role", "q-q2",
)  # fmt: skip


def rows_of_others(school: School, mine: Tenant) -> list[object]:
    """Answers, ledger and enrolments of all but one tenant's participant."""
    key = mine.participant.key
    enrolment = enrolment_of(school, key)
    kept = []
    for table in (tables.AnswerRow, tables.LedgerRow):
        kept += [tuple(r) for r in school.rows(table) if r.enrolment_id != enrolment]
    return kept + [tuple(row) for row in school.rows(tables.GradeRow)]


def enrolment_of(school: School, key: str) -> int:
    (row,) = (r for r in school.rows(tables.VisitRow) if r.key_hash == hash_of(key))
    return int(row.enrolment_id)


def test_a_field_that_names_something_of_another_tenant_changes_nothing_there(tenants):
    """Forms and queries say what is answered, never whose answer it is."""
    school = tenants[0].school
    mine, other, _ = tenants
    with school.database.transaction() as db:  # so that there is something to write
        enrolment = enrolment_of(school, mine.participant.key)
        for table in (tables.AnswerRow, tables.LedgerRow):
            db.execute(table.__table__.delete().where(table.enrolment_id == enrolment))
    before = rows_of_others(school, mine)

    for endpoint, url, method, _ in visit_routes(school.app):
        stay = stay_for(mine, endpoint)
        for value in sorted(identifiers(school, other)):
            form = {**dict.fromkeys(NAMES, value), "csrf_token": stay.csrf()}
            where = address(url, stay.key)
            answer = stay.browser.open(where, method=method, query_string=form, data=form)
            assert answer.status_code < 500
            if value not in other.own_words:  # what was sent comes back to whoever sent it
                assert not shows(answer.text, other), (method, url)

    assert rows_of_others(school, mine) == before
    assert any(row.enrolment_id == enrolment for row in school.rows(tables.AnswerRow))
