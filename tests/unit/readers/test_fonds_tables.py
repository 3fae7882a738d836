"""The table of fonds of TT 02/2019 beside a list: read, judged by its 13 fields, given to the dossiers of its fonds."""

from __future__ import annotations

from typing import Any

import pytest
from openpyxl import Workbook

from metadata.profiles import Section, profile
from tests.fixtures.deliveries import CODE, DOCUMENT, DeliveryFolder

FIELDS = profile("02-2019").fields(Section.FONDS)
NAMES = [field.vi for field in FIELDS.values()]
ROW = [
    *("H49", "H49.64", "UBND tỉnh", "Thành lập năm 1990", "1990-2019", "12,5 mét giá", "1.250 trang"),
    *("Quyết định, báo cáo", "Ảnh", "Tiếng Anh, Tiếng Việt", "Mục lục", 300, "Đã chỉnh lý"),
]
HEADINGS = ["Mã hồ sơ", "Tiêu đề hồ sơ", "Mã phông", *DOCUMENT]


def rows(code: str = "H49.64") -> list[list[Any]]:
    return [HEADINGS, [CODE, "Hồ sơ", code, 1, "Về việc thử", "15/02/2019", "1.pdf"]]


def test_the_row_of_its_fonds_goes_with_the_dossier_field_by_field(delivery: DeliveryFolder) -> None:
    delivery.sheets(
        Phông=[["BẢNG PHÔNG"], NAMES, [*range(1, 14)], ROW], Sheet1=rows(), Danh_mục=[["Mã phông", "Tên phông"]]
    )
    delivery.file("1.pdf")
    fonds = delivery.dossier().fonds
    assert fonds is not None
    assert fonds.values() == dict(zip(FIELDS, map(str, ROW), strict=True))
    assert (fonds.source, fonds.sheet, fonds.row) == ("danh-muc.xlsx", "Phông", 4)
    assert [found for found in delivery.read().findings if found.sheet == "Phông"] == []


@pytest.mark.parametrize("heading", ["Tên phông", "TÊN PHÔNG LƯU TRỮ"])
def test_the_name_of_the_fonds_is_enough(delivery: DeliveryFolder, heading: str) -> None:
    named = ["Mã phông", heading, *NAMES[3:]]
    delivery.sheets(
        Phông=[named, ["", "UBND TỈNH", *ROW[3:]]],
        Sheet1=[["Mã hồ sơ", "Tiêu đề hồ sơ", "Phông", *DOCUMENT], [CODE, "H", "UBND tỉnh", 1, "S", "2019", "1.pdf"]],
    )
    delivery.file("1.pdf")
    fonds = delivery.dossier().fonds
    assert fonds is not None
    assert fonds.value("fonds_history") == "Thành lập năm 1990"


def test_a_table_in_a_workbook_of_its_own_is_read_and_kept_as_received(delivery: DeliveryFolder) -> None:
    delivery.sheets(Sheet1=rows())
    delivery.sheets(path="bang-phong.xlsx", Phông=[NAMES, ROW])
    delivery.file("1.pdf")
    read = delivery.read()
    assert read.dossiers[0].fonds is not None
    assert set(read.sources) == {"danh-muc.xlsx", "bang-phong.xlsx"}
    assert "READ-011" not in delivery.rules()


@pytest.mark.rule("READ-046")
def test_a_row_of_a_fonds_to_which_no_dossier_belongs_is_told(delivery: DeliveryFolder) -> None:
    other = ["H49", "H50.1", "Sở khác", *ROW[3:]]
    delivery.sheets(Phông=[NAMES, ROW, other], Sheet1=rows())
    delivery.file("1.pdf")
    found = delivery.finding("READ-046")
    assert (found.file, found.sheet, found.row, found.subject) == ("danh-muc.xlsx", "Phông", 3, "H50.1")
    fonds = delivery.dossier().fonds
    assert fonds is not None
    assert fonds.value("fonds_code") == "H49.64"


def test_a_dossier_that_names_another_fonds_gets_no_description(delivery: DeliveryFolder) -> None:
    delivery.sheets(Phông=[NAMES, ROW], Sheet1=rows("H49.99"))
    delivery.file("1.pdf")
    assert delivery.dossier().fonds is None
    assert "READ-046" in delivery.rules()


@pytest.mark.rule("MET-002")
@pytest.mark.rule("MET-010")
@pytest.mark.rule("MET-011")
def test_the_row_is_judged_by_the_table_of_the_circular(delivery: DeliveryFolder) -> None:
    wrong = [*ROW]
    wrong[4], wrong[5], wrong[6] = "từ năm 1990 đến hết năm 2019, có gián đoạn", "nhiều", ""
    delivery.sheets(Phông=[NAMES, wrong], Sheet1=rows())
    delivery.file("1.pdf")
    told = [found for found in delivery.read().findings if found.sheet == "Phông"]
    assert {(found.rule, found.values["field"], found.row) for found in told} == {
        ("MET-010", FIELDS["archives_time"].vi, 2),
        ("MET-011", FIELDS["paper_total"].vi, 2),
        ("MET-002", FIELDS["paper_digital"].vi, 2),
    }


@pytest.mark.rule("READ-045")
def test_a_table_that_nobody_shows_or_that_names_no_fonds_is_not_read(delivery: DeliveryFolder) -> None:
    def hide(book: Workbook) -> None:
        book["Phông"].sheet_state = "hidden"

    delivery.sheets(hide, Phông=[NAMES, ROW], Sheet1=rows(), Khác=[NAMES, ["", "", "", "Lịch sử"]])
    delivery.file("1.pdf")
    told = [found for found in delivery.read().findings if found.rule == "READ-045"]
    assert {found.sheet for found in told} == {"Phông", "Khác"}
    assert delivery.dossier().fonds is None


@pytest.mark.rule("READ-045")
def test_a_table_of_more_fonds_than_anybody_has_is_told(delivery: DeliveryFolder) -> None:
    delivery.sheets(Phông=[NAMES, *([f"H{n}", f"H49.{n}", *ROW[2:]] for n in range(1001))], Sheet1=rows())
    delivery.file("1.pdf")
    assert delivery.finding("READ-045").sheet == "Phông"
    assert delivery.dossier().fonds is None


def test_a_table_that_lies_above_the_folder_of_the_lists_is_read(delivery: DeliveryFolder) -> None:
    delivery.sheets(path="bang-phong.xlsx", Phông=[NAMES, ROW])
    delivery.sheets(path="dot-1/danh-muc.xlsx", Sheet1=rows())
    delivery.file("dot-1/1.pdf")
    read = delivery.read()
    assert read.dossiers[0].fonds is not None
    assert set(read.sources) == {"dot-1/danh-muc.xlsx", "bang-phong.xlsx"}
    assert read.dossiers[0].documents
