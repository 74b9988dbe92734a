"""
Which browser may bring a launch: the one that began it, by a key that only it was given.

"We know this state" is true in every browser, so it proves nothing: somebody could begin a
launch as himself and have another person's browser finish it. The key comes back by a cookie
or, where the browser keeps none in an LMS's frame, by a script of ours that has kept it in
our own origin's storage or in the LMS's. Source: 1EdTech LTI OIDC Login with LTI Client Side
postMessages 0.1; LTI Client Side postMessages 0.1.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from lti_tool.errors import BrowserUnproven, LaunchRefused
from lti_tool.lti.state import LaunchState
from lti_tool.tenancy.addresses import origin_of
from lti_tool.tenancy.platforms import Platform

LONGEST_KEY = 64  # characters
_CARRIERS = ("session_storage", "platform_storage", "opener")


@dataclass(frozen=True, slots=True)
class Keeper:
    """Where a browser keeps the key of one login besides our cookie."""

    name: str  # the key's name in every store
    frame: str  # of the LMS's page, that keeps values for us; empty when there is none
    origin: str  # the only one that may answer for that frame


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that has shown the key of its login."""

    key: str
    carrier: str  # how the key came back; a script's word for it, good for the log alone


def new_browser_key() -> str:
    """A key that nobody can guess."""
    return secrets.token_urlsafe(32)


def hash_of(browser_key: str) -> str:
    """How a state remembers the browser's key without giving it away."""
    return hashlib.sha256(browser_key.encode("utf-8", "surrogatepass")).hexdigest()


def binding_cookie(state_id: str) -> str:
    """Name of the cookie that binds a launch to the browser that began it.

    One for each launch, so that two tabs do not take each other's. It stays until it expires:
    a form sent again from the same browser is then known for what it is, used.
    """
    return f"__Host-npq-login-{state_id[:8]}"


def keeper_for(state: LaunchState, platform: Platform) -> Keeper:
    """Where the key of this login may be kept.

    An LMS that offers storage answers from the origin of its authentication URL.
    """
    frame = state.storage_target
    origin = (origin_of(platform.auth_url) or "") if frame else ""
    return Keeper(f"npq-login-{state.id}", frame if origin else "", origin)


def prove_browser(
    state: LaunchState, platform: Platform, cookies: Mapping[str, str], form: Mapping[str, str]
) -> Browser:
    """The browser that began the login, by its key.

    Args:
        state: of the login this launch answers.
        platform: the LMS of both.
        cookies: those the browser sent along.
        form: what was posted; "browser_key" and "carrier" come from our own script.

    Raises:
        BrowserUnproven: no cookie came; a script may still find the key.
        LaunchRefused: it did not, or found another's.
    """
    cookie = cookies.get(binding_cookie(state.id), "")
    if _is_key(cookie, state):
        return Browser(cookie, "cookie")
    if "browser_key" not in form:
        keeper = keeper_for(state, platform)
        raise BrowserUnproven(keeper.name, keeper.frame, keeper.origin)
    if not form["browser_key"]:
        raise LaunchRefused("browser", "carrier=none")
    if not _is_key(form["browser_key"], state):
        raise LaunchRefused("browser", "state_other_browser")
    carrier = form.get("carrier", "")
    return Browser(form["browser_key"], carrier if carrier in _CARRIERS else "other")


def _is_key(given: str, state: LaunchState) -> bool:
    return hmac.compare_digest(hash_of(given), state.browser_key_hash)
