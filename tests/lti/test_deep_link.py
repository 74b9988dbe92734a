"""The answer when somebody has chosen what to place in a course."""

from __future__ import annotations

from dataclasses import replace

import jwt
import pytest

from lti_tool.errors import LaunchRefused
from lti_tool.lti.deep_link import ContentItem, deep_link_response
from lti_tool.lti.keys import public_jwk
from lti_tool.tenancy.launch import DeepLinkSettings
from tests.lti.world import NOW, PLATFORM, TOOL

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SETTINGS = DeepLinkSettings(
    return_url="https://lms.example/return",
    data=None,
    accept_types=("ltiResourceLink",),
    accept_multiple=True,
    accept_line_item=True,
    title="",
    text="",
)
ITEM = ContentItem(
    title="Session 1: Habits & cues",
    text="50 minutes",
    url=f"{TOOL}/open/npq/m2.s1",
    item="npq/m2.s1",
    score_maximum=1.0,
)


@pytest.fixture
def answer(tool_key):
    """The claims of the response, verified as an LMS does, and its header."""

    def answer(items=(ITEM,), message=None, **settings):
        token = deep_link_response(
            PLATFORM,
            "3",
            replace(SETTINGS, **settings),
            items,
            key=tool_key,
            now=NOW,
            public_url=TOOL,
            message=message,
        )
        assert jwt.get_unverified_header(token) == {
            "alg": "RS256",
            "kid": tool_key.kid,
            "typ": "JWT",
        }
        return jwt.decode(
            token,
            jwt.PyJWK(public_jwk(tool_key)).key,
            algorithms=["RS256"],
            audience=PLATFORM.issuer,
            issuer=PLATFORM.client_id,
            options={"verify_exp": False, "verify_iat": False},
        )

    return answer


def test_what_was_chosen_is_signed_for_the_lms(answer):
    claims = answer()

    assert len(claims.pop("nonce")) >= 32
    assert claims == {
        "iss": PLATFORM.client_id,
        "aud": PLATFORM.issuer,
        "iat": int(NOW.timestamp()) - 5,
        "exp": int(NOW.timestamp()) + 295,
        f"{LTI}deployment_id": "3",
        f"{LTI}message_type": "LtiDeepLinkingResponse",
        f"{LTI}version": "1.3.0",
        f"{DL}content_items": [
            {
                "type": "ltiResourceLink",
                "title": "Session 1: Habits & cues",
                "text": "50 minutes",
                "url": f"{TOOL}/open/npq/m2.s1",
                "custom": {"npq_item": "npq/m2.s1"},
                "lineItem": {
                    "scoreMaximum": 1,
                    "label": "Session 1: Habits & cues",
                    "resourceId": "npq/m2.s1",
                    "tag": "completion",
                },
            }
        ],
    }


def test_no_two_answers_share_a_nonce(answer):
    """9.12."""
    assert answer()["nonce"] != answer()["nonce"]


def test_several_items_keep_their_order(answer):
    items = [replace(ITEM, title=f"Session {n}", item=f"npq/m2.s{n}") for n in range(1, 7)]

    placed = answer(items)[f"{DL}content_items"]

    assert [item["custom"]["npq_item"] for item in placed] == [item.item for item in items]


@pytest.mark.parametrize("data", ["", "opaque", '{"a":"ü&\'"}', "d" * 100_000])
def test_the_lmss_own_data_goes_back_as_it_came(answer, data):
    """9.8."""
    assert answer(data=data)[f"{DL}data"] == data


def test_nothing_is_said_that_was_not_asked(answer):
    """9.8."""
    claims = answer()

    assert f"{DL}data" not in claims
    assert f"{DL}msg" not in claims
    assert None not in claims[f"{DL}content_items"][0].values()


def test_a_message_for_the_person_goes_along(answer):
    assert answer(message="Six sessions were added.")[f"{DL}msg"] == "Six sessions were added."


def test_nothing_chosen_is_an_answer_too(answer):
    assert answer(items=())[f"{DL}content_items"] == []


def test_an_lms_that_takes_no_links_gets_none(answer):
    """9.6."""
    assert answer(items=(ITEM, ITEM), accept_types=("html",))[f"{DL}content_items"] == []


def test_an_lms_that_takes_one_item_is_not_sent_two(answer):
    """9.7."""
    assert answer(accept_multiple=False)
    with pytest.raises(LaunchRefused) as refused:
        answer(items=(ITEM, ITEM), accept_multiple=False)

    assert (refused.value.page, refused.value.reason) == ("bad_request", "dl_multiple")


def test_an_item_of_somebody_elses_is_not_signed(answer):
    with pytest.raises(LaunchRefused) as refused:
        answer(items=(replace(ITEM, url="https://evil.example/open/npq/m2.s1"),))

    assert refused.value.reason == "dl_item"


@pytest.mark.parametrize(
    ("maximum", "accepts", "column"),
    [
        pytest.param(None, True, None, id="no grade"),
        pytest.param(1.0, False, None, id="no columns taken"),
        pytest.param(6.0, True, 6, id="a whole number"),
        pytest.param(2.5, True, 2.5, id="a fraction"),
    ],
)
def test_a_gradebook_column_is_asked_for_where_there_is_a_grade(
    answer, maximum, accepts, column
):
    claims = answer(items=(replace(ITEM, score_maximum=maximum),), accept_line_item=accepts)

    [item] = claims[f"{DL}content_items"]
    assert item.get("lineItem", {}).get("scoreMaximum") == column
    assert isinstance(column, type(item.get("lineItem", {}).get("scoreMaximum")))


def test_words_are_plain_and_short_enough(answer):
    """9.11."""
    item = replace(ITEM, title="<b>x</b>\r\n" + "y" * 300, text="")

    [placed] = answer(items=(item,))[f"{DL}content_items"]

    assert placed["title"] == ("<b>x</b> " + "y" * 300)[:255]
    assert placed["lineItem"]["label"] == placed["title"]
    assert "text" not in placed
