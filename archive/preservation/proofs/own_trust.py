"""What the signatures of a proof are under the auditor's own anchors, now: reported beside the proof, decides nothing.

The kept trust set only helps to build paths here. The evidence record proves
since when the file and everything that the verdict names by digest existed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from archive.preservation.proofs import steps
from archive.preservation.proofs.steps import Step, said
from archive.preservation.proofs.verdict_check import TOLD, KeptInProof, in_short
from archive.preservation.signatures.existence import NOTHING_PROVEN, Existence
from archive.preservation.signatures.replaying import bundle_of, judge, trust_of
from archive.preservation.signatures.world import World
from metadata.time import rfc3339


def judge_again(one: KeptInProof, anchors: tuple[bytes, ...], at: datetime, since: datetime | None) -> Iterator[Step]:
    """One step a signature.

    Args:
        one: The signed file with what was kept of it.
        anchors: The auditor's.
        at: Now.
        since: Since when the file is proven to exist; None: nothing proves it.
    """
    kept = one.kept
    if kept.is_provisional:
        return
    known = trust_of(kept, one)
    proven = dict.fromkeys((kept.sha256, *kept.objects), since) if since is not None else {}
    bundle = bundle_of(kept, one)
    world = World.of(
        at=at,
        anchors=anchors,
        intermediates=(*known.anchors(), *known.intermediates(), *bundle),
        answers=bundle,
        existence=Existence.recorded(proven) if proven else NOTHING_PROVEN,
    )
    for verdict in judge(kept, one, world):
        ok = {"TOTAL_PASSED": True, "TOTAL_FAILED": False}.get(verdict["indication"])
        told = said("own_trust", path=kept.path, verdict=in_short(verdict), at=rfc3339(at))
        more = {**{key: verdict.get(key) for key in TOLD}, "reasons": list(verdict["reasons"])}
        yield Step(steps.OWN_TRUST, ok, told, decides=False, more=more)
