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
        # One question for all files: they are signed by few people, under fewer authorities.
        pairs = list(dict.fromkeys(pair for judgement in judged for pair in judgement.wanted))
        collected = self.collector.collect(pairs) if pairs else Collected()
        open_files = [number for number, judgement in enumerate(judged) if judgement.wanted]
        if collected.objects:
            again = self.judge_at_hand.judgements(
                [paths[number] for number in open_files],
                contents=contents,
                revocation=(*revocation, *collected.objects),
            )
            for number, judgement in zip(open_files, again, strict=True):
                judged[number] = judgement
        if self.tell is not None:
            for number in open_files:
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
