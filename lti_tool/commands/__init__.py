"""The groups of the `lti-tool` command, one module each."""
