"""Document numbers and codes as keys."""

from __future__ import annotations

import pytest

from search.numbers import MAX_KEY_WORDS, joined, key, keys, looks_like_number, notation_head, order, run_together


@pytest.mark.parametrize(
    "typed",
    ["222/QĐ-TTg", "222/qd-ttg", "0222/QD-TTG", "Số: 222/QĐ-TTg", "số 222 / QĐ - TTg", "222 QĐ/TTg", "222-QĐ/TTg"],
)
def test_spellings_of_a_number_have_one_key(typed: str) -> None:
    assert key(typed) == "222-qd-ttg"


def test_other_numbers_have_other_keys() -> None:
    others = ["222/QĐ-TTg", "22/2QĐ-TTg", "1222/QĐ-TTg", "222/QĐ-UBND", "222/TTg", "2220/QĐ-TTg", "222/2025/QĐ-TTg"]
    assert len({key(other) for other in others}) == len(others)


@pytest.mark.parametrize(
    "typed", ["222/QĐ-TTg", "45/2021/NQ-HĐND", "33/2024/QH15", "01a/QĐ", "5-CV/TU", "12/TB-VPCP.HC", "0222/QD-TTG"]
)
def test_a_number_is_told_from_words(typed: str) -> None:
    assert looks_like_number(typed)


@pytest.mark.parametrize("typed", ["19/6/2015", "03/2024", "2020-2025", "và/hoặc", "QĐ-TTg", "222", "km/h", "1/2", ""])
def test_days_and_words_are_no_numbers(typed: str) -> None:
    assert not looks_like_number(typed)


def test_a_number_is_asked_for_with_and_without_its_year() -> None:
    assert keys("45/2021/NQ-HĐND", "2021") == ("45-2021-nq-hdnd", "45-nq-hdnd")
    assert keys("222/QĐ-TTg", "2025") == ("222-qd-ttg", "222-2025-qd-ttg")
    assert keys("222/QĐ-TTg", "") == ("222-qd-ttg",)
    assert keys("", "2025") == ()


def test_a_number_is_asked_for_in_one_word() -> None:
    assert joined("0222/QĐ-TTg") == ("222qdttg", "222ttg")
    assert joined("222/TTg") == ("222ttg",)
    assert joined("không số") == ()


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("0000016H41202405", "000.00.16.H41.2024.05"),
        ("16H41202405", "000.00.16.H41.2024.05"),
        ("0000016h41 ", "000.00.16.H41"),
        ("12032024", "12-03-2024"),
        ("", ""),
    ],
)
def test_a_code_may_be_typed_without_its_dots(typed: str, written: str) -> None:
    assert key(typed) == run_together(written)


def test_a_long_text_is_no_key() -> None:
    assert key("từ " * MAX_KEY_WORDS) != ""
    assert key("từ " * (MAX_KEY_WORDS + 1)) == ""


def test_the_notation_begins_with_the_type() -> None:
    assert [notation_head(n) for n in ("222/QĐ-TTg", "45/2021/NQ-HĐND", "222", "")] == ["qd", "nq", "", ""]


def test_numbers_sort_by_their_number_then_their_notation_and_none_last() -> None:
    numbers = ["", "10/QĐ", "9/QĐ-TTg", "9/CV", "9", "002/TB", "không", "99999999999/QĐ"]
    assert sorted(numbers, key=order) == ["002/TB", "9", "9/CV", "9/QĐ-TTg", "10/QĐ", "99999999999/QĐ", "", "không"]
    assert all(0 <= order(number) < 2**63 for number in numbers)
