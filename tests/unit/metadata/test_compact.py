"""Many values kept small are the values that were given."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.compact import BLOCK, MANY, PackedMapping, PackedSequence, by_name, in_order
from metadata.descriptions import (
    Cell,
    Claim,
    Delivery,
    DocumentDescription,
    DocumentRelation,
    DossierDescription,
    MachineMade,
    RecordKind,
    RelationKind,
)

texts = st.text(max_size=12) | st.text('\0\ud800\x85\u2028"\\ẵ', max_size=4)
cells = st.builds(Cell, texts, texts, st.none() | st.integers(1, 9), st.none() | texts)
descriptions = st.builds(
    DocumentDescription,
    ordinal=st.integers(),
    kind=st.sampled_from(RecordKind),
    fields=st.dictionaries(texts, cells, max_size=4),
    extra=st.dictionaries(texts, texts, max_size=2),
    source=st.none() | texts,
    sheet=st.none() | texts,
    row=st.none() | st.integers(1),
    files=st.lists(texts, max_size=3).map(tuple),
    missing_files=st.lists(texts, max_size=2).map(tuple),
    relations=st.lists(st.builds(DocumentRelation, kind=st.sampled_from(RelationKind), target=texts), max_size=2).map(
        tuple
    ),
    machine_made=st.lists(
        st.builds(
            MachineMade,
            key=texts,
            file=texts,
            page=st.integers(1),
            box=st.tuples(*(st.floats(0, 1) for _ in range(4))),
            confidence=st.floats(0, 1),
        ),
        max_size=1,
    ).map(tuple),
)


def document(ordinal: int) -> DocumentDescription:
    """One as packages describe them: most fields say what the others say."""
    same = {f"field{number}": Cell("Ủy ban nhân dân tỉnh", "01", None, f"Field{number}") for number in range(10)}
    own = {f"own{number}": Cell(f"H49.{ordinal:07d}.{number}", column=f"Own{number}") for number in range(4)}
    path = f"representations/rep1/data/H49.64.2025.12.{ordinal:07d}.pdf"
    return DocumentDescription(ordinal=ordinal, fields={**same, **own}, source="EAD.xml", files=(path,))


@settings(max_examples=25)
@given(st.lists(descriptions, max_size=3))
def test_a_packed_description_comes_back_with_everything_that_it_said(given_: list[DocumentDescription]) -> None:
    # Only whole blocks are packed: so often that each stands in one.
    packed = PackedSequence(DocumentDescription, given_ * BLOCK)
    assert list(packed) == given_ * BLOCK
    assert packed == tuple(given_ * BLOCK)


@given(st.lists(st.tuples(st.sampled_from("abcdẵ\0"), st.integers()), max_size=150))
def test_by_name_is_found_what_a_dict_has(entries: list[tuple[str, int]]) -> None:
    packed = PackedMapping(int, entries)
    plain = dict(entries)
    assert {name: packed[name] for name in plain} == plain
    assert dict(packed.items()) == plain
    assert "z" not in packed
    assert packed.get("z") is None


def test_a_place_is_asked_for_as_of_a_tuple() -> None:
    plain = tuple(f"v{number}" for number in range(5 * BLOCK + 7))
    packed = PackedSequence(str, plain)
    places = (0, BLOCK - 1, BLOCK, 5 * BLOCK, len(plain) - 1, -1, -len(plain))
    assert [packed[place] for place in places] == [plain[place] for place in places]
    assert packed[3 : 4 * BLOCK : 5] == plain[3 : 4 * BLOCK : 5]
    assert tuple(reversed(packed)) == plain[::-1]
    assert packed != plain[:-1]
    with pytest.raises(IndexError):
        packed[len(plain)]


def test_few_stay_a_tuple_and_a_dict() -> None:
    assert in_order(int, iter(range(MANY - 1))) == tuple(range(MANY - 1))
    assert isinstance(in_order(int, range(MANY - 1)), tuple)
    assert isinstance(by_name(int, ((str(n), n) for n in range(MANY - 1))), dict)
    assert isinstance(in_order(int, range(MANY)), PackedSequence)
    assert isinstance(by_name(int, ((str(n), n) for n in range(MANY))), PackedMapping)


def test_a_model_writes_and_reads_many_as_it_does_few() -> None:
    documents = tuple(map(document, range(1, MANY + 2)))
    claims = {f"p{number}": (Claim(by="METS.xml", digests={"SHA-256": f"{number:064x}"}),) for number in range(MANY)}
    dossier = DossierDescription(file_code="H49", documents=documents)
    delivery = Delivery(reader="package", profile="05-2025", root="/r", dossiers=(dossier,), claims=claims)
    assert isinstance(dossier.documents, PackedSequence)
    assert isinstance(delivery.claims, PackedMapping)
    plain = delivery.model_dump(mode="json")
    assert plain["dossiers"][0]["documents"] == [one.model_dump(mode="json") for one in documents]
    assert plain["claims"]["p7"] == [claims["p7"][0].model_dump(mode="json")]
    again = Delivery.model_validate_json(delivery.model_dump_json())
    assert again == delivery
    assert isinstance(again.dossiers[0].documents, PackedSequence)


def test_a_packed_document_weighs_a_tenth_of_what_it_weighs_as_an_object() -> None:
    count = 12 * BLOCK
    tracemalloc.start()
    try:
        packed = PackedSequence(DocumentDescription, map(document, range(1, count + 1)))
        weight = tracemalloc.get_traced_memory()[0]
        objects = list(packed)
        unpacked = tracemalloc.get_traced_memory()[0] - weight
    finally:
        tracemalloc.stop()
    assert len(objects) == count
    assert weight * 10 < unpacked
