"""Turns what was judged into the words of `metadata.verdicts`, as plain JSON: no pydantic here."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.preservation.signatures.blocks import Used
from archive.preservation.signatures.certificates import Certificate
from archive.preservation.signatures.existence import Proof
from archive.preservation.signatures.outcomes import Outcome
from archive.preservation.signatures.plain_words import plain_word
from archive.preservation.signatures.second_reader_answers import Readings
from archive.preservation.signatures.world import World
from metadata.time import rfc3339

MAX_REASON = 400
"""Longest reason, in characters; names in hostile certificates have no end."""

MAX_REASONS = 60


@dataclass(frozen=True, slots=True)
class FileJudgement:
    """What came of all signatures of one file."""

    verdicts: tuple[dict[str, Any], ...]
    """`metadata.verdicts.SignatureVerdict` as JSON, without time, trust set, policy and engine."""

    used: Used = dataclasses.field(default_factory=Used)
    readings: Readings | None = None
    """What this engine says of what a second reader claims to know too; None: the kind has no second reader."""

    def objects(self, world: World) -> dict[str, bytes]:
        """The validation bundle: certificates, lists, answers and tokens that were looked at, by SHA-256.

        Args:
            world: Knows the answers that were handed in and those of the file.
        """
        answers = world.answers
        bundle = {name: answers[name] for name in self.used.sources if name in answers}
        for der in (*self.used.certificates, *self.used.tokens):
            bundle[hashlib.sha256(der).hexdigest()] = der
        return dict(sorted(bundle.items()))


def verdict(  # noqa: PLR0913 - keywords, one for each thing that may be known
    outcome: Outcome,
    *,
    field: str | None = None,
    kind: str = "signature",
    sub_filter: str | None = None,
    signer: Certificate | None = None,
    signing_time: str | datetime | None = None,
    claimed_times: dict[str, str] | None = None,
    best: Proof | None = None,
    level: str | None = None,
    coverage: str | None = None,
    changed_after: tuple[str, ...] = (),
    gravest: str = "",
) -> dict[str, Any]:
    """A verdict as JSON for `SignatureVerdict`; who asks adds time, trust set, policy and engine.

    Args:
        outcome: With everything that is to be told beside.
        field: Name of the signature field, or what stands for it.
        kind: See `SignatureVerdict.kind`.
        sub_filter: Of a PDF signature.
        signer: The signer's certificate.
        signing_time: Claimed.
        claimed_times: All that is claimed, by where.
        best: Best signature time with its proof.
        level: See `SignatureVerdict.level`.
        coverage: See `SignatureVerdict.coverage`.
        changed_after: What later revisions changed.
        gravest: How grave that is; see `plain_words`.
    """
    indication = "TOTAL_PASSED" if outcome.passed else "TOTAL_FAILED" if outcome.failed else "INDETERMINATE"
    return {
        "field": printable(field) if field is not None else None,
        "kind": kind,
        "sub_filter": printable(sub_filter) if sub_filter is not None else None,
        "signer": printable(signer.common_name) if signer else None,
        "signer_subject": printable(signer.name) if signer else None,
        "signing_time": rfc3339(signing_time) if isinstance(signing_time, datetime) else signing_time,
        "best_time": rfc3339(best.time) if best else None,
        "best_time_proof": printable(best.source) if best else None,
        "claimed_times": {name: printable(when) for name, when in (claimed_times or {}).items()},
        "indication": indication,
        "subindication": outcome.subindication,
        "level": level,
        "coverage": coverage,
        "changed_after": [printable(text) for text in changed_after],
        "reasons": [printable(text) for text in dict.fromkeys(outcome.reasons)][:MAX_REASONS],
        "plain": plain_word(indication, coverage, gravest),
        "practices": sorted(set(outcome.practices)),
        "would_help": [printable(text) for text in dict.fromkeys(outcome.would_help)][:MAX_REASONS],
    }


def unreadable(why: str) -> dict[str, Any]:
    """The verdict on a file that cannot be read as what it claims to be."""
    return verdict(Outcome("FORMAT_FAILURE", (f"unreadable: {why}",), failed=True))


def undecided(why: str, **known: Any) -> dict[str, Any]:  # noqa: ANN401 - the keywords of `verdict`
    """INDETERMINATE for a reason that the standard has no word for."""
    return verdict(Outcome("GENERIC", (why,)), **known)


def printable(text: str) -> str:
    """`text` without what no screen shows, cut to `MAX_REASON`."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:MAX_REASON])
