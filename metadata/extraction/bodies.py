"""The issuing body: the last name in the left column over the number; bodies that issue together are told together.

Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, mục 2: the superior body above, the issuing body below in bold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from metadata.extraction.letters import folded_words
from metadata.extraction.names import sentence_case, starts_body, with_marks
from metadata.extraction.pieces import BLURRED, Piece
from metadata.extraction.reading import Reading, read
from metadata.extraction.stamps import bare
from metadata.legacy import is_syllable
from metadata.profiles.vocabularies import fold

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_POINTS = re.compile(r"(?<=\w{3})[.:;'’`]+$")
"""Specks behind a word; `TP.` keeps its point."""

_SURE = 72.0
_MOST_LINES = 7
_OVER = 0.025
_REACH = 0.07
"""Height of four lines: a name without a number under it stands no lower below the heading."""

_WORD, _NOISE, _BLURRED = 4, 60.0, 0.15
_DOUBT = 90.0
_VOWELS = re.compile("[aeiouy]")
_OFF = 0.035
"""A line of a centred name that stands so far off the middle lost a word at one end."""

_LEAST = 65.0
"""Confidence of its least sure word below which a name is not believed."""
_MINISTRIES: tuple[tuple[str, ...], ...] = (
    ("bo",),
    ("ngan", "hang", "nha", "nuoc"),
    ("thanh", "tra", "chinh", "phu"),
    ("tong", "lien", "doan"),
)
_MINISTRIES += (("toa", "an", "nhan", "dan", "toi", "cao"), ("vien", "kiem", "sat", "nhan", "dan", "toi", "cao"))
_NOT_BODIES = (("doc", "lap"), ("cong", "hoa", "xa", "hoi"))
_CAPITALS = re.compile(r"(?:[A-ZÀ-ÝĂĐĨŨƠƯẠ-Ỹ]|\d){3}")
_NUMBER = re.compile(r"\d|/")
_UNSURE = frozenset({("hoi",), ("doan",), ("bao",), ("dai",), ("vu",), ("doi",), ("tram",), ("hat",), ("ban",)})
"""Names begin so, and places and ordinary words: under a line that cannot be read they are no beginning."""

_WANTING = frozenset({"va", "cua", "cac", "thuoc", "tai", "cho", "ve"})
_ROOM = 1.6
"""Lines of a name that stand so much farther apart than usual have lost one between them."""

_GENERIC = frozenset(
    {"van phong", "thanh tra", "ban to chuc", "ban tuyen giao", "hoi dong nhan dan", "uy ban nhan dan"}
)


def organ_of(
    pieces: Sequence[Piece], number: Piece | None, head_top: float, *, bilingual: bool = False
) -> Reading | None:
    """The issuing body in the left column `pieces`.

    Args:
        pieces: From the top down.
        number: The line of the number, under which no name stands.
        head_top: Where the national heading stands: the first name is about as high.
        bilingual: Names stand there in another language too.
    """
    # What stands higher is the running head of a gazette, or what a scanner printed.
    lines, lost = _lines(
        [piece for piece in pieces if piece.centre >= head_top - _OVER], number, head_top, bilingual=bilingual
    )
    if not lines:
        return None
    starts = [at for at, line in enumerate(lines) if starts_body(line.folded)]
    unsure = lost and (starts[:1] != [0] or tuple(lines[0].folded[:1]) in _UNSURE)
    if not starts or starts[0] > 1 or unsure or _is_cut(lines[starts[-1] :], lines):
        return None
    if len(starts) > 1 and all(_is_ministry(lines[at].folded) for at in starts):
        used = lines[starts[0] :]
        return _checked([_name(lines[start:end]) for start, end in _spans(starts, len(lines))], used)
    used = lines[starts[-1] :]
    name = _name(used)
    if (starts[-1] > 0 or lost) and " ".join(used[0].folded) in _GENERIC and len(used) == 1:
        # `VĂN PHÒNG` alone names no body: it is the office of the one above, if that can be read.
        above = [at for at in starts if at < starts[-1]]
        if not above:
            return None
        start = above[-1]
        return _checked([f"{sentence_case(name)} {sentence_case(_name(lines[start : starts[-1]]))}"], lines[start:])
    return _checked(_together(name), used)


def _lines(
    pieces: Sequence[Piece], number: Piece | None, head_top: float, *, bilingual: bool
) -> tuple[list[Piece], bool]:
    """The lines of capitals over the number, below the last one that cannot be read, and whether there is one."""
    found: list[Piece] = []
    lost = False
    middle: float | None = None
    for piece in pieces:
        floor = head_top + _REACH if number is None else number.centre
        if piece is number or len(found) == _MOST_LINES or piece.centre > floor:
            break
        own = bare(piece)
        if own is not None and _is_garbled(own):
            found, lost = [], True
            continue
        kept = own.trimmed() if own is not None else None
        if (
            kept is None
            or (bilingual and kept.foreign)
            or _NUMBER.search(kept.text)
            or any(kept.folded[: len(bad)] == list(bad) for bad in _NOT_BODIES)
        ):
            continue
        letters = sum(letter.isalpha() for letter in kept.text)
        if letters < _WORD and kept.confidence < _NOISE:
            continue
        off = middle is not None and abs(kept.middle - middle) > _OFF
        if letters >= _WORD and (off or kept.confidence < _NOISE or kept.blurred > _BLURRED or _is_joined(kept)):
            found, lost = [], True
            continue
        if not kept.capitals:
            if found and letters >= _WORD:
                break
            continue
        middle = kept.middle if middle is None else middle
        found.append(_whole(_spaced(kept)))
    return found, lost


def _is_cut(used: Sequence[Piece], lines: Sequence[Piece]) -> bool:
    """Whether a line of the name is lost: it ends in a word that wants another, or there is room for one in it."""
    if " ".join(used[-1].folded[-1:]) in _WANTING or used[-1].text[-1:] in "-–—,":
        return True
    steps = [after.centre - line.centre for line, after in pairwise(lines)]
    usual = min([*steps, *(2 * line.height for line in used)] if len(steps) == 1 else steps, default=0.0)
    return any(after.centre - line.centre > _ROOM * usual for line, after in pairwise(used))


def _whole(line: Piece) -> Piece:
    """`line` with the letter that the first name of most bodies lost: `Y BAN NHÂN DÂN` is no other name."""
    if len(line.texts[0]) < _WORD and line.texts[0][-1:] in "YỶ" and line.folded[1:4] == ["ban", "nhan", "dan"]:
        return Piece(line.words, ("ỦY", *line.texts[1:]))
    return line


def _is_garbled(line: Piece) -> bool:
    """Whether it is what OCR made of capitals that run into a rule: some of it looks like capitals or digits."""
    words = [(word.confidence, text) for word, text in zip(line.words, line.texts, strict=True)]
    sure = [text for confidence, text in words if confidence is None or confidence >= BLURRED]
    return not any(letter.isalpha() for text in sure for letter in text) and any(
        _CAPITALS.search(text) for _, text in words
    )


def _is_joined(line: Piece) -> bool:
    """Whether OCR lost the blanks between words, or letters: such a word is no syllable, and it was not sure of it.

    Abbreviations (`THPT`, `TNHH`) are none either, but have no vowels.
    """
    return any(
        word.confidence is not None
        and word.confidence < _DOUBT
        and bool(_VOWELS.search(fold(plain)))
        and plain.isalpha()
        and not is_syllable(plain)
        for word, text in zip(line.words, line.texts, strict=True)
        for plain in [_EDGES.sub("", text)]
    )


def _spaced(line: Piece) -> Piece:
    """`line` with the blanks that OCR lost: `DỰÁN` is two syllables in one way only."""
    return Piece(line.words, tuple(_parted(text) for text in line.texts))


def _parted(text: str) -> str:
    if len(text) < _WORD or not text.isalpha() or is_syllable(text) or not text.isupper():
        return text
    ways = [at for at in range(2, len(text) - 1) if is_syllable(text[:at]) and is_syllable(text[at:])]
    return f"{text[: ways[0]]} {text[ways[0] :]}" if len(ways) == 1 else text


def _name(lines: Sequence[Piece]) -> str:
    words = " ".join(_POINTS.sub("", text) for line in lines for text in line.texts).replace("_", " ")
    return with_marks(" ".join(_EDGES.sub("", words).split()))


def _together(name: str) -> list[str]:
    """`BỘ NỘI VỤ - BỘ TÀI CHÍNH` is two bodies."""
    parts = [part.strip() for part in re.split(r"\s[-–—]\s", name)]
    if len(parts) > 1 and all(_is_ministry(folded_words(part)) for part in parts):
        return parts
    return [name]


def _is_ministry(folded: Sequence[str]) -> bool:
    return any(tuple(folded[: len(start)]) == start for start in _MINISTRIES)


def _spans(starts: Sequence[int], end: int) -> list[tuple[int, int]]:
    return list(zip(starts, [*starts[1:], end], strict=True))


def _checked(names: Sequence[str], used: Sequence[Piece]) -> Reading | None:
    value = " - ".join(sentence_case(name) for name in names)
    found = read(value, used)
    if any(word.confidence is not None and word.confidence < _LEAST for line in used for word in line.words):
        return None
    return found if found.sure >= _SURE and len(value) > 2 else None  # noqa: PLR2004 - `Bộ` alone is none
