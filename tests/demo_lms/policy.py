"""What a page's Content-Security-Policy allows a browser to do."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.demo_lms.cookies import origin


class Blocked(Exception):
    """The browser would not do this; says which header forbids it."""


def check(policy: str, directive: str, url: str, own: str) -> None:
    """Stop when the policy of the page at `own` forbids `url` for this directive."""
    sources = directives(policy).get(directive)
    if sources is not None and not any(_covers(source, url, own) for source in sources):
        raise Blocked(f"{directive} of {own} does not allow {url}")


def check_framing(headers: dict[str, str], url: str, top: str) -> None:
    """Stop when an answer may not be shown in a frame of the page at `top`."""
    policy = headers.get("content-security-policy", "")
    if "frame-ancestors" in directives(policy):
        check(policy, "frame-ancestors", top, url)
    elif "x-frame-options" in headers and origin(url) != origin(top):
        raise Blocked(f"X-Frame-Options of {url}")


def runs(policy: str, nonce: str) -> bool:
    """Whether an inline script with this nonce runs."""
    found = directives(policy)
    sources = found.get("script-src", found.get("default-src"))
    if sources is None or f"'nonce-{nonce}'" in sources:
        return True
    return "'unsafe-inline'" in sources and not any("nonce-" in one for one in sources)


def directives(policy: str) -> dict[str, list[str]]:
    """The directives by name; of repeated ones the first counts."""
    found: dict[str, list[str]] = {}
    for part in policy.split(";"):
        name, *sources = part.split() or [""]
        found.setdefault(name.lower(), sources)
    return found


def _covers(source: str, url: str, own: str) -> bool:
    if source == "'self'":
        return origin(url) == origin(own)
    if source.endswith(":"):
        return urlsplit(url).scheme == source[:-1]
    return source == "*" or source == origin(url)
