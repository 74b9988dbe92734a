"""How commands answer: a table for people, JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

row_id = click.IntRange(1, 2**31 - 1)
as_json = click.option("--json", "wants_json", is_flag=True, help="Answer as JSON.")


def show_rows(rows: Sequence[Mapping[str, Any]], *, wants_json: bool, empty: str) -> None:
    """Print rows with the same keys; `empty` is said to a person when there are none."""
    if wants_json:
        click.echo(json.dumps(list(rows), default=_text, indent=2))
        return
    if not rows:
        click.echo(empty)
        return
    table = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def refuse(message: str) -> click.ClickException:
    """An error with exit code 1: understood, and not done."""
    return click.ClickException(message)


def _text(value: object) -> str:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
