"""Who else speaks for an authority, what must be proven when an authority is lost, and practices of the policy."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from archive.demo.pki import ORGANISATION, Authority, Subject, new_authority, new_credential
from archive.preservation.signatures.policy import Policy, default_policy
from metadata.time import rfc3339
from tests.corpus.signature_case import Prepared, case, passed, undecided
from tests.corpus.signature_cases_revocation import answer, responder, serial_of
from tests.fixtures.pki import EXPIRED, LONG, REVOKED, SIGNED, TODAY, Corpus

DAY = timedelta(days=1)


# ------------------------------------------------------------ others who speak for an authority


def _other_key(corpus: Corpus) -> Authority:
    """The issuing authority with another key, certified by the same root."""
    return new_authority(
        Subject("CA dùng thử phục vụ cơ quan nhà nước", organisation=ORGANISATION),
        corpus.pki.root,
        (SIGNED - 30 * DAY, SIGNED + LONG),
        number=404,
    )


def _listed_by_another_key(corpus: Corpus, *, revoked: bool) -> Prepared:
    other = _other_key(corpus)
    gone = {404: (REVOKED, x509.ReasonFlags.key_compromise)} if revoked else {}
    lists = [other.list_of(TODAY - DAY), corpus.pki.root.list_of(TODAY - DAY, gone)]
    signer = corpus.person()
    return Prepared(corpus.signed(replace(signer, chain=(*signer.chain, other.der))), revocation=lists)


@case(passed())
def list_by_another_key_of_the_authority(corpus: Corpus) -> Prepared:
    """An authority may sign its lists with another key that the same root has certified."""
    return _listed_by_another_key(corpus, revoked=False)


@case(undecided("TRY_LATER", "revocation-unknown"))
def list_by_a_revoked_key_of_the_authority(corpus: Corpus) -> Prepared:
    """A stolen key of the authority speaks for it no longer."""
    return _listed_by_another_key(corpus, revoked=True)


@case(undecided("TRY_LATER", "revocation-unknown"))
def answer_of_a_delegate_who_was_revoked(corpus: Corpus) -> Prepared:
    """A responder that does not say `no-check` is looked at like anybody else."""
    person = corpus.person()
    by = responder(corpus, TODAY - 10 * DAY, TODAY + 10 * DAY, no_check=False)
    gone = {serial_of(by): (TODAY - 5 * DAY, x509.ReasonFlags.key_compromise)}
    bad = corpus.pki.issuing.list_of(person_unknown(TODAY - DAY), gone, life=DAY)
    return Prepared(
        corpus.signed(person),
        revocation=[answer(corpus, person, signer=by), corpus.pki.root.list_of(TODAY - DAY), bad],
    )


def person_unknown(at: datetime) -> datetime:
    """So long ago that the list says nothing of people who came later."""
    return at - 5 * 365 * DAY


# ------------------------------------------------------------ practices


def practised(name: str, **row: object) -> Policy:
    """The policy with another value of one practice."""
    content = json.loads(default_policy().document)
    content["practice"][name] |= row
    return Policy.of_content(content)


@case(passed(practice="retroactive-revocation"))
def later_data_where_the_policy_believes_it(corpus: Corpus) -> Prepared:
    """With the practice switched on a list of the time after the expiry speaks for the time before, and is named."""
    person = corpus.person(end=EXPIRED)
    late = corpus.pki.issuing.list_of(EXPIRED + DAY)
    policy = practised("retroactive-revocation", value="on")
    return Prepared(corpus.stamped(person), revocation=[late, *corpus.other_lists()], policy=policy)


@case(undecided("TRY_LATER", "revocation-unknown", practice="grace-period"))
def within_the_grace_period(corpus: Corpus) -> Prepared:
    """Where the policy asks for a waiting time, a list of the next day is too early."""
    lists = corpus.pki.lists(SIGNED + DAY)
    return Prepared(corpus.stamped(), revocation=lists, policy=practised("grace-period", days=3))


@case(passed(practice="grace-period"))
def after_the_grace_period(corpus: Corpus) -> Prepared:
    """And one of the next week is not."""
    lists = corpus.pki.lists(SIGNED + 7 * DAY)
    return Prepared(corpus.stamped(), revocation=lists, policy=practised("grace-period", days=3))


@case(undecided("REVOKED_NO_POE", "revoked", helps="proof-of-time: before 2026-06-05"))
def key_lost_before_it_was_revoked(corpus: Corpus) -> Prepared:
    """The list says that the key was lost weeks before the revocation: from then on nothing is believed."""
    person = corpus.person()
    lost = SIGNED - 10 * DAY
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(serial_of(person))
        .revocation_date(REVOKED)
        .add_extension(x509.InvalidityDate(lost.replace(tzinfo=None)), critical=False)
        .build()
    )
    issuing = corpus.pki.issuing
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuing.certificate.subject)
    builder = builder.last_update(TODAY - DAY).next_update(TODAY + DAY).add_revoked_certificate(entry)
    bad = builder.sign(issuing.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return Prepared(corpus.stamped(person), revocation=[bad, *corpus.other_lists(TODAY - DAY)])


# ------------------------------------------------------------ what must be proven under an authority that is lost


def _authority_lost(corpus: Corpus, sub_filter: str) -> Prepared:
    """Stamped, and lists proven, before the authority was revoked; of the certificate nobody has a proof."""
    serial = corpus.pki.issuing.certificate.serial_number
    bad = corpus.pki.root.list_of(TODAY - DAY, {serial: (REVOKED, x509.ReasonFlags.ca_compromise)})
    good = corpus.pki.issuing.list_of(SIGNED + DAY)
    proofs = {hashlib.sha256(good).hexdigest(): rfc3339(SIGNED + 2 * DAY)}
    pdf = corpus.signed(corpus.person(), stamper=corpus.stamper(), sub_filter=sub_filter)
    return Prepared(pdf, revocation=[bad, good, corpus.pki.stamping.list_of(TODAY - DAY)], proofs=proofs)


@case(passed(reason="revoked-later"))
def authority_lost_and_the_signature_names_its_certificate(corpus: Corpus) -> Prepared:
    """The stamp on the signature proves the certificate that the signature names."""
    return _authority_lost(corpus, "ETSI.CAdES.detached")


@case(undecided("REVOKED_CA_NO_POE", "no-proof", helps="proof-of-time: certificate of"))
def authority_lost_and_the_certificate_unproven(corpus: Corpus) -> Prepared:
    """Whoever has the authority's key makes any certificate of any date: an unnamed one needs a proof of its own."""
    return _authority_lost(corpus, "adbe.pkcs7.detached")


@case(undecided("REVOCATION_OUT_OF_BOUNDS_NO_POE", "revocation-unknown"))
def list_dated_after_the_end_of_its_authority(corpus: Corpus) -> Prepared:
    """A list that is said to be proven before the day it bears was made with a false clock: it counts for nothing."""
    span = (SIGNED - 30 * DAY, EXPIRED)
    short = new_authority(Subject("CA ngắn hạn"), corpus.pki.root, span, number=57)
    end = EXPIRED + 30 * DAY
    person = new_credential(
        Subject("Người ký"), short, (SIGNED - DAY, end), number=58, chain=(short.der,), elliptic=True
    )
    late = short.list_of(EXPIRED + 20 * DAY)
    proofs = {hashlib.sha256(late).hexdigest(): rfc3339(EXPIRED - DAY)}
    return Prepared(corpus.stamped(person), revocation=[late, *corpus.other_lists()], proofs=proofs)


@case(passed())
def stamped_in_the_last_second_of_validity(corpus: Corpus) -> Prepared:
    """The end of validity belongs to it."""
    return Prepared(corpus.long_term(corpus.stamped(corpus.person(end=EXPIRED), EXPIRED), at=SIGNED))


@case(passed())
def stamped_two_minutes_before_the_certificate(corpus: Corpus) -> Prepared:
    """Clocks of authorities differ: a stamp may lie a little before the certificate that was issued for it."""
    pdf = corpus.stamped(corpus.person(start=SIGNED + timedelta(minutes=2)))
    return Prepared(pdf, revocation=corpus.pki.lists(TODAY - DAY))


@case(passed(level="B-B", unproven=True))
def judged_before_its_proof(corpus: Corpus) -> Prepared:
    """Judged at a past time, what was proven only later proves nothing yet."""
    pdf = corpus.signed()
    proofs = {hashlib.sha256(pdf).hexdigest(): rfc3339(SIGNED + 20 * DAY)}
    return Prepared(pdf, at=SIGNED + 10 * DAY, revocation=corpus.pki.lists(SIGNED), proofs=proofs)


@case(passed(level="B-B", best_time="2026-07-05T09:00:00.000Z", proof="evidence-record"))
def judged_after_its_proof(corpus: Corpus) -> Prepared:
    """The same after it: an evidence record proves the time of a basic signature."""
    pdf = corpus.signed()
    proofs = {hashlib.sha256(pdf).hexdigest(): rfc3339(SIGNED + 20 * DAY)}
    return Prepared(pdf, at=SIGNED + 30 * DAY, revocation=corpus.pki.lists(SIGNED), proofs=proofs)


@case(undecided("TRY_LATER", "on-hold"))
def hold_lifted_by_a_list_that_nothing_proves(corpus: Corpus) -> Prepared:
    """The authority has expired: a list that appears now and lifts a hold may be anybody's."""
    short = new_authority(Subject("CA ngắn hạn"), corpus.pki.root, (SIGNED - 30 * DAY, EXPIRED), number=61)
    span = (SIGNED - 20 * DAY, EXPIRED)
    person = new_credential(Subject("Người ký"), short, span, number=62, chain=(short.der,), elliptic=True)
    held = {62: (SIGNED - 5 * DAY, x509.ReasonFlags.certificate_hold)}
    lists = [
        short.list_of(SIGNED - 10 * DAY),
        short.list_of(SIGNED - 4 * DAY, held),
        *corpus.other_lists(SIGNED - 3 * DAY),
    ]
    forged = short.list_of(SIGNED - DAY)
    proofs = {hashlib.sha256(one).hexdigest(): rfc3339(SIGNED - 2 * DAY) for one in lists}
    return Prepared(corpus.stamped(person), revocation=[*lists, forged], proofs=proofs)


@case(passed(reason="on-hold"))
def hold_lifted_by_a_list_that_is_proven(corpus: Corpus) -> Prepared:
    """The same list, proven while the authority was alive."""
    made = hold_lifted_by_a_list_that_nothing_proves(corpus)
    return replace(made, proofs={hashlib.sha256(one).hexdigest(): rfc3339(SIGNED) for one in made.revocation})
