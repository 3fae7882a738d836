from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.number_words import LARGEST, in_words

_VALUES = {word: n for n, word in enumerate(("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"))}
_VALUES |= {"mốt": 1, "lăm": 5}


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"),
        (1, "một"),
        (10, "mười"),
        (15, "mười lăm"),
        (20, "hai mươi"),
        (21, "hai mươi mốt"),
        (105, "một trăm linh năm"),
        (111, "một trăm mười một"),
        (115, "một trăm mười lăm"),
        (205, "hai trăm linh năm"),
        (1005, "một nghìn không trăm linh năm"),
        (5000, "năm nghìn"),
        (12_345, "mười hai nghìn ba trăm bốn mươi lăm"),
        (1_000_000, "một triệu"),
        (2_000_010, "hai triệu không trăm mười"),
        (1_000_000_001, "một tỷ không trăm linh một"),
    ],
)
def test_numbers_are_said_as_minutes_write_them(number: int, words: str) -> None:
    assert in_words(number) == words


def _read(words: str) -> int:
    """The number that the words say, read word by word."""
    total = group = digit = 0
    for word in words.split():
        if word in _VALUES:
            digit = _VALUES[word]
        elif word == "mười":
            group, digit = group + 10, 0
        elif word == "mươi":
            group, digit = group + digit * 10, 0
        elif word == "trăm":
            group, digit = group + digit * 100, 0
        elif word != "linh":
            total += (group + digit) * {"nghìn": 1000, "triệu": 10**6, "tỷ": 10**9}[word]
            group = digit = 0
    return total + group + digit


@given(st.integers(0, LARGEST))
def test_the_words_say_the_number(number: int) -> None:
    assert _read(in_words(number)) == number


@pytest.mark.parametrize("number", [-1, LARGEST + 1])
def test_what_has_no_words_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="no words"):
        in_words(number)
