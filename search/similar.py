"""Documents like another one, by what is rare in it and stands in them too.

Rows of two words tell more than syllables, of which Vietnamese has few. How rare a
row is, is counted among the documents that the asker may see, not taken from the
engine, which counts the others as well.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from search.looks import Looks
from search.plan import Everything, Row, Term, Worth
from search.ports import IndexedDocument
from search.vietnamese import fold

MAX_SIMILAR: Final = 50
_TITLE_ROWS, _CHOSEN_ROWS, _TEXT_ROWS = 8, 4, 3
"""Each is a look."""

_RARE = 20
"""What more than one of so many documents have is a turn of speech."""

_MAX_TEXT_CHARS = 60_000
_TITLE_FACTOR = 2
_FEW = 10
"""So many documents are few in the smallest holding."""

_LEAST = 0.25
"""Part of all that could be alike; below it documents have a turn of speech in common, no more."""


def similar_to(looks: Looks, document_id: str, limit: int) -> Sequence[tuple[IndexedDocument, float]]:
    """The documents most like one, with their pages and a weight; none for a document that may not be seen."""
    name = Term("id", document_id)
    limit = min(limit, MAX_SIMILAR)
    itself = looks.newest([name], 1, pages=True)
    if not itself or limit <= 0:
        return ()
    worths = _worths(looks, itself[0])
    if not worths:
        return ()
    least = _LEAST * sum(worth.score for worth in worths)
    return [each for each in looks.heaviest(worths, limit, never=[name]) if each[1] >= least]


def _worths(looks: Looks, document: IndexedDocument) -> list[Worth]:
    everything = looks.count(Everything())
    most = max(_FEW, everything // _RARE)
    found = []
    for row, factor in _rows(looks, document, most):
        having = looks.count(row)
        # What no other one has finds nothing; what very many have tells nothing.
        if 1 < having <= most:
            # Whole numbers: their sum is the same in every engine and whatever order it adds them in.
            found.append(Worth(row, float(max(1, round(4 * factor * math.log2(everything / having))))))
    return found


def _rows(looks: Looks, document: IndexedDocument, most: int) -> Iterator[tuple[Row | Term, int]]:
    """What is characteristic, and how much it counts: the rarest rows of the title, those that the text repeats."""
    title = fold(document.title).split()
    pairs = list(dict.fromkeys(_pairs(title)))
    if not pairs and title:
        yield Term("fold", title[0]), _TITLE_FACTOR
    # The end of a title says what the document is about, its beginning of what type it is. Titles are short: counting
    # in them costs little, and what is common there need not be looked for in all texts.
    counted = [(looks.count(Row("title", pair)), pair) for pair in pairs[-_TITLE_ROWS:]]
    # What no other title has comes last: a text may have it.
    for having, pair in sorted(counted, key=lambda each: (each[0] < 2, each))[:_CHOSEN_ROWS]:  # noqa: PLR2004 - it and another
        if having <= most:
            yield Row("fold", pair), _TITLE_FACTOR
    text = fold(" ".join(document.pages)[:_MAX_TEXT_CHARS]).split()
    often = Counter(pair for pair in _pairs(text) if pair not in pairs)
    for pair, times in often.most_common(_TEXT_ROWS):
        if times > 1:
            yield Row("fold", pair), 1


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Two words side by side, no numbers among them."""
    return (pair for pair in pairwise(words) if all(word.isalpha() for word in pair))
