"""How far a paper beats those that have all words by chance is told by fewer looks, and told the same."""

from __future__ import annotations

import random
from pathlib import Path

from search.backends.tantivy import TantivyIndex
from search.planning import side_by_side
from search.ports import SearchRequest
from tests.contract.search_index import document

_WORDS = ["kinh", "tế", "tuần", "hoàn", "đất", "rừng", "biển", "cả"]


def test_looking_at_little_finds_what_ranking_everything_finds(tmp_path: Path) -> None:
    dice = random.Random(11)  # noqa: S311 - texts
    index = TantivyIndex(tmp_path, analysts=0)
    texts = [" ".join(dice.choices(_WORDS, k=dice.randint(3, 7))) for _ in range(150)]
    index.add([document(f"d{number}", pages=[text]) for number, text in enumerate(texts)])
    more_than_all, nothing_more = 0, 0
    for _ in range(40):
        typed = " ".join(dice.sample(_WORDS, dice.randint(4, 7)))
        query, request = index.read(typed), SearchRequest(typed, access=("all",))
        most = query.most()
        by_ranking = index._most_beside(side_by_side(most, request))
        for beside in range(len(query.pairs())):
            assert index._more_beside(most, request, beside) == max(beside or 0, by_ranking), typed
            more_than_all += by_ranking > beside > 0
            nothing_more += by_ranking <= beside
    assert min(more_than_all, nothing_more) > 10
