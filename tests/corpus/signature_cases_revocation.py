"""Expired and revoked certificates, and what lists and answers are worth."""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto carries no types.

from __future__ import annotations

from datetime import datetime, timedelta

from asn1crypto import core
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from archive.demo.pki import Shape, Subject, new_authority, new_credential
from archive.preservation.signatures.signing import Credential, Signing, sign_pdf
from metadata.verdicts import PlainWord
from tests.corpus.signature_case import Prepared, case, failed, passed, undecided
from tests.fixtures.pki import EXPIRED, LONG, REVOKED, SIGNED, TODAY, Corpus

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
_OPEN = PlainWord.INSUFFICIENT


def serial_of(person: Credential) -> int:
    return x509.load_der_x509_certificate(person.certificate).serial_number


def revoked_at(corpus: Corpus, at: datetime, *, end: datetime = SIGNED + LONG, list_at: datetime = EXPIRED) -> bytes:
    """A stamped signature of `at` by somebody who was revoked at `REVOKED`, with lists of then."""
    person = corpus.person(end=end)
    return corpus.long_term(corpus.stamped(person, at), corpus.revoking(person, at=list_at), at=at)


# ------------------------------------------------------------ expired


@case(undecided("OUT_OF_BOUNDS_NOT_REVOKED", "out-of-bounds", plain=_OPEN, helps="proof-of-time: before 2026-10-01"))
def expired_without_a_proof(corpus: Corpus) -> Prepared:
    """Known to be good until it expired, but nothing proves that the signature is that old."""
    return Prepared(corpus.long_term(corpus.signed(corpus.person(end=EXPIRED))))


@case(undecided("OUT_OF_BOUNDS_NO_POE", "out-of-bounds", plain=_OPEN))
def expired_and_nothing_known(corpus: Corpus) -> Prepared:
    """The common old file: expired, no revocation data, no proof."""
    return Prepared(corpus.signed(corpus.person(end=EXPIRED)))


@case(passed(reason="expired-later", plain=PlainWord.VALID))
def expired_and_stamped_in_time(corpus: Corpus) -> Prepared:
    """Stamped while it was alive and known to be good: OUT_OF_BOUNDS_NOT_REVOKED, resolved by the time-stamp."""
    return Prepared(corpus.long_term(corpus.stamped(corpus.person(end=EXPIRED))))


@case(
    passed(),
    failed("EXPIRED", "signed-after"),
)
def signed_after_expiry_by_its_own_witness(corpus: Corpus) -> Prepared:
    """A second signature signs a time-stamp that is younger than its certificate: it was made after the expiry."""
    late = EXPIRED + 10 * DAY
    first = corpus.signed(stamper=corpus.stamper(late), at=late)
    second = sign_pdf(first, corpus.person(end=EXPIRED), Signing(late, field_name="Sau"))
    return Prepared(corpus.long_term(second, at=late))


# ------------------------------------------------------------ revoked


@case(passed(reason="revoked-later"))
def revoked_after_the_stamp(corpus: Corpus) -> Prepared:
    """A revocation after the proven time does not harm, and is told."""
    return Prepared(revoked_at(corpus, SIGNED))


@case(passed(reason="revoked-later"))
def stamped_one_second_before_the_revocation(corpus: Corpus) -> Prepared:
    """One second is enough."""
    return Prepared(revoked_at(corpus, REVOKED - SECOND))


@case(undecided("REVOKED_NO_POE", "revoked", plain=_OPEN, helps="proof-of-time: before 2026-08-01"))
def stamped_in_the_second_of_the_revocation(corpus: Corpus) -> Prepared:
    """The same second is too late."""
    return Prepared(revoked_at(corpus, REVOKED))


@case(undecided("REVOKED_NO_POE", "revoked"))
def stamped_after_the_revocation(corpus: Corpus) -> Prepared:
    """Whoever stole the key stamps as well as its owner."""
    return Prepared(revoked_at(corpus, REVOKED + 31 * DAY))


@case(undecided("REVOKED_NO_POE", "revoked"))
def revoked_without_a_proof(corpus: Corpus) -> Prepared:
    """Nothing proves that the signature is older than the revocation."""
    person = corpus.person()
    return Prepared(corpus.long_term(corpus.signed(person), corpus.revoking(person)))


@case(undecided("REVOKED_NO_POE", "revoked"))
def revoked_then_expired(corpus: Corpus) -> Prepared:
    """Expiry does not wash a signature that was made after the revocation (defect D3 of the library's engine)."""
    at = REVOKED + 31 * DAY
    return Prepared(revoked_at(corpus, at, end=EXPIRED, list_at=at))


@case(undecided("REVOKED_NO_POE", "revoked"), passed())
def revoked_then_expired_and_archived(corpus: Corpus) -> Prepared:
    """Nor does a document time-stamp over it (case E5 of the research)."""
    at = REVOKED + 31 * DAY
    return Prepared(corpus.archived(revoked_at(corpus, at, end=EXPIRED, list_at=at), at + DAY))


@case(passed(), failed("REVOKED", "signed-after"))
def signed_after_revocation_by_its_own_witness(corpus: Corpus) -> Prepared:
    """A signature that signs a time-stamp younger than the revocation was made after it: proven false."""
    late = REVOKED + 10 * DAY
    person = corpus.person()
    first = corpus.signed(stamper=corpus.stamper(late), at=late)
    second = sign_pdf(first, person, Signing(late, field_name="Sau"))
    return Prepared(corpus.long_term(second, corpus.revoking(person), at=late))


@case(undecided("REVOKED_CA_NO_POE", "revoked"))
def authority_revoked(corpus: Corpus) -> Prepared:
    """A revoked authority counts for those below it."""
    serial = corpus.pki.issuing.certificate.serial_number
    bad = corpus.pki.root.list_of(TODAY - DAY, {serial: (REVOKED, x509.ReasonFlags.ca_compromise)})
    return Prepared(corpus.signed(), revocation=[bad, corpus.pki.issuing.list_of(TODAY - DAY)])


@case(passed(reason="revoked-later"), passed())
def authority_revoked_after_archiving(corpus: Corpus) -> Prepared:
    """Lists and certificate were proven before the authority was revoked."""
    serial = corpus.pki.issuing.certificate.serial_number
    bad = corpus.pki.root.list_of(TODAY - DAY, {serial: (REVOKED, x509.ReasonFlags.ca_compromise)})
    return Prepared(corpus.blta, revocation=[bad])


# ------------------------------------------------------------ held


def _held(corpus: Corpus, person: Credential, at: datetime) -> bytes:
    return corpus.pki.issuing.list_of(at, {serial_of(person): (REVOKED, x509.ReasonFlags.certificate_hold)})


@case(undecided("TRY_LATER", "on-hold"))
def on_hold(corpus: Corpus) -> Prepared:
    """A hold is no revocation: the verdict waits."""
    person = corpus.person()
    lists = [_held(corpus, person, REVOKED), *corpus.other_lists(TODAY - DAY)]
    return Prepared(corpus.signed(person), revocation=lists)


@case(passed(reason="on-hold"))
def on_hold_and_lifted(corpus: Corpus) -> Prepared:
    """A lifted hold no longer counts for a signature of today, and is told."""
    person = corpus.person()
    lifted = corpus.pki.issuing.list_of(REVOKED + 5 * DAY)
    lists = [_held(corpus, person, REVOKED), lifted, *corpus.other_lists(TODAY - DAY)]
    return Prepared(corpus.signed(person), revocation=lists)


@case(undecided("TRY_LATER", "on-hold"))
def stamped_while_on_hold(corpus: Corpus) -> Prepared:
    """What was proven to exist first during the hold stays open, though the hold was lifted."""
    person = corpus.person()
    at = REVOKED + 2 * DAY
    lists = [_held(corpus, person, REVOKED), corpus.pki.issuing.list_of(REVOKED + 5 * DAY), *corpus.other_lists()]
    return Prepared(corpus.stamped(person, at), revocation=lists)


@case(passed())
def stamped_before_the_hold(corpus: Corpus) -> Prepared:
    """A hold that is not lifted does not reach back."""
    person = corpus.person()
    lists = [_held(corpus, person, REVOKED), *corpus.other_lists(TODAY - DAY)]
    return Prepared(corpus.stamped(person), revocation=lists)


# ------------------------------------------------------------ what lists are worth


@case(undecided("TRY_LATER", "revocation-unknown: only stale answers"))
def list_older_than_the_certificate(corpus: Corpus) -> Prepared:
    """A list of the time before a certificate says nothing of it."""
    person = corpus.person(start=SIGNED - DAY)
    return Prepared(
        corpus.signed(person), revocation=[corpus.pki.issuing.list_of(SIGNED - 30 * DAY), *corpus.other_lists()]
    )


@case(undecided("OUT_OF_BOUNDS_NO_POE", "revocation-unknown: only stale answers"))
def list_that_dropped_expired_certificates(corpus: Corpus) -> Prepared:
    """A list of the time after the expiry no longer names who was revoked before."""
    person = corpus.person(end=EXPIRED)
    late = corpus.pki.issuing.list_of(EXPIRED + DAY)
    return Prepared(corpus.stamped(person), revocation=[late, *corpus.other_lists()])


@case(passed())
def list_that_keeps_expired_certificates(corpus: Corpus) -> Prepared:
    """Unless it says that it keeps them (expiredCertsOnCRL)."""
    person = corpus.person(end=EXPIRED)
    late = corpus.pki.issuing.list_of(EXPIRED + DAY, keeps_expired_since=SIGNED - 365 * DAY)
    return Prepared(corpus.stamped(person), revocation=[late, *corpus.other_lists()])


@case(undecided("TRY_LATER", "revocation-unknown: only stale answers"))
def stale_list(corpus: Corpus) -> Prepared:
    """A list that ended before the signature was made."""
    stale = corpus.pki.issuing.list_of(SIGNED - 3 * DAY, life=DAY)
    return Prepared(corpus.stamped(), revocation=[stale, *corpus.other_lists()])


@case(passed())
def list_issued_after_the_stamp(corpus: Corpus) -> Prepared:
    """A list that has ended since, but is younger than the proven time, is fresh for that time."""
    later = corpus.pki.issuing.list_of(SIGNED + 3 * DAY, life=DAY)
    return Prepared(corpus.stamped(), revocation=[later, *corpus.other_lists()])


@case(undecided("TRY_LATER", "revocation-unknown"))
def list_from_the_future(corpus: Corpus) -> Prepared:
    """What is dated after the time of judging is not believed."""
    return Prepared(corpus.signed(), revocation=corpus.pki.lists(TODAY + DAY))


@case(undecided("REVOCATION_OUT_OF_BOUNDS_NO_POE", "revocation-unknown: no answer that is proven"))
def list_of_an_expired_authority(corpus: Corpus) -> Prepared:
    """Whoever gets hold of an old key can write any list with it: it needs a proof of its own age."""
    return Prepared(_short(corpus))


@case(passed(), passed())
def list_of_an_expired_authority_under_a_stamp(corpus: Corpus) -> Prepared:
    """Under a document time-stamp of the authority's lifetime it counts (defect D6 of the library's engine)."""
    return Prepared(corpus.archived(_short(corpus), SIGNED + DAY))


def _short(corpus: Corpus) -> bytes:
    span = (SIGNED - 30 * DAY, EXPIRED)
    short = new_authority(Subject("CA ngắn hạn"), corpus.pki.root, span, number=55)
    person = new_credential(Subject("Người ký"), short, span, number=56, chain=(short.der,), elliptic=True)
    return corpus.long_term(corpus.stamped(person), short.list_of(SIGNED))


# ------------------------------------------------------------ answers of responders


def answer(
    corpus: Corpus,
    person: Credential,
    *,
    revoked: bool = False,
    signer: Credential | None = None,
    at: datetime = TODAY - DAY,
    life: timedelta = 2 * DAY,
) -> bytes:
    """An OCSP answer of the issuing authority, or of somebody who signs in its place."""
    issuing = corpus.pki.issuing
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate(person.certificate),
        issuer=issuing.certificate,
        algorithm=hashes.SHA1(),  # noqa: S303 - how responders name an issuer to this day
        cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
        this_update=at,
        next_update=at + life,
        revocation_time=REVOKED if revoked else None,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
    )
    key: object = issuing.key
    certificate = issuing.certificate
    if signer is not None:
        certificate = x509.load_der_x509_certificate(signer.certificate)
        builder = builder.certificates([certificate])
        key = serialization.load_der_private_key(signer.key, None)
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
    made = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)  # type: ignore[arg-type]
    return _produced(made, at, key)


def _produced(made: bytes, at: datetime, key: object) -> bytes:
    """An answer of the time `at`: the library that makes it writes today."""
    response = asn1_ocsp.OCSPResponse.load(made)
    basic = response["response_bytes"]["response"].parsed
    basic["tbs_response_data"]["produced_at"] = at
    tbs = basic["tbs_response_data"].dump(force=True)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    if isinstance(key, rsa.RSAPrivateKey):
        basic["signature"] = key.sign(tbs, padding.PKCS1v15(), hashes.SHA256())
    else:
        basic["signature"] = key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    response["response_bytes"]["response"] = core.ParsableOctetString(basic.dump(force=True))
    return bytes(response.dump(force=True))


def responder(corpus: Corpus, start: datetime, end: datetime, *, no_check: bool = True) -> Credential:
    """A delegate of the issuing authority, by default one of whom nobody asks the status."""
    shape = Shape(
        purposes=(ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string,),
        purposes_critical=False,
        usages=("digital_signature",),
        extensions=((x509.OCSPNoCheck(), False),) if no_check else (),
    )
    corpus.numbers += 1
    name = Subject("OCSP dùng thử")
    return new_credential(name, corpus.pki.issuing, (start, end), number=corpus.numbers, elliptic=True, shape=shape)


@case(passed())
def answer_of_the_issuer(corpus: Corpus) -> Prepared:
    """An answer that the authority itself signed."""
    person = corpus.person()
    lists = [answer(corpus, person), corpus.pki.root.list_of(TODAY - DAY)]
    return Prepared(corpus.signed(person), revocation=lists)


@case(undecided("REVOKED_NO_POE", "revoked"))
def answer_that_says_revoked(corpus: Corpus) -> Prepared:
    """It counts as a list does."""
    person = corpus.person()
    lists = [answer(corpus, person, revoked=True), corpus.pki.root.list_of(TODAY - DAY)]
    return Prepared(corpus.signed(person), revocation=lists)


@case(passed())
def answer_of_a_delegate(corpus: Corpus) -> Prepared:
    """A responder whom the authority named."""
    person = corpus.person()
    by = responder(corpus, TODAY - 10 * DAY, TODAY + 10 * DAY)
    lists = [answer(corpus, person, signer=by), corpus.pki.root.list_of(TODAY - DAY)]
    return Prepared(corpus.signed(person), revocation=lists)


@case(undecided("TRY_LATER", "revocation-unknown"))
def answer_of_somebody_else(corpus: Corpus) -> Prepared:
    """The leader's certificate is not for answering, though the same authority issued it."""
    person = corpus.person()
    lists = [answer(corpus, person, signer=corpus.leader), corpus.pki.root.list_of(TODAY - DAY)]
    return Prepared(corpus.signed(person), revocation=lists)


@case(undecided("TRY_LATER", "revocation-unknown: no answer that is proven"))
def answer_of_a_delegate_who_expired(corpus: Corpus) -> Prepared:
    """The responder has expired since, and nothing proves that its answer is older."""
    person = corpus.person()
    by = responder(corpus, SIGNED - DAY, EXPIRED)
    lists = [answer(corpus, person, signer=by, at=SIGNED + DAY, life=LONG), *corpus.other_lists()]
    return Prepared(corpus.stamped(person), revocation=lists)
