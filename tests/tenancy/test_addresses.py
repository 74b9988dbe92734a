"""Addresses from outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lti_tool.tenancy.addresses import on_origin, origin_of
from lti_tool.tenancy.platforms import Platform

OURS = "https://tool.example"


@pytest.mark.parametrize(
    "url",
    [
        "https://tool.example",
        "https://tool.example/",
        "https://tool.example/open/npq/m1.s1",
        "https://tool.example/a?b=c&d=%2F",
        "https://tool.example?b=c",
        "HTTPS://Tool.Example/a",
    ],
)
def test_an_address_of_ours_is_known_as_ours(url):
    assert on_origin(url, OURS)


FOREIGN = [
    "",
    "/open/npq/m1",
    "https://evil.example/",
    "//evil.example",
    "//tool.example/",
    "http://tool.example/",
    "https://tool.example:444/",
    "https://tool.example:443@evil.example/",
    "https://tool.example@evil.example/",
    "https://tool@evil.example/",
    "https://user@tool.example/",
    "https://tool.example.evil.example/",
    "https://tool%2eexample/",
    "https://tool.example%2eevil/",
    "javascript:alert(1)//https://tool.example",
    "https:\\\\tool.example\\",
    "https://tool.example\\@evil.example",
    "https://tool.example/a\r\nLocation: https://evil.example",
    "https://tool.example/a\tb",
    "ht\ttps://tool.example/",
    " https://tool.example/",
    "https://tool.example/ ",
    "https://t\u043eol.example/",  # a Cyrillic letter
    "https://tool.example/\u00e4",
    "https://tool.example/#fragment",
    'https://tool.example/"><script>',
    "https://tool.example/" + "a" * 2_048,
]


@pytest.mark.parametrize("url", FOREIGN)
def test_what_only_looks_like_ours_is_not(url):
    assert not on_origin(url, OURS)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://lms.example/a?b", "https://lms.example"),
        ("https://LMS.example:443", "https://lms.example"),
        ("http://lms.example:80/x", "http://lms.example"),
        ("http://127.0.0.1:8100/mod", "http://127.0.0.1:8100"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("https://lms.example:/", "https://lms.example"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url, origin):
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "ftp://lms.example/",
        "file:///etc/passwd",
        "gopher://lms.example",
        "javascript:alert(1)",
        "data:text/html,hello",
        "//lms.example",
        "lms.example",
        "https://",
        "https://user@lms.example/",
        "https://@lms.example/",
        "https://*.example/",
        "https://lms.example;evil/",
        "https://lms,example/",
        "https://lms.example:port/",
        "https://lms.example:99999/",
        "https://[::1/",
        "https://lms.example/a b",
        "https://lms.example/\x00",
        'https://lms.example/"x',
        "https://lms.example/<x>",
        "",
    ],
)
def test_what_is_no_plain_web_address_has_no_origin(url):
    assert origin_of(url) is None


def test_a_platform_lives_where_the_operator_registered_it():
    platform = Platform(
        id=1,
        name="School",
        product="standard",
        issuer="https://lms.example",
        client_id="c",
        auth_url="https://login.example/auth",
        token_url="https://login.example/token",
        jwks_url="https://keys.example/set",
        token_audience=None,
    )

    assert platform.origins == {
        "https://lms.example",
        "https://login.example",
        "https://keys.example",
    }
    assert replace(platform, issuer="an-issuer").origins == platform.origins - {
        "https://lms.example"
    }
