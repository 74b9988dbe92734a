"""Links name a pack, module or study session; content answers in order."""

from __future__ import annotations

import pytest

from lti_tool.study.content import Evidence
from tests.study.build import a_pack, a_session, an_activity

ONE, TWO = a_session("s1", an_activity()), a_session("s2", an_activity("a2"))
THREE = a_session("s1", an_activity(), module_id="m3")
PACK = a_pack(ONE, TWO, THREE)


@pytest.mark.parametrize(
    ("item", "sessions"),
    [
        ("all", (ONE, TWO, THREE)),
        ("m2", (ONE, TWO)),
        ("m3.s1", (THREE,)),
        ("m9", None),
        ("m2.s9", None),
        ("", None),
    ],
)
def test_an_item_stands_for_its_study_sessions(item, sessions):
    assert PACK.find(item) == sessions


@pytest.mark.parametrize("item", ["all", "m2", "m2.s1", "m9"])
def test_every_item_has_a_title(item):
    assert PACK.title_of(item) == "Title"


def test_the_session_before_is_in_whichever_module():
    assert PACK.before(ONE) is None
    assert PACK.before(TWO) is ONE
    assert PACK.before(THREE) is TWO


def test_a_session_knows_its_minutes_and_activities():
    assert TWO.minutes == 5
    assert TWO.activity("a2") is TWO.activities[0]
    assert TWO.activity("a1") is None


@pytest.mark.parametrize(
    ("authors", "short"),
    [
        (("Sweller, J.",), "Sweller, 1988"),
        (("Roediger, H. L.", "Karpicke, J. D."), "Roediger & Karpicke, 1988"),
        (("Chi, M.", "Feltovich, P.", "Glaser, R."), "Chi et al., 1988"),
    ],
)
def test_a_work_is_cited_by_authors_and_year(authors, short):
    assert Evidence("id", authors, 1988, "Title", "Venue", "10.1/x").short == short
