"""Time-stamps: what they prove, and what keeps them from proving anything."""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto carries no types.

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from archive.demo.pki import Shape, Subject, new_authority, new_credential
from archive.preservation.signatures.signing import (
    Credential,
    Signing,
    sign_bytes,
    sign_pdf,
    time_stamp_pdf,
    time_stamper,
)
from tests.corpus.signature_case import Prepared, case, failed, passed, undecided
from tests.fixtures.pki import EXPIRED, LONG, REVOKED, SIGNED, TODAY, Corpus

DAY = timedelta(days=1)
SPAN = (SIGNED - 30 * DAY, SIGNED + LONG)


def server(
    corpus: Corpus, *, end: object = SPAN[1], shape: Shape | None = None, stamps_time: bool = True
) -> Credential:
    """A time-stamp server below the corpus' authority for them."""
    corpus.numbers += 1
    return new_credential(
        Subject(f"TSA thứ {corpus.numbers}"),
        corpus.pki.stamping,
        (SPAN[0], end),  # type: ignore[arg-type] # a time
        number=corpus.numbers,
        chain=(corpus.pki.stamping.der,),
        stamps_time=stamps_time,
        elliptic=True,
        shape=shape or Shape(),
    )


def by(corpus: Corpus, stamper: Credential, **more: Any) -> bytes:  # noqa: ANN401 - fields of Signing
    """A long-term signature stamped by a server of the test."""
    return corpus.long_term(corpus.signed(stamper=time_stamper(stamper, SIGNED), **more))


_UNSTAMPED = passed(reason="time-stamp-unused", level="B-LT")
"""The signature is judged as if it had no time-stamp, and passes because it is alive today."""


@case(_UNSTAMPED)
def server_of_a_stranger(corpus: Corpus) -> Prepared:
    """A time-stamp of an authority that nobody trusts is a fact and no failure."""
    strange = new_authority(Subject("CA lạ"), None, SPAN, number=1)
    stamper = new_credential(Subject("TSA lạ"), strange, SPAN, number=2, stamps_time=True, elliptic=True)
    return Prepared(by(corpus, stamper))


@case(_UNSTAMPED)
def server_for_other_purposes(corpus: Corpus) -> Prepared:
    """A person's certificate stamps nothing."""
    return Prepared(by(corpus, corpus.person()))


@case(_UNSTAMPED)
def server_for_other_purposes_too(corpus: Corpus) -> Prepared:
    """Time-stamping must be the only purpose (RFC 3161, 2.3)."""
    purposes = (ExtendedKeyUsageOID.TIME_STAMPING.dotted_string, ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string)
    return Prepared(by(corpus, server(corpus, shape=Shape(purposes=purposes))))


@case(_UNSTAMPED)
def server_whose_purpose_is_not_critical(corpus: Corpus) -> Prepared:
    """And it must be critical."""
    shape = Shape(purposes=(ExtendedKeyUsageOID.TIME_STAMPING.dotted_string,), purposes_critical=False)
    return Prepared(by(corpus, server(corpus, shape=shape)))


@case(_UNSTAMPED)
def stamp_that_does_not_sign_what_it_is(corpus: Corpus) -> Prepared:
    """RFC 5652, 11.1 holds for tokens as well: the type of the content is one of the signed attributes."""
    stamper = server(corpus)
    key = serialization.load_der_private_key(stamper.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)

    def stamp(imprint: bytes, digest: str) -> bytes:
        token = cms.ContentInfo.load(time_stamper(stamper, SIGNED)(imprint, digest))
        signer = token["content"]["signer_infos"][0]
        kept = [a for a in signer["signed_attrs"] if a["type"].native != "content_type"]
        signer["signed_attrs"] = cms.CMSAttributes(kept)
        signer["signature"] = key.sign(cms.CMSAttributes(kept).dump(), ec.ECDSA(hashes.SHA256()))
        return bytes(token.dump(force=True))

    return Prepared(corpus.long_term(corpus.signed(stamper=stamp)))


@case(_UNSTAMPED)
def server_younger_than_its_stamp(corpus: Corpus) -> Prepared:
    """A time-stamp of a time at which its server had no certificate yet was dated back."""
    corpus.numbers += 1
    stamper = new_credential(
        Subject("TSA mới"),
        corpus.pki.stamping,
        (SIGNED + 10 * DAY, SPAN[1]),
        number=corpus.numbers,
        chain=(corpus.pki.stamping.der,),
        stamps_time=True,
        elliptic=True,
    )
    lists = corpus.pki.lists(TODAY - DAY)
    return Prepared(by(corpus, stamper), revocation=lists)


@case(undecided("OUT_OF_BOUNDS_NOT_REVOKED", "time-stamp-unused"))
def server_expired_without_a_renewal(corpus: Corpus) -> Prepared:
    """Signer and server have both expired and nothing proves the time-stamp."""
    person = corpus.person(end=EXPIRED)
    stamper = time_stamper(server(corpus, end=EXPIRED), SIGNED)
    return Prepared(corpus.long_term(corpus.signed(person, stamper=stamper)))


@case(passed(best_time="2026-06-15T09:00:00.000Z"), passed())
def server_expired_under_a_younger_stamp(corpus: Corpus) -> Prepared:
    """A document time-stamp of another server, made while the first was alive, keeps it."""
    person = corpus.person(end=EXPIRED)
    stamper = time_stamper(server(corpus, end=EXPIRED), SIGNED)
    return Prepared(corpus.archived(corpus.long_term(corpus.signed(person, stamper=stamper)), SIGNED + DAY))


def _revoked_server(corpus: Corpus) -> tuple[Credential, bytes]:
    stamper = server(corpus)
    serial = x509.load_der_x509_certificate(stamper.certificate).serial_number
    return stamper, corpus.pki.stamping.list_of(TODAY - DAY, {serial: (REVOKED, x509.ReasonFlags.key_compromise)})


@case(undecided("OUT_OF_BOUNDS_NOT_REVOKED", "time-stamp-unused"))
def server_revoked_without_a_renewal(corpus: Corpus) -> Prepared:
    """A stolen server key stamps any time: its stamps need a proof from before the revocation."""
    stamper, bad = _revoked_server(corpus)
    person = corpus.person(end=EXPIRED)
    pdf = corpus.long_term(corpus.signed(person, stamper=time_stamper(stamper, SIGNED)))
    return Prepared(pdf, revocation=[bad])


@case(passed(best_time="2026-06-15T09:00:00.000Z", reason="revoked-later"), passed())
def server_revoked_after_a_younger_stamp(corpus: Corpus) -> Prepared:
    """Stamped again by another server before the revocation."""
    stamper, bad = _revoked_server(corpus)
    person = corpus.person(end=EXPIRED)
    pdf = corpus.long_term(corpus.signed(person, stamper=time_stamper(stamper, SIGNED)))
    return Prepared(corpus.archived(pdf, SIGNED + DAY), revocation=[bad])


@case(passed(level="B-B"))
def stamp_over_other_bytes(corpus: Corpus) -> Prepared:
    """A time-stamp for something else is none for this."""
    honest = corpus.stamper()
    pdf = corpus.signed(stamper=lambda _digest, name: honest(b"\7" * 32, name))
    return Prepared(pdf, revocation=corpus.pki.lists(TODAY - DAY))


@case(passed(reason="time-stamp-unused"))
def stamp_from_the_future(corpus: Corpus) -> Prepared:
    """What is stamped after the time of judging proves nothing."""
    return Prepared(corpus.long_term(corpus.signed(stamper=corpus.stamper(TODAY + 30 * DAY))))


@case(passed(best_time="2026-11-28T00:02:00.000Z"))
def clock_a_little_ahead(corpus: Corpus) -> Prepared:
    """Clocks differ: two minutes are no future."""
    at = TODAY + timedelta(minutes=2)
    return Prepared(corpus.long_term(corpus.stamped(at=at), at=at))


@case(passed(best_time="2026-06-15T09:00:00.000Z", reason="imprint-sha1", practice="imprint-sha1"))
def imprint_by_sha1(corpus: Corpus) -> Prepared:
    """A SHA-1 imprint is accepted until the date of its practice row, and marked."""
    how: dict[str, Any] = {"sub_filter": "adbe.pkcs7.detached", "imprint": "sha1"}
    return Prepared(corpus.long_term(corpus.signed(stamper=corpus.stamper(), **how)))


@case(passed(reason="time-stamp-unused"))
def imprint_by_sha1_after_its_date(corpus: Corpus) -> Prepared:
    """After that date it proves nothing, unless it is proven to be older."""
    how: dict[str, Any] = {"sub_filter": "adbe.pkcs7.detached", "imprint": "sha1"}
    pdf = corpus.long_term(corpus.signed(stamper=corpus.stamper(), **how))
    return Prepared(pdf, at=SIGNED + timedelta(days=1500))


@case(passed(best_time="2026-06-14T09:00:00.000Z", reason="time-stamp-unused"), passed())
def document_stamp_older_than_what_it_covers(corpus: Corpus) -> Prepared:
    """Of two time-stamps in the wrong order the covered one is not believed; the cover proves what it covers."""
    return Prepared(corpus.archived(corpus.long_term(corpus.stamped(), at=SIGNED - 3 * DAY), SIGNED - DAY))


@case(passed(), undecided("TIMESTAMP_ORDER_FAILURE", "time-stamp-order"))
def stamp_older_than_what_the_signature_signs(corpus: Corpus) -> Prepared:
    """The second signature signs a time-stamp that is younger than the one on itself."""
    first = corpus.stamped(at=SIGNED + 10 * DAY)
    how = Signing(SIGNED, field_name="Sau", stamper=corpus.stamper(SIGNED))
    return Prepared(corpus.long_term(sign_pdf(first, corpus.leader, how), at=SIGNED - DAY))


@case(passed(best_time="2026-06-15T09:00:00.000Z"))
def content_stamp_before_the_signature(corpus: Corpus) -> Prepared:
    """A content time-stamp is older than the signature, the signature time-stamp younger."""
    how: dict[str, Any] = {"content_stamper": corpus.stamper(SIGNED - DAY), "stamper": corpus.stamper(SIGNED)}
    return Prepared(corpus.long_term(corpus.signed(**how), at=SIGNED - 2 * DAY))


@case(undecided("TIMESTAMP_ORDER_FAILURE", "time-stamp-order"))
def content_stamp_after_the_signature(corpus: Corpus) -> Prepared:
    """The other way round one of the clocks is wrong."""
    how: dict[str, Any] = {"content_stamper": corpus.stamper(SIGNED + 3 * DAY), "stamper": corpus.stamper(SIGNED)}
    return Prepared(corpus.long_term(corpus.signed(**how), at=SIGNED - 2 * DAY))


@case(failed("EXPIRED", "signed-after"))
def content_stamp_after_the_expiry(corpus: Corpus) -> Prepared:
    """The signature signs a time-stamp that is younger than its certificate: made after the expiry."""
    person = corpus.person(end=EXPIRED)
    late = EXPIRED + 10 * DAY
    return Prepared(corpus.long_term(corpus.signed(person, at=late, content_stamper=corpus.stamper(late)), at=late))


@case(passed(level="B-LTA"), undecided("SIG_CONSTRAINTS_FAILURE", "time-stamp-usage"))
def document_stamp_by_a_person(corpus: Corpus) -> Prepared:
    """A document time-stamp that proves nothing has its own verdict; the signature is judged without it."""
    stamper = time_stamper(corpus.person(), SIGNED + DAY)
    return Prepared(time_stamp_pdf(corpus.blt, stamper, field_name="Dau"))


# ------------------------------------------------------------ what a document time-stamp covers


@case(passed(level="RFC 3161"), undecided("REVOKED_NO_POE", "revoked"))
def signature_behind_a_document_stamp(corpus: Corpus) -> Prepared:
    """A document time-stamp proves nothing of what was signed after it."""
    person = corpus.person()
    stamped = corpus.archived(corpus.base, SIGNED)
    signed = sign_pdf(stamped, person, Signing(REVOKED + 31 * DAY, field_name="Sau"))
    return Prepared(corpus.long_term(signed, corpus.revoking(person)))


@case(undecided("REVOCATION_OUT_OF_BOUNDS_NO_POE", "revocation-unknown"), passed())
def list_put_in_behind_a_document_stamp(corpus: Corpus) -> Prepared:
    """Nor of lists that were put in after it, though they say that they are older."""
    span = (SIGNED - 30 * DAY, EXPIRED)
    short = new_authority(Subject("CA ngắn hạn"), corpus.pki.root, span, number=59)
    person = new_credential(Subject("Người ký"), short, span, number=60, chain=(short.der,), elliptic=True)
    stamped = corpus.archived(corpus.stamped(person), SIGNED + DAY)
    return Prepared(corpus.long_term(stamped, short.list_of(SIGNED)))


def _over_less(pdf: bytes, make: Callable[[bytes], bytes]) -> bytes:
    """The last signature of `pdf` made again over less than its revision: its last bytes are left out."""
    found = list(re.finditer(rb"/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf))[-1]
    first, second, length = map(int, found.groups())
    told = b"/ByteRange [0 %d %d %d]" % (first, second, length - 40)
    pdf = pdf[: found.start()] + told.ljust(len(found.group(0))) + pdf[found.end() :]
    contents = make(pdf[:first] + pdf[second : second + length - 40]).hex().encode()
    return pdf[:first] + b"<" + contents.ljust(second - first - 2, b"0") + b">" + pdf[second:]


@case(undecided("OUT_OF_BOUNDS_NOT_REVOKED", "out-of-bounds"), undecided("SIG_CONSTRAINTS_FAILURE", "coverage"))
def document_stamp_over_less_than_its_revision(corpus: Corpus) -> Prepared:
    """A document time-stamp that leaves out the end of its revision proves nothing of the file."""
    pdf = corpus.archived(corpus.long_term(corpus.signed(corpus.person(end=EXPIRED))), SIGNED + DAY)
    stamper = corpus.stamper(SIGNED + DAY)
    return Prepared(_over_less(pdf, lambda signed: stamper(hashlib.sha256(signed).digest(), "sha256")))


@case(undecided("SIG_CONSTRAINTS_FAILURE", "coverage"))
def signature_over_less_than_its_revision(corpus: Corpus) -> Prepared:
    """A signature that leaves out the end of its revision never passes."""
    how = Signing(SIGNED, stamper=corpus.stamper())
    pdf = corpus.signed(stamper=corpus.stamper())
    made = _over_less(pdf, lambda signed: sign_bytes(signed, corpus.leader, how, detached=True))
    return Prepared(made, revocation=corpus.pki.lists(TODAY - DAY))
