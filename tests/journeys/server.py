"""A WSGI application as a real server that can stop and start again at the same address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from werkzeug.serving import BaseWSGIServer, make_server

from lti_tool.demo_lms.__main__ import QuietHandler
from tests.build import free_port


class Server:
    """One address of this machine, and what is served there while it is running."""

    def __init__(self, host: str) -> None:
        self.port = free_port()
        self.origin = f"http://{host}:{self.port}"
        self._server: BaseWSGIServer | None = None
        self._thread: Thread | None = None

    def start(self, app: Any) -> None:
        self._server = make_server(
            "127.0.0.1", self.port, app, threaded=True, request_handler=QuietHandler
        )
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        """From now on nobody answers; stopping twice changes nothing."""
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None

    @contextmanager
    def running(self, app: Any) -> Iterator[None]:
        self.start(app)
        try:
            yield
        finally:
            self.stop()
