"""`lti-tool demo`: the tool, its worker and a small LMS, ready to be clicked."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NoReturn

import click
import requests

from lti_tool import worker
from lti_tool.commands.processes import run_server
from lti_tool.demo_lms import __main__ as demo_lms
from lti_tool.demo_lms.config import CLIENT_ID, DEPLOYMENT_ID
from lti_tool.errors import Misconfigured
from lti_tool.packs.read import read_packs
from lti_tool.records.db import Database
from lti_tool.records.platforms import add_platform, find_platforms
from lti_tool.records.progress import content_begun
from lti_tool.records.revision import newest_revision, revision_of
from lti_tool.records.schema import upgrade
from lti_tool.server import end_with
from lti_tool.settings import Settings, read_settings
from lti_tool.start import check_port, prepared
from lti_tool.study.content import ContentPack
from lti_tool.tenancy.platforms import Platform

_READY_WITHIN_S = 30.0
_LOOK_EVERY_S = 0.05
# Forked, so that what all three need is imported once.
_FORK = get_context("fork")
_port = click.IntRange(1, 65535)


@click.command()
@click.option("--port", type=_port, default=8080, show_default=True, help="Of the tool.")
@click.option("--lms-port", type=_port, default=8081, show_default=True, help="Of the LMS.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default="var/demo",
    show_default=True,
    help="Where the demo keeps its data; remove it to start afresh.",
)
def demo(port: int, lms_port: int, folder: Path) -> None:
    """Run the tool and a small LMS beside it, and print the one URL to open."""
    if port == lms_port:
        raise click.UsageError("The tool and the LMS need a port each: --port, --lms-port.")
    _make(folder)
    _use_settings_of_the_demo(port, folder)
    settings = read_settings(os.environ)
    lms = f"http://127.0.0.1:{lms_port}"
    check_port("127.0.0.1", port, lms_port)
    packs = read_packs(settings.content_packs)
    _prepare(settings, lms, packs, folder)
    work: dict[str, Callable[[], None]] = {
        "lms": partial(_run_lms, _lms_arguments(settings, packs[0], lms_port, folder)),
        "tool": partial(run_server, settings, "127.0.0.1"),
        "worker": _run_worker,
    }
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), _running(work, folder) as processes:
        _wait_until_ready([f"{settings.public_url}/readyz", f"{lms}/jwks"], processes, folder)
        click.echo(f"Open {lms}/\nStop with Ctrl-C.")
        while True:
            _report_ended(processes, folder)
            time.sleep(_LOOK_EVERY_S)


def _make(folder: Path) -> None:
    if not str(folder.resolve()).isprintable():  # else DATABASE_URL would be blamed
        raise Misconfigured("--folder: give a path of printable characters.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"--folder: {folder} cannot be made ({error.strerror}).") from error


def _use_settings_of_the_demo(port: int, folder: Path) -> None:
    """Whatever the caller's environment says, the demo has settings of its own."""
    for name in Settings.model_fields:
        os.environ.pop(name.upper(), None)
    os.environ |= {
        "DATABASE_URL": f"sqlite:///{folder.resolve() / 'lti_tool.db'}",
        "PUBLIC_URL": f"http://localhost:{port}",
        "PORT": str(port),
        "ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
        "LOG_FORMAT": "console",
    }


def _prepare(settings: Settings, lms: str, packs: Sequence[ContentPack], folder: Path) -> None:
    """A database at the newest schema that knows the LMS and this content."""
    database = Database(settings.database_url)
    with database.transaction() as db:
        if revision_of(db) != newest_revision():
            upgrade(db)
        if not find_platforms(db, lms, CLIENT_ID):
            add_platform(db, _demo_platform(lms), [DEPLOYMENT_ID], datetime.now(UTC))
        others = content_begun(db) - {pack.digest for pack in packs}
    database.close()
    if others:
        raise Misconfigured(
            f"{folder} holds a demo of other content than this. Remove it to start afresh."
        )


def _demo_platform(lms: str) -> Platform:
    return Platform(
        id=0,
        name="Demo LMS",
        product="standard",
        issuer=lms,
        client_id=CLIENT_ID,
        auth_url=f"{lms}/auth",
        token_url=f"{lms}/token",
        jwks_url=f"{lms}/jwks",
        token_audience=None,
    )


def _lms_arguments(
    settings: Settings, pack: ContentPack, lms_port: int, folder: Path
) -> list[str]:
    items = [f"--item={s.item}=Session {s.number}: {s.title}" for s in pack.sessions]
    where = ["--port", str(lms_port), "--tool-url", settings.public_url]
    return [*where, "--pack", pack.id, *items, "--state", str(folder / "lms.json")]


def _run_lms(arguments: list[str]) -> NoReturn:
    sys.exit(demo_lms.main(arguments))


def _run_worker() -> None:
    worker.run(worker.courier_for(*prepared()), worker.stop_on_signals())


@contextmanager
def _running(
    work: Mapping[str, Callable[[], None]], folder: Path
) -> Iterator[Mapping[str, BaseProcess]]:
    """One process for each; in the end these are stopped and nothing else."""
    processes = {
        name: _FORK.Process(target=_logged, args=(run, folder / f"{name}.log"))
        for name, run in work.items()
    }
    try:
        for process in processes.values():
            process.start()
        yield processes
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.join(_READY_WITHIN_S)


def _logged(run: Callable[[], None], log: Path) -> None:
    """Run with all output in a file; the parent's Ctrl-C is the parent's to pass on."""
    with log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with(os.getppid())
    try:
        run()
    except Misconfigured as error:
        sys.exit(str(error))


def _wait_until_ready(
    urls: list[str], processes: Mapping[str, BaseProcess], folder: Path
) -> None:
    """Wait until every URL answers; a process that ends first is reported."""
    until = time.monotonic() + _READY_WITHIN_S
    while not all(_answers(url) for url in urls):
        _report_ended(processes, folder)
        if time.monotonic() > until:
            raise Misconfigured(f"The demo did not become ready. See the logs in {folder}.")
        time.sleep(_LOOK_EVERY_S)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def _report_ended(processes: Mapping[str, BaseProcess], folder: Path) -> None:
    for name, process in processes.items():
        if not process.is_alive():
            said = (folder / f"{name}.log").read_text("utf-8").strip()
            raise Misconfigured(f"The {name} ended: {said or 'it said nothing'}")
