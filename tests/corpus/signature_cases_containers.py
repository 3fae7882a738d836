"""CMS outside PDF, and the older kinds inside."""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto carries no types.

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from asn1crypto import cms, core
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from archive.preservation.signatures.signing import Signing, sign_bytes
from tests.corpus.signature_case import Prepared, case, failed, passed, undecided
from tests.fixtures.pki import SIGNED, Corpus
from tests.generators.signed_data import Holder, Info, attribute, der, number, octets, seq, signed_data

TEXT = "Quyết định số 222/QĐ-UBND".encode()
TIME = "2026-06-15T09:00:00.000Z"
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")


def _file(corpus: Corpus, data: bytes, name: str, beside: Mapping[str, bytes] | None = None) -> Prepared:
    return Prepared(data, name, revocation=corpus.pki.lists(SIGNED), beside=beside or {})


@case(passed(level="B-T", best_time=TIME))
def cms_with_its_content(corpus: Corpus) -> Prepared:
    """A .p7m holds what it signs."""
    return _file(corpus, corpus.cms(TEXT, detached=False), "qd.p7m")


@case(passed(level="B-T", best_time=TIME))
def cms_beside_its_content(corpus: Corpus) -> Prepared:
    """A .p7s signs the file beside it."""
    return _file(corpus, corpus.cms(TEXT, detached=True), "qd.txt.p7s", {"qd.txt": TEXT})


@case(failed("HASH_FAILURE", "hash"))
def cms_beside_a_changed_content(corpus: Corpus) -> Prepared:
    """One letter more in the file beside it."""
    return _file(corpus, corpus.cms(TEXT, detached=True), "qd.txt.p7s", {"qd.txt": TEXT + b"."})


@case(undecided("SIGNED_DATA_NOT_FOUND", "content-missing", level="CMS", helps="content"))
def cms_without_its_content(corpus: Corpus) -> Prepared:
    """A .p7s alone: who signed is told, what was signed is missing."""
    return _file(corpus, corpus.cms(TEXT, detached=True), "qd.txt.p7s")


@case(passed(level="B-T"))
def cms_in_pem(corpus: Corpus) -> Prepared:
    """Armoured."""
    text = base64.encodebytes(corpus.cms(TEXT, detached=False))
    return _file(corpus, b"-----BEGIN PKCS7-----\n" + text + b"-----END PKCS7-----\n", "qd.p7m")


@case(passed(level="B-T"))
def cms_of_indefinite_length(corpus: Corpus) -> Prepared:
    """BER as streaming signers write it."""
    return _file(corpus, _indefinite(corpus.cms(TEXT, detached=False)), "qd.p7m")


def _indefinite(outer: bytes) -> bytes:
    """A CMS whose outer elements have no length."""
    place = outer.index(SIGNED_DATA)
    oid, rest = outer[place : place + 11], outer[place + 11 :]
    header = 2 + (rest[1] & 0x7F)
    return b"\x30\x80" + oid + b"\xa0\x80" + rest[header:] + b"\0" * 4


@case(passed(level="B-LT"))
def pdf_signature_of_indefinite_length(corpus: Corpus) -> Prepared:
    """The same in the gap of a PDF, where zeros follow anyway."""
    pdf = corpus.stamped()
    found = re.search(rb"/Contents\s*<([0-9A-Fa-f]{400,})>", pdf)
    assert found is not None
    der = bytes.fromhex(found[1].decode())
    size = 4 + int.from_bytes(der[2:4], "big")
    made = _indefinite(der[:size]).hex().encode().ljust(len(found[1]), b"0")
    return Prepared(corpus.long_term(pdf[: found.start(1)] + made + pdf[found.end(1) :]))


def two_signers(corpus: Corpus) -> bytes:
    """One CMS with the SignerInfos of two people."""
    one = cms.ContentInfo.load(sign_bytes(TEXT, corpus.leader, Signing(SIGNED), detached=False))
    two = cms.ContentInfo.load(sign_bytes(TEXT, corpus.person(), Signing(SIGNED), detached=False))
    for key in ("certificates", "signer_infos"):
        one["content"][key].append(two["content"][key][0])
    return bytes(one.dump(force=True))


@case(passed(level="B-B"), passed(level="B-B"))
def cms_of_two_signers(corpus: Corpus) -> Prepared:
    """Two people in one CMS are two verdicts."""
    return _file(corpus, two_signers(corpus), "qd.p7m")


@case(failed("FORMAT_FAILURE", "unreadable"))
def cms_that_is_none(corpus: Corpus) -> Prepared:
    """A file whose name says CMS and whose bytes do not."""
    return _file(corpus, b"0\x82\x01\x00 nothing of the kind", "qd.p7m")


@case(failed("FORMAT_FAILURE", "unreadable"))
def pdf_that_is_none(corpus: Corpus) -> Prepared:
    """The same for a PDF."""
    return _file(corpus, b"nothing of the kind", "qd.pdf")


@case(passed(level="adbe.pkcs7.detached"))
def adobe_detached(corpus: Corpus) -> Prepared:
    """The older Adobe kind."""
    how: dict[str, Any] = {
        "sub_filter": "adbe.pkcs7.detached",
        "stamper": corpus.stamper(),
        "revocation": corpus.pki.lists(SIGNED),
    }
    return Prepared(corpus.signed(**how))


@case(undecided("GENERIC", "sub-filter"))
def kind_that_nobody_knows(corpus: Corpus) -> Prepared:
    """A signature of an unknown kind is named, never passed over."""
    pdf = corpus.signed(sub_filter="adbe.pkcs7.detached")
    return Prepared(pdf.replace(b"/adbe.pkcs7.detached", b"/adbe.pkcs7.embedded"))


@case(undecided("GENERIC", "remnant"))
def remnant_without_a_form(corpus: Corpus) -> Prepared:
    """A Gazette extract: a signature dictionary that no form names is a remnant, neither signed nor unsigned."""
    pdf = corpus.base + b"99 0 obj\n<< /Type /Sig /ByteRange [0 12494132 12518902 41295] /Contents <00> >>\nendobj\n"
    return Prepared(pdf)


# ------------------------------------------------------------ older kinds of Adobe's


def _rewritten(pdf: bytes, changes: Mapping[bytes, bytes], make: Callable[[bytes], bytes]) -> bytes:
    """A signed PDF with other words in its signature dictionary and another signature over all of it."""
    for old, new in changes.items():
        assert pdf.count(old) == 1, old
        assert len(new) <= len(old), new
        pdf = pdf.replace(old, new.ljust(len(old)))
    found = re.search(rb"/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)
    assert found is not None
    first, second, length = map(int, found.groups())
    contents = make(pdf[:first] + pdf[second : second + length]).hex().encode()
    gap = b"<" + contents.ljust(second - first - 2, b"0") + b">"
    return pdf[:first] + gap + pdf[second:]


def _wrapped(corpus: Corpus, signed: bytes) -> bytes:
    """A CMS around the SHA-1 digest of what is signed."""
    digest = hashlib.sha1(signed, usedforsecurity=False).digest()
    return sign_bytes(digest, corpus.leader, Signing(SIGNED, sub_filter="adbe.pkcs7.sha1"), detached=False)


@case(undecided("CRYPTO_CONSTRAINTS_FAILURE", "algorithm: digest sha1", level="adbe.pkcs7.sha1"))
def adobe_around_a_sha1_digest(corpus: Corpus) -> Prepared:
    """The kind that wraps a SHA-1 digest of the file is read; today the digest proves nothing."""
    pdf = corpus.signed(sub_filter="adbe.pkcs7.detached")
    changes = {b"/adbe.pkcs7.detached": b"/adbe.pkcs7.sha1"}
    return _file(corpus, _rewritten(pdf, changes, lambda signed: _wrapped(corpus, signed)), "tep.pdf")


@case(failed("HASH_FAILURE", "hash", level=None))
def adobe_around_another_digest(corpus: Corpus) -> Prepared:
    """The digest in it is not that of the file."""
    pdf = corpus.signed(sub_filter="adbe.pkcs7.detached")
    changes = {b"/adbe.pkcs7.detached": b"/adbe.pkcs7.sha1"}
    return _file(corpus, _rewritten(pdf, changes, lambda signed: _wrapped(corpus, signed + b"x")), "tep.pdf")


def _bare(corpus: Corpus, digest: hashes.HashAlgorithm, *, changed: bytes = b"") -> Prepared:
    """A bare RSA value in an OCTET STRING, the certificate beside it."""
    room = b"x" * 4_000
    pdf = corpus.signed(sub_filter="adbe.pkcs7.detached", reason=room.decode())
    words = {
        b"/adbe.pkcs7.detached": b"/adbe.x509.rsa_sha1",
        b"/Reason (" + room + b")": b"/Cert <" + corpus.leader.certificate.hex().encode() + b">",
    }
    key = serialization.load_der_private_key(corpus.leader.key, None)
    assert isinstance(key, rsa.RSAPrivateKey)

    def value(signed: bytes) -> bytes:
        return bytes(core.OctetString(key.sign(signed + changed, padding.PKCS1v15(), digest)).dump())

    made = _rewritten(pdf, words, value)
    return Prepared(
        made, revocation=[*corpus.pki.lists(SIGNED)], trust=corpus.trusting(corpus.pki.root.der, corpus.pki.issuing.der)
    )


@case(undecided("CRYPTO_CONSTRAINTS_FAILURE", "algorithm: digest sha1", level="adbe.x509.rsa_sha1"))
def adobe_bare_rsa_with_sha1(corpus: Corpus) -> Prepared:
    """The oldest kind: an RSA value over the file, no CMS; today its SHA-1 proves nothing."""
    return _bare(corpus, hashes.SHA1())  # noqa: S303 - that is the kind


@case(failed("SIG_CRYPTO_FAILURE", "signature-value"))
def adobe_bare_rsa_over_another_file(corpus: Corpus) -> Prepared:
    """The value is over something else."""
    return _bare(corpus, hashes.SHA1(), changed=b"x")  # noqa: S303 - that is the kind


@case(undecided("GENERIC", "enveloping"))
def adobe_detached_with_content_of_its_own(corpus: Corpus) -> Prepared:
    """A CMS that signs a content of its own, where it should sign the file: which of the two is not guessed."""
    pdf = corpus.signed(sub_filter="adbe.pkcs7.detached")
    return _file(
        corpus,
        _rewritten(pdf, {}, lambda signed: sign_bytes(signed[:500], corpus.leader, Signing(SIGNED), detached=False)),
        "tep.pdf",
    )


@case(undecided("GENERIC", "signers: 2"))
def pdf_signature_of_two_signers(corpus: Corpus) -> Prepared:
    """One field with two SignerInfos: a PDF signature has one."""
    return _file(corpus, _rewritten(corpus.signed(), {}, lambda _signed: two_signers(corpus)), "tep.pdf")


# ------------------------------------------------------------ attributes octet by octet


def _made(corpus: Corpus, *more: bytes, over_sent: bool = False, turned: bool = False) -> Prepared:
    """A CMS whose signed attributes stand as a test wants them."""
    person = corpus.person()
    key = serialization.load_der_private_key(person.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    holder = Holder(x509.load_der_x509_certificate(person.certificate), key)
    info = Info(holder, content=TEXT, sort=not turned)
    info.attributes = [*info.standard(*more)]
    if turned:
        info.attributes.sort(reverse=True)
        assert info.attributes != sorted(info.attributes)
    if over_sent:
        sent = der(0x31, *info.attributes)
        info.sign = lambda _ordered: key.sign(sent, ec.ECDSA(hashes.SHA256()))
    carried = (person.certificate, corpus.pki.issuing.der)
    return _file(corpus, signed_data((info,), certificates=carried, content=TEXT), "qd.p7m")


@case(passed(level="CMS"))
def attributes_in_another_order_than_they_were_signed(corpus: Corpus) -> Prepared:
    """RFC 5652, 5.4: the DER order is what is signed, however they were sent."""
    return _made(corpus, turned=True)


@case(undecided("SIG_CONSTRAINTS_FAILURE", "attribute-order"))
def attributes_signed_in_another_order_than_der(corpus: Corpus) -> Prepared:
    """Signed as sent, and not in DER order: genuine by the letter of nobody, open here (the library passes it)."""
    return _made(corpus, turned=True, over_sent=True)


@case(undecided("SIG_CONSTRAINTS_FAILURE", "attribute-repeated"))
def attribute_that_stands_twice(corpus: Corpus) -> Prepared:
    """Two message digests of which one fits."""
    other = attribute("1.2.840.113549.1.9.4", octets(hashlib.sha256(TEXT).digest()))
    return _made(corpus, other)


# ------------------------------------------------------------ certificates that the signer names


_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"
_OLD_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"


def _naming(
    corpus: Corpus, *others: bytes, old: bytes = b"", issuer: x509.Certificate | None = None, unsigned: bytes = b""
) -> Prepared:
    """A CMS whose signed attribute names the signer's certificate and others (RFC 5035)."""
    person = corpus.person()
    own = x509.load_der_x509_certificate(person.certificate)
    key = serialization.load_der_private_key(person.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    beside = (seq(seq(der(0xA4, issuer.issuer.public_bytes())), number(issuer.serial_number)),) if issuer else ()
    entries = [seq(octets(hashlib.sha256(person.certificate).digest()), *beside)]
    entries += [seq(octets(hashlib.sha256(certificate).digest())) for certificate in others]
    more = [attribute(_SIGNING_CERTIFICATE, seq(seq(*entries)))]
    if old:
        more.append(attribute(_OLD_SIGNING_CERTIFICATE, seq(seq(seq(octets(hashlib.sha1(old).digest()))))))  # noqa: S324 - what the attribute is
    info = Info(Holder(own, key), content=TEXT)
    info.attributes = [*info.standard(*more)]
    info.unsigned = (unsigned,) if unsigned else ()
    carried = (person.certificate, corpus.pki.issuing.der)
    return _file(corpus, signed_data((info,), certificates=carried, content=TEXT), "qd.p7m")


@case(passed(level="B-B"))
def signer_who_names_the_whole_path(corpus: Corpus) -> Prepared:
    """Some signers name their authorities beside their own certificate."""
    return _naming(corpus, corpus.pki.issuing.der, corpus.pki.root.der)


@case(undecided("SIG_CONSTRAINTS_FAILURE", "signing-certificate"))
def signer_who_names_a_certificate_of_another_path(corpus: Corpus) -> Prepared:
    """EN 319 102-1, 5.2.8.4.2.1: whichever certificate the signer named must stand on the path."""
    return _naming(corpus, corpus.leader.certificate)


@case(undecided("SIG_CONSTRAINTS_FAILURE", "signing-certificate"))
def two_attributes_that_name_two_signers(corpus: Corpus) -> Prepared:
    """The attribute of the second version names the signer, that of the first somebody else."""
    return _naming(corpus, old=corpus.leader.certificate)


@case(passed(reason="signing-certificate-issuer"))
def signer_named_with_the_number_of_another(corpus: Corpus) -> Prepared:
    """The digest counts; an issuer and number beside it that fit another certificate are told (5.2.3.4: a warning)."""
    return _naming(corpus, issuer=x509.load_der_x509_certificate(corpus.leader.certificate))


@case(undecided("SIG_CONSTRAINTS_FAILURE", "attribute-missing"))
def attributes_without_the_type_of_the_content(corpus: Corpus) -> Prepared:
    """RFC 5652, 11.1: where attributes are signed the type of the content is one of them (OpenSSL refuses it too)."""
    person = corpus.person()
    key = serialization.load_der_private_key(person.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    info = Info(Holder(x509.load_der_x509_certificate(person.certificate), key), content=TEXT)
    info.attributes = [a for a in info.standard() if bytes.fromhex("2a864886f70d010903") not in a]
    carried = (person.certificate, corpus.pki.issuing.der)
    return _file(corpus, signed_data((info,), certificates=carried, content=TEXT), "qd.p7m")


@case(passed(reason="countersignature"))
def countersignature_that_is_not_judged(corpus: Corpus) -> Prepared:
    """What stands in a signature and weighs nothing is named (5.2.8.4.2.6: it fails nothing)."""
    return _naming(corpus, unsigned=attribute("1.2.840.113549.1.9.6", seq(number(1))))


@case(passed(reason="archive-time-stamp", level="B-B"))
def archive_time_stamp_that_is_not_judged(corpus: Corpus) -> Prepared:
    """An archive time-stamp of CAdES proves nothing here and gives no level by itself."""
    return _naming(corpus, unsigned=attribute("0.4.0.1733.2.4", seq(number(1))))
