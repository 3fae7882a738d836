"""A plan in Tantivy's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tantivy

from search.backends.tantivy_schema import sortable
from search.plan import (
    Begins,
    Bool,
    Boost,
    Everything,
    Near,
    Node,
    Nothing,
    OneOf,
    Past,
    Row,
    Term,
    Within,
    Worth,
)

COUNTED_FIELDS = frozenset({"canon", "fold", "title_canon", "title", "number", "designation"})
"""Fields of words, whose terms are ranked by how often they stand there; those of keys are there or not."""

_COUNTED_VALUES = 200
"""Values of one condition that are counted."""

_MUST, _SHOULD, _MUST_NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot


@dataclass(frozen=True, slots=True)
class Compiler:
    """Makes engine queries for one schema."""

    schema: tantivy.Schema
    parser: tantivy.Index
    """Of the same fields, empty: only its grammar has bounds of text."""

    def query(self, node: Node) -> tantivy.Query:  # noqa: C901, PLR0911 - one return a kind
        """The engine's query for `node`."""
        match node:
            case Term(field, value):
                counted = field in COUNTED_FIELDS or field.startswith("w_")
                return tantivy.Query.term_query(self.schema, field, _kept(field, value), "freq" if counted else "basic")
            case Row(field, words):
                return tantivy.Query.phrase_query(self.schema, field, list(words))
            case OneOf(field, values):
                return tantivy.Query.term_set_query(self.schema, field, [_kept(field, value) for value in values])
            case Begins(field, stem):
                # The stem holds letters and digits only, so nothing in it can be an operator of the expression.
                return tantivy.Query.regex_query(self.schema, field, f"{stem}.*")
            case Near(field, value):
                return tantivy.Query.fuzzy_term_query(self.schema, field, value, 1, True, False)
            case Within(field, first, last):
                return tantivy.Query.range_query(self.schema, field, tantivy.FieldType.Integer, first, last)
            case Past(field, value):
                known = "order_id" if field == "id" else field
                return self.parser.parse_query(f"{known}:{{{sortable(value)} TO *}}", [])
            case Everything():
                return tantivy.Query.all_query()
            case Nothing():
                return tantivy.Query.empty_query()
            case Worth(inner, score):
                return tantivy.Query.const_score_query(self.query(inner), score)
            case Boost(inner, factor):
                return tantivy.Query.boost_query(self.query(inner), factor)
            case Bool():
                return self._bool(node)

    def _bool(self, node: Bool) -> tantivy.Query:
        silent = (Worth(inner, 0.0) for inner in node.narrow)
        parts = [(_MUST, self.query(inner)) for inner in (*silent, *node.must)]
        parts += [(_MUST_NOT, self.query(inner)) for inner in node.never]
        parts += [(_SHOULD, self.query(inner)) for inner in node.should]
        return tantivy.Query.boolean_query(parts, node.least or None)


def standing(searcher: tantivy.Searcher) -> Callable[[str, str], bool]:
    """Whether a term stands in any document of that state, deleted ones that are not swept out yet included."""
    known: dict[tuple[str, str], bool] = {}

    def stands(field: str, value: str) -> bool:
        found = known.get((field, value))
        if found is None:
            found = known[field, value] = searcher.doc_freq(field, _kept(field, value)) > 0
        return found

    return stands


def share(searcher: tantivy.Searcher) -> Callable[[Node], float]:
    """In how many of all documents a condition holds at most, 0 to 1; of conditions that would cost a look: 1."""
    held = max(1, int(searcher.num_docs))

    def of(node: Node) -> float:
        match node:
            case Term(field, value):
                values: tuple[str, ...] = (value,)
            case OneOf(field, values) if len(values) <= _COUNTED_VALUES:
                pass
            case _:
                return 1.0
        return min(1.0, sum(int(searcher.doc_freq(field, _kept(field, value))) for value in values) / held)

    return of


def _kept(field: str, value: str) -> str:
    """A value as the index has it."""
    return sortable(value) if field == "sort_title" else value
