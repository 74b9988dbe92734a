"""Run a WSGI application as a real server on a free port of this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from werkzeug.serving import make_server

from lti_tool.demo_lms.__main__ import QuietHandler


@contextmanager
def serving(build: Callable[[str], Any], host: str = "127.0.0.1") -> Iterator[str]:
    """The origin at which what `build(origin)` gives is served, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        origin = f"http://{host}:{port}"
        server = make_server(
            "127.0.0.1",
            port,
            build(origin),
            threaded=True,
            request_handler=QuietHandler,
            fd=listening.fileno(),
        )
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield origin
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
