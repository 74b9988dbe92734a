"""`lti-tool serve` and `lti-tool deliver`: the two processes of a deployment."""

from __future__ import annotations

import os
import sys

import click

from lti_tool import worker
from lti_tool.delivery.deliver import deliver_due
from lti_tool.settings import read_settings
from lti_tool.start import check_web, prepared


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for everyone.")
def serve(host: str) -> None:
    """Run the web server on PORT."""
    settings = read_settings(os.environ)
    check_web(settings, host, settings.port)
    config = settings.config / "gunicorn.py"
    command = ["-m", "gunicorn", "-c", str(config), "-b", f"{host}:{settings.port}"]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *command, "lti_tool.app:from_env()"])  # noqa: S606


@click.command()
@click.option("--once", is_flag=True, help="Deliver what is due now, then end.")
def deliver(once: bool) -> None:
    """Deliver grades to LMSs as they become due."""
    settings, database = prepared()
    courier = worker.courier_for(settings, database)
    if not once:
        worker.run(courier, worker.stop_on_signals())
        return
    while deliver_due(courier):
        pass
