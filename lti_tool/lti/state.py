"""
What must survive from login to launch, carried by the browser itself.

A login costs us no row: its state is a signed token that says which LMS was asked, which
nonce must come back and which browser may bring it. It is good for ten minutes and, because
the launch notes its id when it admits somebody, for one launch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from lti_tool.errors import LaunchRefused

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LaunchState:
    """One login that may become one launch."""

    id: str
    nonce: str
    platform_id: int
    target: str  # target_link_uri of the login; unsigned by the LMS
    browser_key_hash: str
    expires_at: datetime  # whole seconds
    deployment_hint: str  # empty when the LMS gave none
    storage_target: str  # frame that keeps values for us; empty when there is none


class StateSigner:
    """Seals states so that they come back as they left."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        """Take our secrets: the first signs, all are accepted."""
        self._serializer = URLSafeSerializer(
            list(reversed(secret_keys)),  # the library signs with the last
            salt="lti_tool.lti.state",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def seal(self, state: LaunchState) -> str:
        """The state as a token for a URL."""
        sealed = self._serializer.dumps(
            [
                state.id,
                state.nonce,
                state.platform_id,
                state.target,
                state.browser_key_hash,
                int(state.expires_at.timestamp()),
                state.deployment_hint,
                state.storage_target,
            ]
        )
        return sealed if isinstance(sealed, str) else sealed.decode()

    def open(self, text: str, now: datetime) -> LaunchState:
        """The state in a token we sealed, while it is fresh.

        Raises:
            LaunchRefused: not ours, altered, or older than ten minutes.
        """
        try:
            _check_spelling(text.rpartition(".")[2])
            *before, expires_at, hint, storage = self._serializer.loads(text)
            moment = datetime.fromtimestamp(expires_at, UTC)
            state = LaunchState(*before, moment, hint, storage)  # type: ignore[call-arg]
        except (BadData, ValueError, TypeError) as error:  # the latter: an older version's
            raise LaunchRefused("stale", "state_unknown") from error
        if now >= state.expires_at:
            raise LaunchRefused("stale", "state_expired")
        return state


def _check_spelling(signature: str) -> None:
    """Refuse a second spelling of the same signature: base64 leaves its last bits open."""
    if base64_encode(base64_decode(signature)) != signature.encode():
        raise BadData("not as it was sealed")


def hash_of(browser_key: str) -> str:
    """How a state remembers the browser's key without giving it away."""
    return hashlib.sha256(browser_key.encode("utf-8", "surrogatepass")).hexdigest()
