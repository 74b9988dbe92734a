"""The engines and the states their users or administrators put them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.browser.engines import chromium, firefox, webkit

Engine = Literal["chromium", "firefox", "webkit"]
INSTALLED: Mapping[Engine, bool] = {
    "chromium": bool(chromium.PROGRAM),
    "firefox": bool(firefox.PROGRAM),
    "webkit": bool(webkit.DRIVER and webkit.SCREEN and webkit.PROGRAM),
}
_COOKIES = "network.cookie.cookieBehavior"
_ONLY_PARTITIONED = f"{_COOKIES}.optInPartitioning"
_ALLOWED = {"profile": {"block_third_party_cookies": False, "cookie_controls_mode": 0}}
_BLOCKED = {"profile": {"block_third_party_cookies": True, "cookie_controls_mode": 1}}
_NOTHING = {"profile": {"default_content_setting_values": {"cookies": 2}}}


@dataclass(frozen=True)
class State:
    """One engine with one set of settings."""

    name: str
    engine: Engine
    settings: Mapping[str, Any] | tuple[str, ...]  # preferences, or flags of WebKit
    frame_keeps: Literal["cookie", "session", "nothing"]  # the best it keeps of ours in a frame
    window_keeps: Literal["cookie", "nothing"] = "cookie"
    partitions: bool = True  # storage of frames, in Chromium


STATES = (
    State("chromium-allowed", "chromium", _ALLOWED, "cookie"),
    State("chromium-blocked", "chromium", _BLOCKED, "cookie"),
    State("chromium-unpartitioned", "chromium", _BLOCKED, "cookie", partitions=False),
    State("chromium-nothing", "chromium", _NOTHING, "nothing", "nothing"),
    State("firefox-default", "firefox", {_COOKIES: None, _ONLY_PARTITIONED: None}, "cookie"),
    State("firefox-chips", "firefox", {_COOKIES: None, _ONLY_PARTITIONED: True}, "cookie"),
    State("firefox-first-party", "firefox", {_COOKIES: 1, _ONLY_PARTITIONED: None}, "session"),
    State(
        "firefox-nothing",
        "firefox",
        {_COOKIES: 2, _ONLY_PARTITIONED: None},
        "nothing",
        "nothing",
    ),
    State("webkit-tracking-prevention", "webkit", ("--enable-itp",), "session"),
    State("webkit-allowed", "webkit", ("--cookies-policy=always",), "cookie"),
)


def allowing(site: str, preferences: Mapping[str, Any]) -> dict[str, Any]:
    """Chromium's preferences, with one site that may keep cookies: else nobody is signed in."""
    exceptions = {"cookies": {f"{site},*": {"setting": 1}}}
    profile = preferences["profile"] | {"content_settings": {"exceptions": exceptions}}
    return {"profile": profile}
