"""Build the web application. The one place where its parts meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from flask import Flask, Request
from typing_extensions import override
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import MapAdapter

from lti_tool.lti.http import lms_session
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.lti.state import StateSigner
from lti_tool.packs.read import read_packs
from lti_tool.records.db import Database
from lti_tool.records.revision import newest_revision
from lti_tool.records.vault import Vault
from lti_tool.settings import Settings
from lti_tool.stores import PLATFORM_KEPT_S, Kept, KeySets, Platforms, ToolKeys
from lti_tool.web import (
    access,
    assets,
    choose,
    headers,
    health,
    launch,
    refusals,
    staff,
    study,
)
from lti_tool.web.attempts import FailedAttempts
from lti_tool.web.parts import Parts

_FOLLOWED_WITHIN_S = 1.0  # a redirect; sooner than anybody writes, later its page reads anew
THREADS = 16  # requests at once in one process
_CONNECTIONS = 8  # of each kind; they are held for milliseconds
_LARGEST_REQUEST = 512 * 1024  # bytes
_BLUEPRINTS = (
    assets.blueprint,
    choose.blueprint,
    health.blueprint,
    launch.blueprint,
    staff.blueprint,
    study.blueprint,
)


class _Tool(Flask):
    """Flask that asks less of every request."""

    @override
    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        # The host a request names is not asked: no address of ours is made of it.
        if request is None:
            return None
        return MapAdapter(
            self.url_map, "localhost", "", "", "https", request.path, request.method
        )

    @override
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func  # none of ours is a coroutine


def create_app(settings: Settings, http: requests.Session | None = None) -> Flask:
    """The web application for these settings.

    Args:
        settings: everything that differs between deployments.
        http: talks to LMSs; made from the settings when not given.

    Raises:
        Misconfigured: a content pack is not whole or not the one that was locked.
    """
    app = _Tool("lti_tool.web", static_folder=None)
    # Their redirects would repeat whatever Host a stranger sent.
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    app.config.update(MAX_CONTENT_LENGTH=_LARGEST_REQUEST, MAX_FORM_PARTS=500)
    app.jinja_options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    app.extensions["lti_tool"] = _parts(settings, http)
    app.jinja_env.globals.update(
        csrf_token=access.csrf_token, asset_url=assets.asset_url, csp_nonce=headers.csp_nonce
    )
    headers.register(app)
    refusals.register(app)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def _parts(settings: Settings, http: requests.Session | None) -> Parts:
    database = Database(settings.database_url, pool_size=_CONNECTIONS)
    http = http or lms_session(private_networks=settings.private_networks)
    return Parts(
        settings=settings,
        database=database,
        packs={pack.id: pack for pack in read_packs(settings.content_packs)},
        platforms=Platforms(database),
        platform_keys=PlatformKeys(http, KeySets(database)),
        tool_keys=ToolKeys(database, Vault(settings.secret_keys)),
        signer=StateSigner(settings.secret_keys),
        failed_attempts=FailedAttempts(database, settings.secret_keys[0]),
        just_read=Kept(_FOLLOWED_WITHIN_S),
        just_begun=Kept(PLATFORM_KEPT_S),  # a suspension is felt no later than without it
        schema_revision=newest_revision(),
    )
