"""A demo LMS and a stand-in tool, both in process, with one clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from flask import Flask

from lti_tool.demo_lms.app import create_demo_lms, equip
from lti_tool.demo_lms.config import DemoConfig, config_for_tool
from lti_tool.demo_lms.lms import Lms
from tests.demo_lms.browser import Browser
from tests.demo_lms.cookies import Mode
from tests.demo_lms.in_process import WsgiAdapter, in_process
from tests.demo_lms.tool import Clock, Tool, private_key

ISSUER = "http://127.0.0.1:8081"
TOOL = "http://localhost:8080"
ITEMS = tuple((f"m2.s{n}", f"Session {n}: <retrieval> & practice") for n in range(1, 7))


@cache
def lms_key() -> str:
    """The LMS's first key; made once per test run, for speed."""
    pem = private_key(3).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


@dataclass(frozen=True)
class World:
    """Everything a test may want to hold."""

    app: Flask
    lms: Lms
    config: DemoConfig
    tool: Tool
    clock: Clock
    http: requests.Session  # reaches both
    slept: list[float]

    def browser(self, mode: Mode = Mode.NORMAL) -> Browser:
        return Browser(ISSUER, mode, in_process({ISSUER: self.app, TOOL: self.tool.app}))

    def bearer(self, *scopes: str) -> dict[str, str]:
        """The Authorization header of a token with these scopes."""
        return {"Authorization": f"Bearer {self.tool.token(self.http, *scopes)}"}

    def line_item(self, number: int = 1) -> str:
        return self.config.line_item_url(str(number))

    def set_faults(self, **spec: Any) -> None:
        answer = self.http.post(f"{ISSUER}/admin/faults", json=spec)
        assert answer.status_code == 200, answer.text


_idle: list[Flask] = []  # compiling an application's routes costs more than a whole test


@pytest.fixture
def make_world() -> Iterator[Callable[..., World]]:
    """Builds an LMS with changes to its configuration."""
    used: list[Flask] = []

    def make(**changes: Any) -> World:
        clock, slept, http = Clock(), [], requests.Session()
        http.adapters.clear()
        tool = Tool(clock)
        http.mount(TOOL, WsgiAdapter(tool.app))
        config = replace(
            config_for_tool(ISSUER, TOOL, ITEMS),
            key_pem=lms_key(),
            now=clock,
            sleep=slept.append,
            http=http,
        )
        config = replace(config, **changes)
        app = _idle.pop() if _idle else create_demo_lms(config)
        equip(app, config)
        used.append(app)
        http.mount(ISSUER, WsgiAdapter(app))
        tool.knows(config)
        return World(app, app.extensions["demo_lms"], config, tool, clock, http, slept)

    yield make
    _idle.extend(used)


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()
