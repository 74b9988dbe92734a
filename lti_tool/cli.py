"""The `lti-tool` command. It ends with 0 when done, 1 when refused, 2 when set up wrongly."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

import click
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from lti_tool import __version__
from lti_tool.errors import Misconfigured

_COMMANDS = {  # name -> module of commands/ that has it
    "serve": "processes",
    "deliver": "processes",
    "db": "database",
    "platforms": "platforms",
    "deployments": "deployments",
    "keys": "keys",
    "packs": "packs",
    "demo": "demo",
}


class _Commands(click.Group):
    """Loads a command when it is called: most need little of what others import."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"lti_tool.commands.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lti-tool")
def lti_tool() -> None:
    """Run NPQ study sessions inside any LMS.

    Settings come from the environment; config/example.env lists them all.
    """


def main() -> None:
    """Run the command; what is set up wrongly is said in plain words."""
    try:
        lti_tool()
    except Misconfigured as error:
        _end(str(error))
    except SQLAlchemyError as error:
        # Only the first line: the others may repeat a row's values.
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        _end(f"DATABASE_URL: the database does not answer ({reason}).")


def _end(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(2)
