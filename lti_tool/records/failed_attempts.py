"""How often logins and launches failed of late, by LMS and network; shared by all processes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, case, or_

from lti_tool.records.db import INSERTS
from lti_tool.records.trust_tables import FailedAttemptsRow

WINDOW = timedelta(minutes=1)


def count_failures(
    db: Connection, platform_id: int, address_hash: str, failures: int, now: datetime
) -> int:
    """Add failures to those of this window; how many there are now.

    The first after a window is over begins the next, as does the first after our clock has
    gone back by more than one.

    Args:
        db: an open transaction.
        platform_id: of the LMS; 0 where none is known.
        address_hash: of the network they came from.
        failures: how many more there were.
        now: the moment of the last.
    """
    counted = FailedAttemptsRow
    over = or_(counted.since <= now - WINDOW, counted.since > now + WINDOW)
    added = INSERTS[db.dialect.name](counted).values(
        platform_id=platform_id, address_hash=address_hash, since=now, count=failures
    )
    query = added.on_conflict_do_update(
        index_elements=[counted.platform_id, counted.address_hash],
        set_={
            "since": case((over, now), else_=counted.since),
            "count": case((over, failures), else_=counted.count + failures),
        },
    )
    return int(db.execute(query.returning(counted.count)).scalar_one())
