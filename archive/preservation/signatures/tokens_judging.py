"""Time-stamp validation building block (EN 319 102-1, clause 5.4; RFC 3161, section 2.3 and appendix)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from archive.preservation.signatures.blocks import Digest, TokenVerdict, Used
from archive.preservation.signatures.certificates import Certificate
from archive.preservation.signatures.chains import Moment, judge_chain
from archive.preservation.signatures.cms_facts import CmsUnreadableError, SignedData
from archive.preservation.signatures.cms_reading import read_signed_data, read_token
from archive.preservation.signatures.existence import ARCHIVE_STAMP, Proof
from archive.preservation.signatures.outcomes import PASSED, Outcome, failed, open_
from archive.preservation.signatures.policy import IMPRINT_SHA1
from archive.preservation.signatures.signers import (
    constraints_of,
    judge_message_digest,
    judge_value,
    signer_of,
    token_block,
)
from archive.preservation.signatures.tokens import TokenFacts
from archive.preservation.signatures.world import World
from metadata.time import rfc3339


def material_of(token: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The certificates, and the CRLs and OCSP answers, that a token carries, DER; nothing of what is no token."""
    try:
        signed = read_signed_data(token)
    except CmsUnreadableError:
        return (), ()
    more = tuple(der for signer in signed.signers for der in signer.certificates)
    answers = tuple(der for signer in signed.signers for der in signer.revocation)
    return (*signed.certificates, *more), (*signed.revocation, *answers)


def judge_token(token: bytes, digest: Digest, world: World) -> TokenVerdict:
    """Whether a token (RFC 3161, DER) proves that the bytes under `digest` existed at its time.

    The token itself is as old as `world.existence` proves (by the SHA-256 of
    `token`), else as young as `world.at`; what it carries is at least as old.

    Args:
        token: As received, or with revocation data put into it.
        digest: Of what it should stamp, under any algorithm; ValueError for one that is unknown.
        world: What it brings itself is added.
    """
    certificates, answers = material_of(token)
    known = world.with_material(certificates, answers)
    proof = known.existence.of(hashlib.sha256(token).hexdigest())
    if proof is not None:
        known = known.proving((*certificates, *answers), proof.time, proof.source)
    return judge_prepared(token, (digest,), known)


def judge_prepared(token: bytes, readings: tuple[Digest, ...], world: World) -> TokenVerdict:
    """The same in a world that knows already what the token brings."""
    try:
        signed = read_signed_data(token)
        stamp = read_token(signed)
    except CmsUnreadableError as error:
        return TokenVerdict(failed("FORMAT_FAILURE", f"time-stamp-unreadable: {error}"))
    proof = world.existence.of(hashlib.sha256(token).hexdigest())
    base = TokenVerdict(PASSED, stamp.time, proof=proof, used=Used(tokens=frozenset((token,))))
    if len(signed.signers) != 1:
        return replace(base, outcome=failed("FORMAT_FAILURE", f"time-stamp: {len(signed.signers)} signers"))
    integrity = _integrity(signed, stamp, readings)
    if not integrity.passed:
        return replace(base, outcome=integrity)
    block = token_block(signed, stamp)
    signer = signer_of(block, world)
    if isinstance(signer, Outcome):
        return replace(base, outcome=signer)
    base = replace(base, signer=signer)
    value = judge_value(block, signer)
    if not value.passed:
        return replace(base, outcome=value)
    return _constrained(replace(base, intact=True), signed, stamp, signer, world)


def _integrity(signed: SignedData, stamp: TokenFacts, readings: tuple[Digest, ...]) -> Outcome:
    def of_info(name: str) -> bytes:
        return hashlib.new(name, stamp.encoded, usedforsecurity=False).digest()

    outcome = judge_message_digest(signed.signers[0], of_info, "tst_info")
    if not outcome.passed:
        return outcome
    found: Outcome = failed("HASH_FAILURE", "imprint: the time-stamp is for other bytes")
    for digest in readings:
        try:
            if digest(stamp.imprint_digest) == stamp.imprint:
                return PASSED
        except ValueError:
            found = open_("GENERIC", f"algorithm-unknown: imprint digest {stamp.imprint_digest}")
    return found


def _constrained(
    base: TokenVerdict, signed: SignedData, stamp: TokenFacts, signer: Certificate, world: World
) -> TokenVerdict:
    proof = base.proof
    when = proof.time if proof is not None and proof.time < world.at else world.at
    proven = when < world.at
    outcome = _constraints(signed, stamp, signer, world, proof if proven else None)
    names = signed.signers[0].certificate_digest is not None
    chain = judge_chain(signer, world, Moment(when, proven, names_signer=names))
    used = base.used.joined(Used.by_chain(chain))
    result = chain.outcome.beside(outcome) if outcome.passed else outcome.beside(chain.outcome)
    return replace(base, outcome=result, control=chain.control, used=used)


def _constraints(
    signed: SignedData, stamp: TokenFacts, signer: Certificate, world: World, proof: Proof | None
) -> Outcome:
    when = proof.time if proof else world.at
    why = ""
    if not signer.is_time_stamper:
        why = f"time-stamp-usage: {signer.name} is not for time-stamping only"
    elif not signer.valid_at(stamp.time):
        why = "time-stamp-time: outside the validity of its own certificate"
    elif breaches := constraints_of(signed.signers[0]):
        why = breaches[0]
    elif stamp.critical_extensions:
        why = f"time-stamp-extension: critical and unknown: {', '.join(stamp.critical_extensions)}"
    if why:
        return open_("SIG_CONSTRAINTS_FAILURE", why)
    if stamp.time > when + world.policy.slack:
        what = f"than what covers it ({proof.source} of {rfc3339(when)})" if proof else "than the time of judging"
        return open_("TIMESTAMP_ORDER_FAILURE", f"time-stamp-order: {rfc3339(stamp.time)} is later {what}")
    return _algorithms(signed.signers[0].digest, stamp, when, world)


def _algorithms(digest: str, stamp: TokenFacts, when: datetime, world: World) -> Outcome:
    """Cryptographic constraints; the imprint may have a practice row of its own."""
    rows = (
        (world.policy.digest_row(digest), f"digest {digest}"),
        (world.policy.imprint_row(stamp.imprint_digest), f"imprint digest {stamp.imprint_digest}"),
    )
    for row, what in rows:
        if row is None:
            return open_("CRYPTO_CONSTRAINTS_FAILURE", f"algorithm: the policy does not know {what}, in the time-stamp")
        if row.until is not None and when >= row.until:
            late = stamp.time >= row.until
            word = "CRYPTO_CONSTRAINTS_FAILURE" if late else "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
            why = f"algorithm: {what}, in the time-stamp: until {rfc3339(row.until)} ({row.source})"
            return open_(word, why, *(() if late else (f"proof-of-time: before {rfc3339(row.until)}",)))
    if stamp.imprint_digest == "sha1":
        why = f"imprint-sha1: accepted until the date of the policy's practice {IMPRINT_SHA1}"
        return Outcome(None, (why,), practices=(IMPRINT_SHA1,))
    return PASSED


def proof_by(verdict: TokenVerdict, name: str = ARCHIVE_STAMP) -> Proof | None:
    """The proof that a good token gives; None: it proves nothing."""
    return Proof(verdict.time, name) if verdict.outcome.passed and verdict.time is not None else None
