"""What an operator says a role name of one LMS grants: `--role` and `--no-role`."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any

import click

from lti_tool.commands.output import refuse
from lti_tool.tenancy.roles import TEST_USER, Overrides, Role

_LONGEST = 255  # characters of a role name
_GRANTS: dict[str, Role | None] = {**{role.value: role for role in Role}, "none": None}


def role_rules(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that give a command `given` and `withdrawn`, names of roles as sent."""
    given = click.option(
        "--role",
        "given",
        metavar="URI=ROLE",
        multiple=True,
        callback=_given,
        help=f"What a role name grants in this LMS: {', '.join(_GRANTS)}. Repeat for several.",
    )
    withdrawn = click.option(
        "--no-role",
        "withdrawn",
        metavar="URI",
        multiple=True,
        callback=_withdrawn,
        help="Let this role name mean again what the specification says.",
    )
    return given(withdrawn(command))


def changed(overrides: Overrides, given: Overrides, withdrawn: Set[str]) -> Overrides:
    """The rules of an LMS after `--role` and `--no-role`.

    Raises:
        UsageError: a rule is given and withdrawn.
        ClickException: a rule is withdrawn that there is not.
    """
    if both := withdrawn & given.keys():
        raise click.UsageError(f'"{min(both)}" is given with --role and with --no-role.')
    if missing := withdrawn - overrides.keys():
        raise refuse(f'There is no rule for "{min(missing)}".')
    kept = {name: role for name, role in overrides.items() if name not in withdrawn}
    return {**kept, **given}


def words_of(overrides: Overrides) -> dict[str, str]:
    """Rules as a script reads them: role name -> what it grants."""
    return {name: role or "none" for name, role in sorted(overrides.items())}


def lines_of(overrides: Overrides) -> list[str]:
    """Rules as `--role` takes them."""
    return [f"{name}={role}" for name, role in words_of(overrides).items()]


def _given(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> dict[str, Role | None]:
    rules: dict[str, Role | None] = {}
    for value in values:
        name, _, role = value.rpartition("=")
        _check_name(name)
        if role not in _GRANTS:
            raise click.BadParameter(f"after the last = give one of {', '.join(_GRANTS)}")
        if rules.setdefault(name, _GRANTS[role]) is not _GRANTS[role]:
            raise click.BadParameter(f'two rules for "{name}"')
    return rules


def _withdrawn(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> frozenset[str]:
    for name in values:
        _check_name(name)
    return frozenset(values)


def _check_name(name: str) -> None:
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST:
        raise click.BadParameter(
            f"give a role name as the LMS sends it, 1 to {_LONGEST} printable characters"
        )
    if name == TEST_USER:
        raise click.BadParameter("a test user is never graded, whatever a rule says")
