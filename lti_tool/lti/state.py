"""
What must survive from login to launch, carried by the browser itself.

A login costs us no row: its state is a signed token that says which LMS was asked and which
browser may bring the answer. It is good for ten minutes and, because the launch notes its id
when it admits somebody, for one launch.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from lti_tool.errors import LaunchRefused

LIFETIME = timedelta(minutes=10)
_PURPOSE = b"lti_tool.lti.state"
_ID_LENGTH = 24  # characters of a state's id; 144 bits


@dataclass(frozen=True, slots=True)
class LaunchState:
    """One login that may become one launch."""

    id: str
    platform_id: int
    browser_key_hash: str
    expires_at: datetime  # whole seconds
    deployment_hint: str  # empty when the LMS gave none
    storage_target: str  # frame that keeps values for us; empty when there is none


class StateSigner:
    """Seals states so that they come back as they left, and names the nonce of each."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        """Take our secrets: the first signs, all are accepted."""
        self._secrets = [secret.encode() for secret in secret_keys]
        keys = [hmac.digest(secret, _PURPOSE, "sha256") for secret in self._secrets]
        self._signer = Signer(
            keys[::-1],  # the library signs with the last
            key_derivation="none",  # done above, once for all
            digest_method=hashlib.sha256,
        )

    def seal(self, state: LaunchState) -> str:
        """The state as a token for a URL."""
        content = [
            state.id,
            state.platform_id,
            state.browser_key_hash,
            int(state.expires_at.timestamp()),
            state.deployment_hint,
            state.storage_target,
        ]
        return self._signer.sign(base64_encode(json.dumps(content))).decode()

    def open(self, text: str, now: datetime) -> LaunchState:
        """The state in a token we sealed, while it is fresh.

        Raises:
            LaunchRefused: not ours, altered, or older than ten minutes.
        """
        try:
            _check_spelling(text.rpartition(".")[2])
            *before, expires_at, hint, storage = json.loads(
                base64_decode(self._signer.unsign(text))
            )
            moment = datetime.fromtimestamp(expires_at, UTC)
            state = LaunchState(*before, moment, hint, storage)  # type: ignore[call-arg]
        except (BadData, ValueError, TypeError) as error:  # the latter: an older version's
            raise LaunchRefused("stale", "state_unknown") from error
        if now >= state.expires_at:
            raise LaunchRefused("stale", "state_expired")
        return state

    def nonce_of(self, state_id: str) -> str:
        """What the message that answers this login must name: its id, sealed."""
        return _nonce(self._secrets[0], state_id)

    def has_issued(self, nonce: str) -> bool:
        """Whether a nonce is that of some login of ours."""
        state_id = nonce[:_ID_LENGTH].encode(errors="replace").decode()
        return any(_nonce(secret, state_id) == nonce for secret in self._secrets)

    def is_nonce_of(self, state_id: str, nonce: str) -> bool:
        """Whether a nonce is that of this login."""
        return nonce[:_ID_LENGTH] == state_id and self.has_issued(nonce)


def new_state_id() -> str:
    """An id that nobody can guess."""
    return secrets.token_urlsafe(_ID_LENGTH * 3 // 4)


def _nonce(secret: bytes, state_id: str) -> str:
    seal = hmac.digest(secret, b"lti_tool.lti.nonce:" + state_id.encode(), "sha256")
    return state_id + urlsafe_b64encode(seal[:18]).decode()


def _check_spelling(signature: str) -> None:
    """Refuse a second spelling of the same signature: base64 leaves its last bits open."""
    if base64_encode(base64_decode(signature)) != signature.encode():
        raise BadData("not as it was sealed")
