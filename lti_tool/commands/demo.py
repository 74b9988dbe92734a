"""`lti-tool demo`: the tool, its worker and a small LMS, ready to be clicked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import click
import requests

from lti_tool.errors import Misconfigured
from lti_tool.packs.read import read_packs
from lti_tool.records import schema
from lti_tool.records.db import Database
from lti_tool.records.platforms import add_platform, find_platforms
from lti_tool.settings import Settings, read_settings
from lti_tool.tenancy.platforms import Platform

_CLIENT_ID = "npq-demo-client"
_DEPLOYMENT_ID = "1"
_READY_WITHIN_S = 30.0
_LOOK_EVERY_S = 0.1


@click.command()
@click.option("--port", default=8080, show_default=True, help="Of the tool.")
@click.option("--lms-port", default=8081, show_default=True, help="Of the LMS.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default="var/demo",
    show_default=True,
    help="Where the demo keeps its data; remove it to start afresh.",
)
def demo(port: int, lms_port: int, folder: Path) -> None:
    """Run the tool and a small LMS beside it, and print the one URL to open."""
    folder.mkdir(parents=True, exist_ok=True)
    env = _environment(port, folder)
    lms = f"http://127.0.0.1:{lms_port}"
    settings = read_settings(env)
    _prepare(settings, lms)
    commands = {
        "tool": ["-m", "lti_tool", "serve"],
        "worker": ["-m", "lti_tool", "deliver"],
        "lms": _lms_command(settings, lms_port, folder),
    }
    ready = [f"{settings.public_url}/readyz", f"{lms}/jwks"]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), _running(commands, env, ready, folder) as watch:
        click.echo(f"Open {lms}/\nStop with Ctrl-C.")
        watch()


def _environment(port: int, folder: Path) -> dict[str, str]:
    """What the processes see: the demo's own settings, whatever the caller's are."""
    ours = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {
        "DATABASE_URL": f"sqlite:///{folder.resolve() / 'lti_tool.db'}",
        "PUBLIC_URL": f"http://localhost:{port}",
        "PORT": str(port),
        "ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
        "LOG_FORMAT": "console",
    }


def _prepare(settings: Settings, lms: str) -> None:
    """A database at the newest schema that knows the LMS."""
    database = Database(settings.database_url)
    with database.transaction() as db:
        schema.upgrade(db)
        if not find_platforms(db, lms, _CLIENT_ID):
            add_platform(db, _demo_platform(lms), [_DEPLOYMENT_ID], datetime.now(UTC))
    database.close()


def _demo_platform(lms: str) -> Platform:
    return Platform(
        id=0,
        name="Demo LMS",
        product="standard",
        issuer=lms,
        client_id=_CLIENT_ID,
        auth_url=f"{lms}/auth",
        token_url=f"{lms}/token",
        jwks_url=f"{lms}/jwks",
        token_audience=None,
    )


def _lms_command(settings: Settings, lms_port: int, folder: Path) -> list[str]:
    pack = read_packs(settings.content_packs)[0]
    items = [f"--item={session.item}={session.title}" for session in pack.sessions]
    return [
        "-m", "lti_tool.demo_lms", "--port", str(lms_port),
        "--tool-url", settings.public_url, "--pack", pack.id,
        *items, "--state", str(folder / "lms.json"),
    ]  # fmt: skip


@contextmanager
def _running(
    commands: Mapping[str, list[str]], env: Mapping[str, str], ready: list[str], folder: Path
) -> Iterator[Callable[[], None]]:
    """Run all, and in the end stop these and nothing else.

    Yields, once everything answers, what to call to wait until one of them ends.
    """
    processes = {}
    try:
        for name, command in commands.items():
            with (folder / f"{name}.log").open("w") as log:
                processes[name] = subprocess.Popen(  # noqa: S603  our own interpreter
                    [sys.executable, *command], env=dict(env), stderr=log, stdout=log
                )
        _wait_until(ready, processes, folder)
        yield lambda: _watch(processes, folder)
    finally:
        _stop(processes.values())


def _watch(processes: Mapping[str, subprocess.Popen[bytes]], folder: Path) -> None:
    while True:
        _report_ended(processes, folder)
        time.sleep(_LOOK_EVERY_S)


def _wait_until(
    urls: list[str], processes: Mapping[str, subprocess.Popen[bytes]], folder: Path
) -> None:
    """Wait until every URL answers 200; a process that ends first is reported."""
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


def _report_ended(processes: Mapping[str, subprocess.Popen[bytes]], folder: Path) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            log = (folder / f"{name}.log").read_text("utf-8").strip()
            raise Misconfigured(f"The {name} ended: {log or 'it said nothing'}")


def _stop(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    running = list(processes)
    for process in running:
        process.terminate()
    for process in running:
        process.wait(_READY_WITHIN_S)
