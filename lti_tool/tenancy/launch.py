"""A verified arrival from an LMS, in our words rather than the specification's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lti_tool.tenancy.platforms import Platform
from lti_tool.tenancy.roles import Standing


class Message(StrEnum):
    """What the LMS asks for."""

    RESOURCE_LINK = "LtiResourceLinkRequest"  # open a link
    DEEP_LINKING = "LtiDeepLinkingRequest"  # let somebody choose links to place


@dataclass(frozen=True, slots=True)
class ContextClaim:
    """The course."""

    id: str
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class LinkClaim:
    """The place in the course that opens us."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class DeepLinkSettings:
    """What the LMS takes when somebody has chosen."""

    return_url: str
    data: str | None  # opaque; goes back unchanged
    accept_types: tuple[str, ...]
    accept_multiple: bool
    accept_line_item: bool
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Launch:
    """Who arrived, from where, in which role, to do what. All of it verified."""

    platform: Platform
    deployment_id: str  # the tenant
    message: Message
    sub: str  # the person, as their LMS knows them
    name: str | None
    standing: Standing
    context: ContextClaim | None
    link: LinkClaim | None
    item: str | None  # "pack/item"; None when nothing has been chosen yet
    line_item_url: str | None
    can_score: bool  # we may post scores to that line item
    return_url: str | None
    deep_linking: DeepLinkSettings | None
    state_id: str  # to be used up in the transaction that admits this launch
    clock_ahead_s: int | None = None  # of the LMS, as its message shows; negative: behind
    odd: tuple[str, ...] = ()  # what was odd about the message, in codes for the log
