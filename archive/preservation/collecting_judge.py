"""A judge that asks for revocation data while it can still be had, and judges again with what came.

The first judging says of which certificates nothing is known; only about these
is asked. Why something did not come is told with the judgement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from archive.preservation.trust.broker import Collected, Missing
from ingest.facts import Tool
from ingest.ports import EvidenceJudge, Judgement
from metadata.verdicts import SignatureVerdict

MAX_ROUNDS = 6
"""A path has seldom more than four certificates, its time-stamp's as many."""


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
        beside: Mapping[Path, Mapping[str, Path]] | None = None,
        revocation: Sequence[bytes] = (),
    ) -> Sequence[Judgement]:
        """See `EvidenceJudge.judgements`."""
        at_hand = self.judge_at_hand
        judged = list(at_hand.judgements(paths, contents=contents, beside=beside, revocation=revocation))
        known, asked = tuple(revocation), set[tuple[bytes, bytes]]()
        open_files = [number for number, judgement in enumerate(judged) if judgement.wanted]
        missing: dict[str, Missing] = {}
        for _ in range(MAX_ROUNDS):
            # One question for all files: they are signed by few people, under fewer authorities.
            pairs = list(dict.fromkeys(pair for number in open_files for pair in judged[number].wanted))
            new = [pair for pair in pairs if pair not in asked]
            if not new:
                break
            asked |= set(new)
            collected = self.collector.collect(new)
            missing |= {one.sha256: one for one in collected.missing}
            if not collected.objects:
                break
            known = tuple(dict.fromkeys((*known, *collected.objects)))
            again = at_hand.judgements(
                [paths[number] for number in open_files], contents=contents, beside=beside, revocation=known
            )
            for number, judgement in zip(open_files, again, strict=True):
                judged[number] = judgement
            # A path is looked at from its anchor down: what is known now of the authority asks for the next below.
            open_files = [number for number in open_files if judged[number].wanted]
        return [replace(judgement, missing=_lacking(judgement, missing)) for judgement in judged]

    def trust_set(self) -> str:
        """See `SignatureJudge.trust_set`."""
        return self.judge_at_hand.trust_set()

    def tools(self) -> tuple[Tool, ...]:
        """See `SignatureJudge.tools`."""
        return self.judge_at_hand.tools()


def _lacking(judgement: Judgement, missing: Mapping[str, Missing]) -> tuple[str, ...]:
    """Why what one file still wants was not to be had; what others want is not its business."""
    wanted = dict.fromkeys(hashlib.sha256(certificate).hexdigest() for certificate, _ in judgement.wanted)
    lacking = [missing[name] for name in wanted if name in missing]
    return tuple(f"{one.subject}: {'; '.join(one.reasons)}" for one in lacking)
