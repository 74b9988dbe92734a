"""One event is one line of the log, whatever a stranger sends, in a real process."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote, urlencode

import pytest

from tests.journeys.processes import Served, served

FORGED = [
    'a\nline\r\n{"event": "launched", "level": "info"}',
    '"}\n{"event": "launched"}',
    "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg",
    "\u202eright to left\u200b",
    "[info     ] launched                       platform=1",
    "%0d%0aevent=launched",
    "x" * 20_000,
]


@pytest.fixture(params=["json", "console"])
def tool(request, sqlite_url, tmp_path) -> Iterator[Served]:
    with served(
        sqlite_url, tmp_path, "logs", LOG_FORMAT=request.param, WEB_CONCURRENCY="1"
    ) as running:
        yield running


def test_no_line_of_the_log_can_be_forged(tool):
    sent = sum(send(tool, text) for text in FORGED)
    tool.process.terminate()
    tool.process.wait(30)

    written = tool.log.read_text("utf-8")
    lines = written.splitlines()  # which also ends a line where Unicode says so
    assert len(lines) == written.count("\n")
    assert all(line.isprintable() for line in lines)
    assert len([line for line in lines if is_refusal(line)]) == sent == len(lines)
    assert max(len(line) for line in lines) < 4_000


def is_refusal(line):
    """Whether this whole line is one refusal, and nothing else."""
    if not line.startswith("{"):
        return "] refused " in line[:60]
    entry = json.loads(line)
    return entry["event"] == "refused" and entry["level"] == "warning"


def send(tool, text):
    """Put this wherever a stranger may put something; how many requests were refused."""
    begun = tool.begin()
    usual = tool.school.begin()
    token = tool.school.world.token(begun.asked["nonce"], {}, {"kid": text[:1_000]})
    unknown = tool.form(
        begun, **{"https://purl.imsglobal.org/spec/lti/claim/deployment_id": text[:200]}
    )
    forms = [
        ("/lti/login", usual | {"iss": text}),
        ("/lti/login", usual | {"client_id": text[:200]}),
        ("/lti/login", usual | {"target_link_uri": text}),
        ("/lti/launch", {"state": begun.asked["state"], "id_token": token}),
        ("/lti/launch", unknown),
        ("/lti/launch", {"state": begun.asked["state"], "error": text}),
        (f"/{quote(text)[:2_000]}", {}),
        (f"/visit/{quote(text)[:2_000]}/", {}),
    ]
    port = int(tool.url.rpartition(":")[2])
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": begun.cookies,
        "User-Agent": ascii(text)[:2_000],
        "X-Forwarded-For": ascii(text)[:2_000],
        "Referer": ascii(text)[:2_000],
    }
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        for path, form in forms:
            connection.request("POST", path, urlencode(form), headers)
            answer = connection.getresponse()
            answer.read()
            assert 400 <= answer.status < 500, (path, answer.status)
    return len(forms)
