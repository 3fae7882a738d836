"""Certificate paths: built to an anchor, then judged for a time (EN 319 102-1, clauses 5.2.6 and 5.6.2.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from archive.preservation.signatures.bounds import Bound, Slide
from archive.preservation.signatures.certificates import Certificate
from archive.preservation.signatures.outcomes import Outcome, open_
from archive.preservation.signatures.path_constraints import judge_constraints
from archive.preservation.signatures.policy import GRACE_PERIOD, MISSING_INTERMEDIATE
from archive.preservation.signatures.sliding import NO_GRACE, slide
from archive.preservation.signatures.world import Trust, World
from metadata.time import rfc3339

MAX_DEPTH = 8
MAX_TRIES = 200
"""Most signatures between certificates that are verified for one path search."""

MAX_PATHS = 20
"""Most paths of one certificate that are judged; cross certificates can make any number."""

_GRAVITY = ("revoked", "early", "expired", "algorithm", "held", "unproven", "unknown")


@dataclass(frozen=True, slots=True)
class Moment:
    """The time for which a path is judged."""

    when: datetime
    """Best signature time, or the time of judging where nothing proves an earlier one."""

    proven: bool = False
    """Whether a proof of existence stands behind `when`."""

    earliest: datetime | None = None
    """When the signature cannot have existed yet: it signs a time-stamp of this time."""

    names_signer: bool = False
    """The signature itself names the certificate, so that proof of the one is proof of the other."""

    is_document: bool = False
    """It is a person's or an agency's signature, no time-stamp: the policy's grace period is for these."""


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """What came of a certificate, with all that was looked at."""

    outcome: Outcome
    path: tuple[Certificate, ...] = ()
    """The path that decided; empty: there is none."""

    control: datetime | None = None
    """Until when the path speaks."""

    certificates: frozenset[Certificate] = frozenset()
    """Of all paths that were judged, and delegates that answered about them."""

    sources: frozenset[str] = frozenset()
    """SHA-256 of the lists and answers that were looked at."""

    wanted: tuple[tuple[Certificate, Certificate], ...] = ()
    """Certificates of the deciding path of whose revocation nothing fresh is known, each with its issuer."""


def paths(leaf: Certificate, trust: Trust) -> Iterator[tuple[Certificate, ...]]:
    """Paths from `leaf` to an anchor, leaf first; every signature on them is genuine."""
    tries = [MAX_TRIES]
    yield from _paths((leaf,), trust, tries)


def _paths(so_far: tuple[Certificate, ...], trust: Trust, tries: list[int]) -> Iterator[tuple[Certificate, ...]]:
    last = so_far[-1]
    if last.der in trust.anchors:
        yield so_far
        if len(so_far) > 1 or last.is_authority:
            return
    if len(so_far) >= MAX_DEPTH:
        return
    for issuer in trust.issuers_of(last):
        if issuer in so_far or tries[0] <= 0:
            continue
        tries[0] -= 1
        if last.issued_by(issuer):
            yield from _paths((*so_far, issuer), trust, tries)


def _known_paths(leaf: Certificate, world: World) -> tuple[tuple[Certificate, ...], ...]:
    key = ("paths", leaf)
    found: tuple[tuple[Certificate, ...], ...] | None = world.memory.get(key)
    if found is None:
        found = tuple(path for path, _ in zip(paths(leaf, world.trust), range(MAX_PATHS), strict=False))
        if not leaf.is_authority and any(len(path) > 1 for path in found):
            # Somebody's own certificate among the anchors does not spare it what its authority says of it.
            found = tuple(path for path in found if len(path) > 1)
        world.memory[key] = found
    return found


def judge_chain(leaf: Certificate, world: World, moment: Moment) -> ChainVerdict:
    """The best outcome over all paths of `leaf` (5.2.6.4, 5.6.2.1.4: another path is tried as long as one is left)."""
    if not world.trust.anchors:
        return ChainVerdict(open_("NO_CERTIFICATE_CHAIN_FOUND", "trust-empty: no certificate is trusted yet"))
    pinned = moment.when if moment.names_signer and moment.proven else None
    best: ChainVerdict | None = None
    certificates: set[Certificate] = set()
    sources: set[str] = set()
    for path in _known_paths(leaf, world):
        found = _judge_path(path, world, moment, pinned)
        certificates |= found.certificates
        sources |= found.sources
        if best is None or found.outcome.nearness > best.outcome.nearness:
            best = found
        if found.outcome.passed:
            break
    if best is None:
        return _no_path(leaf, world)
    return ChainVerdict(best.outcome, best.path, best.control, frozenset(certificates), frozenset(sources), best.wanted)


def _no_path(leaf: Certificate, world: World) -> ChainVerdict:
    """5.2.6.4: NO_CERTIFICATE_CHAIN_FOUND, told from the last certificate that could be found."""
    last, seen = leaf, {leaf}
    while True:
        above = [c for c in world.trust.issuers_of(last) if c not in seen and last.issued_by(c)]
        if not above or len(seen) > MAX_DEPTH:
            break
        last = above[0]
        seen.add(last)
    if last.is_self_issued and last.issued_by(last):
        why = f"no-chain: the path of {leaf.name} ends in {last.name}, which is not trusted"
        outcome = open_("NO_CERTIFICATE_CHAIN_FOUND", why, f"trust-anchor: {last.name} (SHA-256 {last.sha256})")
        return ChainVerdict(outcome, certificates=frozenset(seen))
    issuer = last.issuer_name.printable
    outcome = Outcome(
        "NO_CERTIFICATE_CHAIN_FOUND",
        (f"no-chain: no path from the issuer {issuer} to a trusted anchor",),
        practices=(MISSING_INTERMEDIATE,),
        would_help=(f"intermediate-certificate: {issuer}",),
    )
    return ChainVerdict(outcome, certificates=frozenset(seen))


def _judge_path(path: tuple[Certificate, ...], world: World, moment: Moment, pinned: datetime | None) -> ChainVerdict:
    seen = frozenset(path)
    constraints = judge_constraints(path)
    if not constraints.passed:
        return ChainVerdict(constraints, path, certificates=seen)
    grace = timedelta(days=world.policy.practices[GRACE_PERIOD].days) if moment.is_document else NO_GRACE
    slid = slide(path, world, pinned, grace)
    stopping = [b for b in slid.bounds if b.stops(moment.when)]
    outcome = _stopped(stopping, world, moment) if stopping else Outcome(None, tuple(_notes(slid)))
    outcome = replace(outcome, practices=tuple(sorted({*outcome.practices, *slid.practices})))
    return ChainVerdict(outcome, path, slid.control, seen | set(slid.signers), slid.sources, slid.wanted)


def _stopped(stopping: list[Bound], world: World, moment: Moment) -> Outcome:
    """The gravest bound gives the word, all of them the reasons."""
    # Revocation stands before validity: an expired certificate may have been
    # revoked as well, and whoever holds a stolen key waits for just that.
    ordered = sorted(stopping, key=lambda b: (_GRAVITY.index(b.kind), b.depth))
    proven_false = _proven_false(ordered, world, moment)
    if proven_false is not None:
        return proven_false
    helps = tuple(dict.fromkeys(b.helps for b in ordered if b.helps))
    return Outcome(ordered[0].word, tuple(b.reason for b in ordered), would_help=helps)


def _proven_false(stopping: list[Bound], world: World, moment: Moment) -> Outcome | None:
    """REVOKED, EXPIRED and NOT_YET_VALID (5.1.3, table 6): the signature is proven to be of the wrong time."""
    slack = world.policy.slack
    for bound in stopping:
        if bound.depth:
            continue
        if bound.kind == "early" and moment.proven:
            why = f"not-yet-valid: the signature existed at {rfc3339(moment.when)}; {bound.reason}"
            return Outcome("NOT_YET_VALID", (why,), failed=True)
        word = {"revoked": "REVOKED", "expired": "EXPIRED"}.get(bound.kind)
        if word and moment.earliest is not None and moment.earliest - slack > bound.until:
            why = f"signed-after: the signature signs a time-stamp of {rfc3339(moment.earliest)}"
            return Outcome(word, (why, bound.reason), failed=True)
    return None


def _notes(slid: Slide) -> Iterator[str]:
    for bound in slid.bounds:
        if bound.kind == "revoked":
            yield f"revoked-later: {bound.reason.removeprefix('revoked: ')}, after the proven time"
        elif bound.kind == "held":
            yield bound.reason
        elif bound.kind == "expired":
            yield f"expired-later: {bound.reason.removeprefix('out-of-bounds: ')}"
