"""Launch, study, leave, come back: in a frame and in a new window, in every browser."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

TEXT = "Four teachers of the same year group asked again after the holidays."


@pytest.mark.parametrize("keeps", ["off", "parent"])
def test_what_is_answered_is_there_again_after_another_launch(amira, sites, keeps):
    sites.keeps(keeps)
    amira.open_in_frame()
    amira.take_offer()
    first = amira.activity()
    assert first

    amira.write(TEXT)
    amira.reload()
    assert (amira.activity(), amira.browser.value("textarea")) == (first, TEXT)

    amira.open_in_frame()
    amira.take_offer()
    assert (amira.activity(), amira.browser.value("textarea")) == (first, TEXT)

    amira.answer()
    amira.reload()
    amira.go_on()
    second = amira.activity()
    assert second != first

    amira.open_in_window()
    amira.take_offer()
    assert amira.activity() == second


@pytest.mark.parametrize("keeps", ["off", "parent"])
def test_a_window_is_as_good_as_the_frame(amira, sites, keeps):
    sites.keeps(keeps)
    amira.open_in_window()
    amira.take_offer()
    first = amira.activity()

    amira.write(TEXT)
    amira.reload()
    amira.open_in_frame()
    amira.take_offer()

    assert first
    assert (amira.activity(), amira.browser.value("textarea")) == (first, TEXT)


@pytest.mark.parametrize("place", ["open_in_frame", "open_in_window"])
def test_back_breaks_nothing(amira, place):
    getattr(amira, place)()
    amira.take_offer()
    amira.answer()
    amira.go_on()
    here = amira.activity()

    for _ in range(3):  # past the first page of the tool, where there is a way
        amira.back()

    getattr(amira, place)()
    amira.take_offer()
    assert amira.activity() == here


def test_reloading_the_page_around_the_frame_breaks_nothing(amira):
    amira.open_in_frame()
    amira.take_offer()
    amira.answer()
    amira.go_on()
    here = amira.activity()

    amira.browser.switch(amira.browser.home)
    amira.browser.reload()
    amira.browser.until(amira.rests)
    amira.take_offer()

    assert amira.activity() == here
