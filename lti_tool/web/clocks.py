"""What launches show of an LMS's clock: kept for the operator, who alone can have it set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from lti_tool.errors import LaunchRefused
from lti_tool.records.platforms import note_clock
from lti_tool.tenancy.clock import is_off, worth_noting
from lti_tool.tenancy.platforms import Platform
from lti_tool.web.parts import parts

_DAY_S = 86_400

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of an LMS's clock that is worth keeping."""

    platform: Platform
    ahead_s: int
    at: datetime

    def keep(self, db: Connection) -> None:
        """Keep it; the last statement of a transaction, for others may wait for this row."""
        note_clock(db, self.platform.id, self.ahead_s, self.at)

    def tell(self) -> None:
        """Let this process know that it is kept, and the operator when the clock is off."""
        known = replace(self.platform, clock_ahead_s=self.ahead_s, clock_read_at=self.at)
        parts().platforms.keep(known)
        if is_off(self.ahead_s):
            log.warning("clock_off", platform=self.platform.id, ahead_s=self.ahead_s)


def reading_of(platform: Platform, ahead_s: int | None, now: datetime) -> Reading | None:
    """The reading of a launch; None when it says nothing new."""
    if ahead_s is None:
        return None
    known = platform.clock_ahead_s, platform.clock_read_at
    return Reading(platform, ahead_s, now) if worth_noting(*known, ahead_s, now) else None


def note_refused(refused: LaunchRefused, now: datetime) -> None:
    """Keep the clock of a launch that is refused for its time, when it may be the reason.

    A message of another day is none of this day's clock: certification sends one.
    """
    platform_id, ahead_s = refused.clock or (0, 0)
    may_be_why = is_off(ahead_s) and abs(ahead_s) < _DAY_S
    platform = parts().platforms.by_id(platform_id) if may_be_why else None
    reading = reading_of(platform, ahead_s, now) if platform else None
    if reading is not None:
        parts().database.run(reading.keep)
        reading.tell()
