"""`export --as pdf-lta`: a copy with its evidence inside, stamped by a running authority, judged before it leaves."""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pikepdf
import pytest

from archive.preservation.fetching import HttpFetcher
from archive.preservation.signatures.adapter import Judge
from archive.preservation.signatures.signing import Signing, sign_pdf
from archive.preservation.timestamps.client import TsaClient, TsaUnavailableError
from archive.services.lta_copies import LtaCopies, LtaCopyBrokenError, LtaRefusedError, harmed
from ingest.engines.verapdf import VeraPdfJudge
from ingest.pdfa_conversion import Converter, Request
from ingest.ports import Judgement
from metadata.descriptions import Description, DocumentDescription
from metadata.package import FileVerdicts, PackageDocument, PackageFile, PackageRecord, Representation
from metadata.verdicts import Indication, SignatureVerdict
from storage.backends.filesystem import FilesystemStore
from storage.evidence import EvidenceObjects
from tests.fakes.workers import InlineWorkers
from tests.fixtures.homes import GOOD, Filled
from tests.fixtures.pki import SIGNED, TODAY, Corpus, plain_pdf
from tests.fixtures.pki_servers import PkiServers
from tests.generators.nasty import plain

PATH = "representations/rep1/data/A.001.pdf"


def record_of(document: PackageDocument) -> PackageRecord:
    return PackageRecord(package_id="p", dossier_id="p", created_at="", dossier=Description(), documents=(document,))


@dataclass(frozen=True)
class OneFile:
    """The archive's holding: one original."""

    data: bytes

    @contextmanager
    def open(self, record: PackageRecord, file: PackageFile) -> Iterator[BinaryIO]:
        assert (record.package_id, file.path) == ("p", PATH)
        yield io.BytesIO(self.data)


@dataclass
class Desk:
    """Makes copies of one original."""

    corpus: Corpus
    servers: PkiServers
    folder: Path
    asked: tuple[str, ...] = ("tsa",)
    judging: type[Judge] = Judge

    @property
    def objects(self) -> EvidenceObjects:
        return EvidenceObjects(FilesystemStore(self.folder / "storage"))

    def judge(self) -> Judge:
        return self.judging(InlineWorkers(), self.corpus.trust, self.servers.clock)

    def copies(self, data: bytes) -> LtaCopies:
        numbers = itertools.count(2**63)
        urls = [self.servers.address(path) for path in self.asked]
        stamper = TsaClient(urls, HttpFetcher(), self.servers.clock, nonce=lambda: next(numbers))
        return LtaCopies(OneFile(data), self.objects, InlineWorkers(), self.judge(), stamper, self.folder)  # type: ignore[arg-type]  # only `open` is asked

    def opened(self, data: bytes, *kept: bytes, mime: str = "application/pdf") -> AbstractContextManager[BinaryIO]:
        original = PackageFile(
            path=PATH,
            original_name="Tờ trình/Quyết định 5.pdf",
            representation=Representation.ORIGINAL,
            sha256=hashlib.sha256(data).hexdigest(),
            sha512="",
            size_bytes=len(data),
            mime=mime,
        )
        path = self.folder / "judged.pdf"
        path.write_bytes(data)
        (judgement,) = (
            self.judge().judgements([path], revocation=kept) if mime == "application/pdf" else (Judgement(()),)
        )
        objects = tuple(self.objects.put(der) for der in (*judgement.objects, *kept))
        verdicts = (FileVerdicts(path=PATH, sha256=original.sha256, objects=objects, verdicts=judgement.verdicts),)
        document = PackageDocument(description=DocumentDescription(ordinal=1), originals=(original,), verdicts=verdicts)
        record = record_of(document)
        return self.copies(data).opener(record, document, original)()

    def copy(self, data: bytes, *kept: bytes) -> bytes:
        with self.opened(data, *kept) as stream:
            return stream.read()

    def verdicts(self, data: bytes) -> tuple[SignatureVerdict, ...]:
        path = self.folder / "copy.pdf"
        path.write_bytes(data)
        return self.judge().judge([path])[0]


@pytest.fixture
def desk(corpus: Corpus, pki_servers: PkiServers, tmp_path: Path) -> Desk:
    return Desk(corpus, pki_servers, tmp_path)


def test_the_copy_is_the_original_with_one_revision_more(desk: Desk, corpus: Corpus) -> None:
    data = corpus.stamped()
    copy = desk.copy(data, *corpus.pki.lists(TODAY))
    assert copy.startswith(data)
    assert copy.count(b"%%EOF") == data.count(b"%%EOF") + 1


def test_a_time_stamp_of_today_and_the_kept_bundle_are_inside(desk: Desk, corpus: Corpus) -> None:
    lists = corpus.pki.lists(TODAY)
    copy = desk.copy(corpus.stamped(), *lists)
    original, stamp = desk.verdicts(copy)
    assert (stamp.kind, stamp.best_time or stamp.signing_time) == ("document-timestamp", "2026-11-28T00:00:00.000Z")
    assert original.indication is Indication.TOTAL_PASSED
    assert original.level == "B-LTA"
    with pikepdf.open(io.BytesIO(copy)) as pdf:
        inside = {bytes(stream.read_bytes()) for stream in pdf.Root.DSS.CRLs}
    assert inside == set(lists)


def test_signatures_that_the_archive_could_not_conclude_are_no_worse_in_the_copy(desk: Desk, corpus: Corpus) -> None:
    data = corpus.signed(corpus.leader)
    (before,) = desk.verdicts(data)
    after, _ = desk.verdicts(desk.copy(data))
    assert (after.indication, after.changed_after) == (before.indication, before.changed_after)


def test_several_signatures_stay_as_they_are(desk: Desk, corpus: Corpus) -> None:
    data = corpus.blta
    before = desk.verdicts(data)
    after = desk.verdicts(desk.copy(data))
    assert [(v.field, v.indication) for v in after[: len(before)]] == [(v.field, v.indication) for v in before]
    assert len(after) == len(before) + 1


def test_description_is_left_as_the_signer_left_it(desk: Desk, corpus: Corpus) -> None:
    data = corpus.stamped()
    with pikepdf.open(io.BytesIO(data)) as before, pikepdf.open(io.BytesIO(desk.copy(data))) as after:
        assert dict(after.docinfo) == dict(before.docinfo)


def test_a_copy_of_a_copy_gets_a_field_of_its_own(desk: Desk, corpus: Corpus) -> None:
    once = desk.copy(corpus.stamped())
    names = [verdict.field for verdict in desk.verdicts(desk.copy(once))]
    assert len(set(names)) == len(names) == 3


def test_a_signer_who_forbids_every_change_allows_what_proves_his_signature(desk: Desk, corpus: Corpus) -> None:
    data = corpus.signed(corpus.leader, forbids_change=True, stamper=corpus.stamper())
    (before,) = desk.verdicts(data)
    after, _ = desk.verdicts(desk.copy(data, *corpus.pki.lists(TODAY)))
    assert before.changed_after == after.changed_after == ()
    assert after.indication is Indication.TOTAL_PASSED


@pytest.mark.server
@pytest.mark.xdist_group("verapdf")
def test_a_signed_pdfa_2_stays_one(desk: Desk, corpus: Corpus, verapdf: VeraPdfJudge, tmp_path: Path) -> None:
    request = Request(plain(tmp_path / "a.pdf"), "2026-01-02T03:04:05.000Z", aim="2u")
    made = Converter(InlineWorkers(), None).convert(request, tmp_path / "made").path
    assert made is not None
    signed = sign_pdf(made.read_bytes(), corpus.leader, Signing(SIGNED))
    (tmp_path / "signed.pdf").write_bytes(signed)
    (tmp_path / "pdf-lta.pdf").write_bytes(desk.copy(signed, *corpus.pki.lists(TODAY)))
    assert verapdf.check(tmp_path / "signed.pdf", "2b").status == "valid"
    assert verapdf.check(tmp_path / "pdf-lta.pdf", "2b").status == "valid"


def pdfa1() -> bytes:
    with pikepdf.open(io.BytesIO(plain_pdf())) as pdf:
        with pdf.open_metadata(set_pikepdf_as_editor=False) as description:
            description["pdfaid:part"] = "1"
            description["pdfaid:conformance"] = "B"
        output = io.BytesIO()
        pdf.save(output)
    return output.getvalue()


def encrypted() -> bytes:
    with pikepdf.open(io.BytesIO(plain_pdf())) as pdf:
        output = io.BytesIO()
        pdf.save(output, encryption=pikepdf.Encryption(owner="chu", user=""))
    return output.getvalue()


@pytest.mark.parametrize(
    ("make", "reason"),
    [(pdfa1, "pdfa-1"), (encrypted, "encrypted"), (lambda: b"%PDF-1.7\nnothing", "unreadable")],
    ids=["PDF/A-1", "encrypted", "damaged"],
)
def test_of_what_cannot_take_a_revision_there_is_no_copy_and_the_words_say_why(
    desk: Desk, corpus: Corpus, make: object, reason: str
) -> None:
    assert callable(make)
    data = make()
    original = PackageFile(
        path=PATH,
        original_name="a.pdf",
        representation=Representation.ORIGINAL,
        sha256="",
        sha512="",
        size_bytes=1,
        mime="application/pdf",
    )
    verdicts = desk.verdicts(corpus.stamped())
    document = PackageDocument(
        description=DocumentDescription(ordinal=1),
        originals=(original,),
        verdicts=(FileVerdicts(path=PATH, sha256="", verdicts=verdicts),),
    )
    record = record_of(document)
    with pytest.raises(LtaRefusedError) as refused, desk.copies(data).opener(record, document, original)():
        pass
    assert refused.value.reason == reason


def test_a_file_without_signatures_has_no_copy(desk: Desk) -> None:
    with pytest.raises(LtaRefusedError) as refused, desk.opened(plain_pdf()):
        pass
    assert refused.value.reason == "unsigned"


def test_what_is_no_pdf_has_no_copy(desk: Desk) -> None:
    with pytest.raises(LtaRefusedError) as refused, desk.opened(b"RIFF", mime="audio/x-wav"):
        pass
    assert refused.value.reason == "no-pdf"


def test_without_a_time_stamp_authority_it_is_a_fault_that_says_what_to_configure(desk: Desk, corpus: Corpus) -> None:
    desk.asked = ()
    with pytest.raises(TsaUnavailableError, match="LUUTRU_EVIDENCE__TSA"), desk.opened(corpus.stamped()):
        pass


def test_an_authority_that_lies_gives_no_copy(desk: Desk, corpus: Corpus) -> None:
    desk.asked = ("tsa/wrong-imprint",)
    with pytest.raises(TsaUnavailableError, match="imprint"), desk.opened(corpus.stamped()):
        pass


def test_a_copy_whose_time_stamp_does_not_hold_is_not_given_out(desk: Desk, corpus: Corpus) -> None:
    desk.servers.tsa = desk.servers.other.stamper
    with pytest.raises(LtaCopyBrokenError, match="its time-stamp"), desk.opened(corpus.stamped()):
        pass


def test_a_copy_that_harms_a_signature_is_not_given_out(desk: Desk, corpus: Corpus) -> None:
    (before,) = desk.verdicts(corpus.stamped())
    stamp = before.model_copy(update={"field": "D", "kind": "document-timestamp"})
    failed = before.model_copy(update={"indication": Indication.TOTAL_FAILED, "subindication": "HASH_FAILURE"})
    changed = before.model_copy(update={"changed_after": ("page 1: content",)})
    assert harmed([before], [before, stamp]) == ""
    assert "HASH_FAILURE" in harmed([before], [failed, stamp])
    assert "page 1" in harmed([before], [changed, stamp])
    assert "not found" in harmed([before], [stamp])
    assert "0 signatures more" in harmed([before], [before])
    assert "2 signatures more" in harmed([before], [before, stamp, stamp.model_copy(update={"field": "E"})])
    assert "its time-stamp" in harmed([before], [before, failed.model_copy(update={"field": "D", "kind": stamp.kind})])

    class Harming(Judge):
        """Says of everything that is longer than the original that it is broken."""

        def judgements(
            self,
            paths: Sequence[Path],
            *,
            contents: Mapping[Path, Path] | None = None,
            beside: Mapping[Path, Mapping[str, Path]] | None = None,
            revocation: Sequence[bytes] = (),
            proofs: Mapping[str, str] | None = None,
        ) -> Sequence[Judgement]:
            found = super().judgements(paths, contents=contents, beside=beside, revocation=revocation, proofs=proofs)
            return [replace(j, verdicts=(failed, stamp) if len(j.verdicts) > 1 else j.verdicts) for j in found]

    desk.judging = Harming
    with pytest.raises(LtaCopyBrokenError, match="HASH_FAILURE"), desk.opened(corpus.stamped()):
        pass


@pytest.mark.xdist_group("cli-home")
def test_the_command_without_an_authority_exits_4_and_writes_nothing(filled: Filled, tmp_path: Path) -> None:
    answer = filled.command.run("export", f"{GOOD}.001", "--as", "pdf-lta", "-o", tmp_path / "x.pdf", "--lang", "en")
    assert answer.code == 4, answer
    assert "LUUTRU_EVIDENCE__TSA" in answer.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.xdist_group("cli-home")
def test_the_command_on_a_sound_says_that_only_a_pdf_has_such_a_copy(filled: Filled, tmp_path: Path) -> None:
    answer = filled.command.run("export", f"{GOOD}.003", "--as", "pdf-lta", "-o", tmp_path / "x.pdf")
    assert answer.code == 2, answer
    assert "PDF" in answer.err
    assert list(tmp_path.iterdir()) == []
