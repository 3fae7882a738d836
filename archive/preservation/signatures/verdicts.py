"""Turns what was judged into the words of `metadata.verdicts`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from archive.preservation.signatures.certificates import Certificate
from archive.preservation.signatures.chains import Outcome
from metadata.time import rfc3339

MAX_REASON = 400
"""Longest reason, in characters; names in hostile certificates have no end."""


def verdict(  # noqa: PLR0913 - keywords, one for each thing that may be known
    outcome: Outcome,
    *,
    field: str | None = None,
    kind: str = "signature",
    sub_filter: str | None = None,
    signer: Certificate | None = None,
    signing_time: datetime | None = None,
    best_time: datetime | None = None,
    level: str | None = None,
    coverage: str | None = None,
    changed_after: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A verdict as JSON for `SignatureVerdict`; the parent adds time, trust set and engine."""
    indication = "TOTAL_PASSED" if outcome.passed else "TOTAL_FAILED" if outcome.failed else "INDETERMINATE"
    return {
        "field": _printable(field) if field is not None else None,
        "kind": kind,
        "sub_filter": _printable(sub_filter) if sub_filter is not None else None,
        "signer": _printable(signer.common_name) if signer else None,
        "signer_subject": _printable(signer.name) if signer else None,
        "signing_time": rfc3339(signing_time) if signing_time else None,
        "best_time": rfc3339(best_time) if best_time else None,
        "indication": indication,
        "subindication": outcome.subindication,
        "level": level,
        "coverage": coverage,
        "changed_after": [_printable(text) for text in changed_after],
        "reasons": [_printable(text) for text in dict.fromkeys((*outcome.reasons, *notes))],
    }


def unreadable(why: str) -> dict[str, Any]:
    """The verdict on a file that cannot be read as what it claims to be."""
    return verdict(Outcome("FORMAT_FAILURE", (f"unreadable: {why}",), failed=True))


def undecided(why: str, **known: Any) -> dict[str, Any]:  # noqa: ANN401 - the keywords of `verdict`
    """INDETERMINATE for a reason that the standard has no word for."""
    return verdict(Outcome("GENERIC", (why,)), **known)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:MAX_REASON])
