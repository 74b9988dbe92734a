"""Whether a port can be listened on is asked before anything starts."""

from __future__ import annotations

import socket

import pytest
from sqlalchemy.exc import OperationalError

from lti_tool.errors import Misconfigured
from lti_tool.start import check_port, reason_of


@pytest.fixture
def taken():
    """A port of ::1 that somebody listens on."""
    try:
        listening = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listening:
        yield listening.getsockname()[1]


def test_a_port_of_an_ipv6_address_can_be_free(taken):
    check_port("::1", 0)


def test_a_port_of_an_ipv6_address_can_be_taken(taken):
    with pytest.raises(Misconfigured, match=rf"PORT: \[::1\]:{taken} cannot be listened on"):
        check_port("::1", taken)


def test_a_driver_that_gives_no_reason_is_no_trouble():
    assert reason_of(OperationalError("SELECT 1", None, Exception())) == ""
