"""XML signatures and time: stamps, expiry, revocation, proofs of existence, claimed times."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from archive.preservation.signatures.existence import Existence
from archive.preservation.signatures.xml_judging import judge_xml
from metadata.verdicts import Indication
from tests.fixtures.pki import EXPIRED, REVOKED, SIGNED
from tests.fixtures.xml_signing import (
    ENVELOPED,
    EXCLUSIVE,
    MADE,
    MADE_ON,
    XmlCorpus,
    canonical,
    properties,
    reference,
    signature,
)

PASSED, OPEN = Indication.TOTAL_PASSED, Indication.INDETERMINATE
TEXT = "<vanBan><so>222/QĐ-UBND</so></vanBan>"


def test_a_time_stamp_over_something_chosen_is_named_and_not_used(xml_corpus: XmlCorpus) -> None:
    """`Include` and `HashDataInfo` choose what is stamped: anything but the signature value proves nothing here."""
    stamped = xml_corpus.stamped(TEXT, SIGNED).decode()
    for chosen in (
        '<xades:Include URI="#PS1"/>',
        '<xades:HashDataInfo uri="#VS1"><xades:Transforms/></xades:HashDataInfo>',
    ):
        verdict = xml_corpus.only(
            stamped.replace("<xades:SignatureTimeStamp>", f"<xades:SignatureTimeStamp>{chosen}").encode()
        )
        assert (verdict.indication, verdict.level, verdict.best_time) == (PASSED, "B-B", None)
        assert any(reason.startswith("time-stamp-unsupported: signature: ") for reason in verdict.reasons)
    same = stamped.replace("<xades:SignatureTimeStamp>", '<xades:SignatureTimeStamp><xades:Include URI="#VS1"/>')
    assert xml_corpus.only(same.encode()).level == "B-T"


def test_a_time_stamp_proves_the_signature_and_one_of_other_bytes_does_not(xml_corpus: XmlCorpus) -> None:
    good = xml_corpus.only(xml_corpus.stamped(TEXT, SIGNED))
    bad = xml_corpus.only(xml_corpus.stamped(TEXT, SIGNED, wrong=True))
    assert (good.indication, good.level, good.best_time) == (PASSED, "B-T", "2026-06-15T09:00:00.000Z")
    assert (bad.indication, bad.level, bad.best_time) == (PASSED, "B-B", None)
    assert any(reason.startswith("time-stamp-unused") for reason in bad.reasons)


def test_an_expired_certificate_passes_by_its_time_stamp_and_not_without(xml_corpus: XmlCorpus) -> None:
    """Past validation is the engine's: what it needs of an XML signature is there."""
    person = xml_corpus.pki.person(end=EXPIRED, elliptic=False)
    world = xml_corpus.world
    stamped = xml_corpus.only(xml_corpus.stamped(TEXT, SIGNED, person=person), world=world)
    assert (stamped.indication, stamped.best_time_proof) == (PASSED, "signature-time-stamp"), stamped.reasons
    bare = xml_corpus.only(_without_stamp(xml_corpus.stamped(TEXT, SIGNED, person=person)), world=world)
    assert bare.indication is OPEN
    assert str(bare.subindication).startswith("OUT_OF_BOUNDS")
    assert any(wish.startswith("proof-of-time") for wish in bare.would_help)


def _without_stamp(data: bytes) -> bytes:
    start, end = data.index(b"<xades:UnsignedProperties>"), data.index(b"</xades:UnsignedProperties>")
    return data[:start] + data[end + len(b"</xades:UnsignedProperties>") :]


def test_a_time_stamp_later_than_the_revocation_proves_too_little(xml_corpus: XmlCorpus) -> None:
    person = xml_corpus.pki.person(elliptic=False)
    world = xml_corpus.world.with_material((), (xml_corpus.pki.revoking(person),))
    before = xml_corpus.only(xml_corpus.stamped(TEXT, SIGNED, person=person), world=world)
    after = xml_corpus.only(xml_corpus.stamped(TEXT, REVOKED + timedelta(days=1), person=person), world=world)
    assert before.indication is PASSED, before.reasons
    assert (after.indication, after.subindication) == (OPEN, "REVOKED_NO_POE")


def test_claimed_times_without_offset_are_told_as_vietnamese_time(xml_corpus: XmlCorpus) -> None:
    held, signed = properties(xml_corpus.leader, when="2026-06-15T16:00:00")
    whole = reference("", canonical(TEXT.encode()), ENVELOPED, EXCLUSIVE)
    made = signature([whole, signed], xml_corpus.leader, objects=held)
    verdict = xml_corpus.only(TEXT.replace("</vanBan>", made + "</vanBan>").encode())
    assert verdict.signing_time == "2026-06-15T09:00:00.000Z"
    assert any(reason.startswith("claimed-time-without-offset") for reason in verdict.reasons)


def test_a_signature_made_after_revocation_never_passes(xml_corpus: XmlCorpus) -> None:
    person = xml_corpus.pki.person(elliptic=False)
    revoked = xml_corpus.pki.revoking(person, SIGNED - timedelta(days=1))
    whole = reference("", canonical(TEXT.encode()), ENVELOPED, EXCLUSIVE)
    data = TEXT.replace("</vanBan>", signature([whole], person) + "</vanBan>").encode()
    world = xml_corpus.world.with_material((), (revoked,))
    verdict = xml_corpus.only(data, world=world)
    assert (verdict.indication, verdict.subindication) == (OPEN, "REVOKED_NO_POE")


@pytest.mark.parametrize("year", [2041, 2056])
def test_an_old_signature_holds_by_proof_of_existence_and_not_without(xml_corpus: XmlCorpus, year: int) -> None:
    data = (MADE / "dss-lta-enveloped.xml").read_bytes()
    facts = xml_corpus.read(data)
    sha256 = hashlib.sha256(data).hexdigest()
    world = xml_corpus.makers_world_at(datetime(year, 1, 1, tzinfo=UTC), lists=False)
    anchor = hashlib.sha256((MADE / "root.der").read_bytes()).hexdigest()
    times = {sha256: MADE_ON, anchor: MADE_ON}
    with_proof, _ = judge_xml(facts, world.with_existence(Existence.recorded(times)), sha256)
    without, _ = judge_xml(facts, world, sha256)
    assert with_proof.verdicts[0]["indication"] == "TOTAL_PASSED", with_proof.verdicts[0]["reasons"]
    assert without.verdicts[0]["indication"] == "INDETERMINATE"


def test_local_time_marked_as_utc_is_a_practice_and_the_time_stamp_counts(xml_corpus: XmlCorpus) -> None:
    """Seven hours ahead of the time-stamp, as many Vietnamese programs write it."""
    late = xml_corpus.only(xml_corpus.stamped(TEXT, SIGNED, when="2026-06-15T16:00:00Z"))
    right = xml_corpus.only(xml_corpus.stamped(TEXT, SIGNED))
    assert (late.indication, late.best_time) == (PASSED, "2026-06-15T09:00:00.000Z")
    assert (late.practices, right.practices) == (("signing-time-local-marked-utc",), ())
