"""A school whose LMS gives it a new deployment id, and what it has done under the old one."""

from __future__ import annotations

from enum import Enum

from sqlalchemy import Connection, delete, exists, select, update

from lti_tool.records.db import AnyRow
from lti_tool.records.tables import ContextRow, DeploymentRow, EnrolmentRow, VisitRow


class Move(Enum):
    """What became of a wish to give a school its new deployment id."""

    DONE = "done"
    NEW_UNKNOWN = "new unknown"
    OLD_UNKNOWN = "old unknown"
    SAME = "same"
    OTHER_PLATFORM = "other platform"
    IN_USE = "in use"  # the new one has courses or people of its own


def move_deployment(db: Connection, new: int, old: int) -> Move:
    """Give the tenant of one deployment the LTI id of another, whose row goes.

    Courses, enrolments, answers, grades and visits of the old one go on under the new id, and
    its old id is unknown from now on. Nothing is merged: a deployment that has been used has
    work of its own, which would have to be told apart person by person.

    Args:
        db: an open transaction.
        new: number of the deployment the LMS sends now.
        old: number of the deployment it sent before.
    """
    both = select(DeploymentRow).where(DeploymentRow.id.in_((new, old))).with_for_update()
    rows = {row.id: row for row in db.execute(both)}
    if (fault := _fault(rows, new, old)) is not None:
        return fault
    if _is_used(db, new):
        return Move.IN_USE
    # SQLite gives the number of a row that went to the next one: no visit may wait for that.
    db.execute(delete(VisitRow).where(VisitRow.deployment_id == new))
    db.execute(delete(DeploymentRow).where(DeploymentRow.id == new))
    moved = {"deployment_id": rows[new].deployment_id, "status": "active"}
    db.execute(update(DeploymentRow).where(DeploymentRow.id == old).values(moved))
    return Move.DONE


def _fault(rows: dict[int, AnyRow], new: int, old: int) -> Move | None:
    if new == old:
        return Move.SAME
    if new not in rows:
        return Move.NEW_UNKNOWN
    if old not in rows:
        return Move.OLD_UNKNOWN
    if rows[new].platform_id != rows[old].platform_id:
        return Move.OTHER_PLATFORM
    return None


def _is_used(db: Connection, deployment: int) -> bool:
    used = select(
        exists().where(ContextRow.deployment_id == deployment)
        | exists().where(EnrolmentRow.deployment_id == deployment)
    )
    return bool(db.scalar(used))
