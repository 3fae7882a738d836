"""What was read at one place, before it becomes a suggestion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metadata.extraction.pieces import Piece, around, confidence_of
from metadata.extraction.suggestions import Box, Suggestion


@dataclass(frozen=True, slots=True)
class Reading:
    """A value with how sure its letters are, and where it stands."""

    value: str
    written: str
    sure: float
    """0 to 100."""

    box: Box
    doubtful: bool = False
    """Not sure enough to be told: only another look that read the same makes it so."""

    def suggestion(self, key: str, page: int) -> Suggestion:
        """As what is told."""
        box = self.box
        rounded = (round(box[0], 3), round(box[1], 3), round(box[2], 3), round(box[3], 3))
        return Suggestion(
            key=key,
            value=self.value,
            written=self.written[:MOST_LETTERS],
            confidence=round(min(self.sure, 100.0) / 100, 2),
            page=page,
            box=rounded,
        )


MOST_LETTERS = 500
"""Longest value and written text: the longest subject of the tables."""


def read(value: str, pieces: Sequence[Piece], sure: float | None = None) -> Reading:
    """`value` as read in `pieces`, of which there is at least one."""
    words = [word for piece in pieces for word in piece.words]
    texts = [text for piece in pieces for text in piece.texts]
    return Reading(
        value[:MOST_LETTERS],
        " ".join(piece.text for piece in pieces),
        confidence_of(words, texts) if sure is None else sure,
        around(word.box for word in words),
    )
