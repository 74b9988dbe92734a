"""The real processes: started, killed without warning, asked to end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import update

from lti_tool.demo_lms.app import equip
from lti_tool.demo_lms.config import config_for_tool
from lti_tool.records.tables import GradeRow, LedgerRow
from tests.build import free_port
from tests.conftest import ROOT, SECRET
from tests.demo_lms.browser import Browser, Page
from tests.journeys.studying import answers_to, at_end, go_on, study
from tests.journeys.world import FIRST, World

PEOPLE = ("Amira", "Tom", "Priya")
Process = subprocess.Popen[bytes]
Start = Callable[[str], Process]


def wait_for(true: Callable[[], object], what: str, within_s: float = 15.0) -> None:
    """Look again and again, shortly apart, until something is true."""
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until, f"{what}: not within {within_s} s"
        time.sleep(0.01)


@pytest.fixture
def tool_url() -> str:
    return f"http://localhost:{free_port()}"


@pytest.fixture
def start(small_world: World, tool_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts `lti-tool serve` or `deliver`; ends what a test leaves running."""
    started: list[Process] = []
    environment = {
        **os.environ,
        "DATABASE_URL": str(small_world.database.engine.url),
        "PUBLIC_URL": tool_url,
        "PORT": tool_url.rpartition(":")[2],
        "SECRET_KEYS": SECRET,
        "ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
        "LOG_FORMAT": "json",
    }

    def start(command: str) -> Process:
        with (tmp_path / f"{command}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "lti_tool", command],
                env=environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
    for process in started:
        process.wait(10)


@pytest.fixture
def serve(small_world: World, tool_url: str, start: Start) -> Callable[[], Process]:
    """Starts the web server and waits until it is ready; the LMS knows its address."""

    def serve() -> Process:
        known = config_for_tool(small_world.lms_server.origin, tool_url, [(FIRST, "First")])
        equip(small_world.lms_app, replace(known, http=small_world.lms.config.http))
        server = start("serve")
        wait_for(lambda: server.poll() is not None or answers(tool_url, "/readyz"), "ready")
        return server

    return serve


def answers(url: str, path: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(url + path, timeout=2).ok
    return False


def workers_of(server: Process) -> list[int]:
    """The web workers of a server."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    return [int(pid) for pid in children.read_text("ascii").split()]


def test_the_server_is_ready_soon_and_ends_when_asked(serve, tool_url, capsys):
    began = time.monotonic()
    server = serve()
    ready_s = time.monotonic() - began

    with requests.Session() as idle:  # a browser that keeps its connection open
        idle.get(f"{tool_url}/healthz", timeout=5)
        asked = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0
    ended_s = time.monotonic() - asked

    with capsys.disabled():
        print(f" [ready after {ready_s:.1f} s, ended after {ended_s:.1f} s] ", end="")  # noqa: T201
    assert ready_s <= 10
    assert ended_s <= 5
    assert not answers(tool_url, "/healthz")


def persistently(ask: Callable[[], Page]) -> Page:
    """The page a person gets who presses Reload while the server is away."""
    for _ in range(1_000):
        with suppress(requests.RequestException):  # refused, reset, or cut off half-way
            page = ask()
            assert page.status == 200, f"{page.status} {page.url} {page.text[:300]}"
            return page
        time.sleep(0.01)
    raise AssertionError("the server stayed away")


def study_persistently(lms: str, person: str, said: list[str]) -> Page:
    """Study to the end; what the server has taken is noted in `said` before going on."""
    browser = Browser(lms)
    page = persistently(partial(browser.open_link, person, FIRST))
    while not at_end(page):
        send = partial(browser.submit, page, "client_id", **answers_to(page))
        taken = persistently(send)
        said.append(f"{person} {page.url.rpartition('/')[2]}")
        page = taken if at_end(taken) else persistently(partial(go_on, browser, taken))
    return page


def test_a_web_worker_killed_in_a_storm_loses_no_answer(small_world, serve, tmp_path):
    server = serve()
    said: list[str] = []
    ends: dict[str, Page] = {}

    def storm(person: str) -> None:
        ends[person] = study_persistently(small_world.lms_server.origin, person, said)

    threads = [threading.Thread(target=storm, args=(person,)) for person in PEOPLE]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(said) >= 4, "answers")  # in the middle of it
    (victim,) = workers_of(server)
    os.kill(victim, signal.SIGKILL)
    for thread in threads:
        thread.join(60)

    assert set(ends) == set(PEOPLE)
    done = Counter((row.enrolment_id, row.activity_id) for row in small_world.rows(LedgerRow))
    assert len(set(said)) == len(said) == len(done)
    assert set(done.values()) == {1}
    owed = [row.status for row in small_world.rows(GradeRow)]
    assert owed == ["owed"] * len(PEOPLE)
    assert server.poll() is None
    assert victim not in workers_of(server)
    check_log((tmp_path / "serve.log").read_text("utf-8"))


def test_a_server_killed_can_be_started_again_at_once(serve, tool_url):
    server = serve()
    workers = workers_of(server)
    server.kill()
    server.wait(5)

    try:
        wait_for(lambda: not answers(tool_url, "/healthz"), "its workers end with it", 3)
        assert serve().poll() is None
    finally:
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)


def check_log(log: str) -> None:
    """One object a line; nobody's name, no token, no key of a visit."""
    ours = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {entry["event"] for entry in ours} >= {"launched"}
    assert not [name for name in (*PEOPLE, "eyJ", "/visit/") if name in log]


@pytest.fixture
def sending(small_world: World) -> threading.Event:
    """A grade is owed; set when the LMS sees its score coming, which it takes time over."""
    browser = small_world.browser()
    study(browser, browser.open_link("Amira", FIRST))
    small_world.lms.faults.replace({"scores": {"delay_s": 0.5, "times": 1}})
    seen, lms = threading.Event(), small_world.lms_app.wsgi_app

    def noticing(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"].endswith("/scores"):
            seen.set()
        return lms(environ, start_response)

    small_world.lms_app.wsgi_app = noticing
    return seen


def test_a_worker_killed_while_it_sends_loses_no_grade(small_world, start, sending):
    worker = start("deliver")
    assert sending.wait(15)
    worker.kill()
    worker.wait(5)

    (grade,) = small_world.rows(GradeRow)
    assert (grade.status, grade.attempts) == ("owed", 1)
    assert grade.due_at > datetime.now(UTC), "leased: nobody else takes it up meanwhile"
    wait_for(lambda: small_world.told_lms("/scores") == ["200"], "the LMS took it all the same")

    ended = update(GradeRow).values(due_at=datetime.now(UTC))  # as when the lease has run out
    small_world.write(lambda db: db.execute(ended))
    start("deliver")
    wait_for(lambda: small_world.rows(GradeRow)[0].status == "delivered", "delivered")
    assert small_world.told_lms("/scores") == ["200", "409"]
    assert small_world.browser().grade("Amira", FIRST) == "1 / 1"


def test_a_worker_asked_to_end_finishes_what_it_sends(small_world, start, sending):
    worker = start("deliver")
    assert sending.wait(15)
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(5) == 0
    assert small_world.rows(GradeRow)[0].status == "delivered"
    assert small_world.told_lms("/scores") == ["200"]
