"""Digits of which OCR was unsure are looked at again by themselves; everything else is not."""

from __future__ import annotations

from typing import Any

import numpy as np

from ingest.engines.closer_looks import closer_looks
from ingest.pages import looked_closer

GREY = np.full((2000, 1400), 255, np.uint8)
Word = list[Any]


def row(top: float, *words: tuple[str, float], left: float = 0.1) -> list[Word]:
    return [
        [text, left + 0.06 * at, top, left + 0.06 * at + 0.05, top + 0.012, sure]
        for at, (text, sure) in enumerate(words)
    ]


class Eye:
    """Reads the same in every strip, and counts."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.dpi: list[float] = []

    def __call__(self, grey: np.ndarray[Any, Any], dpi: float) -> list[list[Word]]:
        self.shapes.append(grey.shape)
        self.dpi.append(dpi)
        return [[["2013", 0.0, 0.0, 1.0, 1.0, 96.0]]]


def looks(lines: list[list[Word]], eye: Eye) -> list[list[Any]]:
    return closer_looks(GREY, lines, 200, 1.0, eye)


def test_only_a_piece_with_unsure_digits_is_read_again_once_scaled_and_once_blurred() -> None:
    eye = Eye()
    lines = [row(0.1, ("ngày", 60.0), ("02", 96.0)), [], row(0.12, ("năm", 96.0), ("2015", 87.0))]
    ((number, first, end, scaled, blurred),) = looks(lines, eye)
    assert (number, first, end) == (2, 0, 2)
    assert (scaled[0][0], blurred[0][0]) == ("2013", "2013")
    assert eye.dpi == [140.0, 200]


def test_places_are_those_of_the_picture() -> None:
    (found,) = looks([row(0.1, ("2015", 87.0), left=0.5)], Eye())
    for word in (found[3][0], found[4][0]):
        # The strip is a little larger than the word: its frame and margin.
        assert 0.45 < word[1] < 0.5
        assert 0.55 < word[3] < 0.6
        assert 0.08 < word[2] < 0.1
        assert 0.112 < word[4] < 0.13


def test_letters_that_are_small_already_are_made_larger() -> None:
    eye = Eye()
    small = [[word[0], word[1], word[2], word[3], word[2] + 0.007, word[5]] for word in row(0.1, ("2015", 87.0))]
    looks([small], eye)
    assert eye.dpi == [300.0, 200]


def test_columns_are_looked_at_apart_and_the_foot_of_the_page_not_at_all() -> None:
    eye = Eye()
    both = [*row(0.1, ("12/QĐ-SNV", 70.0)), *row(0.1, ("2015", 96.0), left=0.6)]
    assert [piece[:3] for piece in looks([both, row(0.6, ("2015", 50.0))], eye)] == [[0, 0, 1]]
    assert len(eye.dpi) == 2


def test_what_was_not_looked_at_again_is_no_witness_of_itself() -> None:
    eye = Eye()
    lines = [row(0.1 + 0.02 * at, (f"{at}", 50.0)) for at in range(7)]
    found = looks(lines, eye)
    assert [bool(piece[3]) for piece in found] == [True] * 5 + [False] * 2
    result = {"page": 1, "lines": lines, "method": "otsu", "confidence": 90.0, "closer": found}
    assert [head.text for head in looked_closer(result)] == ["\n".join(["2013"] * 5) + "\n\n"] * 2


def test_closer_looks_replace_their_words_only() -> None:
    lines = [row(0.1, ("Số:", 93.0), ("Z", 50.0), ("ngày", 96.0))]
    closer = [[0, 1, 2, [["7", 0.2, 0.1, 0.22, 0.11, 97.0]], []]]
    scaled, blurred = looked_closer({"page": 1, "lines": lines, "method": "otsu", "confidence": 90.0, "closer": closer})
    assert (scaled.text, blurred.text) == ("Số: 7 ngày", "Số: ngày")


def test_of_a_sure_page_there_is_no_closer_look() -> None:
    result = {"page": 1, "lines": [row(0.1, ("2015", 96.0))], "method": "otsu", "confidence": 96.0, "closer": []}
    assert looked_closer(result) == ()
    assert looked_closer({**result, "closer": None}) == ()
