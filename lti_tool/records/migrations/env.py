"""Alembic's entry: migrate over the connection records/schema.py passes in."""

from alembic import context

from lti_tool.records import tables, trust_tables  # noqa: F401  fill the metadata
from lti_tool.records.columns import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
