"""Succession of documents and places of the store on hostile input: nothing lost, nothing doubled, nothing raised."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from metadata.descriptions import Cell, DocumentDescription, DocumentRelation, RelationKind
from metadata.physical import LEVELS, StorePlace, place_of_key, store_place, store_tree
from metadata.retention import read_period, suggestions
from metadata.succession import in_order_of_validity, standings

names = st.sampled_from(["A.1", "a.1", "B", "12/QĐ-UBND", "#1", "#2", "#3", "", " ", ";", "B; A.1"])
relations = st.builds(DocumentRelation, kind=st.sampled_from(RelationKind), target=names)
cells = st.dictionaries(
    st.sampled_from(["doc_code", "doc_id", "replaces", "replaced_by", "updates", "recalls", "recalled"]),
    names.map(lambda text: Cell(value=text, written=text)),
)
documents = st.lists(
    st.builds(
        DocumentDescription,
        ordinal=st.integers(1, 4),
        fields=cells,
        relations=st.lists(relations, max_size=3).map(tuple),
    ),
    max_size=6,
)
parts = st.text("/-.:∕ 012Kkho̗Giá\u0301hộp", max_size=8)


@given(documents)
def test_order_of_validity_is_the_same_documents_once_each(own: list[DocumentDescription]) -> None:
    ordered = in_order_of_validity(own)
    assert sorted(map(id, ordered)) == sorted(map(id, own))
    assert set(standings(own)) == {document.ordinal for document in own}


@given(documents)
def test_nobody_stands_in_his_own_place(own: list[DocumentDescription]) -> None:
    for ordinal, standing in standings(own).items():
        assert ordinal not in (*standing.replaces, *standing.replaced_by, *standing.recalled_by)
        assert standing.current == (not standing.replaced_by and not standing.recalled)


@given(st.fixed_dictionaries(dict.fromkeys((*LEVELS, "paper_file_code"), parts)))
def test_a_place_has_one_key_whatever_is_written(written: dict[str, str]) -> None:
    described = DocumentDescription(ordinal=1, fields={key: Cell(value=text) for key, text in written.items()})
    place = store_place(described)
    assert place.key.count("/") in {0, len(LEVELS) - 1}
    (*_, tree) = (store_tree([place, place]),)
    assert sum(branch.dossiers for branch in tree) == (2 if place.path else 0)


@given(st.builds(StorePlace, *(st.text("abc 12", min_size=1, max_size=4).filter(str.strip) for _ in LEVELS)))
def test_a_key_leads_back_to_its_place(place: StorePlace) -> None:
    assert place_of_key(place.key) == place


@given(st.text("0123456789 nămNAMLâudàiVĩnhviễn", max_size=14))
def test_a_period_is_read_or_not_and_never_shortened(text: str) -> None:
    period = read_period(text)
    if period is None:
        return
    assert read_period(period.word) == period
    for word in suggestions(period):
        known = read_period(word)
        assert known is not None
        assert known.fewest_years >= period.fewest_years
