"""Bounds of a certificate path: until when it speaks for a signature, and why no longer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from archive.preservation.signatures.certificates import Certificate

ALWAYS = datetime.min.replace(tzinfo=UTC)
"""Bound by everything: there is no time for which the path speaks."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A time after which a signature under this path proves nothing."""

    until: datetime
    """Last moment before the bound."""

    word: str
    """Sub-indication when the signature is not proven to be that old."""

    reason: str
    depth: int
    """0: the signer's own certificate; more: an authority above."""

    kind: str
    """`revoked`, `held`, `expired`, `early`, `algorithm`, `unproven`, `unknown`."""

    again: datetime | None = None
    """From when on the bound no longer holds (a hold that was lifted, a certificate that became valid)."""

    helps: str = ""
    """What would lift it."""

    def stops(self, when: datetime) -> bool:
        """Whether a signature of `when` is stopped by it."""
        return when > self.until and (self.again is None or when < self.again)


@dataclass(frozen=True, slots=True)
class Slide:
    """What bounds one path."""

    control: datetime
    """The control-time: what the last certificate of the path signed must be proven to be this old."""

    bounds: tuple[Bound, ...] = ()
    cause: Bound | None = None
    """The bound that set the control-time; None: it is the time of judging."""

    sources: frozenset[str] = frozenset()
    """SHA-256 of the lists and answers about its certificates."""

    signers: tuple[Certificate, ...] = ()
    """Delegates that signed such answers."""

    wanted: tuple[tuple[Certificate, Certificate], ...] = ()
    """Certificates of whose revocation nothing fresh is known, each with its issuer."""

    practices: frozenset[str] = frozenset()
    """Practice rows that mattered."""

    def bounded(self, *bounds: Bound) -> Slide:
        """With more bounds; the control-time slides to the earliest that lasts."""
        control, cause = self.control, self.cause
        for bound in bounds:
            if bound.again is None and bound.until < control:
                control, cause = bound.until, bound
        return replace(self, control=control, cause=cause, bounds=(*self.bounds, *bounds))
