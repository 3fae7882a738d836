"""`luutru convert-profile` as an archivist calls it: deliveries, stored dossiers, a whole holding, a process killed."""

from __future__ import annotations

import json
import os
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from archive.catalogue.database import Database, engine_of
from tests.fixtures.homes import CommandLine, Filled
from tests.generators.deliveries import PaperMill
from tests.generators.held_2019 import fill, new_catalogue

CODE = "H49.64.2012.00001"
HEADINGS = (
    *("Mã hồ sơ", "Tiêu đề hồ sơ", "Thời hạn bảo quản", "Chế độ sử dụng", "Người lập hồ sơ", "Hộp số"),
    *("Thời gian bắt đầu", "Thời gian kết thúc", "Mã định danh văn bản", "Số thứ tự văn bản trong hồ sơ"),
    *("Tên loại văn bản", "Số của văn bản", "Ký hiệu của văn bản", "Ngày văn bản", "Trích yếu nội dung"),
    *("Tên cơ quan, tổ chức ban hành văn bản", "Ngôn ngữ", "Tờ số", "Đường dẫn file"),
)


def delivery(folder: Path, mill: PaperMill, rows: list[dict[str, str]]) -> Path:
    """A delivery in the headings of TT 02/2019: one row a document."""
    folder.mkdir(parents=True)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADINGS)
    for number, own in enumerate(rows, start=1):
        name = f"{own.get('Mã hồ sơ', CODE)}.{number:03d}.pdf"
        (folder / name).write_bytes(mill.paper(5000 + number, 1))
        row = {
            "Mã hồ sơ": CODE,
            "Tiêu đề hồ sơ": "Hồ sơ chỉnh lý",
            "Thời hạn bảo quản": "Lâu dài",
            "Chế độ sử dụng": "Hạn chế",
            "Người lập hồ sơ": "Trần Thị B",
            "Hộp số": "7",
            "Thời gian bắt đầu": "01/01/2012",
            "Thời gian kết thúc": "31/12/2012",
            "Mã định danh văn bản": f"{CODE}.{number}",
            "Số thứ tự văn bản trong hồ sơ": str(number),
            "Tên loại văn bản": "QĐ",
            "Số của văn bản": str(number),
            "Ký hiệu của văn bản": "QĐ-UBND",
            "Ngày văn bản": "17/05/2012",
            "Trích yếu nội dung": f"Về việc số {number}",
            "Tên cơ quan, tổ chức ban hành văn bản": "UBND tỉnh",
            "Ngôn ngữ": "Tiếng Anh, Tiếng Việt",
            "Tờ số": f"{number}",
            "Đường dẫn file": name,
            **own,
        }
        sheet.append([row[heading] for heading in HEADINGS])
    book.save(folder / "danh-muc.xlsx")
    book.close()
    return folder


@pytest.fixture
def homeless(tmp_path: Path) -> CommandLine:
    """Deliveries are converted where there is no home."""
    return CommandLine(tmp_path / "no-home")


def cells(path: str | Path, sheet: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        return list(book[sheet].iter_rows(values_only=True))
    finally:
        book.close()


def test_a_delivery_is_told_what_it_would_lose_and_nothing_is_written(
    homeless: CommandLine, mill: PaperMill, tmp_path: Path
) -> None:
    folder = delivery(tmp_path / "nop" / "2012", mill, [{}, {"Tên loại văn bản": "Nghị định"}])
    before = sorted(path.name for path in folder.parent.rglob("*"))
    dossier, end = homeless.json("convert-profile", "--dry-run", folder)
    assert (dossier["file_code"], dossier["status"], dossier["documents_out"]) == (CODE, "converted", 2)
    assert {note["cause"] for note in dossier["notes"]} == {"former_word", "moved", "no_code"}
    former = next(note for note in dossier["notes"] if note["cause"] == "former_word")
    assert (former["rule"], former["value"], former["row"]) == ("BRG-007", "Lâu dài", 2)
    assert former["suggestions"][0] == "10 năm"
    assert (end["equal"], end["report"], end["workbook"]) == (True, None, None)
    told = homeless.json("convert-profile", "--dry-run", "--from", "01-2019", "--to", "02-2019", folder)[0]
    assert {note["field"] for note in told["notes"]} >= {"creator", "archives_code"}
    assert sorted(path.name for path in folder.parent.rglob("*")) == before


def test_a_converted_workbook_is_a_delivery_of_the_new_circular(
    homeless: CommandLine, mill: PaperMill, tmp_path: Path
) -> None:
    folder = delivery(tmp_path / "nop" / "2012", mill, [{}, {}])
    original = (folder / "danh-muc.xlsx").read_bytes()
    end = homeless.json("convert-profile", "--from", "02-2019", "--to", "05-2025", folder)[-1]
    assert (folder / "danh-muc.xlsx").read_bytes() == original
    assert Path(end["report"]).parent == folder.parent
    assert len(cells(end["report"], "Cần xem lại")) == end["doubts"] + 1
    (folder / "danh-muc.xlsx").write_bytes(Path(end["workbook"]).read_bytes())
    (answer,) = homeless.json("check", folder, "--sheet-only")
    assert (answer["status"], answer["documents"], answer["file_code"]) == ("acceptable", 2, CODE)


def test_a_secret_dossier_is_refused_and_stands_in_no_workbook(
    homeless: CommandLine, mill: PaperMill, tmp_path: Path
) -> None:
    secret = f"{CODE[:-1]}2"
    rows = [{}, {"Mã hồ sơ": secret, "Chế độ sử dụng": "Mật", "Tiêu đề hồ sơ": "Điều không được ghi"}]
    folder = delivery(tmp_path / "nop" / "2012", mill, rows)
    first, second, end = homeless.json("convert-profile", folder, code=3)
    assert (first["status"], second["status"]) == ("converted", "rejected")
    assert [finding["rule"] for finding in second["findings"]] == ["SEC-001"]
    assert (end["dossiers_in"], end["dossiers_out"], end["rejected"], end["equal"]) == (2, 1, 1, True)
    for path in (end["report"], end["workbook"]):
        with zipfile.ZipFile(path) as book:
            assert not any("Điều không được ghi".encode() in book.read(name) for name in book.namelist())


@pytest.mark.xdist_group("cli-home")
def test_stored_dossiers_are_converted_by_their_codes_and_stay_as_they_are(filled: Filled, tmp_path: Path) -> None:
    command, package_id = filled.command, filled.package_id
    before = command.json("show", package_id)[0]["metadata"]
    line, end = command.json("convert-profile", filled.good["file_code"], "no-such-dossier", "-o", tmp_path, code=5)
    assert (line["package_id"], line["status"], line["documents_out"]) == (package_id, "converted", 3)
    assert (end["equal"], Path(end["report"]).parent) == (True, tmp_path)
    assert len(cells(end["workbook"], "Văn bản")) == 4
    assert command.json("show", package_id)[0]["metadata"] == before


def test_a_killed_conversion_is_finished_by_whoever_comes_next(
    new_home: Callable[..., CommandLine], tmp_path: Path
) -> None:
    command = new_home()
    url = _database_of(command)
    database = Database(engine_of(url))
    fill(new_catalogue(database), 40, 10)
    database.close()
    with command.start("convert-profile", "--all", "-o", tmp_path / "ra", "--json") as process:
        assert process.stdout is not None
        seen = [json.loads(process.stdout.readline()) for _ in range(15)]
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    assert not (tmp_path / "ra").exists()
    command.json("jobs", "--wait")
    (job,) = [line for line in command.json("jobs") if line["kind"] == "conversion"]
    assert (job["status"], job["done"], job["total"]) == ("done", 40, 40)
    (report,) = (tmp_path / "ra").glob("bao-cao*.xlsx")
    dossiers = cells(report, "Hồ sơ")[1:]
    assert len({row[1] for row in dossiers}) == len(dossiers) == 40
    assert {line["package_id"] for line in seen} <= {row[1] for row in dossiers}
    summary = dict(row[:2] for row in cells(report, "Tổng hợp") if row[1] is not None)
    assert summary["Số tài liệu đưa vào"] == summary["Số tài liệu đưa ra"] == 400
    tree = command.json("store")
    assert (tree[0]["place"], tree[0]["dossiers"]) == ("2/-/-/-", 40)
    assert sum(line["dossiers"] for line in tree if line["box"]) == 40


def _database_of(command: CommandLine) -> str:
    (file,) = [path for path in (command.home / "database").glob("*") if path.name.startswith("catalogue")][:1]
    return f"sqlite:///{file}"


def test_wrong_calls_are_told_apart_from_broken_deliveries(homeless: CommandLine, tmp_path: Path) -> None:
    assert homeless.run("convert-profile", "--all", tmp_path, "--json").code == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    assert homeless.json("convert-profile", empty, code=3)[0]["status"] == "rejected"
