"""By what the key of a launch comes back, in each browser: the table of docs/browsers.md."""

from __future__ import annotations

import pytest

from tests.browser.everywhere.participant import OFFER

pytestmark = pytest.mark.browser

KEPT_BY_LMS = {"parent", "frame", "forged"}
TRIES = 3  # an LMS's page that answers late, on a busy machine, is passed over as it should be
MODES = ("off", "parent", "frame", "silent", "forged")


def expected(keeps: str, mode: str) -> str:
    """The carrier, by what the browser keeps where the launch is and what the LMS does."""
    if keeps != "nothing":
        return {"cookie": "cookie", "session": "session_storage"}[keeps]
    return "platform_storage" if mode in KEPT_BY_LMS else "opener"


@pytest.mark.parametrize("place", ["frame", "window"])
def test_the_key_comes_back_by_the_best_carrier_there_is(newcomer, sites, state, place):
    keeps = state.frame_keeps if place == "frame" else state.window_keeps
    for mode in MODES:
        sites.keeps(mode)
        came = set()
        for _ in range(TRIES):
            before = len(sites.said())
            newcomer.open_in_frame() if place == "frame" else newcomer.open_in_window()
            offered = bool(newcomer.browser.count(OFFER))
            newcomer.take_offer()
            assert newcomer.activity()
            carrier = newcomer.carrier(before)
            assert offered == (carrier == "opener")
            came.add(carrier)
            if carrier == expected(keeps, mode):
                break

        assert expected(keeps, mode) in came
        assert came <= {expected(keeps, mode), "opener"}
