"""The signatures of a document in time, and what a signed file was when it was signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from archive.preservation.evidence.history import Stamp, StampKind
from archive.preservation.signatures.certificates import certificate
from archive.preservation.signatures.pdf_facts import ByteRange, PdfFacts, SignedField
from archive.preservation.signatures.pdf_facts_json import facts_document
from archive.services.signature_times import Moment, SignatureTimes
from archive.services.signed_revisions import SignedRevisions
from metadata.descriptions import Description, DocumentDescription
from metadata.package import FileVerdicts, PackageDocument, PackageFile, PackageRecord, Representation
from metadata.time import rfc3339
from metadata.verdicts import Indication, SignatureVerdict
from storage.errors import ObjectMissingError
from tests.fixtures.pki import Corpus

PATH = "representations/rep1/data/a.pdf"
FACTS, SIGNER = "f" * 64, "c" * 64


@dataclass
class Kept:
    """Objects by digest; what is not there is lost."""

    objects: Mapping[str, bytes] = field(default_factory=dict)

    def get(self, sha256: str) -> bytes:
        if sha256 not in self.objects:
            raise ObjectMissingError(sha256)
        return self.objects[sha256]


@dataclass
class Line:
    stamps: Sequence[Stamp] = ()

    def line_of(self, record: PackageRecord, document: PackageDocument) -> tuple[Stamp, ...]:
        return tuple(self.stamps)


def verdict(name: str, kind: str = "signature", **said: object) -> SignatureVerdict:
    told: dict[str, object] = {
        "signer": f"Người {name}",
        "signing_time": None,
        "best_time": None,
        "subindication": None,
        "level": None,
        "coverage": "whole-revision",
    }
    return SignatureVerdict.model_validate(
        {"field": name, "kind": kind, "indication": Indication.TOTAL_PASSED} | told | said
    )


def document(size: int, verdicts: Sequence[SignatureVerdict], objects: Sequence[str] = ()) -> PackageDocument:
    file = PackageFile(
        path=PATH,
        original_name="a.pdf",
        representation=Representation.ORIGINAL,
        sha256="a" * 64,
        sha512="b" * 128,
        size_bytes=size,
        mime="application/pdf",
    )
    entry = FileVerdicts(
        path=PATH,
        sha256="a" * 64,
        judged_at="2026-03-03T00:00:00.000Z",
        engine="engine 1",
        facts=FACTS,
        objects=tuple(objects),
        verdicts=tuple(verdicts),
    )
    return PackageDocument(description=DocumentDescription(ordinal=1, files=()), originals=(file,), verdicts=(entry,))


def record(of: PackageDocument) -> PackageRecord:
    return PackageRecord(
        package_id="p",
        dossier_id="p",
        created_at="2026-03-04T00:00:00.000Z",
        received_at="2026-03-02T00:00:00.000Z",
        dossier=Description(),
        documents=(of,),
    )


def stamp(name: str, kind: StampKind, day: int, expires: int) -> Stamp:
    when, ends = datetime(2026, 3, day, tzinfo=UTC), datetime(expires, 1, 1, tzinfo=UTC)
    return Stamp(name, kind, "sha256", when, f"TSA {name}", ends)


def test_what_is_claimed_proven_done_and_going_to_end_stands_in_its_order(corpus: Corpus) -> None:
    signer = certificate(corpus.leader.certificate)
    first = verdict(
        "A",
        signing_time="2026-03-01T01:00:00.000Z",
        best_time="2026-03-01T01:00:05.000Z",
        best_time_proof="signature-time-stamp",
        signer_subject=signer.name,
    )
    within = verdict("T", "document-timestamp", best_time="2026-03-01T02:00:00.000Z")
    subject = document(10, [within, first], ["0" * 64, SIGNER])
    line = Line((stamp("b", StampKind.BATCH, 5, 2030), stamp("r", StampKind.RENEWAL, 9, 2040)))
    times = SignatureTimes(Kept({SIGNER: signer.der}), line)
    told = times.of(record(subject), subject, {}, "2026-03-04T00:00:00.000Z")
    ends = next(one for one in told if one.moment is Moment.CERTIFICATE_ENDS)
    assert (ends.at, ends.who) == (rfc3339(signer.not_after), signer.common_name)
    assert [one.at for one in told] == sorted(one.at for one in told)
    told.remove(ends)
    assert [one.moment for one in told] == [
        Moment.CLAIMED,
        Moment.PROVEN,
        Moment.STAMPED_IN_FILE,
        Moment.RECEIVED,
        Moment.JUDGED,
        Moment.STORED,
        Moment.EVIDENCE,
        Moment.RENEWED,
        Moment.PROOF_ENDS,
    ]
    assert [told[1].by, told[6].who, told[8].who, told[8].at[:4]] == ["signature-time-stamp", "TSA b", "TSA r", "2040"]


def test_a_later_verdict_speaks_and_the_first_one_is_told() -> None:
    subject = document(10, [verdict("A", best_time=None)])
    later = subject.verdicts[0].model_copy(
        update={
            "judged_at": "2026-06-01T00:00:00.000Z",
            "verdicts": (verdict("A", best_time="2026-03-01T00:00:00.000Z", best_time_proof="evidence-record"),),
        }
    )
    told = SignatureTimes(Kept(), Line()).of(record(subject), subject, {PATH: later}, "2026-03-04T00:00:00.000Z")
    moments = {one.moment: one for one in told}
    assert moments[Moment.PROVEN].by == "evidence-record"
    assert moments[Moment.JUDGED].at < moments[Moment.JUDGED_AGAIN].at
    assert Moment.EVIDENCE not in moments


def test_a_revision_ends_where_the_signed_stretch_ends_and_only_what_goes_on_counts() -> None:
    fields = (
        SignedField("A", None, is_time_stamp=False, contents=b"", range=ByteRange(100, 200, 50)),
        SignedField("B", None, is_time_stamp=False, contents=b"", range=ByteRange(300, 400, 100)),
        SignedField("unjudged", None, is_time_stamp=False, contents=b"", range=ByteRange(1, 2, 3)),
    )
    facts = facts_document(PdfFacts(size=500, fields=fields))
    subject = document(500, [verdict("A", changed_after=("page 1",)), verdict("B", coverage="whole-file")])
    (found,) = SignedRevisions(Kept({FACTS: facts})).of(subject)
    assert (found.field, found.end_bytes, found.changed_after) == ("A", 250, ("page 1",))


def test_without_kept_facts_nothing_is_said_of_revisions() -> None:
    subject = document(500, [verdict("A")])
    assert list(SignedRevisions(Kept()).of(subject)) == []
    assert list(SignedRevisions(Kept({FACTS: b'{"format":"luutru-xml-facts 1"}'})).of(subject)) == []
