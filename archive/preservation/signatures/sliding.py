"""Validation time sliding (EN 319 102-1, clauses 5.2.5, 5.2.6 and 5.6.2.2): until when a path speaks for a signature.

Every certificate below the anchor, from the anchor down, sets bounds: its
expiry, its revocation, the end of its algorithms, the age of the youngest proof
that it was not revoked. A signature passes if it is proven to be older than
all of them; with nothing proven it is as old as the moment of judging, so that
the same bounds give the validation of the present (5.3), of a signature with
time (5.5) and of the past (5.6.2.4).

Where the standard slides to the issuance of stale revocation data, we slide to
its nextUpdate: until then it spoke for the certificate (5.2.5 without a maximum
of one's own). What is proven to be younger is ignored for good reason: an
authority that has expired, or whose key was stolen, may sign any list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from archive.preservation.signatures.bounds import ALWAYS, Bound, Slide
from archive.preservation.signatures.certificates import Certificate
from archive.preservation.signatures.policy import GRACE_PERIOD, RETROACTIVE, Policy, Row
from archive.preservation.signatures.revocation import Statement
from archive.preservation.signatures.world import World
from metadata.time import rfc3339

MAX_REMEMBERED = 5_000
"""Paths of one world whose bounds are kept: a world may be judged in for days."""

NO_GRACE = timedelta(0)

_INSTANT = timedelta(microseconds=1)
_HOLD = "certificateHold"
_RELEASED = "removeFromCRL"


def slide(
    path: tuple[Certificate, ...], world: World, pinned: datetime | None = None, grace: timedelta = NO_GRACE
) -> Slide:
    """What bounds `path` (the signer first, the anchor last); found once for each path and world.

    Args:
        path: Every signature on it is genuine.
        world: Revocation data, proofs, policy and time.
        pinned: When the signer's certificate is known to have existed because a signature of that
            proven time names it.
        grace: By how much younger than a signature revocation data about its signer must be.
    """
    key = ("slide", path, pinned, grace)
    found: Slide | None = world.memory.get(key)
    if found is None:
        if len(world.memory) > MAX_REMEMBERED:
            world.memory.clear()
        found = _anchored(path[0], world) if len(path) == 1 else _next(path, world, pinned, grace)
        world.memory[key] = found
    return found


def _anchored(anchor: Certificate, world: World) -> Slide:
    """An anchor is trusted as such: dates and signature of an authority are not looked at, its key is (5.2.6.4).

    Two things are looked at all the same: whether an authority above it, which happens to be known as
    well, has revoked it, and whether somebody's own certificate, made an anchor, has expired.
    """
    found = Slide(world.at).bounded(*_key_end(anchor, world.policy))
    for issuer in world.trust.issuers_of(anchor):
        if issuer != anchor and anchor.issued_by(issuer):
            said = _said(anchor, issuer, world)
            found = replace(found, sources=found.sources | {s.source for s in said})
            found = found.bounded(*(_revoked(anchor, s, world) for s in said if _is_revocation(s)))
    return found if anchor.is_authority or not anchor.extensions else found.bounded(*_validity(anchor, None, world))


def _next(path: tuple[Certificate, ...], world: World, pinned: datetime | None, grace: timedelta) -> Slide:
    """One step of the slide (5.6.2.2.4): a certificate below authorities whose bounds are known."""
    subject = path[0]
    above = slide(path[1:], world)
    cause = _raised(above.cause) if above.cause is not None else None
    state = replace(above, bounds=tuple(_raised(b) for b in above.bounds), cause=cause)
    existed = world.existence.since(subject.sha256, world.at)
    if pinned is not None and pinned < existed:
        existed = pinned
    # Below a bound by everything nothing is left to prove: more of it would only be told in vain.
    if existed > state.control > ALWAYS:
        state = state.bounded(_unproven(subject, state))
    key = tuple(_key_end(subject, world.policy))
    # What is said of a key that proves nothing at any time need not be asked for.
    state = state.bounded(*_signature_end(subject, world.policy), *(b for b in key if b.until == ALWAYS))
    state, reach = _revocation(path, state, world, grace)
    # Otherwise its own key comes last: what its authority says of it does not hang on that.
    return state.bounded(*(b for b in key if b.until != ALWAYS), *_validity(subject, reach, world))


def _raised(bound: Bound) -> Bound:
    """The same bound, seen from one certificate further below."""
    word = {"REVOKED_NO_POE": "REVOKED_CA_NO_POE", "OUT_OF_BOUNDS_NOT_REVOKED": "OUT_OF_BOUNDS_NO_POE"}
    return replace(bound, depth=bound.depth + 1, word=word.get(bound.word, bound.word))


# ------------------------------------------------------------ algorithms (5.2.6.4 step 6, 5.6.2.2.4 step 2 d)


def _signature_end(subject: Certificate, policy: Policy) -> Iterator[Bound]:
    name = subject.digest_name
    row = policy.digest_row(name)
    yield from _end(row, f"digest {name}, in the certificate of {subject.name}", subject)


def _key_end(subject: Certificate, policy: Policy) -> Iterator[Bound]:
    kind, bits = subject.key
    row = policy.key_row(kind, bits, subject.public_key.curve)
    if row is None or row.until is not None:
        key = subject.public_key.curve or (f"RSA of {bits} bits" if kind == "rsa" else kind)
        yield from _end(row, f"key {key} of {subject.name}", subject)


def _end(row: Row | None, what: str, subject: Certificate) -> Iterator[Bound]:
    if row is None:
        yield Bound(ALWAYS, "CRYPTO_CONSTRAINTS_FAILURE", f"algorithm: the policy does not know {what}", 0, "algorithm")
    elif row.until is not None:
        # What a certificate made after the end has signed was made after the end as well: no proof can help.
        late = subject.not_before >= row.until
        word = "CRYPTO_CONSTRAINTS_FAILURE" if late else "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
        why = f"algorithm: {what}: until {rfc3339(row.until)} ({row.source})"
        helps = "" if late else f"proof-of-time: before {rfc3339(row.until)}"
        yield Bound(row.until - _INSTANT, word, why, 0, "algorithm", helps=helps)


# ------------------------------------------------------------ proofs of existence (5.6.2.2.4 step 2 a)


def _unproven(subject: Certificate, state: Slide) -> Bound:
    word = _inherited(state, "NO_POE")
    when = rfc3339(state.control)
    why = f"no-proof: nothing proves that the certificate of {subject.name} is older than {when}"
    return Bound(ALWAYS, word, why, 0, "unproven", helps=f"proof-of-time: certificate of {subject.name} before {when}")


def _inherited(state: Slide, otherwise: str) -> str:
    """The word for what is open only because of a bound further up."""
    cause = state.cause
    if cause is None or cause.kind == "expired":
        return otherwise
    return cause.word


# ------------------------------------------------------------ revocation (5.2.5, 5.2.6.4, 5.6.2.2.4 steps 2 a to c)


def _revocation(
    path: tuple[Certificate, ...], state: Slide, world: World, grace: timedelta
) -> tuple[Slide, datetime | None]:
    """The slide with what is known of the revocation of `path[0]`, and until when it is known to be good."""
    subject, issuer = path[0], path[1]
    said = _said(subject, issuer, world)
    offices = [_office(s.issuer, path, world) for s in said if s.issuer is not None and s.issuer != issuer]
    sources = state.sources.union({s.source for s in said}, *(o.sources for o in offices))
    signers = {*state.signers, *(s.issuer for s in said if s.issuer is not None and s.issuer != issuer)}
    state = replace(state, sources=sources, signers=tuple(sorted(signers, key=lambda c: c.der)))
    revoked = [s for s in said if _is_revocation(s)]
    good = [s for s in said if s.revoked_at is None or s.reason == _RELEASED]
    # A hold is lifted by an answer that counts: who has an old key could lift any.
    speaking = [s for s in good if _speaks(s, path, state, world)]
    held = [_held(subject, s, speaking) for s in said if s.revoked_at is not None and s.reason == _HOLD]
    if revoked:
        first = min((_revoked(subject, s, world) for s in revoked), key=lambda b: b.until)
        return state.bounded(first, *held), None
    state = state.bounded(*held)
    if any(b.again is None for b in held):
        return state, None
    if state.control == ALWAYS:
        return _in_vain(path, state, good, world), None
    if not speaking:
        return _unknown(path, state, good, world), None
    best = max(speaking, key=lambda s: _reach(s, grace))
    if _is_late(best, subject):
        state = replace(state, practices=state.practices | {RETROACTIVE})
    if grace:
        state = replace(state, practices=state.practices | {GRACE_PERIOD})
    reach = _reach(best, grace)
    return _stale(path, state, reach, world), reach


def _said(subject: Certificate, issuer: Certificate, world: World) -> tuple[Statement, ...]:
    """In an order of their own: the same data in another order gives the same verdict to the letter."""
    return tuple(sorted(world.revocations.statements(subject, issuer), key=_order))


def _is_revocation(statement: Statement) -> bool:
    return statement.revoked_at is not None and statement.reason not in (_HOLD, _RELEASED)


def _office(delegate: Certificate, path: tuple[Certificate, ...], world: World) -> Slide:
    """What bounds somebody who speaks for the issuer of `path[0]`: another key of it, or a responder.

    A responder of whom nobody need ask (`no-check`) is bounded by its own dates, everybody else like any
    certificate. What a delegate says of itself counts for nothing.
    """
    key = ("office", delegate, path[1:])
    found: Slide | None = world.memory.get(key)
    if found is None:
        world.memory[key] = Slide(ALWAYS)
        found = Slide(ALWAYS)
        if delegate in path[2:]:
            # An authority's own certificate for its new or old key: the list is signed by the other one.
            found = slide(path[path.index(delegate) :], world)
            world.memory[key] = found
            return found
        above = next((p for p in (path[1:], path[2:]) if p and delegate.issued_by(p[0])), None)
        if above is not None and delegate.is_ocsp_responder:
            bounds = (*_signature_end(delegate, world.policy), *_key_end(delegate, world.policy))
            found = Slide(slide(above, world).control).bounded(*bounds, *_validity(delegate, None, world))
        elif above is not None:
            found = slide((delegate, *above), world)
        world.memory[key] = found
    return found


def _order(statement: Statement) -> tuple[datetime, str]:
    return statement.this_update, statement.source


def _revoked(subject: Certificate, statement: Statement, world: World) -> Bound:
    since = statement.revoked_at or world.at
    told = f"{rfc3339(since)} ({statement.reason or 'no reason given'})"
    if statement.invalid_since is not None and statement.invalid_since < since:
        # The issuer itself does not believe what was signed between the loss of the key and its revocation.
        since = statement.invalid_since
        told += f", not to be believed since {rfc3339(since)}"
    helps = f"proof-of-time: before {rfc3339(since)}"
    return Bound(
        _before(since, _INSTANT), "REVOKED_NO_POE", f"revoked: {subject.name} since {told}", 0, "revoked", helps=helps
    )


def _held(subject: Certificate, statement: Statement, speaking: list[Statement]) -> Bound:
    """A hold is no revocation: it may be lifted, until then the verdict waits (5.2.6.4: TRY_LATER)."""
    lifted = [s.this_update for s in speaking if s.this_update > statement.this_update]
    since = statement.revoked_at or statement.this_update
    why = f"on-hold: {subject.name} since {rfc3339(since)}"
    if lifted:
        why += f", lifted by {rfc3339(min(lifted))}"
    helps = f"revocation-data: {subject.name}"
    return Bound(_before(since, _INSTANT), "TRY_LATER", why, 0, "held", again=min(lifted, default=None), helps=helps)


def _limit(statement: Statement, path: tuple[Certificate, ...], state: Slide, world: World) -> datetime:
    """How old a list or answer must be proven to be: older than the end of its signer and of its digest."""
    row = world.policy.digest_row(statement.digest)
    if row is None:
        return ALWAYS
    limit = state.control if row.until is None else min(state.control, row.until - _INSTANT)
    if statement.issuer is not None and statement.issuer != path[1]:
        limit = min(limit, _office(statement.issuer, path, world).control)
    return limit


def _is_late(statement: Statement, subject: Certificate) -> bool:
    return statement.this_update > subject.not_after and not statement.speaks_of_expired


def _speaks(statement: Statement, path: tuple[Certificate, ...], state: Slide, world: World) -> bool:
    """Whether it is evidence at all: about this certificate, in its life, and proven to be genuine in its time."""
    issued = statement.this_update
    if issued < path[0].not_before:
        return False
    if _is_late(statement, path[0]) and world.policy.practices[RETROACTIVE].value != "on":
        return False
    limit = _limit(statement, path, state, world)
    if limit == ALWAYS:
        return False
    return issued <= limit + world.policy.slack and world.existence.since(statement.source, world.at) <= limit


def _reach(statement: Statement, grace: timedelta = NO_GRACE) -> datetime:
    """Until when it tells that the certificate was good (5.2.5)."""
    if grace:
        return _before(statement.this_update, grace)
    return max(statement.this_update, statement.next_update or statement.this_update)


def _unknown(path: tuple[Certificate, ...], state: Slide, said: list[Statement], world: World) -> Slide:
    subject = path[0]
    alive = subject.not_after >= world.at
    existed = [s for s in said if subject.not_before <= s.this_update <= subject.not_after]
    limits = [_limit(s, path, state, world) for s in existed]
    if existed and all(ALWAYS < limit < world.at for limit in limits):
        word = "TRY_LATER" if alive and state.cause is None else "REVOCATION_OUT_OF_BOUNDS_NO_POE"
        what = f"no answer that is proven to be older than {rfc3339(limits[-1])}"
    else:
        word, what = ("TRY_LATER" if alive else "OUT_OF_BOUNDS_NO_POE"), "only stale answers" if said else "no answer"
    word = _inherited(state, word)
    helps = f"revocation-data: {subject.name}"
    bound = Bound(ALWAYS, word, f"revocation-unknown: {what} about {subject.name}", 0, "unknown", helps=helps)
    return _wanting(state.bounded(bound), path, world)


def _in_vain(path: tuple[Certificate, ...], state: Slide, said: list[Statement], world: World) -> Slide:
    """Below a bound by everything no answer counts; which one is missing is told where it can still be had."""
    subject = path[0]
    fresh = any(s.this_update >= subject.not_before and _reach(s) >= world.at for s in said)
    waits = state.cause is not None and state.cause.word == "TRY_LATER" and subject.not_after >= world.at
    return state if fresh or not waits else _unknown(path, state, said, world)


def _stale(path: tuple[Certificate, ...], state: Slide, reach: datetime, world: World) -> Slide:
    subject = path[0]
    if reach >= min(state.control, subject.not_after):
        return state
    word = _inherited(state, "TRY_LATER" if subject.not_after >= world.at else "OUT_OF_BOUNDS_NO_POE")
    why = f"revocation-unknown: only stale answers about {subject.name}, the youngest speaks until {rfc3339(reach)}"
    bound = Bound(reach, word, why, 0, "unknown", helps=f"revocation-data: {subject.name}")
    return _wanting(state.bounded(bound), path, world)


def _wanting(state: Slide, path: tuple[Certificate, ...], world: World) -> Slide:
    """An expired certificate is asked about in vain: authorities drop it from their lists."""
    if path[0].not_after < world.at:
        return state
    return replace(state, wanted=(*state.wanted, (path[0], path[1])))


def _before(moment: datetime, by: timedelta) -> datetime:
    """Certificates may bear the first day of the calendar."""
    return moment - by if moment - ALWAYS > by else ALWAYS


# ------------------------------------------------------------ validity (5.2.6.4)


def _validity(subject: Certificate, reach: datetime | None, world: World) -> Iterator[Bound]:
    period = f"{rfc3339(subject.not_before)} to {rfc3339(subject.not_after)}"
    why = f"out-of-bounds: {subject.name} is valid {period}"
    # Clocks differ: a stamp may lie seconds before the certificate that was issued for it.
    begins = _before(subject.not_before, world.policy.slack)
    yield Bound(ALWAYS, "OUT_OF_BOUNDS_NO_POE", why, 0, "early", again=begins)
    if subject.not_after < world.at:
        known = reach is not None and reach >= subject.not_after
        word = "OUT_OF_BOUNDS_NOT_REVOKED" if known else "OUT_OF_BOUNDS_NO_POE"
        helps = f"proof-of-time: before {rfc3339(subject.not_after)}"
        yield Bound(subject.not_after, word, why, 0, "expired", helps=helps)
