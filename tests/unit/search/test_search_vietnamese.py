"""Words of Vietnamese text: what is equal, and where it stands."""

from __future__ import annotations

import unicodedata

import pytest

from search.vietnamese import MAX_WORD_CHARS, fold, forms, forms_of, places, sort_key, streams, written


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"),
        ("THUỶ", "thủy"),
        ("khoẻ", "khỏe"),
        ("Ðường", "Đường"),
        ("Qui", "quy"),
        ("quý", "quí"),
        ("kỹ", "kĩ"),
        ("Mỹ", "mĩ"),
        (unicodedata.normalize("NFD", "Quyết"), "quyết"),
        ("quy\u00adết\u200b", "quyết"),
    ],
)
def test_spellings_of_one_word_have_one_canon(one: str, other: str) -> None:
    assert forms(one) == forms(other)


@pytest.mark.parametrize(
    ("word", "folded"),
    [("Đường", "duong"), ("ưỡn", "uon"), ("0222", "222"), ("000", "0"), ("ﬁ", "fi"), ("Ａ", "a"), ("m²", "m2")],
)
def test_folding_takes_marks_zeros_and_shapes_of_letters_away(word: str, folded: str) -> None:
    assert fold(word) == folded


@pytest.mark.parametrize("word", ["vy", "thúy", "huy", "tuyết", "my1"])
def test_y_stays_where_i_would_be_another_word(word: str) -> None:
    assert "y" in forms(word)[0].canon


def test_different_marks_are_different_canons_with_one_fold() -> None:
    words = forms("ban bàn bán bản bạn bãn")
    assert len({word.canon for word in words}) == 6
    assert {word.fold for word in words} == {"ban"}


def test_words_are_runs_of_letters_and_digits() -> None:
    assert fold("Số: 123/QĐ-UBND, a_b (1.234.567đ)") == "so 123 qd ubnd a b 1 234 567d"


def test_streams_have_one_word_for_each_word() -> None:
    canon, folded = streams("Căn cứ Luật\n\n Tổ chức — 2015;")
    assert canon == "căn cứ luật tổ chức 2015"
    assert folded == "can cu luat to chuc 2015"


def test_places_are_those_of_the_text_as_given() -> None:
    text = "Uỷ\u00adban nhân-dân"
    assert [text[place.start : place.end] for place in places(text)] == ["Uỷ\u00adban", "nhân", "dân"]


def test_distinct_words_are_the_words() -> None:
    text = "một hai một Hai\u200bba"
    assert {tuple(forms_of(word)) for word in written(text)} == {(place.canon, place.fold) for place in places(text)}
    assert [place.canon for place in places(text, {"một"})] == ["một", "một"]


def test_a_run_without_blanks_counts_as_its_beginning() -> None:
    assert forms("x" * 10_000) == forms("x" * MAX_WORD_CHARS)


def test_titles_sort_by_the_vietnamese_alphabet() -> None:
    titles = [
        "Ba",
        "Ăn",
        "An",
        "Ân",
        "Án",
        "Đa",
        "Dũng",
        "Ê",
        "E",
        "Uống",
        "Ưng",
        "Ông",
        "Ơn",
        "Oai",
        "Anh em",
        "An ủi",
    ]
    assert sorted(titles, key=sort_key) == [
        "An", "Án", "An ủi", "Anh em", "Ăn", "Ân", "Ba", "Dũng", "Đa", "E", "Ê", "Oai", "Ông", "Ơn", "Uống", "Ưng",
    ]  # fmt: skip
