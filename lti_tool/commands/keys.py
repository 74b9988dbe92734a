"""`lti-tool keys`: the keys we sign with."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from lti_tool.commands.output import as_json, show_rows
from lti_tool.records.keys import stored_keys
from lti_tool.records.vault import Vault
from lti_tool.start import prepared
from lti_tool.stores import ensure_keys, rotate_keys


@click.group()
def keys() -> None:
    """List our signing keys, or rotate them."""


@keys.command("list")
@as_json
def list_keys(wants_json: bool) -> None:
    """List our signing keys; the next one is published ahead of its use."""
    settings, database = prepared()
    vault = Vault(settings.secret_keys)
    ensure_keys(database, vault, datetime.now(UTC))
    with database.read() as db:
        found = stored_keys(db, vault)
    rows = [{"status": k.status, "kid": k.kid, "created_at": k.created_at} for k in found]
    show_rows(rows, wants_json=wants_json, empty="")


@keys.command()
def rotate() -> None:
    """Sign with the next key; LMSs have had time to fetch it. The last key stays trusted."""
    settings, database = prepared()
    vault, now = Vault(settings.secret_keys), datetime.now(UTC)
    ensure_keys(database, vault, now)
    rotate_keys(database, vault, now)
    click.echo("Rotated. Running processes follow within a minute.")
