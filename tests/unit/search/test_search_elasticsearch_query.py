"""A plan in Elasticsearch's words, where these could mean something else."""

from __future__ import annotations

from search.backends.elasticsearch_query import compiled
from search.backends.elasticsearch_schema import line
from search.documents import analyse, stored
from search.plan import Bool, Everything, OneOf, Term
from tests.contract.search_index import document


def test_nothing_asked_for_finds_nothing() -> None:
    """An empty `bool` of the server's is everything."""
    assert compiled(Bool()) == {"match_none": {}}
    assert compiled(Bool(never=(Everything(),))) == {"match_none": {}}
    assert compiled(OneOf("access", ())) == {"match_none": {}}


def test_more_values_than_one_query_takes_are_several() -> None:
    query = compiled(OneOf("package", tuple(map(str, range(130_000)))))
    assert [len(part["terms"]["package"]) for part in query["bool"]["should"]] == [60_000, 60_000, 10_000]


def test_nested_single_parts_make_no_depth() -> None:
    node = Bool(must=(Term("fold", "x"),))
    for _ in range(100):
        node = Bool(should=(node,))
    assert compiled(node) == compiled(Term("fold", "x"))


def test_what_is_sent_is_composed_however_it_was_given() -> None:
    """The server's analysis would cut decomposed text apart: what it gets is composed."""
    decomposed = document("a", title="Quye\u0302\u0301t \u0111i\u0323nh", pages=["ba\u0300n giao"])
    sent = line(analyse(decomposed), stored(decomposed)).decode()
    assert "quyết định" in sent
    assert '"bàn giao"' in sent
    assert not {"\u0300", "\u0301", "\u0302", "\u0323"} & set(sent.partition('"record"')[0])
