"""Sixteen at the same moment, to a server of two processes on PostgreSQL, as in production."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest
import requests

from lti_tool.records.trust_tables import FailedAttemptsRow
from lti_tool.web.attempts import LIMIT
from tests.conftest import empty_postgres, migrate
from tests.journeys.processes import Served, at_once, served
from tests.lti.world import LTI

pytestmark = pytest.mark.xdist_group("races")  # so that one server is enough

MANY = 16
ROUNDS = 3


@pytest.fixture(scope="module")
def tool(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all: each test looks at what it added."""
    url = empty_postgres(postgres_server, "npq_races")
    migrate(url)
    with served(url, tmp_path_factory.mktemp("races"), "races") as running:
        assert len(running.workers) == 2
        yield running


def visits_in(answers):
    """The visits these answers lead to."""
    return {
        re.match(r"/visit/[^/]+/", answer.headers["Location"])[0]
        for answer in answers
        if answer.status_code == 303
    }


def added(tool, before):
    after = tool.school.counts()
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def test_one_state_posted_sixteen_times_is_one_visit(tool):
    for _ in range(ROUNDS):
        begun = tool.begin()
        form, before = tool.form(begun), tool.school.counts()

        answers = at_once([partial(tool.launch, begun, form)] * MANY)

        assert {answer.status_code for answer in answers} <= {303, 403}
        assert len(visits_in(answers)) == 1
        assert added(tool, before)["visits"] == 1


def test_sixteen_tokens_with_one_nonce_are_one_visit(tool):
    for round_ in range(ROUNDS):
        begun = tool.begin()
        forms = [tool.form(begun, sub=f"token {round_}-{number}") for number in range(MANY)]
        before = tool.school.counts()

        answers = at_once([partial(tool.launch, begun, form) for form in forms])

        assert {answer.status_code for answer in answers} <= {303, 403}
        assert len(visits_in(answers)) == 1
        new = added(tool, before)
        assert (new["visits"], new["persons"], new["enrolments"]) == (1, 1, 1)


def test_a_nonce_is_good_for_its_own_login_alone(tool):
    logins = [tool.begin() for _ in range(MANY)]
    first = logins[0].asked["nonce"]
    before = tool.school.counts()

    answers = at_once(
        [partial(tool.launch, each, tool.form(each, nonce=first)) for each in logins]
    )

    assert Counter(answer.status_code for answer in answers) == {303: 1, 403: MANY - 1}
    assert added(tool, before)["visits"] == 1


def test_sixteen_people_open_a_new_course_at_once(tool):
    for round_ in range(ROUNDS):
        course = {f"{LTI}context": {"id": f"course {round_}", "title": "New"}}
        logins = [tool.begin() for _ in range(MANY)]
        forms = [
            tool.form(login, sub=f"{round_}-{number}", **course)
            for number, login in enumerate(logins)
        ]
        before = tool.school.counts()

        answers = at_once(
            [
                partial(tool.launch, login, form)
                for login, form in zip(logins, forms, strict=True)
            ]
        )

        assert [answer.status_code for answer in answers] == [303] * MANY
        new = added(tool, before)
        assert (new["contexts"], new["resource_links"], new["line_items"]) == (1, 1, 1)
        people = [new[table] for table in ("persons", "memberships", "enrolments", "visits")]
        assert people == [MANY] * 4


def test_failures_at_once_are_counted_by_both_processes_together(tool):
    def fail() -> list[int]:
        with requests.Session() as http:
            url = f"{tool.url}/lti/login"
            return [http.post(url, timeout=30).status_code for _ in range(30)]

    statuses = Counter(status for some in at_once([fail] * MANY) for status in some)

    assert set(statuses) == {400, 429}
    each_alone = 2 * LIMIT
    assert statuses[400] < each_alone
    (row,) = tool.school.rows(FailedAttemptsRow)
    assert row.count < each_alone
    begun = tool.begin()
    assert tool.launch(begun, tool.form(begun)).status_code == 303
