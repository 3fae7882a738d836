"""Lists, minutes, books, bags and 2019 deliveries by the real command; PDFs before the reference judge."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import bagit
import openpyxl
import pytest

from ingest.engines.verapdf import VeraPdfJudge
from tests.fakes.pdf_texts import page_texts
from tests.fixtures.homes import BAD, GOOD, CommandLine, Filled

pytestmark = pytest.mark.xdist_group("cli-home")
KINDS = ("muc-luc-ho-so", "muc-luc-van-ban", "bien-ban")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _report(command: CommandLine, kind: str, identifier: str, target: Path) -> dict[str, Any]:
    (line,) = command.json("report", kind, identifier, "-o", target)
    assert (line["path"], line["sha256"], line["bytes"]) == (str(target), _digest(target), target.stat().st_size)
    return line


def _text(path: Path) -> str:
    return " ".join(" ".join(page_texts(path)).split())


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_is_pdfa_2u_before_verapdf_and_has_the_dossier(
    filled: Filled, tmp_path: Path, verapdf: VeraPdfJudge, kind: str
) -> None:
    line = _report(filled.command, kind, filled.good["submission_id"], tmp_path / "a.pdf")
    assert (line["format"], line["flavour"], line["dossiers"], line["documents"]) == ("pdf", "2u", 1, 3)
    verdict = verapdf.check(tmp_path / "a.pdf", "2u")
    assert verdict.status == "valid", verdict
    said = _text(tmp_path / "a.pdf")
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in said
    assert f"Trang {line['pages']}/{line['pages']}" in said


def test_a_list_as_workbook_has_the_rows_of_the_dossier(filled: Filled, tmp_path: Path) -> None:
    line = _report(filled.command, "muc-luc-van-ban", GOOD, tmp_path / "a.xlsx")
    assert (line["format"], line["dossiers"], line["documents"]) == ("xlsx", 1, 3)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    numbers = [row[1] for row in book[GOOD].iter_rows(values_only=True) if row[0] in {"1", "2", "3"}]
    assert numbers == ["1001/QĐ-UBND", "1002/QĐ-UBND", "1003/QĐ-UBND"]


def test_what_is_not_there_and_what_cannot_be_written_are_told_by_the_contracts_codes(
    filled: Filled, tmp_path: Path
) -> None:
    command = filled.command
    assert command.run("report", "bien-ban", "nothing", "-o", tmp_path / "a.pdf").code == 5
    assert command.run("report", "bien-ban", GOOD, "-o", tmp_path / "a.doc").code == 2
    (tmp_path / "there.pdf").write_bytes(b"mine")
    assert command.run("report", "bien-ban", GOOD, "-o", tmp_path / "there.pdf").code == 2
    assert (tmp_path / "there.pdf").read_bytes() == b"mine"
    assert not (tmp_path / "a.pdf").exists()


def test_that_a_list_left_is_in_the_trail(filled: Filled, tmp_path: Path) -> None:
    command = filled.command
    _report(command, "muc-luc-ho-so", filled.package_id, tmp_path / "a.xlsx")
    events = [e for e in command.json("audit", "export") if e["detail"].get("kind") == "muc-luc-ho-so"]
    assert any(event["subject"] == filled.package_id and event["type"] == "dissemination" for event in events)


def test_a_book_is_pdfa_before_verapdf_and_leads_from_its_contents(
    filled: Filled, tmp_path: Path, verapdf: VeraPdfJudge
) -> None:
    lines = filled.command.json("export", filled.package_id, "--as", "book", "-o", tmp_path / "book")
    pdf, xml, missing = lines
    assert (pdf["path"], pdf["flavour"], pdf["pages"], pdf["documents"]) == (
        str(tmp_path / "book" / f"{GOOD}.pdf"),
        "2b",
        6,
        3,
    )
    assert pdf["sha256"] == _digest(Path(pdf["path"]))
    assert xml["path"] == str(tmp_path / "book" / f"{GOOD}.xml")
    assert (missing["path"], missing["flavour"], missing["document"]) == (None, None, 3)
    verdict = verapdf.check(Path(pdf["path"]), "2b")
    assert verdict.status == "valid", verdict
    assert pdf["sha256"] in Path(xml["path"]).read_text(encoding="utf-8")
    assert "KHÔNG PHẢI BẢN GỐC" in _text(Path(pdf["path"]))


def test_a_bag_by_the_command_is_valid_when_unpacked_and_can_be_handed_in_again(filled: Filled, tmp_path: Path) -> None:
    lines = filled.command.json("export", filled.package_id, "--as", "bagit", "-o", tmp_path / "gói.zip")
    with zipfile.ZipFile(tmp_path / "gói.zip") as packed:
        packed.extractall(tmp_path)
    assert bagit.Bag(str(tmp_path / "gói")).is_valid()  # type: ignore[no-untyped-call]
    assert all(_digest(tmp_path / line["path"]) == line["sha256"] for line in lines)
    # The list that came with the dossier describes another one too, whose files are not in this bag.
    answers = filled.command.json("check", "--sheet-only", tmp_path / "gói", code=3)
    assert {line["file_code"]: line["status"] for line in answers} == {GOOD: "acceptable", BAD: "rejected"}


def test_a_delivery_of_2019_leaves_and_a_check_accepts_it(filled: Filled, tmp_path: Path) -> None:
    lines = filled.command.json("export", GOOD, "--as", "sip", "--profile", "tt02", "-o", tmp_path / "tt02")
    assert {Path(line["path"]).name for line in lines} >= {f"{GOOD}.001.pdf", "muc-luc.xlsx", "muc-luc.xml"}
    (line,) = filled.command.json("check", "--sheet-only", tmp_path / "tt02")
    assert (line["status"], line["file_code"], line["documents"]) == ("acceptable", GOOD, 3)
    assert filled.command.run("export", GOOD, "--as", "aip", "--profile", "tt02", "-o", tmp_path / "no").code == 2
