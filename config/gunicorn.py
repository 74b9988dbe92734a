"""The web server: gunicorn with threads. Read by `lti-tool serve` and the Procfile."""

import os
import sys
from typing import Any, NoReturn

from lti_tool.errors import Misconfigured
from lti_tool.settings import read_settings
from lti_tool.start import check_web


def refuse(error: Misconfigured) -> NoReturn:
    """Say all that is wrong in plain words and end with 2."""
    sys.stderr.write(f"{error}\n")
    sys.exit(2)


try:
    settings = read_settings(os.environ)
except Misconfigured as error:
    refuse(error)

bind = f"0.0.0.0:{settings.port}"
workers = settings.web_concurrency
worker_class = "gthread"
threads = 8  # as many as the database pool has connections
timeout = 30
graceful_timeout = 25
keepalive = 30
max_requests = 20_000
max_requests_jitter = 2_000
# Heartbeats are files; on a slow disk they stall and workers are killed for nothing.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
control_socket_disable = True  # else a socket appears in the home folder
forwarded_allow_ips = "*"  # X-Forwarded-* is read only as far as TRUSTED_PROXIES says


def on_starting(server: Any) -> None:
    """Check everything before any worker starts."""
    try:
        check_web(settings, *server.cfg.address[0])
    except Misconfigured as error:
        refuse(error)
