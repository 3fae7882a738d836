"""The index answers as the language says: compared with a reading of every document, word by word."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.backends.tantivy import TantivyIndex
from search.ports import IndexedDocument, SearchRequest
from search.query import AllOf, AnyOf, Clause, Most, Not, Number, Phrase, Prefix, Query, Same, Word, parse
from search.searching import NOTE_BESIDE, NOTE_MOST, NOTE_TOLERANT
from search.vietnamese import forms
from tests.contract.search_index import document
from tests.generators.examples import examples

WORDS = ["ban", "bàn", "bán", "hoà", "hòa", "đất", "dat", "kỹ", "kĩ", "kinh", "07", "7", "x"]
TOKENS = ["all", "u1", "u2"]
texts = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
holdings = st.lists(
    st.builds(
        lambda pages, access: (pages, access),
        st.lists(texts, max_size=3),
        st.lists(st.sampled_from(TOKENS), min_size=1, max_size=2, unique=True),
    ),
    max_size=6,
)
typed = st.lists(
    st.sampled_from(
        [*WORDS, "-", '"', "OR", "(", ")", "-(", "ba*", "ky*", "hoa*", '"ban dat"', '"hòa bán"', "-kinh", "07/đất", "!"]
    ),
    max_size=6,
).map(" ".join)


def holds(clause: Clause, folds: Sequence[str]) -> bool:  # noqa: PLR0911 - one return a kind
    if isinstance(clause, Word):
        return clause.word.fold in folds
    if isinstance(clause, Phrase | Number):
        row = [word.fold for word in clause.words]
        return any(list(folds[at : at + len(row)]) == row for at in range(len(folds)))
    if isinstance(clause, Prefix):
        return any(fold.startswith(clause.stem) or fold == clause.whole for fold in folds)
    if isinstance(clause, Not):
        return not holds(clause.clause, folds)
    if isinstance(clause, Same):
        return all(holds(each, folds) for each in clause.typed) or any(holds(each, folds) for each in clause.others)
    assert isinstance(clause, AnyOf | AllOf | Most)
    inner = [holds(each, folds) for each in clause.clauses]
    if isinstance(clause, Most):
        return sum(inner) >= clause.least
    return any(inner) if isinstance(clause, AnyOf) else all(inner)


def expected(query: Query, documents: Sequence[IndexedDocument], access: Sequence[str]) -> set[str]:
    found = set()
    for each in documents:
        folds = [word.fold for word in forms(" ".join(each.pages))]
        seen = set(access) & set(each.access)
        if seen and not query.nothing and all(holds(clause, folds) for clause in query.clauses):
            found.add(each.package_id)
    return found


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(holdings, st.lists(typed, min_size=1, max_size=8), st.lists(st.sampled_from(TOKENS), max_size=2))
def test_answers_are_those_of_a_plain_reading_within_the_rights(
    holding: list[tuple[list[str], list[str]]], queries: list[str], access: list[str]
) -> None:
    documents = [
        document(f"package{number}", pages=pages, access=rights) for number, (pages, rights) in enumerate(holding)
    ]
    with tempfile.TemporaryDirectory() as folder:
        index = TantivyIndex(Path(folder) / "index")
        index.add(documents)
        for text in queries:
            answer = index.search(SearchRequest(text, access=access))
            found, right = {hit.package_id for hit in answer.hits}, expected(parse(text), documents, access)
            assert answer.total == len(answer.hits)
            if {NOTE_TOLERANT, NOTE_MOST} & set(answer.notes):
                # What is nearly right is shown only where nothing is right.
                assert found
                assert not right
                assert found <= {each.package_id for each in documents if set(access) & set(each.access)}
            elif NOTE_BESIDE in answer.notes:
                # Added is what is nearly right, to something that is right.
                assert right < found <= {each.package_id for each in documents if set(access) & set(each.access)}
            else:
                assert found == right
