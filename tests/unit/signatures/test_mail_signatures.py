"""Signatures of e-mail: judged on the exact bytes of what they sign, told what they do not sign."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7

from archive.preservation.signatures.mail_signatures import judge_mail
from metadata.verdicts import Indication, PlainWord, SignatureVerdict
from tests.fixtures.pki import SIGNED, Corpus
from tests.fixtures.xml_signing import XmlCorpus
from tests.generators.mails import BODY, HEAD, opaque, parted

PASSED, FAILED, OPEN = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE


def judged(corpus: Corpus, data: bytes, **how: Any) -> tuple[SignatureVerdict, ...]:  # noqa: ANN401 - as `judge`
    return corpus.judge(data, name="thu.eml", revocation=corpus.pki.lists(SIGNED), **how)


def only(corpus: Corpus, data: bytes) -> SignatureVerdict:
    (verdict,) = judged(corpus, data)
    return verdict


def test_a_signed_mail_is_judged_on_the_bytes_that_were_sent(corpus: Corpus) -> None:
    data = HEAD + parted(BODY, corpus.cms(BODY, detached=True))
    verdict = only(corpus, data)
    assert (verdict.indication, verdict.level, verdict.field) == (PASSED, "B-T", "smime.p7s")
    assert (verdict.signer, verdict.best_time) == ("Nguyễn Văn Minh", "2026-06-15T09:00:00.000Z")
    assert (verdict.coverage, verdict.plain) == ("partial", PlainWord.INSUFFICIENT), "the headers are not signed"
    assert any(reason.startswith("known-part: S/MIME") for reason in verdict.reasons)


@pytest.mark.parametrize(
    ("old", "new"), [(b"JVBERg", b"JVBERw"), (b"g\xe1\xbb\xadi \r\n", b"g\xe1\xbb\xadi\r\n"), (b"a.pdf", b"b.pdf")]
)
def test_any_other_byte_of_what_is_signed_is_a_hash_failure(old: bytes, new: bytes, corpus: Corpus) -> None:
    data = HEAD + parted(BODY, corpus.cms(BODY, detached=True)).replace(old, new)
    verdict = only(corpus, data)
    assert (verdict.indication, verdict.subindication) == (FAILED, "HASH_FAILURE")


def test_a_mail_that_a_program_kept_with_unix_line_ends_is_judged_as_it_was_sent(corpus: Corpus) -> None:
    data = (HEAD + parted(BODY, corpus.cms(BODY, detached=True))).replace(b"\r\n", b"\n")
    verdict = only(corpus, data)
    assert verdict.indication is PASSED
    assert any(reason.startswith("line-ends: ") for reason in verdict.reasons)


def test_an_opaque_mail_is_judged_with_what_it_holds(corpus: Corpus) -> None:
    verdict = only(corpus, HEAD + opaque(corpus.cms(BODY, detached=False)))
    assert (verdict.indication, verdict.field, verdict.coverage) == (PASSED, "smime.p7m", "partial")


def test_a_signature_inside_a_signature_is_judged_too(corpus: Corpus) -> None:
    inner = parted(BODY, corpus.cms(BODY, detached=True))
    found = judged(corpus, HEAD + opaque(corpus.cms(inner, detached=False)))
    assert [(one.field, one.indication) for one in found] == [("smime.p7m", PASSED), ("smime.p7s", PASSED)]


def test_a_list_that_puts_its_own_words_around_a_signed_mail_is_named(corpus: Corpus) -> None:
    """What the signer did not sign is read beside it: the signature does not count for the mail."""
    signed = parted(BODY, corpus.cms(BODY, detached=True))
    data = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=quanh\r\n\r\n--quanh\r\n"
        + signed
        + b"\r\n--quanh\r\n\r\nloi cua danh sach\r\n--quanh--\r\n"
    )
    verdict = only(corpus, data)
    assert (verdict.indication, verdict.subindication) == (OPEN, "SIG_CONSTRAINTS_FAILURE")
    assert any(reason.startswith("coverage: signed is part 1") for reason in verdict.reasons)


def test_openpgp_is_recognised_encrypted_mail_and_mail_without_signatures_carry_no_verdict(corpus: Corpus) -> None:
    verdict = only(corpus, HEAD + parted(BODY, b"x", "application/pgp-signature"))
    assert (verdict.indication, verdict.reasons[0].partition(":")[0]) == (OPEN, "openpgp")
    enveloped = bytes.fromhex("300f06092a864886f70d010703a0023000")
    assert judged(corpus, HEAD + opaque(enveloped, "enveloped-data")) == ()
    assert judged(corpus, HEAD + BODY) == ()


def test_a_broken_signature_is_a_format_failure(corpus: Corpus) -> None:
    verdict = only(corpus, HEAD + parted(BODY, b"nothing of the kind"))
    assert (verdict.indication, verdict.subindication) == (FAILED, "FORMAT_FAILURE")


def test_a_mail_of_another_maker_is_judged(corpus: Corpus) -> None:
    """The S/MIME of pyca/cryptography: its own CMS, its own MIME."""
    leader = corpus.leader
    key: Any = serialization.load_der_private_key(leader.key, None)
    made = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(b"Content-Type: text/plain\r\n\r\nK\xc3\xadnh g\xe1\xbb\xadi\r\n")
        .add_signer(x509.load_der_x509_certificate(leader.certificate), key, hashes.SHA256())
        .sign(serialization.Encoding.SMIME, [pkcs7.PKCS7Options.DetachedSignature])
    )
    verdict = only(corpus, HEAD + made)
    assert (verdict.signer, verdict.subindication) == ("Nguyễn Văn Minh", "NO_CERTIFICATE_CHAIN_FOUND")
    assert only(corpus, HEAD + made.replace(b"K\xc3\xad", b"L\xc3\xad")).subindication == "HASH_FAILURE"


@pytest.mark.parametrize(("address", "is_told"), [("Minh@ViDu.gov.vn", False), ("ke-khac@x.vn", True), ("", False)])
def test_a_certificate_for_another_address_is_told_beside(address: str, is_told: bool, corpus: Corpus) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Minh")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, SIGNED, SIGNED + timedelta(days=9))
    if address:
        names = x509.SubjectAlternativeName([x509.RFC822Name(address)])
        builder = builder.add_extension(names, critical=False)
    made = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(b"Content-Type: text/plain\r\n\r\nx\r\n")
        .add_signer(builder.sign(key, hashes.SHA256()), key, hashes.SHA256())
        .sign(serialization.Encoding.SMIME, [pkcs7.PKCS7Options.DetachedSignature])
    )
    told = [reason for reason in only(corpus, HEAD + made).reasons if reason.startswith("sender-differs: ")]
    assert bool(told) is is_told
    assert all(address in reason and "minh@vidu.gov.vn" in reason for reason in told)


def test_hostile_mail_never_raises(corpus: Corpus, xml_corpus: XmlCorpus) -> None:
    data = HEAD + parted(BODY, corpus.cms(BODY, detached=True))
    for cut in range(0, len(data), 97):
        for piece in (data[:cut], data[cut:], data[:cut] + b"--ngoai\r\n" + data[cut:]):
            told, _ = judge_mail(piece, xml_corpus.world)
            assert all(verdict["indication"] for verdict in told.verdicts)
