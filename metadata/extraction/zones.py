"""Zones of a first page: what stands left, what right of the head, and what below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metadata.extraction.letters import alike, found_words
from metadata.extraction.pieces import Piece, columns, lines_of, parted
from metadata.texts import PageText

DECODED = "decoded"
HEAD = 0.45
"""Part of the page, from its top, in which the head of a document ends."""

_NATION = ("cong", "hoa", "xa", "hoi", "chu", "nghia", "viet", "nam")
_MOTTO = ("doc", "lap", "tu", "do", "hanh", "phuc")
_PARTY = ("dang", "cong", "san", "viet", "nam")
_RIGHT = 0.3
"""The heading on the right begins right of this part of the page's width."""

_SLACK = 0.012
"""A word of the right column may begin so much left of the heading."""

_BELOW = 0.006
"""What is not so much lower than the heading stands on its row."""

_ABOVE = 0.08
"""What is so much higher than the heading is no part of the head; what is so much lower is no part of the heading."""

_HEADING = 3
"""Words of the heading in another language, at least."""


@dataclass(frozen=True, slots=True)
class Head:
    """The zones of a first page."""

    left: tuple[Piece, ...]
    """Pieces of the left column from the top down: bodies, number, and the subject of a letter."""

    right: tuple[Piece, ...]
    """Pieces below the national heading: place and day."""

    below: tuple[Piece, ...]
    """Pieces of the full width from the day on, down the page."""

    border: float
    """Where the right column begins, as a fraction of the page's width."""

    top: float
    """Where the heading stands, as a fraction of the page's height."""

    confidence: float
    """Of the heading, 0 to 100."""

    party: bool = False
    """The heading is that of the Party, whose numbers are written `12-QĐ/TU`."""

    shouted: bool = False
    """The heading is in small letters: the capitals were a font's (`.VnTimeH`) and were lost with it."""

    bilingual: bool = False
    """The heading is told in another language too, and so is the rest."""


@dataclass(frozen=True, slots=True)
class _Anchor:
    piece: Piece
    border: float
    party: bool = False
    motto: bool = False


def head_of(page: PageText) -> Head | None:
    """The zones of `page`; None where it has no national heading (or the Party's): another kind of paper."""
    lines = list(lines_of(page))
    anchor = _anchor(lines)
    if anchor is None:
        return None
    top = anchor.piece.centre
    shouted = page.source == DECODED and not anchor.motto and not anchor.piece.capitals
    left: list[Piece] = []
    right: list[Piece] = []
    below: list[Piece] = []
    for line in lines:
        if line.centre > HEAD + _ABOVE or line.centre < top - _ABOVE:
            continue
        for piece in columns(line, anchor.border - _SLACK):
            if piece.middle < anchor.border:
                left.append(_raised(piece) if shouted else piece)
            else:
                right.append(piece)
        below += parted(line)

    def height(piece: Piece) -> tuple[float, float]:
        return (round(piece.centre, 3), piece.box[0])

    level = height(anchor.piece)[0]
    return Head(
        left=tuple(sorted(left, key=height)),
        right=tuple(sorted((piece for piece in right if height(piece)[0] > level + _BELOW), key=height)),
        below=tuple(sorted((piece for piece in below if height(piece)[0] > level + _BELOW), key=height)),
        border=anchor.border,
        top=top,
        confidence=anchor.piece.confidence,
        party=anchor.party,
        shouted=shouted,
        bilingual=any(_is_heading(piece) for piece in right if piece.centre < top + _ABOVE),
    )


def _is_heading(piece: Piece) -> bool:
    """Whether it is the heading in another language: alone of what stands right, it is a line of foreign words."""
    return piece.foreign and len(piece.words) >= _HEADING


def _raised(piece: Piece) -> Piece:
    """`piece` in capitals, but for what has a digit: notations have small letters of their own."""
    texts = tuple(text if any(letter.isdigit() for letter in text) else text.upper() for text in piece.texts)
    return Piece(piece.words, texts)


def _anchor(lines: Sequence[Piece]) -> _Anchor | None:
    """The heading, and where its first word begins; the motto stands in where the heading was lost."""
    for wanted, least, party, motto in (
        (_NATION, 6, False, False),
        (_PARTY, 5, True, False),
        (_NATION[:6], 5, False, False),
        (_MOTTO, 4, False, True),
    ):
        for line in lines:
            if line.centre > HEAD:
                continue
            found = _in_line(line, wanted, least)
            if found is not None and found.box[0] > _RIGHT:
                border = found.box[0] - (0.07 if motto else 0.0)
                return _Anchor(found, border, party, motto)
    return None


def _in_line(line: Piece, wanted: Sequence[str], least: int) -> Piece | None:
    """The words of `line` that are `wanted`, in capitals or not."""
    folded = ["".join(Piece((word,), (text,)).folded) for word, text in zip(line.words, line.texts, strict=True)]
    span = found_words(folded, wanted, least)
    return line.part(span[0], span[1] + 1) if span else None


def begins(piece: Piece, *starts: Sequence[str]) -> bool:
    """Whether the folded words of `piece` begin with one of `starts`, but for a damaged letter."""
    return any(
        len(piece.folded) >= len(start)
        and all(_is(word, wanted) for word, wanted in zip(piece.folded, start, strict=False))
        for start in starts
    )


def _is(word: str, wanted: str) -> bool:
    # A short word is another word after one letter: `qua` and `quy`.
    return word == wanted if len(wanted) <= 4 else alike(word, wanted)  # noqa: PLR2004
