"""Section 5: what a link names, and the way back."""

from __future__ import annotations

import pytest

from lti_tool.records.tables import EnrolmentRow, ResourceLinkRow
from tests.hostile.refused import assert_inert
from tests.hostile.rows import each, rows
from tests.hostile.tricks import TRICKS
from tests.hostile.world import EVIL, SCRIPT, course_role
from tests.lti.world import LTI
from tests.web.page import Page
from tests.web.school import TOOL
from tests.web.small_pack import PACK

CUSTOM, PRESENTATION, TARGET = (
    f"{LTI}{name}" for name in ("custom", "launch_presentation", "target_link_uri")
)
STAFF = {f"{LTI}roles": [course_role("Instructor")]}
ITEM = f"{PACK.id}/m1.s1"
UNCHOSEN = "Nothing has been chosen here yet"

CUSTOMS = rows(
    ("5.49 unsubstituted", {"a": "$X.y", "b": "$ResourceLink.title"}),
    ("5.49 null", {"a": None}),
    ("5.49 numbers", {"a": 1, "b": 1.5, "c": True}),
    ("5.49 nested", {"a": {"b": {"c": 1}}, "d": [[1]]}),
    ("5.49 five hundred", {f"k{number}": "v" for number in range(500)}),
    ("5.49 5 kB", {"a": "v" * 5_000}),
    ("5.49 python's and script's own", {"__proto__": 1, "__class__": [], "constructor": {}}),
    ("5.49 keys with spaces", {" a b ": None, "": 1, "\u202e": 2}),
)


@pytest.mark.parametrize("custom", CUSTOMS)
def test_custom_parameters_that_are_odd_are_left_out(lms, custom):
    opened = lms.open({CUSTOM: {**custom, "npq_item": ITEM}})

    assert opened.odd == ["custom_odd"]
    assert opened.answer.location.count("/session/m1.s1/") == 1
    assert lms.open({CUSTOM: custom}).visit.item == "m1.s1"  # as the address says


@pytest.mark.parametrize(
    "custom",
    rows(
        ("5.49 plain", {"npq_item": ITEM, "other": "text"}),
        ("5.49 a hundred", {f"k{number}": "v" for number in range(100)}),
        ("5.49 4 kB", {"a": "v" * 4_096}),
        ("5.49 none", {}),
    ),
)
def test_custom_parameters_of_other_tools_are_no_matter(lms, custom):
    assert lms.open({CUSTOM: custom}).odd == []


@pytest.mark.parametrize("custom", rows(*each("5.49 type", ("text", [], ["a"], 7, True, None))))
def test_custom_parameters_that_are_no_object_are_none(lms, custom):
    opened = lms.open({CUSTOM: custom})

    assert opened.odd == ["claim_type"]
    assert opened.visit.item == "m1.s1"


NAMES_NOTHING = (
    f"{PACK.id}/m9.s9", "other/m1.s1", "other/all", f"{PACK.id}/M1.S1", f"{PACK.id}/m1.s1.x",
    f"{PACK.id.upper()}/m1.s1", f"{PACK.id}/m01.s1", "x" * 90 + "/" + "y" * 90,
)  # fmt: skip


@pytest.mark.parametrize("item", rows(*each("5.50", NAMES_NOTHING)))
def test_an_item_that_is_not_there_is_chosen_by_staff(lms, item):
    """Not replaced by what the address names: the link was told what it opens."""
    enrolled = len(lms.rows(EnrolmentRow))
    learner = lms.open({CUSTOM: {"npq_item": item}, "sub": "lost"})
    staff = lms.open({CUSTOM: {"npq_item": item}, **STAFF})

    assert learner.odd == staff.odd == ["item_unknown"]
    assert Page(learner.page).title == UNCHOSEN
    assert "Select content" in staff.page
    assert (learner.visit.pack_id, learner.visit.item) == (None, None)
    assert learner.row(ResourceLinkRow, learner.visit.resource_link_id).pack_id is None
    assert len(lms.rows(EnrolmentRow)) == enrolled


NO_NAMES = (
    "../../etc/passwd", "..", f"../{ITEM}", f"{PACK.id}/../m1.s1", f"/{ITEM}", f"{ITEM}/",
    f"{PACK.id}//m1.s1", f"{PACK.id}\\m1.s1", "{{7*7}}", "${7*7}", "<%= 7*7 %>", "#{7*7}",
    "{{config}}/{{self}}", f"{ITEM}%00", f"{ITEM}\0", f"{ITEM}\n", f" {ITEM}", f"{ITEM} ",
    "' OR 1=1 --", SCRIPT, "\u202esmall/m1.s1", "x" * 10_000, "file:///etc/passwd",
    f"{ITEM};{ITEM}", "small", "/", f"{ITEM}?a=b", f"{PACK.id}/*", "%2e%2e/%2e%2e",
)  # fmt: skip


@pytest.mark.parametrize("item", rows(*each("5.51", NO_NAMES)))
def test_an_item_that_is_no_name_is_looked_up_nowhere(lms, item):
    said = {CUSTOM: {"npq_item": item}}
    opened = lms.open({**said, TARGET: f"{TOOL}/"})

    assert opened.odd[-1] == "item_unknown"
    assert opened.visit.item is None
    page = Page(opened.page)
    assert page.title == UNCHOSEN
    assert_inert(page)
    assert "49" not in page.words
    assert "root:" not in page.words
    assert lms.open(said).visit.item == "m1.s1"  # then the address says what is opened


PATHS = (
    "/open/../../etc/passwd", "/open/%2e%2e/x", "/open/", "/open/small", "/open/small/",
    "/open/small/m1.s1/x", "/OPEN/small/m1.s1", "/open//small/m1.s1", "/open/small%2fm1.s1",
    "/open/{{7*7}}/x", "?/open/small/m1.s1", "/lti/launch", "/visit/x/",
)  # fmt: skip


@pytest.mark.parametrize("path", rows(*each("5.51 address", PATHS)))
def test_an_address_that_names_nothing_opens_nothing(tool_on_sqlite, path):
    lms = tool_on_sqlite
    browser = lms.browser()
    form = lms.form(lms.login(browser), {CUSTOM: {}, TARGET: f"{TOOL}{path}"})

    answer = browser.post(f"{TOOL}/lti/launch", data=form)

    assert answer.status_code in (303, 403)
    if answer.status_code == 303:
        shown = browser.get(answer.location, base_url=TOOL, follow_redirects=True)
        assert Page(shown.text).title == UNCHOSEN
    else:  # no plain address
        assert "{" in path


def back_links(opened):
    """Where the page's link to the course leads."""
    page = Page(opened.page)
    assert_inert(page)
    links = page.all("a")
    return [a.attributes["href"] for a in links if a.words == "Back to your course"]


BAD_RETURNS = (f"{EVIL}/", "http://evil.example/", "https://evil.example\\@lms.example/",
               "javascript:alert(document.domain)", "data:text/html,x", "//evil.example",
               "/course", "course", "https://lms.example\r\nSet-Cookie: a=b", " ",
               "https://u:p@lms.example/", "x" * 5_000)  # fmt: skip


@pytest.mark.parametrize(
    "url",
    rows(
        *each("5.53", [*BAD_RETURNS, *TRICKS]),
        *each("5.53 no text", (1, True, ["x"], {"a": 1})),
    ),
)
def test_a_way_back_that_leads_elsewhere_is_no_way(tool_on_sqlite, url):
    lms = tool_on_sqlite
    opened = lms.open({PRESENTATION: {"return_url": url}})

    assert "return_url_bad" in opened.odd
    assert opened.visit.return_url is None
    assert back_links(opened) == []
    assert "evil" not in str(opened.answer.headers)


@pytest.mark.parametrize("presentation", rows(*each("5.53 none", ({}, {"return_url": ""}))))
def test_a_way_back_that_is_not_said_is_not_odd(lms, presentation):
    opened = lms.open({PRESENTATION: presentation})

    assert (opened.odd, back_links(opened)) == ([], [])


@pytest.mark.parametrize(
    "rest",
    rows(
        ("5.54", "/course?a=b#frag"),
        ("5.54 encoded", "/course?a=%26b%3Dc&lti_errormsg=x&d='e'"),
        ("5.54 two questions", "/course?a=b?c=d"),
        ("5.54 bare", ""),
    ),
)
def test_the_way_back_is_kept_to_the_letter(lms, rest):
    """Nothing is added to it: what went wrong, our own pages say."""
    url = f"{lms.platform.issuer}{rest}"

    opened = lms.open({PRESENTATION: {"return_url": url}})

    assert back_links(opened) == [url]
