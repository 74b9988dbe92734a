"""Three tenants whose LMSs call everything alike, each with people at work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.records.platforms import add_deployment
from lti_tool.stores import Kept
from lti_tool.web.access import csrf_token
from tests.build import NOW
from tests.lti.world import COURSE, LTI
from tests.web.school import TOOL, VISIT_COOKIE, School, another_school
from tests.web.small_pack import ENOUGH, FIRST

PARTICIPANT = {f"{LTI}roles": [f"{COURSE}Learner"]}
FACILITATOR = {f"{LTI}roles": [f"{COURSE}Instructor"]}


@dataclass
class Stay:
    """One browser's visit."""

    browser: FlaskClient
    key: str

    @property
    def home(self) -> str:
        return f"{TOOL}/visit/{self.key}/"

    @property
    def cookie(self) -> str:
        """The second factor."""
        return next(
            str(cookie.value)
            for cookie in self.browser._cookies.values()
            if cookie.key.startswith(VISIT_COOKIE)
        )

    def csrf(self) -> str:
        """What every form of the visit holds."""
        with self.browser.application.app_context():
            g.visit = self
            return csrf_token()

    def get(self, path: str = "", **more: Any) -> TestResponse:
        """Open a page of the visit, redirects followed."""
        return self.browser.get(self.home + path, follow_redirects=True, **more)

    def post(self, path: str, form: Mapping[str, str], **more: Any) -> TestResponse:
        """Send a form of the visit."""
        data = {"csrf_token": self.csrf(), **form}
        return self.browser.post(self.home + path, data=data, **more)

    def do(self, *activity_ids: str, words: str = ENOUGH) -> None:
        """Finish these activities of the first session, or all of it."""
        answers = {
            "recall": {"q-q1": "1", "q-q2": f"working memory, {words}"},
            "reading": {"q-q1": "1"},
        }
        for activity in FIRST.activities:
            if not activity_ids or activity.id in activity_ids:
                form = answers.get(activity.id, {"q-q1": f"{words} {ENOUGH}"})
                path = f"session/{FIRST.item}/{activity.id}"
                assert self.post(path, form).status_code == 303


def stay(school: School, claims: Mapping[str, Any]) -> Stay:
    """Launch and stay."""
    browser = school.browser()
    answer = school.launch(claims, browser)
    assert answer.status_code == 303, answer.text
    return Stay(browser, answer.location.partition("/visit/")[2].partition("/")[0])


def forget_visits(school: School) -> None:
    """As some seconds after a launch, or in another process."""
    parts = replace(school.parts, just_begun=Kept(0))
    school.app.extensions["lti_tool"] = parts


@dataclass
class Tenant:
    """A school and those at work in it."""

    name: str
    school: School
    participant: Stay
    facilitator: Stay
    chooser: Stay

    @property
    def own_words(self) -> list[str]:
        """What nobody elsewhere may see."""
        kinds = ("person", "helper", "course", "link", "answer")
        return [f"{kind} of {self.name}" for kind in kinds]


def tenant(school: School, name: str) -> Tenant:
    """People of a school: one has written something and is owed a grade."""

    def claims(kind: str, sub: str, roles: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "sub": sub,
            "name": f"{kind} of {name}",
            f"{LTI}context": {"id": "2", "title": f"course of {name}"},
            f"{LTI}resource_link": {"id": "7", "title": f"link of {name}"},
            **roles,
        }

    participant = stay(school, claims("person", "5", PARTICIPANT))
    participant.do(words=f"answer of {name}")
    facilitator = stay(school, claims("helper", "6", FACILITATOR))
    choosing = school.world.choosing(deep_link_return_url=f"{school.platform.issuer}/return")
    chooser = stay(school, claims("helper", "6", {}) | choosing)
    return Tenant(name, school, participant, facilitator, chooser)


def neighbours(school: School) -> tuple[Tenant, Tenant, Tenant]:
    """A tenant, one more of the same LMS, and one of another LMS."""
    with school.database.transaction() as db:
        add_deployment(db, school.platform.id, "4", "active", NOW)
    beside = replace(school, deployment_id="4")
    elsewhere = another_school(school.app, school.database, "second")
    return tenant(school, "A"), tenant(beside, "B"), tenant(elsewhere, "C")
