"""The tool, its worker and an LMS: real servers on two sites, one clock for what waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Connection, select

from lti_tool.delivery.deliver import Courier, deliver_due
from lti_tool.demo_lms.lms import Lms
from lti_tool.records.columns import Table
from lti_tool.records.db import AnyRow, Database
from lti_tool.stores import PLATFORM_KEPT_S, Kept, Platforms
from lti_tool.web.parts import Parts
from tests.demo_lms.browser import Browser
from tests.demo_lms.cookies import Mode
from tests.journeys.server import Server

PACK = "npqlt-demo"
FIRST = "m2.s1"


@dataclass
class Clock:
    """The present moment, and how far a test has moved ahead of it."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class World:
    """Everything a journey may look at."""

    tool: Flask
    tool_url: str
    database: Database
    courier: Courier
    lms_app: Flask
    lms_server: Server
    clock: Clock
    platform: int
    held: list[tuple[str, int]] = field(default_factory=list)  # path asked for, connections

    @property
    def parts(self) -> Parts:
        found: Parts = self.tool.extensions["lti_tool"]
        return found

    @property
    def lms(self) -> Lms:
        found: Lms = self.lms_app.extensions["demo_lms"]
        return found

    @property
    def items(self) -> list[str]:
        return [session.item for session in self.parts.packs[PACK].sessions]

    def browser(self, mode: Mode = Mode.THIRD_PARTY_BLOCKED) -> Browser:
        return Browser(self.lms_server.origin, mode)

    def deliver(self) -> int:
        """What the worker does in one pass: how many grades it took up."""
        return deliver_due(self.courier)

    def forget_platforms(self) -> None:
        """As when the seconds for which platforms and visits are remembered have passed."""
        fresh = Platforms(self.database)
        self.tool.extensions["lti_tool"] = replace(
            self.parts, platforms=fresh, just_begun=Kept(PLATFORM_KEPT_S)
        )
        self.courier = replace(self.courier, platforms=fresh)

    def rows(self, table: type[Table]) -> Sequence[AnyRow]:
        with self.database.read() as db:
            columns, key = table.__table__.columns, table.__table__.primary_key
            return db.execute(select(*columns).order_by(*key)).all()

    def write(self, work: Callable[[Connection], Any]) -> None:
        with self.database.transaction() as db:
            work(db)

    def told_lms(self, path: str) -> list[str]:
        """What the LMS answered the tool at paths that end so, oldest first."""
        events = reversed(self.lms.events.newest_first())
        return [event.answer for event in events if event.path.endswith(path)]
