"""`python -m lti_tool` is the `lti-tool` command."""

from lti_tool.cli import main

main()
