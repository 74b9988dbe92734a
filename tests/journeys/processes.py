"""The tool as it is served: real processes on a database, and a school that launches there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from lti_tool.records.db import Database
from tests.build import free_port
from tests.conftest import ROOT, SECRET
from tests.lti.world import LTI
from tests.web.school import TOOL, School, another_school

ITEM = "npqlt-demo/m2.s1"
CLAIMS = {
    f"{LTI}custom": {"npq_item": ITEM},
    f"{LTI}target_link_uri": f"{TOOL}/open/{ITEM}",
}


@dataclass
class Begun:
    """A login that has been answered: what the LMS is asked, and the browser's cookies."""

    asked: dict[str, str]
    cookies: str


@dataclass
class Served:
    """A running server and the school that launches there."""

    url: str
    school: School
    log: Path
    process: subprocess.Popen[bytes]

    def begin(self, http: Any = requests) -> Begun:
        """A login in a browser of its own."""
        answer = http.post(
            f"{self.url}/lti/login",
            data=self.school.begin(),
            headers={"Accept": "*/*"},
            allow_redirects=False,
            timeout=30,
        )
        assert answer.status_code == 302, answer.text
        query = parse_qs(urlsplit(answer.headers["Location"]).query, strict_parsing=True)
        asked = {name: value for name, [value] in query.items()}
        return Begun(asked, answer.headers["Set-Cookie"].partition(";")[0])

    def form(self, begun: Begun, **claims: Any) -> dict[str, str]:
        """What the LMS makes the browser post."""
        return self.school.form(begun.asked, {**CLAIMS, **claims})

    def launch(
        self, begun: Begun, form: Mapping[str, str], http: Any = requests
    ) -> requests.Response:
        answer: requests.Response = http.post(
            f"{self.url}/lti/launch",
            data=form,
            headers={"Cookie": begun.cookies},
            allow_redirects=False,
            timeout=30,
        )
        return answer

    @property
    def workers(self) -> list[int]:
        """Ids of the processes that answer."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text("ascii").split()]


@contextmanager
def served(
    database_url: str, folder: Path, school_name: str, **environment: str
) -> Iterator[Served]:
    """`lti-tool serve` on this database, ready; ended afterwards."""
    database, port, log = Database(database_url), free_port(), folder / "serve.log"
    school = another_school(None, database, school_name)  # type: ignore[arg-type]
    given = {
        "DATABASE_URL": database_url,
        "PUBLIC_URL": TOOL,
        "PORT": str(port),
        "SECRET_KEYS": SECRET,
        "WEB_CONCURRENCY": "2",
        "LOG_FORMAT": "json",
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "lti_tool", "serve"],
            env={**os.environ, **given, **environment},
            cwd=ROOT,
            stdout=out,
            stderr=out,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, process)
        yield Served(url, school, log, process)
    finally:
        process.terminate()
        process.wait(30)
        database.close()


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Ask again and again until the server answers."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, "the server ended"
        with suppress(requests.RequestException):
            if requests.get(f"{url}/readyz", timeout=2).ok:
                return
        time.sleep(0.02)
    raise AssertionError("the server is not ready")


def at_once(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """What these return, all begun at the same moment."""
    together = threading.Barrier(len(tasks))

    def begin(task: Callable[[], Any]) -> Any:
        together.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(begin, tasks))
