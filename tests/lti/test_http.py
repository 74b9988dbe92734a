"""Calls to LMSs: where they may go, how long they may take, how much they may bring."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from pytest_httpserver import HTTPServer
from requests_hardened.ip_filter import InvalidIPAddress
from werkzeug import Response

from lti_tool.lti.http import LARGEST_BODY, Redirected, TooLarge, lms_session

PUBLIC, LOOPBACK = "93.184.216.34", "127.0.0.1"


@pytest.fixture
def strict():
    """A session that knows no private networks."""
    with lms_session(user_agent="npq/1") as session:
        yield session


def test_a_call_says_who_we_are_and_brings_the_answer(http, httpserver):
    httpserver.expect_request("/a").respond_with_json({"ok": True})

    response = http.get(httpserver.url_for("/a?b=c"))

    assert response.json() == {"ok": True}
    sent = httpserver.log[0][0]
    assert sent.headers["User-Agent"] == "lti-tool (NPQ study sessions)"
    assert sent.query_string == b"b=c"


def test_the_host_a_name_was_given_for_is_told_its_name(http, httpserver):
    httpserver.expect_request("/").respond_with_data("here")

    assert http.get(f"http://localhost:{httpserver.port}/").text == "here"
    assert httpserver.log[0][0].headers["Host"] == f"localhost:{httpserver.port}"


def test_an_address_written_as_ipv6_is_the_address_it_is(http, httpserver):
    httpserver.expect_request("/").respond_with_data("here")

    assert http.get(f"http://[::ffff:127.0.0.1]:{httpserver.port}/").text == "here"


def test_an_ipv6_network_may_be_named_too():
    with lms_session(private_networks=["::1/128"]) as session:
        with pytest.raises(requests.ConnectionError) as failed:
            session.get("http://[::1]:9/")  # nothing listens on "discard"
        assert not isinstance(failed.value, InvalidIPAddress)
        with pytest.raises(InvalidIPAddress):
            session.get("http://127.0.0.1:9/")


def test_one_lms_never_sees_the_cookies_of_another(http, httpserver):
    httpserver.expect_request("/set").respond_with_data("", headers={"Set-Cookie": "a=b"})
    httpserver.expect_request("/get").respond_with_data("")

    http.get(httpserver.url_for("/set"))
    http.get(httpserver.url_for("/get"))

    assert "Cookie" not in httpserver.log[-1][0].headers
    assert len(http.cookies) == 0


def test_proxies_of_the_environment_are_not_used(http, httpserver, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    httpserver.expect_request("/").respond_with_data("here")

    assert http.get(httpserver.url_for("/")).text == "here"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fd00::1]",
        "[fe80::1]",
        "2130706433",
        "0x7f.1",
    ],
)
def test_no_private_address_is_called_unless_it_was_named(strict, httpserver, scheme, host):
    with pytest.raises(InvalidIPAddress):
        strict.get(f"{scheme}://{host}:{httpserver.port}/")

    assert not httpserver.log


def test_plain_http_is_for_named_networks_only(strict, http):
    for session in (strict, http):
        with pytest.raises(InvalidIPAddress, match="plain http"):
            session.get(f"http://{PUBLIC}/")


def test_a_name_that_changes_its_address_between_looks_is_caught(monkeypatch):
    """7.15."""
    answers = iter([PUBLIC, LOOPBACK])

    def resolve(host, port, *_args, **_kwargs):
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, (next(answers), port or 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with (
        lms_session(private_networks=["10.0.0.0/8"]) as session,
        pytest.raises(InvalidIPAddress),
    ):
        session.get("https://rebinding.example/")


@pytest.mark.parametrize("networks", [[], ["10.0.0.0/8"]])
def test_a_name_nobody_knows_is_a_failed_call(networks, monkeypatch):
    def resolve(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with (
        lms_session(private_networks=networks) as session,
        pytest.raises(requests.ConnectionError),
    ):
        session.get("https://lms.example/")


@pytest.mark.parametrize(
    "url",
    [
        "https://" + "a" * 70 + ".example/",
        "https://a..example/",
        "https://lms.example:99999/",
        "https://[::1/",
        "file:///etc/passwd",
        "gopher://lms.example/",
        "https://",
        "",
        "\ud800",
    ],
)
def test_an_address_that_is_none_is_a_failed_call(http, url):
    with pytest.raises(requests.RequestException):
        http.get(url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(http, httpserver, status):
    """7.9."""
    headers = {"Location": httpserver.url_for("/secret")}
    httpserver.expect_request("/").respond_with_data("x", status=status, headers=headers)

    with pytest.raises(Redirected):
        http.post(httpserver.url_for("/"), headers={"Authorization": "Bearer t"})

    assert [request.path for request, _ in httpserver.log] == ["/"]


def test_a_redirect_that_leads_nowhere_is_no_success_either(http, httpserver):
    httpserver.expect_request("/").respond_with_data("", status=304)

    with pytest.raises(Redirected):
        http.get(httpserver.url_for("/"))


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_is_read_up_to_a_mebibyte(http, httpserver, encoding):
    body = b"a" * LARGEST_BODY
    sent = gzip.compress(body, 1) if encoding == "gzip" else body
    httpserver.expect_request("/").respond_with_data(
        sent, headers={"Content-Encoding": encoding}
    )

    assert http.get(httpserver.url_for("/")).content == body


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_larger_body_is_not_read(http, httpserver, encoding):
    """7.5."""
    body = b"a" * (20 * LARGEST_BODY if encoding == "gzip" else LARGEST_BODY + 1)
    sent = gzip.compress(body, 1) if encoding == "gzip" else body
    httpserver.expect_request("/").respond_with_data(
        sent, headers={"Content-Encoding": encoding}
    )

    with pytest.raises(TooLarge):
        http.get(httpserver.url_for("/"))


def test_a_body_that_is_not_what_it_says_is_a_failed_call(http, httpserver):
    httpserver.expect_request("/").respond_with_data(
        b"no gzip", headers={"Content-Encoding": "gzip"}
    )

    with pytest.raises(requests.RequestException):
        http.get(httpserver.url_for("/"))


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        pytest.param(b"", b"", id="silence"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"a", id="body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", id="chunks"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", b"a", id="until the end"),
    ],
)
def test_a_server_that_drips_is_not_waited_for(http, raw_server, start, piece):
    raw_server.pieces = lambda: raw_server.drip(start, piece, 0.02)
    began = time.monotonic()

    with pytest.raises(requests.RequestException, match="timed out"):
        http.get(raw_server.url, timeout=0.3)

    assert 0.25 < time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        pytest.param(b"", b"", id="silence"),
        pytest.param(b"\x16\x03\x03\x3f\xff\x02", b"\0", id="a record without end"),
        pytest.param(b"", b"\x16\x03\x03\0\1\2", id="records one after the other"),
    ],
)
def test_a_server_that_drips_while_it_says_who_it_is_is_not_waited_for(
    http, raw_server, start, piece
):
    raw_server.pieces = lambda: raw_server.drip(start, piece, 0.02)
    began = time.monotonic()

    with pytest.raises(requests.RequestException) as failed:
        http.get(raw_server.url.replace("http:", "https:"), timeout=0.3)

    assert isinstance(failed.value, requests.Timeout) or piece.startswith(b"\x16")
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("networks", [[], ["10.0.0.0/8"]])
def test_a_name_nobody_answers_for_is_not_waited_for(networks, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: over.wait(5))
    began = time.monotonic()

    with (
        lms_session(private_networks=networks) as session,
        pytest.raises(requests.Timeout),
    ):
        session.get("https://lms.example/", timeout=0.2)
    over.set()

    assert time.monotonic() - began < 1.5


def test_time_spent_on_the_name_is_not_there_for_the_answer(http, raw_server, monkeypatch):
    look_up, over = socket.getaddrinfo, threading.Event()

    def slow(*args, **kwargs):
        over.wait(0.5)
        return look_up(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    raw_server.pieces = lambda: raw_server.drip(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", 0.02)
    began = time.monotonic()

    with pytest.raises(requests.Timeout):
        http.get(raw_server.url.replace("127.0.0.1", "localhost"), timeout=0.7)

    assert time.monotonic() - began < 1.1


def test_each_wait_is_only_for_what_is_left_of_the_time(http, raw_server):
    def late():
        raw_server.over.wait(0.9)
        yield b"HTTP/1.1 200 OK\r\n"
        raw_server.over.wait(5)

    raw_server.pieces = late
    began = time.monotonic()

    with pytest.raises(requests.Timeout):
        http.get(raw_server.url, timeout=1.0)

    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"hello\r\n\r\n", id="no HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", id="cut short"),
        pytest.param(b"HTTP/1.1 999999 OK\r\n\r\n", id="no status"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="no chunk"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", id="many headers"),
    ],
)
def test_an_answer_that_is_none_is_a_failed_call(http, raw_server, answer):
    raw_server.pieces = lambda: iter([answer])

    with pytest.raises(requests.RequestException):
        http.get(raw_server.url, timeout=2)


def test_a_server_that_is_not_there_is_a_failed_call(http):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(requests.ConnectionError):
        http.get(f"http://127.0.0.1:{port}/")


def test_one_session_serves_many_threads(http, httpserver):
    httpserver.expect_request("/").respond_with_data("here")
    url = httpserver.url_for("/")

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: http.get(url).text, range(64)))

    assert answers == ["here"] * 64


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory, other_key):
    """An https server for localhost, and the file of the authority that vouches for it."""
    folder = tmp_path_factory.mktemp("tls")
    certificate = self_signed(other_key.private)
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        other_key.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    with HTTPServer(ssl_context=context) as server:
        server.expect_request("/").respond_with_handler(
            lambda request: Response(request.headers["Host"])
        )
        yield server, str(folder / "cert.pem")


def self_signed(private):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(private, hashes.SHA256())
    )


def test_a_certificate_nobody_vouches_for_is_refused(http, tls_server):
    """7.14."""
    server, _ = tls_server

    with pytest.raises(requests.exceptions.SSLError):
        http.get(f"https://localhost:{server.port}/")


def test_a_certificate_is_checked_against_the_name_though_the_address_is_called(tls_server):
    server, authority = tls_server
    with lms_session(private_networks=["127.0.0.0/8"]) as session:
        session.verify = authority

        answer = session.get(f"https://localhost:{server.port}/")
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"https://127.0.0.1:{server.port}/")

    assert answer.text == f"localhost:{server.port}"
