"""What the engine says of signatures, where a class of `signature_cases_*` does not say it all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from archive.demo.pki import Subject, new_authority
from archive.preservation.signatures.signing import Signing, sign_pdf
from metadata.verdicts import Indication, PlainWord, SignatureVerdict
from tests.fixtures.pki import (
    LONG,
    REVOKED,
    SIGNED,
    TODAY,
    Corpus,
)

PASSED, FAILED, OPEN = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
DAY = timedelta(days=1)
TIME = "2026-06-15T09:00:00.000Z"


def says(verdict: SignatureVerdict, word: str) -> bool:
    return any(reason.startswith(word) for reason in verdict.reasons)


# ------------------------------------------------------------ levels


def test_a_stamped_signature_with_its_evidence_passes_at_the_stamped_time(corpus: Corpus) -> None:
    verdict = corpus.only(corpus.blt)
    assert (verdict.indication, verdict.level, verdict.best_time) == (PASSED, "B-LT", TIME)
    assert (verdict.coverage, verdict.changed_after) == ("whole-revision", ())
    assert not verdict.provisional
    assert verdict.best_time_proof == "signature-time-stamp"
    assert (verdict.engine, verdict.plain) == ("luutru-signatures 2", PlainWord.VALID)
    assert verdict.trust_set == corpus.trust.trust_set()
    assert verdict.judged_at == "2026-11-28T00:00:00.000Z"


def test_a_plain_signature_keeps_its_plain_name_and_both_claimed_times(corpus: Corpus) -> None:
    pdf = corpus.signed(
        sub_filter="adbe.pkcs7.detached",
        stamper=corpus.stamper(),
        revocation=corpus.pki.lists(SIGNED),
        claims_local_time=True,
    )
    verdict = corpus.only(pdf)
    assert (verdict.indication, verdict.level, verdict.best_time) == (PASSED, "adbe.pkcs7.detached", TIME)
    assert verdict.signing_time == "2026-06-15T16:00:00.000Z"
    assert says(verdict, "claimed-times: signingTime 2026-06-15T16:00:00.000Z, /M 2026-06-15T09:00:00.000Z")


def test_four_signatures_in_turn_are_four_verdicts_and_no_change(corpus: Corpus) -> None:
    pdf = corpus.base
    for number in range(4):
        pdf = sign_pdf(pdf, corpus.leader, Signing(SIGNED, field_name=f"Ky{number}", stamper=corpus.stamper()))
    verdicts = corpus.judge(corpus.long_term(pdf))
    assert [v.field for v in verdicts] == ["Ky0", "Ky1", "Ky2", "Ky3"]
    assert {v.indication for v in verdicts} == {PASSED}
    assert {v.changed_after for v in verdicts} == {()}


# ------------------------------------------------------------ expired and revoked


@pytest.mark.parametrize("seconds", [0, 1, 31 * 86400])
def test_a_signature_at_or_after_the_revocation_never_passes(corpus: Corpus, seconds: int) -> None:
    person = corpus.person()
    at = REVOKED + timedelta(seconds=seconds)
    verdict = corpus.only(corpus.long_term(corpus.stamped(person, at), corpus.revoking(person), at=at))
    assert (verdict.indication, verdict.subindication) == (OPEN, "REVOKED_NO_POE")


# ------------------------------------------------------------ integrity comes first


def test_a_missing_signer_certificate_is_named(corpus: Corpus) -> None:
    bare = replace(corpus.leader, certificate=corpus.pki.issuing.der, chain=())
    verdict = corpus.only(corpus.signed(replace(corpus.leader, chain=())), trust=corpus.trust)
    assert verdict.subindication == "NO_CERTIFICATE_CHAIN_FOUND"
    verdict = corpus.only(corpus.signed(bare))
    assert verdict.indication is not PASSED


# ------------------------------------------------------------ time-stamps


def test_a_false_certificate_beside_the_true_one_does_not_take_its_place(corpus: Corpus) -> None:
    """Anybody may add certificates to the unsigned part of a signature."""
    true = x509.load_der_x509_certificate(corpus.leader.certificate)
    key = serialization.load_der_private_key(corpus.person().key, None)
    forged = (
        x509.CertificateBuilder()
        .subject_name(true.subject)
        .issuer_name(true.issuer)
        .public_key(key.public_key())  # type: ignore[arg-type] # an elliptic-curve key
        .serial_number(true.serial_number)
        .not_valid_before(true.not_valid_before_utc)
        .not_valid_after(true.not_valid_after_utc)
        .sign(key, hashes.SHA256())  # type: ignore[arg-type] # the same
        .public_bytes(serialization.Encoding.DER)
    )
    for chain in ((forged, *corpus.leader.chain), (*corpus.leader.chain, forged)):
        pdf = corpus.long_term(corpus.stamped(replace(corpus.leader, chain=chain)))
        assert corpus.only(pdf).indication is PASSED


def _scoped(corpus: Corpus, extension: x509.ExtensionType) -> bytes:
    issuing = corpus.pki.issuing
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuing.certificate.subject)
    builder = builder.last_update(TODAY - DAY).next_update(TODAY + DAY).add_extension(extension, critical=True)
    return builder.sign(issuing.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _scope(**said: bool) -> x509.IssuingDistributionPoint:
    everything: dict[str, bool] = dict.fromkeys(
        ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs"), False
    )
    return x509.IssuingDistributionPoint(
        full_name=None, relative_name=None, only_some_reasons=None, **{**everything, **said}
    )


@pytest.mark.parametrize(
    ("extension", "counts"),
    [
        (_scope(only_contains_user_certs=True), True),
        (_scope(only_contains_ca_certs=True), False),
        (_scope(only_contains_attribute_certs=True), False),
        (_scope(indirect_crl=True), False),
        (x509.DeltaCRLIndicator(1), False),
    ],
)
def test_a_list_counts_only_for_what_it_says_it_covers(
    corpus: Corpus, extension: x509.ExtensionType, counts: bool
) -> None:
    lists = [_scoped(corpus, extension), *corpus.other_lists(TODAY - DAY)]
    assert (corpus.only(corpus.signed(), revocation=lists).indication is PASSED) is counts


def test_a_list_by_another_key_of_the_same_name_is_none(corpus: Corpus) -> None:
    span = (SIGNED - DAY, SIGNED + LONG)
    twin = new_authority(
        Subject("CA dùng thử phục vụ cơ quan nhà nước", organisation="Ban Cơ yếu Kiên Sơn (THỬ NGHIỆM)"),
        None,
        span,
        number=99,
    )
    assert twin.certificate.subject == corpus.pki.issuing.certificate.subject
    lists = [twin.list_of(TODAY - DAY), *corpus.other_lists(TODAY - DAY)]
    assert corpus.only(corpus.signed(), revocation=lists).subindication == "TRY_LATER"
