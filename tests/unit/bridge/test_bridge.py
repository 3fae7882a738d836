"""The bridge between the circulars: every field has its rule, every loss its name, nothing is changed in silence."""

from __future__ import annotations

import pytest

from metadata.bridge import BRIDGES, How, UnknownBridgeError, bridge
from metadata.bridge.conversion import Converted, convert
from metadata.bridge.notes import DOUBTS, Cause, Note, NoteKind
from metadata.descriptions import Cell, DocumentDescription, DossierDescription, RecordKind
from metadata.messages import catalogue
from metadata.profiles import Section, profile
from metadata.profiles.packages import Making, PackageKind, packages


def cells(row: int, **fields: str) -> dict[str, Cell]:
    return {key: Cell(value=value, written=value, row=row, column=key) for key, value in fields.items()}


def document(ordinal: int = 1, kind: RecordKind = RecordKind.DOCUMENT, **fields: str) -> DocumentDescription:
    row = ordinal + 10
    files = (f"{ordinal}.pdf",)
    return DocumentDescription(ordinal=ordinal, kind=kind, row=row, files=files, fields=cells(row, **fields))


def dossier(*documents: DocumentDescription, **fields: str) -> DossierDescription:
    return DossierDescription(
        file_code="H49.64.33.2019.01",
        source="danh-muc.xlsx",
        sheet="Hồ sơ",
        row=4,
        fields=cells(4, **{"title": "Hồ sơ", **fields}),
        documents=documents,
    )


def forward(*documents: DocumentDescription, **fields: str) -> Converted:
    return convert(dossier(*documents, **fields), source="02-2019", target="05-2025")


def about(found: Converted, key: str) -> Note:
    (note,) = [note for note in found.notes if note.key == key]
    return note


# ---------------------------------------------------------------- the rules as data


@pytest.mark.parametrize(("source", "target"), list(BRIDGES))
def test_every_field_of_the_old_circular_has_exactly_one_rule(source: str, target: str) -> None:
    rules = bridge(source, target)
    for section in Section:
        told = [rule.source for rule in rules.rules(section) if rule.source]
        assert len(told) == len(set(told))
        wanted = {key for key, field in profile(source).fields(section).items() if field.number}
        if section in {Section.INCOMING, Section.OUTGOING}:
            wanted, told = set(), []
        assert wanted <= set(told), (section, wanted - set(told))


def test_columns_of_practice_and_of_the_document_system_have_their_rules_too() -> None:
    rules = bridge("02-2019", "05-2025")
    for section in (Section.DOSSIER, Section.DOCUMENT):
        told = {rule.source for rule in rules.rules(section)}
        assert set(profile("02-2019").fields(section)) <= told, section


def test_every_element_of_the_new_forms_is_reached_or_told_to_be_new() -> None:
    rules = bridge("02-2019", "05-2025")
    for kind in (PackageKind.SIP_DOSSIER, PackageKind.AIP_DOSSIER):
        for form in packages()[kind].forms.values():
            reached = {rule.target for rule in rules.rules(form.section)} | {"ordinal", "file_code"}
            for element in form.elements:
                assert element.field.key in reached, (form.name, element.name)
                assert element.making in {None, *Making}


def test_a_rule_has_one_id_in_all_bridges() -> None:
    seen: dict[str, tuple[str, str, str]] = {}
    for name in sorted(set(BRIDGES.values())):
        source, target = next(ends for ends, found in BRIDGES.items() if found == name)
        for section, rules in bridge(source, target).sections.items():
            for rule in rules:
                place = (name, section.value, rule.source or rule.target)
                assert seen.setdefault(rule.id, place) == place
                assert rule.id.startswith("BRG-")


def test_every_way_and_every_cause_has_words_in_both_languages() -> None:
    for how in How:
        assert catalogue()[f"bridge.how.{how.value}"]["vi"] != catalogue()[f"bridge.how.{how.value}"]["en"]
    for cause in Cause:
        assert set(catalogue()[f"bridge.{cause.value}"]) == {"vi", "en"}


def test_no_bridge_leads_where_none_was_built() -> None:
    with pytest.raises(UnknownBridgeError):
        convert(dossier(), source="05-2025", target="01-2019")


# ---------------------------------------------------------------- values


def test_codes_of_the_new_circular_replace_the_words_of_practice() -> None:
    found = forward(
        document(mode="Không hạn chế", format="Hư hỏng", language="Tiếng Anh, Tiếng Việt", type_name="QĐ"),
        rights="Hạn chế",
        maintenance="vĩnh viễn",
        language="Việt",
    )
    own, first = found.dossier, found.dossier.documents[0]
    assert (own.value("rights"), own.value("maintenance")) == ("Sử dụng có điều kiện", "Vĩnh viễn")
    assert own.value("language") == "Tiếng Việt"
    assert (first.value("mode"), first.value("format")) == ("Công khai", "Hỏng")
    assert (first.value("type_name"), first.value("maintenance")) == ("Quyết định", "Vĩnh viễn")
    assert found.notes == ()


def test_what_was_written_and_where_stays_beside_every_new_value() -> None:
    cell = forward(rights="Hạn chế").dossier.fields["rights"]
    assert (cell.value, cell.written, cell.row, cell.column) == ("Sử dụng có điều kiện", "Hạn chế", 4, "rights")


def test_the_original_description_is_untouched() -> None:
    before = dossier(document(doc_code="A.1", mode="Hạn chế"), creator="Bà B")
    copy = before.model_copy(deep=True)
    convert(before, source="02-2019", target="05-2025")
    assert before == copy


def test_attached_records_become_yes_and_their_text_stays_in_the_remarks() -> None:
    text = "Bản thuyết minh 2 trang"
    found = forward(document(kind=RecordKind.PHOTO, doc_attached=text, description="Đã in"))
    first = found.dossier.documents[0]
    assert first.value("doc_attached") == "Có"
    assert first.value("description") == f"Đã in; Tài liệu đi kèm: {text}"
    note = about(found, "doc_attached")
    assert (note.cause, note.kind, note.written, note.value) == (Cause.TEXT_TO_FLAG, NoteKind.LOSS, text, "Có")
    assert note.rule == bridge("02-2019", "05-2025").rule(Section.PHOTO, "doc_attached").id  # type: ignore[union-attr]
    assert (note.subject, note.ordinal, note.row) == ("H49.64.33.2019.01.1", 1, 11)


@pytest.mark.parametrize(("text", "flag"), [("có", "Có"), ("1", "Có"), ("Không", "Không"), ("0", "Không")])
def test_a_text_that_is_yes_or_no_loses_nothing(text: str, flag: str) -> None:
    found = forward(document(kind=RecordKind.MEDIA, doc_attached=text))
    assert found.dossier.documents[0].value("doc_attached") == flag
    assert [note.key for note in found.notes] == ["media_type"]


def test_a_text_that_begins_with_no_is_a_doubt() -> None:
    note = about(forward(document(kind=RecordKind.MEDIA, doc_attached="Không có tài liệu nào")), "doc_attached")
    assert (note.cause, note.value, note.kind) == (Cause.FLAG_GUESSED, "Không", NoteKind.DOUBT)


def test_years_without_a_code_are_a_loss_and_stay_to_be_read() -> None:
    found = forward(maintenance="15 năm")
    note = about(found, "maintenance")
    assert (note.cause, note.value) == (Cause.NO_CODE, "15 năm")
    assert found.dossier.value("maintenance") == "15 năm"
    assert found.dossier.value("description") == "Thời hạn bảo quản: 15 năm"


def test_a_word_of_older_law_is_a_doubt_that_suggests_no_less_than_was_promised() -> None:
    note = about(forward(maintenance="Lâu dài"), "maintenance")
    assert (note.cause, note.kind, note.suggestions[0]) == (Cause.FORMER_WORD, NoteKind.DOUBT, "10 năm")


def test_a_word_in_no_list_is_left_out_with_the_nearest_words_and_kept_in_the_remarks() -> None:
    found = forward(document(mode="Hạn chê một phần", confidence_level="Bản chính"))
    first = found.dossier.documents[0]
    assert first.value("mode") == ""
    assert first.value("description") == "Chế độ sử dụng: Hạn chê một phần; Mức độ tin cậy: Bản chính"
    assert about(found, "confidence_level").suggestions == ("Gốc điện tử", "Số hóa", "Hỗn hợp")


def test_a_type_that_has_no_code_is_other_and_keeps_its_name() -> None:
    found = forward(document(type_name="Nghị định"), document(2, type_name="Bien ban hop"))
    assert [d.value("type_name") for d in found.dossier.documents] == ["Khác", "Khác"]
    assert found.dossier.documents[0].value("description") == "Tên loại văn bản: Nghị định"
    causes = {note.ordinal: (note.cause, note.suggestions) for note in found.notes}
    assert causes[2] == (Cause.UNKNOWN_WORD, ("Biên bản",))


def test_a_missing_type_is_suggested_from_the_notation_and_never_filled_in() -> None:
    found = forward(document(code_notation="TTr-UBND"))
    assert found.dossier.documents[0].value("type_name") == ""
    assert about(found, "type_name").suggestions == ("Tờ trình",)


def test_a_day_or_number_that_cannot_be_read_is_told_and_left_out() -> None:
    odd = dossier()
    fields = {**odd.fields, "start_date": Cell(value="", written="xuân 1945"), "page_count": Cell(value="dăm")}
    found = convert(odd.model_copy(update={"fields": fields}), source="02-2019", target="05-2025")
    assert {note.key: note.cause for note in found.notes} == {
        "start_date": Cause.UNREADABLE,
        "page_count": Cause.UNREADABLE,
    }
    assert found.dossier.value("page_count") == ""


# ---------------------------------------------------------------- codes and new fields


def test_the_documents_code_moves_and_the_new_one_is_composed() -> None:
    first = forward(document(7, doc_code="H49.64.33.2019.01.7")).dossier.documents[0]
    assert first.value("doc_id") == "H49.64.33.2019.01.7"
    assert first.value("doc_code") == "H49.64.33.2019.01.0000007"


def test_parts_of_the_code_are_told_only_where_the_code_lacks_them() -> None:
    assert forward(fonds_code="64", catalogue="2019", file_notation="01").notes == ()
    found = forward(archives_code="000.01")
    assert found.dossier.value("description") == "Mã cơ quan lưu trữ lịch sử: 000.01"
    assert about(found, "archives_code").cause is Cause.MOVED


def test_the_creator_stands_before_the_remarks_and_the_store_behind_them() -> None:
    found = forward(creator="Bà B", description="Chú giải", remark="Thêm", storehouse="2", box="7")
    assert found.dossier.value("description") == "Người lập hồ sơ: Bà B; Chú giải; Ghi chú: Thêm; Kho: 2; Hộp số: 7"


def test_the_paper_code_is_suggested_from_the_store_when_the_dossier_was_digitised() -> None:
    parts = {"archives_code": "H49", "file_notation": "01", "storehouse": "2", "shelf": "12", "box": "7"}
    note = about(forward(confidence_level="Số hóa", **parts), "paper_file_code")
    assert (note.cause, note.suggestions) == (Cause.WANTED, ("H49.2/12/7.01",))
    assert not any(note.key == "paper_file_code" for note in forward(**parts).notes)


def test_the_level_of_all_documents_is_suggested_for_the_dossier() -> None:
    documents = (document(1, confidence_level="Số hoá"), document(2, confidence_level="Số hoá"))
    (note,) = [n for n in forward(*documents).notes if n.ordinal is None]
    assert (note.key, note.suggestions) == ("confidence_level", ("Số hóa",))


def test_what_only_a_document_system_knows_stays_in_the_record() -> None:
    found = forward(document(arrival_date="2019-03-01", trace="Chuyển ông A xử lý", signer="Ông B"))
    assert {note.key for note in found.notes} == {"arrival_date", "trace", "signer"}
    assert {note.cause for note in found.notes} == {Cause.RECORD_ONLY}


def test_remarks_are_never_cut_what_has_no_room_is_told() -> None:
    found = forward(document(description="x" * 495, sheet_number="1-3", material="Giấy"))
    assert found.dossier.documents[0].value("description") == "x" * 495
    assert {note.key: note.cause for note in found.notes} == {
        "sheet_number": Cause.RECORD_ONLY,
        "material": Cause.RECORD_ONLY,
    }


def test_a_creator_that_has_no_room_before_the_remarks_is_told() -> None:
    found = forward(creator="Bà B", description="x" * 1999)
    assert found.dossier.value("description") == "x" * 1999
    assert about(found, "creator").cause is Cause.RECORD_ONLY


def test_no_grade_says_nothing_and_a_mark_that_is_none_is_kept() -> None:
    assert forward(secrecy="Thường").notes == ()
    found = forward(secrecy="Tài liệu thu hồi")
    assert found.dossier.value("description") == "Độ mật: Tài liệu thu hồi"
    assert about(found, "secrecy").cause is Cause.MOVED


def test_an_unknown_field_is_kept_in_the_record_and_said() -> None:
    note = about(forward(of_another_program="x"), "of_another_program")
    assert (note.rule, note.cause) == ("BRG-000", Cause.RECORD_ONLY)


def test_columns_that_no_profile_knows_go_along() -> None:
    with_extra = dossier().model_copy(update={"extra": {"Ghi chú nội bộ": "x"}})
    assert convert(with_extra, source="02-2019", target="05-2025").dossier.extra == {"Ghi chú nội bộ": "x"}


def test_pictures_ask_for_their_kind_and_recordings_know_it_by_their_files() -> None:
    picture = about(forward(document(kind=RecordKind.PHOTO)), "pic_type")
    assert picture.suggestions == ("Ảnh", "Phim âm bản")
    sound = document(kind=RecordKind.MEDIA).model_copy(update={"files": ("a.mp3",)})
    assert about(forward(sound), "media_type").suggestions == ("Âm thanh",)


def test_every_message_is_said_in_both_languages() -> None:
    found = forward(document(type_name="Nghị định", signer="Ông A"), maintenance="Lâu dài", creator="Bà B")
    for note in found.notes:
        assert note.message("vi") != note.message("en")
        assert note.label("vi") in note.message("vi")
        assert (note.kind is NoteKind.DOUBT) == (note.cause in DOUBTS)


# ---------------------------------------------------------------- the other bridges


def test_the_document_system_brings_its_dossiers_to_both_archives() -> None:
    own = dossier(document(page_amount="2", arrival_number="15"), creator="Bà B", page_count="9", maintenance="20 năm")
    old = convert(own, source="01-2019", target="02-2019")
    assert old.dossier.value("description") == "Người lập hồ sơ: Bà B"
    assert old.dossier.value("page_count") == "9"
    assert {(note.key, note.cause) for note in old.notes} == {
        ("creator", Cause.MOVED),
        ("archives_code", Cause.WANTED),
        ("arrival_number", Cause.RECORD_ONLY),
    }
    new = convert(own, source="01-2019", target="05-2025")
    assert new.dossier.documents[0].value("doc_code").endswith(".0000001")


def test_the_way_back_writes_the_words_of_practice_and_tells_what_has_no_field() -> None:
    there = forward(document(doc_code="A.1", mode="Hạn chế", format="Hư hỏng"), rights="Không hạn chế")
    back = convert(there.dossier, source="05-2025", target="02-2019")
    first = back.dossier.documents[0]
    assert back.dossier.value("rights") == "Không hạn chế"
    assert (first.value("doc_code"), first.value("mode"), first.value("format")) == ("A.1", "Hạn chế", "Hư hỏng")
    assert "Mã lưu trữ của tài liệu: H49.64.33.2019.01.0000001" in first.value("description")


def test_the_same_profile_changes_nothing() -> None:
    own = dossier(document(mode="Hạn chế"))
    assert convert(own, source="05-2025", target="05-2025") == Converted(own, ())
