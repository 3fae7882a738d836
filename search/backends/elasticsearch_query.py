"""A plan in Elasticsearch's words."""

from __future__ import annotations

from typing import Any, Final

from search.plan import Begins, Bool, Boost, Everything, Near, Node, Nothing, OneOf, Past, Row, Term, Within, Worth

Query = dict[str, Any]

_MOST_VALUES = 60_000
"""Values of one `terms` query: 65,536 are the server's limit."""

_ONE_CHANGE: Final = {"fuzziness": 1, "transpositions": True, "prefix_length": 0, "rewrite": "constant_score"}
"""Without its rewriting the server takes the fifty likeliest words alone."""

_ALL: Final[Query] = {"match_all": {}}
_NONE: Final[Query] = {"match_none": {}}


def compiled(node: Node) -> Query:  # noqa: C901, PLR0911 - one return a kind
    """The query for `node`."""
    match node:
        case Term(field, value):
            return {"term": {field: {"value": value}}}
        case Row(field, words):
            return {"match_phrase": {field: {"query": " ".join(words)}}}
        case OneOf(field, values):
            return _one_of(field, values)
        case Begins(field, stem):
            return {"prefix": {field: {"value": stem}}}
        case Near(field, value):
            return {"fuzzy": {field: {"value": value} | _ONE_CHANGE}}
        case Within(field, first, last):
            ends = {"gte": first, "lte": last}
            return {"range": {field: {end: value for end, value in ends.items() if value is not None}}}
        case Past(field, value):
            return {"range": {field: {"gt": value}}}
        case Everything():
            return _ALL
        case Nothing():
            return _NONE
        case Worth(inner, score):
            return {"constant_score": {"filter": compiled(inner), "boost": score}}
        case Boost(inner, factor):
            return {"bool": {"must": [compiled(inner)], "boost": factor}}
        case Bool():
            return _bool(node)


def _one_of(field: str, values: tuple[str, ...]) -> Query:
    parts = [
        {"terms": {field: list(values[start : start + _MOST_VALUES])}} for start in range(0, len(values), _MOST_VALUES)
    ]
    return parts[0] if len(parts) == 1 else {"bool": {"should": parts}} if parts else _NONE


def _bool(node: Bool) -> Query:
    if not (node.must or node.should or node.narrow):
        # An empty `bool` would be everything.
        return _NONE
    if len(node.must) + len(node.should) == 1 and not (node.narrow or node.never or node.least > 1):
        # The server refuses trees of more than 30 levels.
        return compiled((node.must or node.should)[0])
    clauses = {"must": node.must, "should": node.should, "filter": node.narrow, "must_not": node.never}
    parts: Query = {name: [compiled(inner) for inner in nodes] for name, nodes in clauses.items() if nodes}
    if node.least:
        parts["minimum_should_match"] = node.least
    return {"bool": parts}
