"""What launches need besides: LMSs' clocks, roles and key sets, failed attempts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from lti_tool.records.columns import UtcDateTime

revision = "0003"
down_revision = "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    # Not in a batch: on SQLite that replaces the table, which others refer to.
    op.add_column(
        "platforms", sa.Column("role_overrides", _JSON, nullable=False, server_default="{}")
    )
    op.add_column("platforms", sa.Column("clock_ahead_s", _NUMBER, nullable=True))
    op.add_column("platforms", sa.Column("clock_read_at", UtcDateTime(), nullable=True))
    with op.batch_alter_table("visits") as visits:
        visits.add_column(sa.Column("agent_hash", sa.Text(), nullable=True))
    with op.batch_alter_table("key_sets") as key_sets:
        key_sets.alter_column("document", existing_type=_JSON, nullable=True)
        key_sets.alter_column("fetched_at", existing_type=UtcDateTime(), nullable=True)
        key_sets.add_column(sa.Column("fresh_until", UtcDateTime(), nullable=True))
        key_sets.add_column(sa.Column("tried_at", UtcDateTime(), nullable=True))
        key_sets.add_column(sa.Column("fault", sa.Text(), nullable=True))
    op.create_index(
        "ix_memberships_context_id_person_id", "memberships", ["context_id", "person_id"]
    )
    op.drop_index("ix_memberships_context_id", "memberships")
    op.create_table(
        "failed_attempts",
        sa.Column("platform_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("count", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("platform_id", "address_hash", name=op.f("pk_failed_attempts")),
    )
