"""The tables of the circulars as data."""

from __future__ import annotations

import pytest

from metadata.codes import (
    code_of,
    code_of_file_name,
    composed_code,
    document_number,
    document_title,
    legacy_word_of,
    looks_like_a_fonds_code,
    split_number,
    word_of,
)
from metadata.descriptions import Cell, Description
from metadata.profiles import PROFILES, Certainty, FieldType, Required, Section, profile
from metadata.profiles.headings import lexicon
from metadata.profiles.vocabularies import vocabularies


def described(**fields: str) -> Description:
    return Description(fields={key: Cell(value=value, written=value) for key, value in fields.items()})


def test_every_row_of_the_five_tables_of_tt_02_2019_is_there() -> None:
    tables = profile("02-2019")
    numbered = {section: [f for f in tables.fields(section).values() if f.number] for section in Section}
    assert {s.value: len(rows) for s, rows in numbered.items() if rows} == {
        "fonds": 13,
        "dossier": 18,
        "document": 22,
        "photo": 14,
        "audio_video": 15,
    }


def test_a_field_carries_its_short_name_length_and_how_sure_we_are() -> None:
    title = profile("02-2019").fields(Section.DOSSIER)["title"]
    assert (title.short, title.length, title.type) == ("Title", 1000, FieldType.STRING)
    assert title.certainty is Certainty.IMPLEMENTATION
    assert title.required is Required.IMPLEMENTATION
    assert profile("05-2025").fields(Section.DOSSIER)["file_code"].length == 100


def test_what_sources_disagree_on_is_marked_doubtful() -> None:
    assert profile("02-2019").fields(Section.DOSSIER)["format"].length_doubtful


def test_a_length_that_no_source_gives_stays_unknown() -> None:
    assert profile("02-2019").fields(Section.FONDS)["fonds_history"].length is None


def test_every_field_has_names_in_both_languages_and_a_source() -> None:
    for profile_id in PROFILES:
        for section in Section:
            for field in profile(profile_id).fields(section).values():
                assert field.vi, field
                assert field.en, field
                assert field.source, field
                assert field.short, field


def test_type_name_has_thirty_two_codes_and_maintenance_seven() -> None:
    assert len(vocabularies()["type_name"].entries) == 32
    assert [entry.code for entry in vocabularies()["maintenance"].entries] == [f"{n:02d}" for n in range(1, 8)]


@pytest.mark.parametrize("vocabulary", sorted(vocabularies()))
def test_every_code_goes_to_its_word_and_back(vocabulary: str) -> None:
    for entry in vocabularies()[vocabulary].entries:
        word = word_of(vocabulary, entry.code)
        assert word is not None
        assert code_of(vocabulary, word) == entry.code
        assert code_of(vocabulary, entry.legacy) == entry.code


@pytest.mark.parametrize(
    ("vocabulary", "word", "code"),
    [
        ("mode", "không hạn chế", "01"),
        ("mode", "HAN CHE", "02"),
        ("maintenance", "vĩnh viễn", "01"),
        ("maintenance", "15 năm", "07"),
        ("maintenance", "20 năm", "05"),
        ("format", "Hư hỏng", "03"),
        ("language", "Tiếng Anh, Tiếng Việt", "06"),
        ("language", "Tiếng Anh; Tiếng Pháp", "11"),
        ("language", "Việt Anh", "06"),
        ("type_name", "Dự án", "13"),
        ("type_name", "Đề án", "12"),
        ("type_name", "ĐA", "12"),
        ("type_name", "DA", "13"),
    ],
)
def test_words_of_practice_have_their_code(vocabulary: str, word: str, code: str) -> None:
    assert code_of(vocabulary, word) == code


def test_a_word_that_no_list_knows_has_no_code() -> None:
    assert code_of("mode", "tùy hỉ") is None
    assert word_of("maintenance", "99") is None


def test_both_circulars_words_are_bridged() -> None:
    assert legacy_word_of("mode", "01") == "Không hạn chế"
    assert legacy_word_of("mode", "Sử dụng có điều kiện") == "Hạn chế"


def test_a_bare_number_is_a_code_only_under_headings_that_bring_codes() -> None:
    maintenance = vocabularies()["maintenance"]
    assert maintenance.words("5", codes=True) == "20 năm"
    assert maintenance.words("5", codes=False) == "5 năm"
    assert maintenance.words("05", codes=False) is None
    assert maintenance.words("05 20 năm", codes=False) == "20 năm"


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"code_number": "222", "code_notation": "QĐ-TTg"}, "222/QĐ-TTg"),
        ({"code_number": "222", "code_notation": "222/QĐ-TTg"}, "222/QĐ-TTg"),
        ({"code_number": "222", "code_notation": "/QĐ-TTg"}, "222/QĐ-TTg"),
        ({"code_notation": "QĐ-TTg"}, "QĐ-TTg"),
        ({"code_number": "15"}, "15"),
        ({}, ""),
    ],
)
def test_a_documents_number_reads_as_people_quote_it(fields: dict[str, str], number: str) -> None:
    assert document_number(described(**fields)) == number


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("222/QĐ-TTg", ("222", "QĐ-TTg")),
        ("05 / TB-UBND", ("05", "TB-UBND")),
        ("12a/BC", ("12a", "BC")),
        ("Không số", ("", "Không số")),
        ("15", ("15", "")),
    ],
)
def test_number_and_notation_are_taken_apart(text: str, parts: tuple[str, str]) -> None:
    assert split_number(text) == parts


def test_the_title_of_a_photograph_is_its_own() -> None:
    assert document_title(described(image_title="Lễ khởi công")) == "Lễ khởi công"


def test_a_dossier_code_is_composed_of_its_parts_by_dots() -> None:
    parts = described(fonds_code="000.06.16.G09", catalogue="2010", file_notation="01.TH")
    assert composed_code(parts) == "000.06.16.G09.2010.01.TH"
    assert composed_code(described(catalogue="2010", file_notation="01.TH")) is None


@pytest.mark.parametrize(
    ("text", "is_code"),
    [("H49.64.33", True), ("81", True), ("Q3-8", True), ("UBND huyện A", False), ("UBND", False), ("", False)],
)
def test_a_fonds_name_is_no_code(text: str, is_code: bool) -> None:
    assert looks_like_a_fonds_code(text) is is_code


def test_the_last_group_of_digits_of_a_file_name_is_the_ordinal() -> None:
    assert code_of_file_name("001.03.08.H30.81.2024.K4.01.01.001") == ("001.03.08.H30.81.2024.K4.01.01", 1)
    assert code_of_file_name("quyet-dinh") is None


@pytest.mark.parametrize(
    ("section", "heading", "key"),
    [
        (Section.DOSSIER, "Mã hồ sơ\n(FileCode)", "file_code"),
        (Section.DOSSIER, "TIEU DE HO SO", "title"),
        (Section.DOSSIER, "2. Tiêu đề hồ sơ *", "title"),
        (Section.DOSSIER, "1.3 Mục lục số hoặc năm hình thành hồ sơ", "catalogue"),
        (Section.DOSSIER, "Maintenance", "maintenance"),
        (Section.DOSSIER, "numberOfPaper", "sheet_count"),
        (Section.DOSSIER, "Ngày kết thúc (dd/mm/yyyy)", "end_date"),
        (Section.DOCUMENT, "Số, ký hiệu", "number_notation"),
        (Section.DOCUMENT, "trich yeu noi dung", "subject"),
        (Section.DOCUMENT, "docOrdinal", "ordinal"),
        (Section.DOCUMENT, "Quy trình xử lý (nếu có)", "process"),
        (Section.PHOTO, "Tiêu đề phim/ảnh", "image_title"),
        (Section.AUDIO_VIDEO, "Thời lượng", "play_time"),
    ],
)
def test_headings_are_known_with_and_without_marks_brackets_and_numbers(
    section: Section, heading: str, key: str
) -> None:
    assert lexicon().keys(section, heading)[0] == key
