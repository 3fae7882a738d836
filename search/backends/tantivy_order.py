"""Exact order in Tantivy, which itself orders by one field and leaves equal documents as they lie.

Only documents that are equal up to an end of the page cost more than the page: they
are asked for once again, by what parts them. Who reads the page sorts it by rank and
identifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isqrt

import tantivy

from search.backends.tantivy_query import Compiler
from search.backends.tantivy_schema import count_of, total
from search.paging import Order
from search.plan import Past

_BEYOND = 32
"""Hits fetched behind the page at first, to see where its last equals end."""

_GROWTH = 4

_MANY = 1000
"""Where so many hits are read and the last equals still go on, they are asked for by what parts them."""

_MOST_TIE = 1 << 62
"""No `tie` is greater."""

Address = tuple[int, int]
Rank = tuple[float, int]
"""Less stands first; documents of one rank are parted by their identifiers."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A document of a page."""

    rank: Rank
    score: float
    address: tantivy.DocAddress


@dataclass(frozen=True, slots=True)
class Asked:
    """A query on a state of the index, which holds documents; `first` < `last` <= their number."""

    searcher: tantivy.Searcher
    compiler: Compiler
    query: tantivy.Query
    unscored: tantivy.Query
    """The same without what only ranks: for whoever asks for another order."""

    def best(self, first: int, last: int) -> tuple[list[Placed], int]:
        """Places `first` to before `last` by score, as a set, and how many documents answer."""
        scored, count = self._scored(last, lambda ranks, count: self._is_enough(ranks, last, count))
        if len(scored) < count and scored[-1][0] == scored[last - 1][0]:
            rank = scored[-1][0]
            begin = next(place for place, (other, _, _) in enumerate(scored) if other == rank)
            scored[begin:] = self._first_of(rank, last - begin, len(scored) - begin, count)
        groups = [group for group in _groups([rank for rank, _, _ in scored]) if _meets(group, first, last)]
        if not groups:
            return [], count
        begin, end = groups[0].start, groups[-1].stop
        page = scored[begin:end]
        ties = self.searcher.fast_field_values("tie", [address for _, _, address in page])
        ranked = [
            ((rank, -int(tie or 0)), score, address) for (rank, score, address), tie in zip(page, ties, strict=True)
        ]
        ranked.sort(key=lambda each: each[0])
        return list(self._cut(ranked, first - begin, last - begin)), count

    @staticmethod
    def _is_enough(ranks: Sequence[float], last: int, count: int) -> bool:
        """Whether the last equals have ended, or are so many that `_first_of` finds them sooner."""
        return ranks[-1] != ranks[last - 1] or len(ranks) >= max(_MANY, _fair(last, count))

    def _first_of(
        self, rank: float, wanted: int, seen: int, count: int
    ) -> list[tuple[float, float, tantivy.DocAddress]]:
        """Those of one score that stand first by `tie`, the `wanted` and all that equal the last of them.

        Args:
            rank: Of their score.
            wanted: How many.
            seen: Of that many it is known that they have it.
            count: How many documents answer.
        """
        reach = min(count, 2 * wanted * count // seen + _BEYOND)
        while True:
            ties = self.searcher.search(self.unscored, reach, order_by_field="tie", order=tantivy.Order.Desc).hits
            narrow = self._valued("tie", ties[-1][0], _MOST_TIE)
            among = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, self.query), (tantivy.Occur.Must, tantivy.Query.const_score_query(narrow, 0.0))]
            )
            hits = self.searcher.search(among, total(self.searcher, among)).hits
            found = [(rank, score, address) for score, address in hits if -_steady(score) == rank]
            if len(found) >= wanted or reach == count:
                return found
            reach = min(count, reach * _GROWTH)

    def place_behind(self, rank: Rank, document_id: str, near: int) -> int:
        """The first place by score behind a rank and identifier; it is expected not far from `near`."""
        scored, _ = self._scored(near, lambda ranks, _: ranks[-1] > rank[0])
        equal = [address for score, _, address in scored if score == rank[0]]
        ties = [-int(tie or 0) for tie in self.searcher.fast_field_values("tie", equal)]
        same = {_plain(address) for address, tie in zip(equal, ties, strict=True) if tie == rank[1]}
        before = sum(score < rank[0] for score, _, _ in scored) + sum(tie < rank[1] for tie in ties)
        if not same:
            return before
        not_behind = [
            (tantivy.Occur.Must, self.unscored),
            (tantivy.Occur.Must, self._valued("tie", -rank[1])),
            (tantivy.Occur.MustNot, self.compiler.query(Past("id", document_id))),
        ]
        query = tantivy.Query.boolean_query(not_behind)
        hits = self.searcher.search(query, max(1, total(self.searcher, query))).hits
        return before + sum(_plain(address) in same for _, address in hits)

    def _scored(
        self, reach: int, enough: Callable[[Sequence[float], int], bool]
    ) -> tuple[list[tuple[float, float, tantivy.DocAddress]], int]:
        """The best, some `reach` of them and as many more as are `enough`, and how many answer."""
        held = int(self.searcher.num_docs)
        reach += _BEYOND
        while True:
            reach = min(reach, held)
            result = self.searcher.search(self.query, reach)
            count = count_of(result)
            scored = [(-_steady(score), score, address) for score, address in result.hits]
            if len(scored) < reach or reach == held or enough([rank for rank, _, _ in scored], count):
                return scored, count
            # In one step to where it is decided: each step is a whole search.
            reach = max(reach * _GROWTH, _MANY, _fair(reach, count))

    def _cut(self, ranked: Sequence[tuple[Rank, float, tantivy.DocAddress]], first: int, last: int) -> Iterator[Placed]:
        for group in _groups([rank for rank, _, _ in ranked]):
            if not _meets(group, first, last):
                continue
            equal = [ranked[place] for place in group]
            if first <= group.start and group.stop <= last:
                yield from (Placed(rank, score, address) for rank, score, address in equal)
                continue
            scores = {_plain(address): (rank, score) for rank, score, address in equal}
            tie = -equal[0][0][1]
            found = self._among(self._valued("tie", tie), scores, last - group.start)
            for address in found[max(0, first - group.start) :]:
                rank, score = scores[_plain(address)]
                yield Placed(rank, score, address)

    def _among(
        self, narrow: tantivy.Query, wanted: dict[Address, tuple[Rank, float]], count: int
    ) -> list[tantivy.DocAddress]:
        """The first `count` of the `wanted` by identifier; `narrow` holds for all of them."""
        reach = count + _BEYOND
        count = min(count, len(wanted))
        while True:
            hits = self._by_id(narrow, reach)
            found = [address for address in hits if _plain(address) in wanted][:count]
            if len(found) == count or len(hits) < reach:
                return found
            reach *= _GROWTH

    def sorted(self, order: Order, first: int, last: int) -> tuple[list[Placed], int]:
        """Places `first` to before `last` by the values of a field, as a set, and how many documents answer."""
        by = tantivy.Order.Desc if order.falling else tantivy.Order.Asc
        result = self.searcher.search(self.query, last + 1, order_by_field=order.field, order=by)
        values = [value for value, _ in result.hits]
        page: list[Placed] = []
        for place, group in enumerate(_groups(values)):
            if not _meets(group, first, last):
                continue
            rank = (0.0, place)
            if first <= group.start and group.stop <= last:
                page += [Placed(rank, 0.0, result.hits[each][1]) for each in group]
                continue
            from_id = max(0, first - group.start)
            rest = self._by_id(self._valued(order.field, values[group.start]), last - group.start - from_id, from_id)
            page += [Placed(rank, 0.0, address) for address in rest]
        return page, count_of(result)

    def _by_id(self, narrow: tantivy.Query, limit: int, offset: int = 0) -> list[tantivy.DocAddress]:
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, self.unscored), (tantivy.Occur.Must, narrow)])
        by = tantivy.Order.Asc
        hits = self.searcher.search(query, limit, offset=offset, order_by_field="order_id", order=by).hits
        return [address for _, address in hits]

    def _valued(self, field: str, value: int | str, up_to: int | None = None) -> tantivy.Query:
        if isinstance(value, str):
            return tantivy.Query.term_query(self.compiler.schema, field, value, "basic")
        last = value if up_to is None else up_to
        return tantivy.Query.range_query(self.compiler.schema, field, tantivy.FieldType.Integer, value, last)


def _fair(wanted: int, count: int) -> int:
    """Hits to read by score so that as many again, read by `tie`, hold those that are wanted."""
    return isqrt(2 * wanted * count)


def _steady(score: float) -> float:
    """The score without its last digits: in which order a segment adds up parts is no difference between documents."""
    return float(f"{score:.5g}")


def _plain(address: tantivy.DocAddress) -> Address:
    return address.segment_ord, address.doc


def _groups(values: Sequence[object]) -> list[range]:
    """Stretches of equal values."""
    starts = [place for place, value in enumerate(values) if place == 0 or value != values[place - 1]]
    return [range(start, end) for start, end in pairwise([*starts, len(values)])]


def _meets(group: range, first: int, last: int) -> bool:
    return group.start < last and group.stop > first
