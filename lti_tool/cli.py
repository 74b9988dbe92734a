"""The `lti-tool` command. It ends with 0 when done, 1 when refused, 2 when set up wrongly."""

from __future__ import annotations

import sys

import click

from lti_tool import __version__
from lti_tool.commands.database import db
from lti_tool.commands.demo import demo
from lti_tool.commands.deployments import deployments
from lti_tool.commands.keys import keys
from lti_tool.commands.packs import packs
from lti_tool.commands.platforms import platforms
from lti_tool.commands.processes import deliver, serve
from lti_tool.errors import Misconfigured


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lti-tool")
def lti_tool() -> None:
    """Run NPQ study sessions inside any LMS.

    Settings come from the environment; config/example.env lists them all.
    """


for command in (serve, deliver, db, platforms, deployments, keys, packs, demo):
    lti_tool.add_command(command)


def main() -> None:
    """Run the command; what is set up wrongly is said in plain words."""
    try:
        lti_tool()
    except Misconfigured as error:
        click.echo(str(error), err=True)
        sys.exit(2)
