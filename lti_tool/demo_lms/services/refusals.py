"""How services say no: a status, an OAuth error code and a sentence for developers."""

from __future__ import annotations

from collections.abc import Mapping

from flask import jsonify
from werkzeug.wrappers import Response

from lti_tool.demo_lms.traffic import note
from lti_tool.errors import LtiToolError


class ServiceRefused(LtiToolError):
    """The tool's request is wrong; says how."""

    def __init__(
        self, status: int, error: str, why: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Take the status to answer, the error code and the reason."""
        super().__init__(why)
        self.status, self.error, self.why, self.headers = status, error, why, headers or {}


def answer_refusal(refused: ServiceRefused) -> Response:
    """The refusal as JSON (RFC 6749, section 5.2), noted in the event log."""
    note(f"{refused.error}: {refused.why}")
    response = jsonify(error=refused.error, error_description=refused.why)
    response.status_code = refused.status
    response.headers.update(refused.headers)
    return response
