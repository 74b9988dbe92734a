"""A launch that was begun elsewhere is finished in no other browser, whatever that keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lti_tool.records.tables import VisitRow
from tests.browser.everywhere.participant import REFUSAL, Participant

pytestmark = pytest.mark.browser


def claim_a_prize(amira: Participant, how: str, *, with_key: bool) -> list[dict[str, Any]]:
    """Go to a page that posts a stranger's launch; how it ended, as the tool's log says."""
    browser, sites = amira.browser, amira.sites
    before = len(sites.said())
    sites.stranger.holds(sites.attack(), sites.tool, with_key=with_key)
    browser.only_home()
    browser.go(f"{sites.stranger.origin}/{how}")
    if how == "popup":
        browser.new_window(lambda: browser.click("#send"))
    elif how == "frame":
        browser.enter("iframe[name=inside]")
    browser.until_there(REFUSAL)
    said = [json.loads(line) for line in sites.said(before).splitlines()]
    return [one for one in said if one["event"] in ("refused", "launched")]


@pytest.mark.parametrize("with_key", [False, True], ids=["its form", "its form and its key"])
@pytest.mark.parametrize("how", ["window", "frame", "popup"])
def test_it_is_refused_in_a_browser_that_knows_nothing(amira, how, with_key):
    said = claim_a_prize(amira, how, with_key=with_key)

    assert {(one["event"], one.get("page")) for one in said} == {("refused", "browser")}
    assert amira.sites.count(VisitRow) == 0


def test_it_is_refused_beside_a_launch_of_ones_own(amira):
    amira.open_in_window()
    amira.take_offer()
    mine = amira.browser.url()

    for how in ("window", "popup"):
        claim_a_prize(amira, how, with_key=True)
    assert amira.sites.count(VisitRow) == 1

    amira.browser.go(mine)
    if amira.state.window_keeps == "cookie":
        amira.browser.until(amira.activity)
    else:  # typed in like that, its address may be anybody's
        amira.browser.until_there(REFUSAL)
