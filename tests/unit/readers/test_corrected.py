"""Corrected cells count as corrected, are told with author and reason, and leave the list as it was delivered."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.ports import Reading
from ingest.readers.containers import Containers
from ingest.readers.folder import FolderReader
from ingest.readers.packed import ContainerReader
from metadata.corrections import NAME, Correction, Corrections, corrections_json, read_corrections
from metadata.descriptions import Delivery
from metadata.digests import digests_of_file
from metadata.rules import message
from tests.fakes.deliveries import findings_of
from tests.fakes.workers import InlineWorkers
from tests.fixtures.deliveries import CODE, DOCUMENT, DOSSIER, DeliveryFolder

SHEET = "danh-muc.xlsx"
HEADINGS = [*DOSSIER, *DOCUMENT]
FIRST = [CODE, "Hồ sơ về việc thử", "01/01/2019", "31/12/2019"]


def _delivered(delivery: DeliveryFolder) -> Path:
    rows = [[*FIRST, n, f"Quyết định {n}", "31/02/2019", f"{n}.pdf"] for n in (1, 2)]
    delivery.sheets(None, Sheet1=[HEADINGS, *rows])
    for n in (1, 2):
        delivery.file(f"{n}.pdf")
    return delivery.root


def _correction(row: int, column: str, value: str, delivered: str = "") -> Correction:
    return Correction(
        file=SHEET,
        sheet="Sheet1",
        row=row,
        column=column,
        delivered=delivered,
        value=value,
        by="lan",
        at="2026-11-29T04:00:00Z",
        reason="gõ nhầm ngày",
    )


def _read(root: Path, *corrections: Correction, digest: str | None = None) -> Delivery:
    found = digests_of_file(root / SHEET).sha256 if digest is None else digest
    told = Corrections(sheets={SHEET: found}, corrections=corrections)
    return FolderReader(InlineWorkers(), Reading(corrections=told)).read(root, root / "room")


def _rules(delivery: Delivery) -> list[str]:
    return [finding.rule for finding in findings_of(delivery)]


@pytest.mark.rule("READ-060")
def test_a_corrected_cell_counts_and_the_row_is_kept_as_delivered(delivery: DeliveryFolder) -> None:
    root = _delivered(delivery)
    before = (root / SHEET).read_bytes()
    read = _read(root, _correction(2, "Ngày văn bản", "28/02/2019", "31/02/2019"))
    first, second = read.dossiers[0].documents
    assert (first.value("issued_date"), second.written("issued_date")) == ("2019-02-28", "31/02/2019")
    (told,) = [finding for finding in findings_of(read) if finding.rule == "READ-060"]
    assert (told.file, told.sheet, told.row, told.column) == (SHEET, "Sheet1", 2, "Ngày văn bản")
    for said in ("31/02/2019", "28/02/2019", "lan", "gõ nhầm ngày"):
        assert said in message(told, "vi")
        assert said in message(told, "en")
    (kept,) = read.dossiers[0].rows
    assert "31/02/2019" in kept.rows[0][1]
    assert (root / SHEET).read_bytes() == before


def test_what_a_row_says_of_its_dossier_is_corrected_in_all_rows_that_say_the_same(delivery: DeliveryFolder) -> None:
    read = _read(_delivered(delivery), _correction(2, "Tiêu đề hồ sơ", "Hồ sơ đã sửa"))
    assert [dossier.value("title") for dossier in read.dossiers] == ["Hồ sơ đã sửa"]
    assert "READ-031" not in _rules(read)
    assert _rules(read).count("READ-060") == 1


def test_a_field_that_has_no_column_gets_one(delivery: DeliveryFolder) -> None:
    read = _read(_delivered(delivery), _correction(3, "Ngôn ngữ", "Tiếng Việt"))
    assert [document.value("language") for document in read.dossiers[0].documents] == ["", "Tiếng Việt"]
    assert "READ-060" in _rules(read)


@pytest.mark.rule("READ-061")
@pytest.mark.parametrize(
    "wrong",
    [
        _correction(99, "Ngày văn bản", "28/02/2019"),
        _correction(1, "Ngày văn bản", "28/02/2019"),
        _correction(2, "Không có cột này", "x"),
        _correction(2, "Ngày văn bản", "x").model_copy(update={"sheet": "Sheet9"}),
        _correction(2, "Ngày văn bản", "x").model_copy(update={"file": "khác.xlsx"}),
    ],
)
def test_a_correction_that_fits_no_place_is_an_error(delivery: DeliveryFolder, wrong: Correction) -> None:
    read = _read(_delivered(delivery), wrong)
    assert _rules(read).count("READ-061") == 1
    assert "READ-060" not in _rules(read)


def test_corrections_of_a_list_that_is_another_one_by_now_are_not_applied(delivery: DeliveryFolder) -> None:
    root = _delivered(delivery)
    read = _read(root, _correction(2, "Ngày văn bản", "28/02/2019"), digest="0" * 64)
    assert "READ-061" in _rules(read)
    assert read.dossiers[0].documents[0].written("issued_date") == "31/02/2019"


def test_the_correction_file_is_kept_with_the_lists_and_is_a_stray_file_where_nobody_corrected(
    delivery: DeliveryFolder,
) -> None:
    root = _delivered(delivery)
    correction = _correction(2, "Ngày văn bản", "28/02/2019")
    told = Corrections(sheets={SHEET: ""}, corrections=(correction,))
    (root / NAME).write_bytes(corrections_json(told))
    assert _read(root, correction).sources == (SHEET, NAME)
    forged = FolderReader(InlineWorkers()).read(root, root / "room")
    assert forged.sources == (SHEET,)
    assert "READ-011" in _rules(forged)
    assert forged.dossiers[0].documents[0].written("issued_date") == "31/02/2019"


@pytest.mark.rule("CON-025")
def test_what_comes_after_a_container_is_laid_over_what_it_holds(delivery: DeliveryFolder, tmp_path: Path) -> None:
    root = _delivered(delivery)
    packed = tmp_path / "gói" / "đợt.zip"
    packed.parent.mkdir()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in (SHEET, "1.pdf"):
            archive.write(root / name, f"đợt/{name}")
    before = packed.read_bytes()
    added = tmp_path / "added"
    added.mkdir()
    (added / "2.pdf").write_bytes(b"%PDF came later")
    told = Corrections(sheets={SHEET: ""}, corrections=(_correction(2, "Ngày văn bản", "28/02/2019"),))
    (added / NAME).write_bytes(corrections_json(told))
    workers = InlineWorkers()
    reading = Reading(corrections=told, added=added)
    reader = ContainerReader(Containers(workers), (FolderReader(workers, reading),), added)
    read = reader.read(packed.parent, tmp_path / "room")
    assert [document.files for document in read.dossiers[0].documents] == [("1.pdf",), ("2.pdf",)]
    assert read.dossiers[0].documents[0].value("issued_date") == "2019-02-28"
    assert NAME in read.sources
    (later,) = [finding for finding in read.findings if finding.rule == "CON-025"]
    assert later.values["examples"] == "2.pdf"
    assert packed.read_bytes() == before
    assert read.containers[0].name == "đợt.zip"


def test_corrections_are_written_and_read_and_later_ones_count_more() -> None:
    first = Corrections(sheets={SHEET: "a"}, corrections=(_correction(2, "A", "1"), _correction(3, "A", "2")))
    later = Corrections(sheets={SHEET: "a"}, corrections=(_correction(2, "A", "9"),))
    both = first.having(later)
    assert [(entry.row, entry.value) for entry in both.corrections] == [(3, "2"), (2, "9")]
    assert read_corrections(corrections_json(both)) == both
    assert both.without(frozenset({SHEET})) == Corrections()
    with pytest.raises(ValueError, match="version"):
        read_corrections(corrections_json(both).replace(b'"version": 1', b'"version": 2'))
    assert replace(Reading(), corrections=both).corrections == both
