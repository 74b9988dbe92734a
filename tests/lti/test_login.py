"""Step one of a launch. Case ids are those of the catalogue of hostile input."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from lti_tool.errors import LaunchRefused
from lti_tool.lti.browser import hash_of
from lti_tool.lti.login import begin_login
from tests.lti.world import LOGIN, MISSING, NOW, PLATFORM, TOOL, sent


def test_the_browser_is_sent_back_with_all_the_lms_needs(world):
    login = world.begin()

    query = sent(login)
    state = world.signer.open(query.pop("state"), NOW)
    assert query.pop("nonce") == world.signer.nonce_of(state.id)
    assert login.url.startswith("https://lms.example/mod/lti/auth.php?")
    assert query == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": PLATFORM.client_id,
        "redirect_uri": f"{TOOL}/lti/launch",
        "login_hint": "5",
        "lti_message_hint": LOGIN["lti_message_hint"],
    }


def test_the_state_remembers_the_login_for_ten_minutes(world):
    login = world.begin(lti_storage_target="_parent")

    state = world.signer.open(sent(login)["state"], NOW)
    assert state.platform_id == PLATFORM.id
    assert state.deployment_hint == "3"
    assert state.storage_target == "_parent"
    assert state.expires_at == NOW + timedelta(minutes=10)
    assert state.browser_key_hash == hash_of(login.browser_key)
    assert login.cookie_name == f"__Host-npq-login-{state.id[:8]}"
    assert login.browser_key not in login.url


def test_no_two_logins_share_a_secret(world):
    one, two = world.begin(), world.begin()

    assert one.browser_key != two.browser_key
    assert one.cookie_name != two.cookie_name
    assert sent(one)["nonce"] != sent(two)["nonce"]
    assert sent(one)["state"] != sent(two)["state"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"client_id": MISSING}, id="1.8 no client_id and one registration"),
        pytest.param({"client_id": ""}, id="1.8 blank client_id"),
        pytest.param({"lti_message_hint": MISSING}, id="no message hint"),
        pytest.param({"lti_deployment_id": MISSING}, id="no deployment hint"),
        pytest.param({"canvas_region": "eu-west-1"}, id="unknown parameters"),
        pytest.param({"lti_storage_target": '"><script>'}, id="1.25 no frame's name"),
        pytest.param({"lti_storage_target": "x" * 10_000}, id="1.25 a long storage target"),
        pytest.param({"target_link_uri": TOOL}, id="the bare origin"),
    ],
)
def test_a_login_that_lacks_only_what_it_may_lack_goes_on(world, changes):
    state = world.signer.open(sent(world.begin(**changes))["state"], NOW)

    assert state.platform_id == PLATFORM.id
    assert state.storage_target == ""


@pytest.mark.parametrize(
    "hint",
    [
        pytest.param('{"cmid":12,"a":"b&c=d%20+é 李"}', id="1.14 JSON with everything"),
        pytest.param("eyJ0eXAi.eyJ2ZXJp.c2ln" * 40, id="a token"),
        pytest.param("a\r\nb", id="line ends"),
    ],
)
def test_hints_come_back_to_the_lms_as_they_were(world, hint):
    query = parse_qs(urlsplit(world.begin(lti_message_hint=hint, login_hint=hint).url).query)

    assert query["lti_message_hint"] == [hint]
    assert query["login_hint"] == [hint]


def test_an_authentication_address_keeps_its_own_query(world):
    """1.22."""
    world.platform = replace(PLATFORM, auth_url="https://lms.example/auth?tenant=9")

    url = world.begin().url

    assert url.startswith("https://lms.example/auth?tenant=9&scope=openid&")
    assert url.count("?") == 1


def test_the_other_name_of_the_deployment_hint_counts_too(world):
    login = world.begin(lti_deployment_id=MISSING, deployment_id="4")

    assert world.signer.open(sent(login)["state"], NOW).deployment_hint == "4"


def test_a_target_may_be_missing_where_the_product_leaves_it_out(world):
    """1.5."""
    world.platform = replace(PLATFORM, product="canvas")

    assert world.begin(target_link_uri=MISSING).url


REFUSED = [
    pytest.param({"iss": MISSING}, "bad_request", "login:iss_missing", id="1.3 no iss"),
    pytest.param({"iss": ""}, "bad_request", "login:iss_missing", id="1.3 blank iss"),
    pytest.param({"iss": " \t"}, "bad_request", "login:iss_missing", id="1.3 white iss"),
    pytest.param({"login_hint": MISSING}, "bad_request", "login:hint_missing", id="1.4 none"),
    pytest.param({"login_hint": ""}, "bad_request", "login:hint_missing", id="1.4 blank"),
    pytest.param({"target_link_uri": MISSING}, "bad_request", "login:target_missing", id="1.5"),
    pytest.param(
        {"iss": "https://unknown.example"}, "not_registered", "login:unknown_issuer", id="1.6"
    ),
    pytest.param(
        {"iss": "https://unknown.example", "client_id": MISSING},
        "not_registered",
        "login:unknown_issuer",
        id="1.6 without client_id",
    ),
    pytest.param({"client_id": "nobody"}, "not_registered", "login:unknown_client", id="1.7"),
    pytest.param(
        {"target_link_uri": "https://evil.example/"},
        "bad_request",
        "login:target_foreign",
        id="1.12",
    ),
    *(
        pytest.param(
            {"target_link_uri": url}, "bad_request", "login:target_foreign", id=f"1.13 {name}"
        )
        for name, url in {
            "no scheme": "//tool.example/",
            "userinfo": "https://tool@evil.example/",
            "our userinfo": "https://me@tool.example/",
            "longer host": "https://tool.example.evil.example/",
            "encoded dot": "https://tool%2eexample/",
            "script": "javascript:alert(1)",
            "backslashes": "https:\\\\tool.example",
            "line end": "https://tool.example/\r\nSet-Cookie: a=b",
            "tab": "htt\tps://tool.example/",
            "homograph": "https://t\u043eol.example/",
            "fragment": "https://tool.example/#x",
            "other scheme": "http://tool.example/",
            "other port": "https://tool.example:8443/",
        }.items()
    ),
    pytest.param(
        {"lti_message_hint": "x" * 2_000_000}, "too_large", "login:too_large", id="1.15"
    ),
    pytest.param({"login_hint": "x" * 100_000}, "too_large", "login:too_large", id="1.16"),
    pytest.param({"client_id": "x" * 256}, "too_large", "login:too_large", id="long client_id"),
    pytest.param({"iss": "a\0b"}, "bad_request", "login:encoding", id="1.17 NUL"),
    pytest.param(
        {"login_hint": "\ud800"}, "bad_request", "login:encoding", id="1.17 surrogate"
    ),
    pytest.param({"iss": "\ufffd"}, "bad_request", "login:encoding", id="1.17 no UTF-8"),
]


@pytest.mark.parametrize(("changes", "page", "reason"), REFUSED)
def test_a_login_we_cannot_trust_or_place_is_refused(world, changes, page, reason):
    with pytest.raises(LaunchRefused) as refused:
        world.begin(**changes)

    assert (refused.value.page, refused.value.reason) == (page, reason)


def test_an_unknown_lms_is_told_what_to_register(world):
    with pytest.raises(LaunchRefused) as refused:
        world.begin(iss="https://unknown.example", client_id="<b>")

    assert refused.value.facts == {"issuer": "https://unknown.example", "client_id": "<b>"}


def test_a_suspended_lms_is_told_that_access_is_paused(world):
    """1.19."""
    with pytest.raises(LaunchRefused) as refused:
        world.suspended().begin()

    assert refused.value.page == "paused"
    assert refused.value.reason == "login:tenant_disabled"


def test_an_issuer_with_two_registrations_must_say_which(world):
    """1.9."""
    two = [PLATFORM, replace(PLATFORM, id=8, client_id="another")]

    with pytest.raises(LaunchRefused) as refused:
        begin_login(
            {name: [value] for name, value in LOGIN.items() if name != "client_id"},
            find_platforms=lambda *_: two,
            signer=world.signer,
            public_url=TOOL,
            now=NOW,
        )

    assert refused.value.page == "bad_request"
    assert refused.value.reason == "login:ambiguous_client"


@pytest.mark.parametrize("name", sorted(LOGIN))
def test_a_parameter_given_twice_is_refused(world, name):
    parameters = {key: [value] for key, value in LOGIN.items()}
    parameters[name] *= 2

    with pytest.raises(LaunchRefused) as refused:
        begin_login(
            parameters,
            find_platforms=world.find,
            signer=world.signer,
            public_url=TOOL,
            now=NOW,
        )

    assert (refused.value.page, refused.value.reason) == (
        "bad_request",
        f"login:{name}_duplicate",
    )
