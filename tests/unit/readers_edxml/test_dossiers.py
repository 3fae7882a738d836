"""Which messages make a dossier: chains of answers, or what a list says; order, doubles, updates, recalls, statuses."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest

from metadata.descriptions import DocumentRelation, RelationKind
from metadata.rules import errors_of
from metadata.succession import standings
from tests.generators.edxml import IOFFICE, VOFFICE, File, Letter, identifier, message, status
from tests.unit.readers_edxml.conftest import Post, Read

ASKED = Letter(number="15", day="2026-03-05")
ANSWER = Letter(number="7", notation="BC-SN", day="2026-03-12", sender="H99.02", replies_to=(identifier(ASKED),))


def parts(read: Read) -> dict[str, list[str]]:
    """Number and notation of the documents, in order, by dossier."""
    return {
        dossier.file_code: [f"{d.value('code_number')}/{d.value('code_notation')}" for d in dossier.documents]
        for dossier in read.delivery.dossiers
    }


# ---------------------------------------------------------------- without a list


@pytest.mark.rule("EDX-030")
def test_an_answer_makes_one_dossier_with_what_it_answers_in_order_of_time(post: Post) -> None:
    read = post.read(
        {
            "a-tra-loi.edxml": message(ANSWER),
            "b-hoi.edxml": message(ASKED),
            "c-khac.edxml": message(Letter(number="99", subject="V/v khác")),
        }
    )
    assert parts(read) == {"H99.01.2026.15-SVD-VP": ["15/SVD-VP", "7/BC-SN"], "H99.01.2026.99-SVD-VP": ["99/SVD-VP"]}
    first = read.delivery.dossiers[0]
    assert first.value("title") == "V/v xây dựng kho lưu trữ số"
    assert (first.value("start_date"), first.value("end_date")) == ("2026-03-05", "2026-03-12")
    assert set(first.sources) == {"a-tra-loi.edxml", "b-hoi.edxml"}
    told = [finding for finding in read.findings if finding.rule == "EDX-030"]
    assert [finding.values["count"] for finding in told] == ["2", "1"]


def test_an_answer_may_name_what_it_answers_by_number_and_day(post: Post) -> None:
    named = Letter(number="8", day="2026-03-09", replies_by_code=(("H99.01", "15", "SVD-VP", "2026-03-05"),))
    read = post.read({"1.edxml": message(ASKED, IOFFICE), "2.edxml": message(named, VOFFICE)})
    assert list(parts(read).values()) == [["15/SVD-VP", "8/SVD-VP"]]


def test_what_programs_write_for_no_identifier_ties_nothing_together(post: Post) -> None:
    first = Letter(document_id="0", replies_to=("null",))
    second = Letter(number="16", document_id="0", replies_to=("00000000-0000-0000-0000-000000000000",))
    read = post.read({"1.edxml": message(first), "2.edxml": message(second)})
    assert [d.value("doc_code") for dossier in read.delivery.dossiers for d in dossier.documents] == [
        "H99.01,2026/03/05,15/SVD-VP",
        "H99.01,2026/03/05,16/SVD-VP",
    ]
    assert len(read.delivery.dossiers) == 2


def test_one_number_of_two_agencies_ties_nothing_together(post: Post) -> None:
    read = post.read({"1.edxml": message(Letter()), "2.edxml": message(Letter(sender="H77"))})
    assert len(read.delivery.dossiers) == 2


@pytest.mark.rule("EDX-031")
def test_the_same_message_twice_is_one_document(post: Post) -> None:
    read = post.read({"1.edxml": message(), "2.edxml": message()})
    assert parts(read) == {"H99.01.2026.15-SVD-VP": ["15/SVD-VP"]}
    assert read.dossier.sources == ("1.edxml", "2.edxml")
    assert read.finding("EDX-031").values["other"] == "1.edxml"


@pytest.mark.rule("EDX-035")
def test_two_contents_under_one_identifier_are_both_kept(post: Post) -> None:
    read = post.read({"1.edxml": message(), "2.edxml": message(Letter(subject="V/v trích yếu đã sửa"))})
    assert len(read.dossier.documents) == 2
    assert read.finding("EDX-035").values["other"] == "1.edxml"


@pytest.mark.rule("EDX-032")
@pytest.mark.parametrize(("business", "kind"), [("2", RelationKind.UPDATES), ("3", RelationKind.REPLACES)])
def test_an_update_or_replacement_says_so_of_the_earlier_document(
    business: str, kind: RelationKind, post: Post
) -> None:
    later = Letter(
        number="16",
        day="2026-03-20",
        business=business,
        reason="Sửa số liệu",
        about=identifier(ASKED) if business == "2" else "",
        replaces=(identifier(ASKED),) if business == "3" else (),
    )
    read = post.read({"1.edxml": message(ASKED), "2.edxml": message(later)})
    first, second = read.dossier.documents
    assert second.relations == (DocumentRelation(kind=kind, target=identifier(ASKED)),)
    assert standings(read.dossier.documents)[1].replaced_by == (2,)
    assert read.said("EDX-032") == {"document": "15/SVD-VP", "other": "1.edxml", "reason": "Sửa số liệu"}
    assert first.files
    assert second.files, "both are kept"


@pytest.mark.rule("EDX-033")
def test_a_recall_of_a_document_of_the_same_delivery_marks_it_and_is_kept_beside_it(post: Post) -> None:
    recall = Letter(business="1", reason="Ban hành nhầm", about=identifier(ASKED), document_id="th-1", files=())
    read = post.read({"1.edxml": message(ASKED), "2.edxml": message(recall)})
    assert read.document.value("recalled") == "Ban hành nhầm"
    assert standings(read.dossier.documents)[1].recalled
    assert read.dossier.sources == ("1.edxml", "2.edxml")
    assert read.finding("EDX-033").values["document"] == "15/SVD-VP"
    assert errors_of(tuple(read.findings)) == ()


def test_a_recall_under_the_identifier_of_what_it_takes_back_is_understood(post: Post) -> None:
    recall = Letter(business="1", reason="Ban hành nhầm", files=())
    read = post.read({"1.edxml": message(ASKED), "2.edxml": message(recall)})
    assert (len(read.dossier.documents), read.document.value("recalled")) == (1, "Ban hành nhầm")


def test_a_recall_with_a_letter_of_its_own_is_a_document_that_recalls(post: Post) -> None:
    recall = Letter(number="20", day="2026-04-01", business="1", about=identifier(ASKED))
    read = post.read({"1.edxml": message(ASKED), "2.edxml": message(recall)})
    assert [d.value("code_number") for d in read.dossier.documents] == ["15", "20"]
    assert read.dossier.documents[1].relations[0].kind is RelationKind.RECALLS


@pytest.mark.rule("EDX-034")
def test_an_update_of_a_document_that_is_not_here_is_told(post: Post) -> None:
    read = post.one(message(Letter(business="2", about="H1,2020/01/01,1/A")))
    assert read.finding("EDX-034").values["document"] == "H1,2020/01/01,1/A"


@pytest.mark.rule("EDX-040")
def test_a_status_goes_with_the_document_that_it_is_about(post: Post) -> None:
    sent = status("03", about=ASKED, text="Đã vào sổ")
    read = post.read({"1.edxml": message(ASKED), "2.edxml": sent, "3.edxml": status("06", about=ASKED)})
    assert set(read.dossier.sources) == {"1.edxml", "2.edxml", "3.edxml"}
    trail = read.document.value("trace").splitlines()
    assert trail[-2:] == [
        "2026-03-06 08:00:00 · H99.02; Văn thư; Trần Thị B · 03 Đã tiếp nhận · Đã vào sổ",
        "2026-03-06 08:00:00 · H99.02; Văn thư; Trần Thị B · 06 Hoàn thành",
    ]
    assert {f.values["written"] for f in read.findings if f.rule == "EDX-040"} == {"03", "06"}


@pytest.mark.rule("EDX-042")
def test_a_status_about_a_document_that_is_not_here_is_told_and_left_out(post: Post) -> None:
    read = post.read({"1.edxml": message(ASKED), "2.edxml": status("03", about=Letter(number="404"))})
    assert read.finding("EDX-042").values["document"] == "404/SVD-VP"
    assert (read.delivery.ignored, read.dossier.sources) == (("2.edxml",), ("1.edxml",))


@pytest.mark.rule("EDX-041", "EDX-024")
def test_a_delivery_of_statuses_alone_has_nothing_to_archive(post: Post) -> None:
    read = post.read({"1.edxml": status("01"), "2.edxml": status("99")})
    assert read.delivery.dossiers == ()
    assert read.finding("EDX-041").values["count"] == "2"
    assert {exchanged.status for exchanged in read.delivery.exchanged} == {"01", "99"}


# ---------------------------------------------------------------- with a list

HEADINGS = ["Mã hồ sơ", "Tiêu đề hồ sơ", "STT", "Số và ký hiệu văn bản", "Ngày văn bản", "Trích yếu", "Đường dẫn tệp"]
CODE = "H99.2026.01"


def listed(*rows: Sequence[str], headings: Sequence[str] = HEADINGS) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([headings, *rows])
    return out.getvalue().encode("utf-8-sig")


def row(
    number: str = "", day: str = "", path: str = "", *, code: str = CODE, subject: str = "", n: str = "1"
) -> list[str]:
    return [code, "Hồ sơ kho số", n, number, day, subject, path]


def test_a_list_that_names_message_files_tells_the_dossiers(post: Post) -> None:
    sheet = listed(row(path="goi/1.edxml"), row(path="goi/2.edxml", n="2"), row(path="goi/3.edxml", code="H99.2026.02"))
    read = post.read(
        {
            "danh-muc.csv": sheet,
            "goi/1.edxml": message(ASKED),
            "goi/2.edxml": message(Letter(number="31")),
            "goi/3.edxml": message(ANSWER),
        }
    )
    assert parts(read) == {CODE: ["15/SVD-VP", "31/SVD-VP"], "H99.2026.02": ["7/BC-SN"]}
    assert [dossier.sources for dossier in read.delivery.dossiers] == [("goi/1.edxml", "goi/2.edxml"), ("goi/3.edxml",)]
    assert read.delivery.sources == ("danh-muc.csv",)
    assert errors_of(tuple(read.findings)) == ()
    assert read.bytes_of("danh-muc.csv") == sheet
    for dossier in read.delivery.dossiers:
        for document in dossier.documents:
            assert [read.bytes_of(path)[:5] for path in document.files] == [b"%PDF-"]
            assert document.row, "the place in the list stays"
            assert {cell.row for cell in document.fields.values()} == {document.row}


@pytest.mark.parametrize(
    "cells",
    [
        {"number": "15/SVD-VP", "day": "05/03/2026"},
        {"number": "15/SVD-VP"},
        {"path": "H99.01,2026/03/05,15/SVD-VP"},
        {"path": "15-SVD-VP.pdf"},
        {"path": "cv"},
    ],
    ids=["number and day", "number", "identifier", "attachment", "name without ending"],
)
def test_a_row_may_mean_a_message_by_anything_that_names_it(cells: dict[str, str], post: Post) -> None:
    read = post.read({"danh-muc.csv": listed(row(**cells)), "cv.edxml": message()})
    assert read.document.files == ("cv.edxml.tep/15-SVD-VP.pdf",)
    assert read.document.value("organ_name") == "Sở Ví dụ", "what the list leaves open the message tells"
    assert errors_of(tuple(read.findings)) == ()


@pytest.mark.parametrize("heading", ["Gói tin edXML", "Tham chiếu gói tin trên trục"])
@pytest.mark.parametrize("named", ["goi/cv.edxml", "cv.edxml", "cv", "H99.01,2026/03/05,15/SVD-VP"])
def test_a_column_of_messages_has_a_heading_of_its_own(named: str, heading: str, post: Post) -> None:
    headings = [*HEADINGS[:-1], heading]
    sheet = listed(row(path=named, subject="V/v kho số"), headings=headings)
    read = post.read({"danh-muc.csv": sheet, "goi/cv.edxml": message()})
    assert read.document.files == ("goi/cv.edxml.tep/15-SVD-VP.pdf",)
    assert errors_of(tuple(read.findings)) == ()


@pytest.mark.rule("EDX-039")
def test_a_list_of_dossiers_alone_gets_the_messages_of_their_folders(post: Post) -> None:
    headings = ["Mã hồ sơ", "Tiêu đề hồ sơ", "Thời gian bắt đầu", "Thời gian kết thúc"]
    days = ("01/01/2026", "31/12/2026")
    sheet = listed(("H99.2026.01", "Hồ sơ một", *days), ("H99.2026.02", "Hồ sơ hai", *days), headings=headings)
    read = post.read(
        {
            "ho-so.csv": sheet,
            "H99.2026.01/a.edxml": message(Letter(number="2", day="2026-05-01")),
            "H99.2026.01/b.edxml": message(),
            "H99.2026.02/c.edxml": message(Letter(number="3")),
        }
    )
    assert parts(read) == {"H99.2026.01": ["15/SVD-VP", "2/SVD-VP"], "H99.2026.02": ["3/SVD-VP"]}
    assert [f.values["count"] for f in read.findings if f.rule == "EDX-039"] == ["2", "1"]
    assert errors_of(tuple(read.findings)) == ()
    assert read.delivery.dossiers[0].value("title") == "Hồ sơ một"


def test_a_number_that_two_agencies_have_means_neither(post: Post) -> None:
    files = {
        "danh-muc.csv": listed(row(number="15/SVD-VP")),
        "1.edxml": message(),
        "2.edxml": message(Letter(sender="H5")),
    }
    assert {"READ-013", "READ-011"} <= post.read(files).rules


@pytest.mark.rule("EDX-036")
def test_where_list_and_message_disagree_the_list_counts_and_it_is_told(post: Post) -> None:
    sheet = listed(row(path="cv.edxml", number="16/SVD-VP", subject="V/v XÂY DỰNG kho lưu trữ số"))
    read = post.read({"danh-muc.csv": sheet, "cv.edxml": message()})
    found = read.finding("EDX-036")
    assert (found.row, found.file, found.values["written"], found.values["other"]) == (
        2,
        "danh-muc.csv",
        "16/SVD-VP",
        "15",
    )
    assert read.document.value("code_number") == "16"


@pytest.mark.rule("EDX-037")
def test_a_message_that_no_row_names_goes_with_what_it_answers(post: Post) -> None:
    files = {"danh-muc.csv": listed(row(path="1.edxml")), "1.edxml": message(ASKED), "2.edxml": message(ANSWER)}
    read = post.read(files)
    assert parts(read) == {CODE: ["15/SVD-VP", "7/BC-SN"]}
    assert read.said("EDX-037") == {"code": CODE}
    assert "READ-011" not in read.rules


def test_a_message_that_nothing_names_is_a_stray_file(post: Post) -> None:
    files = {
        "danh-muc.csv": listed(row(path="1.edxml")),
        "1.edxml": message(ASKED),
        "2.edxml": message(Letter(number="5")),
    }
    assert post.read(files).finding("READ-011").subject == "2.edxml"


def test_scans_and_messages_stand_in_one_dossier(post: Post) -> None:
    sheet = listed(row(path="1.edxml"), row(path="quet.pdf", number="9/QĐ-SVD", n="2"))
    read = post.read({"danh-muc.csv": sheet, "1.edxml": message(), "quet.pdf": b"%PDF-1.4 quet"})
    assert [document.files for document in read.dossier.documents] == [("1.edxml.tep/15-SVD-VP.pdf",), ("quet.pdf",)]
    assert read.bytes_of("quet.pdf") == b"%PDF-1.4 quet"


def test_a_file_that_only_looks_like_a_message_is_a_document_of_its_row(post: Post) -> None:
    sheet = listed(row(path="1.edxml"), row(path="la.edxml", number="9/QĐ-SVD", n="2"))
    read = post.read({"danh-muc.csv": sheet, "1.edxml": message(), "la.edxml": b"<khac/>"})
    assert read.dossier.documents[1].files == ("la.edxml",)
    assert "EDX-003" not in read.rules


def test_a_status_about_a_document_of_the_list_goes_with_its_dossier(post: Post) -> None:
    files = {"danh-muc.csv": listed(row(path="1.edxml")), "1.edxml": message(), "2.edxml": status("03")}
    read = post.read(files)
    assert read.dossier.sources == ("1.edxml", "2.edxml")
    assert "READ-011" not in read.rules


def test_two_rows_may_share_the_attachments_of_one_message(post: Post) -> None:
    two = Letter(files=(File("chinh.pdf", b"%PDF-1"), File("phu-luc.pdf", b"%PDF-2")))
    sheet = listed(row(path="chinh.pdf"), row(path="phu-luc.pdf", number="1/PL", n="2"))
    read = post.read({"danh-muc.csv": sheet, "1.edxml": message(two)})
    named = [[path.rpartition("/")[2] for path in document.files] for document in read.dossier.documents]
    assert named == [["chinh.pdf"], ["phu-luc.pdf"]]
    assert errors_of(tuple(read.findings)) == ()
