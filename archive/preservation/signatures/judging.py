"""Decides on the facts of one signature, in the order of EN 319 102-1, clauses 5.2 to 5.6.

Format, digest and signature value come before the certificate, because they
can prove a signature false whatever is trusted; then the time-stamps, then the
path at the best proven time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from archive.preservation.signatures import policy
from archive.preservation.signatures.certificates import (
    Certificate,
    CertificateUnreadableError,
    certificate,
    readable,
)
from archive.preservation.signatures.chains import Moment, Outcome, Trust, judge_chain
from archive.preservation.signatures.cms_reading import (
    CmsUnreadableError,
    SignedData,
    SignerFacts,
    TokenFacts,
    new_digest,
    read_signed_data,
    read_token,
)
from archive.preservation.signatures.revocation import Revocations
from archive.preservation.signatures.values import AlgorithmUnknownError, is_genuine
from metadata.time import rfc3339

Digest = Callable[[str], bytes]
"""Digest of the signed bytes under an algorithm; ValueError when the algorithm is unknown."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything beside the signature itself that a judgement leans on."""

    trust: Trust
    revocations: Revocations
    at: datetime


@dataclass(frozen=True, slots=True)
class TokenVerdict:
    """What a time-stamp proves."""

    outcome: Outcome
    time: datetime | None = None
    signer: Certificate | None = None
    intact: bool = False
    """Imprint and signature value hold, whatever is trusted."""

    @property
    def proves(self) -> datetime | None:
        """The time that it proves; None when it proves nothing."""
        return self.time if self.outcome.passed else None


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one signature."""

    outcome: Outcome
    signer: Certificate | None = None
    best_time: datetime | None = None
    stamped: bool = False
    """A signature time-stamp that fits is there (proving or not)."""

    has_signing_certificate: bool = False
    notes: tuple[str, ...] = field(default=())


def _failed(word: str, why: str) -> Outcome:
    return Outcome(word, (why,), failed=True)


def _signer_of(facts: SignerFacts, known: Trust) -> Certificate | Outcome:
    der = facts.certificate
    if der is None and facts.certificate_digest is not None:
        name, wanted = facts.certificate_digest
        for candidates in known.by_subject.values():
            for candidate in candidates:
                if _digest_is(name, candidate.der, wanted):
                    der = candidate.der
    if der is None:
        return Outcome("NO_SIGNING_CERTIFICATE_FOUND", ("no-signer-certificate: the file does not carry it",))
    try:
        found = certificate(der)
    except CertificateUnreadableError as error:
        return Outcome("NO_SIGNING_CERTIFICATE_FOUND", (f"certificate-unreadable: {error}",))
    if facts.certificate_digest is not None and not _digest_is(*_named(facts.certificate_digest, found)):
        why = "signing-certificate: the signed attribute names another certificate"
        return Outcome("NO_SIGNING_CERTIFICATE_FOUND", (why,))
    return found


def _named(entry: tuple[str, bytes], found: Certificate) -> tuple[str, bytes, bytes]:
    return entry[0], found.der, entry[1]


def _digest_is(name: str, data: bytes, wanted: bytes) -> bool:
    try:
        digest = new_digest(name)
    except ValueError:
        return False
    digest.update(data)
    return bool(digest.digest() == wanted)


def _value(facts: SignerFacts, signer: Certificate, content: bytes | None) -> Outcome:
    """The signature value over the signed attributes, or over the content where none are signed."""
    candidates = facts.signed_bytes or ((content,) if content is not None else ())
    try:
        for position, data in enumerate(candidates):
            if is_genuine(facts.signature, data, facts.signature_algorithm, facts.digest, signer):
                if position == 0:
                    return Outcome()
                # RFC 5652, 5.4: what counts is the DER encoding, not the order in which it was sent.
                return Outcome("SIG_CONSTRAINTS_FAILURE", ("attribute-order: signed attributes are not in DER order",))
    except AlgorithmUnknownError as error:
        return Outcome("GENERIC", (f"algorithm-unknown: {error}",))
    if not candidates:
        return Outcome("GENERIC", ("no-signed-attributes: the signature is over content that is not at hand",))
    return _failed("SIG_CRYPTO_FAILURE", "signature-value: the signature does not fit the signer's key")


def _message_digest(facts: SignerFacts, digest: Digest, content_type: str) -> Outcome:
    if not facts.signed_bytes:
        return Outcome()
    if facts.content_type not in (None, content_type):
        return _failed("FORMAT_FAILURE", f"content-type: signed for {facts.content_type}, is {content_type}")
    if facts.message_digest is None:
        return _failed("FORMAT_FAILURE", "message-digest: the signed attribute is missing")
    try:
        found = digest(facts.digest)
    except ValueError:
        return Outcome("GENERIC", (f"algorithm-unknown: digest {facts.digest}",))
    if found != facts.message_digest:
        return _failed("HASH_FAILURE", "hash: the signed bytes have been changed")
    return Outcome()


def judge_token(der: bytes, digest: Digest, world: World, moment: Moment) -> TokenVerdict:
    """A time-stamp token over the bytes that `digest` digests, at `moment`."""
    try:
        signed = read_signed_data(der)
        stamp = read_token(signed)
    except CmsUnreadableError as error:
        return TokenVerdict(_failed("FORMAT_FAILURE", f"time-stamp-unreadable: {error}"))
    if len(signed.signers) != 1:
        return TokenVerdict(_failed("FORMAT_FAILURE", f"time-stamp: {len(signed.signers)} signers"), stamp.time)
    facts = signed.signers[0]
    integrity = _token_integrity(facts, stamp, digest)
    if not integrity.passed:
        return TokenVerdict(integrity, stamp.time)
    known = world.trust.extended(readable(list(signed.certificates)))
    signer = _signer_of(facts, known)
    if isinstance(signer, Outcome):
        return TokenVerdict(signer, stamp.time)
    value = _value(facts, signer, signed.content)
    if not value.passed:
        return TokenVerdict(value, stamp.time, signer)
    outcome = _token_constraints(facts, stamp, signer, moment)
    if outcome.passed:
        chain = judge_chain(signer, known, world.revocations, moment)
        outcome = replace(chain, reasons=(*outcome.reasons, *chain.reasons))
    return TokenVerdict(outcome, stamp.time, signer, intact=True)


def _token_integrity(facts: SignerFacts, stamp: TokenFacts, digest: Digest) -> Outcome:
    def of_info(name: str) -> bytes:
        value = new_digest(name)
        value.update(stamp.encoded)
        return bytes(value.digest())

    outcome = _message_digest(facts, of_info, "tst_info")
    if not outcome.passed:
        return outcome
    try:
        imprint = digest(stamp.imprint_digest)
    except ValueError:
        return Outcome("GENERIC", (f"algorithm-unknown: imprint digest {stamp.imprint_digest}",))
    if imprint != stamp.imprint:
        return _failed("HASH_FAILURE", "imprint: the time-stamp is for other bytes")
    return Outcome()


def _token_constraints(facts: SignerFacts, stamp: TokenFacts, signer: Certificate, moment: Moment) -> Outcome:
    word, why = "SIG_CONSTRAINTS_FAILURE", None
    if not signer.is_time_stamper:
        why = f"time-stamp-usage: {signer.name} is not for time-stamping only"
    elif not signer.valid_at(stamp.time):
        why = "time-stamp-time: outside the validity of its own certificate"
    elif stamp.time > moment.when + (timedelta(0) if moment.proven else policy.CLOCK_SLACK):
        why = "time-stamp-order: later than what covers it, or in the future"
    else:
        word = "CRYPTO_CONSTRAINTS_FAILURE" if moment.proven else "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
        refused = policy.refused_digest(facts.digest, moment.when) or policy.refused_imprint(
            stamp.imprint_digest, moment.when
        )
        why = f"algorithm: {refused}, in the time-stamp" if refused else None
    if why is None and stamp.imprint_digest == "sha1":
        return Outcome(None, ("policy-imprint-sha1: accepted by a practice row of the policy",))
    return Outcome(word, (why,)) if why else Outcome()


def judge_signer(
    signed: SignedData, facts: SignerFacts, digest: Digest, world: World, covered: datetime | None, evidence: datetime
) -> Judged:
    """One signer of a CMS.

    Args:
        signed: The CMS.
        facts: The signer.
        digest: Of the signed content.
        world: Trust, revocation data, time.
        covered: Earliest time that a document time-stamp proves for the whole signature.
        evidence: See `Moment.evidence`.
    """
    outcome = _message_digest(facts, digest, signed.content_type)
    known = world.trust.extended(readable(list(signed.certificates)))
    signer = _signer_of(facts, known)
    if isinstance(signer, Outcome):
        return Judged(signer if outcome.passed else outcome)
    base = Judged(Outcome(), signer, has_signing_certificate=facts.certificate_digest is not None)
    if not outcome.passed:
        return replace(base, outcome=outcome)
    value = _value(facts, signer, signed.content)
    if not value.passed:
        return replace(base, outcome=value)
    if not signer.may_sign_documents:
        why = f"key-usage: {signer.name} may not sign documents"
        return replace(base, outcome=Outcome("SIG_CONSTRAINTS_FAILURE", (why,)))
    best, stamped, notes = _best_time(facts, world, covered, evidence)
    moment = Moment(best or world.at, best is not None, evidence)
    result = _algorithm(facts, signer, moment)
    if result.passed:
        result = judge_chain(signer, known, world.revocations, moment)
    return replace(base, outcome=result, best_time=best, stamped=stamped, notes=notes)


def _best_time(
    facts: SignerFacts, world: World, covered: datetime | None, evidence: datetime
) -> tuple[datetime | None, bool, tuple[str, ...]]:
    best, stamped, notes = covered, False, []

    def of_value(name: str) -> bytes:
        value = new_digest(name)
        value.update(facts.signature)
        return bytes(value.digest())

    for der in facts.tokens:
        moment = Moment(covered or world.at, covered is not None, evidence)
        token = judge_token(der, of_value, world, moment)
        stamped = stamped or token.intact
        time = rfc3339(token.time) if token.time else "unknown time"
        if token.proves is not None:
            best = min(best, token.proves) if best else token.proves
            notes += [r for r in token.outcome.reasons if r.startswith("policy-")]
        else:
            # A time-stamp that cannot be used is a fact and no failure of the signature.
            why = "; ".join(token.outcome.reasons)
            notes.append(f"time-stamp-unused: {time}, {token.outcome.subindication}: {why}")
    return best, stamped, tuple(notes)


def _algorithm(facts: SignerFacts, signer: Certificate, moment: Moment) -> Outcome:
    why = policy.refused_digest(facts.digest, moment.when) or policy.refused_key(*signer.key, moment.when)
    if not why:
        return Outcome()
    word = "CRYPTO_CONSTRAINTS_FAILURE" if moment.proven else "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    return Outcome(word, (f"algorithm: {why}",))
