"""Run the demo LMS: `python -m lti_tool.demo_lms --tool-url http://localhost:8080`."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from lti_tool.demo_lms.app import create_demo_lms
from lti_tool.demo_lms.config import config_for_tool
from lti_tool.errors import Misconfigured

_MODULE, _SESSIONS = "m2", 6
_LOOPBACK = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """Keeps no access log: addresses of launches do not belong in one."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; 2 when it cannot start."""
    asked = _parser().parse_args(arguments)
    try:
        server = _server(asked)
    except Misconfigured as error:
        print(error, file=sys.stderr)  # noqa: T201 (a command speaks)
        return 2
    signal.signal(signal.SIGTERM, _stop)
    print(f"Demo LMS: http://{asked.host}:{asked.port}/", flush=True)  # noqa: T201
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m lti_tool.demo_lms", description=main.__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument("--port", type=_port, default=8081, help="default: %(default)s")
    parser.add_argument("--tool-url", default="http://localhost:8080", help="its PUBLIC_URL")
    parser.add_argument("--pack", default="npqlt-demo", help="content pack the links name")
    parser.add_argument(
        "--item",
        action="append",
        metavar="ITEM=TITLE",
        type=_item,
        help="a link of the course, as in 'm2.s1=Session 1'; repeat it; default: six of them",
    )
    parser.add_argument("--state", type=Path, help="JSON file to remember everything in")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _item(text: str) -> tuple[str, str]:
    item, separator, title = text.partition("=")
    if not (item and separator and title):
        raise argparse.ArgumentTypeError("an item is ITEM=TITLE, as in 'm2.s1=Session 1'")
    return item, title


def _server(asked: argparse.Namespace) -> BaseWSGIServer:
    items = asked.item or [
        (f"{_MODULE}.s{n}", f"Study session {n}") for n in range(1, _SESSIONS + 1)
    ]
    issuer, tool = f"http://{asked.host}:{asked.port}", asked.tool_url.rstrip("/")
    config = replace(config_for_tool(issuer, tool, items, asked.pack), state_path=asked.state)
    with _listening(asked.host, asked.port) as listening:
        return make_server(
            _LOOPBACK,
            asked.port,
            create_demo_lms(config),
            threaded=True,
            request_handler=QuietHandler,
            fd=listening.fileno(),
        )


def _listening(host: str, port: int) -> socket.socket:
    """A socket on this machine only: nobody here has a password."""
    if host not in (_LOOPBACK, "localhost") and not host.endswith(".localhost"):
        raise Misconfigured(
            f"The demo LMS has no passwords and serves this machine only: {host} is not "
            f"{_LOOPBACK}, localhost or a name ending in .localhost."
        )
    try:
        return socket.create_server((_LOOPBACK, port))
    except OSError as error:
        raise Misconfigured(
            f"The demo LMS cannot use port {port} ({error}). Name another with --port."
        ) from error


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """As if Ctrl-C were pressed: the loop ends, the socket is closed."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
