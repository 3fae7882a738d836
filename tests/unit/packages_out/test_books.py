"""The book of a dossier: order of time, what is in it, what is not and why, and the XML that goes with it."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, cast

import pikepdf
import pytest

from archive.dissemination.book import Books
from archive.dissemination.outgoing import Exported, ExportKind
from archive.services.stored_packages import StoredPackages
from ingest.engines.pdfa_losses import Losses
from ingest.engines.pdfa_write import write
from ingest.facts import Tool
from ingest.ports import PdfaVerdict
from metadata.descriptions import RecordKind
from metadata.package import PackageFile, PackageRecord
from metadata.xml.reading import parsed
from tests.fakes.dossiers import FILE_CODE, PACKAGE_ID, Paper
from tests.fakes.exports import LEAVING, Shelf, shelved, written
from tests.fakes.pdf_texts import page_texts
from tests.fakes.workers import InlineWorkers
from tests.generators.set_papers import paper

NS = "{urn:luutru:book:1.0}"
HOSTILE = '=1+1 <b>Đơn</b> & "x" \''
LATE = Paper(
    ("muộn.pdf",), fields={"issued_date": "2025-03-02", "subject": "Văn bản muộn"}, rendition=True, signed=True
)
EARLY = Paper(("sớm.pdf",), fields={"issued_date": "2025-01", "subject": HOSTILE}, extra={"Tủ": "=3"}, rendition=True)
UNDATED = Paper(("không ngày.pdf",), fields={"issued_date": "", "subject": "Không ngày"})
SOUND = Paper(
    ("họp.mp3",), kind=RecordKind.MEDIA, mime="audio/mpeg", fields={"movie_title": "Họp", "record_date": "2025-02-01"}
)


@dataclass
class _Files:
    """Stored files that are real PDF/A; the fakes of dossiers are not."""

    bytes: Mapping[str, bytes]
    asked: list[str] = field(default_factory=list)

    def open(self, record: PackageRecord, file: PackageFile) -> AbstractContextManager[BinaryIO]:
        del record
        self.asked.append(file.path)
        return io.BytesIO(self.bytes[file.path])


@cache
def _pdf(text: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder, paper([{"text": text}]) as pdf:
        path = Path(folder) / "a.pdf"
        assert write(pdf, path, flavour="2b", at="2026-01-01T00:00:00Z", losses=Losses()).verdict == "pass"
        return path.read_bytes()


@dataclass
class Left:
    lines: list[Exported]
    folder: Path
    files: _Files

    @property
    def pdf(self) -> Exported:
        return self.lines[0]

    def pages(self) -> list[str]:
        return [" ".join(text.split()) for text in page_texts(Path(str(self.pdf.path)))]

    def xml(self) -> Any:  # noqa: ANN401 - an element
        with Path(str(self.lines[1].path)).open("rb") as stream:
            return parsed(stream)


@dataclass
class _Denier:
    """A judge who denies whatever it is shown."""

    asked: list[str | None] = field(default_factory=list)

    def tool(self) -> Tool:
        return Tool(name="judge", version="1")

    def check(self, path: Path, flavour: str | None) -> PdfaVerdict:
        assert path.read_bytes().startswith(b"%PDF")
        self.asked.append(flavour)
        return PdfaVerdict("invalid", flavour, ("6.1.2-1",), "header")


def leave(shelf: Shelf, target: Path, judge: _Denier | None = None) -> Left:
    made = [f for record in shelf.kept for d in record.documents for f in (*d.renditions, *d.originals)]
    files = _Files({file.path: _pdf(f"Trang của {file.path.rsplit('/')[-1]}") for file in made})
    books = Books(cast("StoredPackages", files), InlineWorkers(), "Trung tâm Lưu trữ", shelf.scratch, judge)
    lines = written(books.outgoing(shelf.wanted(ExportKind.BOOK)), target)
    return Left(lines, target, files)


def _with(shelf: Shelf, ordinal: int, **update: Any) -> Shelf:  # noqa: ANN401 - of a document
    """The same dossier with one document changed."""
    (record,) = shelf.kept
    documents = tuple(d.model_copy(update=update) if d.ordinal == ordinal else d for d in record.documents)
    return replace(shelf, kept=(record.model_copy(update={"documents": documents}),))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """The sound has no PDF/A; the undated document is kept as it is."""
    made = shelved(tmp_path_factory.mktemp("books") / "shelf", [LATE, EARLY, UNDATED, SOUND])
    (sound,) = made.kept[0].documents[3].originals
    assert sound.conversion is not None
    nothing = sound.model_copy(
        update={"conversion": sound.conversion.model_copy(update={"flavour": None, "reason": ""})}
    )
    return _with(made, 4, originals=(nothing,))


@pytest.fixture(scope="module")
def left(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Left:
    return leave(shelf, tmp_path_factory.mktemp("left") / "out")


def test_one_pdf_and_one_xml_leave_named_by_the_dossiers_code(left: Left) -> None:
    assert sorted(path.name for path in left.folder.iterdir()) == [
        "H49.64.2025.12.HS-DAT.pdf",
        "H49.64.2025.12.HS-DAT.xml",
    ]
    assert left.pdf.more == {"flavour": "2b", "pages": 5, "documents": 4}
    assert left.pdf.as_json()["sha256"] == hashlib.sha256(Path(str(left.pdf.path)).read_bytes()).hexdigest()


def test_documents_stand_in_order_of_time_and_the_undated_behind(left: Left) -> None:
    documents = left.xml().findall(f"{NS}document")
    assert [int(document.get("ordinal")) for document in documents] == [2, 4, 1, 3]
    assert [int(document.get("position")) for document in documents] == [1, 2, 3, 4]
    assert [page.partition(" của ")[2] for page in left.pages()[2:]] == [
        "H49.64.2025.12.HS-DAT.002.pdf",
        "H49.64.2025.12.HS-DAT.001.pdf",
        "H49.64.2025.12.HS-DAT.003.pdf",
    ]


def test_the_first_page_says_that_it_is_a_copy_and_where_the_evidence_is(left: Left) -> None:
    front = left.pages()[0]
    assert "BẢN GỘP ĐỂ ĐỌC — KHÔNG PHẢI BẢN GỐC" in front
    assert f"urn:uuid:{PACKAGE_ID}" in front
    assert f"luutru export {PACKAGE_ID} --as proof" in front
    assert "Trung tâm Lưu trữ" in front
    assert FILE_CODE in front
    assert "09:03:04 01/12/2026 (+07:00)" in front
    assert LEAVING.hour == 2


def test_the_contents_say_what_is_bound_for_a_signed_original_and_what_is_not_there(left: Left) -> None:
    contents = left.pages()[1]
    assert "bản gốc có chữ ký số; đây là bản PDF/A để đọc" in contents
    assert "không có bản PDF/A: định dạng audio/mpeg không có trang" in contents
    assert HOSTILE in contents


def test_what_is_not_in_the_pdf_has_a_line_with_the_reason(left: Left) -> None:
    (line,) = left.lines[2:]
    assert line.as_json() == {
        "path": None,
        "sha256": None,
        "bytes": None,
        "flavour": None,
        "document": 4,
        "original": "họp.mp3",
        "reason": "định dạng audio/mpeg không có trang",
    }


def test_the_xml_has_every_field_every_file_and_its_pages(left: Left, shelf: Shelf) -> None:
    book = left.xml()
    assert book.get("pdfSha256") == left.pdf.sha256
    assert book.get("packageId") == PACKAGE_ID
    dossier = {field.get("key"): field.text for field in book.findall(f"{NS}dossier/{NS}field")}
    assert dossier["title"] == "Hồ sơ số 12 về đất đai"
    first = book.find(f"{NS}document")
    told = {entry.get("key"): entry for entry in first.findall(f"{NS}field")}
    assert told["subject"].text == HOSTILE
    assert (told["subject"].get("name"), told["subject"].get("label")) == ("Subject", "Trích yếu nội dung")
    assert {extra.get("heading"): extra.text for extra in first.findall(f"{NS}extra")} == {"Tủ": "=3"}
    files = {file.get("name"): file for file in book.iter(f"{NS}file")}
    originals = {f.original_name: f for d in shelf.kept[0].documents for f in d.originals}
    assert {name: file.get("sha256") for name, file in files.items()} == {n: f.sha256 for n, f in originals.items()}
    assert (files["sớm.pdf"].get("firstPage"), files["sớm.pdf"].get("pages")) == ("3", "1")
    assert files["họp.mp3"].get("firstPage") is None
    (signature,) = files["muộn.pdf"].findall(f"{NS}signature")
    assert (signature.get("signer"), signature.get("indication")) == ("Nguyễn Văn Ân", "INDETERMINATE")


def test_a_kept_original_is_bound_itself_and_a_rendition_in_place_of_its_original(left: Left) -> None:
    assert {path.split("/")[1] for path in left.files.asked} == {"rep1", "rep2"}
    assert len(left.files.asked) == 3


def test_a_rule_by_which_there_is_no_pdfa_is_told_in_its_words(shelf: Shelf, tmp_path: Path) -> None:
    (kept,) = shelf.kept[0].documents[2].originals
    assert kept.conversion is not None
    refused = kept.conversion.model_copy(update={"flavour": None, "reason": "PDA-008"})
    changed = _with(shelf, 3, originals=(kept.model_copy(update={"conversion": refused}),))
    lines = leave(changed, tmp_path / "out").lines[2:]
    reason = next(line.more["reason"] for line in lines if line.more["document"] == 3)
    assert "không ngày.pdf" in reason
    assert "PDA-008" not in reason


def test_what_a_better_judge_denies_does_not_claim_to_be_pdfa(shelf: Shelf, tmp_path: Path) -> None:
    judge = _Denier()
    left = leave(shelf, tmp_path / "out", judge)
    assert judge.asked == ["2b"]
    assert (left.pdf.more["flavour"], left.pdf.more["detail"]) == (None, "6.1.2-1 header")
    with pikepdf.open(str(left.pdf.path)) as pdf:
        assert b"pdfaid:part" not in pdf.Root.Metadata.read_bytes()
        assert len(pdf.pages) == 5


def test_a_register_without_files_is_a_book_of_its_contents(shelf: Shelf, tmp_path: Path) -> None:
    (record,) = shelf.kept
    nothing = {"originals": (), "renditions": (), "text_files": (), "texts": (), "verdicts": ()}
    documents = tuple(document.model_copy(update=nothing) for document in record.documents)
    left = leave(replace(shelf, kept=(record.model_copy(update={"documents": documents}),)), tmp_path / "out")
    assert left.pdf.more["pages"] == 2
    assert left.pages()[1].count("chỉ có thông tin mô tả, chưa có tệp") == 4
    assert [line.more["document"] for line in left.lines[2:]] == [2, 4, 1, 3]


def test_a_replaced_document_says_by_which_in_contents_and_xml(tmp_path: Path) -> None:
    old = Paper(("cũ.pdf",), fields={"doc_code": "A"}, rendition=True)
    new = Paper(("mới.pdf",), fields={"doc_code": "B", "replaces": "A", "issued_date": "2025-02-03"}, rendition=True)
    left = leave(shelved(tmp_path / "shelf", [old, new]), tmp_path / "out")
    assert "đã bị thay thế bởi số thứ tự 2" in left.pages()[1]
    superseded = left.xml().find(f"{NS}document/{NS}superseded")
    assert superseded.get("by") == "2"
