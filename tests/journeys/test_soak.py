"""Two thousand launches through a real server: memory, tables and time stay as they were."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from sqlalchemy import text

from lti_tool.records.purge import BATCH, purge_visits
from tests.journeys.processes import Served, served

LAUNCHES = 2_000
PEOPLE = 50
BROWSERS = 4
WARM_UP = 500
LARGER = 1.10  # how much memory may grow in the other 1,500 launches
DEARER = 1.3  # how much more of a processor one of the last may take than one of the first


def memory_of(tool: Served) -> int:
    """Bytes the workers hold, what they share counted in parts (PSS)."""
    rollups = (Path(f"/proc/{pid}/smaps_rollup").read_text("ascii") for pid in tool.workers)
    lines = (line.split() for rollup in rollups for line in rollup.splitlines())
    return sum(int(line[1]) * 1024 for line in lines if line[0] == "Pss:")


def work_of(tool: Served) -> float:
    """Seconds of a processor the workers have used: a busy machine does not lengthen them."""
    stats = (Path(f"/proc/{pid}/stat").read_text("utf-8") for pid in tool.workers)
    fields = [stat.rpartition(")")[2].split() for stat in stats]
    ticks = sum(int(user) + int(system) for *_, user, system in (each[:13] for each in fields))
    return ticks / os.sysconf("SC_CLK_TCK")


def launch_all(tool: Served, numbers: range) -> float:
    """Launch one after the other in few browsers; the work of one, in seconds."""

    def launch_some(first: int) -> None:
        with requests.Session() as http:
            for number in numbers[first::BROWSERS]:
                begun = tool.begin(http)
                form = tool.form(begun, sub=str(number % PEOPLE))
                answer = tool.launch(begun, form, http)
                assert answer.status_code == 303, answer.text
                page = http.get(
                    tool.url + answer.headers["Location"],
                    headers={"Cookie": answer.headers["Set-Cookie"].partition(";")[0]},
                    timeout=30,
                )
                assert page.status_code == 200
                assert http.post(f"{tool.url}/lti/launch", timeout=30).status_code >= 400

    before = work_of(tool)
    with ThreadPoolExecutor(BROWSERS) as pool:
        list(pool.map(launch_some, range(BROWSERS)))
    return (work_of(tool) - before) / len(numbers)


@pytest.mark.slow
def test_two_thousand_launches_leave_nothing_behind(postgres_url, tmp_path, capsys):
    with served(postgres_url, tmp_path, "soak") as tool:
        first = launch_all(tool, range(WARM_UP))
        memory, rows = memory_of(tool), tool.school.counts()
        last = launch_all(tool, range(WARM_UP, LAUNCHES))
        grown, dearer = memory_of(tool) / memory, last / first

        with capsys.disabled():
            figures = f"{memory / 1e6:.0f} MB x {grown:.3f}, {first:.4f} s x {dearer:.2f}"
            print(f" [{figures}] ", end="")  # noqa: T201
        assert grown <= LARGER
        assert dearer <= DEARER
        now = tool.school.counts()
        assert now.pop("visits") == LAUNCHES
        assert now.pop("failed_attempts") <= 1
        assert now.items() <= rows.items()
        check_purge(tool)


def check_purge(tool: Served) -> None:
    """A day later nothing of the visits is left, and launches go on meanwhile."""
    database = tool.school.database
    with database.transaction() as db:
        db.execute(text("UPDATE visits SET seen_at = seen_at - interval '1 day'"))
    removed = [BATCH]
    while removed[-1] == BATCH:
        with database.transaction() as db:
            removed.append(purge_visits(db, datetime.now(UTC)))
        launch_all(tool, range(BROWSERS))
    assert sum(removed) == BATCH + LAUNCHES
    assert tool.school.counts()["visits"] == BROWSERS * (len(removed) - 1)
