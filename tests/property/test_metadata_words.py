"""Code lists, headings and grades under hostile input."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from metadata.codes import code_of_file_name, split_number
from metadata.profiles import Section
from metadata.profiles.headings import lexicon, spellings
from metadata.profiles.vocabularies import fold, vocabularies
from metadata.validation_secrets import FREE_TEXT, secret_grade

hostile = st.text("0123456789 .,;:-–/|()[]\n\tậạắMmTtâaATộđĐ\u0300\u0323\u202e\u200b\u0000", max_size=30)
anything = st.text(max_size=30)
headings = st.sampled_from([*sorted(lexicon().fields[Section.DOSSIER]), "Mã hồ sơ", "Thời gian kết thúc", "Ngôn ngữ"])
grades = st.sampled_from(["Mật", "Tối mật", "Tuyệt mật"])


@given(hostile | anything)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(headings, st.sampled_from(["", " ", "\n", " *", " (nếu có)", " (dd/mm/yyyy)"]), st.booleans(), st.booleans())
def test_a_heading_is_known_in_any_case_form_and_dress(heading: str, dress: str, upper: bool, nfd: bool) -> None:
    known = lexicon().keys(Section.DOSSIER, heading)
    written = heading.upper() if upper else heading
    written = unicodedata.normalize("NFD" if nfd else "NFC", written) + dress
    assert lexicon().keys(Section.DOSSIER, written) == known


@given(hostile | anything)
def test_no_heading_breaks_recognition(text: str) -> None:
    for section in (Section.DOSSIER, Section.DOCUMENT, Section.PHOTO, Section.AUDIO_VIDEO):
        lexicon().keys(section, text)
        lexicon().part(section, text)
    assert all(spelling == fold(spelling) for spelling in spellings(text))


@given(st.sampled_from(sorted(vocabularies())), hostile | anything, st.booleans())
def test_words_of_a_list_stay_themselves(vocabulary: str, text: str, codes: bool) -> None:
    words = vocabularies()[vocabulary].words(text, codes=codes)
    if words is not None:
        assert vocabularies()[vocabulary].words(words, codes=False) == words


@given(grades, st.sampled_from(["", " ", "  "]), st.booleans(), st.booleans())
def test_a_grade_is_a_grade_in_any_case_and_form(grade: str, blank: str, upper: bool, nfd: bool) -> None:
    written = blank + (grade.upper() if upper else grade.lower()) + blank
    written = unicodedata.normalize("NFD" if nfd else "NFC", written)
    assert secret_grade("secrecy", written)
    assert secret_grade("mode", written)


@given(st.sampled_from(sorted(FREE_TEXT)), grades)
def test_free_text_never_holds_a_grade(key: str, grade: str) -> None:
    assert not secret_grade(key, grade)


@given(st.from_regex(r"[A-Z][0-9.A-Z]{0,20}[0-9A-Z]", fullmatch=True), st.integers(0, 9_999_999))
def test_code_and_ordinal_of_a_file_name_come_apart_as_they_were_joined(code: str, ordinal: int) -> None:
    assert code_of_file_name(f"{code}.{ordinal:03d}") == (code, ordinal)


@given(hostile | anything)
def test_no_number_breaks_its_taking_apart(text: str) -> None:
    number, notation = split_number(text)
    assert notation == notation.strip()
    assert number == "" or number[0].isdigit()
