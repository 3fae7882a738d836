"""A judge that asks for revocation data while it can still be had, and judges again with what came.

The first judging says of which certificates nothing is known; only about these
is asked. What came, and what did not, goes to whoever listens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from archive.preservation.trust.broker import Collected
from ingest.facts import Tool
from ingest.ports import EvidenceJudge, Judgement
from metadata.verdicts import SignatureVerdict

MAX_ROUNDS = 6
"""A path has seldom more than four certificates, its time-stamp's as many."""

Told = Callable[[Path, Collected], None]
"""Called for each file for which something was collected or is missing still."""


class Collector(Protocol):
    """Collects revocation data; `RevocationBroker` does."""

    def collect(self, certificates: Sequence[tuple[bytes, bytes]]) -> Collected:
        """Lists and answers about certificates, each with its issuer, DER."""
        ...


@dataclass(frozen=True, slots=True)
class CollectingJudge:
    """Implements `ingest.ports.EvidenceJudge` over another judge and a collector of revocation data."""

    judge_at_hand: EvidenceJudge
    collector: Collector
    tell: Told | None = None

    def judge(
        self, paths: Sequence[Path], *, contents: Mapping[Path, Path] | None = None
    ) -> Sequence[tuple[SignatureVerdict, ...]]:
        """See `SignatureJudge.judge`."""
        return [judgement.verdicts for judgement in self.judgements(paths, contents=contents)]

    def judgements(
        self,
        paths: Sequence[Path],
        *,
        contents: Mapping[Path, Path] | None = None,
        revocation: Sequence[bytes] = (),
    ) -> Sequence[Judgement]:
        """See `EvidenceJudge.judgements`."""
        judged = list(self.judge_at_hand.judgements(paths, contents=contents, revocation=revocation))
        known, asked = tuple(revocation), set[tuple[bytes, bytes]]()
        open_files = [number for number, judgement in enumerate(judged) if judgement.wanted]
        told: dict[int, Collected] = {}
        for _ in range(MAX_ROUNDS):
            # One question for all files: they are signed by few people, under fewer authorities.
            pairs = list(dict.fromkeys(pair for number in open_files for pair in judged[number].wanted))
            new = [pair for pair in pairs if pair not in asked]
            if not new:
                break
            asked |= set(new)
            collected = self.collector.collect(new)
            told |= {number: _joined(told.get(number), collected) for number in open_files}
            if not collected.objects:
                break
            known = tuple(dict.fromkeys((*known, *collected.objects)))
            again = self.judge_at_hand.judgements(
                [paths[number] for number in open_files], contents=contents, revocation=known
            )
            for number, judgement in zip(open_files, again, strict=True):
                judged[number] = judgement
            # A path is looked at from its anchor down: what is known now of the authority asks for the next below.
            open_files = [number for number in open_files if judged[number].wanted]
        if self.tell is not None:
            for number, collected in told.items():
                self.tell(paths[number], collected)
        return judged

    def keepsakes(self) -> tuple[bytes, ...]:
        """See `EvidenceJudge.keepsakes`."""
        return self.judge_at_hand.keepsakes()

    def trust_set(self) -> str:
        """See `SignatureJudge.trust_set`."""
        return self.judge_at_hand.trust_set()

    def tools(self) -> tuple[Tool, ...]:
        """See `SignatureJudge.tools`."""
        return self.judge_at_hand.tools()


def _joined(before: Collected | None, now: Collected) -> Collected:
    """What two rounds found. No certificate is asked about twice, so that nothing stands in both."""
    if before is None:
        return now
    objects = tuple(dict.fromkeys((*before.objects, *now.objects)))
    return Collected(objects, tuple(dict.fromkeys((*before.missing, *now.missing))))
