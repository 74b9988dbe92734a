"""`lti-tool serve` and `lti-tool deliver`: the two processes of a deployment."""

from __future__ import annotations

import os
from ipaddress import ip_address

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from lti_tool import server, worker
from lti_tool.app import THREADS
from lti_tool.delivery.deliver import deliver_due
from lti_tool.settings import Settings, read_settings
from lti_tool.start import check_web, prepared

_APP = f"{server.__name__}:{server.application.__name__}"
_STOP_WITHIN_S = 25  # what is under way is finished first


def _address(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if value == "localhost":
        return "127.0.0.1"
    wanted = "give an IP address, as in 127.0.0.1, 0.0.0.0 or ::1"
    if "%" in value:  # Granian takes no zone, as in fe80::1%eth0
        raise click.BadParameter(wanted)
    try:
        return str(ip_address(value))
    except ValueError as error:
        raise click.BadParameter(wanted) from error


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    callback=_address,
    help="IP address to listen on; 0.0.0.0 for everyone.",
)
def serve(host: str) -> None:
    """Run the web server on PORT."""
    run_server(read_settings(os.environ), host)


def run_server(settings: Settings, host: str) -> None:
    """Be the web server until told to stop.

    Args:
        settings: of this process.
        host: an IP address.

    Raises:
        Misconfigured: names every fault of settings, database, packs and port.
    """
    check_web(settings, host, settings.port)
    Granian(
        _APP,
        address=host,
        port=settings.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=settings.web_concurrency,
        blocking_threads=THREADS,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=_STOP_WITHIN_S,
        log_level=LogLevels.error,
    ).serve()


@click.command()
@click.option(
    "--once", is_flag=True, help="Deliver what is due now, remove what is over, then end."
)
def deliver(once: bool) -> None:
    """Deliver grades to LMSs as they become due."""
    settings, database = prepared()
    courier = worker.courier_for(settings, database)
    if not once:
        worker.run(courier, worker.stop_on_signals())
        return
    now = courier.clock()
    while deliver_due(courier, due_by=now):
        pass
    while worker.purge_batch(courier, now):
        pass
