"""The LMS as a process of its own, on a real port."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import ANY

import pytest
import requests

from lti_tool.demo_lms.__main__ import main
from lti_tool.demo_lms.app import create_demo_lms
from lti_tool.demo_lms.config import config_for_tool
from lti_tool.demo_lms.services.scopes import SCORE
from tests.build import free_port
from tests.demo_lms.browser import Browser
from tests.demo_lms.conftest import ITEMS
from tests.demo_lms.serving import serving
from tests.demo_lms.tool import Clock, Tool


@pytest.fixture
def running():
    """The LMS's origin and the tool, both served for real, on two sites."""
    clock = Clock()
    tool = Tool(clock)
    with serving(lambda _: tool.app, host="localhost") as tool_url, requests.Session() as http:

        def build(issuer):
            made = replace(config_for_tool(issuer, tool_url, ITEMS), now=clock, http=http)
            tool.knows(made)
            return create_demo_lms(made)

        with serving(build) as issuer:
            yield issuer, tool


def test_a_link_opens_and_a_token_is_granted_over_the_network(running):
    issuer, tool = running
    with requests.Session() as http:
        page = Browser(issuer, http=http).open_link("Amira", "m2.s1")

        assert page.text == "Welcome, Amira Begum"
        assert tool.token(http, SCORE)


@pytest.mark.parametrize("moment", ["reset_before", "reset_after"])
def test_a_dropped_connection_is_seen_as_one(running, moment):
    issuer, tool = running
    with requests.Session() as http:
        http.post(f"{issuer}/admin/faults", json={"token": {moment: True}}, timeout=5)

        with pytest.raises(requests.ConnectionError):
            http.post(f"{issuer}/token", data=tool.token_form(SCORE), timeout=5)

        http.post(f"{issuer}/admin/faults", json={}, timeout=5)
        assert tool.token(http, SCORE)


@contextmanager
def process(*arguments):
    command = [sys.executable, "-m", "lti_tool.demo_lms", *arguments]
    started = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def test_the_process_says_where_it_is_and_ends_quietly(tmp_path):
    port, state = str(free_port()), tmp_path / "state.json"
    with process("--port", port, "--state", str(state), "--item", "m2.s1=First") as started:
        assert started.stdout.readline() == f"Demo LMS: http://127.0.0.1:{port}/\n"
        assert "First" in requests.get(f"http://127.0.0.1:{port}/", timeout=5).text

        started.send_signal(signal.SIGTERM)

        assert started.communicate(timeout=10) == ("", "")
        assert started.returncode == 0
    assert state.exists()


def test_a_port_that_is_taken_is_one_plain_sentence(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        assert main(["--port", port]) == 2

    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert f"cannot use port {port}" in said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "this machine only"),
        (["--host", "example.org"], "this machine only"),
        (["--state", "/dev/null/x", "--port", str(free_port())], "/dev/null/x cannot be"),
    ],
)
def test_what_cannot_work_is_said_before_anything_starts(capsys, arguments, said):
    assert main(arguments) == 2

    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--item", "m2.s1"],
        ["--item", "=x"],
        ["--port", "x"],
        ["--port", "0"],
        ["--port", "70000"],
    ],
)
def test_arguments_that_are_none_are_refused(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert capsys.readouterr() == ("", ANY)
