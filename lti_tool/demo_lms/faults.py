"""Faults on demand, to see how the tool bears them. In memory: a restart repairs all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

ENDPOINTS = ("token", "scores", "jwks", "lineitems")
LOGIN_METHODS = ("POST", "GET")
STORAGES = ("off", "parent", "frame", "silent", "forged")  # launch/storage.py tells them
_LONGEST_DELAY_S = 60
_FURTHEST_CLOCK_S = 86_400


@dataclass(frozen=True, slots=True)
class Fault:
    """What one endpoint does wrong."""

    status: int | None = None  # answered instead of the real answer
    retry_after_s: int | None = None  # sent with the status
    delay_s: float = 0  # waited before anything else
    reset_before: bool = False  # drop the connection; the request is not processed
    reset_after: bool = False  # process the request, then drop the connection
    garbage: bool = False  # answer 200 with a page that is no answer
    times: int | None = None  # how many requests are affected; None: all


@dataclass(frozen=True, slots=True)
class _Switches:
    endpoints: Mapping[str, Fault]
    clock_offset_s: int = 0  # added to our clock in id_tokens
    login_method: str = "POST"  # how login initiation reaches the tool
    platform_storage: str = "off"  # how our pages keep values for the tool


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = Lock()
        self._now = _Switches({})

    @property
    def clock_offset_s(self) -> int:
        """How far id_tokens are ahead of our clock."""
        return self._now.clock_offset_s

    @property
    def login_method(self) -> str:
        """GET or POST."""
        return self._now.login_method

    @property
    def platform_storage(self) -> str:
        """One of STORAGES."""
        return self._now.platform_storage

    def replace(self, spec: Mapping[str, Any]) -> None:
        """Put these faults in place of all that were there; {} repairs everything.

        Raises:
            ValueError: the specification is not one; names what is wrong.
        """
        switches = _read(spec)
        with self._lock:
            self._now = switches

    def claim(self, endpoint: str) -> Fault | None:
        """The fault this request meets, counted where it has a number of times."""
        with self._lock:
            fault = self._now.endpoints.get(endpoint)
            if fault is None or fault.times is None:
                return fault
            if fault.times < 1:
                return None
            left = {**self._now.endpoints, endpoint: replace(fault, times=fault.times - 1)}
            self._now = replace(self._now, endpoints=left)
            return fault

    def in_force(self) -> dict[str, Any]:
        """What `replace` would need to bring about the present state."""
        now = self._now
        return {
            **{name: _said(fault) for name, fault in now.endpoints.items()},
            "clock_offset_s": now.clock_offset_s,
            "login_method": now.login_method,
            "platform_storage": now.platform_storage,
        }


def _read(spec: Mapping[str, Any]) -> _Switches:
    unknown = set(spec) - {*ENDPOINTS, "clock_offset_s", "login_method", "platform_storage"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    offset, method = spec.get("clock_offset_s", 0), spec.get("login_method", "POST")
    if not _whole(offset) or abs(offset) > _FURTHEST_CLOCK_S:
        raise ValueError(f"clock_offset_s: a whole number, at most {_FURTHEST_CLOCK_S}")
    if method not in LOGIN_METHODS:
        raise ValueError("login_method: GET or POST")
    if (storage := spec.get("platform_storage", "off")) not in STORAGES:
        raise ValueError(f"platform_storage: one of {', '.join(STORAGES)}")
    faults = {name: _fault(name, spec[name]) for name in ENDPOINTS if name in spec}
    return _Switches(faults, offset, method, storage)


def _fault(endpoint: str, given: Any) -> Fault:
    if not isinstance(given, Mapping):
        raise ValueError(f"{endpoint}: an object is needed")  # noqa: TRY004 (one error for all)
    for name, value in given.items():
        if name not in _FORMS or not _FORMS[name](value):
            raise ValueError(f"{endpoint}.{name}: unknown, or not a value it can have")
    return Fault(**given)


def _said(fault: Fault) -> dict[str, Any]:
    """The members that are not as usual."""
    usual = Fault()
    return {
        name: getattr(fault, name)
        for name in _FORMS
        if getattr(fault, name) != getattr(usual, name)
    }


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


_FORMS: Mapping[str, Callable[[Any], bool]] = {
    "status": lambda value: _whole(value) and 400 <= value <= 599,
    "retry_after_s": lambda value: _whole(value) and 0 <= value <= 86_400,
    "delay_s": lambda value: (
        not _flag(value) and isinstance(value, int | float) and 0 <= value <= _LONGEST_DELAY_S
    ),
    "reset_before": _flag,
    "reset_after": _flag,
    "garbage": _flag,
    "times": lambda value: _whole(value) and value >= 1,
}
