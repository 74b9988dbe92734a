"""Launches somebody is admitted by, and what is made of them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lti_tool.errors import LaunchRefused
from lti_tool.tenancy.launch import ContextClaim, DeepLinkSettings, LinkClaim, Message
from lti_tool.tenancy.roles import Role
from tests.lti.world import (
    AGS,
    COURSE,
    DL,
    LTI,
    MISSING,
    NOW,
    PLATFORM,
    SCORE,
    SECRET,
    TOOL,
    RecordedSigner,
    sent,
)

SECONDS = int(NOW.timestamp())
CUSTOM = f"{LTI}custom"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"


def test_a_participant_arrives(world):
    login = world.begin()

    launch = world.launch(login=login)

    assert launch.platform == PLATFORM
    assert launch.deployment_id == "3"
    assert launch.message is Message.RESOURCE_LINK
    assert (launch.sub, launch.name) == ("5", "Stuart Student")
    assert launch.standing.role is Role.PARTICIPANT
    assert launch.standing.graded
    assert launch.context == ContextClaim("2", "NPQLT", "NPQ Leading Teaching")
    assert launch.link == LinkClaim("7", "Week 2: retrieval practice")
    assert launch.item == "npq/m2.s1"
    assert launch.line_item_url == "https://lms.example/2/lineitems/41/lineitem?type_id=3"
    assert launch.can_score
    assert launch.return_url == "https://lms.example/course?id=2"
    assert launch.deep_linking is None
    state = world.signer.open(sent(login)["state"], NOW)
    assert launch.state_id == state.id


def test_a_facilitator_comes_to_choose(world):
    choosing = world.choosing(data="opaque &\"'", text="Choose.", accept_lineitem=True)

    launch = world.launch(choosing)

    assert launch.message is Message.DEEP_LINKING
    assert launch.standing.role is Role.FACILITATOR
    assert launch.link is None
    assert launch.deep_linking == DeepLinkSettings(
        return_url="https://lms.example/return?course=2&sesskey=x",
        data="opaque &\"'",
        accept_types=("ltiResourceLink",),
        accept_multiple=True,
        accept_line_item=True,
        title="Study sessions",
        text="Choose.",
    )


def test_an_administrator_may_choose_too_and_need_not_name_a_target(world):
    claims = {
        **world.choosing(),
        f"{LTI}roles": ["http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"],
        f"{LTI}target_link_uri": MISSING,
        CUSTOM: MISSING,
    }

    launch = world.launch(claims)

    assert launch.standing.role is Role.ADMINISTRATOR
    assert launch.item is None


@pytest.mark.parametrize(
    ("settings", "field", "value"),
    [
        pytest.param({"data": MISSING}, "data", None, id="9.8 no data"),
        pytest.param({"data": ""}, "data", "", id="9.8 empty data"),
        pytest.param({"data": "d" * 100_000}, "data", "d" * 100_000, id="9.8 much data"),
        pytest.param({"data": "d" * 100_001}, "data", None, id="9.8 too much data"),
        pytest.param({"data": 5}, "data", None, id="9.8 number"),
        pytest.param({"data": None}, "data", None, id="9.8 null"),
        pytest.param({"data": "a\0"}, "data", None, id="9.8 NUL"),
        pytest.param({"accept_types": MISSING}, "accept_types", (), id="9.6 no types"),
        pytest.param({"accept_types": "link"}, "accept_types", (), id="9.6 no list"),
        pytest.param({"accept_types": ["html", 1, None]}, "accept_types", ("html",), id="9.6"),
        pytest.param({"accept_multiple": MISSING}, "accept_multiple", False, id="not said"),
        pytest.param({"accept_multiple": "true"}, "accept_multiple", True, id="as a word"),
        pytest.param({"accept_multiple": "false"}, "accept_multiple", False, id="no, in words"),
        pytest.param({"accept_multiple": [1]}, "accept_multiple", False, id="as a list"),
        pytest.param({"accept_lineitem": False}, "accept_line_item", False, id="no columns"),
        pytest.param(
            {"accept_lineitem": MISSING}, "accept_line_item", True, id="columns unsaid"
        ),
        pytest.param({"title": {"a": 1}}, "title", "", id="no title"),
    ],
)
def test_odd_settings_are_read_with_care(world, settings, field, value):
    launch = world.launch(world.choosing(**settings))

    assert getattr(launch.deep_linking, field) == value


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"exp": SECONDS - 30}, id="4.2 expired within leeway"),
        pytest.param({"exp": SECONDS - 59}, id="4.2 just"),
        pytest.param({"iat": SECONDS + 0.2}, id="4.7 a fraction ahead"),
        pytest.param({"iat": SECONDS + 59}, id="4.7 just"),
        pytest.param({"iat": SECONDS - 3_600, "exp": SECONDS + 60}, id="an hour old"),
        pytest.param({"exp": SECONDS + 60.5}, id="a fraction of a second"),
        pytest.param({"nbf": SECONDS + 60}, id="4.11 within leeway"),
        pytest.param({"aud": [PLATFORM.client_id]}, id="4.16"),
        pytest.param(
            {"aud": ["other", PLATFORM.client_id], "azp": PLATFORM.client_id}, id="4.17"
        ),
        pytest.param({"azp": PLATFORM.client_id}, id="azp as well"),
        pytest.param({"https://example.org/claim": {"a": [1]}}, id="5.55 unknown claims"),
        pytest.param({f"{LTI}role_scope_mentor": "x"}, id="5.52 mentor of a string"),
        pytest.param({"email": "a@b\r\nBcc: c", "picture": "javascript:x"}, id="5.41 5.42"),
        pytest.param({"locale": "x" * 5_000}, id="5.43"),
        pytest.param({f"{LTI}lis": ""}, id="an empty string for an object"),
    ],
)
def test_a_launch_within_the_rules_is_admitted(world, claims):
    assert world.launch(claims).sub == "5"


@pytest.mark.parametrize("header", [{"typ": MISSING}, {"typ": "jwt"}, {"jku": "https://evil"}])
def test_headers_that_do_not_matter_do_not_matter(world, header):
    assert world.launch({}, header)


def test_a_deep_enough_payload_is_still_read(world):
    nested = json.loads("[" * 30 + "]" * 30)

    assert world.launch({"https://example.org/claim": nested, "b": [[]] * 40})


@pytest.mark.parametrize(
    ("roles", "role", "graded"),
    [
        pytest.param([], Role.PARTICIPANT, False, id="5.14"),
        pytest.param([""], Role.PARTICIPANT, False, id="5.15"),
        pytest.param(
            [1, None, {}, ["a"], f"{COURSE}Learner"], Role.PARTICIPANT, True, id="5.18"
        ),
        pytest.param(["x" * 10_000], Role.PARTICIPANT, False, id="5.18 long"),
        pytest.param(
            ["x"] * 1_000 + [f"{COURSE}Instructor"], Role.PARTICIPANT, False, id="5.18 many"
        ),
        pytest.param([f"{COURSE}Learner", TEST_USER], Role.PARTICIPANT, False, id="5.25"),
    ],
)
def test_odd_roles_give_the_least(world, roles, role, graded):
    standing = world.launch({f"{LTI}roles": roles}).standing

    assert (standing.role, standing.graded) == (role, graded)


def test_a_role_in_a_custom_value_gives_nothing(world):
    """5.27."""
    launch = world.launch({CUSTOM: {"role": "Instructor", "roles": f"{COURSE}Instructor"}})

    assert launch.standing.role is Role.PARTICIPANT


@pytest.mark.parametrize("sub", [" 5", "5 ", "A", "a", "\U0001f393", "\u202eabc", "s" * 255])
def test_a_person_is_exactly_who_the_lms_says(world, sub):
    """5.30 and 5.31."""
    assert world.launch({"sub": sub}).sub == sub


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        pytest.param({"name": MISSING}, None, id="none"),
        pytest.param({"name": ""}, None, id="empty"),
        pytest.param({"name": 5}, None, id="a number"),
        pytest.param({"name": MISSING, "given_name": "Zoë"}, "Zoë", id="given only"),
        pytest.param(
            {"name": MISSING, "given_name": "Zoë", "family_name": "李"}, "Zoë 李", id="parts"
        ),
        pytest.param({"name": "a\r\n\tb\u2028c"}, "a b c", id="line ends"),
        pytest.param({"name": "a\0b"}, "a b", id="NUL"),
        pytest.param({"name": "a\ud800b"}, "ab", id="half an emoji"),
        pytest.param({"name": "\U0001f393" * 300}, "\U0001f393" * 200, id="long"),
        pytest.param({"name": "<b>x</b>"}, "<b>x</b>", id="markup stays text"),
    ],
)
def test_a_name_is_shown_if_there_is_one(world, claims, name):
    """5.40."""
    assert world.launch(claims).name == name


@pytest.mark.parametrize("context", [MISSING, None, "2", ["2"], {}, {"id": 2}, {"id": None}])
def test_a_launch_without_a_course_is_still_a_launch(world, context):
    """5.44 and 5.45."""
    assert world.launch({f"{LTI}context": context}).context is None


def test_titles_are_words_on_one_line(world):
    """5.38."""
    launch = world.launch(
        {
            f"{LTI}context": {"id": "2", "label": None, "title": "A\r\nB"},
            f"{LTI}resource_link": {"id": "7", "title": "<img src=x>" + "y" * 300},
        }
    )

    assert launch.context == ContextClaim("2", "", "A B")
    assert launch.link.title == ("<img src=x>" + "y" * 300)[:255]


@pytest.mark.parametrize(
    ("custom", "target", "item"),
    [
        pytest.param({"npq_item": "npq/all"}, "/open/other/m1", "npq/all", id="custom first"),
        pytest.param({}, "/open/npq/m2.s1", "npq/m2.s1", id="then the address"),
        pytest.param({}, "/open/npq/m2.s1?x=y", "npq/m2.s1", id="with a query"),
        pytest.param({}, "/lti/launch", None, id="nothing chosen"),
        pytest.param({}, "/open/npq", None, id="half an address"),
        pytest.param({}, "/open/npq/m2/s1", None, id="too much of an address"),
        pytest.param({}, "", None, id="the bare origin"),
        pytest.param(MISSING, "/open/npq/m2.s1", "npq/m2.s1", id="no custom values"),
        pytest.param("npq/all", "/", None, id="5.49 a string"),
        pytest.param({"npq_item": "$ResourceLink.id"}, "/", None, id="5.49 not substituted"),
        pytest.param({"npq_item": None}, "/", None, id="5.49 null"),
        pytest.param({"npq_item": 5}, "/", None, id="5.49 number"),
        pytest.param({"npq_item": {"a": 1}}, "/", None, id="5.49 object"),
        pytest.param({"__proto__": {}, "a b": "c"}, "/", None, id="5.49 odd names"),
        pytest.param({f"k{n}": "v" for n in range(500)}, "/", None, id="5.49 many"),
        pytest.param({"npq_item": "npq/m9"}, "/", "npq/m9", id="5.50 unknown here"),
        pytest.param({"npq_item": "../../etc/passwd"}, "/", None, id="5.51 path"),
        pytest.param({"npq_item": "npq/.."}, "/", None, id="5.51 dots"),
        pytest.param({"npq_item": "{{7*7}}/x"}, "/", None, id="5.51 template"),
        pytest.param({"npq_item": "npq/m1%00"}, "/", None, id="5.51 NUL"),
        pytest.param({"npq_item": "npq/m1\n"}, "/", None, id="5.51 line end"),
    ],
)
def test_what_opens_is_what_was_chosen(world, custom, target, item):
    claims = {CUSTOM: custom, f"{LTI}target_link_uri": TOOL + target}

    assert world.launch(claims).item == item


@pytest.mark.parametrize(
    ("endpoint", "url", "can_score"),
    [
        pytest.param(MISSING, None, False, id="no grades"),
        pytest.param("x", None, False, id="no object"),
        pytest.param({"scope": [SCORE]}, None, False, id="no line item"),
        pytest.param({"scope": [SCORE], "lineitem": ""}, None, False, id="empty"),
        pytest.param(
            {"scope": [], "lineitem": "https://lms.example/1"},
            "https://lms.example/1",
            False,
            id="not allowed",
        ),
        pytest.param(
            {"scope": SCORE, "lineitem": "https://lms.example/1"},
            "https://lms.example/1",
            False,
            id="scope is no list",
        ),
        pytest.param(
            {"scope": [{}, [], SCORE], "lineitem": "https://lms.example/1"},
            "https://lms.example/1",
            True,
            id="odd scopes",
        ),
        *(
            pytest.param(
                {"scope": [SCORE], "lineitem": address}, None, False, id=f"8.1 {address}"
            )
            for address in (
                "http://169.254.169.254/latest/",
                "http://localhost:5432/",
                "file:///etc/passwd",
                "gopher://lms.example",
                "https://evil.example/1",
                "http://lms.example/1",
                "https://lms.example\\@evil.example/",
                5,
                {"a": 1},
            )
        ),
    ],
)
def test_scores_go_only_to_the_lms_itself(world, endpoint, url, can_score):
    launch = world.launch({AGS: endpoint})

    assert (launch.line_item_url, launch.can_score) == (url, can_score)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://evil.example",
        "//evil.example",
        "https://lms.example/\r\nSet-Cookie: a=b",
        "https://me@lms.example/",
        "https://lms.example:x/",
        "",
        5,
        None,
        ["https://lms.example/"],
    ],
)
def test_an_odd_way_back_is_left_out(world, url):
    """5.53."""
    claim = f"{LTI}launch_presentation"

    assert world.launch({claim: {"return_url": url}}).return_url is None
    assert world.launch({claim: url}).return_url is None


def test_a_product_may_serve_a_school_from_the_schools_own_host(world):
    world.platform = replace(PLATFORM, product="canvas")
    line_item = "https://oakfield.example/api/lti/courses/1/line_items/2"

    launch = world.launch({AGS: {"scope": [SCORE], "lineitem": line_item}})

    assert launch.line_item_url == line_item


def test_the_deployment_is_free_where_the_login_named_none(world):
    login = world.begin(lti_deployment_id=MISSING)

    assert (
        world.launch({f"{LTI}deployment_id": "d" * 255}, login=login).deployment_id == "d" * 255
    )


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)
CLAIMS = [
    "iss", "aud", "azp", "sub", "exp", "iat", "nbf", "nonce", "name", "given_name",
    AGS, DL, CUSTOM, f"{LTI}message_type", f"{LTI}version", f"{LTI}deployment_id",
    f"{LTI}target_link_uri", f"{LTI}roles", f"{LTI}resource_link", f"{LTI}context",
    f"{LTI}launch_presentation",
]  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.dictionaries(st.sampled_from(CLAIMS), JSON, min_size=1, max_size=3))
def test_no_claim_of_any_type_is_more_than_refused(world, changes):
    for claims in (changes, {**world.choosing(), **changes}):
        with suppress(LaunchRefused):
            world.launch(claims)


RECORDED = json.loads(
    (Path(__file__).parents[1] / "data" / "moodle" / "launches.json").read_text("utf-8")
)


def replayed(world, message, **moment):
    """The launch a real LMS sent, answered at the moment it was sent."""
    world.platform = replace(
        PLATFORM,
        product="moodle",
        issuer=RECORDED["issuer"],
        client_id=RECORDED["client_id"],
        auth_url=f"{RECORDED['issuer']}/mod/lti/auth.php",
        token_url=f"{RECORDED['issuer']}/mod/lti/token.php",
        jwks_url=f"{RECORDED['issuer']}/mod/lti/certs.php",
    )
    world.public_url = "http://localhost:8201"
    world.now = NOW.fromtimestamp(message["at"], NOW.tzinfo) + timedelta(**moment)
    world.signer = RecordedSigner([SECRET], nonce_in(message["launch"]["id_token"][0]))
    login = world.begin(**{name: value for name, [value] in message["login"].items()})
    form = {"id_token": message["launch"]["id_token"]}
    return world.launch(login=login, form=form, key_set=RECORDED["key_set"])


def nonce_in(token):
    payload = token.split(".")[1]
    octets = urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return json.loads(octets)["nonce"]


def named(part):
    return next(message for message in RECORDED["messages"] if part in message["name"])


@pytest.mark.parametrize(
    ("name", "sub", "role"),
    [
        ("student1 resource link", "5", Role.PARTICIPANT),
        ("student2", "6", Role.PARTICIPANT),
        ("student3", "7", Role.PARTICIPANT),
        ("teacher1 resource link", "3", Role.FACILITATOR),
    ],
)
def test_a_recorded_launch_is_admitted(world, name, sub, role):
    launch = replayed(world, named(name))

    origin = RECORDED["issuer"]
    assert (launch.sub, launch.standing.role) == (sub, role)
    assert launch.context == ContextClaim(
        "2", "NPQLT-A", "NPQ Leading Teaching – Autumn cohort & friends"
    )
    assert launch.link == LinkClaim("1", "Module 1 – Session 1: Habits & cues")
    assert launch.line_item_url == (
        f"{origin}/mod/lti/services.php/2/lineitems/2/lineitem?type_id=1"
    )
    assert launch.can_score
    assert launch.return_url.startswith(f"{origin}/mod/lti/return.php?course=2")
    assert launch.item is None  # recorded with another tool


def test_a_recorded_name_arrives_whole(world):
    launch = replayed(world, named("student2"))

    assert launch.name == 'Zoë-Mäe 李小龍 O’Brien-Ñuñez &"ﷺ" 🎓'


def test_a_recorded_request_to_choose_is_admitted(world):
    launch = replayed(world, named("deep"))

    assert launch.message is Message.DEEP_LINKING
    assert launch.deep_linking.accept_types == ("ltiResourceLink",)
    assert launch.deep_linking.accept_multiple
    assert launch.deep_linking.accept_line_item
    assert launch.deep_linking.data is None
    assert "sesskey=" in launch.deep_linking.return_url


def test_a_recorded_submission_review_is_not_served(world):
    with pytest.raises(LaunchRefused) as refused:
        replayed(world, named("submission review"))

    assert refused.value.reason == "message_type"


def test_a_recorded_launch_is_good_for_its_minute_and_a_minute_of_leeway(world):
    assert replayed(world, named("student1"), seconds=118)
    with pytest.raises(LaunchRefused) as refused:
        replayed(world, named("student1"), seconds=121)

    assert refused.value.reason == "expired"
