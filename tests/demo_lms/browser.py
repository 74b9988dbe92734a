"""
A browser without an engine: it follows redirects, frames and forms as one does.

It knows cookies (cookies.py), Content-Security-Policy for frames and forms (policy.py), Origin
and Sec-Fetch headers, forms that submit themselves, scripts that move the whole window.
It runs no other script: what needs one is a test for a real browser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlencode, urljoin

import requests

from tests.demo_lms.cookies import CookieJar, Mode, Request, origin, site
from tests.demo_lms.html_page import Form, Html, Link
from tests.demo_lms.policy import Blocked, check, check_framing, runs

_MOST_HOPS = 20
_SUBMITS = re.compile(r"\.submit\b")
_MOVES_WINDOW = re.compile(
    r"\btop\.location(?:\.href|\.replace|\.assign)?\s*[=(]\s*[\"']([^\"']+)"
)
_NAMED = re.compile(r"getElementById\([\"']([^\"']+)[\"']\)")
Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Page:
    """What a window or a frame shows."""

    url: str
    status: int
    headers: dict[str, str] = field(repr=False)  # names in lower case
    source: str = field(repr=False)
    top: str | None = None  # URL of the page that frames this one; None for a window
    referred: Request | None = field(default=None, repr=False)  # the request that led here
    hops: tuple[str, ...] = field(default=(), repr=False)  # every URL on the way

    @cached_property
    def html(self) -> Html:
        """The page, parsed."""
        return Html(self.source)

    @property
    def text(self) -> str:
        """The visible text."""
        return self.html.text

    @property
    def policy(self) -> str:
        """The Content-Security-Policy."""
        return self.headers.get("content-security-policy", "")

    def form(self, part: str = "") -> Form:
        """The first form whose action, id, fields or buttons contain this."""
        for form in self.html.forms:
            inside = [form.action, form.id, *sorted(form.offered)]
            inside += [text for text, _, _ in form.buttons]
            if any(part in one for one in inside):
                return form
        raise LookupError(f"no form with {part!r} on {self.url}: {self.text[:400]}")

    def link(self, part: str) -> Link:
        """The first link whose text or address contains this."""
        for link in self.html.links:
            if part in link.text or part in link.href:
                return link
        raise LookupError(f"no link with {part!r} on {self.url}: {self.text[:400]}")


class Browser:
    """One person's browser, at home in one LMS."""

    def __init__(
        self, lms: str, mode: Mode = Mode.NORMAL, http: requests.Session | None = None
    ) -> None:
        """Use `http` with WSGI adapters mounted to stay in process."""
        self.lms, self.jar = lms, CookieJar(mode, lms)
        self.http = http or requests.Session()
        self.http.trust_env = False
        self.http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.http.headers["User-Agent"] = "test browser"

    def go(self, url: str) -> Page:
        """Type an address."""
        return self._load(Request(url, "GET", None, url, framed=False))

    def click(self, page: Page, part: str) -> Page:
        """Follow a link, in the same frame, in the whole window or in a new one."""
        link = page.link(part)
        return self._load(_from(page, urljoin(page.url, link.href), "GET", link.target))

    def frame(self, page: Page, number: int = 0) -> Page:
        """What a frame of this page shows."""
        url = urljoin(page.url, page.html.frames[number]["src"])
        check(page.policy, "frame-src", url, page.url)
        return self._load(Request(url, "GET", page.url, page.top or page.url, framed=True))

    def submit(
        self, page: Page, part: str = "", button: str = "", **values: str | list[str]
    ) -> Page:
        """Fill in a form and send it by a button (the first, unless its text is given)."""
        form = page.form(part)
        unknown = set(values) - form.offered
        assert not unknown, f"no field {unknown} in the form at {page.url}"
        fields = [one for one in form.fields if one[0] not in values]
        for name, value in values.items():
            fields += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        pressed = [one for one in form.buttons if button in one[0]][:1]
        assert pressed or not button, f"no button {button!r} in the form at {page.url}"
        fields += [(name, value) for _, name, value in pressed if name]
        return self._send(page, form, fields)

    def post(self, page: Page, url: str, fields: Fields) -> Page:
        """Send what no form of the page offers, as its script might."""
        return self._send(page, Form(url, "POST"), fields)

    def repeat(self, page: Page) -> Page:
        """Load the page's address again, as Reload does after a redirect."""
        assert page.referred is not None
        return self._load(replace(page.referred, url=page.url, method="GET"))

    def sign_in(self, person: str) -> Page:
        """Become a person of the LMS, by any part of the name; shows the course."""
        return self.submit(self.go(f"{self.lms}/"), "/people", button=person)

    def open_link(self, person: str, item: str, *, window: bool = False) -> Page:
        """The tool's page for a link of the course, named by "<pack>/<item>" or its end."""
        course = self.sign_in(person)
        for attributes, first_link in course.html.items:
            if attributes.get("data-item", "").endswith(item):
                opener, new_window = course.html.links[first_link : first_link + 2]
                if window:
                    return self.click(course, new_window.href)
                return self.frame(self.click(course, opener.href))
        raise LookupError(f"no link to {item} in the course")

    def grade(self, person: str, item: str) -> str:
        """The person's grade on the course page, as in "1 / 1"; empty when there is none."""
        course = self.sign_in(person).source
        entry = re.search(rf'<li [^>]*data-item="[^"]*{re.escape(item)}".*?</li>', course, re.S)
        assert entry, f"no link to {item} in the course"
        found = re.search(r"Grade: ([^<]+)<", entry[0])
        return found[1].strip() if found else ""

    def add_from_tool(self, facilitator: str = "Helen") -> Page:
        """The tool's chooser, in its frame."""
        return self.frame(self.click(self.sign_in(facilitator), "Add from tool"))

    def _send(self, page: Page, form: Form, fields: Fields) -> Page:
        url = urljoin(page.url, form.action or page.url)
        check(page.policy, "form-action", url, page.url)
        if form.method == "GET":
            url = f"{url.split('?')[0]}?{urlencode(fields)}"
            return self._load(_from(page, url, "GET", form.target))
        return self._load(_from(page, url, "POST", form.target), fields, page)

    def _load(
        self, request: Request, fields: Fields | None = None, form_page: Page | None = None
    ) -> Page:
        """Navigate, follow redirects, then do what the page's scripts do at once."""
        hops: list[str] = []
        for _ in range(_MOST_HOPS):
            hops.append(request.url)
            answer = self._ask(request, fields, hops, form_page)
            place = answer.headers.get("Location")
            if answer.status_code not in (301, 302, 303, 307, 308) or place is None:
                return self._shown(answer, request, tuple(hops))
            url = urljoin(request.url, place)
            if form_page:
                check(form_page.policy, "form-action", url, form_page.url)
            if answer.status_code == 303 or (answer.status_code < 303 and fields is not None):
                request, fields = replace(request, method="GET"), None
            request = replace(request, url=url, top=request.top if request.framed else url)
        raise Blocked(f"too many redirects: {hops}")

    def _ask(
        self, request: Request, fields: Fields | None, hops: list[str], form_page: Page | None
    ) -> requests.Response:
        headers = {
            "Sec-Fetch-Site": _relation(request.initiator, hops),
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "iframe" if request.framed else "document",
        }
        cookie = self.jar.header(request)
        if cookie:
            headers["Cookie"] = cookie
        if request.method == "POST" and form_page:
            headers["Origin"] = _origin_header(form_page, hops)
        answer = self.http.request(
            request.method, request.url, data=fields, headers=headers, allow_redirects=False
        )
        self.jar.keep(answer.raw.headers.getlist("Set-Cookie"), request)
        return answer

    def _shown(
        self, answer: requests.Response, request: Request, hops: tuple[str, ...]
    ) -> Page:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        top = request.top if request.framed else None
        page = Page(request.url, answer.status_code, headers, answer.text, top, request, hops)
        if top:
            check_framing(headers, request.url, top)
        return self._after_scripts(page) if "html" in headers.get("content-type", "") else page

    def _after_scripts(self, page: Page) -> Page:
        for script in page.html.scripts:
            if not runs(page.policy, script.nonce) and not script.src:
                continue
            window = _MOVES_WINDOW.search(script.text)
            if window:
                return self._load(_from(page, urljoin(page.url, window[1]), "GET", "_top"))
            if page.html.forms and (_SUBMITS.search(script.text) or "submit" in script.src):
                named = _NAMED.search(script.text)
                form = page.form(named[1]) if named else page.html.forms[0]
                return self._send(page, form, form.fields)
        return page


def _from(page: Page, url: str, method: str, target: str) -> Request:
    """A navigation a page causes."""
    if page.top is None or target in ("_top", "_blank"):
        return Request(url, method, page.url, url, framed=False)
    return Request(url, method, page.url, page.top, framed=True)


def _relation(initiator: str | None, hops: list[str]) -> str:
    """Sec-Fetch-Site: how far the farthest address on the way is from who caused it."""
    if initiator is None:
        return "none"
    if any(site(hop) != site(initiator) for hop in hops):
        return "cross-site"
    same = all(origin(hop) == origin(initiator) for hop in hops)
    return "same-origin" if same else "same-site"


def _origin_header(page: Page, hops: list[str]) -> str:
    """The Origin of a form post; Fetch standard, "serializing a request origin"."""
    referrer_policy = page.headers.get("referrer-policy", "")
    crossed = len({origin(hop) for hop in hops}) > 1
    if crossed or referrer_policy == "no-referrer":
        return "null"
    if referrer_policy == "same-origin" and origin(page.url) != origin(hops[-1]):
        return "null"
    return origin(page.url)
