"""Section 7: addresses that are not to be called, and servers that are not who they say."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer
from urllib3.util import connection

from lti_tool.lti.keys import public_jwk
from tests.hostile.refused import refused
from tests.hostile.rows import BUSY, each, rows
from tests.web.school import LAUNCH, key_of

PUBLIC = "93.184.216.34"
INSIDE = (
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
)  # fmt: skip


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses connections are opened to; none is."""
    found: list[str] = []

    def refuse(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        found.append(address[0])
        raise OSError("no connections in this test")

    monkeypatch.setattr(connection, "create_connection", refuse)
    return found


def resolved(*addresses: str):
    """Answers each look-up with the next of these addresses, the last for ever."""
    left = list(addresses)

    def look_up(host: str, port: int | None, *_: object, **__: object):
        address = left.pop(0) if len(left) > 1 else left[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port or 443))]

    return look_up


def assert_busy(lms, reason):
    browser = lms.browser()
    form = lms.form(lms.login(browser))
    with refused(lms, 503, BUSY, reason, fetches=1) as attempt:
        attempt.answer = browser.post(LAUNCH, data=form)


@pytest.mark.parametrize("address", rows(*each("7.15", INSIDE)))
def test_a_name_that_leads_inside_is_not_called(tool_on_sqlite, monkeypatch, called, address):
    other = tool_on_sqlite.registered(jwks_url="https://rebound.example/" + address)
    monkeypatch.setattr(socket, "getaddrinfo", resolved(address))

    assert_busy(other, "ssrf_blocked")

    assert called == []


@pytest.mark.parametrize("then", rows(*each("7.15 later", INSIDE)))
def test_a_name_that_leads_inside_when_asked_again_is_called_where_it_was_checked(
    tool_on_sqlite, monkeypatch, called, then
):
    other = tool_on_sqlite.registered(jwks_url="https://rebound.example/later/" + then)
    monkeypatch.setattr(socket, "getaddrinfo", resolved(PUBLIC, then))

    assert_busy(other, "jwks_unavailable")

    assert called == [PUBLIC]


@pytest.mark.parametrize(
    "url",
    rows(
        ("7.15 plain http", "http://lms.example/jwks"),
        ("7.15 plain http by number", "http://10.0.0.1/jwks"),
        ("7.15 a file", "file:///etc/passwd"),
        ("7.15 gopher", "gopher://127.0.0.1:6379/_INFO"),
    ),
)
def test_an_address_of_another_kind_is_not_called(tool_on_sqlite, called, url):
    other = tool_on_sqlite.registered(jwks_url=url)
    browser = other.browser()
    form = other.form(other.login(browser))

    with other.watched() as work:
        answer = browser.post(LAUNCH, data=form)

    assert (answer.status_code, called) == (503, [])
    assert work.refusal["reason"] in ("ssrf_blocked", "jwks_unavailable")


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[HTTPServer]:
    """Serves good keys over TLS, with a certificate nobody has signed but itself."""
    key = key_of("impostor").private
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = tmp_path / "impostor.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with HTTPServer(host="127.0.0.1", ssl_context=context) as server:
        yield server


@pytest.mark.rows("7.14")
def test_a_certificate_nobody_vouches_for_is_not_believed(lms, impostor):
    impostor.expect_request("/jwks").respond_with_json({"keys": [public_jwk(key_of("first"))]})
    other = lms.registered(jwks_url=impostor.url_for("/jwks"))

    assert_busy(other, "jwks_tls")

    assert impostor.log == []
