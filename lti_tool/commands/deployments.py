"""`lti-tool deployments`: which deployments of an LMS are served."""

from __future__ import annotations

import click

from lti_tool.commands.output import as_json, refuse, show_rows
from lti_tool.records import platforms as records
from lti_tool.start import prepared


@click.group()
def deployments() -> None:
    """List deployments; approve or suspend them."""


@deployments.command("list")
@as_json
def list_deployments(wants_json: bool) -> None:
    """List every deployment; pending ones wait for approval."""
    _, database = prepared()
    with database.read() as db:
        rows = [dict(row._mapping) for row in records.deployments(db)]
    show_rows(rows, wants_json=wants_json, empty="No deployment has been seen yet.")


@deployments.command()
@click.argument("row_id", metavar="ID", type=int)
def approve(row_id: int) -> None:
    """Serve a pending or suspended deployment."""
    _set_status(row_id, "active")


@deployments.command()
@click.argument("row_id", metavar="ID", type=int)
def suspend(row_id: int) -> None:
    """Stop serving a deployment; nothing is lost."""
    _set_status(row_id, "suspended")


def _set_status(row_id: int, status: str) -> None:
    _, database = prepared()
    with database.transaction() as db:
        if not records.set_deployment_status(db, row_id, status):
            raise refuse(f"There is no deployment {row_id}: lti-tool deployments list")
    click.echo(f"Deployment {row_id} is {status}.")
