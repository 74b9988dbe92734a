"""Make what a test needs, naming only what the test is about."""

from __future__ import annotations

import itertools
import socket
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from lti_tool.records import admission
from lti_tool.records.admission import Admission
from lti_tool.records.db import Database
from lti_tool.records.known import known_of
from lti_tool.records.platforms import add_platform
from lti_tool.study.content import (
    Activity,
    ContentPack,
    Kind,
    Module,
    Option,
    Question,
    QuestionKind,
    Rule,
    StudySession,
)
from lti_tool.tenancy.launch import ContextClaim, Launch, LinkClaim, Message
from lti_tool.tenancy.platforms import Platform
from lti_tool.tenancy.roles import Role, Standing

NOW = datetime(2026, 11, 23, 14, 5, 0, 250_000, tzinfo=UTC)
_numbers = itertools.count(1)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def connections_in_use(database: Database) -> int:
    """How many connections are handed out at this moment."""
    return sum(
        engine.pool.checkedout()  # type: ignore[attr-defined]
        for engine in (database.engine, database.reading)
    )


def platform(**changes: Any) -> Platform:
    number = next(_numbers)
    made = Platform(
        id=0,
        name="Harrow Bank",
        product="standard",
        issuer=f"https://lms-{number}.example",
        client_id=f"client-{number}",
        auth_url=f"https://lms-{number}.example/auth",
        token_url=f"https://lms-{number}.example/token",
        jwks_url=f"https://lms-{number}.example/jwks",
        token_audience=None,
    )
    return replace(made, **changes)


def registered(db: Connection, *deployment_ids: str, **changes: Any) -> Platform:
    made = platform(**changes)
    platform_id = add_platform(db, made, deployment_ids or ("1",), NOW)
    return replace(made, id=platform_id)


def activity(activity_id: str = "read", **changes: Any) -> Activity:
    question = Question(
        "q1",
        QuestionKind.CHOICE,
        "Which?",
        (Option("This", True, "Yes."), Option("That", False, "No.")),
    )
    made = Activity(
        id=activity_id,
        kind=Kind.READ,
        title=activity_id.title(),
        minutes=10,
        rule=Rule.ACKNOWLEDGED,
        questions=(question,),
        intro="<p>Read.</p>",
    )
    return replace(made, **changes)


def study_session(number: int = 1, activities: int = 2, module: str = "m1") -> StudySession:
    return StudySession(
        id=f"s{number}",
        module_id=module,
        number=number,
        title=f"Session {number}",
        purpose="To know.",
        activities=tuple(activity(f"a{place}") for place in range(1, activities + 1)),
    )


def pack(sessions: int = 2, activities: int = 2, **changes: Any) -> ContentPack:
    module = Module(
        id="m1",
        number=1,
        title="Module",
        purpose="To learn.",
        sessions=tuple(study_session(n, activities) for n in range(1, sessions + 1)),
    )
    made = ContentPack(
        id="demo",
        version="1.0.0",
        title="Demo",
        demonstration=True,
        modules=(module,),
        digest="d" * 64,
    )
    return replace(made, **changes)


PARTICIPANT = Standing(role=Role.PARTICIPANT, graded=True, test_user=False)
FACILITATOR = Standing(role=Role.FACILITATOR, graded=False, test_user=False)


def launch(at: Platform, **changes: Any) -> Launch:
    number = next(_numbers)
    made = Launch(
        platform=at,
        deployment_id="1",
        message=Message.RESOURCE_LINK,
        sub="p1",
        name="Amira Begum",
        standing=PARTICIPANT,
        context=ContextClaim("c1", "NPQ", "NPQ autumn"),
        link=LinkClaim("l1", "Session 1"),
        item="demo/m1.s1",
        line_item_url=f"{at.issuer}/items/1",
        can_score=True,
        return_url=None,
        deep_linking=None,
        state_id=f"state-{number}",
    )
    return replace(made, **changes)


@dataclass
class Studying:
    """A participant admitted to the first session of a pack."""

    platform: Platform
    pack: ContentPack
    admission: Admission


def studying(db: Connection, of: ContentPack | None = None, **changes: Any) -> Studying:
    chosen = of or pack()
    at = registered(db)
    arrived = launch(at, **changes)
    item = (arrived.item or "").partition("/")[2] or None
    admission = admit(db, arrived, chosen, item, NOW)
    assert admission
    return Studying(at, chosen, admission)


def admit(
    db: Connection, arrived: Launch, opened: ContentPack | None, item: str | None, now: datetime
) -> Admission | None:
    """Admit a launch as the tool does; None where its deployment is not served."""
    known = known_of(db, arrived, opened)
    return admission.admit(db, arrived, opened, item, now, known) if known else None
