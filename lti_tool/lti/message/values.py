"""Reading claims of any type: what is of use, and nothing else."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

from lti_tool.errors import LaunchRefused
from lti_tool.lms import lms_product
from lti_tool.lti.exchange import is_text
from lti_tool.tenancy.addresses import origin_of
from lti_tool.tenancy.platforms import Platform

Claims = dict[str, Any]

LTI: Final = "https://purl.imsglobal.org/spec/lti/claim/"
LONGEST_ID: Final = 255  # the specification's own limit
_LONGEST_TEXT: Final = 255
_LINE_ENDS: Final = ("Cc", "Zl", "Zp")
_MARKS: Final = ("Mn", "Me")
_MOST_MARKS: Final = 8  # on one letter; no language needs more, and a heap covers the page
# Unicode Standard Annex 9, 2.1 to 2.5: they turn around what follows, beyond their own text.
_TURNS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def object_in(claims: Claims, name: str) -> dict[str, Any]:
    """A claim that is an object; an empty one when it is missing or anything else."""
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def id_of(value: Any, reason: str) -> str | None:
    """An id of the LMS's; None when it is missing or no string.

    Raises:
        LaunchRefused: for this reason, because it is too long to be told from another.
    """
    if not isinstance(value, str) or not value:
        return None
    if len(value) > LONGEST_ID or not is_text(value):
        raise bad(reason)
    return value


def text_of(value: Any, longest: int = _LONGEST_TEXT) -> str:
    """Words to show, on one line; empty when there is nothing to see."""
    if not isinstance(value, str):
        return ""
    text = value[: 4 * longest]
    if not (text.isascii() and text.isprintable()):
        text = _tame(text)
    return " ".join(text.split())[:longest].rstrip()


def _tame(text: str) -> str:
    """The text without what reaches out of its line or its place; empty when none is seen."""
    kept, marks, seen = [], 0, False
    for char in text:
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in _MARKS else 0
        if kind == "Cs" or char in _TURNS or marks > _MOST_MARKS:
            continue
        kept.append(" " if kind in _LINE_ENDS else char)
        seen = seen or kind[0] in "LNPS"
    return "".join(kept) if seen else ""


def belongs_to(platform: Platform, url: Any) -> bool:
    """Whether an address in a signed message may be this LMS's."""
    origin = web_origin(url)
    lms = lms_product(platform.product)
    return origin is not None and lms.serves_from(origin, platform.origins)


def web_origin(url: Any) -> str | None:
    """The origin of a plain web address; None for anything else."""
    return origin_of(url) if isinstance(url, str) else None


def bad(reason: str) -> LaunchRefused:
    """The refusal of a message that is incomplete or odd."""
    return LaunchRefused("bad_request", reason)
