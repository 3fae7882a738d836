"""A judge with what is in force at the moment of each call: trust set and validation policy of the home."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.preservation.signatures.adapter import Judge
from archive.preservation.signatures.policy import Policy, PolicyUnreadableError, default_policy, policy_of
from archive.preservation.trust.sets import TrustStoreDamagedError
from archive.preservation.trust.store import TrustStore
from ingest.facts import Tool
from ingest.ports import Judgement
from metadata.verdicts import SignatureVerdict


def policy_in_force(store: TrustStore) -> Policy:
    """The policy beside the set in force; the program's own where none is set.

    Raises:
        TrustStoreDamagedError: it is unreadable, or of a format that this program does not know.
    """
    name = store.snapshot().policy
    if not name:
        return default_policy()
    try:
        return policy_of(store.policy(name))
    except PolicyUnreadableError as error:
        place = f"policy {name}"
        raise TrustStoreDamagedError(place, str(error)) from error


def usable_policy(store: TrustStore) -> Policy:
    """The policy in force; the program's own where that cannot be read: the verdict names the one that was used."""
    try:
        return policy_in_force(store)
    except TrustStoreDamagedError:
        return default_policy()


@dataclass(frozen=True, slots=True)
class JudgeInForce:
    """Implements `ingest.ports.EvidenceJudge`: a long-lived process takes up what the operator changed.

    Args:
        made: Makes a judge with what is in force now; cheap.
    """

    made: Callable[[], Judge]

    def judge(
        self, paths: Sequence[Path], *, contents: Mapping[Path, Path] | None = None
    ) -> Sequence[tuple[SignatureVerdict, ...]]:
        """See `SignatureJudge.judge`."""
        return self.made().judge(paths, contents=contents)

    def judgements(
        self,
        paths: Sequence[Path],
        *,
        contents: Mapping[Path, Path] | None = None,
        beside: Mapping[Path, Mapping[str, Path]] | None = None,
        revocation: Sequence[bytes] = (),
    ) -> Sequence[Judgement]:
        """See `EvidenceJudge.judgements`."""
        return self.made().judgements(paths, contents=contents, beside=beside, revocation=revocation)

    def trust_set(self) -> str:
        """See `SignatureJudge.trust_set`."""
        return self.made().trust_set()

    def tools(self) -> tuple[Tool, ...]:
        """See `SignatureJudge.tools`."""
        return self.made().tools()
