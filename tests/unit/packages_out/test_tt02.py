"""A dossier as TT 02/2019 had it: names by the rule, fields in its words, every loss told; and the way back in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from archive.dissemination.outgoing import Exported, ExportKind, Options, Shape
from archive.dissemination.tt02 import Deliveries
from ingest.readers.folder import FolderReader
from metadata.descriptions import Cell, Delivery, RecordKind
from metadata.errors import UsageError
from metadata.package import PackageBrokenError
from metadata.rules import errors_of
from metadata.xml.reading import parsed
from tests.fakes.dossiers import FILE_CODE, Paper
from tests.fakes.exports import LEAVING, Shelf, shelved, written
from tests.fakes.workers import InlineWorkers

NS = "{urn:luutru:tt02:1.0}"
SAFE = "H49.64.2025.12.HS-DAT"
HOSTILE = "=cmd|' /C calc'!A1"
PDF = Paper(("a/Quyết định 5.pdf",), fields={"doc_code": "H49.1", "subject": HOSTILE}, extra={"Tủ số": "=3"})
OFFICE = Paper(("Tờ trình.docx",), mime="application/msword", rendition=True, fields={"issued_date": "1998-05"})
TWO = Paper(("Công văn.pdf", "Phụ lục.pdf"), fields={"sheet_number": "12"})
PHOTO = Paper(
    ("ảnh.jpg",),
    kind=RecordKind.PHOTO,
    mime="image/jpeg",
    fields={"image_title": "Lễ khởi công", "photographer": "Lê A", "photo_time": "2024-09-02"},
)
OPTIONS = Options(Shape.TT02)


def leave(shelf: Shelf, target: Path, at: datetime = LEAVING) -> list[Exported]:
    wanted = replace(shelf.wanted(ExportKind.SIP, OPTIONS), made_at=at)
    return written(Deliveries(shelf.stored, shelf.scratch).outgoing(wanted), target)


def sheet(folder: Path, name: str) -> list[dict[str, Any]]:
    book = openpyxl.load_workbook(folder / "muc-luc.xlsx")
    head, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def read_again(folder: Path, room: Path) -> Delivery:
    return FolderReader(InlineWorkers()).read(folder, room)


def of_2025(shelf: Shelf, ordinal: int, **fields: str) -> Shelf:
    """The same dossier as if it had been delivered under TT 05/2025, with further fields in one document."""
    (record,) = shelf.kept
    documents = []
    for document in record.documents:
        description = document.description
        if document.ordinal == ordinal:
            more = {key: Cell(value=value, written=value) for key, value in fields.items()}
            description = description.model_copy(update={"fields": {**description.fields, **more}})
        documents.append(document.model_copy(update={"description": description}))
    rights = {**record.dossier.fields, "rights": Cell(value="Sử dụng có điều kiện", written="02")}
    dossier = record.dossier.model_copy(update={"fields": rights})
    changed = record.model_copy(update={"profile": "05-2025", "documents": tuple(documents), "dossier": dossier})
    return replace(shelf, kept=(changed,))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return shelved(tmp_path_factory.mktemp("tt02") / "shelf", [PDF, OFFICE, TWO, PHOTO])


@pytest.fixture(scope="module")
def left(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Exported], Path]:
    target = tmp_path_factory.mktemp("left") / "out"
    return leave(shelf, target), target


def test_files_are_named_by_code_and_ordinal_and_what_is_no_pdf_brings_one(left: tuple[list[Exported], Path]) -> None:
    lines, folder = left
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [
            f"{SAFE}.001.pdf",
            f"{SAFE}.002.docx",
            f"{SAFE}.002.pdf",
            f"{SAFE}.003.1.pdf",
            f"{SAFE}.003.2.pdf",
            f"{SAFE}.004.jpg",
            "muc-luc.xlsx",
            "muc-luc.xml",
        ]
    )
    named = {Path(str(line.path)).name: line.more["original"] for line in lines[2:]}
    assert named[f"{SAFE}.001.pdf"] == "a/Quyết định 5.pdf"
    assert named[f"{SAFE}.002.docx"] == "Tờ trình.docx"


def test_originals_are_the_stored_bytes(left: tuple[list[Exported], Path], shelf: Shelf) -> None:
    record = shelf.kept[0]
    (file,) = record.documents[0].originals
    with shelf.stored.open(record, file) as stream:
        assert (left[1] / f"{SAFE}.001.pdf").read_bytes() == stream.read()


def test_the_workbook_has_a_sheet_a_table_in_the_words_and_days_of_the_circular(
    left: tuple[list[Exported], Path],
) -> None:
    folder = left[1]
    assert openpyxl.load_workbook(folder / "muc-luc.xlsx").sheetnames == ["Hồ sơ", "Văn bản", "Ảnh", "Phông"]
    (dossier,) = sheet(folder, "Hồ sơ")
    assert dossier["Mã hồ sơ"] == FILE_CODE
    assert dossier["Thời gian bắt đầu"] == "01/2025"
    assert dossier["Thời gian kết thúc"] == "30/06/2025"
    assert dossier["Tổng số văn bản trong hồ sơ"] == "4"
    assert dossier["Ghi chú riêng"] == "tủ 3"
    first, second, third = sheet(folder, "Văn bản")
    assert first["Trích yếu nội dung"] == HOSTILE
    assert first["Tủ số"] == "=3"
    assert first["Đường dẫn file"] == f"{SAFE}.001.pdf"
    assert (second["Ngày, tháng, năm văn bản"], second["Đường dẫn file"]) == (
        "05/1998",
        f"{SAFE}.002.docx; {SAFE}.002.pdf",
    )
    assert third["Tờ số"] == "12"
    (photo,) = sheet(folder, "Ảnh")
    assert (photo["Tiêu đề phim/ảnh"], photo["Thời gian chụp"]) == ("Lễ khởi công", "02/09/2024")
    assert (photo["Mã hồ sơ"], photo["Số thứ tự tài liệu"]) == (FILE_CODE, "4")
    # The row was described in the columns of documents too; nothing of it is left out.
    assert (photo["Trích yếu nội dung"], photo["Số của văn bản"]) == ("Về việc lưu trữ số 4", "4")


def test_no_text_becomes_a_formula(left: tuple[list[Exported], Path]) -> None:
    book = openpyxl.load_workbook(left[1] / "muc-luc.xlsx")
    kinds = {cell.data_type for page in book for row in page.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s"}


def test_the_xml_has_the_circulars_short_names_and_the_digests_of_files(left: tuple[list[Exported], Path]) -> None:
    with (left[1] / "muc-luc.xml").open("rb") as stream:
        root: Any = parsed(stream)
    dossier = root.find(f"{NS}File")
    assert dossier.findtext(f"{NS}FileCode") == FILE_CODE
    assert dossier.find(f"{NS}Title").get("label") == "Tiêu đề hồ sơ"
    records = dossier.find(f"{NS}Records")
    assert [record.tag.removeprefix(NS) for record in records] == ["Document", "Document", "Document", "Photo"]
    assert records[0].findtext(f"{NS}Subject") == HOSTILE
    assert records[0].findtext(f"{NS}DocOrdinal") == "1"
    digests = {file.text: file.get("sha256") for file in records.iter(f"{NS}FileName")}
    assert digests == {Path(str(line.path)).name: line.sha256 for line in left[0][2:]}


def test_what_left_can_be_handed_in_again_and_says_the_same(
    left: tuple[list[Exported], Path], shelf: Shelf, tmp_path: Path
) -> None:
    delivery = read_again(left[1], tmp_path / "room")
    (dossier,) = delivery.dossiers
    assert (delivery.profile, dossier.file_code) == ("02-2019", FILE_CODE)
    assert not errors_of(delivery.findings)
    assert not errors_of(delivery.dossier_findings.get(FILE_CODE, ()))
    assert set(delivery.sources) == {"muc-luc.xlsx", "muc-luc.xml"}
    stored = [document.description for document in shelf.kept[0].documents]
    for key in ("subject", "issued_date", "code_number", "code_notation", "type_name", "organ_name", "photo_time"):
        assert [d.value(key) for d in dossier.documents] == [d.value(key) for d in stored]
    assert [document.files for document in dossier.documents] == [
        (f"{SAFE}.001.pdf",),
        (f"{SAFE}.002.docx", f"{SAFE}.002.pdf"),
        (f"{SAFE}.003.1.pdf", f"{SAFE}.003.2.pdf"),
        (f"{SAFE}.004.jpg",),
    ]
    assert dossier.documents[3].kind is RecordKind.PHOTO


def test_what_the_later_circular_has_and_this_one_has_not_stands_in_the_remarks_and_is_told(
    shelf: Shelf, tmp_path: Path
) -> None:
    lines = leave(of_2025(shelf, 1, process="Có", doc_id="H49.64.5"), tmp_path / "out")
    told = lines[0].more
    assert told["documents"] == 4
    assert told["losses"] >= 1
    note = next(note for note in told["notes"] if note["field"] == "process")
    assert note["rule"].startswith("BRG-")
    assert (note["document"], note["value"]) == (1, "Có")
    assert set(note["messages"]) == {"vi", "en"}
    first = sheet(tmp_path / "out", "Văn bản")[0]
    assert "Quy trình xử lý: Có" in first["Ghi chú"]
    assert first["Mã định danh văn bản"] == "H49.64.5"
    (dossier,) = sheet(tmp_path / "out", "Hồ sơ")
    assert dossier["Chế độ sử dụng"] == "Hạn chế"


def test_taken_out_at_another_time_it_is_the_same_delivery(
    left: tuple[list[Exported], Path], shelf: Shelf, tmp_path: Path
) -> None:
    later = [replace(line, path=None) for line in leave(shelf, tmp_path / "again", LEAVING + timedelta(days=400))]
    assert later == [replace(line, path=None) for line in left[0]]


def test_a_code_that_file_names_cannot_hold_is_told(left: tuple[list[Exported], Path]) -> None:
    assert left[0][0].more["named"] == SAFE


def test_it_goes_with_a_sip_alone(shelf: Shelf) -> None:
    wanted = shelf.wanted(ExportKind.DIP, OPTIONS)
    with pytest.raises(UsageError, match="--as sip"):
        next(iter(Deliveries(shelf.stored, shelf.folder).outgoing(wanted)))


def test_nothing_is_given_when_a_byte_differs_from_what_the_package_says(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(PackageBrokenError, match="PKG-003"):
        leave(shelf.lying(), tmp_path / "out")
    assert not (tmp_path / "out").exists()
