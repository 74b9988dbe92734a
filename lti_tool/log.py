"""Structured logs: ids and reasons, never tokens, names, e-mails or answers."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.types import EventDict


def configure_logs(log_format: str) -> None:
    """Write one line per event to standard error, as "json" or for a "console"."""
    shown: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([_printable] if log_format == "console" else []),  # JSON escapes by itself
            structlog.processors.format_exc_info,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def _printable(_logger: object, _name: str, event: EventDict) -> EventDict:
    """Escape what a stranger could end a line or steer a terminal with."""
    return {
        name: ascii(value) if isinstance(value, str) and not value.isprintable() else value
        for name, value in event.items()
    }
