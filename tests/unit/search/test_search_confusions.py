"""What a word may look like after OCR misread it."""

from __future__ import annotations

import pytest

from search.confusions import (
    MAX_JOINED_LETTERS,
    MAX_LETTERS,
    MAX_MISREADINGS,
    MAX_PIECES,
    confusions,
    joined,
    may_be_near,
    misreadings,
    near,
    pieces,
)


@pytest.mark.parametrize(
    ("written", "read"),
    [("quyet", "quyt"), ("ban", "bon"), ("trung", "tung"), ("thu", "bu"), ("phuong", "pbuong"), ("cong", "gong"),
     ("minh", "rninh"), ("chuan", "cbuon"), ("to", "t0"), ("lam", "1am"), ("20b", "208")],
)  # fmt: skip
def test_measured_and_known_confusions_are_expected(written: str, read: str) -> None:
    assert read in misreadings(written) or (may_be_near(written) and near(written, read))


def test_the_likeliest_stand_first() -> None:
    assert misreadings("tri")[0] == "ti"  # an r is lost more often than anything else is
    shares = [each.share for each in confusions()]
    assert shares == sorted(shares, reverse=True)
    assert all(0 < share <= 0.02 for share in shares)


@pytest.mark.parametrize("word", ["a", "x" * 500, "nghieng", "mmmmmmmmmmmmmmmmmmmmmmmm", "222", ""])
def test_expansion_is_bounded(word: str) -> None:
    assert len(misreadings(word)) <= MAX_MISREADINGS
    assert len(pieces(word)) <= MAX_PIECES + 1
    assert word not in misreadings(word)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("trua", "chua"), ("fi", "phi"), ("ja", "gia"), ("sep", "xep"), ("no", "lo"), ("hoang", "hoan"), ("dung", "rung")],
)
def test_letters_that_are_said_alike_are_asked_for(typed: str, meant: str) -> None:
    assert meant in misreadings(typed)


def test_what_lost_more_than_a_letter_is_not_the_word() -> None:
    assert "va" not in misreadings("vang")
    assert "vag" in misreadings("vang")
    assert "a" not in misreadings("an")


def test_a_digit_is_not_taken_for_another() -> None:
    assert not any(each.written.isdigit() and each.read.isdigit() for each in confusions())
    assert not [read for read in misreadings("2025") if read.isdigit()]
    assert not may_be_near("2025")


def test_a_word_is_parted_at_each_place_and_around_the_horns() -> None:
    assert pieces("dinh") == (("d", "inh"), ("di", "nh"), ("din", "h"))
    assert ("nu", "o", "c") in pieces("nuoc")
    assert ("quyet", "dinh") in pieces("quyetdinh")
    assert ("trachnhiem", "hinhsu") in pieces("trachnhiemhinhsu")


def test_neighbours_are_joined() -> None:
    assert joined(("bo", "noi", "vu")) == ("bonoi", "noivu")
    assert joined(("a",)) == ()
    assert len(joined(("a" * 100, "b" * 100))[0]) == MAX_JOINED_LETTERS


@pytest.mark.parametrize(
    ("one", "other", "is_near"),
    [("dinh", "dinh", True), ("dinh", "binh", True), ("dinh", "dih", True), ("dinh", "dinhh", True),
     ("dinh", "idnh", True), ("dinh", "dnih", True), ("dinh", "bing", False), ("dinh", "di", False),
     ("dinh", "hnid", False), ("abcd", "badc", False)],
)  # fmt: skip
def test_near_is_one_letter(one: str, other: str, is_near: bool) -> None:
    assert near(one, other) is is_near
    assert near(other, one) is is_near


def test_short_words_have_no_neighbours() -> None:
    assert [may_be_near(word) for word in ("bang", "banga", "x" * (MAX_LETTERS + 1))] == [False, True, False]
