"""Signatures of 2026 that are judged in 2031, 2041 and 2056: with renewals, with evidence records, and without."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509

from archive.demo.pki import Authority, Shape, Subject, new_authority, new_credential
from archive.preservation.signatures.policy import Policy, default_policy
from archive.preservation.signatures.signing import (
    Credential,
    Signing,
    Stamper,
    add_evidence,
    sign_pdf,
    time_stamp_pdf,
    time_stamper,
)
from archive.preservation.trust.sets import TrustedCertificate, TrustRole, TrustSnapshot
from metadata.time import rfc3339
from metadata.verdicts import PlainWord
from tests.corpus.signature_case import Prepared, case, failed, passed, undecided
from tests.fixtures.pki import Corpus, plain_pdf

SIGNED = datetime(2026, 6, 15, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
STRONG = Shape(digest="sha512")
RENEWALS = (2028, 2032, 2036, 2040, 2044, 2048, 2052)
"""Years in which, in November, the youngest time-stamp is renewed."""


def year(number: int, month: int = 1) -> datetime:
    return datetime(number, month, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Ages:
    """Authorities of two generations, and time-stamp servers of seven."""

    roots: tuple[Authority, Authority]
    issuing: Authority
    stamping: tuple[Authority, Authority]
    stampers: Mapping[int, tuple[Credential, Authority]]
    """By the year from which on they stamp."""

    person: Credential

    def stamper(self, at: datetime) -> Stamper:
        credential, _ = self.stampers[max(y for y in self.stampers if y <= at.year)]
        return time_stamper(credential, at, digest="sha256" if at.year < 2032 else "sha512")

    def lists(self, at: datetime) -> list[bytes]:
        """Fresh lists of every authority that is in office, for one week."""
        return [
            authority.list_of(at, life=WEEK, digest="sha512" if at.year >= 2032 else "sha256")
            for authority in (*self.roots, self.issuing, *self.stamping)
            if authority.certificate.not_valid_before_utc <= at <= authority.certificate.not_valid_after_utc
        ]

    def authorities(self) -> list[bytes]:
        return [self.issuing.der, *(a.der for a in self.stamping)]

    def trust(self) -> TrustSnapshot:
        """The roots, known since 2026."""
        entries = [TrustedCertificate.of(r.der, TrustRole.ANCHOR, "2026-01-02T00:00:00.000Z") for r in self.roots]
        return TrustSnapshot((), ()).with_certificates(entries)


@lru_cache(maxsize=1)
def ages() -> Ages:
    """Made once a process: certificates of thirty years."""
    root1 = new_authority(Subject("RootCA G1 dùng thử"), None, (year(2014), year(2039)), number=1)
    root2 = new_authority(Subject("RootCA G2 dùng thử"), None, (year(2024), year(2064)), number=2, shape=STRONG)
    issuing = new_authority(Subject("CA G1 dùng thử"), root1, (year(2019), year(2034)), number=3)
    old = new_authority(Subject("TSA CA G1 dùng thử"), root1, (year(2019), year(2034)), number=4)
    new = new_authority(Subject("TSA CA G2 dùng thử"), root2, (year(2024), year(2062)), number=5, shape=STRONG)
    stampers = {}
    for first in (2024, 2028, 2032, 2036, 2040, 2044, 2048, 2052):
        issuer = old if first == 2024 else new
        shape = Shape() if first == 2024 else STRONG
        credential = new_credential(
            Subject(f"TSA {first}"),
            issuer,
            (year(first), year(first + 5)),
            number=first,
            chain=(issuer.der,),
            stamps_time=True,
            elliptic=True,
            shape=shape,
        )
        stampers[first] = (credential, issuer)
    person = new_credential(
        Subject("Nguyễn Thị Hồng"), issuing, (year(2025), year(2028)), number=9, chain=(issuing.der,), elliptic=True
    )
    return Ages((root1, root2), issuing, (old, new), stampers, person)


def sunsets() -> Policy:
    """SHA-256 and curves of 256 bits are given up in time, SHA-512 is not."""
    content = json.loads(default_policy().document)
    content["digest"]["sha256"]["until"] = "2040-01-01T00:00:00.000Z"
    content["curve"]["secp256r1"]["until"] = "2060-01-01T00:00:00.000Z"
    content["version"] = "2041, of a test"
    return Policy.of_content(content)


@lru_cache(maxsize=1)
def stamped() -> bytes:
    """B-T: nothing in it but the signature and its time-stamp."""
    return sign_pdf(plain_pdf(), ages().person, Signing(SIGNED, stamper=ages().stamper(SIGNED)))


@lru_cache(maxsize=16)
def archived(until: int, *, careless: int = 0) -> bytes:
    """B-LTA of 2026 with renewals until a year.

    Args:
        until: The last renewal is not later.
        careless: In this year no fresh lists were put in.
    """
    pdf = add_evidence(stamped(), ages().authorities(), ages().lists(SIGNED + timedelta(hours=1)))
    return renewed(pdf, until, careless=careless)


def renewed(pdf: bytes, until: int, *, careless: int = 0) -> bytes:
    """A file with its first document time-stamp and renewals; see `archived`."""
    world = ages()
    pdf = time_stamp_pdf(pdf, world.stamper(SIGNED + timedelta(hours=2)), field_name="Dau2026")
    for number in (y for y in RENEWALS if y <= until):
        at = year(number, 11)
        if number != careless:
            pdf = add_evidence(pdf, world.authorities(), world.lists(at))
        digest = "sha256" if number < 2032 else "sha512"
        stamper = world.stamper(at + timedelta(hours=1))
        pdf = time_stamp_pdf(pdf, stamper, field_name=f"Dau{number}", digest=digest)
    return pdf


def _in_file(at: datetime, renewed_until: int) -> Prepared:
    data = archived(renewed_until)
    return Prepared(
        data, at=at, trust=ages().trust(), revocation=ages().lists(at - timedelta(days=1)), policy=sunsets()
    )


def _beside(at: datetime, *, proven: bool = True, data: bytes | None = None, more: tuple[bytes, ...] = ()) -> Prepared:
    """The untouched B-T file with lists of 2026 beside it, all under an evidence record."""
    file = data if data is not None else stamped()
    bundle = [*more, *ages().lists(SIGNED + timedelta(hours=1))]
    when = rfc3339(SIGNED + timedelta(days=1))
    proofs = {hashlib.sha256(o).hexdigest(): when for o in (file, *bundle, *ages().authorities())} if proven else {}
    return Prepared(file, at=at, trust=ages().trust(), revocation=bundle, proofs=proofs, policy=sunsets())


BEST = "2026-06-15T09:00:00.000Z"
_WHOLE = passed(level="B-LTA", best_time=BEST, proof="signature-time-stamp", plain=PlainWord.VALID)
_STAMP = passed(level="RFC 3161")
_GONE = undecided("OUT_OF_BOUNDS_NO_POE", "out-of-bounds", plain=PlainWord.INSUFFICIENT)


@case(_WHOLE, _STAMP)
def one_day_after_archiving(_: Corpus) -> Prepared:
    """A long-term signature passes on the day after."""
    return _in_file(SIGNED + timedelta(days=1), 2026)


@case(_WHOLE, _STAMP, _STAMP)
def five_years_later_renewed(_: Corpus) -> Prepared:
    """In 2031 signer and first time-stamp server have expired; the renewal of 2028 proves all that was."""
    return _in_file(year(2031, 6), 2028)


@case(_GONE, _GONE)
def five_years_later_never_renewed(_: Corpus) -> Prepared:
    """Without a renewal nothing is proven in 2031."""
    return _in_file(year(2031, 6), 2026)


@case(_WHOLE, *[_STAMP] * 5)
def fifteen_years_later_renewed(_: Corpus) -> Prepared:
    """In 2041 the whole first generation of authorities has expired and SHA-256 has been given up."""
    return _in_file(year(2041, 6), 2040)


@case(
    undecided("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "algorithm", helps="proof-of-time"),
    undecided("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "algorithm"),
)
def fifteen_years_later_never_renewed(_: Corpus) -> Prepared:
    """Without renewals the algorithms of 2026 prove nothing in 2041."""
    return _in_file(year(2041, 6), 2026)


@case(_WHOLE, *[_STAMP] * 8)
def thirty_years_later_renewed(_: Corpus) -> Prepared:
    """In 2056, after seven renewals, the signature of 2026 passes with its own time."""
    return _in_file(year(2056, 6), 2052)


_RETIRED = undecided("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "algorithm", plain=PlainWord.INSUFFICIENT)


@case(_RETIRED, _RETIRED, _RETIRED, _GONE)
def renewals_that_stopped(_: Corpus) -> Prepared:
    """Renewed in 2028 and 2032 and then forgotten: nothing is left in 2056."""
    return _in_file(year(2056, 6), 2032)


@case(_GONE, _GONE, undecided("OUT_OF_BOUNDS_NO_POE", "revocation-unknown"), _STAMP, _STAMP)
def a_careless_renewal(_: Corpus) -> Prepared:
    """Renewed in 2032 without fresh lists: nobody knows whether the server of 2028 was revoked by then."""
    data = archived(2036, careless=2032)
    at = year(2037, 6)
    return Prepared(data, at=at, trust=ages().trust(), revocation=ages().lists(at - timedelta(days=1)))


@case(_WHOLE, _STAMP, _STAMP, _STAMP, _STAMP)
def a_careless_renewal_healed(_: Corpus) -> Prepared:
    """The same when the authority keeps expired certificates on its lists: a later list speaks of then as well."""
    data = archived(2036, careless=2032)
    at = year(2037, 6)
    keeping = [
        a.list_of(at - timedelta(days=1), life=WEEK, keeps_expired_since=year(2024)) for a in ages().stamping[1:]
    ]
    lists = ages().lists(at - timedelta(days=1))
    return Prepared(data, at=at, trust=ages().trust(), revocation=[*lists, *keeping])


@case(_RETIRED, _RETIRED)
def thirty_years_later_never_renewed(_: Corpus) -> Prepared:
    """What proved nothing in 2041 proves nothing in 2056."""
    return _in_file(year(2056, 6), 2026)


@lru_cache(maxsize=1)
def _lost() -> tuple[Credential, bytes]:
    """Somebody whose certificate was revoked two weeks before the signature, and the list that says so."""
    world = ages()
    span = (year(2025), year(2028))
    person = new_credential(
        Subject("Người mất khóa"), world.issuing, span, number=10, chain=(world.issuing.der,), elliptic=True
    )
    revoked = {10: (SIGNED - 2 * WEEK, x509.ReasonFlags.key_compromise)}
    return person, world.issuing.list_of(SIGNED + timedelta(hours=1), revoked, life=WEEK)


@lru_cache(maxsize=1)
def _signed_by_a_thief() -> bytes:
    """Signed and stamped after the revocation, with everything that was known in it."""
    person, bad = _lost()
    return add_evidence(
        sign_pdf(plain_pdf(), person, Signing(SIGNED, stamper=ages().stamper(SIGNED))),
        ages().authorities(),
        [bad, *ages().lists(SIGNED + timedelta(hours=1))],
    )


def _thief(at: datetime, until: int) -> Prepared:
    pdf = renewed(_signed_by_a_thief(), until)
    return Prepared(pdf, at=at, trust=ages().trust(), revocation=ages().lists(at - timedelta(days=1)), policy=sunsets())


_STOLEN = undecided("REVOKED_NO_POE", "revoked", plain=PlainWord.INSUFFICIENT)


@case(_STOLEN, _STAMP, _STAMP)
def signed_after_its_revocation_and_renewed_until_2031(_: Corpus) -> Prepared:
    """A signature that was made after the revocation never passes, though its certificate has expired since."""
    return _thief(year(2031, 6), 2028)


@case(_STOLEN, *[_STAMP] * 5)
def signed_after_its_revocation_and_renewed_until_2041(_: Corpus) -> Prepared:
    """Nor when its authority has expired as well and its digest has been given up."""
    return _thief(year(2041, 6), 2040)


@case(_STOLEN, *[_STAMP] * 8)
def signed_after_its_revocation_and_renewed_until_2056(_: Corpus) -> Prepared:
    """Nor after thirty years, with every renewal that a good one would have had."""
    return _thief(year(2056, 6), 2052)


_RECORDED = passed(level="B-T", best_time=BEST, proof="signature-time-stamp", plain=PlainWord.VALID)


@case(_RECORDED)
def evidence_record_in_2031(_: Corpus) -> Prepared:
    """The original was never touched: an evidence record over it and its lists does as well as renewals inside."""
    return _beside(year(2031, 6))


@case(_RECORDED)
def evidence_record_in_2041(_: Corpus) -> Prepared:
    """The same when every authority of its time has expired and its digest has been given up."""
    return _beside(year(2041, 6))


@case(_RECORDED)
def evidence_record_in_2056(_: Corpus) -> Prepared:
    """The same after thirty years."""
    return _beside(year(2056, 6))


@case(undecided("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "time-stamp-unused"))
def no_evidence_record_in_2041(_: Corpus) -> Prepared:
    """The same original without the record is open."""
    return _beside(year(2041, 6), proven=False)


@case(_GONE)
def no_evidence_record_in_2031(_: Corpus) -> Prepared:
    """In 2031 it is the expiry that nothing bridges."""
    return _beside(year(2031, 6), proven=False)


@case(undecided("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "time-stamp-unused"))
def no_evidence_record_in_2056(_: Corpus) -> Prepared:
    """Open it stays."""
    return _beside(year(2056, 6), proven=False)


@case(undecided("REVOKED_NO_POE", "revoked", plain=PlainWord.INSUFFICIENT))
def evidence_record_of_a_signature_after_its_revocation(_: Corpus) -> Prepared:
    """A record over a stolen signature proves that it was there too late."""
    bad = _lost()[1]
    return _beside(year(2056, 6), data=_signed_by_a_thief(), more=(bad,))


@case(failed("HASH_FAILURE", "hash"))
def evidence_record_of_a_changed_file(_: Corpus) -> Prepared:
    """A record proves that a file existed, not that it is unchanged since it was signed."""
    file = bytearray(stamped())
    file[file.index(b"stream") + 10] ^= 1
    return _beside(year(2041, 6), data=bytes(file))
