"""`luutru template` and `luutru check --explain`, by the real command: no home is needed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests.fixtures.deliveries import DOCUMENT, DOSSIER, DeliveryFolder
from tests.fixtures.homes import CommandLine


@pytest.fixture
def command(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "no-home")


def test_a_template_is_written_filled_in_explained_and_found_acceptable(command: CommandLine, tmp_path: Path) -> None:
    target = tmp_path / "mau.xlsx"
    (line,) = command.json("template", "--profile", "05-2025", "-o", target)
    assert (line["path"], line["bytes"], line["profile"]) == (str(target), target.stat().st_size, "05-2025")
    assert command.run("template", "-o", target).code == 2
    delivery = DeliveryFolder(tmp_path / "giao-nop")
    book = openpyxl.load_workbook(target)
    page = book["Văn bản"]
    for cell in page[2]:
        if cell.value == "H49.64.2025.VD01":
            cell.value = "H49.64.2025.7"
    page.delete_rows(3)
    book["Hồ sơ"]["A2"] = "H49.64.2025.7"
    book["Hồ sơ"]["I2"] = 1
    for name in ("Ảnh", "Phim-Âm thanh"):
        book[name].delete_rows(2)
    book.save(delivery.root / "mau.xlsx")
    delivery.file(next(str(cell.value) for cell in page[2] if str(cell.value).endswith(".pdf")))
    (answer,) = command.json("check", delivery.root, "--sheet-only")
    assert (answer["status"], answer["file_code"], answer["documents"]) == ("acceptable", "H49.64.2025.7", 1)
    explained = {line["sheet"]: line for line in command.json("check", delivery.root, "--explain")}
    assert {"Hồ sơ", "Văn bản", "Ảnh", "Phim-Âm thanh"} <= explained.keys()
    assert all(column["field"] for column in explained["Văn bản"]["columns"])


def test_a_mapping_is_saved_corrected_and_used(command: CommandLine, tmp_path: Path) -> None:
    delivery = DeliveryFolder(tmp_path / "giao-nop")
    row = ["H49.1", "Hồ sơ", "01/01/2019", "31/12/2019", 1, "Quyết định", "1/2/2019", "a.pdf", "Giám đốc"]
    delivery.sheets(Sheet1=[[*DOSSIER, *DOCUMENT, "Ký bởi ai"], row])
    delivery.file("a.pdf")
    with zipfile.ZipFile(tmp_path / "giao-nop.zip", "w") as archive:
        for path in delivery.root.iterdir():
            archive.write(path, path.name)
    saved = tmp_path / "cot.toml"
    (line,) = command.json("check", tmp_path / "giao-nop.zip", "--save-mapping", saved)
    unknown = line["columns"][-1]
    assert (unknown["column"], unknown["heading"], unknown["field"]) == ("I", "Ký bởi ai", None)
    before = command.json("check", delivery.root, "--sheet-only")[0]
    (told,) = (finding for finding in before["findings"] if finding["rule"] == "READ-042")
    assert (told["sheet"], told["row"], told["column"]) == ("Sheet1", 1, "Ký bởi ai")
    saved.write_text(
        saved.read_text(encoding="utf-8").replace('"Ký bởi ai" = ""', '"Ký bởi ai" = "document.signer"'),
        encoding="utf-8",
    )
    (after,) = command.json("check", delivery.root, "--sheet-only", "--mapping", saved)
    assert "READ-042" not in {finding["rule"] for finding in after["findings"]}
    (again,) = command.json("check", delivery.root, "--explain", "--mapping", saved)
    assert again["columns"][-1]["field"] == "document.signer"
    saved.write_text("version = 7", encoding="utf-8")
    assert command.run("check", delivery.root, "--mapping", saved).code == 2


def test_a_folder_without_headings_is_explained_as_such(command: CommandLine, tmp_path: Path) -> None:
    delivery = DeliveryFolder(tmp_path / "giao-nop")
    delivery.sheets(Sheet1=[["Họ tên", "Lớp"], ["A", "5A"]])
    answer = command.run("check", delivery.root, "--explain")
    assert answer.code == 3
    assert "không nhận ra dòng tiêu đề" in answer.out


def test_a_spreadsheet_alone_is_answered_with_what_to_do(command: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "danh-muc.xlsx").write_bytes(b"PK")
    answer = command.run("check", tmp_path / "danh-muc.xlsx", tmp_path / "not-there", "--lang", "vi")
    assert answer.code == 2
    unknown, missing = answer.err.splitlines()
    assert "--register" in unknown
    assert "nộp cả thư mục" in unknown
    assert "không có gì ở đường dẫn này" in missing
