"""Documents that replace, update or take back earlier ones, and where the paper lies."""

from __future__ import annotations

import pytest

from metadata.descriptions import Cell, Description, DocumentDescription, DocumentRelation, RelationKind
from metadata.physical import StorePlace, place_of_key, store_place, store_tree
from metadata.succession import in_order_of_validity, relations_of, standings


def document(ordinal: int, *relations: DocumentRelation, **fields: str) -> DocumentDescription:
    cells = {key: Cell(value=value, written=value) for key, value in fields.items()}
    return DocumentDescription(ordinal=ordinal, fields=cells, relations=relations)


def replaces(target: str) -> DocumentRelation:
    return DocumentRelation(kind=RelationKind.REPLACES, target=target)


def test_both_are_kept_and_the_later_one_is_shown_first() -> None:
    documents = (
        document(1, code_number="12", code_notation="QĐ-UBND"),
        document(2, doc_code="H49.2"),
        document(3, replaces("12/QĐ-UBND"), doc_code="H49.3"),
        document(4, doc_code="H49.4", replaces="H49.3"),
    )
    assert [d.ordinal for d in in_order_of_validity(documents)] == [4, 3, 1, 2]
    standing = standings(documents)
    assert standing[1].replaced_by == (3,)
    assert not standing[1].current
    assert standing[4].current
    assert standing[4].replaces == (3,)


def test_a_row_may_say_by_what_it_is_replaced() -> None:
    documents = (document(1, doc_code="A.1", replaced_by="a.2"), document(2, doc_code="A.2"))
    assert [d.ordinal for d in in_order_of_validity(documents)] == [2, 1]


def test_a_recall_stands_before_what_it_takes_back_and_the_flag_alone_counts() -> None:
    documents = (
        document(1, doc_code="A.1"),
        document(2, DocumentRelation(kind=RelationKind.RECALLS, target="A.1")),
        document(3, recalled="Có, theo CV 5/2020"),
        document(4, recalled="Không"),
    )
    standing = standings(documents)
    assert standing[1].recalled_by == (2,)
    assert [n for n in standing if standing[n].recalled] == [1, 3]
    assert [d.ordinal for d in in_order_of_validity(documents)] == [2, 1, 3, 4]


def test_circles_and_unknown_targets_lose_nothing() -> None:
    documents = (document(1, replaces("B"), doc_code="A"), document(2, replaces("A"), doc_code="B"), document(3))
    assert sorted(d.ordinal for d in in_order_of_validity(documents)) == [1, 2, 3]
    lonely = document(1, replaces("H1.9"))
    assert standings((lonely,))[1].unknown == (replaces("H1.9"),)


def test_several_targets_in_one_cell_are_several_relations() -> None:
    assert [r.target for r in relations_of(document(1, updates="A.1; A.2"))] == ["A.1", "A.2"]


def described(**fields: str) -> Description:
    return Description(fields={key: Cell(value=value, written=value) for key, value in fields.items()})


def test_a_place_is_a_branch_of_the_store() -> None:
    place = store_place(described(storehouse="Kho số 2", store_room="Phòng 3", shelf="Giá 12", box="Hộp số 7"))
    assert place.path == (("storehouse", "2"), ("store_room", "3"), ("shelf", "12"), ("box", "7"))
    assert place.key == "2/3/12/7"


def test_the_paper_code_tells_the_place_where_the_columns_do_not() -> None:
    place = store_place(described(paper_file_code="H49.2/12/7.160"))
    assert (place.storehouse, place.shelf, place.box) == ("2", "12", "7")
    assert place.key == "2/-/12/7"
    assert store_place(described(paper_file_code="81-K4-01")).key == ""


def test_the_store_is_a_tree_whose_places_are_counted_as_people_count() -> None:
    boxes = [StorePlace(storehouse="2", shelf="1", box=str(n)) for n in (12, 2, 2)]
    tree = store_tree([*boxes, StorePlace(storehouse="10"), StorePlace(), StorePlace(box="7")])
    assert [(branch.level, branch.value, branch.dossiers) for branch in tree] == [
        ("storehouse", "2", 3),
        ("storehouse", "10", 1),
        ("box", "7", 1),
    ]
    (shelf,) = tree[0].branches
    assert [(branch.value, branch.dossiers) for branch in shelf.branches] == [("2", 2), ("12", 1)]


def test_a_key_names_the_place_that_it_was_made_of() -> None:
    for place in (StorePlace("2", "3", "12", "7"), StorePlace(shelf="A/B"), StorePlace(storehouse="2", box="7")):
        assert place_of_key(place.key) == place
    assert place_of_key("2/-/12") == StorePlace(storehouse="2", shelf="12")
    with pytest.raises(ValueError, match="1/2/3/4/5"):
        place_of_key("1/2/3/4/5")
