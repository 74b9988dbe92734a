"""`lti-tool platforms`: the LMSs registered with us."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from sqlalchemy.exc import IntegrityError

from lti_tool.commands.output import as_json, refuse, row_id, show_rows
from lti_tool.commands.platform_facts import (
    clock_facts,
    clock_if_off,
    facts_of,
    lines_about,
    status_of,
)
from lti_tool.commands.role_rules import changed, role_rules
from lti_tool.lms import PRODUCTS
from lti_tool.records import platforms as records
from lti_tool.start import prepared
from lti_tool.tenancy.addresses import LONGEST, origin_of
from lti_tool.tenancy.platforms import Platform
from lti_tool.tenancy.roles import Role

_LONGEST_ID = 255  # characters; LTI 1.3, 5.3
_LONGEST_LEEWAY_S = 300  # beyond that a clock is wrong, and stolen messages live long


@click.group()
def platforms() -> None:
    """Register LMSs, look at them, suspend and resume them."""


def _url(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if origin_of(value) is None:
        raise click.BadParameter("this is no address; it looks like https://lms.example.org/…")
    if "#" in value:  # what we add to the address would disappear behind it
        raise click.BadParameter('leave out the "#" and what follows it')
    return value


def _id(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not value.strip() or not value.isprintable() or len(value) > _LONGEST_ID:
        raise click.BadParameter(f"give 1 to {_LONGEST_ID} printable characters")
    return value


def _name(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    return None if value is None else _id(context, option, value)


def _audience(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> str | None:
    if value is None:
        return None
    if not value.strip() or not value.isprintable() or len(value) > LONGEST:
        raise click.BadParameter(f"give 1 to {LONGEST} printable characters")
    return value


def _deployment_ids(
    context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    if not all(value.isascii() for value in values):
        raise click.BadParameter("an LMS's deployment ids are plain ASCII")
    return tuple(dict.fromkeys(_id(context, option, value) for value in values))


@platforms.command()
@click.option("--name", required=True, callback=_id, help="What you call this LMS.")
@click.option(
    "--issuer", required=True, callback=_id, help="The LMS's own id (platform id, iss)."
)
@click.option("--client-id", required=True, callback=_id, help="Our id in that LMS.")
@click.option("--auth-url", required=True, callback=_url, help="Authentication request URL.")
@click.option("--token-url", required=True, callback=_url, help="Access token URL.")
@click.option("--jwks-url", required=True, callback=_url, help="Public key set URL.")
@click.option("--token-audience", callback=_audience, help="Where it is not the token URL.")
@click.option("--product", default="standard", type=click.Choice(PRODUCTS), show_default=True)
@click.option(
    "--deployment-id",
    "deployment_ids",
    multiple=True,
    callback=_deployment_ids,
    help="Repeat for several.",
)
@as_json
def add(wants_json: bool, deployment_ids: tuple[str, ...], **given: str) -> None:
    """Register an LMS and print its id.

    Without --deployment-id the first launch is kept as pending: lti-tool deployments.
    """
    _, database = prepared()
    platform = Platform(id=0, token_audience=given.pop("token_audience", None), **given)  # type: ignore[arg-type]
    try:
        with database.transaction() as db:
            now = datetime.now(UTC)
            platform_id = records.add_platform(db, platform, deployment_ids, now)
    except IntegrityError as error:
        raise refuse("An LMS with this issuer and client id is registered already.") from error
    row = {"id": platform_id}
    show_rows([row], wants_json=True, empty="") if wants_json else click.echo(platform_id)


@platforms.command("set")
@click.argument("platform_id", type=row_id)
@click.option("--name", callback=_name, help="What you call this LMS.")
@click.option(
    "--leeway",
    "leeway_s",
    metavar="SECONDS",
    type=click.IntRange(0, _LONGEST_LEEWAY_S),
    help="How far its clock may differ from ours: 0 to 300; 60 unless set.",
)
@role_rules
def set_up(
    platform_id: int,
    name: str | None,
    leeway_s: int | None,
    given: dict[str, Role | None],
    withdrawn: frozenset[str],
) -> None:
    """Change how an LMS is called, how far its clock may be off, what its roles grant.

    A launch decides by it a few seconds later; visits go on with the role they began with.
    """
    if name is None and leeway_s is None and not given and not withdrawn:
        raise click.UsageError("Say what to change: --name, --leeway, --role or --no-role.")
    _, database = prepared()
    with database.transaction() as db:
        platform = records.platform_by_id(db, platform_id)
        if platform is None:
            raise _no_such(platform_id)
        records.set_up_platform(
            db,
            platform_id,
            name or platform.name,
            platform.leeway_s if leeway_s is None else leeway_s,
            changed(platform.role_overrides, given, withdrawn),
        )
    click.echo(f"LMS {platform_id} is changed.")


@platforms.command("list")
@as_json
def list_platforms(wants_json: bool) -> None:
    """List the LMSs registered with us; a clock that is off by more than 30 s is named."""
    _, database = prepared()
    with database.read() as db:
        found = records.all_platforms(db)
    rows = [
        {
            "id": platform.id,
            "name": platform.name,
            "product": platform.product,
            "status": status_of(platform),
            "issuer": platform.issuer,
            "client_id": platform.client_id,
            **(clock_facts(platform) if wants_json else {"clock": clock_if_off(platform)}),
        }
        for platform in found
    ]
    show_rows(rows, wants_json=wants_json, empty="No LMS is registered: lti-tool platforms add")


@platforms.command()
@click.argument("platform_id", type=row_id)
@as_json
def show(platform_id: int, wants_json: bool) -> None:
    """Show everything about one LMS and its deployments."""
    _, database = prepared()
    with database.read() as db:
        platform = records.platform_by_id(db, platform_id)
        tenants = records.deployments(db, platform_id)
    if platform is None:
        raise _no_such(platform_id)
    if wants_json:
        show_rows([facts_of(platform, tenants)], wants_json=True, empty="")
        return
    for name, value in lines_about(platform, tenants):
        click.echo(f"{name:15} {value}")


@platforms.command()
@click.argument("platform_id", type=row_id)
def suspend(platform_id: int) -> None:
    """Stop serving an LMS; nothing is lost, grades wait."""
    _set_status(platform_id, "suspended")


@platforms.command()
@click.argument("platform_id", type=row_id)
def resume(platform_id: int) -> None:
    """Serve a suspended LMS again."""
    _set_status(platform_id, "active")


def _set_status(platform_id: int, status: str) -> None:
    _, database = prepared()
    with database.transaction() as db:
        if not records.set_platform_status(db, platform_id, status):
            raise _no_such(platform_id)
    click.echo(f"LMS {platform_id} is {status}.")


def _no_such(platform_id: int) -> click.ClickException:
    return refuse(f"There is no LMS {platform_id}: lti-tool platforms list")
