"""What stands nowhere is not asked for, and nobody can tell by the answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tantivy
from hypothesis import given, settings
from hypothesis import strategies as st

from search.backends.tantivy_pruning import near_the_narrow, pruned, unranked
from search.backends.tantivy_query import Compiler, share, standing
from search.backends.tantivy_schema import opened, put, row_of, schema, writing_to
from search.plan import Begins, Bool, Boost, Everything, Node, Nothing, OneOf, Row, Term, Worth
from tests.contract.search_index import document

WORDS = ("quyet", "dinh", "dat", "rung", "vang")
TITLES = ("quyết định", "định đất rừng", "đất", "rừng quyết định", "")


def there(_: str, value: str) -> bool:
    return value != "vang"


def test_what_no_document_can_meet_goes() -> None:
    known, gone = Term("fold", "dat"), Term("fold", "vang")
    for node, left in (
        (gone, Nothing()),
        (Row("fold", ("dat", "vang")), Nothing()),
        (OneOf("fold", ()), Nothing()),
        (OneOf("key", ("vang", "dat")), OneOf("key", ("dat",))),
        (OneOf("key", ("vang",)), Nothing()),
        (Bool(should=(known, Worth(OneOf("key", ("vang",)), 0.0))), known),
        (Worth(gone, 1.0), Nothing()),
        (Boost(gone, 1.0), Nothing()),
        (Bool(should=(known, Worth(gone, 0.0))), known),
        (Bool(must=(known, gone)), Nothing()),
        (Bool(narrow=(gone,), should=(known,)), Nothing()),
        (Bool(must=(known,), should=(gone,), never=(gone,)), known),
        (Bool(should=(known, gone), least=2), Nothing()),
        (Bool(never=(known,)), Nothing()),
        (Bool(must=(Bool(must=(known, known)),), narrow=(known,)), Bool(must=(known, known), narrow=(known,))),
        (Everything(), Everything()),
    ):
        assert pruned(node, there) == left


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[tantivy.Searcher, Compiler]:
    folder: Path = tmp_path_factory.mktemp("pruning")
    fields = schema()
    index = opened(folder, fields, new=True)
    with writing_to(index, 16 << 20) as writer:
        for number, title in enumerate(TITLES * 2):
            put(writer, fields, row_of(document(f"d{number}", title=title)))
    return index.searcher(), Compiler(fields, tantivy.Index(fields))


LEAVES = st.one_of(
    st.builds(Term, st.sampled_from(("fold", "title")), st.sampled_from(WORDS)),
    st.builds(Row, st.just("title"), st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map(tuple)),
    st.builds(OneOf, st.just("fold"), st.lists(st.sampled_from(WORDS), max_size=2).map(tuple)),
    st.builds(Begins, st.just("fold"), st.sampled_from(("q", "va", "zz"))),
    st.just(Everything()),
    st.just(Nothing()),
)


def _grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    some = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Worth, inner, st.sampled_from((0.0, 1.0, 40.0))),
        st.builds(Boost, inner, st.sampled_from((0.5, 2.0))),
        st.builds(Bool, some, some, some, some, st.just(0)),
        st.lists(inner, min_size=2, max_size=3).flatmap(
            lambda nodes: st.builds(Bool, should=st.just(tuple(nodes)), least=st.integers(1, len(nodes)))
        ),
    )


@settings(max_examples=150, deadline=None)
@given(plan=st.recursive(LEAVES, _grown, max_leaves=8))
def test_a_pruned_plan_finds_the_same_documents_with_the_same_scores(
    searched: tuple[tantivy.Searcher, Compiler], plan: Node
) -> None:
    searcher, compiler = searched
    whole = searcher.search(compiler.query(plan), 50).hits
    left = searcher.search(compiler.query(pruned(plan, standing(searcher))), 50).hits
    found = {(at.segment_ord, at.doc) for _, at in searcher.search(compiler.query(unranked(plan)), 50).hits}
    assert found == {(at.segment_ord, at.doc) for _, at in whole}
    near = searcher.search(compiler.query(near_the_narrow(plan, lambda _: 0.5)), 50).hits
    scores = [{(at.segment_ord, at.doc): score for score, at in hits} for hits in (whole, left, near)]
    for others in scores[1:]:
        assert scores[0].keys() == others.keys()
        assert all(others[at] == pytest.approx(score, rel=1e-5) for at, score in scores[0].items())


def test_rows_are_looked_for_where_a_narrow_condition_holds(searched: tuple[tantivy.Searcher, Compiler]) -> None:
    searcher, _ = searched
    row, typed = Row("title", ("dat", "rung")), Term("title", "dat")
    wide, narrow = Begins("fold", "q"), OneOf("id", ("d1/1", "d2/1"))
    plan = Bool(must=(typed,), should=(Worth(row, 3.0), typed), narrow=(wide, narrow))
    inner = Bool(must=(row,), narrow=(narrow,))
    assert near_the_narrow(plan, share(searcher)) == replace(plan, should=(Worth(inner, 3.0), typed))
    for other in (replace(plan, narrow=(wide,)), replace(plan, should=(typed,)), replace(plan, narrow=()), typed):
        assert near_the_narrow(other, share(searcher)) == other
    for condition, held in ((Term("id", "d1/1"), 0.1), (Term("id", "d77/1"), 0.0), (wide, 1.0), (narrow, 0.2)):
        assert share(searcher)(condition) == pytest.approx(held)
