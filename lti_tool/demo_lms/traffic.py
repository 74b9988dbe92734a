"""
The gate every request of the tool comes through: it adds faults and keeps the event log.

A WSGI layer rather than a Flask hook, because only here a connection can be dropped.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NoReturn
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import request
from werkzeug.wrappers import Response

from lti_tool.demo_lms.events import Event, EventLog
from lti_tool.demo_lms.faults import Fault, Faults

_NOTES = "demo_lms.notes"
_GARBAGE = "<!doctype html><title>Maintenance</title><p>Back at eight. Please bear with us.</p>"


def note(text: str) -> None:
    """Say in the event log what became of the present request; never a token."""
    request.environ.get(_NOTES, []).append(text)


class Traffic:
    """Wraps the application; only what the tool calls passes through faults and log."""

    def __init__(
        self,
        app: WSGIApplication,
        faults: Faults,
        events: EventLog,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        """Guard this application."""
        self._app, self._faults, self._events = app, faults, events
        self._now, self._sleep = now, sleep

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request, or drop its connection."""
        endpoint = _endpoint(environ.get("PATH_INFO", ""))
        if endpoint is None:
            return self._app(environ, start_response)
        environ[_NOTES] = []  # a list, because werkzeug hands on a copy of environ
        fault = self._faults.claim(endpoint) or Fault()
        if fault.delay_s:
            self._sleep(fault.delay_s)
        if fault.reset_before:
            self._keep(environ, "connection dropped before")
            _drop(environ)
        response = _answer_instead(fault) or Response.from_app(
            self._app, environ, buffered=True
        )
        if fault.reset_after:
            self._keep(environ, f"{response.status_code}, connection dropped after")
            _drop(environ)
        self._keep(environ, str(response.status_code))
        return response(environ, start_response)

    def _keep(self, environ: WSGIEnvironment, answer: str) -> None:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        notes = "; ".join(environ[_NOTES])
        self._events.add(Event(self._now(), method, path, answer, notes))


def _endpoint(path: str) -> str | None:
    """The endpoint a path belongs to; None for what only browsers ask for."""
    if path.endswith("/scores"):
        return "scores"
    first = path.split("/")[1] if path.startswith("/") else ""
    return first if first in ("token", "jwks", "lineitems", "memberships") else None


def _answer_instead(fault: Fault) -> Response | None:
    if fault.status:
        headers = {}
        if fault.retry_after_s is not None:
            headers["Retry-After"] = str(fault.retry_after_s)
        return Response("", fault.status, headers)
    return Response(_GARBAGE, 200, mimetype="text/html") if fault.garbage else None


def _drop(environ: WSGIEnvironment) -> NoReturn:
    """Close the connection without an answer. In process there is only the exception."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("dropped on purpose")
