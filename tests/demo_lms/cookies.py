"""A cookie jar that follows Chromium's rules, as far as an LMS and a tool meet them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import ip_address
from urllib.parse import urlsplit


class Mode(Enum):
    """How much of cookies the browser allows."""

    NORMAL = auto()
    THIRD_PARTY_BLOCKED = auto()  # in frames of other sites only partitioned cookies live
    NO_COOKIES = auto()  # none but the LMS's own on its own pages, or nobody could sign in


def site(url: str) -> str:
    """Scheme and registrable domain; what ends in .localhost is one site per name."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        host = ".".join(host.split(".")[-2:])
    return f"{parts.scheme}://{host}"


def origin(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def trustworthy(url: str) -> bool:
    """Whether Secure cookies may travel: https, or this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    local = host == "localhost" or host.endswith(".localhost") or host.startswith("127.")
    return parts.scheme == "https" or local


@dataclass(frozen=True)
class Request:
    """Where a request goes, who caused it, and what the address bar shows."""

    url: str
    method: str
    initiator: str | None  # URL of the page that caused it; None: typed by the person
    top: str  # URL of the top-level page; the request's own for a top-level navigation
    framed: bool

    @property
    def third_party(self) -> bool:
        return self.framed and site(self.url) != site(self.top)

    @property
    def sends_lax(self) -> bool:
        """Same site, or a top-level navigation by a safe method."""
        if self.initiator is None or site(self.initiator) == site(self.url):
            return not self.third_party
        return not self.framed and self.method in ("GET", "HEAD")


@dataclass(frozen=True)
class Cookie:
    """One kept cookie."""

    name: str
    value: str
    host: str
    path: str
    secure: bool
    same_site: str
    partition: str | None


class CookieJar:
    """The cookies of one browser."""

    def __init__(self, mode: Mode, lms: str) -> None:
        self.mode, self.lms = mode, lms
        self.cookies: dict[tuple[str, str, str, str | None], Cookie] = {}

    def keep(self, headers: list[str], request: Request) -> None:
        """Keep what an answer's Set-Cookie headers may set here."""
        for header in headers:
            cookie, ends = _read(header, request)
            if cookie and self._may_live(cookie, request) and _may_be_set(cookie, request):
                key = (cookie.host, cookie.path, cookie.name, cookie.partition)
                self.cookies.pop(key, None)
                if not ends:
                    self.cookies[key] = cookie

    def header(self, request: Request) -> str:
        """The Cookie header of a request; empty when no cookie may travel."""
        sent = [one for one in self.cookies.values() if self._travels(one, request)]
        sent.sort(key=lambda one: -len(one.path))
        return "; ".join(f"{one.name}={one.value}" for one in sent)

    def named(self, name: str) -> list[Cookie]:
        """Every kept cookie of this name."""
        return [one for one in self.cookies.values() if one.name == name]

    def _may_live(self, cookie: Cookie, request: Request) -> bool:
        if self.mode is Mode.NO_COOKIES:
            return not request.third_party and site(request.url) == site(self.lms)
        blocked = self.mode is Mode.THIRD_PARTY_BLOCKED and request.third_party
        return not blocked or cookie.partition is not None

    def _travels(self, cookie: Cookie, request: Request) -> bool:
        parts = urlsplit(request.url)
        path = parts.path or "/"
        below = path == cookie.path or path.startswith(cookie.path.rstrip("/") + "/")
        return (
            cookie.host == parts.hostname
            and below
            and (not cookie.secure or trustworthy(request.url))
            and cookie.partition in (None, site(request.top))
            and (cookie.same_site == "none" or request.sends_lax)
            and self._may_live(cookie, request)
        )


def _read(header: str, request: Request) -> tuple[Cookie | None, bool]:
    """The cookie a header describes, and whether it ends rather than begins here."""
    first, *rest = (part.strip() for part in header.split(";"))
    name, separator, value = first.partition("=")
    given = {key.lower(): text for key, _, text in (part.partition("=") for part in rest)}
    if not separator or "domain" in given:
        return None, False
    cookie = Cookie(
        name,
        value,
        urlsplit(request.url).hostname or "",
        given.get("path") or "/",
        "secure" in given,
        given.get("samesite", "lax").lower(),
        site(request.top) if "partitioned" in given else None,
    )
    return cookie, given.get("max-age") == "0" or "1970" in given.get("expires", "")


def _may_be_set(cookie: Cookie, request: Request) -> bool:
    if cookie.secure and not trustworthy(request.url):
        return False
    needs_secure = cookie.same_site == "none" or cookie.partition is not None
    if (needs_secure or cookie.name.startswith("__")) and not cookie.secure:
        return False
    if cookie.name.startswith("__Host-") and cookie.path != "/":
        return False
    return cookie.same_site == "none" or not request.third_party
