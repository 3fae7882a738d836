"""Where the documents of a supplement or replacement go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.additions import KnownDocument, place_documents
from metadata.descriptions import (
    Cell,
    DocumentDescription,
    DocumentRelation,
    DossierDescription,
    RecordStatus,
    RelationKind,
)

SUPPLEMENT, REPLACEMENT = RecordStatus.SUPPLEMENT, RecordStatus.REPLACEMENT


def document(ordinal: int, *files: str, **fields: str) -> DocumentDescription:
    cells = {key: Cell(value=value, written=value) for key, value in fields.items()}
    return DocumentDescription(ordinal=ordinal, fields=cells, files=files, row=ordinal + 1, sheet="S", source="s.xlsx")


def dossier(status: RecordStatus, *documents: DocumentDescription) -> DossierDescription:
    return DossierDescription(file_code="H49.01", documents=documents, record_status=status)


def known(ordinal: int, *, has_files: bool = True, **fields: str) -> KnownDocument:
    return KnownDocument(document(ordinal, **fields), has_files)


def test_a_file_for_a_registered_document_takes_its_ordinal() -> None:
    stored = [known(1, has_files=False, doc_code="A"), known(2, has_files=False, doc_code="B")]
    placed = place_documents(dossier(SUPPLEMENT, document(1, "b.pdf", doc_code="b")), stored)
    assert (placed.ordinals, placed.relations, placed.findings) == ({1: 2}, {}, ())


def test_a_document_that_is_not_stored_keeps_its_free_ordinal() -> None:
    placed = place_documents(dossier(SUPPLEMENT, document(7, "x.pdf", subject="Mới")), [known(1, subject="Cũ")])
    assert (placed.ordinals, placed.findings) == ({7: 7}, ())


@pytest.mark.rule("ADD-004")
def test_another_document_under_a_taken_ordinal_gets_the_next_one_and_is_told() -> None:
    new = dossier(SUPPLEMENT, document(1, "x.pdf", subject="Khác"), document(3, "y.pdf", subject="Ba"))
    placed = place_documents(new, [known(1, subject="Một"), known(2, subject="Hai")])
    assert placed.ordinals == {1: 4, 3: 3}
    (told,) = placed.findings
    assert (told.rule, told.row, told.sheet, told.values["ordinal"]) == ("ADD-004", 2, "S", "4")


@pytest.mark.rule("ADD-005")
@pytest.mark.rule("ADD-006")
def test_rows_that_bring_nothing_new_are_left_out_and_told() -> None:
    placed = place_documents(dossier(SUPPLEMENT, document(1, doc_code="A")), [known(1, has_files=False, doc_code="A")])
    assert placed.ordinals == {}
    assert [finding.rule for finding in placed.findings] == ["ADD-005", "ADD-006"]


@pytest.mark.rule("ADD-003")
def test_a_supplement_replaces_no_stored_file() -> None:
    placed = place_documents(dossier(SUPPLEMENT, document(1, "a.pdf", doc_code="A")), [known(1, doc_code="A")])
    assert "ADD-003" in {finding.rule for finding in placed.findings}
    assert placed.ordinals == {}


@pytest.mark.rule("ADD-007")
def test_a_replacement_gets_an_ordinal_of_its_own_and_says_what_it_replaces() -> None:
    stored = [known(1, doc_code="A"), known(2, doc_code="B"), known(5, doc_code="A")]
    placed = place_documents(dossier(REPLACEMENT, document(1, "a.pdf", doc_code="A")), stored)
    assert placed.ordinals == {1: 6}
    assert placed.relations == {1: (DocumentRelation(kind=RelationKind.REPLACES, target="#5"),)}


def test_number_body_and_day_tell_the_same_document_where_codes_are_missing() -> None:
    same = {"code_number": "12", "code_notation": "QĐ-UBND", "organ_name": "UBND tỉnh", "issued_date": "1979-03-01"}
    placed = place_documents(dossier(REPLACEMENT, document(9, "a.pdf", **same)), [known(3, has_files=True, **same)])
    assert placed.relations[9][0].target == "#3"


@pytest.mark.rule("ADD-009")
def test_a_replacement_of_nothing_is_taken_as_new_and_told() -> None:
    placed = place_documents(dossier(REPLACEMENT, document(4, "a.pdf", doc_code="Z")), [known(1, doc_code="A")])
    assert placed.ordinals == {4: 4}
    assert [finding.rule for finding in placed.findings] == ["ADD-009"]


def test_two_that_come_at_the_same_time_complete_a_document_once() -> None:
    stored = [known(2, has_files=False, doc_code="B")]
    first = place_documents(dossier(SUPPLEMENT, document(2, "a.pdf", doc_code="B")), stored)
    second = place_documents(dossier(REPLACEMENT, document(2, "b.pdf", doc_code="B")), stored, first.ordinals.values())
    assert (first.ordinals, second.ordinals) == ({2: 2}, {2: 3})


texts = st.sampled_from(["", "A", "B", "a"])
descriptions = st.builds(
    lambda ordinal, code, title, files: document(
        ordinal, *files, **{key: text for key, text in (("doc_code", code), ("subject", title)) if text}
    ),
    st.integers(1, 6),
    texts,
    texts,
    st.sampled_from([(), ("x.pdf",)]),
)
unique = {"unique_by": lambda description: description.ordinal, "max_size": 5}


@given(
    st.lists(descriptions, **unique),  # type: ignore[arg-type]  # the keywords of `lists`
    st.lists(descriptions, **unique),  # type: ignore[arg-type]  # as above
    st.sampled_from([SUPPLEMENT, REPLACEMENT]),
    st.sets(st.integers(1, 8), max_size=3),
)
def test_no_stored_document_with_files_ever_loses_its_ordinal_and_no_ordinal_is_given_twice(
    stored: list[DocumentDescription], delivered: list[DocumentDescription], status: RecordStatus, taken: set[int]
) -> None:
    entries = [KnownDocument(description, bool(description.files)) for description in stored]
    placed = place_documents(dossier(status, *delivered), entries, taken)
    given_out = list(placed.ordinals.values())
    assert len(given_out) == len(set(given_out))
    assert not set(given_out) & ({entry.description.ordinal for entry in entries if entry.has_files} | taken)
    told = {finding.rule for finding in placed.findings}
    for description in delivered:
        assert description.ordinal in placed.ordinals or told & {"ADD-003", "ADD-005"}
        if description.ordinal not in placed.ordinals and "ADD-003" not in told:
            assert not description.files
