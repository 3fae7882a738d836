"""How a PDF's signatures are told: level, coverage, claimed times, what was changed afterwards, the plain word."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from archive.preservation.signatures.blocks import Judged, TokenVerdict
from archive.preservation.signatures.certificates import Certificate
from archive.preservation.signatures.cms_facts import SignedData
from archive.preservation.signatures.existence import Proof
from archive.preservation.signatures.outcomes import Outcome, open_
from archive.preservation.signatures.pdf_facts import PdfFacts, SignedField, changes_after
from archive.preservation.signatures.plain_words import (
    ALLOWED,
    CONTENT,
    DOUBTFUL,
    NOTHING,
    VOUCHED,
    gravest_change,
)
from archive.preservation.signatures.policy import IN_TURN, LOCAL_TIME, NUMBER_AND_DATE, SEAL_IMAGE, Policy
from archive.preservation.signatures.second_reader_answers import Reading, Readings
from archive.preservation.signatures.verdicts import verdict
from metadata.time import VIETNAM, from_rfc3339, rfc3339

CADES = "ETSI.CAdES.detached"
MAX_CHANGES = 50
"""Most changes that one verdict names."""

_MARKS = ("attribute-order", "byte-range", "too-many")
"""Words by which known defects of the second reader are recognised."""

_SECURE = ("whole-file", "whole-revision")
_OF_SOMEBODY_KNOWN = frozenset(
    {
        *("TRY_LATER", "NO_POE", "TIMESTAMP_ORDER_FAILURE", "REVOCATION_OUT_OF_BOUNDS_NO_POE"),
        *("OUT_OF_BOUNDS_NO_POE", "OUT_OF_BOUNDS_NOT_REVOKED", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"),
    }
)
"""What is open of a signature under a trusted path: proofs and lists are missing, who signed is not in doubt."""

_CLOCKS_DIFFER_SECONDS = 600


@dataclass(frozen=True, slots=True)
class _Told:
    outcome: Outcome
    level: str | None = None
    signer: Certificate | None = None
    signing_time: datetime | None = None
    claimed: dict[str, str] = field(default_factory=dict)
    best: Proof | None = None
    intact: bool | None = None


class PdfTelling:
    """Collects what was judged field by field, then tells all of it: a later signature vouches for earlier changes.

    Args:
        facts: Of the file.
        policy: Its practices.
        stamps: Places of document time-stamps whose imprint and value hold.
    """

    def __init__(self, facts: PdfFacts, policy: Policy, stamps: dict[int, bool]) -> None:
        self._facts = facts
        self._policy = policy
        self._stamps = [facts.fields[place] for place, intact in stamps.items() if intact]
        self._told: dict[int, _Told] = {}

    def told(self, place: int, outcome: Outcome) -> None:
        """A field that could not be judged as a signature."""
        one = self._facts.fields[place]
        intact = False if outcome.subindication == "HASH_FAILURE" else None
        claimed = _claims(one, None)
        self._told[place] = _Told(outcome, signing_time=_instant(one.claimed), claimed=claimed, intact=intact)

    def told_stamp(self, place: int, token: TokenVerdict) -> None:
        """A document time-stamp."""
        outcome = _covering(token.outcome, self._facts.fields[place])
        best = Proof(token.time, "itself") if outcome.passed and token.time is not None else None
        broken = token.outcome.subindication in ("HASH_FAILURE", "SIG_CRYPTO_FAILURE")
        intact = True if token.intact else False if broken else None
        self._told[place] = _Told(outcome, "RFC 3161", token.signer, token.time, best=best, intact=intact)

    def told_signature(self, place: int, judged: Judged, cms: SignedData) -> None:
        """A signature."""
        one = self._facts.fields[place]
        claimed = cms.signers[0].signing_time
        outcome = _covering(judged.told(), one)
        practices = [*outcome.practices]
        if _is_local(claimed, one.claimed, judged.best_time):
            practices.append(LOCAL_TIME)
        if one.has_image:
            practices.append(SEAL_IMAGE)
        notes = [*outcome.reasons, *_claim_notes(claimed, one.claimed), *_padding(cms)]
        outcome = replace(outcome, reasons=tuple(notes), practices=tuple(practices))
        self._told[place] = _Told(
            outcome,
            self._level(one, judged),
            judged.signer,
            claimed or _instant(one.claimed),
            _claims(one, claimed),
            judged.best,
            judged.intact,
        )

    def _level(self, one: SignedField, judged: Judged) -> str | None:
        """The level by what is there (EN 319 142-1, clause 6), whether it proves anything or not."""
        if one.sub_filter != CADES or not judged.names_signer:
            return one.sub_filter
        end = one.range.end if one.range else 0
        later = [s for s in self._stamps if s.range is not None and s.range.first >= end]
        if not judged.stamped and not later:
            return "B-B"
        if not self._facts.store.revocation:
            return "B-T"
        return "B-LTA" if later else "B-LT"

    def verdicts(self) -> list[dict[str, Any]]:
        """All verdicts, in the order of the fields."""
        return [self._verdict(place) for place in sorted(self._told)]

    def readings(self) -> Readings:
        """What a second reader claims to know as well."""
        found = [self._reading(place) for place in sorted(self._told)]
        crowded = any(f.problem.startswith("too-many") for f in self._facts.fields)
        # The form is read to its end and explains every signature in the bytes, or the number is not known; behind
        # the last complete revision others may see another form.
        doubtful = self._facts.problem or self._facts.remnants or self._facts.stray
        count = None if doubtful else len(found)
        return Readings(tuple(found), count, "too-many" if crowded else "")

    def _reading(self, place: int) -> Reading:
        one, told = self._facts.fields[place], self._told[place]
        marks = [word for word in _MARKS if one.problem.startswith(word)]
        marks += [word for word in _MARKS if any(r.startswith(word) for r in told.outcome.reasons)]
        signer = told.signer.sha256 if told.signer is not None else None
        coverage = "unclear" if one.problem else one.coverage
        return Reading(one.name, told.intact, signer, coverage, " ".join(dict.fromkeys(marks)))

    def _verdict(self, place: int) -> dict[str, Any]:
        one, told = self._facts.fields[place], self._told[place]
        vouched = self._vouched(place)
        texts, grave = self._changed(one, vouched)
        practices = list(told.outcome.practices)
        if grave == VOUCHED:
            practices.append(NUMBER_AND_DATE)
        if not one.is_time_stamp and sum(1 for f in self._facts.fields if not f.is_time_stamp) > 1:
            practices.append(IN_TURN)
        reasons = told.outcome.reasons
        if grave in (CONTENT, DOUBTFUL):
            what = "content" if grave == CONTENT else "something"
            reasons = (*reasons, f"changed-after: {what} behind the last signature that covers anything")
        return verdict(
            replace(told.outcome, practices=tuple(practices), reasons=reasons),
            field=one.name,
            kind="document-timestamp" if one.is_time_stamp else "signature",
            sub_filter=one.sub_filter,
            signer=told.signer,
            signing_time=told.signing_time,
            claimed_times=told.claimed,
            best=told.best,
            level=told.level,
            coverage="unclear" if one.problem else one.coverage,
            changed_after=texts,
            gravest=grave,
        )

    def _changed(self, one: SignedField, vouched: int) -> tuple[tuple[str, ...], str]:
        """What was changed after a signature, in words, and how grave it is."""
        if one.problem or one.coverage == "whole-file":
            return (), NOTHING
        forbidden = changes_after(self._facts, one)
        allowed = [
            c
            for c in self._facts.changes
            if c not in forbidden and c.allowed_from > 1 and c.revision > (one.revision or 0)
        ]
        texts = [f"revision {c.revision}: {c.what}" for c in forbidden]
        texts += [f"revision {c.revision}: {c.what} (the signer allowed it)" for c in allowed]
        grave = gravest_change(forbidden, vouched, self._policy) or (ALLOWED if allowed else NOTHING)
        doubts = self._shown_by_strangers(one)
        if self._facts.stray:
            doubts.append(f"{self._facts.stray} bytes after the last complete revision")
        if doubts and grave not in (CONTENT, DOUBTFUL):
            grave = DOUBTFUL
        return (*texts, *doubts)[:MAX_CHANGES], grave

    def _shown_by_strangers(self, one: SignedField) -> list[str]:
        """Later signatures that show something on a page though nothing tells whose they are: anybody can add such.

        A time-stamp is nobody's: an authority stamps whatever it is asked to.
        """
        found = []
        for place, told in sorted(self._told.items()):
            other = self._facts.fields[place]
            is_later = other.revision is not None and other.revision > (one.revision or 0)
            is_known = told.outcome.passed or told.outcome.subindication in _OF_SOMEBODY_KNOWN
            if is_later and other.visible and (other.is_time_stamp or not is_known):
                kind = "time-stamp, which is nobody's" if other.is_time_stamp else "signature that proves nobody"
                found.append(f"revision {other.revision}: field {other.name}: shown by a {kind}")
        return found

    def _vouched(self, place: int) -> int:
        """The last revision that a later signature (no time-stamp) that passed covers as a whole."""
        covered = [0]
        for other, told in self._told.items():
            one = self._facts.fields[other]
            is_later = other > place and not one.is_time_stamp and one.coverage in _SECURE
            if is_later and told.outcome.passed and one.revision is not None:
                covered.append(one.revision)
        return max(covered)


def _covering(outcome: Outcome, one: SignedField) -> Outcome:
    """A signature that does not cover its revision from the first byte to its end never passes."""
    if not outcome.passed or one.coverage in _SECURE:
        return outcome
    why = f"coverage: the signed bytes do not cover their revision ({one.coverage})"
    return open_("SIG_CONSTRAINTS_FAILURE", why).beside(outcome)


def _claims(one: SignedField, claimed: datetime | None) -> dict[str, str]:
    found = {"signingTime": rfc3339(claimed)} if claimed is not None else {}
    return found | ({"/M": one.claimed} if one.claimed is not None else {})


def _instant(text: str | None) -> datetime | None:
    try:
        return from_rfc3339(text) if text else None
    except ValueError:
        return None


def _is_local(claimed: datetime | None, noted: str | None, best: datetime | None) -> bool:
    """Whether `signingTime` is Vietnamese local time marked as UTC: seven hours ahead of the other times."""
    if claimed is None:
        return False
    offset = VIETNAM.utcoffset(None)
    others = [t for t in (_instant(noted), best) if t is not None]
    return any(abs((claimed - other - offset).total_seconds()) <= _CLOCKS_DIFFER_SECONDS for other in others)


def _claim_notes(claimed: datetime | None, noted: str | None) -> tuple[str, ...]:
    other = _instant(noted)
    if claimed is None or other is None or abs((claimed - other).total_seconds()) <= _CLOCKS_DIFFER_SECONDS:
        return ()
    return (f"claimed-times: signingTime {rfc3339(claimed)}, /M {rfc3339(other)}",)


def _padding(cms: SignedData) -> tuple[str, ...]:
    return () if cms.padding_is_zero else ("padding: other bytes than zero follow the CMS in /Contents",)
