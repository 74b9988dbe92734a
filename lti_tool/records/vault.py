"""Encrypts what must not be readable in a copy of the database."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lti_tool.errors import Misconfigured


class Vault:
    """Encrypts with the first secret key, decrypts with any of them."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(_derived(key)) for key in secret_keys])

    def encrypt(self, plain: bytes) -> str:
        """The text to store."""
        return self._fernet.encrypt(plain).decode()

    def decrypt(self, stored: str) -> bytes:
        """What was encrypted.

        Raises:
            Misconfigured: none of the secret keys fits.
        """
        try:
            return self._fernet.decrypt(stored)
        except InvalidToken as error:
            raise Misconfigured(
                "SECRET_KEYS: none of them opens what this database holds. "
                "Add the key it was written with to the end of the list."
            ) from error


def _derived(secret: str) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"lti-tool vault")
    return base64.urlsafe_b64encode(kdf.derive(secret.encode()))
