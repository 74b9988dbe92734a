"""A visit burns the state of its launch."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("visits") as visits:
        visits.add_column(sa.Column("state_id", sa.Text(), nullable=True))
    # Visits begun before have no state of their own; their key is as unique.
    op.execute(sa.text("UPDATE visits SET state_id = key_hash"))
    with op.batch_alter_table("visits") as visits:
        visits.alter_column("state_id", nullable=False)
        visits.create_unique_constraint(op.f("uq_visits_state_id"), ["state_id"])
    op.drop_table("burnt_states")
