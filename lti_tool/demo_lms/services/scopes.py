"""What access tokens can allow."""

from __future__ import annotations

_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope"
LINE_ITEM = f"{_AGS}/lineitem"
LINE_ITEM_READ = f"{_AGS}/lineitem.readonly"
RESULT_READ = f"{_AGS}/result.readonly"
SCORE = f"{_AGS}/score"
MEMBERSHIP_READ = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
AGS_SCOPES = (LINE_ITEM, LINE_ITEM_READ, RESULT_READ, SCORE)
ALL_SCOPES = frozenset({*AGS_SCOPES, MEMBERSHIP_READ})
