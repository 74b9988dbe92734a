"""LMSs whose key sets never come, and one beside them whose people go on studying."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from pytest_httpserver import HTTPServer

from lti_tool.app import THREADS
from lti_tool.lti.keys import ToolKey, new_tool_key, public_jwk
from lti_tool.lti.wire.key_sets import FETCH_S
from lti_tool.records.db import Database
from lti_tool.tenancy.platforms import Platform
from tests.build import free_port, registered
from tests.conftest import ROOT, SECRET
from tests.journeys.test_processes import answers, wait_for
from tests.journeys.world import FIRST, PACK
from tests.lti.world import LOGIN, LTI, World

HUNG = 4
BROWSERS = 6  # at each of them
PAUSE_S = 0.2  # before a person presses Reload
Form = tuple[dict[str, str], dict[str, str]]  # fields, headers


@dataclass
class Lms:
    """Sends people to the tool; notes what each got and how long it took."""

    tool: str
    platform: Platform
    key: ToolKey
    took: list[float] = field(default_factory=list)  # s
    statuses: list[int] = field(default_factory=list)

    def form(self) -> Form:
        """What a browser sends after its login, and the cookie it sends along."""
        target = f"{self.tool}/open/{PACK}/{FIRST}"
        asked = {
            **LOGIN,
            "iss": self.platform.issuer,
            "client_id": self.platform.client_id,
            "target_link_uri": target,
        }
        answer = requests.get(
            f"{self.tool}/lti/login",
            params=asked,
            headers={"Accept": "application/json"},
            allow_redirects=False,
            timeout=30,
        )
        query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        said = {
            f"{LTI}target_link_uri": target,
            f"{LTI}custom": {"npq_item": f"{PACK}/{FIRST}"},
        }
        with requests.Session() as unused:
            world = World(self.key, unused, self.platform, now=datetime.now(UTC))
        token = world.token(query["nonce"], said, {})
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return {"id_token": token, "state": query["state"]}, {"Cookie": cookie}

    def send(self, form: Form) -> None:
        fields, headers = form
        began = time.monotonic()
        answer = requests.post(
            f"{self.tool}/lti/launch",
            data=fields,
            headers=headers,
            allow_redirects=False,
            timeout=30,
        )
        self.took.append(time.monotonic() - began)
        self.statuses.append(answer.status_code)

    def launch(self) -> float:
        """A whole launch, login and all; how long it took, in seconds."""
        began = time.monotonic()
        self.send(self.form())
        return time.monotonic() - began

    def insist(self, over: threading.Event) -> None:
        """Send one form again and again, as people do who wait for a page."""
        form = self.form()
        while not over.wait(PAUSE_S):
            self.send(form)


@pytest.fixture
def tool(postgres_url: str, tmp_path: Path) -> Iterator[str]:
    """`lti-tool serve` with one web process."""
    port = free_port()
    url = f"http://localhost:{port}"
    environment = {
        **os.environ,
        "DATABASE_URL": postgres_url,
        "PUBLIC_URL": url,
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "SECRET_KEYS": SECRET,
        "ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
        "LOG_FORMAT": "json",
    }
    command = [sys.executable, "-m", "lti_tool", "serve"]
    with (tmp_path / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_for(lambda: process.poll() is not None or answers(url, "/readyz"), "ready", 60)
        yield url
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def hung() -> Iterator[list[socket.socket]]:
    """Addresses where connections are taken and nothing is ever said."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
            for _ in range(HUNG)
        ]


@pytest.fixture
def lmss(
    tool: str, postgres_url: str, hung: list[socket.socket], httpserver: HTTPServer
) -> tuple[Lms, list[Lms]]:
    """The LMS that is well, and those that are not."""
    key = new_tool_key()
    httpserver.expect_request("/jwks").respond_with_json({"keys": [public_jwk(key)]})
    ports = [httpserver.port, *(each.getsockname()[1] for each in hung)]
    made = []
    with closing(Database(postgres_url)) as database, database.transaction() as db:
        for port in ports:
            platform = registered(db, "3", jwks_url=f"http://127.0.0.1:{port}/jwks")
            made.append(Lms(tool, platform, key))
    return made[0], made[1:]


def connections(listening: socket.socket) -> int:
    """How many connections have been made and not been taken."""
    listening.setblocking(False)
    count = 0
    with suppress(BlockingIOError):
        while True:
            listening.accept()[0].close()
            count += 1
    return count


def test_lmss_that_hang_do_not_slow_launches_from_another(lmss, hung, tmp_path, capsys):
    well, ill = lmss
    alone = [well.launch() for _ in range(30)][5:]

    over = threading.Event()
    people = [
        threading.Thread(target=lms.insist, args=(over,))
        for lms in ill
        for _ in range(BROWSERS)
    ]
    for person in people:
        person.start()
    beside = []
    until = time.monotonic() + FETCH_S + 1
    while time.monotonic() < until:  # all the time that they are asked, and a little longer
        beside.append(well.launch())
    over.set()
    for person in people:
        person.join()
    told = [len(lms.took) for lms in ill]
    for lms in ill:
        lms.send(lms.form())

    figures = [f"{of(took) * 1e3:.0f} ms" for took in (alone, beside) for of in (median, max)]
    with capsys.disabled():
        print(" [launches beside hung LMSs (alone, beside: median, worst):", *figures, end="] ")  # noqa: T201
    assert len(people) > THREADS, "as many as could take all threads"
    assert set(well.statuses) == {303}
    assert median(beside) <= 10 * median(alone) + 0.1
    assert max(beside) <= 5 * max(alone) + 2.0
    assert {status for lms in ill for status in lms.statuses} == {503}
    assert [connections(each) for each in hung] == [1] * HUNG
    assert max(lms.took[number] for lms, number in zip(ill, told, strict=True)) < FETCH_S / 2
    log = (tmp_path / "serve.log").read_text("utf-8").splitlines()
    assert sum('"event": "jwks"' in line and "jwks_timeout" in line for line in log) == HUNG
