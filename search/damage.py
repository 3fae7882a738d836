"""Words and phrases asked for as OCR may have read them, within bounds, and for less the less likely that is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

from search.clauses import Number, Phrase, Word
from search.confusions import joined, may_be_near, misreadings, pieces
from search.plan import Bool, Near, Node, OneOf, Row, Term, Worth

AS_TYPED_SCORE: Final = 4.0
MISREAD_SCORE: Final = 2.0
NEAR_SCORE: Final = 1.0
"""What a word that stands there as typed, as OCR is known to misread it, or with some other letter is worth."""

MAX_ROWS: Final = 48
"""Ways in which one phrase may have been misread that are asked for."""

_MAX_PARTED_ROWS: Final = 16


def row(field: str, words: Sequence[str]) -> Node:
    """Words side by side; one word is just that."""
    return Term(field, words[0]) if len(words) == 1 else Row(field, tuple(words))


def damaged(clause: Word | Phrase | Number) -> Node:
    """The clause as typed, or as it may have been read."""
    if isinstance(clause, Word):
        return _damaged_word(clause.word.fold)
    words = tuple(word.fold for word in clause.words)
    as_typed = row("fold", words)
    misread = (Worth(row("fold", each), MISREAD_SCORE) for each in damaged_rows(words))
    return Bool(should=(as_typed, Worth(as_typed, AS_TYPED_SCORE * len(words)), *misread))


def run_together(one: Word, other: Word) -> Node:
    """Two neighbours without the blank between them."""
    (together,) = joined((one.word.fold, other.word.fold))
    return Worth(Term("fold", together), MISREAD_SCORE)


def _damaged_word(word: str) -> Node:
    as_typed = Term("fold", word)
    found: list[Node] = [as_typed, Worth(as_typed, AS_TYPED_SCORE)]
    if misread := misreadings(word):
        found.append(Worth(OneOf("fold", misread), MISREAD_SCORE))
    found += [Worth(Row("fold", parts), MISREAD_SCORE) for parts in pieces(word)]
    if may_be_near(word):
        found.append(Worth(Near("fold", word), NEAR_SCORE))
    return Bool(should=tuple(found))


def damaged_rows(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Rows that OCR may have made of `words` by one error, the likeliest of each word first; at most `MAX_ROWS`."""
    found = [(*words[:at], together, *words[at + 2 :]) for at, together in enumerate(joined(words))]
    found += islice(
        ((*words[:at], *parts, *words[at + 1 :]) for at, word in enumerate(words) for parts in pieces(word)),
        _MAX_PARTED_ROWS,
    )
    found = found[: MAX_ROWS // 2]
    each = max(1, (MAX_ROWS - len(found)) // max(1, len(words)))
    for at, word in enumerate(words):
        found += [(*words[:at], misread, *words[at + 1 :]) for misread in misreadings(word)[:each]]
    return tuple(dict.fromkeys(found))[:MAX_ROWS]
