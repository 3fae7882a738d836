"""CMS outside PDF, and the older kinds inside."""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto carries no types.

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from asn1crypto import cms

from archive.preservation.signatures.signing import Signing, sign_bytes
from tests.corpus.signature_case import Prepared, case, failed, passed, undecided
from tests.fixtures.pki import SIGNED, Corpus

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
    outer = corpus.cms(TEXT, detached=False)
    place = outer.index(SIGNED_DATA)
    oid, rest = outer[place : place + 11], outer[place + 11 :]
    header = 2 + (rest[1] & 0x7F)
    return _file(corpus, b"\x30\x80" + oid + b"\xa0\x80" + rest[header:] + b"\0" * 4, "qd.p7m")


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
