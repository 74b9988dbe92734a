"""`lti-tool packs`: the content packs on this server."""

from __future__ import annotations

import os
from pathlib import Path

import click

from lti_tool.commands.output import as_json, refuse, show_rows
from lti_tool.errors import Misconfigured
from lti_tool.packs.lock import lock_text
from lti_tool.packs.read import pack_ids, read_pack, read_packs

_folder = click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=lambda: os.environ.get("CONTENT_PACKS") or "content_packs",
    help="Folder of the content packs; CONTENT_PACKS unless given.",
)


@click.group()
def packs() -> None:
    """List and check content packs; print their digests."""


@packs.command("list")
@_folder
@as_json
def list_packs(folder: Path, wants_json: bool) -> None:
    """List the packs, each proved to be what was locked."""
    rows = [
        {
            "pack": pack.id,
            "version": pack.version,
            "title": pack.title,
            "modules": len(pack.modules),
            "sessions": len(pack.sessions),
            "digest": pack.digest,
        }
        for pack in read_packs(folder)
    ]
    show_rows(rows, wants_json=wants_json, empty="There is no pack.")


@packs.command()
@_folder
def check(folder: Path) -> None:
    """Read every pack and name all that is wrong; exit 1 when something is."""
    try:
        found = read_packs(folder)
    except Misconfigured as error:
        count = "1 fault" if len(error.faults) == 1 else f"{len(error.faults)} faults"
        raise refuse(f"{count}:\n{error}") from error
    for pack in found:
        click.echo(f"{pack.id} {pack.version} is whole and as locked.")


@packs.command()
@_folder
def digest(folder: Path) -> None:
    """Print packs.lock as it would be for the packs as they are."""
    click.echo(lock_text(read_pack(folder, pack_id) for pack_id in pack_ids(folder)), nl=False)
