"""Keeps small secrets unreadable for who has only the database: AES-256-GCM as JWE (RFC 7516, `dir`)."""

from __future__ import annotations

import secrets

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from archive.auth.errors import KeyDamagedError

KEY_BYTES = 32
_HEADER = {"alg": "dir", "enc": "A256GCM"}


def new_key() -> bytes:
    """A key."""
    return secrets.token_bytes(KEY_BYTES)


class Seal:
    """Seals and opens with one key.

    Args:
        key: 32 bytes.

    Raises:
        KeyDamagedError: it is no key.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            msg = f"{len(key)} bytes instead of {KEY_BYTES}"
            raise KeyDamagedError(msg)
        self._key = OctKey.import_key(key)

    def closed(self, secret: str, purpose: str) -> str:
        """`secret`, sealed; it opens only for the same purpose."""
        return jwe.encrypt_compact(_HEADER | {"kid": purpose}, secret.encode(), self._key)

    def opened(self, sealed: str, purpose: str) -> str:
        """What was sealed.

        Raises:
            KeyDamagedError: with another key, for another purpose, or it was altered.
        """
        try:
            found = jwe.decrypt_compact(sealed, self._key, algorithms=["dir", "A256GCM"])
        except (JoseError, ValueError) as error:
            raise KeyDamagedError("what is sealed does not open with this key") from error
        if found.headers().get("kid") != purpose or found.plaintext is None:
            raise KeyDamagedError("sealed for something else")
        return found.plaintext.decode()
