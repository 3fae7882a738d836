"""What the decisions take in and give back: a signature out of whatever container, a time-stamp, their verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from archive.preservation.signatures.algorithms import SignatureAlgorithm
from archive.preservation.signatures.certificates import Certificate
from archive.preservation.signatures.chains import ChainVerdict
from archive.preservation.signatures.existence import Proof
from archive.preservation.signatures.outcomes import PASSED, Outcome

Digest = Callable[[str], bytes]
"""Digest of the signed bytes under an algorithm; ValueError when the algorithm is unknown."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time-stamp token with the bytes that it should be of."""

    token: bytes = field(repr=False)
    """RFC 3161 token, DER."""

    readings: tuple[Digest, ...] = field(repr=False)
    """Digests of what it stamps; several where a standard can be read in several ways: any of them will do."""

    name: str = "signature-time-stamp"
    """What a proof by it is called."""


@dataclass(frozen=True, slots=True)
class SignerBlock:
    """One signature as the decisions see it, whatever container it came in."""

    signature: bytes = field(repr=False)
    algorithm: SignatureAlgorithm
    digest: str
    """Digest algorithm of the content, used for the value as well where `algorithm` fixes none."""

    integrity: Outcome = PASSED
    """Format and digest of the signed content, as the container's reader found them (5.2.2, 5.2.7.4)."""

    signed: tuple[bytes, ...] = field(default=(), repr=False)
    """Bytes under the signature value; of several forms the first counts. Empty: the content itself (`hashed`)."""

    hashed: Digest | None = field(default=None, repr=False)
    """Digest of the content, where the value is over it directly."""

    candidates: tuple[bytes, ...] = field(default=(), repr=False)
    """Certificates that may be the signer's, DER, the likeliest first."""

    named: tuple[str, bytes] | None = None
    """Algorithm and digest of the certificate that a signed attribute names (5.2.3)."""

    references: tuple[tuple[str, bytes], ...] = ()
    """Algorithm and digest of every certificate that signed attributes name: each must be of the path (5.2.8.4.2.1)."""

    means: Callable[[bytes], bool] | None = field(default=None, repr=False)
    """Whether a certificate (DER) bears the signer's name, to look for it among the known ones."""

    stamps: tuple[Stamp, ...] = ()
    """Signature time-stamps."""

    content_stamps: tuple[Stamp, ...] = ()
    """Content time-stamps: older than the signature."""

    constraints: tuple[str, ...] = ()
    """Breaches that keep a genuine signature from passing (SIG_CONSTRAINTS_FAILURE), `word: explanation`."""

    notes: tuple[str, ...] = ()
    further_digests: tuple[str, ...] = ()
    """Other digest algorithms between the file and the value: each must be believed."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a verdict leant on: enough to give it again."""

    certificates: frozenset[bytes] = field(default=frozenset(), repr=False)
    """DER."""

    sources: frozenset[str] = frozenset()
    """SHA-256 of lists and answers."""

    tokens: frozenset[bytes] = field(default=frozenset(), repr=False)
    """Time-stamp tokens, DER."""

    wanted: frozenset[tuple[bytes, bytes]] = field(default=frozenset(), repr=False)
    """Certificates of whose revocation nothing fresh is known, each with its issuer, DER."""

    @classmethod
    def by_chain(cls, chain: ChainVerdict) -> Used:
        """What a path leant on."""
        return cls(
            frozenset(c.der for c in chain.certificates),
            chain.sources,
            wanted=frozenset((subject.der, issuer.der) for subject, issuer in chain.wanted),
        )

    def joined(self, *others: Used) -> Used:
        """Together with others."""
        return Used(
            self.certificates.union(*(o.certificates for o in others)),
            self.sources.union(*(o.sources for o in others)),
            self.tokens.union(*(o.tokens for o in others)),
            self.wanted.union(*(o.wanted for o in others)),
        )


def used_together(parts: Iterable[Used]) -> Used:
    """All of `parts`."""
    return Used().joined(*parts)


@dataclass(frozen=True, slots=True)
class TokenVerdict:
    """What a time-stamp proves."""

    outcome: Outcome
    time: datetime | None = None
    """The time that it tells."""

    signer: Certificate | None = None
    intact: bool = False
    """Imprint and signature value hold, whatever is trusted."""

    proof: Proof | None = None
    """Since when, and by what, the token itself is proven to exist; None: since the time of judging."""

    control: datetime | None = None
    """Until when the path of its certificate speaks: it must be renewed before."""

    used: Used = field(default_factory=Used)

    @property
    def proves(self) -> datetime | None:
        """The time that it proves; None when it proves nothing."""
        return self.time if self.outcome.passed else None


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one signature."""

    outcome: Outcome
    signer: Certificate | None = None
    intact: bool | None = None
    """Whether digest and signature value hold, whatever is trusted; None: that could not be said."""

    best: Proof | None = None
    """Best signature time; None: nothing proves one."""

    stamped: bool = False
    """A signature time-stamp that fits is there (proving or not)."""

    names_signer: bool = False
    """A signed attribute names the signer's certificate."""

    revocation_known: bool = False
    """Lists or answers about the signer's certificate were at hand."""

    stamps: tuple[TokenVerdict, ...] = ()
    notes: tuple[str, ...] = ()
    practices: tuple[str, ...] = ()
    would_help: tuple[str, ...] = ()
    """What would let time-stamps be used that prove nothing so far."""

    path: tuple[Certificate, ...] = ()
    used: Used = field(default_factory=Used)

    @property
    def best_time(self) -> datetime | None:
        """Best signature time."""
        return self.best.time if self.best else None

    def told(self) -> Outcome:
        """The outcome with everything else that is to be told beside its reasons."""
        return replace(
            self.outcome,
            reasons=tuple(dict.fromkeys((*self.outcome.reasons, *self.notes))),
            practices=tuple(dict.fromkeys((*self.outcome.practices, *self.practices))),
            would_help=self._wishes(),
        )

    def _wishes(self) -> tuple[str, ...]:
        """Nothing more is wished for a signature that passed, or that no proof can heal."""
        if self.outcome.passed or self.outcome.failed:
            return self.outcome.would_help
        return tuple(dict.fromkeys((*self.outcome.would_help, *self.would_help)))
