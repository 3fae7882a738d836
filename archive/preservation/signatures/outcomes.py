"""What became of a building block: an indication with its sub-indication and reasons (EN 319 102-1, clause 5.1.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

FAILED = ("FORMAT_FAILURE", "HASH_FAILURE", "SIG_CRYPTO_FAILURE", "REVOKED", "EXPIRED", "NOT_YET_VALID")
"""Sub-indications that prove a signature false (TOTAL_FAILED)."""

INDETERMINATE = (
    "NO_SIGNING_CERTIFICATE_FOUND",
    "NO_CERTIFICATE_CHAIN_FOUND",
    "SIGNED_DATA_NOT_FOUND",
    "GENERIC",
    "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    "CHAIN_CONSTRAINTS_FAILURE",
    "SIG_CONSTRAINTS_FAILURE",
    "TIMESTAMP_ORDER_FAILURE",
    "REVOKED_NO_POE",
    "REVOKED_CA_NO_POE",
    "OUT_OF_BOUNDS_NO_POE",
    "OUT_OF_BOUNDS_NOT_REVOKED",
    "CRYPTO_CONSTRAINTS_FAILURE",
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
    "NO_POE",
    "REVOCATION_OUT_OF_BOUNDS_NO_POE",
    "TRY_LATER",
)
"""Sub-indications that leave a signature open, each nearer to passing than those before it.

Of several certificate paths the nearest one counts.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a building block: a sub-indication (None: passed) with its reasons."""

    subindication: str | None = None
    reasons: tuple[str, ...] = ()
    failed: bool = False
    """The sub-indication belongs to TOTAL_FAILED, not to INDETERMINATE."""

    practices: tuple[str, ...] = ()
    """Practice rows of the policy that mattered."""

    would_help: tuple[str, ...] = ()
    """What would let it be decided."""

    @property
    def passed(self) -> bool:
        """Whether nothing is left to object."""
        return self.subindication is None

    @property
    def nearness(self) -> int:
        """How near to passing it is, for the choice between paths."""
        if self.passed:
            return len(INDETERMINATE)
        return -1 if self.failed or self.subindication is None else INDETERMINATE.index(self.subindication)

    def beside(self, *others: Outcome) -> Outcome:
        """This outcome with the reasons, practices and wishes of `others` told as well."""
        return replace(
            self,
            reasons=tuple(dict.fromkeys((*self.reasons, *(r for o in others for r in o.reasons)))),
            practices=tuple(dict.fromkeys((*self.practices, *(p for o in others for p in o.practices)))),
            would_help=tuple(dict.fromkeys((*self.would_help, *(w for o in others for w in o.would_help)))),
        )


PASSED = Outcome()


def failed(word: str, why: str) -> Outcome:
    """A TOTAL_FAILED for one reason."""
    return Outcome(word, (why,), failed=True)


def open_(word: str, why: str, *would_help: str) -> Outcome:
    """An INDETERMINATE for one reason."""
    return Outcome(word, (why,), would_help=would_help)
