"""Marks of secrecy: lines of their own in the head of a page, and nothing else."""

from __future__ import annotations

import pytest

from metadata.secrecy import Placed, mark_of, marks_in_head, phrases


def line(*words: tuple[str, float], top: float = 0.2, high: float = 0.012) -> list[Placed]:
    """Words at their left edges, 0.01 of the page's width a letter."""
    return [Placed(text, left, top, left + 0.01 * len(text), top + high) for text, left in words]


@pytest.mark.parametrize(
    ("phrase", "mark"),
    [
        ("MẬT", "MẬT"),
        ("TỐI MẬT", "TỐI MẬT"),
        ("TUYỆT MẬT", "TUYỆT MẬT"),
        ("[ MẬT ]", "MẬT"),
        ("| TỐI MẬT |", "TỐI MẬT"),
        ("TOI MAT", "TỐI MẬT"),
        ("TÔI MẶT", "TỐI MẬT"),
        ("TUYET MÂT", "TUYỆT MẬT"),
        ("MAT", "MẬT"),
        ("MÂT", "MẬT"),
        ("Độ mật: Mật", "MẬT"),
        ("Độ mật: Tối mật", "TỐI MẬT"),
        ("Tuyệt mật", "TUYỆT MẬT"),
    ],
)
def test_a_mark_is_known_with_frame_label_or_damaged_accents(phrase: str, mark: str) -> None:
    assert mark_of(phrase) == mark


@pytest.mark.parametrize(
    "phrase",
    [
        "giữ bí mật",
        "BÍ MẬT NHÀ NƯỚC",
        "bảo vệ bí mật nhà nước",
        "MẮT",
        "MẤT",
        "mắt",
        "mat",
        "TÀI LIỆU MẬT MÃ",
        "Mật độ dân số",
        "MẬT ONG",
        "Độ mật: Không",
        "KHÔNG MẬT",
        "",
        "tối mật",
    ],
)
def test_a_word_within_a_phrase_is_no_mark(phrase: str) -> None:
    assert mark_of(phrase) is None


def test_a_stamp_beside_the_date_is_a_line_of_its_own() -> None:
    words = line(("MẬT", 0.2), ("Hà", 0.6), ("Nội,", 0.63), ("ngày", 0.68))
    assert phrases(words) == ["MẬT", "Hà Nội, ngày"]
    assert marks_in_head([words]) == ("MẬT",)


def test_a_sentence_across_the_head_is_none() -> None:
    words = line(("GIỮ", 0.2), ("GÌN", 0.24), ("BÍ", 0.28), ("MẬT", 0.31))
    assert marks_in_head([words]) == ()


def test_only_the_head_of_the_page_counts() -> None:
    assert marks_in_head([line(("MẬT", 0.2), top=0.34)]) == ("MẬT",)
    assert marks_in_head([line(("MẬT", 0.2), top=0.36)]) == ()


def test_the_second_line_of_a_stamp_is_not_a_second_mark() -> None:
    assert marks_in_head([line(("TỐI MẬT", 0.2)), line(("MẬT", 0.2), top=0.22)]) == ("TỐI MẬT",)


def test_a_page_without_words_has_no_mark() -> None:
    assert marks_in_head([[], []]) == ()
