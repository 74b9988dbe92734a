"""Keys made once, an LMS to launch from, sessions for calls to loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from lti_tool.lti.http import lms_session
from lti_tool.lti.keys import ToolKey, new_tool_key
from tests.lti.world import World


@pytest.fixture(scope="session")
def lms_key() -> ToolKey:
    """The key the LMS signs with."""
    return new_tool_key()


@pytest.fixture(scope="session")
def other_key() -> ToolKey:
    """Somebody else's key."""
    return new_tool_key()


@pytest.fixture(scope="session")
def tool_key() -> ToolKey:
    """The key we sign with."""
    return new_tool_key()


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """The session for calls to LMSs, which may live on loopback."""
    with lms_session(private_networks=["127.0.0.0/8"]) as session:
        yield session


@pytest.fixture(scope="session")
def unused_http() -> Iterator[requests.Session]:
    """A session nothing may go through."""
    with requests.Session() as session:
        session.adapters.clear()
        yield session


@pytest.fixture
def world(lms_key: ToolKey, unused_http: requests.Session) -> World:
    return World(lms_key, unused_http)
