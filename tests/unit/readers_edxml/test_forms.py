"""The same letter in every program's habit: the same facts, the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.readers.edxml.reader import EdxmlReader
from ingest.readers.folder import FolderReader
from metadata.edxml import PacketKind
from tests.fakes.workers import InlineWorkers
from tests.generators.edxml import (
    BKAV,
    EDOCTC,
    HABITS,
    IOFFICE,
    OLD_QLVB,
    PLAIN,
    File,
    Habit,
    Letter,
    files_of,
    identifier,
    message,
)
from tests.unit.readers_edxml.conftest import Post

EXPECTED = {
    "type_name": "Công văn",
    "code_number": "15",
    "code_notation": "SVD-VP",
    "issued_date": "2026-03-05",
    "organ_name": "Sở Ví dụ",
    "subject": "V/v xây dựng kho lưu trữ số",
    "page_amount": "1",
    "signer": "KT. Phó Giám đốc Nguyễn Văn A",
    "signer_position": "Phó Giám đốc",
    "signer_name": "Nguyễn Văn A",
    "due_date": "2026-03-15",
    "to_places": "Như trên; Lưu: VT",
    "priority": "1",
    "issued_amount": "2",
    "recipient_name": "Sở Nhận",
    "recipient_code": "H99.02",
    "process": "Có",
    "arrival_date": "2026-03-05",
}


@pytest.mark.parametrize("name", HABITS)
def test_every_habit_gives_the_same_document_and_the_same_bytes(name: str, post: Post) -> None:
    habit, letter = HABITS[name], Letter()
    data = message(letter, habit)
    read = post.one(data)
    document = read.document
    values = {key: cell.value for key, cell in document.fields.items()}
    assert {key: values[key] for key in EXPECTED} == EXPECTED
    assert values["doc_code"] == identifier(letter, habit)
    assert [read.bytes_of(path) for path in document.files] == [file.data for file in files_of(letter)]
    assert document.files[0].endswith("/15-SVD-VP.pdf")
    assert read.dossier.sources == ("cv.edxml",)
    assert read.bytes_of("cv.edxml") == data, "the message stays as it was"


def test_the_trail_of_the_message_is_the_trail_of_handling(post: Post) -> None:
    trail = post.one(message()).document.value("trace").splitlines()
    assert trail == ["2026-03-05 09:30:00 H99.01", "2026-03-05 09:31:12 H99.02", "Văn bản mới", "Mức độ khẩn: khẩn"]


def test_a_message_in_the_standards_own_form_gives_no_warning_but_that_no_list_came(post: Post) -> None:
    read = post.one(message())
    assert read.rules == set()
    assert read.finding("EDX-030").subject == read.dossier.file_code == "H99.01.2026.15-SVD-VP"


def test_a_single_file_is_a_delivery(tmp_path: Path) -> None:
    path = tmp_path / "cv-15.xml"
    path.write_bytes(message())
    workers = InlineWorkers()
    reader = EdxmlReader(workers, FolderReader(workers))
    assert reader.recognises(path)
    found = reader.read(path, tmp_path / "room")
    assert [dossier.sources for dossier in found.dossiers] == [("cv-15.xml",)]
    assert path.read_bytes() == message(), "the delivery stays as it is"


@pytest.mark.rule("EDX-004")
@pytest.mark.parametrize(
    ("habit", "told"), [(OLD_QLVB, "http://www.e-doc.vn/Schema/"), (Habit(prefix="", namespace=""), "(không có)")]
)
def test_an_old_or_missing_namespace_is_forgiven_and_told(habit: Habit, told: str, post: Post) -> None:
    read = post.one(message(Letter(), habit))
    assert read.finding("EDX-004").values["written"] == told
    assert read.document.value("code_number") == "15"


@pytest.mark.rule("EDX-005")
@pytest.mark.parametrize(("habit", "form"), [(BKAV, "MIME"), (Habit(soap=True), "SOAP")])
def test_a_wrapping_of_soap_or_mime_is_forgiven_and_told(habit: Habit, form: str, post: Post) -> None:
    assert post.one(message(Letter(), habit)).finding("EDX-005").values["form"] == form


@pytest.mark.rule("EDX-016")
@pytest.mark.parametrize("habit", [IOFFICE, EDOCTC])
def test_the_zip_that_a_library_puts_around_attachments_is_taken_off(habit: Habit, post: Post) -> None:
    read = post.one(message(Letter(), habit))
    assert read.said("EDX-016") == {"written": "15-SVD-VP.pdf", "name": "15-SVD-VP.pdf"}
    assert read.bytes_of(read.document.files[0]).startswith(b"%PDF-")


@pytest.mark.rule("EDX-021")
def test_identifiers_of_agencies_have_35_characters_since_the_amendment(post: Post) -> None:
    assert post.one(message(Letter(sender="H" * 35))).rules == set()
    longer = Post(post.folder / "x").one(message(Letter(sender="H" * 36)))
    assert longer.finding("EDX-021").values["count"] == "36"


@pytest.mark.rule("EDX-023")
def test_a_message_without_a_sender_is_told(post: Post) -> None:
    assert post.one(message(Letter(sender=""))).finding("EDX-023").file == "cv.edxml"


def test_of_several_receivers_the_one_answers_at_which_the_message_arrived(post: Post) -> None:
    more = "<edXML:To><edXML:OrganId>H99.03</edXML:OrganId><edXML:OrganName>Sở Ba</edXML:OrganName></edXML:To>"
    hops = (("H99.01", "2026/03/05 09:30:00"), ("H99.03", "2026/03/06 10:00:00"))
    read = post.one(message(Letter(more=more, hops=hops)))
    assert read.delivery.exchanged[0].receiver.organ_id == "H99.03"
    assert read.document.value("arrival_date") == "2026-03-06"
    assert read.document.value("recipient_name") == "Sở Nhận; Sở Ba"


@pytest.mark.rule("EDX-022")
def test_an_identifier_that_is_missing_is_made_of_agency_day_and_number(post: Post) -> None:
    read = post.one(message(Letter(document_id="")))
    assert read.document.value("doc_code") == "H99.01,2026/03/05,15/SVD-VP"
    assert read.finding("EDX-022").values["made"] == "H99.01,2026/03/05,15/SVD-VP"


@pytest.mark.rule("EDX-027")
def test_an_identifier_that_contradicts_the_header_is_told_and_kept(post: Post) -> None:
    read = post.one(message(Letter(document_id="H99.01,2026/03/05,16/SVD-VP")))
    assert read.finding("EDX-027").values["made"] == "H99.01,2026/03/05,15/SVD-VP"
    assert read.document.value("doc_code") == "H99.01,2026/03/05,16/SVD-VP"


@pytest.mark.rule("EDX-024")
def test_an_unknown_kind_of_message_is_told_and_taken_for_a_new_document(post: Post) -> None:
    read = post.one(message(Letter(business="7")))
    assert read.said("EDX-024") == {"field": "BussinessDocType", "written": "7"}
    assert read.delivery.exchanged[0].kind is PacketKind.NEW


@pytest.mark.rule("EDX-025")
def test_an_element_that_stands_twice_is_told_and_the_first_one_counts(post: Post) -> None:
    read = post.one(message(Letter(more="<edXML:Subject>Trích yếu khác</edXML:Subject>")))
    assert read.said("EDX-025") == {"field": "Subject", "count": "2"}
    assert read.document.value("subject") == "V/v xây dựng kho lưu trữ số"


def test_what_the_standard_does_not_have_is_kept_under_its_path(post: Post) -> None:
    more = "<edXML:Mau><edXML:SoLuong>3</edXML:SoLuong></edXML:Mau>"
    assert post.one(message(Letter(more=more))).document.extra["edXML: Mau/SoLuong"] == "3"


@pytest.mark.rule("EDX-026")
def test_unknown_elements_are_described_as_far_as_a_description_can_bear_them(post: Post) -> None:
    many = "".join(f"<edXML:L{n}>x</edXML:L{n}>" for n in range(250))
    read = post.one(message(Letter(more=f"<edXML:Dai>{'x' * 5000}</edXML:Dai>{many}")))
    assert sum(heading.startswith("edXML: L") for heading in read.document.extra) == 199
    assert read.said("EDX-026") == {"count": "52", "written": "Dai"}


def test_an_impossible_day_is_left_to_the_rules_of_metadata(post: Post) -> None:
    cell = post.one(message(Letter(day="2026-02-31"))).document.fields["issued_date"]
    assert (cell.value, cell.written) == ("", "2026/02/31")


def test_sender_and_receiver_are_known_so_that_they_can_be_answered(post: Post) -> None:
    (exchanged,) = post.one(message()).delivery.exchanged
    assert (exchanged.sender.organ_id, exchanged.receiver.organ_id) == ("H99.01", "H99.02")
    assert exchanged.name.document_id == identifier(Letter())


def test_several_attachments_stand_in_the_order_of_the_manifest(post: Post) -> None:
    files = (File("chinh.pdf", b"%PDF-1"), File("phu-luc.pdf", b"%PDF-2"))
    read = post.one(message(Letter(files=files), PLAIN))
    assert [path.rpartition("/")[2] for path in read.document.files] == ["chinh.pdf", "phu-luc.pdf"]
