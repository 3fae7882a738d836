"""Passwords: what they must be, as data with its source, and how they are kept (argon2id)."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

MAX_CHARACTERS = 256
"""Longer ones are refused before they are hashed."""

HISTORY = 10
"""Passwords that may not come again, the present one included. Source: QCVN 12:2026/BCA 3.7.2."""

ROTATION = timedelta(days=60)
"""After so long an administrator's password has to be changed. Source: QCVN 12:2026/BCA 3.7.2 (two months)."""

IDLE_DAYS = 45
"""After so many days without a sign-in an account is closed. Source: QCVN 12:2026/BCA 3.7.2."""

MAX_FAILURES = 5
"""Wrong tries until an account is locked. Source: QCVN 12:2026/BCA 3.6.2.1.9."""

BROWSER_DAYS = 180
"""How long a browser is known after its person signed in by it."""

LOCKED = timedelta(hours=12)
"""How long a lock lasts that no administrator ends. Source: QCVN 12:2026/BCA 3.6.2.1.9 (12 hours to 30 days)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a password must be; `key` names its message below `auth.password`."""

    key: str
    source: str
    kept: Callable[[str, str], bool]
    """Of the password and the login."""


MIN_CHARACTERS = 12

RULES: Sequence[Rule] = (
    # QCVN asks for 8; ASVS 5.0 recommends 15, and 12 is what people still accept beside a second factor (ADR 0401).
    Rule(
        "short",
        "QCVN 12:2026/BCA 3.7.2 (at least 8); OWASP ASVS 5.0 6.2.1",
        lambda word, _: len(word) >= MIN_CHARACTERS,
    ),
    Rule("long", "OWASP ASVS 5.0 6.2.9", lambda word, _: len(word) <= MAX_CHARACTERS),
    Rule("lower", "QCVN 12:2026/BCA 3.7.2", lambda word, _: any(letter.islower() for letter in word)),
    Rule("upper", "QCVN 12:2026/BCA 3.7.2", lambda word, _: any(letter.isupper() for letter in word)),
    Rule("digit", "QCVN 12:2026/BCA 3.7.2", lambda word, _: any(letter.isdigit() for letter in word)),
    Rule("sign", "QCVN 12:2026/BCA 3.7.2", lambda word, _: any(not letter.isalnum() for letter in word)),
    Rule("login", "OWASP ASVS 5.0 6.2.11", lambda word, login: not login or login.casefold() not in word.casefold()),
    Rule("dull", "OWASP ASVS 5.0 6.2.4", lambda word, _: len(set(word.casefold())) >= 6),  # noqa: PLR2004 - said in its message
)


def broken_rules(password: str, login: str) -> list[str]:
    """Keys of the rules that `password` breaks."""
    word = plain(password)
    return [rule.key for rule in RULES if not rule.kept(word, login)]


def plain(password: str) -> str:
    """One spelling of a password, whatever keyboard typed its marks. Source: NIST SP 800-63B-4 3.1.1.2 (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def is_due(changed: datetime, now: datetime) -> bool:
    """Whether an administrator's password has to be changed."""
    return now - changed >= ROTATION


class Passwords:
    """Hashes and compares. May be called from many threads; a few work at once, the others wait.

    Args:
        hasher: Its parameters are those of RFC 9106 section 4 for little memory (64 MiB, 3 passes, 4 lanes), which
            is more than OWASP's least (19 MiB, 2 passes).
        at_once: How many may be hashed at the same time: each takes the hasher's memory.
    """

    def __init__(self, hasher: PasswordHasher | None = None, at_once: int = 2) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._room = threading.BoundedSemaphore(at_once)
        self._nobody: str | None = None

    def hashed(self, password: str) -> str:
        """What is kept."""
        with self._room:
            return self._hasher.hash(plain(password))

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether it is the password.

        Args:
            kept: What is kept of it; None: there is no such account or it has no password. As much is computed
                as for a kept one, so that time does not tell who has an account.
            password: As typed.
        """
        word = plain(password)[: MAX_CHARACTERS + 1]
        with self._room:
            if self._nobody is None:
                self._nobody = self._hasher.hash("nobody's password")
            try:
                self._hasher.verify(kept or self._nobody, word)
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None and len(word) <= MAX_CHARACTERS

    def is_outdated(self, kept: str) -> bool:
        """Whether it was hashed with other parameters than those of today."""
        return self._hasher.check_needs_rehash(kept)
