"""Headings, rows and cells as real delivery sheets have them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from openpyxl import Workbook

from ingest.readers.folder import FolderReader
from metadata.descriptions import RecordKind
from metadata.profiles import Section
from tests.fakes.workers import InlineWorkers
from tests.fixtures.deliveries import CODE, DOCUMENT, DOSSIER, DeliveryFolder, Rows, workbook

PRACTICE_LINE = (
    "STT|Phông|Mục lục|Hộp số|Số và ký hiệu hồ sơ|Tiêu đề hồ sơ|Thời hạn bảo quản|Chế độ sử dụng|Ngôn ngữ|"
    "Ngày bắt đầu|Tháng bắt đầu|Năm bắt đầu|Ngày kết thúc|Tháng kết thúc|Năm kết thúc|Tổng số văn bản trong hồ sơ|"
    "Chú giải|Ký hiệu thông tin|Từ khóa|Số lượng tờ|Tình trạng vật lý|Mức độ tin cậy|Mã hồ sơ giấy gốc|Ghi chú|"
    "STT trong hồ sơ|Tên loại văn bản|Số|Ký hiệu|Ngày văn bản|Tháng văn bản|Năm văn bản|Tên cơ quan ban hành|"
    "Trích yếu|Ngôn ngữ|Số lượng trang|Ghi chú|Ký hiệu thông tin|Từ khóa|Chế độ sử dụng|Mức độ tin cậy|Bút tích|"
    "Tình trạng vật lý|Quy trình xử lý (nếu có)|Tờ số|Loại tài liệu|Đường dẫn file"
)
PRACTICE = PRACTICE_LINE.split("|")


def practice_row(ordinal: int, path: str) -> list[Any]:
    dossier = [1, "UBND huyện A", "2024.K4", 7, "01.01", "Hồ sơ đất", "20 năm", "Hạn chế", "Tiếng Việt", 2, 1, 2019]
    dossier += [31, 12, 2019, 2, "chú giải", "KT", "khóa", 10, "Bình thường", "Số hóa", "G1", "ghi chú hồ sơ"]
    document = [ordinal, "Quyết định", 222, "QĐ-UBND", 1, 2, 2019, "UBND huyện A", "Về việc thử", "Tiếng Anh", 3]
    document += ["ghi chú văn bản", "KV", "từ", "Không hạn chế", "Số hóa", "bút", "Hư hỏng", "", "12", "Văn bản", path]
    return dossier + document


def test_the_real_sheet_of_46_columns_is_understood_to_the_last_one(delivery: DeliveryFolder) -> None:
    names = [f"001.03.08.H30.81.2024.K4.01.01.{n:03d}.pdf" for n in (1, 2)]
    delivery.sheets(
        Sheet1=[
            ["MỤC LỤC HỒ SƠ, TÀI LIỆU"],
            [],
            PRACTICE,
            list(range(1, 47)),
            *(practice_row(n, f"hopso01\\hoso01\\{name}") for n, name in enumerate(names, start=1)),
        ]
    )
    for name in names:
        delivery.file(f"hopso01/hoso01/{name}")
    dossier = delivery.dossier()
    assert len(PRACTICE) == 46
    assert dossier.file_code == "001.03.08.H30.81.2024.K4.01.01"
    assert dossier.extra == {}
    assert dossier.values() == {
        "file_code": dossier.file_code,
        "fonds_name": "UBND huyện A",
        "catalogue": "2024.K4",
        "box": "7",
        "file_notation": "01.01",
        "title": "Hồ sơ đất",
        "maintenance": "20 năm",
        "rights": "Hạn chế",
        "language": "Tiếng Việt",
        "start_date": "2019-01-02",
        "end_date": "2019-12-31",
        "total_doc": "2",
        "description": "chú giải",
        "infor_sign": "KT",
        "keyword": "khóa",
        "sheet_count": "10",
        "format": "Bình thường",
        "confidence_level": "Số hóa",
        "paper_file_code": "G1",
        "remark": "ghi chú hồ sơ",
    }
    first = dossier.documents[0]
    assert first.files == (f"hopso01/hoso01/{names[0]}",)
    assert first.extra == {}
    assert first.values() == {
        "ordinal": "1",
        "type_name": "Quyết định",
        "code_number": "222",
        "code_notation": "QĐ-UBND",
        "issued_date": "2019-02-01",
        "organ_name": "UBND huyện A",
        "subject": "Về việc thử",
        "language": "Tiếng Anh",
        "page_amount": "3",
        "description": "ghi chú văn bản",
        "infor_sign": "KV",
        "keyword": "từ",
        "mode": "Không hạn chế",
        "confidence_level": "Số hóa",
        "autograph": "bút",
        "format": "Hư hỏng",
        "sheet_number": "12",
        "material": "Văn bản",
        "path": f"hopso01\\hoso01\\{names[0]}",
    }
    assert first.fields["issued_date"].written == "1/2/2019"
    assert first.fields["issued_date"].column == "Ngày văn bản / Tháng văn bản / Năm văn bản"
    assert {finding.rule for finding in delivery.findings() if finding.rule.startswith("READ")} == {"READ-030"}


def test_two_sheets_and_a_hidden_code_list_make_one_delivery(delivery: DeliveryFolder) -> None:
    def hide(book: Workbook) -> None:
        book["DM"].sheet_state = "hidden"

    delivery.sheets(
        hide,
        Hồ_sơ=[DOSSIER, [CODE, "Một", "01/01/2019", "31/12/2019"], ["H49.02", "Hai", "01/01/2020", "31/12/2020"]],
        Văn_bản=[["Mã hồ sơ", *DOCUMENT], [CODE, 1, "A", "1/2/2019", "a.pdf"], ["H49.02", 1, "B", "1/2/2020", "b.pdf"]],
        DM=[["Mã hồ sơ", "Tiêu đề hồ sơ"], ["X", "Tuyệt mật"]],
    )
    delivery.file("a.pdf")
    delivery.file("b.pdf")
    found = delivery.read()
    assert [d.file_code for d in found.dossiers] == [CODE, "H49.02"]
    assert [d.value("title") for d in found.dossiers] == ["Một", "Hai"]
    assert [d.documents[0].files for d in found.dossiers] == [("a.pdf",), ("b.pdf",)]
    assert found.sources == ("danh-muc.xlsx",)
    assert [finding.rule for finding in found.findings] == ["READ-039"]


def test_a_group_line_over_day_month_and_year_makes_one_date(delivery: DeliveryFolder) -> None:
    def merge(book: Workbook) -> None:
        sheet = book["Sheet1"]
        for cells in ("A1:A2", "B1:B2", "C1:E1", "F1:H1", "I1:I2", "J1:L1", "M1:M2"):
            sheet.merge_cells(cells)

    group = ["Mã hồ sơ", "Tiêu đề hồ sơ", "Ngày tháng năm\nbắt đầu", None, None, "Thời gian kết thúc", None, None]
    group += ["Trích yếu", "Ngày, tháng, năm văn bản", None, None, "Tên tệp"]
    parts = [None, None, "Ngày", "Tháng", "Năm", "Ngày", "Tháng", "Năm", None, "Ngày", "Tháng", "Năm", None]
    delivery.sheets(merge, Sheet1=[group, parts, [CODE, "T", 5, 1, 2019, "", 12, 2019, "S", 31, 2, 2019, "a.pdf"]])
    delivery.file("a.pdf")
    dossier = delivery.dossier()
    assert dossier.value("start_date") == "2019-01-05"
    assert dossier.value("end_date") == "2019-12"
    issued = dossier.documents[0].fields["issued_date"]
    assert (issued.value, issued.written, issued.row) == ("", "31/2/2019", 3)


def test_bare_day_month_year_columns_follow_the_order_of_the_table(delivery: DeliveryFolder) -> None:
    heading = ["Mã hồ sơ", "Tiêu đề hồ sơ", *["Ngày", "Tháng", "Năm"] * 2, "STT trong hồ sơ", "Trích yếu"]
    heading += ["Ngày", "Tháng", "Năm", "Tên tệp"]
    delivery.sheets(Sheet1=[heading, [CODE, "T", 1, 2, 2019, 3, 4, 2020, 1, "S", 5, 6, 2019, "a.pdf"]])
    delivery.file("a.pdf")
    dossier = delivery.dossier()
    assert (dossier.value("start_date"), dossier.value("end_date")) == ("2019-02-01", "2020-04-03")
    assert dossier.documents[0].value("issued_date") == "2019-06-05"


def test_a_line_above_the_headings_says_which_block_describes_what(delivery: DeliveryFolder) -> None:
    block = ["THÔNG TIN HỒ SƠ", None, None, "THÔNG TIN VĂN BẢN", None, None, None]
    heading = ["Mã hồ sơ", "Tiêu đề", "Ngôn ngữ", "Ngôn ngữ", "STT", "Trích yếu", "Tên file"]
    delivery.sheets(Sheet1=[block, heading, [CODE, "T", "Tiếng Việt", "Tiếng Anh", 1, "S", "a.pdf"]])
    delivery.file("a.pdf")
    dossier = delivery.dossier()
    assert dossier.value("language") == "Tiếng Việt"
    assert dossier.documents[0].value("language") == "Tiếng Anh"


def test_true_dates_serials_and_text_dates_say_the_same_day(delivery: DeliveryFolder) -> None:
    days = (dt.date(2019, 2, 15), 43511, "15/02/2019", "15-2-19", dt.datetime(2019, 2, 15, 8, 30))  # noqa: DTZ001 - a cell has no zone
    delivery.one((), *((n, "S", day, f"{n}.pdf") for n, day in enumerate(days, start=1)))
    for n in range(1, 6):
        delivery.file(f"{n}.pdf")
    assert {document.value("issued_date") for document in delivery.dossier().documents} == {"2019-02-15"}
    assert not [
        finding
        for finding in delivery.findings()
        if finding.rule.startswith(("MET-02", "READ-0")) and finding.rule != "READ-043"
    ]


def test_a_month_typed_into_a_cell_stays_a_month(delivery: DeliveryFolder) -> None:
    def shorten(book: Workbook) -> None:
        book["Sheet1"]["G2"].number_format = "mmm-yy"

    row = [CODE, "T", "01/01/2019", "31/12/2019", 1, "S", dt.date(2019, 3, 1), "a.pdf"]
    delivery.sheets(shorten, Sheet1=[[*DOSSIER, *DOCUMENT], row])
    delivery.file("a.pdf")
    assert delivery.dossier().documents[0].value("issued_date") == "2019-03"


def test_leading_zeros_of_the_number_format_are_kept(delivery: DeliveryFolder) -> None:
    def pad(book: Workbook) -> None:
        for row in (2, 3):
            book["Sheet1"].cell(row, 1).number_format = "0000"

    rows = [[42, "T", "01/01/2019", "31/12/2019", n, "S", "1/2/2019", f"{n}.pdf"] for n in (1, 2)]
    delivery.sheets(pad, Sheet1=[[*DOSSIER, *DOCUMENT], *rows])
    delivery.file("1.pdf")
    delivery.file("2.pdf")
    assert delivery.dossier().file_code == "0042"


def test_decimals_of_a_code_that_was_typed_as_a_number_are_kept(delivery: DeliveryFolder) -> None:
    def fix(book: Workbook) -> None:
        book["Sheet1"].cell(2, 1).number_format = "0.00"

    row = [2019.10, "T", "01/01/2019", "31/12/2019", 1, "S", "1/2/2019", "a.pdf"]
    delivery.sheets(fix, Sheet1=[[*DOSSIER, *DOCUMENT], row])
    delivery.file("a.pdf")
    assert delivery.dossier().file_code == "2019.10"


@pytest.mark.parametrize(
    "counts", [["A", "B", 1, 2, 3, 4], ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"], [1, 2, 3, 5, 6, 9]]
)
def test_a_line_that_only_counts_columns_is_no_row(delivery: DeliveryFolder, counts: list[Any]) -> None:
    heading = ["Mã hồ sơ", "Tiêu đề hồ sơ", "Trích yếu", "Số trang", "Từ ngày", "Tên tệp"]
    rows = [counts, heading, counts, [CODE, "T", "S", 3, "1/1/2019", "a.pdf"]]
    delivery.sheets(Sheet1=rows)
    delivery.file("a.pdf")
    assert len(delivery.dossier().documents) == 1


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("2019 - 2020", "2019", "2020"),
        ("2019-2020", "2019", "2020"),
        ("01/2019 – 12/2020", "2019-01", "2020-12"),
        ("từ 01/01/2019 đến ngày 31/12/2019", "2019-01-01", "2019-12-31"),
        ("2019", "2019", "2019"),
        ("01-02-2019", "2019-02-01", "2019-02-01"),
        ("không rõ", "", ""),
    ],
)
def test_the_period_of_a_list_of_dossiers_gives_start_and_end(
    delivery: DeliveryFolder, written: str, start: str, end: str
) -> None:
    heading = ["Số, ký hiệu hồ sơ", "Tiêu đề hồ sơ", "Thời gian tài liệu", "Thời hạn bảo quản", "Số tờ", "Ghi chú"]
    delivery.sheets(Hồ_sơ=[heading, ["01.TH", "T", written, "20 năm", 12, ""]])
    dossier = delivery.dossier()
    assert (dossier.value("start_date"), dossier.value("end_date")) == (start, end)
    assert dossier.value("archives_time") == written


def test_a_visible_list_of_types_and_a_summary_are_no_deliveries(delivery: DeliveryFolder) -> None:
    delivery.sheets(
        Hồ_sơ=[DOSSIER, [CODE, "T", "01/01/2019", "31/12/2019"]],
        Văn_bản=[["Mã hồ sơ", *DOCUMENT], [CODE, 1, "S", "1/2/2019", "a.pdf"]],
        Loại=[["STT", "Tên loại văn bản", "Ký hiệu"], [1, "Quyết định", "QĐ"], [2, "Chỉ thị", "CT"]],
        Tổng_hợp=[["STT", "Mã hồ sơ", "Tổng số văn bản"], [1, CODE, 1]],
    )
    delivery.file("a.pdf")
    dossier = delivery.dossier()
    assert (len(dossier.documents), dossier.value("total_doc")) == (1, "1")
    assert not {rule for rule in delivery.rules() if rule.startswith("READ")}


def test_merged_dossier_cells_and_blank_lines_belong_to_the_rows_below(delivery: DeliveryFolder) -> None:
    def merge(book: Workbook) -> None:
        for letter in "ABCD":
            book["Sheet1"].merge_cells(f"{letter}2:{letter}4")

    own = [CODE, "T", "01/01/2019", "31/12/2019"]
    rows: Rows = [[*own, 1, "A", "1/2/2019", "a.pdf"], [], [None] * 4 + [2, "B", "1/3/2019", "b.pdf"]]
    delivery.sheets(merge, Sheet1=[[*DOSSIER, *DOCUMENT], *rows])
    delivery.file("a.pdf")
    delivery.file("b.pdf")
    assert [document.files for document in delivery.dossier().documents] == [("a.pdf",), ("b.pdf",)]


def test_dossier_fields_written_once_hold_for_the_rows_below(delivery: DeliveryFolder) -> None:
    own = [CODE, "T", "01/01/2019", "31/12/2019"]
    other = ["H49.02", "U", "01/01/2020", "31/12/2020"]
    blank = [None] * 4
    rows = [[*own, 1, "A", None, "a.pdf"], [*blank, 2, "B", None, "b.pdf"], [*other, 1, "C", None, "c.pdf"]]
    delivery.sheets(Sheet1=[[*DOSSIER, *DOCUMENT], *rows])
    for name in "abc":
        delivery.file(f"{name}.pdf")
    assert [(d.file_code, len(d.documents)) for d in delivery.read().dossiers] == [(CODE, 2), ("H49.02", 1)]


def test_a_repeated_heading_a_total_and_a_signature_line_are_no_rows(delivery: DeliveryFolder) -> None:
    heading = [*DOSSIER, *DOCUMENT]
    own = [CODE, "T", "01/01/2019", "31/12/2019"]
    foot = [["Tổng cộng", "2 văn bản"], ["Người lập biểu"]]
    rows: Rows = [[*own, 1, "A", None, "a.pdf"], heading, [*own, 2, "B", None, "b.pdf"], *foot]
    delivery.sheets(Sheet1=[heading, *rows])
    delivery.file("a.pdf")
    delivery.file("b.pdf")
    assert len(delivery.dossier().documents) == 2


def test_headings_of_tt_05_2025_bring_codes_that_become_words(delivery: DeliveryFolder) -> None:
    dossier: list[Any] = [
        "fileCode",
        "title",
        "maintenance",
        "mode",
        "language",
        "startDate",
        "endDate",
        "numberOfPaper",
    ]
    document = ["docId", "docCode", "typeName", "codeNumber", "codeNotation", "issuedDate", "organName", "subject"]
    row: list[Any] = [CODE, "T", "05", "02", "01, 02", "01/01/2019", "31/12/2019", 10]
    row += [f"{CODE}.1", f"{CODE}.0000001", 2, 222, "QĐ-TTg", "01/02/2019", "TTg", "S"]
    delivery.sheets(Sheet1=[[*dossier, *document], row])
    delivery.file(f"{CODE}.1.pdf")
    found = delivery.read()
    assert found.profile == "05-2025"
    values = found.dossiers[0].values()
    assert (values["maintenance"], values["rights"]) == ("20 năm", "Sử dụng có điều kiện")
    assert (values["language"], values["sheet_count"]) == ("Tiếng Việt, Tiếng Anh", "10")
    assert found.dossiers[0].documents[0].value("type_name") == "Quyết định"
    assert found.dossiers[0].documents[0].files == (f"{CODE}.1.pdf",)


def test_short_names_of_tt_02_2019_and_headings_without_marks_are_known(delivery: DeliveryFolder) -> None:
    delivery.sheets(
        Ho_so=[["FileCode", "Title", "Maintenance", "StartDate", "EndDate"], [CODE, "T", "Vĩnh viễn", "2019", "2020"]],
        Van_ban=[["MA HO SO", "SO THU TU VAN BAN", "TRICH YEU NOI DUNG", "DUONG DAN"], [CODE, 1, "S", "a.pdf"]],
    )
    delivery.file("a.pdf")
    found = delivery.read()
    assert found.profile == "02-2019"
    assert found.dossiers[0].values()["maintenance"] == "Vĩnh viễn"
    assert found.dossiers[0].documents[0].value("subject") == "S"


def test_a_combined_number_column_is_taken_apart(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", "a.pdf", "222/QĐ-TTg"), more=("Số, ký hiệu",))
    delivery.file("a.pdf")
    values = delivery.dossier().documents[0].values()
    assert (values["code_number"], values["code_notation"]) == ("222", "QĐ-TTg")


def test_photographs_and_recordings_have_their_own_sheets(delivery: DeliveryFolder) -> None:
    delivery.sheets(
        Hồ_sơ=[DOSSIER, [CODE, "T", "2019", "2020"]],
        Ảnh=[["Mã hồ sơ", "STT", "Tiêu đề phim/ảnh", "Tác giả", "Tên tệp"], [CODE, 1, "Lễ", "Nguyễn A", "a.jpg"]],
        Âm_thanh=[["Mã hồ sơ", "STT", "Tiêu đề phim/âm thanh", "Tác giả", "Tên tệp"], [CODE, 2, "Băng", "B", "b.mp3"]],
    )
    delivery.file("a.jpg")
    delivery.file("b.mp3")
    photo, sound = delivery.dossier().documents
    assert (photo.kind, photo.value("photographer")) == (RecordKind.PHOTO, "Nguyễn A")
    assert (sound.kind, sound.value("recorder")) == (RecordKind.MEDIA, "B")


@pytest.mark.parametrize("heading", ["Tài liệu đi kèm", "Tài liệu đính kèm", "TÀI LIỆU KÈM THEO"])
def test_what_comes_with_a_photograph_is_a_field_by_any_of_its_names(delivery: DeliveryFolder, heading: str) -> None:
    names = ["Mã hồ sơ", "STT", "Tiêu đề phim/ảnh", heading, "Tên tệp"]
    delivery.sheets(
        Hồ_sơ=[DOSSIER, [CODE, "T", "2019", "2020"]],
        Ảnh=[names, [CODE, 1, "Lễ", "Bản thuyết minh 2 trang", "a.jpg"]],
    )
    delivery.file("a.jpg")
    (photo,) = delivery.dossier().documents
    assert photo.value("doc_attached") == "Bản thuyết minh 2 trang"
    assert "READ-042" not in delivery.rules()


def test_unknown_columns_are_kept_and_break_nothing(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", "a.pdf", "tủ 5"), more=("Vị trí tủ",))
    delivery.file("a.pdf")
    assert delivery.dossier().documents[0].extra == {"Vị trí tủ": "tủ 5"}


@pytest.mark.parametrize("sheet", ["Sheet1", "Trang tính 1"])
def test_rows_and_columns_of_findings_are_those_of_the_office_program(delivery: DeliveryFolder, sheet: str) -> None:
    blank: list[Any] = []
    row = [None, CODE, "T", "01/01/2019", "31/12/2019", 1, "S", "31/02/2019", "a.pdf"]
    rows = [blank, blank, [None, *DOSSIER, *DOCUMENT], row]
    delivery.file("danh-muc.xlsx", workbook({sheet: rows}))
    delivery.file("a.pdf")
    found = delivery.finding("MET-020")
    assert (found.row, found.column, found.sheet, found.file) == (4, "Ngày văn bản", sheet, "danh-muc.xlsx")
    assert found.values["written"] == "31/02/2019"


def test_the_reader_explains_which_heading_means_which_field(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", "a.pdf", "x"), more=("Vị trí tủ",))
    (explained,) = FolderReader(InlineWorkers()).explain(delivery.root)
    assert explained.heading_rows == (1,)
    assert [(c.letter, c.section, c.key) for c in explained.columns][:2] == [
        ("A", Section.DOSSIER, "file_code"),
        ("B", Section.DOSSIER, "title"),
    ]
    assert explained.columns[-1].key == ""


@pytest.mark.rule("READ-001")
def test_without_headings_one_finding_says_what_was_looked_for_and_what_was_found(delivery: DeliveryFolder) -> None:
    delivery.sheets(Sheet1=[["Họ tên", "Lớp"], ["Nguyễn Văn A", "5A"]])
    (found,) = delivery.findings()
    assert found.rule == "READ-001"
    assert "Mã hồ sơ" in found.values["looked"]
    assert "Họ tên" in found.values["found"]
    assert delivery.read().dossiers == ()
