"""A visit burns the state of its launch."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from lti_tool.records.columns import UtcDateTime

revision = "0002"
down_revision = "0001"

_IDLE_LIMIT = timedelta(hours=8)  # of visits at this revision
_BURNT = sa.table(
    "burnt_states", sa.column("state_id", sa.Text()), sa.column("expires_at", UtcDateTime())
)
_VISITS = sa.table(
    "visits",
    *(
        sa.column(name, sa.Text())
        for name in ("key_hash", "state_id", "cookie_hash", "role", "frame_origins")
    ),
    sa.column("course_title", sa.Text()),
    sa.column("link_title", sa.Text()),
    sa.column("deployment_id", sa.BigInteger()),
    sa.column("person_id", sa.BigInteger()),
    sa.column("graded", sa.Boolean()),
    sa.column("seen_at", UtcDateTime()),
)


def upgrade() -> None:
    with op.batch_alter_table("visits") as visits:
        visits.add_column(sa.Column("state_id", sa.Text(), nullable=True))
    # Visits begun before have no state of their own; their key is as unique.
    op.execute(sa.text("UPDATE visits SET state_id = key_hash"))
    with op.batch_alter_table("visits") as visits:
        visits.alter_column("state_id", nullable=False)
        visits.create_unique_constraint(op.f("uq_visits_state_id"), ["state_id"])
    _keep_burnt()
    op.drop_table("burnt_states")


def _keep_burnt() -> None:
    """A state used before stays used: a row that no key opens, purged when it has expired."""
    burnt = op.get_bind().execute(sa.select(_BURNT.c.state_id, _BURNT.c.expires_at)).all()
    rows = [
        {
            "key_hash": f"burnt:{state_id}",
            "state_id": state_id,
            "seen_at": expires_at - _IDLE_LIMIT,
            "deployment_id": 0,
            "person_id": 0,
            "graded": False,
            **dict.fromkeys(
                ("cookie_hash", "role", "frame_origins", "course_title", "link_title"), ""
            ),
        }
        for state_id, expires_at in burnt
    ]
    if rows:
        op.bulk_insert(_VISITS, rows)
