"""The archive's plain word, from the ETSI verdict and from what was changed after signing.

| changed after signing             | TOTAL_PASSED | INDETERMINATE | TOTAL_FAILED |
|-----------------------------------|--------------|---------------|--------------|
| nothing, or what a signer allowed | valid        | insufficient  | invalid      |
| vouched for by a later signature  | insufficient | insufficient  | invalid      |
| remarks, forms, unknown things    | insufficient | insufficient  | invalid      |
| content                           | invalid      | invalid       | invalid      |

A practice row of the policy may make number and date that a later signature
vouches for an allowed change.

What no signature covers is never valid, and content that was changed behind the
last signature makes even a good signature a bad document.
"""

from __future__ import annotations

from collections.abc import Iterable

from archive.preservation.signatures.pdf_facts import Change
from archive.preservation.signatures.policy import NUMBER_AND_DATE, Policy

VALID, INSUFFICIENT, INVALID = "valid", "insufficient", "invalid"

NOTHING, ALLOWED, VOUCHED, DOUBTFUL, CONTENT = "", "allowed", "vouched", "doubtful", "content"
"""How grave changes after signing are, in rising order."""

_CONTENT = frozenset({"content", "form-field", "removed"})
_ORDER = (NOTHING, ALLOWED, VOUCHED, DOUBTFUL, CONTENT)


def plain_word(indication: str, coverage: str | None, gravest: str) -> str:
    """The plain word of `metadata.verdicts.PlainWord`; the table above."""
    if indication == "TOTAL_FAILED" or gravest == CONTENT:
        return INVALID
    if indication != "TOTAL_PASSED" or coverage in ("partial", "unclear"):
        return INSUFFICIENT
    return VALID if gravest in (NOTHING, ALLOWED) else INSUFFICIENT


def gravest_change(changes: Iterable[Change], vouched_until: int, policy: Policy) -> str:
    """How grave the gravest of the changes after one signature is that its signer did not allow.

    Args:
        changes: As `pdf_facts.changes_after` gives them.
        vouched_until: The last revision that a later good signature covers as a whole.
        policy: Its practice of numbers and dates.
    """
    return max((_grave(change, vouched_until, policy) for change in changes), key=_ORDER.index, default=NOTHING)


def _grave(change: Change, vouched_until: int, policy: Policy) -> str:
    if change.revision <= vouched_until:
        accepted = change.adds and policy.practices[NUMBER_AND_DATE].value == "accepted"
        return ALLOWED if accepted else VOUCHED
    return CONTENT if change.kind in _CONTENT else DOUBTFUL
