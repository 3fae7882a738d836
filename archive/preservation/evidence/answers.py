"""What evidence work answers: what was stamped, how things stand, which authorities there are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from archive.preservation.evidence.history import Stamp, StampKind
from archive.preservation.evidence.planning import Due
from archive.preservation.evidence.stamping import TimeStamper
from archive.preservation.evidence.verification import TokenJudge, TokenQuestion
from metadata.errors import ArchiveError
from metadata.time import rfc3339


@dataclass(frozen=True, slots=True)
class Stamped:
    """What was done of one stamp."""

    name: str
    kind: StampKind
    leaves: int
    stamp: Stamp | None
    """None: it waits for its token."""

    why: str = ""
    left_out: tuple[str, ...] = ()
    """Packages that could not be read."""

    def as_json(self) -> dict[str, Any]:
        """A JSON line."""
        return {
            "batch": self.name,
            "kind": self.kind.value,
            "status": "stamped" if self.stamp else "waiting",
            "leaves": self.leaves,
            "time": rfc3339(self.stamp.time) if self.stamp else None,
            "signer": self.stamp.signer if self.stamp else None,
            "expires": rfc3339(self.stamp.expires) if self.stamp else None,
            "why": self.why or None,
            "left_out": list(self.left_out),
        }


@dataclass(frozen=True, slots=True)
class EvidenceStatus:
    """How evidence stands, for `doctor`, readiness and the background job."""

    stamps: int
    waiting: int
    """Stamps without a token."""

    pending: int
    """Packages in no batch."""

    due: tuple[Due, ...]
    missed: tuple[Due, ...]
    """What should have been done long ago."""

    has_authority: bool


@dataclass(frozen=True, slots=True)
class Stampers:
    """The time-stamp authorities."""

    first: TimeStamper | None
    """All of them in their order; None: none is configured."""

    each: tuple[TimeStamper, ...] = ()
    """One by one, for what must not depend on a certain authority."""

    def unlike(self, signers: Collection[str], judge: TokenJudge) -> TimeStamper:
        """Whichever of them is none of `signers`."""
        return OtherThan(self.each, frozenset(signers), judge)


@dataclass(frozen=True, slots=True)
class OtherThan:
    """Authorities without those that are called `avoided`; see `TimeStamper`."""

    each: tuple[TimeStamper, ...]
    avoided: frozenset[str]
    judge: TokenJudge

    def stamp(self, digest: bytes, algorithm: str = "sha256") -> bytes:
        """See `TimeStamper.stamp`.

        Raises:
            NoOtherAuthorityError: no other one gave a token.
        """
        reasons = []
        for stamper in reversed(self.each):
            try:
                token = stamper.stamp(digest, algorithm)
            except ArchiveError as error:
                reasons.append(str(error))
                continue
            # Who signs is known only when he has signed: a token of the wrong one is not kept.
            if self.judge.token(TokenQuestion(token, None)).signer not in self.avoided:
                return token
        raise NoOtherAuthorityError("; ".join(reasons))


class NoOtherAuthorityError(ArchiveError):
    """A second time-stamp authority is needed and none answers."""

    code = "evidence.no_other_authority"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"no second time-stamp authority gave a token{f': {why}' if why else ''}")
