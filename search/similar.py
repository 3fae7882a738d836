"""Documents like another one, by what is rare in it and stands in them too.

Rows of two words tell more than syllables, of which Vietnamese has few. How rare a
row is, is counted among the documents that the asker may see, not taken from the
engine, which counts the others as well.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Final

from search.looks import Looks
from search.plan import Everything, Row, Term, Worth
from search.ports import IndexedDocument
from search.vietnamese import fold

MAX_SIMILAR: Final = 50
_TITLE_ROWS, _TEXT_ROWS = 8, 6
"""Each is a look."""

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
    found = []
    for row, often in _rows(document):
        others = looks.count(row) - 1
        # In every second document it tells nothing; in no other one there is nothing to find by it.
        if 0 < others < max(_FEW, everything // 2):
            rare = math.log2(everything / (others + 1))
            # Whole numbers: their sum is the same in every engine and whatever order it adds them in.
            found.append(Worth(row, float(max(1, round(4 * rare * often)))))
    return found


def _rows(document: IndexedDocument) -> Iterator[tuple[Row | Term, int]]:
    """What is characteristic, and how much it counts."""
    title = fold(document.title).split()
    pairs = dict.fromkeys(_pairs(title))
    if not pairs and title:
        yield Term("fold", title[0]), _TITLE_FACTOR
    # The end of a title says what the document is about, its beginning of what type it is.
    for pair in list(pairs)[-_TITLE_ROWS:]:
        yield Row("fold", pair), _TITLE_FACTOR
    text = fold(" ".join(document.pages)[:_MAX_TEXT_CHARS]).split()
    often = Counter(pair for pair in _pairs(text) if pair not in pairs)
    repeated = (pair for pair, times in often.most_common() if times > 1)
    for pair in islice(repeated, _TEXT_ROWS):
        yield Row("fold", pair), 1


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Two words side by side, no numbers among them."""
    return (pair for pair in pairwise(words) if all(word.isalpha() for word in pair))
