"""What pages say against the list, and authority tables, by the real command on one home."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from archive.demo.drawing import digital_pdf
from archive.demo.papers import Make, Paper
from tests.fixtures.homes import CommandLine, made_home
from tests.generators.deliveries import AGENCY, HEADINGS, PaperMill

pytestmark = pytest.mark.xdist_group("cli-suggestions")

CODE = f"{AGENCY}.2021.00031"
KEYS = ["code_number", "code_notation", "issued_date", "organ_name", "type_name", "subject", "signer"]


def paper(number: str, subject: str) -> bytes:
    return digital_pdf(
        Paper(
            make=Make.DIGITAL,
            kind="Quyết định",
            number=number,
            notation="QĐ-UBND",
            day=("15", "03", "2021"),
            place="Kiên Sơn",
            issuer="ỦY BAN NHÂN DÂN\nTỈNH KIÊN SƠN",
            subject=subject,
            signer=("KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH", "Nguyễn Văn Minh"),
            pages=(("Căn cứ Luật Lưu trữ ngày 11 tháng 11 năm 2011;", "Điều 1. Phê duyệt kế hoạch số hóa."),),
        )
    )


def delivered(folder: Path) -> Path:
    """Two decisions: of one the list says another number, of the other it says nothing."""
    folder.mkdir()
    (folder / "1.pdf").write_bytes(paper("222", "Về việc phê duyệt kế hoạch số hóa tài liệu"))
    (folder / "2.pdf").write_bytes(paper("223", "Về việc thành lập tổ số hóa tài liệu"))
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(HEADINGS))
    head = [AGENCY, CODE, "Số hóa tài liệu", "01/01/2021", "31/12/2021", "Vĩnh viễn", "Công khai", 2]
    body = "Ủy ban nhân dân tỉnh Kiên Sơn"
    stated = ["Quyết định", body, "232", "QĐ-UBND", "15/03/2021", "Phê duyệt kế hoạch số hóa"]
    sheet.append([*head, 1, f"{CODE}.001", *stated, 1, "1.pdf"])
    sheet.append([*head, 2, f"{CODE}.002", *[None] * 6, 1, "2.pdf"])
    book.save(folder / "muc-luc.xlsx")
    return folder


@dataclass(frozen=True)
class Suggested:
    command: CommandLine
    delivery: Path
    checked: dict[str, Any]
    accepted: dict[str, Any]
    ingested: dict[str, Any]
    tables: list[dict[str, Any]]


@pytest.fixture(scope="module")
def suggested(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill) -> Suggested:
    folder = tmp_path_factory.mktemp("suggestions")
    command = made_home(folder / "home", mill)
    table = folder / "co-quan.csv"
    rows = ["Mã;Tên;Từ ngày;Đến ngày", f"{AGENCY};Ủy ban nhân dân tỉnh Kiên Sơn;;31/12/2020"]
    table.write_text("\n".join(rows), "utf-8")
    tables = [command.json("authority", "import", "agencies", table)[0]]
    table.write_text("\n".join([*rows, ";Không mã;;", "H1;Ngày sai;31/02/2020;"]), "utf-8")
    tables.append(command.json("authority", "import", "agencies", table, code=3)[0])
    delivery = delivered(folder / "delivery")
    return Suggested(
        command=command,
        delivery=delivery,
        checked=command.json("check", delivery)[0],
        accepted=command.json("check", delivery, "--accept-suggestions")[0],
        ingested=command.json("ingest", delivery, "--accept-suggestions")[0],
        tables=tables,
    )


def rules(line: dict[str, Any], prefix: str = "SUG") -> list[str]:
    return [finding["rule"] for finding in line["findings"] if finding["rule"].startswith(prefix)]


def test_a_check_tells_what_would_be_filled_only_where_it_is_asked_to_read_the_pages(suggested: Suggested) -> None:
    assert rules(suggested.checked) == []
    assert rules(suggested.accepted) == ["SUG-001", "SUG-003", "SUG-003"]
    assert suggested.accepted["status"] == "acceptable"


def test_a_contradiction_names_row_column_both_values_and_the_place(suggested: Suggested) -> None:
    (found,) = [finding for finding in suggested.ingested["findings"] if finding["rule"] == "SUG-001"]
    assert (found["row"], found["column"], found["value"]) == (2, "Số của văn bản", "232")
    assert "“222”" in found["message"]
    assert "trang 1 (trên, bên trái)" in found["message"]


@pytest.mark.rule("CNV-001")
def test_what_a_conversion_loses_is_counted_when_it_is_known_what_was_filled(suggested: Suggested) -> None:
    assert rules(suggested.accepted, "CNV") == rules(suggested.ingested, "CNV") == ["CNV-001"]
    (told,) = (finding for finding in suggested.ingested["findings"] if finding["rule"] == "CNV-001")
    (shown,) = suggested.command.json("show", suggested.ingested["package_id"])
    losses = sum(note["kind"] == "loss" for note in shown["conversion"])
    doubts = len(shown["conversion"]) - losses
    assert f"{losses} chỗ mất mát, {doubts} chỗ cần xem lại" in told["message"]


def test_what_was_filled_is_found_shown_and_marked_in_record_ead_and_premis(suggested: Suggested) -> None:
    command = suggested.command
    assert suggested.ingested["status"] == "archived"
    hit = command.json("search", "thành lập tổ số hóa")[0]
    assert hit["ordinal"] == 2
    shown = command.json("show", CODE)[0]
    second = shown["documents"][1]
    assert (second["number"], second["issued_date"]) == ("223/QĐ-UBND", "2021-03-15")
    (event,) = [entry for entry in shown["events"] if entry["type"] == "metadata extraction"]
    told = [(entry["ordinal"], entry["key"]) for entry in json.loads(event["detail"])]
    assert told == [(1, "signer"), *((2, key) for key in KEYS)]
    (record,) = (command.home / "storage").rglob("record.xml")
    assert record.read_text("utf-8").count("<machineMade ") == 1 + len(KEYS)
    (ead,) = (command.home / "storage").rglob("EAD_doc_002.xml")
    assert "[Máy đọc từ trang 1, chưa được người kiểm tra: " in ead.read_text("utf-8")
    (other,) = (command.home / "storage").rglob("EAD_doc_001.xml")
    # What the list said stays, against the page.
    assert "<codeNumber>232</codeNumber>" in other.read_text("utf-8")
    assert "chưa được người kiểm tra: Người ký.]" in other.read_text("utf-8")


def test_a_table_is_taken_whole_or_not_at_all(suggested: Suggested) -> None:
    good, bad = suggested.tables
    assert (good["status"], good["version"], good["added"]) == ("imported", 1, 1)
    assert (bad["status"], bad["version"]) == ("rejected", 1)
    assert [(finding["rule"], finding["row"]) for finding in bad["findings"]] == [("AUT-013", 3), ("AUT-014", 4)]


def test_a_body_that_was_not_at_that_time_is_told_by_check_and_ingest(suggested: Suggested) -> None:
    assert rules(suggested.checked, "AUT") == ["AUT-003"]
    assert rules(suggested.ingested, "AUT") == ["AUT-003"]


def test_tables_survive_the_loss_of_the_database(suggested: Suggested, tmp_path: Path) -> None:
    home = shutil.copytree(suggested.command.home, tmp_path / "home")
    shutil.rmtree(home / "database")
    command = CommandLine(home)
    command.json("catalogue", "rebuild")
    rows = {row["code"]: row for row in command.json("authority", "list", "agencies", "--at", "01/01/2020")}
    assert (rows[AGENCY]["name"], rows[AGENCY]["valid_to"]) == ("Ủy ban nhân dân tỉnh Kiên Sơn", "2020-12-31")
    # What the program knows of itself is there without any import.
    assert "Q3" in rows
