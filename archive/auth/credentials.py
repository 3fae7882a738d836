"""Secrets that are handed to a person once: how they are made, recognised and kept.

What is kept is the SHA-256 of 256 random bits: nobody can guess them, so a slow hash would only cost time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib

TOKEN_PREFIX = "luutru_"  # noqa: S105 - how a token begins, for those who look for lost ones
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_LETTERS = 43
"""Base 62 digits of 256 bits."""

_SUM_LETTERS = 6
"""Base 62 digits of a CRC-32."""

TOKEN_FORM = re.compile(rf"{TOKEN_PREFIX}[0-9A-Za-z]{{{_SECRET_LETTERS + _SUM_LETTERS}}}")
_SESSION_FORM = re.compile(r"[0-9A-Za-z_-]{43}")
_RECOVERY_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No letter that is taken for another one on paper."""

_RECOVERY_GROUPS = (5, 5, 5)
_PASSWORD_GROUPS = 5


def new_token() -> str:
    """An API token: 256 random bits and a checksum, by which scanners of sources know one from a chance likeness."""
    body = _base62(int.from_bytes(secrets.token_bytes(32)), _SECRET_LETTERS)
    return f"{TOKEN_PREFIX}{body}{_checksum(body)}"


def is_token(text: str) -> bool:
    """Whether `text` can be a token of ours: its form and checksum."""
    if not TOKEN_FORM.fullmatch(text):
        return False
    body = text.removeprefix(TOKEN_PREFIX)
    return body[_SECRET_LETTERS:] == _checksum(body[:_SECRET_LETTERS])


def new_session() -> str:
    """The secret of a session: 256 random bits."""
    return secrets.token_urlsafe(32)


def is_session(text: str) -> bool:
    """Whether `text` has the form of a session's secret."""
    return _SESSION_FORM.fullmatch(text) is not None


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def form_token(secret: str) -> str:
    """What a page's form must bring back beside the cookie that holds `secret`: another page cannot know it."""
    return hmac.new(secret.encode(), b"luutru form", hashlib.sha256).hexdigest()


def is_form_token(secret: str, sent: str) -> bool:
    """Whether a form brought what its page was given."""
    return hmac.compare_digest(form_token(secret).encode(), sent.encode("utf-8", "replace"))


def new_password() -> str:
    """A password for a first sign-in: 25 letters and digits in groups that can be read out, 122 bits."""
    groups = ["".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(5)) for _ in range(_PASSWORD_GROUPS)]
    # One small letter makes it pass the archive's own rules for passwords.
    groups[0] = groups[0][:-1] + secrets.choice("abcdefghkmnpqrstvwxyz")
    groups[-1] = groups[-1][:-1] + secrets.choice("23456789")
    groups[1] = secrets.choice("ABCDEFGHJKMNPQRSTVWXYZ") + groups[1][1:]
    return "-".join(groups)


def new_recovery_code() -> str:
    """One code for who lost the second factor: 73 bits, to be written down."""
    return "-".join("".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(size)) for size in _RECOVERY_GROUPS)


def recovery_code(written: str) -> str:
    """A recovery code as it was given, whatever spaces, strokes and small letters a person made of it."""
    letters = "".join(letter for letter in written.upper() if letter.isalnum())
    size = _RECOVERY_GROUPS[0]
    return "-".join(letters[at : at + size] for at in range(0, len(letters), size))


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _SUM_LETTERS)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, rest = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
