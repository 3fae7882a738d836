"""Many dossiers, many spreadsheets, doubled and contradicting rows."""

from __future__ import annotations

import pytest
from openpyxl import Workbook

from tests.fixtures.deliveries import CODE, DOCUMENT, DOSSIER, DeliveryFolder, Rows, workbook

OWN = ["T", "01/01/2019", "31/12/2019"]


@pytest.mark.rule("READ-006")
def test_a_code_that_is_described_twice_is_told_with_both_places(delivery: DeliveryFolder) -> None:
    delivery.sheets(
        Hồ_sơ=[DOSSIER, [CODE, *OWN], [CODE.lower(), *OWN]],
        Văn_bản=[["Mã hồ sơ", *DOCUMENT], [CODE, 1, "A", "1/2/2019", "a.pdf"]],
    )
    delivery.file("a.pdf")
    found = delivery.finding("READ-006")
    assert (found.row, found.values["other_row"]) == (3, "2")


def test_the_same_dossier_in_two_spreadsheets_is_told(delivery: DeliveryFolder) -> None:
    for name in ("a", "b"):
        rows = [[*DOSSIER, *DOCUMENT], [CODE, *OWN, 1, "A", "1/2/2019", f"{name}.pdf"]]
        delivery.file(f"{name}.xlsx", workbook({"S": rows}))
        delivery.file(f"{name}.pdf")
    found = delivery.finding("READ-006")
    assert (found.file, found.values["other_file"]) == ("b.xlsx", "a.xlsx")


def test_several_spreadsheets_with_their_own_dossiers_are_all_read(delivery: DeliveryFolder) -> None:
    for name in ("a", "b"):
        rows = [[*DOSSIER, *DOCUMENT], [name, *OWN, 1, "A", "1/2/2019", f"{name}.pdf"]]
        delivery.file(f"{name}.xlsx", workbook({"S": rows}))
        delivery.file(f"{name}.pdf")
    found = delivery.read()
    assert [dossier.file_code for dossier in found.dossiers] == ["a", "b"]
    assert [dossier.source for dossier in found.dossiers] == ["a.xlsx", "b.xlsx"]
    assert found.sources == ("a.xlsx", "b.xlsx")


def test_a_spreadsheet_that_a_row_names_is_a_document_and_no_metadata(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "Bảng lương", "1/2/2019", "dinh-kem.xlsx"))
    own = [["STT văn bản", "Trích yếu nội dung", "Số, ký hiệu"], [1, "Văn bản khác", "1/QĐ"]]
    delivery.file("dinh-kem.xlsx", workbook({"S": own}))
    found = delivery.read()
    assert found.sources == ("danh-muc.xlsx",)
    assert found.dossiers[0].documents[0].files == ("dinh-kem.xlsx",)
    assert not found.dossier_findings


def test_spreadsheets_in_folders_below_are_documents_where_the_top_has_headings(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "Phụ lục", "1/2/2019", "h/phu-luc.xlsx"))
    delivery.file("h/phu-luc.xlsx", workbook({"S": [[*DOSSIER, *DOCUMENT], ["X", *OWN, 1, "A", None, "x.pdf"]]}))
    assert [dossier.file_code for dossier in delivery.read().dossiers] == [CODE]


def test_a_spreadsheet_in_each_folder_names_the_files_beside_it(delivery: DeliveryFolder) -> None:
    for name in ("h1", "h2"):
        rows = [[*DOSSIER, *DOCUMENT], [name, *OWN, 1, "A", "1/2/2019", "a.pdf"]]
        delivery.file(f"{name}/bang.xlsx", workbook({"S": rows}))
        delivery.file(f"{name}/a.pdf")
    found = delivery.read()
    assert [dossier.documents[0].files for dossier in found.dossiers] == [("h1/a.pdf",), ("h2/a.pdf",)]
    assert not found.findings


@pytest.mark.rule("READ-031")
def test_rows_of_one_dossier_that_disagree_are_told_and_the_first_is_kept(delivery: DeliveryFolder) -> None:
    rows = [[CODE, "Một", *OWN[1:], 1, "A", "1/2/2019", "a.pdf"], [CODE, "Hai", *OWN[1:], 2, "B", "1/2/2019", "b.pdf"]]
    delivery.sheets(Sheet1=[[*DOSSIER, *DOCUMENT], *rows])
    delivery.file("a.pdf")
    delivery.file("b.pdf")
    found = delivery.finding("READ-031")
    assert (found.row, found.column, found.values["written"], found.values["other"]) == (
        3,
        "Tiêu đề hồ sơ",
        "Hai",
        "Một",
    )
    assert delivery.dossier().value("title") == "Một"


@pytest.mark.rule("READ-033")
def test_doubled_ordinals_give_way_to_the_order_of_rows(delivery: DeliveryFolder) -> None:
    delivery.one((), *((n, "S", "1/2/2019", f"{name}.pdf") for n, name in ((1, "a"), (2, "b"), (2, "c"))))
    for name in "abc":
        delivery.file(f"{name}.pdf")
    assert delivery.finding("READ-033").row == 4
    assert [(d.ordinal, d.files[0]) for d in delivery.dossier().documents] == [(1, "a.pdf"), (2, "b.pdf"), (3, "c.pdf")]


def test_ordinals_as_delivered_are_kept_with_their_gaps(delivery: DeliveryFolder) -> None:
    delivery.one((), (12, "S", "1/2/2019", "b.pdf"), ("07", "S", "1/2/2019", "a.pdf"))
    delivery.file("a.pdf")
    delivery.file("b.pdf")
    assert [(d.ordinal, d.files[0]) for d in delivery.dossier().documents] == [(7, "a.pdf"), (12, "b.pdf")]


def test_a_running_number_over_all_dossiers_is_no_ordinal(delivery: DeliveryFolder) -> None:
    heading = ["STT", "Mã hồ sơ", "Tiêu đề hồ sơ", "Trích yếu"]
    rows = [[1, "A.1", "T", "x"], [2, "A.1", "T", "y"], [3, "B.1", "U", "z"]]
    delivery.sheets(Sheet1=[heading, *rows])
    for name in ("A.1.1.pdf", "A.1.2.pdf", "B.1.1.pdf"):
        delivery.file(name)
    found = delivery.read()
    assert [[d.files for d in dossier.documents] for dossier in found.dossiers] == [
        [("A.1.1.pdf",), ("A.1.2.pdf",)],
        [("B.1.1.pdf",)],
    ]
    assert not found.dossier_findings


def test_two_hundred_dossiers_in_one_sheet_stay_apart(delivery: DeliveryFolder) -> None:
    codes = [f"H49.2019.{n:03d}" for n in range(200)]
    rows = [[code, *OWN, k, f"V {k}", "1/2/2019", None] for code in codes for k in (1, 2)]
    delivery.sheets(Sheet1=[[*DOSSIER, *DOCUMENT], *rows])
    for code in codes:
        for k in (1, 2):
            delivery.file(f"{code[-3:]}/{code}.{k}.pdf")
    found = delivery.read()
    assert [dossier.file_code for dossier in found.dossiers] == codes
    assert all(len(document.files) == 1 for dossier in found.dossiers for document in dossier.documents)
    assert not found.dossier_findings


def test_of_a_secret_dossier_nothing_but_the_refusal_is_told(delivery: DeliveryFolder) -> None:
    heading = [*DOSSIER, "Độ mật", *DOCUMENT]
    rows = [
        [CODE, "Kế hoạch A", *OWN[1:], grade, n, "Việc B", "1/2/2019", None] for n, grade in ((1, None), (2, "Mật"))
    ]
    delivery.sheets(Sheet1=[heading, *rows])
    found = delivery.read()
    assert {finding.rule for finding in found.dossier_findings[CODE]} == {"SEC-001"}
    assert [finding.row for finding in delivery.findings()] == [3]
    assert "Kế hoạch" not in str(delivery.findings())


def test_a_hidden_code_list_with_grades_is_no_grade(delivery: DeliveryFolder) -> None:
    def hide(book: Workbook) -> None:
        book["DM"].sheet_state = "veryHidden"

    rows = [[*DOSSIER, *DOCUMENT], [CODE, "Hồ sơ về tài liệu mật", *OWN[1:], 1, "Mật", "1/2/2019", "a.pdf"]]
    delivery.sheets(hide, Sheet1=rows, DM=[["Độ mật", "Mã hồ sơ"], ["Tuyệt mật", CODE]])
    delivery.file("a.pdf")
    assert not {rule for rule in delivery.rules() if rule.startswith("SEC")}


def test_documents_may_name_their_dossier_by_its_notation_alone(delivery: DeliveryFolder) -> None:
    delivery.sheets(
        Hồ_sơ=[
            ["Mã hồ sơ", "Số và ký hiệu hồ sơ", "Tiêu đề hồ sơ"],
            ["H49.2019.01.TH", "01.TH", "Một"],
            ["B", "02", "Hai"],
        ],
        Văn_bản=[
            ["Hồ sơ số", "STT văn bản", "Trích yếu", "Tên tệp"],
            ["02", 1, "x", "x.pdf"],
            ["01.TH", 1, "y", "y.pdf"],
        ],
    )
    delivery.file("x.pdf")
    delivery.file("y.pdf")
    found = delivery.read()
    assert [(d.file_code, d.documents[0].files) for d in found.dossiers] == [
        ("H49.2019.01.TH", ("y.pdf",)),
        ("B", ("x.pdf",)),
    ]


def test_a_sheet_may_be_called_after_its_dossier(delivery: DeliveryFolder) -> None:
    sheets: dict[str, Rows] = {
        "Hồ sơ": [DOSSIER, ["A.1", *OWN], ["A.2", *OWN]],
        "A.1": [DOCUMENT, [1, "x", "1/2/2019", "x.pdf"]],
        "A.2": [DOCUMENT, [1, "y", "1/2/2019", "y.pdf"]],
    }
    delivery.file("danh-muc.xlsx", workbook(sheets))
    delivery.file("x.pdf")
    delivery.file("y.pdf")
    found = delivery.read()
    assert [(d.file_code, d.documents[0].files) for d in found.dossiers] == [("A.1", ("x.pdf",)), ("A.2", ("y.pdf",))]


def test_a_code_with_a_slash_is_found_under_the_name_that_a_file_can_have(delivery: DeliveryFolder) -> None:
    delivery.sheets(Sheet1=[[*DOSSIER, *DOCUMENT], ["H49.2019.01/HS-VP", *OWN, 1, "x", "1/2/2019", None]])
    delivery.file("H49.2019.01-HS-VP.1.pdf")
    assert delivery.dossier().documents[0].files == ("H49.2019.01-HS-VP.1.pdf",)


def test_a_second_counter_in_the_block_of_documents_is_the_ordinal(delivery: DeliveryFolder) -> None:
    heading = ["STT", "Mã hồ sơ", "Tiêu đề hồ sơ", "STT", "Trích yếu", "Tên tệp"]
    delivery.sheets(Sheet1=[heading, [1, "A.1", "T", 7, "x", "x.pdf"], [2, "A.1", "T", 8, "y", "y.pdf"]])
    delivery.file("x.pdf")
    delivery.file("y.pdf")
    assert [document.ordinal for document in delivery.dossier().documents] == [7, 8]


def test_lines_above_a_list_of_documents_describe_its_dossier(delivery: DeliveryFolder) -> None:
    lines: Rows = [
        ["MỤC LỤC VĂN BẢN, TÀI LIỆU"],
        ["Mã hồ sơ: H49.2019.07", None, None, "Hộp số:", 5],
        ["Tiêu đề hồ sơ: Hồ sơ về việc thử: phần một"],
        ["Đơn vị giao nộp: UBND huyện A"],
    ]
    heading = ["STT", "Số, ký hiệu", "Ngày tháng", "Tên loại và trích yếu", "Tác giả", "Tờ số", "Ghi chú"]
    rows = [[1, "222/QĐ-TTg", "1/2/2019", "Quyết định x", "TTg", 1, ""], [2, "5/TB", "2/2/2019", "y", "VP", 3, ""]]
    delivery.sheets(Sheet1=[*lines, heading, *rows])
    delivery.file("H49.2019.07.1.pdf")
    delivery.file("H49.2019.07.2.pdf")
    dossier = delivery.dossier()
    assert dossier.values() == {"file_code": "H49.2019.07", "box": "5", "title": "Hồ sơ về việc thử: phần một"}
    assert dossier.fields["title"].row == 3
    assert [document.files for document in dossier.documents] == [("H49.2019.07.1.pdf",), ("H49.2019.07.2.pdf",)]
    assert not {rule for rule in delivery.rules() if rule.startswith("READ")}


def test_a_code_that_begins_like_another_keeps_its_own_files(delivery: DeliveryFolder) -> None:
    rows = [["A.01", *OWN, 1, "x", "1/2/2019", None], ["A.01.1", *OWN, 1, "y", "1/2/2019", None]]
    delivery.sheets(Sheet1=[[*DOSSIER, *DOCUMENT], *rows])
    delivery.file("A.01.1.pdf")
    delivery.file("A.01.1.1.pdf")
    found = delivery.read()
    assert [d.documents[0].files for d in found.dossiers] == [("A.01.1.pdf",), ("A.01.1.1.pdf",)]
    assert not found.dossier_findings
