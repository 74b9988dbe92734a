"""Addresses others give us: which are ours, which belong to an LMS, which are neither."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

LONGEST = 2_048  # characters; longer ones are nobody's real address
_PORTS = {"https": 443, "http": 80}
# Browsers drop tabs and line ends, read "\" as "/" and show other scripts' look-alikes.
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")  # no wildcard, nothing a header could split
_PLAIN = re.compile(r"[!#-;=?-\[\]^-_a-z~]+")


def on_origin(url: str, origin: str) -> bool:
    """Whether an address lies on this origin: same scheme, host and port, any path.

    Args:
        url: from outside; anything.
        origin: ours, lower case, without a trailing slash.
    """
    start, rest = url[: len(origin)], url[len(origin) :]
    return (
        start.lower() == origin
        and rest[:1] in ("", "/", "?")
        and "#" not in rest
        and is_plain(url)
    )


def is_plain(url: str) -> bool:
    """Whether a browser, a log and we cannot disagree about what this address says."""
    return len(url) <= LONGEST and _PLAIN.fullmatch(url) is not None


@lru_cache(maxsize=4096)
def origin_of(url: str) -> str | None:
    """Scheme, host and port of a web address; None when it is not a plain one."""
    if not is_plain(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if not _HOST.fullmatch(host):
        return None
    return f"{parts.scheme}://{host}" + (
        f":{port}" if port not in (None, _PORTS[parts.scheme]) else ""
    )
