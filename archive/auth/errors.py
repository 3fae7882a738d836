"""Why somebody is not let in. None of them tells whether there is such a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from metadata.errors import ArchiveError, UsageError


class SignInRefusedError(UsageError):
    """Login and password do not belong together, there is no such account, or it is locked: nobody is told which."""

    code: ClassVar[str] = "auth.refused"


class FactorRefusedError(UsageError):
    """A code of the second factor, or a recovery code, is wrong or was used before."""

    code: ClassVar[str] = "auth.factor"


class FactorDueError(UsageError):
    """Only for who shows a second factor now: there is none yet, or the provider has to ask for it again."""

    code: ClassVar[str] = "auth.factor_due"


class WeakPasswordError(UsageError):
    """A new password breaks rules; `rules` names them (`auth.password.…`)."""

    code: ClassVar[str] = "auth.weak_password"

    def __init__(self, rules: Sequence[str]) -> None:
        self.rules = tuple(rules)
        super().__init__(", ".join(self.rules))


class LoginTakenError(UsageError):
    """Another account has that login."""

    code: ClassVar[str] = "auth.login_taken"


class TooOftenError(ArchiveError):
    """Somebody asks too often, or has sent too much."""

    code: ClassVar[str] = "auth.too_often"

    def __init__(self, wait_seconds: int) -> None:
        self.wait_seconds = wait_seconds
        self.headers = {"Retry-After": str(wait_seconds)}
        super().__init__(f"ask again in {wait_seconds} s")


class ProviderRefusedError(UsageError):
    """What came back from the provider cannot be believed; `why` says it to operators, not to visitors."""

    code: ClassVar[str] = "auth.provider_refused"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class ProviderUnreachableError(ArchiveError):
    """The provider gave no usable answer."""

    code: ClassVar[str] = "auth.provider_unreachable"


class KeyDamagedError(ArchiveError):
    """The key that seals second factors is not the one that sealed this, or is no key."""

    code: ClassVar[str] = "auth.key_damaged"
    retryable: ClassVar[bool] = False
