"""Canvas by Instructure."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime
from typing import Any

from lti_tool.lms.standard import Outcome, StandardLms

_SUBMISSION = "https://canvas.instructure.com/lti/submission"


class Canvas(StandardLms):
    """Makes a submission of every score unless told not to, and throttles with a 403."""

    product = "canvas"
    # Canvas API documentation, login request: target_link_uri is listed as not required.
    names_target_at_login = False

    def score_members(self, first: bool, submitted_at: datetime) -> Mapping[str, Any]:
        """Say that only the first score is a new submission."""
        # Canvas API documentation, "Score": new_submission is true by default and uses up an
        # attempt; prioritize_non_tool_grade keeps a teacher's own grade.
        later = {
            "new_submission": False,
            "preserve_score": True,
            "prioritize_non_tool_grade": True,
        }
        standard = super().score_members(first, submitted_at)
        return {**standard, _SUBMISSION: {"new_submission": True} if first else later}

    def outcome(self, status: int, body: str) -> Outcome:
        """Read the refusals that share a status by their words."""
        # canvas-lms, scores_controller.rb and request_throttle.rb: their words are all that
        # tells these from a malformed score and from a missing permission.
        if status == 400 and "before last updated timestamp" in body:
            return Outcome.SETTLED
        if status == 403 and "Rate Limit Exceeded" in body:
            return Outcome.AGAIN
        # A school can mend these: publish the assignment, switch the key on again.
        if status == 422 and "still unpublished" in body:
            return Outcome.AGAIN
        return super().outcome(status, body)

    def serves_from(self, origin: str, registered: Set[str]) -> bool:
        """Any https origin."""
        # Logins, keys and tokens come from one shared host, courses and gradebooks from the
        # school's own, which may have any name. Source: canvas-lms, lti_launch_overview.md.
        return origin in registered or origin.startswith("https://")
