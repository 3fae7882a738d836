"""The sample delivery: what it holds, that it is the same again, and that its signatures and texts are true."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import olefile
import openpyxl
import pikepdf
import pytest
from PIL import Image

from archive.demo.__main__ import main
from archive.demo.delivery import HEADINGS, make_delivery
from archive.demo.drawing import font_file, scan
from archive.demo.papers import Make, dossiers
from archive.preservation.signatures.adapter import Judge
from archive.preservation.trust.sets import TrustSnapshot
from ingest.readers.folder import FolderReader
from metadata.verdicts import Indication
from tests.fakes.clocks import SteppingClock
from tests.fakes.workers import InlineWorkers

NOW = datetime(2026, 11, 28, 3, 4, 5, 678_000, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return make_delivery(tmp_path_factory.mktemp("demo") / "giao-nop", clock=SteppingClock(NOW))


@pytest.fixture
def folder(made: dict[str, Any]) -> Path:
    return Path(made["delivery"])


def file_of(folder: Path, code: str, ordinal: int) -> Path:
    (found,) = folder.rglob(f"{code}.{ordinal:03d}.*")
    return found


def test_there_are_three_dossiers_twenty_documents_and_forty_five_pages(made: dict[str, Any]) -> None:
    assert len(made["dossiers"]) == 3
    documents = [d for dossier in made["dossiers"] for d in dossier["documents"]]
    assert len(documents) == 20
    assert sum(d["pages"] for d in documents) == 45
    assert [len(dossier["mistakes"]) for dossier in made["dossiers"]] == [0, 0, 5]
    assert {d["make"] for d in documents} == {make.value for make in Make}


def test_pdfs_have_the_pages_that_the_sheet_tells(folder: Path) -> None:
    for dossier in dossiers():
        for ordinal, paper in enumerate(dossier.paper, start=1):
            if paper.make in (Make.PROGRAM, Make.MISSING) or paper.extension != "pdf":
                continue
            with pikepdf.open(file_of(folder, dossier.code, ordinal)) as opened:
                assert len(opened.pages) == len(paper.pages)


def test_the_sheet_has_the_headings_of_practice_with_lines_around_them(folder: Path) -> None:
    sheet = openpyxl.load_workbook(folder / "muc-luc-giao-nop.xlsx").active
    assert sheet is not None
    assert len(HEADINGS) == 46
    assert [c.value for c in sheet[3]] == list(HEADINGS)
    assert [c.value for c in sheet[4]] == list(range(1, 47))
    assert sheet.max_row == 24
    assert sheet["AT5"].value == "ho-so-15\\000.00.12.H99.2021.15.001.pdf"


def test_the_reader_of_deliveries_finds_every_file_and_the_mistakes(folder: Path) -> None:
    delivery = FolderReader(InlineWorkers()).read(folder, folder / "room")
    assert [(d.file_code, len(d.documents)) for d in delivery.dossiers] == [(d.code, len(d.paper)) for d in dossiers()]
    assert delivery.findings == ()
    good, fields, bad = delivery.dossiers
    for dossier in (good, fields):
        assert all(len(document.files) == 1 for document in dossier.documents)
        assert all(document.value("issued_date") for document in dossier.documents)
    assert (bad.documents[0].value("issued_date"), bad.documents[0].written("issued_date")) == ("", "31/02/2019")
    assert bad.documents[1].missing_files
    assert bad.documents[2].value("subject") == ""
    assert bad.value("end_date") < bad.value("start_date")


def test_the_program_with_the_name_of_a_pdf_is_one(folder: Path) -> None:
    data = file_of(folder, "000.00.12.H99.2019.22", 4).read_bytes()
    assert data.startswith(b"MZ")
    assert data[0x80:0x84] == b"PE\0\0"


def test_the_old_word_file_is_truly_in_tcvn3(folder: Path) -> None:
    path = file_of(folder, "000.00.12.H99.2003.07", 1)
    with olefile.OleFileIO(path) as opened:  # type: ignore[no-untyped-call] # olefile carries no types
        text = opened.openstream("WordDocument").read()
        fonts = opened.openstream("1Table").read()
    assert ".VnTimeH".encode("utf-16-le") in fonts
    # "Độc lập - Tự do - Hạnh phúc" as its TCVN3 bytes look when Word takes them for Western letters.
    written = b"\xa7\xe9c l\xcbp - T\xf9 do - H\xb9nh ph\xf3c".decode("cp1252")
    assert written.encode("utf-16-le") in text
    assert "Độc lập".encode("utf-16-le") not in text


def test_office_files_open_and_hold_their_words(folder: Path) -> None:
    with zipfile.ZipFile(file_of(folder, "000.00.12.H99.2021.15", 5)) as package:
        report = package.read("word/document.xml").decode()
    assert "địa bạ triều Nguyễn" in report
    sheet = openpyxl.load_workbook(file_of(folder, "000.00.12.H99.2021.15", 6)).active
    assert sheet is not None
    assert sheet["B5"].value == "Bình khí FM-200"


def test_the_photograph_is_one(folder: Path) -> None:
    with Image.open(file_of(folder, "000.00.12.H99.2021.15", 8)) as image:
        assert (image.format, image.size, image.info["dpi"]) == ("JPEG", (1600, 1067), (300, 300))


@pytest.mark.parametrize("years", [0, 5])
def test_the_signatures_pass_under_the_root_that_comes_with_them(
    made: dict[str, Any], folder: Path, years: int
) -> None:
    clock = SteppingClock(NOW + timedelta(days=365 * years))
    judge = Judge(InlineWorkers(), TrustSnapshot.from_folder(Path(made["trust"])), clock)
    decision, scanned = judge.judge([file_of(folder, "000.00.12.H99.2021.15", n) for n in (3, 4)])
    assert [(v.field, v.kind) for v in decision] == [
        ("LanhDaoKy", "signature"),
        ("CoQuanKy", "signature"),
        ("DauThoiGianLuuTru", "document-timestamp"),
    ]
    assert {v.indication for v in (*decision, *scanned)} == {Indication.TOTAL_PASSED}
    assert {v.level for v in decision[:2]} == {"B-LTA"}
    assert (scanned[0].level, scanned[0].best_time) == ("B-LT", "2021-10-20T02:15:20.000Z")
    assert all(v.changed_after == () for v in (*decision, *scanned))


def test_no_private_key_is_left_behind(made: dict[str, Any]) -> None:
    root = Path(made["delivery"]).parent
    assert sorted(p.name for p in root.iterdir()) == ["giao-nop", "giao-nop-manifest.json", "giao-nop-trust"]
    assert not [p for p in root.rglob("*") if p.is_file() and b"PRIVATE KEY" in p.read_bytes()]
    assert [p.name for p in Path(made["trust"]).iterdir()] == ["rootca-dung-thu.der"]


def _digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


def test_a_whole_delivery_is_used_again_and_a_damaged_one_is_made_anew(made: dict[str, Any], folder: Path) -> None:
    before = _digests(folder)
    again = make_delivery(folder, clock=SteppingClock(NOW + timedelta(days=1)))
    assert again["already"]
    assert {k: v for k, v in again.items() if k != "already"} == {k: v for k, v in made.items() if k != "already"}
    assert _digests(folder) == before
    file_of(folder, "000.00.12.H99.2003.07", 5).unlink()
    (folder / "stray.tmp").write_bytes(b"x")
    anew = make_delivery(folder, clock=SteppingClock(NOW))
    assert not anew["already"]
    after = _digests(folder)
    signed = {"000.00.12.H99.2021.15.003.pdf", "000.00.12.H99.2021.15.004.pdf"}
    assert {k: v for k, v in after.items() if k not in signed} == {k: v for k, v in before.items() if k not in signed}


def test_fonts_have_all_vietnamese_letters() -> None:
    assert font_file("B").name == "LiberationSerif-Bold.ttf"


def test_tesseract_reads_the_words_that_stand_only_in_a_scan(tmp_path: Path) -> None:
    path = tmp_path / "page.jpg"
    path.write_bytes(scan(dossiers()[0].paper[0], 3, 1))
    with Image.open(BytesIO(path.read_bytes())) as image:
        assert image.info["dpi"] == (200, 200)
    program = shutil.which("tesseract")
    assert program, "tesseract is missing"
    read = subprocess.run(
        [program, str(path), "-", "-l", "vie", "--psm", "3"], capture_output=True, text=True, check=True
    ).stdout
    assert "máy hút ẩm công nghiệp" in " ".join(read.split())


def test_the_command_tells_where_everything_is_in_both_languages(
    made: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_delivery(folder, clock=SteppingClock(NOW))
    assert main([str(folder)]) == 0
    vietnamese, english = capsys.readouterr().out.splitlines()
    assert vietnamese.startswith("Dùng lại hồ sơ mẫu đã có: 3 hồ sơ, 20 tài liệu, 45 trang")
    assert made["trust"] in english
    assert main([]) == 2


def test_what_can_be_asked_is_asked_of_dossiers_that_are_archived(made: dict[str, Any]) -> None:
    assert made["files"] == 20
    for search in made["searches"]:
        assert search["file_code"] in {d.code for d in dossiers()[:2]}
