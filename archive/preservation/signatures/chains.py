"""Certificate paths: built to an anchor, then judged at a time (EN 319 102-1, clauses 5.2.6 and 5.6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from archive.preservation.signatures import policy
from archive.preservation.signatures.certificates import Certificate
from archive.preservation.signatures.revocation import Revocations
from metadata.time import rfc3339

MAX_DEPTH = 8
MAX_TRIES = 200
"""Most signatures between certificates that are verified for one path search."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a building block: a sub-indication (None: passed) with its reasons."""

    subindication: str | None = None
    reasons: tuple[str, ...] = ()
    failed: bool = False
    """The sub-indication belongs to TOTAL_FAILED, not to INDETERMINATE."""

    @property
    def passed(self) -> bool:
        """Whether nothing is left to object."""
        return self.subindication is None


@dataclass(frozen=True, slots=True)
class Moment:
    """The time for which a path is judged."""

    when: datetime
    """Best signature time, or the time of judging where nothing proves an earlier one."""

    proven: bool
    """Whether a proof of existence stands behind `when`."""

    evidence: datetime
    """Until when the revocation data is known to have existed: the youngest document time-stamp, else now."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Anchors and known certificates of one judgement."""

    anchors: frozenset[bytes]
    by_subject: dict[bytes, tuple[Certificate, ...]] = field(repr=False)

    @classmethod
    def of(cls, anchors: list[Certificate], others: list[Certificate]) -> Trust:
        """Anchors first, so that the shortest path is found first."""
        index: dict[bytes, tuple[Certificate, ...]] = {}
        for candidate in dict.fromkeys([*anchors, *others]):
            index[candidate.subject] = (*index.get(candidate.subject, ()), candidate)
        return cls(frozenset(a.der for a in anchors), index)

    def extended(self, others: list[Certificate]) -> Trust:
        """The same trust with more certificates known."""
        index = dict(self.by_subject)
        for candidate in dict.fromkeys(others):
            if candidate not in index.get(candidate.subject, ()):
                index[candidate.subject] = (*index.get(candidate.subject, ()), candidate)
        return Trust(self.anchors, index)


def paths(leaf: Certificate, trust: Trust) -> Iterator[tuple[Certificate, ...]]:
    """Paths from `leaf` to an anchor, leaf first; every signature on them is genuine."""
    tries = [MAX_TRIES]
    yield from _paths((leaf,), trust, tries)


def _paths(so_far: tuple[Certificate, ...], trust: Trust, tries: list[int]) -> Iterator[tuple[Certificate, ...]]:
    last = so_far[-1]
    if last.der in trust.anchors:
        yield so_far
        return
    if len(so_far) >= MAX_DEPTH:
        return
    for issuer in trust.by_subject.get(last.issuer, ()):
        if issuer in so_far or tries[0] <= 0:
            continue
        tries[0] -= 1
        if last.issued_by(issuer):
            yield from _paths((*so_far, issuer), trust, tries)


def judge_chain(leaf: Certificate, trust: Trust, revocations: Revocations, moment: Moment) -> Outcome:
    """The best outcome over all paths of `leaf`."""
    if not trust.anchors:
        return Outcome("NO_CERTIFICATE_CHAIN_FOUND", ("trust-empty: no certificate is trusted yet",))
    first: Outcome | None = None
    for path in paths(leaf, trust):
        outcome = _judge_path(path, revocations, moment)
        if outcome.passed:
            return outcome
        first = first or outcome
    if first is not None:
        return first
    issuer = leaf.parsed.issuer.rfc4514_string()
    return Outcome("NO_CERTIFICATE_CHAIN_FOUND", (f"no-chain: no path from the issuer {issuer} to a trusted anchor",))


def _judge_path(path: tuple[Certificate, ...], revocations: Revocations, moment: Moment) -> Outcome:
    notes: list[str] = []
    # Revocation stands before validity: an expired certificate may have been
    # revoked as well, and whoever holds a stolen key waits for just that.
    for step in (_constraints, _algorithms):
        outcome = step(path, moment)
        if not outcome.passed:
            return outcome
    status = _revocation(path, revocations, moment)
    if status.subindication not in (None, "TRY_LATER"):
        return status
    outcome = _validity(path, moment)
    if not outcome.passed:
        return outcome
    notes += status.reasons
    return Outcome(status.subindication, tuple(notes))


def _constraints(path: tuple[Certificate, ...], _moment: Moment) -> Outcome:
    for depth, member in enumerate(path[1:]):
        is_anchor = depth == len(path) - 2
        if not member.is_authority and not (is_anchor and not member.extensions):
            return Outcome("CERTIFICATE_CHAIN_GENERAL_FAILURE", (f"not-an-authority: {member.name}",))
        if member.path_length is not None and member.path_length < depth:
            return Outcome("CERTIFICATE_CHAIN_GENERAL_FAILURE", (f"path-too-long: below {member.name}",))
    for member in path[:-1]:
        unknown = [oid for oid in member.not_understood if not (member is path[0] and oid == "1.3.6.1.5.5.7.1.3")]
        if unknown:
            why = f"critical-extension: {', '.join(unknown)} in {member.name}"
            return Outcome("CERTIFICATE_CHAIN_GENERAL_FAILURE", (why,))
    return Outcome()


def _algorithms(path: tuple[Certificate, ...], moment: Moment) -> Outcome:
    word = "CRYPTO_CONSTRAINTS_FAILURE" if moment.proven else "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    for member in path[:-1]:
        why = policy.refused_digest(member.digest_name, moment.when) or policy.refused_key(*member.key, moment.when)
        if why:
            return Outcome(word, (f"algorithm: {why}, in the certificate of {member.name}",))
    why = policy.refused_key(*path[-1].key, moment.when)
    return Outcome(word, (f"algorithm: {why}, in the anchor {path[-1].name}",)) if why else Outcome()


def _revocation(path: tuple[Certificate, ...], revocations: Revocations, moment: Moment) -> Outcome:
    unknown: list[str] = []
    notes: list[str] = []
    for position in range(len(path) - 2, -1, -1):
        subject, issuer = path[position], path[position + 1]
        status = revocations.status(subject, issuer, moment.when)
        if status.word == "revoked" and status.revoked_at is not None:
            since = f"{rfc3339(status.revoked_at)} ({status.reason or 'no reason given'})"
            if not moment.proven or moment.when >= status.revoked_at:
                word = "REVOKED_NO_POE" if position == 0 else "REVOKED_CA_NO_POE"
                return Outcome(word, (f"revoked: {subject.name} since {since}",))
            notes.append(f"revoked-later: {subject.name} since {since}, after the proven time")
        elif status.word == "unknown":
            had = "only stale answers" if status.answers else "no answer"
            unknown.append(f"revocation-unknown: {had} about {subject.name}")
    return Outcome("TRY_LATER", tuple(unknown)) if unknown else Outcome(None, tuple(notes))


def _validity(path: tuple[Certificate, ...], moment: Moment) -> Outcome:
    leaf = path[0]
    if moment.proven and moment.when < leaf.not_before:
        why = f"not-yet-valid: proven time {rfc3339(moment.when)} lies before {rfc3339(leaf.not_before)}"
        return Outcome("NOT_YET_VALID", (why,), failed=True)
    for member in path[:-1]:
        if not member.valid_at(moment.when):
            period = f"{rfc3339(member.not_before)} to {rfc3339(member.not_after)}"
            return Outcome("OUT_OF_BOUNDS_NO_POE", (f"out-of-bounds: {member.name} is valid {period}",))
    for member in path[1:-1]:
        # What an expired authority is said to have signed counts only if it is
        # proven to be older than the expiry.
        if moment.evidence > member.not_after:
            why = f"evidence-too-young: {member.name} expired and nothing proves that its lists are older"
            return Outcome("OUT_OF_BOUNDS_NO_POE", (why,))
    return Outcome()
