"""The parts of one demo LMS, and how a request finds them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import current_app

from lti_tool.demo_lms.config import DemoConfig
from lti_tool.demo_lms.course import LineItem, Link
from lti_tool.demo_lms.events import EventLog
from lti_tool.demo_lms.faults import Faults
from lti_tool.demo_lms.store import Store
from lti_tool.demo_lms.trust.once import Seen, Tickets
from lti_tool.demo_lms.trust.signing import SigningKey
from lti_tool.demo_lms.trust.tool_keys import ToolKeys

_EXTENSION = "demo_lms"
ACCESS_LIFETIME = timedelta(hours=1)
_OPENING_LIFETIME = timedelta(minutes=10)  # a sign-in may come between
_CHOOSING_LIFETIME = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Opening:
    """One click on a link, until the tool's question about it is answered."""

    person_id: str
    document_target: str  # iframe or window
    link_id: str | None  # None: the tool's chooser is opened (deep linking)


@dataclass(frozen=True, slots=True)
class Lms:
    """Everything one demo LMS consists of."""

    config: DemoConfig
    store: Store
    faults: Faults
    events: EventLog
    key: SigningKey
    tool_keys: ToolKeys
    openings: Tickets[Opening]
    choosing: Tickets[str]  # who chooses, by the `data` of a deep linking request
    access: Tickets[frozenset[str]]  # scopes, by access token
    assertions: Seen
    nonces: Seen  # of deep linking responses

    @property
    def now(self) -> datetime:
        """The present moment of this LMS."""
        return self.config.now()


def build_lms(config: DemoConfig) -> Lms:
    """The parts for this configuration.

    Raises:
        Misconfigured: the state file cannot be used.
    """
    store = Store(config.state_path, lambda: _course(config))
    return Lms(
        config=config,
        store=store,
        faults=Faults(),
        events=EventLog(),
        key=SigningKey(store.key_pem or config.key_pem, store.keep_key),
        tool_keys=ToolKeys(config.http, config.jwks_url, config.now),
        openings=Tickets(config.now, _OPENING_LIFETIME),
        choosing=Tickets(config.now, _CHOOSING_LIFETIME),
        access=Tickets(config.now, ACCESS_LIFETIME),
        assertions=Seen(),
        nonces=Seen(),
    )


def lms() -> Lms:
    """The LMS this request is for."""
    found = current_app.extensions[_EXTENSION]
    assert isinstance(found, Lms)
    return found


def _course(config: DemoConfig) -> list[tuple[Link, LineItem]]:
    numbered = enumerate(config.items, start=1)
    return [_graded(config, str(number), item, title) for number, (item, title) in numbered]


def _graded(config: DemoConfig, number: str, item: str, title: str) -> tuple[Link, LineItem]:
    identity = f"{config.pack_id}/{item}"
    link = Link(number, title, f"{config.open_url}/{identity}", {"npq_item": identity})
    column = LineItem(number, title, 1, resource_id=identity, tag="completion", link_id=number)
    return replace(link, line_item_id=number), column
