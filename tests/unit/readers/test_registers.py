"""Registers: descriptions without files, taken only where a person or the list itself says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.ports import Reading
from ingest.readers.folder import FolderReader, NotAFolderError
from metadata.descriptions import Delivery
from metadata.validation import check_delivery
from tests.fakes.workers import InlineWorkers
from tests.fixtures.deliveries import CODE, DOCUMENT, DOSSIER, DeliveryFolder

ROWS = [
    [CODE, "Văn bản đi năm 1979", "01/01/1979", "31/12/1979", 1, "Về việc giao đất", "01/03/1979", None],
    [CODE, "Văn bản đi năm 1979", "01/01/1979", "31/12/1979", 2, "Về việc nghỉ lễ", "02/03/1979", "quet/2.pdf"],
]


def read(path: Path, *, register: bool) -> Delivery:
    reader = FolderReader(InlineWorkers(), Reading(register=register))
    assert reader.recognises(path)
    return reader.read(path, path.with_name("room"))


def errors(delivery: Delivery) -> set[str]:
    found = [*delivery.findings, *(f for own in check_delivery(delivery).values() for f in own)]
    return {finding.rule for finding in found}


@pytest.mark.rule("READ-050")
def test_documents_without_files_are_described_and_a_named_file_that_is_missing_is_told(
    delivery: DeliveryFolder,
) -> None:
    delivery.sheets(Sheet1=[[*DOSSIER, *DOCUMENT], *ROWS])
    found = read(delivery.root, register=True)
    (dossier,) = found.dossiers
    assert dossier.is_register
    assert [(d.files, d.missing_files) for d in dossier.documents] == [((), ()), ((), ("quet/2.pdf",))]
    (told,) = (f for f in found.dossier_findings[CODE] if f.rule == "READ-050")
    assert (told.row, told.column) == (3, "Đường dẫn file")
    assert not errors(found) & {"READ-010", "READ-013"}


def test_a_file_that_is_there_belongs_to_its_row_all_the_same(delivery: DeliveryFolder) -> None:
    delivery.sheets(Sheet1=[[*DOSSIER, *DOCUMENT], *ROWS])
    delivery.file("quet/2.pdf")
    delivery.file("la.pdf")
    found = read(delivery.root, register=True)
    assert [d.files for d in found.dossiers[0].documents] == [(), ("quet/2.pdf",)]
    assert "READ-011" in errors(found)


def test_a_register_may_be_the_spreadsheet_alone(delivery: DeliveryFolder) -> None:
    delivery.sheets(path="so-dang-ky.xlsx", Sheet1=[[*DOSSIER, *DOCUMENT], ROWS[0]])
    delivery.file("khac.pdf")
    path = delivery.root / "so-dang-ky.xlsx"
    found = read(path, register=True)
    assert (found.root, found.sources) == (str(delivery.root), ("so-dang-ky.xlsx",))
    assert "READ-011" not in errors(found)
    with pytest.raises(NotAFolderError):
        FolderReader(InlineWorkers()).read(path, path.with_name("room"))


@pytest.mark.rule("READ-051")
@pytest.mark.parametrize("place", ["sheet", "title"])
def test_a_list_that_calls_itself_a_register_is_taken_as_one_when_nothing_came_with_it(
    delivery: DeliveryFolder, place: str
) -> None:
    rows = [[*DOSSIER, *DOCUMENT], ROWS[0]]
    if place == "sheet":
        delivery.sheets(Sổ_đăng_ký_văn_bản_đi=rows)
    else:
        delivery.sheets(Sheet1=[["UBND TỈNH"], ["SỔ ĐĂNG KÝ VĂN BẢN ĐI NĂM 1979"], *rows])
    found = read(delivery.root, register=False)
    assert [finding.rule for finding in found.findings] == ["READ-051"]
    assert found.dossiers[0].is_register
    delivery.file("a.pdf")
    assert "READ-013" in errors(read(delivery.root, register=False))


def test_a_list_of_dossiers_alone_is_a_register_too(delivery: DeliveryFolder) -> None:
    delivery.sheets(Hồ_sơ=[DOSSIER, ROWS[0][:4]])
    assert "MET-036" not in errors(read(delivery.root, register=True))
    assert "MET-036" in errors(read(delivery.root, register=False))
