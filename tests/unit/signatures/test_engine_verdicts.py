"""What the engine says of each class of signature, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from archive.demo.pki import Subject, new_authority, new_credential
from archive.preservation.signatures.signing import Credential, Signing, sign_pdf, time_stamper
from metadata.verdicts import Indication, PlainWord, SignatureVerdict
from tests.fixtures.pki import (
    EXPIRED,
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


def test_a_basic_signature_without_revocation_data_is_to_be_tried_later(corpus: Corpus) -> None:
    verdict = corpus.only(corpus.signed())
    assert (verdict.indication, verdict.subindication, verdict.level) == (OPEN, "TRY_LATER", "B-B")
    assert verdict.best_time is None
    assert verdict.signing_time == TIME
    assert verdict.signer == "Nguyễn Văn Minh"
    assert says(verdict, "revocation-unknown")


def test_revocation_data_that_the_operator_hands_in_is_used(corpus: Corpus) -> None:
    verdict = corpus.only(corpus.signed(), revocation=corpus.pki.lists(TODAY - DAY))
    assert (verdict.indication, verdict.best_time) == (PASSED, None)


def test_a_stamped_signature_with_its_evidence_passes_at_the_stamped_time(corpus: Corpus) -> None:
    verdict = corpus.only(corpus.blt)
    assert (verdict.indication, verdict.level, verdict.best_time) == (PASSED, "B-LT", TIME)
    assert (verdict.coverage, verdict.changed_after) == ("whole-revision", ())
    assert not verdict.provisional
    assert verdict.best_time_proof == "signature-time-stamp"
    assert (verdict.engine, verdict.plain) == ("luutru-signatures 1", PlainWord.VALID)
    assert verdict.trust_set == corpus.trust.trust_set()
    assert verdict.judged_at == "2026-11-28T00:00:00.000Z"


def test_a_document_time_stamp_makes_the_highest_level_and_has_its_own_verdict(corpus: Corpus) -> None:
    signature, stamp = corpus.judge(corpus.blta)
    assert (signature.level, signature.indication, signature.best_time) == ("B-LTA", PASSED, TIME)
    assert (stamp.kind, stamp.indication, stamp.coverage) == ("document-timestamp", PASSED, "whole-file")


def test_a_document_time_stamp_alone_proves_the_time_of_a_basic_signature(corpus: Corpus) -> None:
    signature, _ = corpus.judge(corpus.archived(corpus.long_term(corpus.signed()), SIGNED + DAY))
    assert (signature.indication, signature.best_time) == (PASSED, "2026-06-16T09:00:00.000Z")


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


def test_rsa_and_elliptic_curves_are_judged_alike(corpus: Corpus) -> None:
    assert corpus.only(corpus.long_term(corpus.stamped(corpus.person(elliptic=False)))).indication is PASSED
    person = corpus.person(elliptic=True)
    assert corpus.only(corpus.long_term(corpus.stamped(person))).indication is PASSED


# ------------------------------------------------------------ expired and revoked


def test_an_expired_certificate_without_a_proof_of_time_is_out_of_bounds(corpus: Corpus) -> None:
    person = corpus.person(end=EXPIRED)
    verdict = corpus.only(corpus.long_term(corpus.signed(person)))
    assert (verdict.indication, verdict.subindication) == (OPEN, "OUT_OF_BOUNDS_NOT_REVOKED")
    assert verdict.would_help == ("proof-of-time: before 2026-10-01T00:00:00.000Z",)


def test_an_expired_certificate_that_was_stamped_in_time_passes(corpus: Corpus) -> None:
    person = corpus.person(end=EXPIRED)
    assert corpus.only(corpus.long_term(corpus.stamped(person))).indication is PASSED


def test_a_revocation_after_the_proven_time_does_not_harm_and_is_told(corpus: Corpus) -> None:
    person = corpus.person()
    verdict = corpus.only(corpus.long_term(corpus.stamped(person), corpus.revoking(person)))
    assert verdict.indication is PASSED
    assert says(verdict, "revoked-later")


def test_a_revoked_certificate_without_proof_of_time_is_not_passed(corpus: Corpus) -> None:
    person = corpus.person()
    verdict = corpus.only(corpus.long_term(corpus.signed(person), corpus.revoking(person)))
    assert (verdict.indication, verdict.subindication) == (OPEN, "REVOKED_NO_POE")


@pytest.mark.parametrize("seconds", [0, 1, 31 * 86400])
def test_a_signature_at_or_after_the_revocation_never_passes(corpus: Corpus, seconds: int) -> None:
    person = corpus.person()
    at = REVOKED + timedelta(seconds=seconds)
    verdict = corpus.only(corpus.long_term(corpus.stamped(person, at), corpus.revoking(person), at=at))
    assert (verdict.indication, verdict.subindication) == (OPEN, "REVOKED_NO_POE")


def test_one_second_before_the_revocation_still_passes(corpus: Corpus) -> None:
    person = corpus.person()
    at = REVOKED - timedelta(seconds=1)
    pdf = corpus.long_term(corpus.stamped(person, at), corpus.revoking(person), at=at)
    assert corpus.only(pdf).indication is PASSED


@pytest.mark.parametrize("archived", [False, True])
def test_expiry_after_the_revocation_does_not_wash_a_forged_signature(corpus: Corpus, archived: bool) -> None:
    """Defect D3 of the library's own engine: it looked at expiry only and passed this."""
    person = corpus.person(end=EXPIRED)
    at = REVOKED + 31 * DAY
    pdf = corpus.long_term(corpus.stamped(person, at), corpus.revoking(person, at=at), at=at)
    pdf = corpus.archived(pdf, at + DAY) if archived else pdf
    verdict = corpus.judge(pdf)[0]
    assert (verdict.indication, verdict.subindication) == (OPEN, "REVOKED_NO_POE")


def test_a_list_older_than_the_certificate_is_no_evidence(corpus: Corpus) -> None:
    person = corpus.person(start=SIGNED - DAY)
    old = corpus.pki.issuing.list_of(SIGNED - 30 * DAY)
    verdict = corpus.only(corpus.signed(person), revocation=[old, *corpus.other_lists()])
    assert verdict.subindication == "TRY_LATER"
    assert says(verdict, "revocation-unknown: only stale answers")


def test_a_list_that_dropped_expired_certificates_is_no_evidence(corpus: Corpus) -> None:
    person = corpus.person(end=EXPIRED)
    late = corpus.pki.issuing.list_of(EXPIRED + DAY)
    verdict = corpus.only(corpus.stamped(person), revocation=[late, *corpus.other_lists()])
    assert verdict.subindication == "OUT_OF_BOUNDS_NO_POE"


def test_a_stale_list_is_to_be_tried_later_and_a_later_one_is_fresh(corpus: Corpus) -> None:
    stale = corpus.pki.issuing.list_of(SIGNED - 3 * DAY, life=DAY)
    pdf = corpus.stamped()
    assert corpus.only(pdf, revocation=[stale, *corpus.other_lists()]).subindication == "TRY_LATER"
    later = corpus.pki.issuing.list_of(SIGNED + 3 * DAY, life=DAY)
    assert corpus.only(pdf, revocation=[later, *corpus.other_lists()]).indication is PASSED


def test_a_list_from_the_future_is_not_believed(corpus: Corpus) -> None:
    future = corpus.pki.lists(TODAY + DAY)
    assert corpus.only(corpus.signed(), revocation=future).subindication == "TRY_LATER"


def test_a_revoked_authority_counts_like_a_revoked_person(corpus: Corpus) -> None:
    serial = corpus.pki.issuing.certificate.serial_number
    bad = corpus.pki.root.list_of(TODAY - DAY, {serial: (REVOKED, x509.ReasonFlags.ca_compromise)})
    lists = [bad, corpus.pki.issuing.list_of(TODAY - DAY)]
    assert corpus.only(corpus.signed(), revocation=lists).subindication == "REVOKED_CA_NO_POE"


def test_a_hold_that_was_lifted_no_longer_counts(corpus: Corpus) -> None:
    person = corpus.person()
    serial = x509.load_der_x509_certificate(person.certificate).serial_number
    held = corpus.pki.issuing.list_of(REVOKED, {serial: (REVOKED, x509.ReasonFlags.certificate_hold)})
    lifted = corpus.pki.issuing.list_of(REVOKED + 5 * DAY)
    others = corpus.other_lists(TODAY - DAY)
    pdf = corpus.signed(person)
    assert corpus.only(pdf, revocation=[held, *others]).subindication == "TRY_LATER"
    assert corpus.only(pdf, revocation=[held, lifted, *others]).indication is PASSED


def _ocsp(corpus: Corpus, person: Credential, status: ocsp.OCSPCertStatus, signer: Credential | None = None) -> bytes:
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    issuing = corpus.pki.issuing
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate(person.certificate),
        issuer=issuing.certificate,
        algorithm=hashes.SHA1(),  # noqa: S303 - how responders name an issuer to this day
        cert_status=status,
        this_update=TODAY - DAY,
        next_update=TODAY + DAY,
        revocation_time=REVOKED if revoked else None,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
    )
    if signer is None:
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuing.certificate)
        return builder.sign(issuing.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    certificate = x509.load_der_x509_certificate(signer.certificate)
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate).certificates([certificate])
    key = serialization.load_der_private_key(signer.key, None)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)  # type: ignore[arg-type]


def test_ocsp_answers_of_the_issuer_are_evidence(corpus: Corpus) -> None:
    person = corpus.person()
    root = corpus.pki.root.list_of(TODAY - DAY)
    pdf = corpus.signed(person)
    good = _ocsp(corpus, person, ocsp.OCSPCertStatus.GOOD)
    assert corpus.only(pdf, revocation=[good, root]).indication is PASSED
    bad = _ocsp(corpus, person, ocsp.OCSPCertStatus.REVOKED)
    assert corpus.only(pdf, revocation=[bad, root]).subindication == "REVOKED_NO_POE"


def test_an_ocsp_answer_signed_by_anybody_else_is_none(corpus: Corpus) -> None:
    """The leader's own certificate is not for answering OCSP, though the same authority issued it."""
    person = corpus.person()
    forged = _ocsp(corpus, person, ocsp.OCSPCertStatus.GOOD, corpus.leader)
    verdict = corpus.only(corpus.signed(person), revocation=[forged, corpus.pki.root.list_of(TODAY - DAY)])
    assert verdict.subindication == "TRY_LATER"


# ------------------------------------------------------------ integrity comes first


def test_a_changed_byte_is_a_broken_hash_whatever_is_trusted(corpus: Corpus) -> None:
    pdf = bytearray(corpus.signed())
    pdf[pdf.index(b"stream") + 10] ^= 1
    for trust in (corpus.trust, corpus.trusting()):
        verdict = corpus.only(bytes(pdf), trust=trust)
        assert (verdict.indication, verdict.subindication) == (FAILED, "HASH_FAILURE")


def test_a_changed_signature_value_is_a_crypto_failure(corpus: Corpus) -> None:
    person = corpus.person()
    other = replace(person, key=corpus.person().key)
    verdict = corpus.only(corpus.signed(other))
    assert (verdict.indication, verdict.subindication) == (FAILED, "SIG_CRYPTO_FAILURE")


def test_an_unknown_authority_is_no_chain_and_says_whose(corpus: Corpus) -> None:
    verdict = corpus.only(corpus.signed(), trust=corpus.trusting(corpus.pki.stamping.der))
    assert (verdict.indication, verdict.subindication) == (OPEN, "NO_CERTIFICATE_CHAIN_FOUND")
    assert says(verdict, "no-chain")


def test_an_empty_trust_store_says_so(corpus: Corpus) -> None:
    verdict = corpus.only(corpus.blt, trust=corpus.trusting())
    assert verdict.subindication == "NO_CERTIFICATE_CHAIN_FOUND"
    assert says(verdict, "trust-empty")


def test_sha1_signatures_prove_nothing_today(corpus: Corpus) -> None:
    verdict = corpus.only(corpus.signed(digest="sha1"))
    assert (verdict.indication, verdict.subindication) == (OPEN, "CRYPTO_CONSTRAINTS_FAILURE")


def test_a_person_cannot_issue_certificates(corpus: Corpus) -> None:
    key = serialization.load_der_private_key(corpus.leader.key, None)
    leader = x509.load_der_x509_certificate(corpus.leader.certificate)
    impostor = replace(corpus.pki.issuing, certificate=leader, key=key)  # type: ignore[arg-type]
    victim = new_credential(
        Subject("Kẻ giả mạo"),
        impostor,
        (SIGNED - DAY, SIGNED + LONG),
        number=9,
        chain=(corpus.leader.certificate, corpus.pki.issuing.der),
    )
    verdict = corpus.only(corpus.long_term(corpus.signed(victim)))
    assert (verdict.indication, verdict.subindication) == (OPEN, "CERTIFICATE_CHAIN_GENERAL_FAILURE")


def test_an_authority_below_one_that_may_have_none_is_refused(corpus: Corpus) -> None:
    span = (SIGNED - DAY, SIGNED + LONG)
    below = new_authority(Subject("CA dưới"), corpus.pki.issuing, span, number=77)
    person = new_credential(Subject("Người"), below, span, number=78, chain=(below.der, corpus.pki.issuing.der))
    verdict = corpus.only(corpus.signed(person))
    assert verdict.subindication == "CHAIN_CONSTRAINTS_FAILURE"
    assert says(verdict, "path-too-long")


def test_a_missing_signer_certificate_is_named(corpus: Corpus) -> None:
    bare = replace(corpus.leader, certificate=corpus.pki.issuing.der, chain=())
    verdict = corpus.only(corpus.signed(replace(corpus.leader, chain=())), trust=corpus.trust)
    assert verdict.subindication == "NO_CERTIFICATE_CHAIN_FOUND"
    verdict = corpus.only(corpus.signed(bare))
    assert verdict.indication is not PASSED


# ------------------------------------------------------------ time-stamps


def test_a_stamp_of_an_untrusted_authority_is_a_fact_and_no_failure(corpus: Corpus) -> None:
    span = (SIGNED - DAY, SIGNED + LONG)
    strange = new_authority(Subject("CA lạ"), None, span, number=1)
    stamper = new_credential(Subject("TSA lạ"), strange, span, number=2, stamps_time=True)
    pdf = corpus.signed(stamper=time_stamper(stamper, SIGNED))
    verdict = corpus.only(pdf, revocation=corpus.pki.lists(TODAY - DAY))
    assert (verdict.indication, verdict.best_time, verdict.level) == (PASSED, None, "B-T")
    assert says(verdict, "time-stamp-unused")


def test_a_stamp_by_a_certificate_for_other_purposes_proves_nothing(corpus: Corpus) -> None:
    pdf = corpus.long_term(corpus.signed(stamper=time_stamper(corpus.person(), SIGNED)))
    verdict = corpus.only(pdf)
    assert verdict.best_time is None
    assert any("time-stamp-usage" in reason for reason in verdict.reasons)


def test_a_stamp_over_other_bytes_proves_nothing(corpus: Corpus) -> None:
    honest = corpus.stamper()
    pdf = corpus.long_term(corpus.signed(stamper=lambda _digest, name: honest(b"\7" * 32, name)))
    verdict = corpus.only(pdf)
    assert (verdict.best_time, verdict.level) == (None, "B-B")
    assert any("imprint" in reason for reason in verdict.reasons)


def test_a_stamp_from_the_future_proves_nothing(corpus: Corpus) -> None:
    pdf = corpus.long_term(corpus.signed(stamper=corpus.stamper(TODAY + 30 * DAY)))
    assert corpus.only(pdf).best_time is None


def test_a_stamp_before_the_certificate_existed_is_not_yet_valid(corpus: Corpus) -> None:
    person = corpus.person(start=SIGNED + DAY)
    verdict = corpus.only(corpus.long_term(corpus.stamped(person)))
    assert (verdict.indication, verdict.subindication) == (FAILED, "NOT_YET_VALID")


def test_a_sha1_imprint_is_accepted_by_a_named_row_only(corpus: Corpus) -> None:
    pdf = corpus.long_term(corpus.signed(sub_filter="adbe.pkcs7.detached", stamper=corpus.stamper(), imprint="sha1"))
    verdict = corpus.only(pdf)
    assert (verdict.indication, verdict.best_time) == (PASSED, TIME)
    assert says(verdict, "imprint-sha1")
    assert "imprint-sha1" in verdict.practices


def test_a_clock_that_is_a_little_ahead_is_forgiven(corpus: Corpus) -> None:
    at = TODAY + timedelta(minutes=2)
    pdf = corpus.long_term(corpus.stamped(at=at), at=at)
    assert corpus.only(pdf).indication is PASSED


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


def test_lists_of_an_expired_authority_need_a_time_stamp_over_them(corpus: Corpus) -> None:
    """Whoever gets hold of an old key can write any list with it."""
    span = (SIGNED - 30 * DAY, EXPIRED)
    short = new_authority(Subject("CA ngắn hạn"), corpus.pki.root, span, number=55)
    person = new_credential(Subject("Người ký"), short, span, number=56, chain=(short.der,), elliptic=True)
    pdf = corpus.long_term(corpus.stamped(person), short.list_of(SIGNED))
    bare = corpus.only(pdf)
    assert (bare.subindication, says(bare, "revocation-unknown")) == ("REVOCATION_OUT_OF_BOUNDS_NO_POE", True)
    assert corpus.judge(corpus.archived(pdf, SIGNED + DAY))[0].indication is PASSED
