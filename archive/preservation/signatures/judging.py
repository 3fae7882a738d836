"""Decides on one signature, in the order of EN 319 102-1, clauses 5.3, 5.5 and 5.6.

Format, digest and signature value come before the certificate, because they
can prove a signature false whatever is trusted; then the time-stamps, then the
path at the best proven time, then the algorithms. Past validation is no second
engine: `sliding` gives the bounds of a path for every time at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from archive.preservation.signatures.algorithms import digest_is
from archive.preservation.signatures.blocks import Judged, SignerBlock, TokenVerdict, Used, used_together
from archive.preservation.signatures.certificates import Certificate
from archive.preservation.signatures.chains import Moment, judge_chain
from archive.preservation.signatures.existence import SIGNATURE_STAMP, Proof
from archive.preservation.signatures.outcomes import PASSED, Outcome, open_
from archive.preservation.signatures.signers import judge_value, signer_of
from archive.preservation.signatures.tokens_judging import judge_prepared
from archive.preservation.signatures.world import World
from metadata.time import rfc3339

_FALSE = frozenset({"HASH_FAILURE", "SIG_CRYPTO_FAILURE", "SIG_CONSTRAINTS_FAILURE"})
"""Of digest and value: SIG_CONSTRAINTS_FAILURE is a value over attributes in another order than DER."""

_BEFORE_ACCEPTANCE = frozenset(
    {
        "NO_CERTIFICATE_CHAIN_FOUND",
        "CERTIFICATE_CHAIN_GENERAL_FAILURE",
        "CHAIN_CONSTRAINTS_FAILURE",
        "REVOKED_NO_POE",
        "REVOKED_CA_NO_POE",
    }
)


def judge_signer(block: SignerBlock, world: World, *, earliest: datetime | None = None) -> Judged:
    """Everything about one signature but what later revisions of its file changed.

    Args:
        block: The signature. That it existed at a time is proven by its own time-stamps, and by what
            `world.existence` says of the SHA-256 of its value.
        world: Knows already what the file brings (`World.with_material`).
        earliest: Time of a good time-stamp among the signed bytes: the signature is younger.
    """
    # A broken digest or value is told whatever is known of the signer (5.3: FAILED ends the process).
    signer = signer_of(block, world)
    known = None if isinstance(signer, Outcome) else signer
    base = Judged(PASSED, known, names_signer=block.named is not None)
    if not block.integrity.passed:
        return replace(base, outcome=block.integrity, intact=_broken(block.integrity))
    if isinstance(signer, Outcome):
        return replace(base, outcome=signer)
    value = judge_value(block, signer)
    if not value.passed:
        return replace(base, outcome=value, intact=_broken(value))
    base = _with_time(replace(base, intact=True, notes=block.notes), block, world)
    contents = tuple(judge_prepared(s.token, s.readings, world) for s in block.content_stamps)
    younger_than = max((t.proves for t in contents if t.proves is not None), default=None)
    floor = max((t for t in (younger_than, earliest) if t is not None), default=None)
    used = used_together((base.used, *(t.used for t in contents)))
    return _accepted(replace(base, used=used), block, signer, world, floor)


def _broken(outcome: Outcome) -> bool | None:
    return False if outcome.subindication in _FALSE else None


def _with_time(base: Judged, block: SignerBlock, world: World) -> Judged:
    """Best signature time (5.5.4, steps 1 and 3): the earliest that anything proves."""
    best = world.existence.of(hashlib.sha256(block.signature).hexdigest())
    if best is not None and best.time >= world.at:
        best = None
    stamps: list[TokenVerdict] = []
    notes, practices, helps = list(base.notes), list(base.practices), list[str]()
    for stamp in block.stamps:
        token = judge_prepared(stamp.token, stamp.readings, world)
        stamps.append(token)
        if token.proves is None:
            # A time-stamp that cannot be used is a fact and no failure of the signature.
            time = rfc3339(token.time) if token.time else "unknown time"
            why = next(iter(token.outcome.reasons), "")
            notes.append(f"time-stamp-unused: {time}, {token.outcome.subindication}: {why}")
            helps += token.outcome.would_help
            continue
        notes += token.outcome.reasons
        practices += token.outcome.practices
        if best is None or token.proves < best.time:
            best = Proof(token.proves, stamp.name or SIGNATURE_STAMP)
    return replace(
        base,
        best=best,
        stamped=any(t.intact for t in stamps),
        stamps=tuple(stamps),
        notes=tuple(notes),
        practices=tuple(practices),
        would_help=tuple(helps),
        used=used_together((base.used, *(t.used for t in stamps))),
    )


def _accepted(base: Judged, block: SignerBlock, signer: Certificate, world: World, floor: datetime | None) -> Judged:
    """The certificate at the best time (5.2.6, 5.5.4, 5.6.2.4), then what the signature itself must keep (5.2.8)."""
    when = base.best.time if base.best else world.at
    moment = Moment(when, base.best is not None, floor, base.names_signer, is_document=True)
    chain = judge_chain(signer, world, moment)
    checks = (
        _order(base, world, floor),
        _constraints(block, signer),
        _references(block, chain.path, world),
        _algorithm(block, signer, moment, world),
    )
    acceptance = [c for c in checks if c.reasons]
    first = _first(chain.outcome, acceptance)
    return replace(
        base,
        outcome=first.beside(chain.outcome, *acceptance),
        path=chain.path,
        revocation_known=bool(chain.sources),
        used=base.used.joined(Used.by_chain(chain)),
    )


def _first(chain: Outcome, acceptance: list[Outcome]) -> Outcome:
    """Which outcome gives the word (5.3.4): no path or a revocation, then acceptance, then what time may heal."""
    refused = next((c for c in acceptance if not c.passed), None)
    if refused is None or chain.failed or chain.subindication in _BEFORE_ACCEPTANCE:
        return chain
    return refused


def _order(base: Judged, world: World, floor: datetime | None) -> Outcome:
    """5.5.4: what the signature signs must be older than the stamp on the signature; clocks may differ a little."""
    if floor is None or base.best is None or floor <= base.best.time + world.policy.slack:
        return PASSED
    why = f"time-stamp-order: it signs a time-stamp of {rfc3339(floor)} and is stamped {rfc3339(base.best.time)}"
    return open_("TIMESTAMP_ORDER_FAILURE", why)


def _constraints(block: SignerBlock, signer: Certificate) -> Outcome:
    """Signature constraints (5.2.8.4.1)."""
    if not signer.may_sign_documents:
        return open_("SIG_CONSTRAINTS_FAILURE", f"key-usage: {signer.name} may not sign documents")
    if block.constraints:
        return Outcome("SIG_CONSTRAINTS_FAILURE", block.constraints)
    return PASSED


def _references(block: SignerBlock, path: tuple[Certificate, ...], world: World) -> Outcome:
    """5.2.8.4.2.1: whichever certificates the signer named are those of the path, or one above its anchor."""
    if not path:
        return PASSED
    anchor = path[-1]
    known = [*path, *(c for c in world.trust.issuers_of(anchor) if anchor.issued_by(c))]
    strangers = [value for name, value in block.references if not any(digest_is(name, value, c.der) for c in known)]
    if not strangers:
        return PASSED
    why = f"signing-certificate: {len(strangers)} of the certificates that the signer named are not on the path"
    return open_("SIG_CONSTRAINTS_FAILURE", why)


def _algorithm(block: SignerBlock, signer: Certificate, moment: Moment, world: World) -> Outcome:
    """Cryptographic constraints on the signature's digest (5.2.8.4.1); its key is a bound of the path."""
    names = dict.fromkeys((block.digest, block.algorithm.digest or block.digest, *block.further_digests))
    for name in names:
        row = world.policy.digest_row(name)
        if row is None:
            return open_("CRYPTO_CONSTRAINTS_FAILURE", f"algorithm: the policy does not know digest {name}")
        if row.until is not None and moment.when >= row.until:
            # A certificate that was issued after the end cannot have signed before it: no proof can help.
            late = signer.not_before >= row.until
            word = "CRYPTO_CONSTRAINTS_FAILURE" if late else "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
            why = f"algorithm: digest {name}: until {rfc3339(row.until)} ({row.source})"
            return open_(word, why, *(() if late else (f"proof-of-time: before {rfc3339(row.until)}",)))
    return PASSED
