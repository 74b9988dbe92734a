"""Keys made once, an LMS to launch from, sessions for calls to loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import requests

from lti_tool.lti.http import lms_session
from lti_tool.lti.keys import ToolKey, new_tool_key
from tests.lti.world import World


@pytest.fixture(scope="session")
def lms_key() -> ToolKey:
    """The key the LMS signs with."""
    return new_tool_key()


@pytest.fixture(scope="session")
def other_key() -> ToolKey:
    """Somebody else's key."""
    return new_tool_key()


@pytest.fixture(scope="session")
def tool_key() -> ToolKey:
    """The key we sign with."""
    return new_tool_key()


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """The session for calls to LMSs, which may live on loopback."""
    with lms_session(private_networks=["127.0.0.0/8"]) as session:
        yield session


@pytest.fixture(scope="session")
def unused_http() -> Iterator[requests.Session]:
    """A session nothing may go through."""
    with requests.Session() as session:
        session.adapters.clear()
        yield session


@pytest.fixture
def world(lms_key: ToolKey, unused_http: requests.Session) -> World:
    return World(lms_key, unused_http)


@pytest.fixture
def raw_server() -> Iterator[RawServer]:
    """A server that says whatever a test wants, byte by byte."""
    with RawServer() as server:
        yield server


class RawServer:
    """Answers each connection with one function's bytes."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        self.over = threading.Event()
        self.pieces: Callable[[], Iterator[bytes]] = lambda: iter(())
        self.thread = threading.Thread(target=self._serve)

    def __enter__(self) -> RawServer:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        self.socket.close()

    def drip(self, start: bytes, piece: bytes, every_s: float) -> Iterator[bytes]:
        """First some bytes, then a piece again and again until the test is over."""
        yield start
        while not self.over.wait(every_s):
            yield piece

    def _serve(self) -> None:
        self.socket.settimeout(0.05)
        while not self.over.is_set():
            with suppress(OSError):
                connection, _ = self.socket.accept()
                with connection, suppress(OSError):
                    connection.settimeout(1)
                    connection.recv(65_536)
                    for piece in self.pieces():
                        connection.sendall(piece)
