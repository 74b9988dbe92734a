"""The tool and the demo LMS as real servers; database and LMS are fresh for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask

from lti_tool.app import create_app
from lti_tool.demo_lms.app import create_demo_lms, equip
from lti_tool.demo_lms.config import CLIENT_ID, DEPLOYMENT_ID, DemoConfig, config_for_tool
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.records.db import Database
from lti_tool.records.vault import Vault
from lti_tool.settings import Settings
from lti_tool.stores import KeySets, Platforms, ToolKeys
from lti_tool.web.attempts import FailedAttempts
from lti_tool.worker import courier_for
from tests.build import connections_in_use, registered
from tests.conftest import ROOT, SECRET
from tests.demo_lms.conftest import lms_key
from tests.journeys.server import Server
from tests.journeys.world import PACK, Clock, World


@pytest.fixture(scope="session")
def tool_site(sqlite_template: Path) -> Iterator[tuple[Flask, Server]]:
    """The web application at its address; made once, because reading packs takes long."""
    server = Server("localhost")
    app = create_app(
        Settings(
            database_url=f"sqlite:///{sqlite_template}",
            public_url=server.origin,
            secret_keys=(SECRET,),
            content_packs=ROOT / "content_packs",
            config=ROOT / "config",
            allow_private_networks="127.0.0.0/8",
        )
    )
    made = app.extensions["lti_tool"]
    with server.running(app), made.platform_keys.http:
        yield app, server
    made.database.close()


@pytest.fixture(scope="session")
def lms_site(tool_site: tuple[Flask, Server]) -> tuple[Flask, Server, DemoConfig]:
    """The LMS at its address; each test starts it afresh."""
    app, tool = tool_site
    server = Server("127.0.0.1")
    sessions = app.extensions["lti_tool"].packs[PACK].sessions
    items = [(session.item, session.title) for session in sessions]
    config = replace(config_for_tool(server.origin, tool.origin, items), key_pem=lms_key())
    return create_demo_lms(config), server, config


@pytest.fixture
def make_world(
    tool_site: tuple[Flask, Server],
    lms_site: tuple[Flask, Server, DemoConfig],
    tmp_path: Path,
) -> Iterator[Callable[[str], World]]:
    """Builds a world around a database."""
    tool, tool_server = tool_site
    lms, lms_server, config = lms_site
    made = tool.extensions["lti_tool"]
    with ExitStack() as stack:

        def make(database_url: str) -> World:
            database = Database(database_url)
            stack.callback(database.close)
            tool.extensions["lti_tool"] = replace(
                made,
                settings=made.settings.model_copy(update={"database_url": database_url}),
                database=database,
                platforms=Platforms(database),
                platform_keys=PlatformKeys(made.platform_keys.http, KeySets(database)),
                tool_keys=ToolKeys(database, Vault(made.settings.secret_keys)),
                failed_attempts=FailedAttempts(database, SECRET),
            )
            http = stack.enter_context(requests.Session())
            clock = Clock()
            state = tmp_path / "lms.json"
            equip(lms, replace(config, now=clock, http=http, state_path=state))
            settings = tool.extensions["lti_tool"].settings
            courier = replace(courier_for(settings, database), clock=clock)
            platform = _register(database, config)
            world = World(
                tool, tool_server.origin, database, courier, lms, lms_server, clock, platform
            )
            lms.wsgi_app = _watched(lms.wsgi_app, world)
            lms_server.start(lms)
            stack.callback(lms_server.stop)
            return world

        yield make
    tool.extensions["lti_tool"] = made


def _register(database: Database, config: DemoConfig) -> int:
    with database.transaction() as db:
        return registered(
            db,
            DEPLOYMENT_ID,
            issuer=config.issuer,
            client_id=CLIENT_ID,
            auth_url=config.auth_url,
            token_url=config.token_url,
            jwks_url=config.own_jwks_url,
        ).id


def _watched(app: Any, world: World) -> Any:
    """Notes how many of the tool's database connections are in use when the LMS is asked."""

    def asked(environ: Any, start_response: Any) -> Any:
        in_use = connections_in_use(world.database)
        world.held.append((environ["PATH_INFO"], in_use))
        return app(environ, start_response)

    return asked


@pytest.fixture
def world(make_world: Callable[[str], World], database_url: str) -> World:
    """Once on each database engine."""
    return make_world(database_url)


@pytest.fixture
def small_world(make_world: Callable[[str], World], sqlite_url: str) -> World:
    """On SQLite alone: for what does not depend on the engine."""
    return make_world(sqlite_url)
