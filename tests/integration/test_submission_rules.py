"""Rules on a submission as a whole, by the real command: SUB-001 to SUB-003."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.fixtures.homes import Filled, made_home
from tests.generators.deliveries import AGENCY, HEADINGS, PaperMill, make_delivery, row, write_sheet


def rules_of(line: dict[str, Any]) -> set[str]:
    return {finding["rule"] for finding in line["findings"]}


@pytest.mark.xdist_group("cli-home")
@pytest.mark.rule("SUB-001")
def test_a_code_that_names_another_dossier_already_is_told_by_check(
    filled: Filled, tmp_path: Path, mill: PaperMill
) -> None:
    code = filled.good["file_code"]
    (tmp_path / code).mkdir()
    (tmp_path / code / f"{code}.001.pdf").write_bytes(mill.paper(99, 1))
    write_sheet(tmp_path / "muc-luc.xlsx", [row(code, 1, 99, 1, 1, f"{code}/{code}.001.pdf")])
    (line,) = filled.command.json("check", tmp_path, code=3)
    assert "SUB-001" in rules_of(line)
    found = next(finding for finding in line["findings"] if finding["rule"] == "SUB-001")
    assert filled.package_id in found["message"]


@pytest.mark.xdist_group("cli-home")
@pytest.mark.rule("SUB-002")
def test_a_list_without_rows_is_a_delivery_with_nothing_inside(filled: Filled, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(HEADINGS))
    book.save(tmp_path / "muc-luc.xlsx")
    for command in ("check", "ingest"):
        (line,) = filled.command.json(command, tmp_path, code=3)
        assert (line["status"], line["documents"], line["package_id"]) == ("rejected", 0, None)
        assert "SUB-002" in rules_of(line)


@pytest.mark.rule("SUB-003")
def test_a_list_with_a_secret_dossier_goes_into_no_package(tmp_path: Path, mill: PaperMill) -> None:
    command = made_home(tmp_path / "home", mill)
    delivery = make_delivery(tmp_path / "delivery", mill, dossiers=2, documents=1).path
    sheet = next(delivery.glob("*.xlsx"))
    book = openpyxl.load_workbook(sheet)
    table = book.worksheets[0]
    heading = next(cells for cells in table.iter_rows() if any(cell.value == "Chế độ sử dụng" for cell in cells))
    column = next(cell.column for cell in heading if cell.value == "Chế độ sử dụng")
    title = next(cell.column for cell in heading if cell.value == "Tiêu đề hồ sơ")
    secret = table[table.max_row]
    secret[column - 1].value = "Tối mật"
    secret[title - 1].value = "Hồ sơ về hầm Bạch Mai"
    book.save(sheet)

    good, refused = command.json("ingest", delivery, code=3)
    assert (good["status"], refused["status"]) == ("archived", "rejected")
    assert "SUB-003" in rules_of(good)
    assert all("Bạch Mai" not in finding["message"] for finding in refused["findings"])
    shutil.rmtree(delivery)
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file() and holds(path, "Bạch Mai")]
    assert kept == []
    record = command.json("show", good["package_id"])[0]
    assert record["sources"] == []
    assert record["metadata"]["title"]["value"]
    assert record["agency"] == AGENCY


def holds(path: Path, words: str) -> bool:
    return words.encode() in path.read_bytes()
