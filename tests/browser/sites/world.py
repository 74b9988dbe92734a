"""Three sites over https on this machine: the tool as in production, an LMS, a stranger's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask
from sqlalchemy import func, select

from lti_tool.demo_lms.app import create_demo_lms
from lti_tool.demo_lms.config import CLIENT_ID, DEPLOYMENT_ID, config_for_tool
from lti_tool.demo_lms.launch.claims import resource_link, token_claims
from lti_tool.demo_lms.lms import Lms
from lti_tool.demo_lms.people import PARTICIPANTS
from lti_tool.records.columns import Table
from lti_tool.records.db import Database
from tests.browser.sites.stranger import Attack, Stranger
from tests.browser.sites.tls import certificate, over_tls
from tests.build import free_port, registered
from tests.conftest import ROOT, SECRET
from tests.demo_lms.conftest import lms_key
from tests.journeys.server import Server

TOOL, LMS, STRANGER = "tool.localhost", "lms.localhost", "stranger.localhost"
ITEM = "m2.s1"
_KEPT = {"platforms", "deployments", "tool_keys", "key_sets", "alembic_version"}
_READY_WITHIN_S = 30


@dataclass
class World:
    """The three sites and what a test may do to them from outside."""

    tool: str  # origins
    lms: str
    stranger: Stranger
    database: Database
    lms_parts: Lms
    log: Path  # of the tool
    _plain_tool: str  # its address behind the proxy

    def keeps(self, mode: str) -> None:
        """Set how the LMS keeps values for the tool."""
        self.lms_parts.faults.replace({"platform_storage": mode})

    def forget_everybody(self) -> None:
        """As before the first launch."""
        with self.database.transaction() as db:
            for table in reversed(Table.metadata.sorted_tables):
                if table.name not in _KEPT:
                    db.execute(table.delete())

    def count(self, table: type[Table]) -> int:
        """How many rows there are."""
        with self.database.read() as db:
            return db.execute(select(func.count()).select_from(table)).scalar_one()

    def said(self, since: int = 0) -> str:
        """What the tool wrote to its log."""
        return self.log.read_text("utf-8")[since:]

    def attack(self) -> Attack:
        """A launch begun in no browser at all, all of it genuine and ready to be posted."""
        config, person = self.lms_parts.config, PARTICIPANTS[1]
        asked = requests.post(
            f"{self._plain_tool}/lti/login",
            data={
                "iss": config.issuer,
                "client_id": config.client_id,
                "login_hint": person.id,
                "target_link_uri": f"{config.open_url}/npqlt-demo/{ITEM}",
            },
            headers={
                "Host": urlsplit(self.tool).netloc,
                "X-Forwarded-Proto": "https",
                "Accept": "application/json",
            },
            allow_redirects=False,
            timeout=5,
        )
        sent = parse_qs(urlsplit(asked.headers["Location"]).query)
        link = self.lms_parts.store.link("1")
        assert link
        message = resource_link(config, link, "window")
        issued_at = int(time.time())
        claims = token_claims(config, person, sent["nonce"][0], issued_at, message)
        token = self.lms_parts.key.sign(claims)
        [key] = [cookie.value for cookie in asked.cookies]
        return Attack({"id_token": token, "state": sent["state"][0]}, str(key))


@contextmanager
def three_sites(folder: Path, database_file: Path) -> Iterator[World]:
    """All of them, until the block ends."""
    with ExitStack() as stack:
        tls = certificate(folder, TOOL, LMS, STRANGER)
        lms, plain_port = Server(LMS), free_port()
        ports = [free_port(), free_port(), free_port()]
        origins = [
            f"https://{host}:{port}"
            for host, port in zip((TOOL, LMS, STRANGER), ports, strict=True)
        ]
        items = [(ITEM, "The first session")]
        http = stack.enter_context(requests.Session())
        config = replace(
            config_for_tool(origins[1], origins[0], items), http=http, key_pem=lms_key()
        )
        app = create_demo_lms(config)
        app.wsgi_app = _by_any_name(app, origins[1])  # type: ignore[method-assign]
        stack.enter_context(lms.running(app))
        stranger = Stranger(origins[2])
        strangers = Server(STRANGER)
        stack.enter_context(strangers.running(stranger.app))
        for host, backend, port in zip(
            (TOOL, LMS, STRANGER), (plain_port, lms.port, strangers.port), ports, strict=True
        ):
            stack.enter_context(over_tls(tls, host, backend, port))
        database = Database(f"sqlite:///{database_file}")
        stack.callback(database.close)
        _register(database, config.issuer, f"http://127.0.0.1:{lms.port}")
        log = folder / "tool.log"
        stack.enter_context(_tool(origins[0], plain_port, database_file, log))
        plain = f"http://127.0.0.1:{plain_port}"
        parts = app.extensions["demo_lms"]
        yield World(origins[0], origins[1], stranger, database, parts, log, plain)


def _by_any_name(app: Flask, origin: str) -> Callable[..., Any]:
    """The tool cannot look the LMS's name up, and asks for its keys by its address."""
    netloc, inner = urlsplit(origin).netloc, app.wsgi_app

    def named(environ: dict[str, Any], start_response: Any) -> Any:
        return inner(environ | {"HTTP_HOST": netloc}, start_response)

    return named


def _register(database: Database, issuer: str, plain: str) -> None:
    with database.transaction() as db:
        registered(
            db,
            DEPLOYMENT_ID,
            issuer=issuer,
            client_id=CLIENT_ID,
            auth_url=f"{issuer}/auth",
            token_url=f"{plain}/token",
            jwks_url=f"{plain}/jwks",
        )


@contextmanager
def _tool(origin: str, port: int, database_file: Path, log: Path) -> Iterator[None]:
    """`lti-tool serve` behind a proxy that ends TLS."""
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database_file}",
        "PUBLIC_URL": origin,
        "PORT": str(port),
        "TRUSTED_PROXIES": "1",
        "SECRET_KEYS": SECRET,
        "ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
        "LOG_FORMAT": "json",
    }
    with log.open("ab") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "lti_tool", "serve"],
            env=environment, cwd=ROOT, stdout=written, stderr=written,
        )  # fmt: skip
    try:
        _wait_until_ready(process, port, log)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(requests.RequestException):
            if requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).ok:
                return
        time.sleep(0.05)
    raise TimeoutError(log.read_text("utf-8"))
