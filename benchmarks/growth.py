"""What a launch costs when there are 10,000 LMSs and 1,000,000 people, on PostgreSQL.

    ./dev run python -m benchmarks.growth [--platforms 10000] [--launches 400]

Fills a database, prints the plan of every statement of a launch and of its first page, and
times launches there and in a small one in turns. Ends with 1 where a plan reads the whole of
a table that grows, or where the launch costs more than a tenth more.
"""

from __future__ import annotations

import argparse
import logging
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import event

from benchmarks.filled import LAUNCHING, PEOPLE, fill
from lti_tool.app import create_app
from lti_tool.records.db import Database
from lti_tool.records.platforms import platform_by_id
from lti_tool.settings import Settings
from tests.conftest import SECRET, empty_postgres, migrate, running_postgres
from tests.packs.build import write_packs
from tests.web.school import LAUNCH, TOOL, School, key_of, publish_keys, school_at

MOST = 1.10  # how much more a launch may cost
NEVER_MANY = {"tool_keys", "alembic_version"}


def main(arguments: list[str]) -> int:
    """Print plans and times; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--platforms", type=int, default=10_000)
    parser.add_argument("--launches", type=int, default=400)
    asked = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with ExitStack() as stack:
        server = stack.enter_context(running_postgres())
        packs = write_packs(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        small, grown = (
            stack.enter_context(schools(server, packs, name, platforms))
            for name, platforms in (("small", LAUNCHING), ("grown", asked.platforms))
        )
        whole = show_plans(grown)
        ratio = show_times(small, grown, asked.launches)
    if whole:
        print(f"\nRead as a whole: {', '.join(sorted(whole))}")
    return int(bool(whole) or ratio > MOST)


@contextmanager
def schools(server: str, packs: Path, name: str, platforms: int) -> Iterator[list[School]]:
    """The tool on a database with so many LMSs, and those of them that launch."""
    url = empty_postgres(server, f"npq_{name}")
    migrate(url)
    app = made_app(url, packs)
    own = app.extensions["lti_tool"].database
    with school_at(app, url) as school:
        fill(school.database, platforms)
        yield [launching(school, number) for number in range(1, LAUNCHING + 1)]
    own.close()


def made_app(url: str, packs: Path) -> Flask:
    """The web application on this database."""
    return create_app(
        Settings(
            database_url=url,
            public_url=TOOL,
            secret_keys=(SECRET,),
            content_packs=packs,
            config=packs,
        )
    )


def launching(school: School, number: int) -> School:
    """One of the LMSs, whose messages we can sign."""
    with school.database.read() as db:
        platform = platform_by_id(db, number)
    assert platform
    made = replace(school, platform=platform, key=key_of("growth"))
    publish_keys(made)
    return made


def show_plans(grown: list[School]) -> set[str]:
    """Print what each statement does; the growing tables that are read as a whole."""
    school, whole = grown[0], set()
    seen: dict[str, dict[str, Any]] = defaultdict(dict)
    for kind, sub in (("first launch", "new"), ("launch", "50"), ("launch again", "50")):
        browser = school.browser()
        with explained(school.database) as plans:
            answer = browser.post(LAUNCH, data=school.form(school.login(browser), {"sub": sub}))
            assert answer.status_code == 303, answer.text
            assert browser.get(TOOL + answer.headers["Location"]).status_code == 200
        seen[kind] = plans
    for kind, plans in seen.items():
        print(f"\n{kind} and its page: {len(plans)} statements\n")
        for statement, plan in plans.items():
            print(f"  {' '.join(statement.split())[:100]}")
            for node, relation, rows, buffers in nodes_of(plan["Plan"]):
                print(f"      {node} {relation}: {rows} rows, {buffers} buffers")
                if "Seq Scan" in node and relation not in NEVER_MANY:
                    whole.add(relation)
    return whole


@contextmanager
def explained(database: Database) -> Iterator[dict[str, Any]]:
    """Notes the plan of each statement, asked for just before the statement itself."""
    plans: dict[str, Any] = {}

    def explain(connection: Any, _: Any, statement: str, values: Any, *__: Any) -> None:
        if statement.split()[0] not in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            return
        inside = connection.connection.dbapi_connection
        with inside.cursor() as cursor:
            # It is carried out as well, and must leave nothing behind.
            cursor.execute("BEGIN" if inside.autocommit else "SAVEPOINT before")
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values)
            plans[statement] = cursor.fetchone()[0][0]
            cursor.execute("ROLLBACK" if inside.autocommit else "ROLLBACK TO SAVEPOINT before")

    engines = (database.engine, database.reading)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", explain)


def nodes_of(plan: dict[str, Any]) -> Iterator[tuple[str, str, int, int]]:
    """Each node that touches a table: what it does, which table, rows, buffers."""
    if "Relation Name" in plan:
        name = plan.get("Index Name", "")
        node = f"{plan['Node Type']}{f' by {name}' if name else ''}"
        buffers = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        yield node, plan["Relation Name"], plan["Actual Rows"], buffers
    for inner in plan.get("Plans", ()):
        yield from nodes_of(inner)


def show_times(small: list[School], grown: list[School], launches: int) -> float:
    """Print what a launch takes in either database, measured in turns; the ratio."""
    chance = random.Random(1)
    took: dict[str, list[tuple[float, float]]] = {"small": [], "grown": []}
    for number in range(launches):
        which, sub = chance.randrange(LAUNCHING), str(chance.randint(1, PEOPLE))
        turns = [("small", small[which]), ("grown", grown[which])]
        for name, school in turns if number % 2 else reversed(turns):
            spent = timed(school, sub)
            if number >= launches // 4:  # after a warm-up
                took[name].append(spent)
    print(f"\nlogin and launch, medians of {len(took['small'])}, in turns, ms")
    medians = {
        name: [statistics.median(x) for x in zip(*all_, strict=True)]
        for name, all_ in took.items()
    }
    for name, (wall, cpu) in medians.items():
        print(f"  {name}: {wall * 1e3:.2f} in all, {cpu * 1e3:.2f} of it our own CPU")
    ratios = [
        big / little for big, little in zip(medians["grown"], medians["small"], strict=True)
    ]
    print(f"  grown / small: {ratios[0]:.2f} in all, {ratios[1]:.2f} our own CPU")
    return ratios[0]


def timed(school: School, sub: str) -> tuple[float, float]:
    """Seconds that login and launch took: by the clock, and of this process."""
    browser = school.browser()
    began = time.perf_counter(), time.process_time()
    asked = school.login(browser)
    begun = time.perf_counter(), time.process_time()
    form = school.form(asked, {"sub": sub})
    posted = time.perf_counter(), time.process_time()
    assert browser.post(LAUNCH, data=form).status_code == 303
    ended = time.perf_counter(), time.process_time()
    wall, cpu = (begun[n] - began[n] + ended[n] - posted[n] for n in (0, 1))
    return wall, cpu


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
