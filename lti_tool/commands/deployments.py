"""`lti-tool deployments`: which deployments of an LMS are served."""

from __future__ import annotations

import click

from lti_tool.commands.output import as_json, refuse, row_id, show_rows
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
@click.argument("number", metavar="ID", type=row_id)
def approve(number: int) -> None:
    """Serve a pending or suspended deployment."""
    _set_status(number, "active")


@deployments.command()
@click.argument("number", metavar="ID", type=row_id)
def suspend(number: int) -> None:
    """Stop serving a deployment; nothing is lost."""
    _set_status(number, "suspended")


def _set_status(number: int, status: str) -> None:
    _, database = prepared()
    with database.transaction() as db:
        if not records.set_deployment_status(db, number, status):
            raise refuse(f"There is no deployment {number}: lti-tool deployments list")
    click.echo(f"Deployment {number} is {status}.")
