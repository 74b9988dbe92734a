"""
Who is asking: every blueprint declares whom it serves.

The visit's unguessable key is in the URL, so that two tabs, two courses or two people in one
browser never mix. The cookie is the second factor: a URL alone, copied or leaked, opens
nothing elsewhere. Some browsers keep no cookie in an LMS's frame; there the visit lives by
its URL in a browser of the same kind until the cookie comes back, should it ever.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, request
from werkzeug.wrappers import Response

from lti_tool.errors import NotServed, PageOutdated, VisitEnded
from lti_tool.records.db import AnyRow
from lti_tool.records.visits import (
    IDLE_LIMIT,
    bind,
    find_visit,
    hash_of,
    needs_noting,
    note_seen,
)
from lti_tool.tenancy.launch import DeepLinkSettings
from lti_tool.tenancy.roles import Role
from lti_tool.web.parts import parts

_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True, slots=True)
class Visit:
    """The visit a request belongs to."""

    key: str  # as in the URL
    role: Role
    graded: bool
    platform_id: int
    deployment_id: str  # as the LMS calls it
    context_row: int | None
    link_row: int | None
    person_row: int
    enrolment_row: int | None
    pack_id: str | None
    item: str | None
    person_name: str | None
    course_title: str
    link_title: str
    return_url: str | None
    deep_linking: DeepLinkSettings | None
    frame_origins: str
    agent_hash: str | None  # of the browser's kind, while its cookie has not come back


def serve_anyone(blueprint: Blueprint) -> None:
    """Serve every request: said aloud so that forgetting to guard is noticed."""

    @blueprint.before_request
    def no_requirement() -> None:
        g.visit = None


def serve_only(blueprint: Blueprint, *roles: Role) -> None:
    """Refuse every request to this blueprint but those of live visits with one of these roles.

    The blueprint's URLs start with /visit/<visit>; url_for fills it in.
    """

    @blueprint.url_value_preprocessor
    def take_from_url(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.visit_key = (values or {}).pop("visit", "")

    @blueprint.url_defaults
    def put_into_urls(_endpoint: str, values: dict[str, Any]) -> None:
        if "visit" not in values:
            values["visit"] = g.visit_key

    @blueprint.before_request
    def require_visit() -> None:
        g.visit = visit = _visit(g.visit_key)
        if visit.role not in roles:
            raise NotServed("This page is not for your role in this course.")
        if request.method in _UNSAFE:
            _check_form()


def cookie_of_visit(key: str) -> str:
    """Name of the cookie that goes with a visit."""
    return f"__Host-npq-visit-{key[:8]}"


def set_cookie(response: Response, name: str, value: str, seconds: int) -> None:
    """Set a cookie that comes back inside an LMS's frame.

    Source: browsers drop a third-party cookie unless it is Partitioned (Chromium 114 and
    later), and a __Host- name can't be planted by another host.
    """
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        secure=True,
        httponly=True,
        samesite="None",
        partitioned=True,
    )


def visit_cookie_s() -> int:
    """How long the cookie of a visit lives, in seconds."""
    return int(IDLE_LIMIT.total_seconds())


def csrf_token() -> str:
    """What a form of this visit must send back."""
    return _token(parts().settings.secret_keys[0])


def _token(secret: str) -> str:
    return hmac.digest(secret.encode(), b"form:" + g.visit.key.encode(), "sha256").hex()


def _check_form() -> None:
    given = request.form.get("csrf_token") or request.headers.get("X-CSRF-Token", "")
    good = (_token(secret) for secret in parts().settings.secret_keys)
    if not any(hmac.compare_digest(given.encode(), token.encode()) for token in good):
        raise PageOutdated("form token")


def remember(visit: Visit, cookie: str) -> None:
    """Keep a visit that has just begun: its first page follows within a second."""
    parts().just_begun.put(visit.key, (hash_of(cookie), visit))


def live_visit(key: str) -> Visit | None:
    """The visit with this key, while it lives; whose browser asks is not looked at."""
    with parts().database.read() as db:
        row = find_visit(db, key, datetime.now(UTC))
    return _from_row(key, row) if row else None


def agent_of_browser() -> str:
    """What kind of browser is asking, as a hash."""
    return hash_of(request.headers.get("User-Agent", ""))


def _visit(key: str) -> Visit:
    begun: tuple[str, Visit] | None = parts().just_begun.peek(key)
    return _checked(begun[1], begun[0]) if begun else _kept_visit(key)


def _kept_visit(key: str) -> Visit:
    now = datetime.now(UTC)
    with parts().database.read() as db:
        row = find_visit(db, key, now)
    if row is None:
        raise VisitEnded("unknown or over")
    visit = _checked(_from_row(key, row), row.cookie_hash)
    if needs_noting(row.seen_at, now):
        with parts().database.transaction() as db:
            note_seen(db, key, now)
        name = cookie_of_visit(key)
        if cookie := request.cookies.get(name):
            g.renew_cookie = (name, cookie)
    return visit


def _checked(visit: Visit, cookie_hash: str) -> Visit:
    """The visit, when this is its browser."""
    cookie = request.cookies.get(cookie_of_visit(visit.key))
    if cookie is None:
        if not (_is_from_here() and _is_same_agent(visit)):
            raise VisitEnded("of another browser")
        return visit
    if not hmac.compare_digest(cookie_hash, hash_of(cookie)):
        raise VisitEnded("of another browser")
    return _bound(visit, cookie) if visit.agent_hash else visit


def _is_same_agent(visit: Visit) -> bool:
    return hmac.compare_digest(visit.agent_hash or "", agent_of_browser())


def _is_from_here() -> bool:
    """Whether a page of ours leads here: an address without its cookie may be anybody's.

    Somebody could begin a visit as himself and send its address to another person, who would
    study for him. Source: W3C Fetch Metadata Request Headers; older browsers do not say.
    """
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"


def _bound(visit: Visit, cookie: str) -> Visit:
    """The same visit, which from now on nobody opens without the cookie."""
    with parts().database.transaction() as db:
        bind(db, visit.key)
    bound = replace(visit, agent_hash=None)
    remember(bound, cookie)
    return bound


def _from_row(key: str, row: AnyRow) -> Visit:
    return Visit(
        key=key,
        role=Role(row.role),
        graded=row.graded,
        platform_id=row.platform_id,
        deployment_id=row.lti_deployment_id,
        context_row=row.context_id,
        link_row=row.resource_link_id,
        person_row=row.person_id,
        enrolment_row=row.enrolment_id,
        pack_id=row.pack_id,
        item=row.item,
        person_name=row.person_name,
        course_title=row.course_title,
        link_title=row.link_title,
        return_url=row.return_url,
        deep_linking=_settings(row.deep_linking),
        frame_origins=row.frame_origins,
        agent_hash=row.agent_hash,
    )


def _settings(stored: dict[str, Any] | None) -> DeepLinkSettings | None:
    if stored is None:
        return None
    return DeepLinkSettings(**{**stored, "accept_types": tuple(stored["accept_types"])})
