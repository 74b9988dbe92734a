"""`lti-tool deployments`: which deployments of an LMS are served."""

from __future__ import annotations

from collections import Counter

import click

from lti_tool.commands.output import as_json, refuse, row_id, show_rows
from lti_tool.records import platforms as records
from lti_tool.records.reinstalled import Move, move_deployment
from lti_tool.start import prepared

_STATUSES = ("active", "pending", "suspended")
_NOT_MOVED = {
    Move.NEW_UNKNOWN: "There is no deployment {new}: lti-tool deployments list",
    Move.OLD_UNKNOWN: "There is no deployment {old}: lti-tool deployments list",
    Move.SAME: "Deployment {new} cannot replace itself.",
    Move.OTHER_PLATFORM: "Deployments {new} and {old} are of two LMSs; people and courses are "
    "only known to be the same within one.",
    Move.IN_USE: "Deployment {new} has courses or people of its own already, which would be "
    "lost; nothing is changed.",
}


@click.group()
def deployments() -> None:
    """List deployments; approve or suspend them."""


@deployments.command("list")
@click.option("--platform", "platform_id", metavar="ID", type=row_id, help="Of one LMS alone.")
@click.option("--status", type=click.Choice(_STATUSES), help="Of one status alone.")
@as_json
def list_deployments(wants_json: bool, platform_id: int | None, status: str | None) -> None:
    """List deployments; pending ones wait for approval."""
    _, database = prepared()
    with database.read() as db:
        rows = [dict(row._mapping) for row in records.deployments(db, platform_id, status)]
    is_part = platform_id is not None or status is not None
    empty = "No such deployment." if is_part else "No deployment has been seen yet."
    show_rows(rows, wants_json=wants_json, empty=empty)
    waiting = Counter(row["platform_id"] for row in rows if row["status"] == "pending")
    for lms, count in waiting.items():
        if count >= records.MOST_PENDING and not wants_json:
            click.echo(
                f"{count} deployments of LMS {lms} are pending; no more are kept until some "
                "are approved or suspended."
            )


@deployments.command()
@click.argument("number", metavar="ID", type=row_id)
@click.option(
    "--instead-of",
    "old",
    metavar="OLD",
    type=row_id,
    help="The number of a deployment that this one replaces.",
)
def approve(number: int, old: int | None) -> None:
    """Serve a pending or suspended deployment.

    A school whose LMS installed the tool anew arrives as a new, pending deployment. With
    --instead-of its courses, people, answers and grades go on under the new one; it keeps the
    old one's number here.
    """
    if old is None:
        _set_status(number, "active")
        return
    _, database = prepared()
    moved = database.run(lambda db: move_deployment(db, number, old))
    if moved is not Move.DONE:
        raise refuse(_NOT_MOVED[moved].format(new=number, old=old))
    click.echo(f"Deployment {old} goes on as what was deployment {number}, and is active.")


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
