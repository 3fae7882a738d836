"""What lists and OCSP answers say of a certificate, and whom they are believed from."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from archive.preservation.signatures.asn1 import encoded_oid
from archive.preservation.signatures.certificates import Certificate, certificate
from archive.preservation.signatures.crl_reading import RevocationList
from archive.preservation.signatures.revocation import Revocations, Statement
from archive.preservation.signatures.revocation_reading import RevocationUnreadableError, forget, read_revocation
from tests.generators.ocsp_answers import SHA1, SHA256, UNKNOWN, Answer, revoked, time_of
from tests.generators.signed_data import (
    AUTHORITY,
    END,
    START,
    Holder,
    algorithm,
    crl_of,
    der,
    entry,
    holder,
    named,
    number,
    octets,
    seq,
    signing,
    utc,
)

SINCE = datetime(2026, 8, 1, tzinfo=UTC)
LISTED = datetime(2026, 9, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 28, tzinfo=UTC)
HOLD = x509.CRLReason(x509.ReasonFlags.certificate_hold)
STOLEN = x509.CRLReason(x509.ReasonFlags.key_compromise)
_URI = x509.UniformResourceIdentifier("http://ca.gov.vn/1.crl")


@cache
def root() -> Holder:
    return holder("Gốc", extensions=AUTHORITY)


@cache
def ca() -> Holder:
    return holder("CA", root(), extensions=AUTHORITY)


@cache
def person() -> Holder:
    return holder("Văn thư", ca())


def said(*answers: bytes, by: Holder | None = None, about: Holder | None = None, **how: Any) -> tuple[Statement, ...]:  # noqa: ANN401 - keywords of `Revocations`
    found = Revocations(answers, how.pop("at", NOW), **how)
    return found.statements(_facts(about or person()), _facts(by or ca()))


def _facts(whose: Holder) -> Certificate:
    return certificate(whose.der)


REVOKED = revoked(SINCE)


def serial() -> int:
    return person().certificate.serial_number


class TestLists:
    def test_a_list_that_names_nobody_says_that_its_issuers_certificates_are_good(self) -> None:
        listed = crl_of(ca(), LISTED, (x509.CRLNumber(42), False))
        (found,) = said(listed)
        assert (found.kind, found.revoked_at, found.reason, found.number) == ("crl", None, "", 42)
        assert (found.this_update, found.next_update) == (LISTED, LISTED + timedelta(days=30))
        assert (found.source, found.issuer) == (hashlib.sha256(listed).hexdigest(), _facts(ca()))
        assert found.digest == "sha256"

    def test_a_revocation_is_told_with_its_reason_and_since_when_the_key_was_lost(self) -> None:
        lost = x509.InvalidityDate(datetime(2026, 7, 1))  # noqa: DTZ001 - the library wants it without zone
        (found,) = said(crl_of(ca(), LISTED, revoked=(entry(serial(), SINCE, STOLEN, lost), entry(3, SINCE))))
        assert (found.revoked_at, found.reason) == (SINCE, "keyCompromise")
        assert found.invalid_since == datetime(2026, 7, 1, tzinfo=UTC)

    def test_a_list_signed_by_another_key_says_nothing(self) -> None:
        impostor = holder("CA", extensions=AUTHORITY)
        assert said(crl_of(impostor, LISTED, revoked=(entry(serial(), SINCE),))) == ()
        assert said(crl_of(impostor, LISTED), certificates=[_facts(impostor)]) == ()

    def test_a_list_of_another_authority_says_nothing(self) -> None:
        assert said(crl_of(root(), LISTED)) == ()

    def test_an_authority_that_may_not_sign_lists_says_nothing(self) -> None:
        usage = x509.KeyUsage(**dict.fromkeys(_USAGES, False) | {"key_cert_sign": True})
        mute = holder("Câm", root(), extensions=(AUTHORITY[0], (usage, True)))
        someone = holder("Dưới quyền", mute)
        assert said(crl_of(mute, LISTED), by=mute, about=someone) == ()

    def test_another_key_of_the_same_authority_may_sign_the_list(self) -> None:
        """RFC 5280, 6.3.3 (f): after a change of keys the old certificates stand on lists of the new key."""
        renewed = holder("CA", root(), extensions=AUTHORITY)
        listed = crl_of(renewed, LISTED, revoked=(entry(serial(), SINCE),))
        assert said(listed) == ()
        (found,) = said(listed, certificates=[_facts(renewed), _facts(root())])
        assert (found.revoked_at, found.issuer) == (SINCE, _facts(renewed))
        signer = holder("CA", ca(), extensions=(AUTHORITY[1],))
        (found,) = said(crl_of(signer, LISTED), certificates=[_facts(signer)])
        assert found.issuer == _facts(signer)

    def test_a_delta_list_counts_only_for_whom_it_names(self) -> None:
        delta = (x509.DeltaCRLIndicator(7), True)
        silent = Revocations([crl_of(ca(), LISTED, delta)], NOW)
        assert silent.statements(_facts(person()), _facts(ca())) == ()
        assert [text.partition(":")[0] for text in silent.passed_over] == ["crl-partial"]
        (found,) = said(crl_of(ca(), LISTED, delta, revoked=(entry(serial(), SINCE, STOLEN),)))
        assert found.revoked_at == SINCE
        released = entry(serial(), SINCE, x509.CRLReason(x509.ReasonFlags.remove_from_crl))
        (found,) = said(crl_of(ca(), LISTED, delta, revoked=(released,)))
        assert (found.revoked_at, found.reason) == (None, "removeFromCRL")

    def test_an_indirect_list_and_one_with_unknown_conditions_are_not_applied_and_told(self) -> None:
        indirect = (_point(indirect_crl=True), True)
        unknown = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\0"), True)
        for extension in (indirect, unknown):
            found = Revocations([crl_of(ca(), LISTED, extension, revoked=(entry(serial(), SINCE),))], NOW)
            assert found.statements(_facts(person()), _facts(ca())) == ()
            assert [text.partition(":")[0] for text in found.passed_over] == ["crl-not-applied"]

    def test_a_list_of_some_reasons_counts_only_for_whom_it_names(self) -> None:
        some = (_point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})), True)
        assert said(crl_of(ca(), LISTED, some)) == ()
        (found,) = said(crl_of(ca(), LISTED, some, revoked=(entry(serial(), SINCE),)))
        assert found.revoked_at == SINCE

    def test_the_scope_of_a_list_is_kept(self) -> None:
        for point, of_person, of_authority in (
            (_point(only_contains_user_certs=True), 1, 0),
            (_point(only_contains_ca_certs=True), 0, 1),
            (_point(only_contains_attribute_certs=True), 0, 0),
            (_point(full_name=[_URI]), 0, 0),
        ):
            assert len(said(crl_of(ca(), LISTED, (point, True)))) == of_person
            assert len(said(crl_of(root(), LISTED, (point, True)), by=root(), about=ca())) == of_authority

    def test_a_list_for_one_place_speaks_of_the_certificates_that_name_it(self) -> None:
        points = x509.CRLDistributionPoints([x509.DistributionPoint([_URI], None, None, None)])
        someone = holder("Có điểm phân phối", ca(), extensions=((points, False),))
        here = crl_of(ca(), LISTED, (_point(full_name=[_URI]), True))
        there = crl_of(ca(), LISTED, (_point(full_name=[x509.UniformResourceIdentifier("http://khac/")]), True))
        assert len(said(here, about=someone)) == 1
        assert said(there, about=someone) == ()

    def test_a_place_may_be_named_relative_to_the_issuer(self) -> None:
        """RFC 5280, 4.2.1.13: the rest of the name is the issuer's; the full name is the same place."""
        part = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "Danh sách 1")])
        whole = x509.DirectoryName(x509.Name([*ca().certificate.subject, *part]))
        other = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "Danh sách 2")])
        near = x509.CRLDistributionPoints([x509.DistributionPoint(None, part, None, None)])
        full = x509.CRLDistributionPoints([x509.DistributionPoint([whole], None, None, None)])
        for points in (near, full):
            someone = holder("Có điểm phân phối", ca(), extensions=((points, False),))
            assert len(said(crl_of(ca(), LISTED, (_point(relative_name=part), True)), about=someone)) == 1
            assert len(said(crl_of(ca(), LISTED, (_point(full_name=[whole]), True)), about=someone)) == 1
            assert said(crl_of(ca(), LISTED, (_point(relative_name=other), True)), about=someone) == ()

    def test_a_place_where_another_issuer_lists_is_no_place_of_this_one(self) -> None:
        other = [x509.DirectoryName(named("Người khác"))]
        points = x509.CRLDistributionPoints([x509.DistributionPoint([_URI], None, None, other)])
        someone = holder("Có điểm phân phối", ca(), extensions=((points, False),))
        assert said(crl_of(ca(), LISTED, (_point(full_name=[_URI]), True)), about=someone) == ()

    def test_an_authoritys_certificate_for_its_old_key_lets_the_new_key_speak(self) -> None:
        """RFC 4210, 4.4: the old key is certified by the new one, under the same name."""
        new = holder("CA", root(), extensions=AUTHORITY)
        old = holder("CA", new, extensions=AUTHORITY)
        someone = holder("Dưới khóa cũ", old)
        listed = crl_of(new, LISTED)
        assert said(listed, by=old, about=someone) == ()
        (found,) = said(listed, by=old, about=someone, certificates=[_facts(new)])
        assert found.issuer == _facts(new)

    def test_a_list_may_keep_expired_certificates_since_a_date(self) -> None:
        def keeping(since: datetime) -> bytes:
            extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.60"), time_of(since))
            return crl_of(ca(), LISTED, (extension, False))

        (found,) = said(keeping(END - timedelta(days=1)))
        assert found.speaks_of_expired
        (found,) = said(keeping(END + timedelta(days=1)))
        assert not found.speaks_of_expired
        (found,) = said(crl_of(ca(), LISTED))
        assert not found.speaks_of_expired

    def test_a_list_from_the_future_is_not_believed(self) -> None:
        assert len(said(crl_of(ca(), NOW + timedelta(minutes=4)))) == 1
        assert said(crl_of(ca(), NOW + timedelta(minutes=6))) == ()

    def test_a_serial_number_in_more_octets_than_needed_is_the_same_number(self) -> None:
        raw = _raw_list(seq(der(0x02, b"\0\0\0" + serial().to_bytes(20, "big")), utc(SINCE)))
        (found,) = said(raw)
        assert found.revoked_at == SINCE

    def test_an_entry_whose_details_cannot_be_read_is_still_revoked(self) -> None:
        broken_reason = seq(seq(encoded_oid("2.5.29.21"), octets(b"\x05\0")))
        (found,) = said(_raw_list(seq(number(serial()), utc(SINCE), broken_reason)))
        assert (found.revoked_at, found.reason) == (SINCE, "")
        (found,) = said(_raw_list(seq(number(serial()), der(0x17, b"?"))))
        assert found.revoked_at == LISTED

    def test_a_list_of_two_hundred_thousand_is_walked_once(self) -> None:
        since = utc(SINCE)
        entries = b"".join(
            b"\x30\x15\x02\x04" + n.to_bytes(4, "big") + since for n in range(1 << 24, (1 << 24) + 200_000)
        )
        raw = _raw_list(entries, seq(number(serial()), utc(SINCE)))
        first = read_revocation(raw)
        assert isinstance(first, RevocationList)
        assert len(first.positions) == 200_001
        assert read_revocation(bytes(bytearray(raw))) is first
        (found,) = said(raw)
        assert found.revoked_at == SINCE
        forget()


def _raw_list(*entries: bytes) -> bytes:
    """A list of `ca` octet by octet."""
    tbs = seq(
        number(1),
        algorithm("1.2.840.10045.4.3.2"),
        ca().certificate.subject.public_bytes(),
        utc(LISTED),
        utc(LISTED + timedelta(days=30)),
        seq(*entries),
    )
    return seq(tbs, algorithm("1.2.840.10045.4.3.2"), der(0x03, b"\0", signing(ca().key)(tbs)))


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _point(**how: Any) -> x509.IssuingDistributionPoint:  # noqa: ANN401 - keywords of the library
    nothing: dict[str, Any] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**nothing | how)


def answer(by: Holder | None = None, **how: Any) -> bytes:  # noqa: ANN401 - keywords of `Answer`
    return Answer(by or ca(), how.pop("issuer", ca()), person().certificate.serial_number, LISTED, **how).whole()


def responder(*more: tuple[x509.ExtensionType, bool], issuer: Holder | None = None, **how: Any) -> Holder:  # noqa: ANN401
    purpose: tuple[x509.ExtensionType, bool] = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)
    return holder("Máy trả lời", issuer or ca(), extensions=(purpose, *more), **how)


NO_CHECK: tuple[x509.ExtensionType, bool] = (x509.OCSPNoCheck(), False)


class TestAnswers:
    @pytest.mark.parametrize("by_name", [True, False])
    def test_the_issuer_itself_may_answer(self, by_name: bool) -> None:
        data = answer(by_name=by_name)
        (found,) = said(data)
        assert (found.kind, found.revoked_at, found.issuer) == ("ocsp", None, _facts(ca()))
        assert found.nonce is None
        assert found.source == hashlib.sha256(data).hexdigest()
        assert found.next_update == LISTED + timedelta(days=1)

    def test_a_revocation_is_told_with_its_reason(self) -> None:
        (found,) = said(answer(status=REVOKED))
        assert (found.revoked_at, found.reason) == (SINCE, "keyCompromise")

    def test_unknown_is_no_statement(self) -> None:
        assert said(answer(status=UNKNOWN)) == ()

    def test_both_digests_of_the_issuer_are_understood(self) -> None:
        assert len(said(answer(digest=SHA1))) == 1
        assert len(said(answer(digest=SHA256))) == 1

    def test_an_answer_about_another_issuers_certificate_says_nothing(self) -> None:
        assert said(answer(issuer=root())) == ()

    def test_a_delegate_of_the_issuer_may_answer(self) -> None:
        delegate = responder(NO_CHECK)
        (found,) = said(answer(delegate, carried=(delegate,)))
        assert found.issuer == _facts(delegate)
        (found,) = said(answer(delegate), certificates=[_facts(delegate)])
        assert found.issuer == _facts(delegate)
        assert said(answer(delegate)) == ()

    def test_a_delegate_without_the_purpose_or_of_another_issuer_may_not(self) -> None:
        plain = holder("Máy trả lời", ca(), extensions=(NO_CHECK,))
        assert said(answer(plain, carried=(plain,))) == ()
        foreign = responder(NO_CHECK, issuer=root())
        assert said(answer(foreign, carried=(foreign,))) == ()

    def test_a_delegate_answers_within_its_validity_only(self) -> None:
        expired = responder(NO_CHECK, span=(START, LISTED - timedelta(days=1)))
        assert said(answer(expired, carried=(expired,))) == ()

    def test_a_delegate_that_must_be_asked_about_needs_a_list_that_does_not_name_it(self) -> None:
        delegate = responder()
        data = answer(delegate, carried=(delegate,))
        assert said(data) == ()
        # The list itself speaks of the person as well; the answer is believed beside it.
        assert {s.kind for s in said(data, crl_of(ca(), LISTED))} == {"crl", "ocsp"}
        named = entry(delegate.certificate.serial_number, SINCE)
        assert {s.kind for s in said(data, crl_of(ca(), LISTED, revoked=(named,)))} == {"crl"}

    def test_a_responder_that_the_operator_trusts_answers_for_anybody(self) -> None:
        own = holder("Máy trả lời riêng")
        assert said(answer(own, carried=(own,))) == ()
        (found,) = said(answer(own), responders=[_facts(own)])
        assert found.issuer == _facts(own)

    def test_the_responder_must_be_the_one_that_is_named(self) -> None:
        impostor = holder("CA", extensions=AUTHORITY)
        assert said(answer(impostor, by_name=True)) == ()

    def test_an_archive_cutoff_before_the_expiry_makes_an_answer_speak_of_expired(self) -> None:
        for cutoff, expected in ((END - timedelta(days=1), True), (END + timedelta(days=1), False)):
            extension = seq(encoded_oid("1.3.6.1.5.5.7.48.1.6"), octets(time_of(cutoff)))
            (found,) = said(answer(single=(extension,)))
            assert found.speaks_of_expired is expected

    def test_a_basic_response_alone_is_an_answer_as_well(self) -> None:
        """CAdES revocation-values hold it without its envelope."""
        inside = Answer(ca(), ca(), serial(), LISTED).basic()
        (found,) = said(inside)
        assert found.source == hashlib.sha256(inside).hexdigest()

    def test_a_refusal_is_passed_over_and_named(self) -> None:
        found = Revocations([seq(der(0x0A, b"\x03")), b"garbage", seq()], NOW)
        assert found.statements(_facts(person()), _facts(ca())) == ()
        told = [text.partition(":")[0] for text in found.passed_over]
        assert told == ["revocation-unreadable"] * 3
        assert "tryLater" in found.passed_over[0]

    def test_an_answer_with_an_unknown_critical_extension_is_not_applied(self) -> None:
        unknown = seq(encoded_oid("1.2.3"), b"\x01\x01\xff", octets(b""))
        found = Revocations([answer(extensions=(unknown,))], NOW)
        assert found.statements(_facts(person()), _facts(ca())) == ()
        assert [text.partition(":")[0] for text in found.passed_over] == ["ocsp-not-applied"]
        assert said(answer(single=(unknown,))) == ()

    def test_a_nonce_is_given_with_or_without_its_wrapping(self) -> None:
        for value in (octets(b"0123456789abcdef"), b"0123456789abcdef"):
            nonce = seq(encoded_oid("1.3.6.1.5.5.7.48.1.2"), octets(value))
            (found,) = said(answer(extensions=(nonce,)))
            assert found.nonce == b"0123456789abcdef"

    def test_the_library_reads_what_is_made_here(self) -> None:
        """The answers of these tests are made by hand: an independent reader says that they are what they should be."""
        made = ocsp.load_der_ocsp_response(answer(status=REVOKED, by_name=True))
        assert made.certificate_status is ocsp.OCSPCertStatus.REVOKED
        assert made.revocation_reason is x509.ReasonFlags.key_compromise
        assert made.this_update_utc == made.produced_at_utc == LISTED


class TestStatus:
    def status(self, *answers: bytes, when: datetime = LISTED) -> tuple[str, datetime | None]:
        found = Revocations(answers, NOW).status(_facts(person()), _facts(ca()), when)
        return found.word, found.revoked_at

    def test_what_nobody_spoke_of_is_unknown(self) -> None:
        assert self.status() == ("unknown", None)

    def test_a_fresh_answer_says_good(self) -> None:
        assert self.status(crl_of(ca(), LISTED)) == ("good", None)
        assert self.status(crl_of(ca(), LISTED), when=LISTED + timedelta(days=30)) == ("good", None)
        assert self.status(crl_of(ca(), LISTED), when=LISTED + timedelta(days=31)) == ("unknown", None)

    def test_an_answer_older_than_the_certificate_is_no_evidence(self) -> None:
        assert self.status(crl_of(ca(), START - timedelta(seconds=1)), when=START) == ("unknown", None)
        assert self.status(crl_of(ca(), START), when=START) == ("good", None)

    def test_a_later_answer_is_fresh_for_an_earliertime_of(self) -> None:
        assert self.status(crl_of(ca(), LISTED), when=SINCE) == ("good", None)

    def test_a_revocation_counts_however_many_answers_say_good(self) -> None:
        revoked = crl_of(ca(), LISTED, revoked=(entry(serial(), SINCE),))
        later = crl_of(ca(), LISTED + timedelta(days=5))
        assert self.status(later, revoked, answer()) == ("revoked", SINCE)

    def test_of_two_revocations_the_earlier_counts(self) -> None:
        early = crl_of(ca(), LISTED, revoked=(entry(serial(), SINCE - timedelta(days=9)),))
        late = crl_of(ca(), LISTED + timedelta(days=1), revoked=(entry(serial(), SINCE),))
        assert self.status(late, early) == ("revoked", SINCE - timedelta(days=9))

    def test_a_hold_lasts_until_a_later_answer_no_longer_names_it(self) -> None:
        held = crl_of(ca(), LISTED, revoked=(entry(serial(), SINCE, HOLD),))
        lifted = crl_of(ca(), LISTED + timedelta(days=10))
        assert self.status(held)[0] == "revoked"
        assert self.status(held, lifted, when=LISTED + timedelta(days=11))[0] == "good"
        assert self.status(held, lifted, when=LISTED + timedelta(days=9))[0] == "revoked"


@pytest.mark.parametrize(
    "data",
    [b"", b"\x30\x00", seq(seq()), seq(seq(number(1))), b"%PDF", seq(der(0x0A, b"\x00")), bytes((64 << 20) + 1)],
    ids=["nothing", "empty", "empty-inside", "number", "pdf", "success-of-nothing", "too-large"],
)
def test_what_is_neither_list_nor_answer_is_named_so(data: bytes) -> None:
    with pytest.raises(RevocationUnreadableError):
        read_revocation(data)
    with pytest.raises(RevocationUnreadableError):
        read_revocation(data)
