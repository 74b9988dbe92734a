"""`lti-tool serve` and `lti-tool deliver`: the two processes of a deployment."""

from __future__ import annotations

import os
import sys

import click
from gunicorn.app import wsgiapp

from lti_tool import app, worker
from lti_tool.delivery.deliver import deliver_due
from lti_tool.settings import Settings, read_settings
from lti_tool.start import prepared

_APP = f"{app.__name__}:{app.from_env.__name__}()"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for everyone.")
def serve(host: str) -> None:
    """Run the web server on PORT."""
    run_server(read_settings(os.environ), host)


def run_server(settings: Settings, host: str) -> None:
    """Be the web server until told to stop; settings and all else are checked first."""
    config = settings.config / "gunicorn.py"
    sys.argv = ["gunicorn", "-c", str(config), "-b", f"{host}:{settings.port}", _APP]
    wsgiapp.run()  # type: ignore[no-untyped-call]


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
