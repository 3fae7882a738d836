"""What metadata breaks: every rule, with its place and the value as written."""

from __future__ import annotations

from typing import Any

import pytest

from metadata.dates import read_date
from metadata.descriptions import Cell, Delivery, DocumentDescription, DossierDescription, RecordStatus
from metadata.findings import Finding, Severity
from metadata.rules import as_json, message, rule
from metadata.validation import check_delivery, check_measured
from metadata.validation_secrets import secret_extra, secret_grade
from metadata.validation_together import findings_between

GOOD_DOSSIER = {
    "file_code": "H49.64.33.2019.01",
    "title": "Hồ sơ về việc thử",
    "fonds_code": "H49.64.33",
    "catalogue": "2019",
    "file_notation": "01",
    "maintenance": "20 năm",
    "rights": "Hạn chế",
    "start_date": "01/01/2019",
    "end_date": "31/12/2019",
    "total_doc": "1",
}
GOOD_DOCUMENT = {
    "doc_code": "G09.2019.1",
    "ordinal": "1",
    "type_name": "Quyết định",
    "code_number": "222",
    "code_notation": "QĐ-TTg",
    "issued_date": "15/02/2019",
    "organ_name": "Thủ tướng Chính phủ",
    "subject": "Về việc thử",
    "mode": "Hạn chế",
    "page_amount": "3",
}
DATES = ("start_date", "end_date", "issued_date", "photo_time")


def cells(row: int, fields: dict[str, str]) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    for key, text in fields.items():
        day = read_date(text).date if key in DATES else None
        value = (day.iso() if day else "") if key in DATES else text
        found[key] = Cell(value=value, written=text, row=row, column=f"cột {key}")
    return found


def document(row: int = 5, *, files: tuple[str, ...] = ("a.pdf",), **fields: str) -> DocumentDescription:
    known = {key: text for key, text in {**GOOD_DOCUMENT, **fields}.items() if text}
    return DocumentDescription(
        ordinal=int(known.get("ordinal", "1")), row=row, sheet="Văn bản", files=files, fields=cells(row, known)
    )


def dossier(*documents: DocumentDescription, **fields: str) -> DossierDescription:
    known = {key: text for key, text in {**GOOD_DOSSIER, **fields}.items() if text}
    return DossierDescription(
        file_code=known.get("file_code", "X"),
        source="danh-muc.xlsx",
        sheet="Hồ sơ",
        row=4,
        fields=cells(4, known),
        documents=documents or (document(),),
    )


def check(*dossiers: DossierDescription, profile: str = "02-2019", refused: tuple[str, ...] = ()) -> list[Finding]:
    between = {code: tuple(found) for code, found in findings_between(dossiers).items()}
    delivery = Delivery(
        reader="folder",
        profile=profile,
        root="/d",
        dossiers=dossiers,
        sources=("danh-muc.xlsx",),
        dossier_findings=between,
    )
    return [finding for found in check_delivery(delivery, refused).values() for finding in found]


def only(found: list[Finding], rule_id: str) -> Finding:
    (one,) = found
    assert one.rule == rule_id
    return one


def test_a_good_dossier_breaks_nothing() -> None:
    assert check(dossier()) == []


@pytest.mark.rule("MET-001")
def test_a_dossier_without_a_title_is_an_error() -> None:
    found = only(check(dossier(title="")), "MET-001")
    assert (found.subject, found.file, found.sheet, found.row) == ("H49.64.33.2019.01", "danh-muc.xlsx", "Hồ sơ", 4)
    assert rule("MET-001").severity is Severity.ERROR


@pytest.mark.parametrize("status", [RecordStatus.SUPPLEMENT, RecordStatus.REPLACEMENT])
def test_a_further_part_need_not_say_again_what_the_stored_dossier_says(status: RecordStatus) -> None:
    bare = dossier(**dict.fromkeys(GOOD_DOSSIER, "")).model_copy(update={"record_status": status})
    assert check(bare) == []
    assert check(bare.model_copy(update={"fields": cells(4, {"total_doc": "9"})})) == []
    wrong = dossier(end_date="31/02/2019").model_copy(update={"record_status": status})
    assert only(check(wrong), "MET-020").row == 4


@pytest.mark.rule("MET-002")
@pytest.mark.parametrize("key", ["maintenance", "rights"])
def test_what_only_implementers_ask_of_a_dossier_is_a_warning(key: str) -> None:
    assert only(check(dossier(**{key: ""})), "MET-002").row == 4
    assert rule("MET-002").severity is Severity.WARNING


@pytest.mark.parametrize("key", ["doc_code", "type_name", "organ_name", "mode"])
def test_what_only_implementers_ask_of_a_document_is_a_warning(key: str) -> None:
    blank: dict[str, Any] = {key: ""}
    found = only(check(dossier(document(**blank))), "MET-002")
    assert (found.subject, found.row) == ("a.pdf", 5)


def test_a_column_that_is_missing_for_all_is_told_once() -> None:
    rows = [document(n, files=(f"{n}.pdf",), ordinal=str(n), doc_code="", code_number=str(n)) for n in range(5, 25)]
    found = only(check(dossier(*rows, total_doc="20")), "MET-002")
    assert found.values["rows"] == "5, 6, 7 … (20)"


@pytest.mark.rule("MET-003")
def test_a_digitised_dossier_of_tt_05_2025_needs_the_code_of_its_paper() -> None:
    found = check(dossier(confidence_level="Số hóa"), profile="05-2025")
    assert [f.values["field_en"] for f in found if f.rule == "MET-003"] == ["Code of the paper file"]


def test_a_document_without_a_level_of_its_own_has_the_dossiers() -> None:
    found = check(dossier(confidence_level="Gốc điện tử"), profile="05-2025")
    assert [f.values["field_en"] for f in found if f.rule == "MET-003"] == ["Processing trail attached"]


@pytest.mark.rule("MET-006")
def test_a_born_digital_document_must_bring_its_processing_trail() -> None:
    rows = document(confidence_level="Gốc điện tử", process="Không", doc_code="")
    found = only(check(dossier(rows), profile="05-2025"), "MET-006")
    assert (found.values["written"], found.values["expected"]) == ("Không", "Có")
    assert rule("MET-006").severity is Severity.WARNING


@pytest.mark.rule("MET-060")
def test_a_dossier_takes_the_longest_period_of_its_documents() -> None:
    found = only(check(dossier(document(maintenance="Vĩnh viễn"), maintenance="20 năm")), "MET-060")
    assert (found.values["written"], found.values["expected"]) == ("20 năm", "Vĩnh viễn")
    assert found.values["other"] == "H49.64.33.2019.01.1"
    assert rule("MET-060").severity is Severity.WARNING
    assert check(dossier(document(maintenance="10 năm"), maintenance="20 năm")) == []


@pytest.mark.rule("MET-061")
def test_a_word_of_older_law_is_told_with_what_it_can_mean() -> None:
    found = only(check(dossier(maintenance="Lâu dài")), "MET-061")
    assert (found.values["written"], found.column) == ("Lâu dài", "cột maintenance")
    assert found.values["expected"].startswith("10 năm")
    assert rule("MET-061").severity is Severity.WARNING


def test_a_word_of_older_law_in_every_row_is_told_once() -> None:
    rows = [document(n, ordinal=str(n), doc_code=f"X.{n}", code_number=str(n), maintenance="Tạm thời") for n in (5, 6)]
    found = check(dossier(*rows, maintenance="Lâu dài", total_doc="2"))
    assert [(f.rule, f.values["written"], f.row) for f in found] == [
        ("MET-061", "Lâu dài", 4),
        ("MET-061", "Tạm thời", 5),
    ]


@pytest.mark.rule("MET-051")
def test_a_replaced_document_that_is_not_here_is_told() -> None:
    found = only(check(dossier(document(replaces="99/QĐ-UBND"))), "MET-051")
    assert (found.values["written"], found.row) == ("99/QĐ-UBND", 5)


LOOSE = {"rights": "", "maintenance": "", "fonds_code": "", "catalogue": "", "file_notation": "", "archives_code": ""}


@pytest.mark.rule("MET-070")
def test_loose_documents_are_told_to_be_an_exception() -> None:
    found = only(
        check(dossier(document(doc_code=""), origin="Văn bản đi", end_date="", **LOOSE), profile="05-2025"), "MET-070"
    )
    assert rule(found.rule).severity is Severity.WARNING


@pytest.mark.rule("MET-071")
def test_a_loose_document_that_belongs_to_a_dossier_is_an_error() -> None:
    rows = document(file_code="H49.64.33.2001.160", doc_code="")
    found = check(dossier(rows, origin="Văn bản đi", end_date="", **LOOSE), profile="05-2025")
    assert [f.rule for f in found] == ["MET-070", "MET-071"]
    assert rule("MET-071").severity is Severity.ERROR
    own = document(file_code="000.01.H49.64.33.2019.01", doc_code="")
    assert len(check(dossier(own, origin="Văn bản đi", end_date="", **LOOSE), profile="05-2025")) == 1


@pytest.mark.rule("MET-037")
def test_archival_codes_of_another_year_are_told_once_for_all_of_them() -> None:
    own = "H49.64.33.2019.01"
    good = [document(n, ordinal=str(n), doc_code=f"{own}.{n:07d}", code_number=str(n)) for n in (5, 6)]
    prefixed = document(7, ordinal="7", doc_code=f"000.01.{own}.0000007", code_number="7")
    assert check(dossier(*good, prefixed, total_doc="3"), profile="05-2025") == []
    odd = [document(n, ordinal=str(n), doc_code=f"H49.64.33.2020.01.{n:07d}", code_number=str(n)) for n in (8, 9)]
    found = only(check(dossier(*good, *odd, total_doc="4"), profile="05-2025"), "MET-037")
    assert (found.values["actual"], found.row, found.values["expected"]) == ("2", 8, f"{own}.0000008")
    assert rule("MET-037").severity is Severity.WARNING


@pytest.mark.rule("MET-038")
def test_digitised_files_that_are_not_named_by_the_rule_are_told_once() -> None:
    own = GOOD_DOSSIER["file_code"]
    good = [
        document(5, files=(f"h/{own}.001.pdf", f"h/{own}.001.2.pdf"), confidence_level="Số hóa"),
        document(6, files=(f"{own}.pdf",), ordinal="2", doc_code="X.2", code_number="2", confidence_level="Số hóa"),
        document(7, files=("scan.pdf",), ordinal="3", doc_code="X.3", code_number="3", confidence_level="Gốc điện tử"),
    ]
    assert [f.rule for f in check(dossier(*good, total_doc="3"))] == []
    odd = [document(n, files=(f"scan{n}.pdf",), ordinal=str(n), doc_code=f"X.{n}", code_number=str(n)) for n in (5, 6)]
    found = only(check(dossier(*odd, total_doc="2", confidence_level="Số hóa")), "MET-038")
    assert (found.values["actual"], found.values["written"], found.row) == ("2", "scan5.pdf", 5)
    assert found.values["expected"] == f"{own}.005.pdf"
    assert rule("MET-038").severity is Severity.WARNING


@pytest.mark.rule("MET-004")
def test_a_dossier_without_an_end_is_told_as_not_closed() -> None:
    only(check(dossier(end_date="")), "MET-004")


@pytest.mark.rule("MET-005")
def test_a_document_without_a_subject_is_told() -> None:
    only(check(dossier(document(subject=""))), "MET-005")


@pytest.mark.rule("MET-010")
def test_a_value_that_is_too_long_is_a_warning_and_says_by_how_much() -> None:
    found = only(check(dossier(title="t" * 1001)), "MET-010")
    assert (found.values["actual"], found.values["length"]) == ("1001", "1000")
    assert check(dossier(title="t" * 1000)) == []


@pytest.mark.rule("MET-011")
@pytest.mark.parametrize("key", ["page_amount", "ordinal"])
def test_a_word_in_a_number_field_is_a_warning(key: str) -> None:
    row = document()
    fields = {**row.fields, key: Cell(value="ba", written="ba", row=5, column="c")}
    assert only(check(dossier(row.model_copy(update={"fields": fields}))), "MET-011").values["written"] == "ba"


@pytest.mark.rule("MET-012")
@pytest.mark.parametrize(("key", "text"), [("maintenance", "Bao lâu cũng được"), ("rights", "Tùy ý")])
def test_a_word_that_no_list_knows_is_a_warning(key: str, text: str) -> None:
    assert only(check(dossier(**{key: text})), "MET-012").values["written"] == text


@pytest.mark.parametrize(
    ("key", "text"), [("format", "Ố vàng nhẹ"), ("language", "Tiếng Lào"), ("maintenance", "15 năm")]
)
def test_what_the_table_of_tt_02_2019_leaves_open_is_never_told(key: str, text: str) -> None:
    assert check(dossier(**{key: text})) == []


@pytest.mark.rule("MET-012")
def test_a_code_that_no_list_has_is_not_taken_for_years() -> None:
    assert only(check(dossier(maintenance="99")), "MET-012").values["written"] == "99"


@pytest.mark.rule("MET-013")
def test_a_formula_error_is_no_value() -> None:
    assert only(check(dossier(language="#N/A")), "MET-013").column == "cột language"


@pytest.mark.rule("MET-020")
def test_a_day_that_does_not_exist_is_an_error_with_the_day_as_written() -> None:
    found = only(check(dossier(document(issued_date="31/02/2019"))), "MET-020")
    assert (found.row, found.column, found.values["written"]) == (5, "cột issued_date", "31/02/2019")
    assert rule("MET-020").severity is Severity.ERROR
    assert as_json(found, "vi")["value"] == "31/02/2019"


@pytest.mark.rule("MET-021")
def test_what_is_no_date_is_a_warning() -> None:
    only(check(dossier(document(issued_date="khoảng tháng ba"))), "MET-021")


@pytest.mark.rule("MET-022")
@pytest.mark.parametrize("text", ["1975", "03/1975", "00/03/1975"])
def test_a_partial_date_is_a_warning(text: str) -> None:
    found = check(dossier(document(issued_date=text), start_date="1/1/1970", end_date="31/12/1980"))
    assert only(found, "MET-022").values["written"] == text


@pytest.mark.rule("MET-023")
def test_an_end_before_the_start_is_an_error_with_both_days() -> None:
    found = check(dossier(start_date="02/01/2019", end_date="01/01/2019"))
    assert only(found, "MET-023").values == {"written": "01/01/2019", "other": "02/01/2019"}


def test_partial_dates_contradict_only_where_no_day_fits() -> None:
    assert {f.rule for f in check(dossier(start_date="05/2019", end_date="2019"))} == {"MET-022", "MET-024"}


@pytest.mark.rule("MET-024")
def test_a_document_outside_the_period_of_its_dossier_is_a_warning() -> None:
    only(check(dossier(document(issued_date="15/02/2020"))), "MET-024")


@pytest.mark.rule("MET-030")
def test_a_code_that_contradicts_its_parts_is_an_error() -> None:
    found = only(check(dossier(file_code="H49.64.33.2018.01")), "MET-030")
    assert (found.values["written"], found.values["expected"]) == ("H49.64.33.2018.01", "H49.64.33.2019.01")


@pytest.mark.rule("MET-031")
def test_a_code_of_another_shape_is_only_a_doubt() -> None:
    found = check(dossier(file_code="HS-2019-01"))
    assert {f.rule for f in found} == {"MET-031"}


@pytest.mark.rule("MET-032")
def test_a_file_that_bears_another_dossiers_code_is_an_error() -> None:
    other = dossier(document(9, files=("b.pdf",), code_number="7"), file_code="H49.64.33.2019.02", file_notation="02")
    found = check(dossier(document(files=("h/H49.64.33.2019.02.1.pdf",))), other)
    assert only(found, "MET-032").values["other"] == "H49.64.33.2019.02"


@pytest.mark.rule("MET-033")
def test_a_file_that_bears_another_ordinal_is_a_warning() -> None:
    found = check(dossier(document(files=("H49.64.33.2019.01.007.pdf",))))
    assert only(found, "MET-033").values["other"] == "7"
    assert check(dossier(document(files=("H49.64.33.2019.01.001.pdf",)))) == []


@pytest.mark.rule("MET-034")
def test_a_document_code_that_stands_twice_is_told() -> None:
    rows = [document(), document(6, files=("b.pdf",), ordinal="2", code_number="223")]
    assert only(check(dossier(*rows, total_doc="2")), "MET-034").values["other_row"] == "5"


@pytest.mark.rule("MET-035")
def test_a_dossier_that_only_documents_name_is_an_error() -> None:
    alone = DossierDescription(
        file_code="H49.64.33.2019.02",
        row=9,
        fields=cells(9, {"file_code": "H49.64.33.2019.02"}),
        documents=(document(9, files=("b.pdf",), code_number="7"),),
    )
    found = check(dossier(), alone)
    assert {f.rule for f in found if rule(f.rule).severity is Severity.ERROR} == {"MET-001", "MET-035"}
    assert "MET-035" not in {f.rule for f in check(alone)}


@pytest.mark.rule("MET-036")
def test_a_dossier_without_documents_is_an_error() -> None:
    empty = dossier(total_doc="0").model_copy(update={"documents": ()})
    only(check(empty), "MET-036")


@pytest.mark.rule("MET-040")
def test_a_total_that_is_not_the_number_of_rows_is_a_warning() -> None:
    found = only(check(dossier(total_doc="3")), "MET-040")
    assert (found.values["written"], found.values["actual"]) == ("3", "1")
    assert rule("MET-040").severity is Severity.WARNING


@pytest.mark.rule("MET-041")
def test_pages_that_are_not_those_measured_are_a_warning() -> None:
    (found,) = check_measured(dossier(), {1: 4})
    assert (found.rule, found.values["written"], found.values["actual"]) == ("MET-041", "3", "4")
    assert check_measured(dossier(), {1: 3}) == ()
    assert check_measured(dossier(), {1: None}) == ()


@pytest.mark.rule("MET-042")
def test_the_dossiers_pages_are_compared_only_where_all_were_counted() -> None:
    rows = (document(), document(6, ordinal="2", page_amount=""))
    own = dossier(*rows, page_count="5")
    assert [found.rule for found in check_measured(own, {1: 3, 2: 4})] == ["MET-042"]
    assert check_measured(own, {1: 3, 2: None}) == ()
    assert check_measured(own, {1: 3, 2: 2}) == ()


@pytest.mark.rule("MET-050")
def test_the_same_document_in_two_dossiers_is_a_warning_that_names_the_other_place() -> None:
    other = dossier(document(9, files=("b.pdf",)), file_code="H49.64.33.2019.02", file_notation="02")
    found = only(check(dossier(), other), "MET-050")
    assert (found.subject, found.values["other"]) == ("b.pdf", "H49.64.33.2019.01.1")


@pytest.mark.rule("SEC-001")
@pytest.mark.parametrize(
    ("where", "key", "text"),
    [
        ("dossier", "rights", "Mật"),
        ("dossier", "secrecy", "TỐI MẬT"),
        ("dossier", "secrecy", "Độ mật: Tuyệt mật"),
        ("document", "mode", "03"),
        ("document", "mode", "3"),
        ("document", "mode", "03 - Mật"),
        ("document", "mode", "Hạn chế, Mật"),
        ("document", "secrecy", "tuyệt  mật"),
        ("document", "secrecy", "mat"),
    ],
)
def test_a_grade_in_a_field_leaves_nothing_but_the_refusal(where: str, key: str, text: str) -> None:
    change: dict[str, Any] = {key: text}
    row = document(**(change if where == "document" else {}), issued_date="31/02/2019")
    found = check(dossier(row, **(change if where == "dossier" else {}), end_date="1/1/1900"))
    assert {f.rule for f in found} == {"SEC-001"}
    assert found[0].row == (5 if where == "document" else 4)
    assert found[0].file == "danh-muc.xlsx"
    told = str([f.model_dump() for f in found])
    for secret in ("thử", "Thủ tướng", "222", "31/02/2019"):
        assert secret not in told
    assert "written" not in found[0].values
    assert "trường" in message(found[0], "vi")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("title", "Mật"),
        ("subject", "Về việc bảo vệ bí mật nhà nước, độ Tuyệt mật"),
        ("subject", "(Không mật) Báo cáo"),
        ("subject", "Báo cáo (mật ong)"),
        ("description", "Tối mật"),
        ("keyword", "Mật"),
        ("mode", "Không mật"),
        ("secrecy", "Đã giải mật"),
        ("secrecy", "Thường"),
        ("format", "mất"),
        ("mode", "Bí mật kinh doanh"),
        ("ordinal", "3"),
        ("page_amount", "03"),
    ],
)
def test_words_in_titles_and_remarks_are_no_grade(key: str, text: str) -> None:
    assert not secret_grade(key, text)


@pytest.mark.parametrize(
    "text", ["[MẬT] Báo cáo quý", " (Tuyệt mật) Phương án", "[Độ mật: Tối mật] Kế hoạch", "[Mat] bao cao"]
)
def test_a_grade_in_brackets_before_a_title_is_one(text: str) -> None:
    assert secret_grade("subject", text)
    assert secret_grade("title", text)


def test_a_grade_in_a_column_that_no_profile_knows_counts_unless_it_is_free_text() -> None:
    assert secret_extra("Phân loại bảo mật", "Tối mật")
    assert secret_extra("Mức phân loại", "A - MẬT")
    assert not secret_extra("Ghi chú thêm", "Tối mật")
    row = document().model_copy(update={"extra": {"Cấp bảo vệ": "Mật"}})
    assert {f.rule for f in check(dossier(row))} == {"SEC-001"}


def test_one_secret_dossier_does_not_touch_the_others() -> None:
    other = dossier(document(9, files=("b.pdf",)), file_code="H49.64.33.2019.02", file_notation="02", rights="Mật")
    found = check_delivery(
        Delivery(reader="folder", profile="02-2019", root="/d", dossiers=(dossier(), other), sources=("s.xlsx",))
    )
    assert found["H49.64.33.2019.01"] == ()
    assert {f.rule for f in found["H49.64.33.2019.02"]} == {"SEC-001"}


@pytest.mark.rule("SEC-002")
@pytest.mark.parametrize(
    ("category", "title", "refused"),
    [
        ("nhân sự", "Hồ sơ nhân sự của ông A", True),
        ("nhan su", "Hồ sơ Nhân sự của ông A", True),
        ("đất đai", "Hồ sơ đất đai", True),
        ("đất đai", "Hồ sơ đặt đại", False),
        ("nhân sự", "Hồ sơ nhân sựu", False),
    ],
)
def test_categories_of_the_operator_are_refused_as_whole_words(category: str, title: str, *, refused: bool) -> None:
    found = check(dossier(title=title), refused=(category,))
    assert [f.rule for f in found] == (["SEC-002"] if refused else [])


def test_findings_of_the_reader_come_first_and_are_not_lost() -> None:
    told = Finding(rule="READ-010", subject="x.pdf", row=7)
    delivery = Delivery(
        reader="folder",
        profile="02-2019",
        root="/d",
        dossiers=(dossier(title=""),),
        dossier_findings={"H49.64.33.2019.01": (told,)},
    )
    assert [f.rule for f in check_delivery(delivery)["H49.64.33.2019.01"]] == ["READ-010", "MET-001"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_message_of_these_rules_lacks_a_value(language: str) -> None:
    found = [
        *check(
            dossier(title="", maintenance="Lâu dài", end_date="", total_doc="9", file_code="HS-1", language="#REF!")
        ),
        *check(dossier(document(issued_date="31/02/2019", page_amount="ba", subject="", mode=""), start_date="1975")),
        *check(dossier(start_date="02/01/2019", end_date="01/01/2019", file_code="H49.64.33.2018.01")),
        *check(dossier(rights="Mật")),
        *check(dossier(title="Hồ sơ nhân sự"), refused=("nhân sự",)),
        *check(dossier(confidence_level="Số hóa"), profile="05-2025"),
        *check_measured(dossier(page_count="9"), {1: 4}),
    ]
    assert len({f.rule for f in found}) >= 15
    for finding in found:
        assert "…" not in message(finding, language), finding


def test_a_dossier_is_checked_only_when_it_is_asked_for() -> None:
    dossiers = tuple(dossier(file_code=f"H49.64.33.2019.{n:02d}", file_notation=f"{n:02d}") for n in range(1, 4))
    found = check_delivery(Delivery(reader="folder", profile="02-2019", root="/d", dossiers=dossiers))
    assert len(found) == 3
    assert list(found) == [own.file_code for own in dossiers]
    assert found["H49.64.33.2019.02"] is found["H49.64.33.2019.02"]
    assert found.get("khác") is None
