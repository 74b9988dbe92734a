"""Addresses of one visit's pages; url_for is too slow for every line of a list."""

from __future__ import annotations

from dataclasses import dataclass

from lti_tool.study.content import Activity, StudySession


def visit_home(key: str) -> str:
    """Where the pages of a visit begin."""
    return f"/visit/{key}/"


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of one visit's study pages, or of its staff pages."""

    home: str  # ends with a slash

    def session(self, session: StudySession) -> str:
        """Where a study session opens."""
        return f"{self.home}session/{session.item}"

    def activity(self, session: StudySession, activity: Activity) -> str:
        """Where one of its activities is."""
        return f"{self.home}session/{session.item}/{activity.id}"

    def end(self, session: StudySession) -> str:
        """Where it ends."""
        return f"{self.home}session/{session.item}/end"
