"""
HTTP calls that are over in time, whatever the other side does.

A socket's own time limit starts again with every byte, so a server that drips would hold us
for as long as it likes. Here the time left is set anew before each read. Looking up a name has
no time limit at all, so it is left to a thread that need not be waited for.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from http.client import HTTPResponse
from typing import Any, TypeVar

from typing_extensions import override
from urllib3 import Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

Result = TypeVar("Result")

_LEAST_S = 0.001  # urllib3 takes no time limit of nought


class Deadline(Timeout):
    """A time limit for a whole call; it runs from now on."""

    def __init__(self, connect_s: float, total_s: float) -> None:
        """Take the time for connecting, and for everything."""
        super().__init__(connect=min(connect_s, total_s), total=total_s)
        self._connect_s, self._until = connect_s, time.monotonic() + total_s

    def left_s(self) -> float:
        """The time left."""
        return max(self._until - time.monotonic(), _LEAST_S)

    @override
    def clone(self) -> Timeout:
        # What urllib3 makes of it when a connection is wanted: by then a name was looked up.
        left = self.left_s()
        return Timeout(connect=min(self._connect_s, left), total=left)


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What work returns or raises; it goes on by itself when it takes longer.

    Raises:
        TimeoutError: it takes longer.
    """
    done: Future[Result] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # raised again where the result is wanted
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return done.result(seconds)


def pools_with_deadline() -> dict[str, type[HTTPConnectionPool]]:
    """Connection pools by scheme, as urllib3's PoolManager wants them."""
    return {"http": _HttpPool, "https": _HttpsPool}


class _Reader(io.RawIOBase):
    """A socket's bytes until a moment, then TimeoutError."""

    def __init__(self, sock: Any, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline
        # Not the socket itself: this file keeps it open when http.client lets go of it.
        self._raw = sock.makefile("rb", buffering=0)

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        return count

    @override
    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """The one thing of a socket that http.client's response asks for."""

    def __init__(self, sock: Any, seconds: float) -> None:
        self._sock, self._deadline = sock, time.monotonic() + seconds

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock, self._deadline))


class _TimedResponse(HTTPResponse):
    """Takes the time limit the socket has when the answer begins as one for all of it."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_TimedSocket(sock, sock.gettimeout()), *args, **kwargs)  # type: ignore[arg-type]


class _HttpConnection(HTTPConnection):
    response_class = _TimedResponse


class _HttpsConnection(HTTPSConnection):
    response_class = _TimedResponse


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection
