"""Reach a WSGI application through requests, without a network."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from werkzeug.test import EnvironBuilder, run_wsgi_app


class WsgiAdapter(HTTPAdapter):
    """Mount it on a session: `http.mount("http://127.0.0.1:8081", WsgiAdapter(app))`."""

    def __init__(self, app: Any) -> None:
        super().__init__()
        self.app = app

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Ask the application; a dropped connection is what requests makes of one."""
        parts = urlsplit(request.url or "")
        environ = EnvironBuilder(
            parts.path or "/",
            f"{parts.scheme}://{parts.netloc}",
            parts.query,
            method=request.method or "GET",
            headers=list(request.headers.items()),
            data=_bytes(request.body),
        ).get_environ()
        try:
            chunks, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        except ConnectionError as error:
            raise requests.ConnectionError(str(error), request=request) from error
        raw = HTTPResponse(
            body=BytesIO(b"".join(chunks)),
            headers=HTTPHeaderDict(headers.to_wsgi_list()),
            status=int(status.split()[0]),
            preload_content=False,
        )
        return self.build_response(request, raw)


def in_process(apps: Mapping[str, Any]) -> requests.Session:
    """A session that reaches each origin's application and nothing else."""
    http = requests.Session()
    http.adapters.clear()
    for origin, app in apps.items():
        http.mount(origin, WsgiAdapter(app))
    return http


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""
