"""
The requests session every call to an LMS goes through.

An LMS tells us where to call, so an address is distrusted until it is resolved: public
addresses over https, or those in networks the operator named. The connection is made to the
address that was checked. Every failure is a requests.RequestException.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests_hardened import Config, HTTPSession  # type: ignore[import-untyped]
from requests_hardened.ip_filter import InvalidIPAddress  # type: ignore[import-untyped]
from requests_hardened.ip_filter_adapter import IPFilterAdapter  # type: ignore[import-untyped]
from typing_extensions import override
from urllib3.exceptions import HTTPError, ReadTimeoutError

from lti_tool.lti.wire.deadline import Deadline, pools_with_deadline, within

CONNECT_S = 3.0
TOTAL_S = 10.0
LARGEST_BODY = 1024 * 1024  # bytes, decompressed
USER_AGENT = "lti-tool (NPQ study sessions)"  # some LMSs answer 403 to requests without one
_HOSTS_KEPT = 100
_CONNECTIONS_KEPT = 32  # for each host
_CHUNK = 64 * 1024

Network = Any  # ipaddress has no common type for both families


class Redirected(requests.RequestException):
    """The LMS answered with a redirect, which we never follow."""


class TooLarge(requests.RequestException):
    """The LMS's answer is larger than any we expect."""


def lms_session(
    *, private_networks: Sequence[str] = (), user_agent: str = USER_AGENT
) -> requests.Session:
    """A session for calls to LMSs, to be shared by all threads of a process.

    Args:
        private_networks: CIDRs an LMS may live in although they are not public; plain http
            is allowed there and nowhere else.
        user_agent: how we introduce ourselves.
    """
    config = Config(
        ip_filter_enable=False,  # the adapters below filter
        ip_filter_allow_loopback_ips=False,
        never_redirect=True,
        default_timeout=(CONNECT_S, TOTAL_S),
        user_agent_override=user_agent,
    )
    session: requests.Session = _LmsSession(config)
    session.trust_env = False
    # What one LMS sets no other may see, and nothing of ours needs.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    networks = [ip_network(network) for network in private_networks]
    session.mount("https://", _LmsAdapter(networks, is_https=True))
    session.mount("http://", _LmsAdapter(networks, is_https=False))
    return session


class _LmsSession(HTTPSession):  # type: ignore[misc]
    """Bounds every call in time and size."""

    @override
    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            response: requests.Response = super().request(*args, **kwargs)
        except requests.RequestException:
            raise
        except (OSError, ValueError, HTTPError) as error:
            raise requests.ConnectionError(f"{type(error).__name__}: {error}") from error
        return response

    @override
    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = Deadline(CONNECT_S, kwargs.get("timeout") or TOTAL_S)
        kwargs["stream"] = True
        response = super().send(request, **kwargs)
        try:
            return _read(response)
        except requests.ConnectionError as error:
            if error.args and isinstance(error.args[0], ReadTimeoutError):
                raise requests.ReadTimeout(*error.args, request=request) from error
            raise

    @override
    def get_redirect_target(self, resp: requests.Response) -> None:
        if 300 <= resp.status_code < 400:
            resp.close()
            raise Redirected(f"{resp.status_code} from {resp.url}", response=resp)


def _is_address(host: Any) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _read(response: requests.Response) -> requests.Response:
    """The response with its body, which is never read beyond the limit."""
    chunks, size = [], 0
    for chunk in response.iter_content(_CHUNK):
        size += len(chunk)
        if size > LARGEST_BODY:
            response.close()
            raise TooLarge(f"more than {LARGEST_BODY} bytes from {response.url}")
        chunks.append(chunk)
    response._content = b"".join(chunks)
    return response


class _LmsAdapter(IPFilterAdapter):  # type: ignore[misc]
    """Connects only to checked addresses, and holds every answer to its deadline."""

    def __init__(self, networks: Sequence[Network], *, is_https: bool) -> None:
        self._networks = networks
        self._of_thread = threading.local()
        super().__init__(is_https_proto=is_https)

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(_HOSTS_KEPT, _CONNECTIONS_KEPT)
        self.poolmanager.pool_classes_by_scheme = pools_with_deadline()

    @override
    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        self._of_thread.deadline = kwargs["timeout"]
        response: requests.Response = super().send(request, **kwargs)
        return response

    @override
    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        look_up = partial(self._checked, request, verify, cert)
        if _is_address(urlsplit(request.url).hostname):
            return look_up()  # nothing to wait for
        try:
            return within(self._of_thread.deadline.left_s(), look_up)
        except TimeoutError as error:
            raise requests.ConnectTimeout("looking up the name timed out") from error

    def _checked(self, request: requests.PreparedRequest, verify: Any, cert: Any) -> Any:
        """The address to connect to, and how, once it has been found to be allowed."""
        host, pool = HTTPAdapter.build_connection_pool_key_attributes(
            self, request, verify, cert
        )
        if private := self._private_address(str(host["host"])):
            return self._pinned(request, host, pool, private)
        if not self._is_https_proto:
            raise InvalidIPAddress(f"plain http to {host['host']} is not allowed")
        return super().build_connection_pool_key_attributes(request, verify, cert)

    def _private_address(self, host: str) -> str | None:
        """The address of a host in a network the operator named; None for any other."""
        if not self._networks:
            return None
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        address = ip_address(found[0][4][0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return str(address) if any(address in net for net in self._networks) else None

    def _pinned(
        self, request: requests.PreparedRequest, host: Any, pool: Any, address: str
    ) -> Any:
        name = host["host"]
        netloc = f"[{name}]" if ":" in name else name
        request.headers["Host"] = f"{netloc}:{host['port']}" if host["port"] else netloc
        if self._is_https_proto:
            pool |= {"assert_hostname": name, "server_hostname": name}
        return {**host, "host": f"[{address}]" if ":" in address else address}, pool
