"""What the library is told about an exchange: nothing it could do harm with."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.errors import LaunchRefused
from lti_tool.lti.exchange import (
    Location,
    NoCookies,
    OnePlatform,
    Parameters,
    ToolRegistration,
    is_text,
    single_values,
)
from lti_tool.lti.message.id_token import read_token
from tests.lti.world import PLATFORM


def test_the_library_sees_the_parameters_and_no_session():
    request = Parameters({"a": "b"})

    assert request.get_param("a") == "b"
    assert request.get_param("c") == ""
    assert request.session is None
    assert request.is_secure()


def test_the_library_neither_reads_nor_sets_cookies():
    cookies = NoCookies()

    cookies.set_cookie("a", "b")

    assert cookies.get_cookie("a") is None


def test_a_location_is_where_the_browser_goes():
    location = Location("https://a.example")

    assert location.do_redirect() == location.do_js_redirect() == "https://a.example"
    location.set_redirect_url("https://b.example")
    assert location.get_redirect_url() == "https://b.example"


@pytest.mark.parametrize(
    ("issuer", "client_id", "known"),
    [
        (PLATFORM.issuer, PLATFORM.client_id, True),
        (PLATFORM.issuer, None, True),
        (PLATFORM.issuer, "another", False),
        ("https://b.example", PLATFORM.client_id, False),
    ],
)
def test_the_library_finds_only_the_lms_we_found(issuer, client_id, known):
    configured = OnePlatform(PLATFORM)

    found = configured.find_registration_by_params(issuer, client_id)

    assert (found is not None) is known
    assert configured.find_registration_by_issuer(issuer) is None
    assert not configured.check_iss_has_one_client(issuer)
    assert configured.check_iss_has_many_clients(issuer)
    assert configured.find_deployment(issuer, "3") is None
    assert configured.find_deployment_by_params(issuer, "3", "c").get_deployment_id() == "3"


def test_a_registration_hands_out_the_loaded_key(tool_key):
    signing, reading = ToolRegistration(PLATFORM, tool_key), ToolRegistration(PLATFORM)

    assert (signing.get_kid(), signing.get_tool_private_key()) == (
        tool_key.kid,
        tool_key.private,
    )
    assert (reading.get_kid(), reading.get_tool_private_key()) == (None, None)
    assert signing.get_jwks() == []


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_text_is_what_every_database_takes(value):
    if is_text(value):
        assert "\0" not in value
        assert value.encode("utf-8").decode("utf-8") == value


@given(st.text(alphabet=st.characters(exclude_categories=[])) | st.from_regex(r"[\w.=-]{0,40}"))
def test_no_text_is_more_than_refused_as_a_token(token):
    with suppress(LaunchRefused):
        read_token(token)


def test_only_known_parameters_are_looked_at():
    given = {"a": ["1"], "b": ["2", "3"], "c": []}

    assert single_values(given, {"a": 1, "c": 1}) == {"a": "1"}
