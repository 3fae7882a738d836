"""Pages against the list: contradictions, blanks, and what is filled."""

from __future__ import annotations

import pytest

from metadata.descriptions import Cell, DocumentDescription, DossierDescription, RecordKind
from metadata.extraction.acceptance import filled, machine_made, with_remark
from metadata.extraction.comparison import findings_of
from metadata.extraction.suggestions import Suggestion
from metadata.findings import Finding
from metadata.rules import message

FOUND = {
    "code_number": "15",
    "code_notation": "QĐ-UBND",
    "issued_date": "2020-03-05",
    "organ_name": "Ủy ban nhân dân tỉnh Sông Lam",
    "type_name": "Quyết định",
    "subject": "Về việc ban hành Quy chế công tác văn thư, lưu trữ",
    "signer": "Nguyễn Văn Bình",
}


def suggestions(confidence: float = 0.95, **changed: str) -> tuple[Suggestion, ...]:
    box = (0.1, 0.1, 0.4, 0.12)
    return tuple(
        Suggestion(key=key, value=value, written=value, confidence=confidence, page=1, box=box)
        for key, value in {**FOUND, **changed}.items()
    )


def document(**fields: str) -> DocumentDescription:
    cells = {key: Cell(value=value, written=value, row=7, column=key) for key, value in fields.items()}
    return DocumentDescription(ordinal=3, fields=cells, files=("a.pdf",), sheet="Văn bản", row=7)


def photograph() -> DocumentDescription:
    return document().model_copy(update={"kind": RecordKind.PHOTO})


def findings(described: DocumentDescription, found: tuple[Suggestion, ...], *, accepted: bool = False) -> list[Finding]:
    dossier = DossierDescription(file_code="HS-01", documents=(described,), source="muc-luc.xlsx")
    told = list(findings_of(described, dossier, found, accepted=accepted))
    for finding in told:
        for language in ("vi", "en"):
            assert "…" not in message(finding, language).replace("ô để trống …", "")
    return told


def contradicted(**fields: str) -> list[str]:
    whole = document(**{**FOUND, **fields})
    return [finding.column or "" for finding in findings(whole, suggestions()) if finding.rule == "SUG-001"]


@pytest.mark.rule("SUG-001")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code_number", "16"),
        ("code_notation", "QĐ-HĐND"),
        ("issued_date", "2020-03-06"),
        ("issued_date", "2019"),
        ("organ_name", "Sở Tài chính"),
        ("type_name", "Báo cáo"),
        ("subject", "Phê duyệt dự toán xây dựng trụ sở mới"),
        ("signer", "Trần Thị Hạnh"),
    ],
)
def test_what_cannot_both_be_right_is_told_with_both_values_and_the_place(field: str, value: str) -> None:
    assert contradicted(**{field: value}) == [field]
    (finding,) = findings(document(**{**FOUND, field: value}), suggestions())
    assert (finding.sheet, finding.row, finding.subject) == ("Văn bản", 7, "a.pdf")
    assert finding.values["page"] == "1"
    assert finding.values["box"] == "0.100 0.100 0.400 0.120"
    assert "trên, bên trái" in message(finding, "vi")
    assert "top left" in message(finding, "en")


@pytest.mark.parametrize(
    "fields",
    [
        {"code_number": "015"},
        {"code_notation": "2020/QĐ-UBND"},
        {"issued_date": "2020"},
        {"issued_date": "2020-03"},
        {"organ_name": "UBND tỉnh Sông Lam"},
        {"organ_name": "UBND tỉnh"},
        {"type_name": "QĐ"},
        {"subject": "V/v ban hành quy chế văn thư lưu trữ"},
        {"signer": "Phó Chủ tịch Nguyễn Văn Bình"},
    ],
)
def test_lists_may_say_the_same_in_other_words(fields: dict[str, str]) -> None:
    assert contradicted(**fields) == []


def test_number_and_notation_in_one_column_are_compared_each() -> None:
    fields = {key: value for key, value in FOUND.items() if not key.startswith("code")}
    assert findings(document(number_notation="15/QĐ-UBND", **fields), suggestions()) == []
    (finding,) = findings(document(number_notation="16/QĐ-UBND", **fields), suggestions())
    assert (finding.rule, finding.column, finding.values["written"]) == ("SUG-001", "number_notation", "16")


def test_an_unsure_page_contradicts_nobody() -> None:
    wrong = document(**{**FOUND, "organ_name": "Sở Tài chính", "subject": "Phê duyệt dự toán", "code_number": "9"})
    assert findings(wrong, suggestions(confidence=0.5)) == []


@pytest.mark.rule("SUG-002")
def test_blanks_that_a_page_fills_are_told_together() -> None:
    (finding,) = findings(document(code_number="15", code_notation="QĐ-UBND"), suggestions())
    assert finding.rule == "SUG-002"
    for shown in ("05/03/2020", "Ủy ban nhân dân tỉnh Sông Lam", "Nguyễn Văn Bình"):
        assert shown in message(finding, "vi")
    assert "15" not in finding.values["shown"].split("; ")


@pytest.mark.rule("SUG-003")
def test_what_was_filled_is_told_as_filled() -> None:
    (finding,) = findings(document(), suggestions(), accepted=True)
    assert finding.rule == "SUG-003"


def test_photographs_have_no_letterhead() -> None:
    photo = photograph()
    assert findings(photo, suggestions()) == []
    assert filled(photo, suggestions(), "a.jpg") is photo


def test_only_blanks_are_filled_and_each_is_marked_with_its_place() -> None:
    before = document(code_number="16", issued_date="31/02/2020")
    after = filled(before, suggestions(), "a.pdf")
    assert after.fields["code_number"] == before.fields["code_number"]
    assert after.fields["issued_date"] == before.fields["issued_date"]
    assert after.value("organ_name") == "Ủy ban nhân dân tỉnh Sông Lam"
    assert [made.key for made in after.machine_made] == [
        "code_notation",
        "organ_name",
        "type_name",
        "subject",
        "signer",
    ]
    assert all((made.file, made.page, made.box) == ("a.pdf", 1, (0.1, 0.1, 0.4, 0.12)) for made in after.machine_made)
    assert [told["key"] for told in machine_made(after)] == [made.key for made in after.machine_made]


def test_what_is_not_sure_fills_nothing() -> None:
    before = document()
    assert filled(before, suggestions(confidence=0.5), "a.pdf") is before


def test_the_remark_names_what_the_machine_read_and_keeps_what_stood_there() -> None:
    after = with_remark(filled(document(description="Bản sao"), suggestions(), "a.pdf"), 500)
    assert after.value("description").startswith("Bản sao [Máy đọc từ trang 1, chưa được người kiểm tra: ")
    assert "Trích yếu nội dung" in after.value("description")
    long = filled(document(description="x" * 480), suggestions(), "a.pdf")
    assert with_remark(long, 500).value("description") == "x" * 480
    plain = document(description="Bản sao")
    assert with_remark(plain, 500) is plain
