"""The packs in content_packs are whole, locked, and read fast enough to start with."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from lti_tool.packs.read import pack_ids, read_packs

FOLDER = Path(__file__).parents[2] / "content_packs"


@pytest.fixture(scope="module")
def packs():
    return read_packs(FOLDER)


def test_every_pack_is_whole_and_locked(packs):
    assert [pack.id for pack in packs] == pack_ids(FOLDER)


def test_the_demonstration_pack_says_what_it_is(packs):
    (demo,) = (pack for pack in packs if pack.id == "npqlt-demo")

    assert demo.demonstration
    assert [session.item for session in demo.sessions] == [f"m2.s{n}" for n in range(1, 7)]


def test_every_reference_a_page_links_to_is_listed_with_the_activity(packs):
    activities = [a for pack in packs for s in pack.sessions for a in s.activities]

    for activity in activities:
        prose = activity.intro + "".join(part.html for part in activity.parts)
        linked = {piece.split('"')[0] for piece in prose.split('href="#ref-')[1:]}
        assert linked == {work.id for work in activity.evidence}


@pytest.mark.skipif(sys.gettrace() is not None, reason="measuring coverage slows everything")
def test_packs_are_read_fast_enough_to_start_with():
    def spent_s():
        begun = time.process_time()
        read_packs(FOLDER)
        return time.process_time() - begun

    assert min(spent_s() for _ in range(3)) < 0.15
