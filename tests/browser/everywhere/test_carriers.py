"""By what the key of a launch comes back, in each browser: the table of docs/browsers.md."""

from __future__ import annotations

import pytest

from tests.browser.everywhere.participant import OFFER

pytestmark = pytest.mark.browser

KEPT_BY_LMS = {"parent", "frame", "forged"}
MODES = ("off", "parent", "frame", "silent", "forged")


def expected(keeps: str, mode: str) -> str:
    """The carrier, by what the browser keeps where the launch is and what the LMS does."""
    if keeps != "nothing":
        return {"cookie": "cookie", "session": "session_storage"}[keeps]
    return "platform_storage" if mode in KEPT_BY_LMS else "opener"


@pytest.mark.parametrize("place", ["frame", "window"])
def test_the_key_comes_back_by_the_best_carrier_there_is(newcomer, sites, state, place):
    keeps = state.frame_keeps if place == "frame" else state.window_keeps
    came = {}
    for mode in MODES:
        sites.keeps(mode)
        before = len(sites.said())
        newcomer.open_in_frame() if place == "frame" else newcomer.open_in_window()
        offered = bool(newcomer.browser.count(OFFER))
        newcomer.take_offer()
        assert newcomer.activity()
        came[mode] = newcomer.carrier(before)
        assert offered == (came[mode] == "opener")

    assert came == {mode: expected(keeps, mode) for mode in MODES}
