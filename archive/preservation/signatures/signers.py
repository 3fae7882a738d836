"""Signing certificate, digest and signature value (EN 319 102-1, clauses 5.2.3 and 5.2.7), out of a CMS."""

from __future__ import annotations

from collections.abc import Iterator

from archive.preservation.signatures.algorithms import digest as digested
from archive.preservation.signatures.algorithms import digest_is
from archive.preservation.signatures.blocks import Digest, SignerBlock, Stamp
from archive.preservation.signatures.certificates import Certificate, CertificateUnreadableError, certificate
from archive.preservation.signatures.cms_facts import SignedData, SignerFacts, SignerName
from archive.preservation.signatures.outcomes import PASSED, Outcome, failed, open_
from archive.preservation.signatures.tokens import TokenFacts
from archive.preservation.signatures.values import AlgorithmUnknownError, is_genuine, is_genuine_over
from archive.preservation.signatures.world import World

MAX_CANDIDATES = 5
_CONSTRAINING = (
    "attribute-missing",
    "attribute-repeated",
    "attribute-values",
    "algorithm-protection",
    "content-is-attributes",
)


def cms_block(signed: SignedData, facts: SignerFacts, digest: Digest) -> SignerBlock:
    """One signer of a CMS as a block.

    Args:
        signed: The CMS.
        facts: The signer.
        digest: Of the content.
    """

    def of_value(name: str) -> bytes:
        return digested(name, facts.signature)

    return SignerBlock(
        facts.signature,
        facts.signature_algorithm,
        facts.digest,
        judge_message_digest(facts, digest, signed.content_type),
        facts.signed_bytes,
        hashed=digest,
        candidates=_candidates(facts),
        named=facts.certificate_digest,
        references=tuple((c.digest, c.value) for c in facts.signing_certificates),
        means=facts.name.means,
        stamps=tuple(Stamp(der, (of_value,)) for der in facts.tokens),
        content_stamps=tuple(Stamp(der, (digest,), "content-time-stamp") for der in facts.content_tokens),
        constraints=constraints_of(facts),
        notes=(*facts.notes, *(p for p in facts.problems if not p.startswith(_CONSTRAINING)), *_issuer_notes(facts)),
    )


def constraints_of(facts: SignerFacts) -> tuple[str, ...]:
    """Breaches of RFC 5652 that keep a genuine signature from passing."""
    return tuple(p for p in facts.problems if p.startswith(_CONSTRAINING))


def _issuer_notes(facts: SignerFacts) -> tuple[str, ...]:
    """5.2.3.4: an issuer and number beside the digest that are another certificate's are only warned of."""
    own = facts.signing_certificates[0] if facts.signing_certificates else None
    if own is None or own.serial is None or facts.certificate is None:
        return ()
    if SignerName(own.issuer, own.serial).means(facts.certificate):
        return ()
    return ("signing-certificate-issuer: the digest is the signer's certificate, issuer and number are another's",)


def token_block(signed: SignedData, stamp: TokenFacts) -> SignerBlock:
    """The signer of a time-stamp token as a block; its digest has been compared before."""
    facts = signed.signers[0]

    def of_info(name: str) -> bytes:
        return digested(name, stamp.encoded)

    return SignerBlock(
        facts.signature,
        facts.signature_algorithm,
        facts.digest,
        PASSED,
        facts.signed_bytes,
        hashed=of_info,
        candidates=_candidates(facts),
        named=facts.certificate_digest,
        means=facts.name.means,
    )


def _candidates(facts: SignerFacts) -> tuple[bytes, ...]:
    likely = (facts.certificate,) if facts.certificate is not None else ()
    return tuple(dict.fromkeys((*likely, *facts.candidates)))[:MAX_CANDIDATES]


def judge_message_digest(facts: SignerFacts, digest: Digest, content_type: str) -> Outcome:
    """Format of the signed attributes, and the digest of the content in them (5.2.7.4; RFC 5652, 5.4 and 11)."""
    if not facts.signed_bytes:
        return PASSED
    if facts.content_type not in (None, content_type):
        return failed("FORMAT_FAILURE", f"content-type: signed for {facts.content_type}, is {content_type}")
    if facts.message_digest is None:
        return failed("FORMAT_FAILURE", "message-digest: the signed attribute is missing")
    try:
        found = digest(facts.digest)
    except ValueError:
        return open_("GENERIC", f"algorithm-unknown: digest {facts.digest}")
    if found != facts.message_digest:
        return failed("HASH_FAILURE", "hash: the signed bytes have been changed")
    return PASSED


def signer_of(block: SignerBlock, world: World) -> Certificate | Outcome:
    """Identification of the signing certificate (5.2.3): the one that the signature names, or the one that fits."""
    ders = list(block.candidates) or list(_known(block, world))
    if not ders:
        helps = "signer-certificate: nothing carries it"
        return open_("NO_SIGNING_CERTIFICATE_FOUND", "no-signer-certificate: the file does not carry it", helps)
    found: list[Certificate] = []
    why = ""
    for der in ders[:MAX_CANDIDATES]:
        try:
            found.append(certificate(der))
        except CertificateUnreadableError as error:
            why = f"certificate-unreadable: {error}"
    if not found:
        return open_("NO_SIGNING_CERTIFICATE_FOUND", why)
    if block.named is not None:
        fitting = [c for c in found if digest_is(*block.named, c.der)]
        if not fitting:
            told = "signing-certificate: the signed attribute names another certificate"
            return open_("NO_SIGNING_CERTIFICATE_FOUND", told)
        return fitting[0]
    # Anybody may add a certificate of the same name: the one whose key made the value is the signer's.
    return next((c for c in found if len(found) > 1 and judge_value(block, c).passed), found[0])


def _known(block: SignerBlock, world: World) -> Iterator[bytes]:
    for group in world.trust.by_subject.values():
        for candidate in group:
            named = block.named is not None and digest_is(*block.named, candidate.der)
            if named or (block.named is None and block.means is not None and block.means(candidate.der)):
                yield candidate.der


def judge_value(block: SignerBlock, signer: Certificate) -> Outcome:
    """The signature value (5.2.7.4) over the signed attributes, or over the content where none are signed."""
    try:
        for position, data in enumerate(block.signed):
            if is_genuine(block.signature, data, block.algorithm, block.digest, signer):
                if position == 0:
                    return PASSED
                # RFC 5652, 5.4: what counts is the DER encoding, not the order in which it was sent.
                why = "attribute-order: signed attributes are not in DER order"
                return open_("SIG_CONSTRAINTS_FAILURE", why)
        if not block.signed:
            if block.hashed is None:
                return open_("GENERIC", "no-signed-attributes: the signature is over content that is not at hand")
            if is_genuine_over(block.signature, block.hashed, block.algorithm, block.digest, signer):
                return PASSED
    except AlgorithmUnknownError as error:
        return open_("GENERIC", f"algorithm-unknown: {error}")
    return failed("SIG_CRYPTO_FAILURE", "signature-value: the signature does not fit the signer's key")
