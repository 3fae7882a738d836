"""Rules of metadata over generated deliveries: how documents are kept changes nothing, and each is looked at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.compact import PackedSequence
from metadata.descriptions import (
    Cell,
    Delivery,
    DocumentDescription,
    DocumentRelation,
    DossierDescription,
    RecordKind,
    RecordStatus,
    RelationKind,
)
from metadata.edxml import READER
from metadata.findings import Finding
from metadata.profiles import PROFILES, RECORD_SECTIONS, Section, profile
from metadata.rules import secrets_of
from metadata.validation import check_delivery, check_secrets
from metadata.validation_secrets import secret_findings
from tests.generators.examples import examples

CODES = ("H49.64.33.2019.01", "h49.64.33.2019.01", "000.00.01.H49.2020.02")
WORDS = (
    *("", "3", "03", "x", "12", "2019", "2019-02-15", "2019-13-01", "2018-01", "#REF!", "Số hóa", "Gốc điện tử"),
    *("Mật", "[MẬT] Báo cáo", "Tuyệt mật", "nhân sự", "đất đai năm 2019", "Lâu dài", "Tạm thời", "Vĩnh viễn"),
    *("20 năm", "70 năm", "Quyết định", "Công khai", "Hạn chế", "a" * 600, "A.1", "a.1", "B; A.1", "#1", "#9"),
    *(f"{CODES[0]}.0000001", f"{CODES[2]}.0000002", CODES[0], CODES[2]),
)
KEYS = sorted(
    {
        key
        for id_ in PROFILES
        for section in (*RECORD_SECTIONS.values(), Section.DOSSIER, Section.LOT)
        for key in profile(id_).fields(section)
    }
    | {"replaces", "replaced_by", "recalled", "unknown_key"}
)
FILES = ("a.pdf", f"{CODES[0]}.001.pdf", f"x/{CODES[0]}.2.pdf", f"{CODES[2]}.001.pdf", f"{CODES[0]}.pdf")

words = st.sampled_from(WORDS)
cells = st.builds(
    Cell, value=words, written=words, row=st.none() | st.integers(1, 9), column=st.none() | st.just("Cột")
)
fields = st.dictionaries(st.sampled_from(KEYS), cells, max_size=14)
extra = st.dictionaries(st.sampled_from(["Phân loại", "Ghi chú thêm"]), words, max_size=2)
places = {
    "source": st.none() | st.just("danh-muc.xlsx"),
    "sheet": st.none() | st.just("Văn bản"),
    "row": st.none() | st.integers(1, 99),
}
relations = st.builds(DocumentRelation, kind=st.sampled_from(RelationKind), target=words)
documents = st.builds(
    DocumentDescription,
    ordinal=st.integers(1, 4),
    kind=st.sampled_from(RecordKind),
    files=st.lists(st.sampled_from(FILES), max_size=2).map(tuple),
    relations=st.lists(relations, max_size=1).map(tuple),
    fields=fields,
    extra=extra,
    **places,
)
dossiers = st.builds(
    DossierDescription,
    file_code=st.sampled_from(CODES),
    record_status=st.sampled_from(RecordStatus),
    is_register=st.booleans(),
    documents=st.lists(documents, max_size=6).map(tuple),
    fields=fields,
    extra=extra,
    **places,
)
told = st.lists(
    st.sampled_from([Finding(rule="READ-001"), Finding(rule="SEC-001"), Finding(rule="MET-061")]), max_size=2
)
deliveries = st.builds(
    Delivery,
    reader=st.sampled_from(["folder", READER]),
    profile=st.sampled_from(PROFILES),
    root=st.just("/x"),
    dossiers=st.lists(dossiers, min_size=1, max_size=2, unique_by=lambda one: one.file_code).map(tuple),
    sources=st.sampled_from([(), ("danh-muc.xlsx",)]),
    dossier_findings=st.dictionaries(st.sampled_from(CODES), told.map(tuple), max_size=2),
)
refusals = st.lists(st.sampled_from(["nhân sự", "nhan su", "đất đai"]), max_size=3)


class Counted(Sequence[DocumentDescription]):
    """Documents that count how often they are gone over."""

    def __init__(self, documents: Sequence[DocumentDescription]) -> None:
        self._documents = documents
        self.walks = 0

    def __len__(self) -> int:
        return len(self._documents)

    @overload
    def __getitem__(self, index: int) -> DocumentDescription: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[DocumentDescription]: ...

    def __getitem__(self, index: int | slice) -> DocumentDescription | Sequence[DocumentDescription]:
        return self._documents[index]

    def __iter__(self) -> Iterator[DocumentDescription]:
        self.walks += 1
        return iter(self._documents)


def kept_as(delivery: Delivery, kind: type) -> Delivery:
    """`delivery` with the documents of each dossier kept otherwise."""
    made = tuple(
        dossier.model_copy(
            update={
                "documents": PackedSequence(DocumentDescription, dossier.documents)
                if kind is PackedSequence
                else kind(dossier.documents)
            }
        )
        for dossier in delivery.dossiers
    )
    return delivery.model_copy(update={"dossiers": made})


@given(deliveries, refusals)
@settings(max_examples=examples(30))
def test_packed_documents_break_the_same_rules_in_the_same_order(delivery: Delivery, refused: list[str]) -> None:
    plain, packed = (check_delivery(one, refused) for one in (delivery, kept_as(delivery, PackedSequence)))
    assert dict(plain) == dict(packed)


@given(deliveries, refusals)
@settings(max_examples=examples(30))
def test_all_rules_go_over_the_documents_once_and_once_more_for_what_replaces_what(
    delivery: Delivery, refused: list[str]
) -> None:
    counted = kept_as(delivery, Counted)
    found = check_delivery(counted, refused)
    for dossier in counted.dossiers:
        assert isinstance(dossier.documents, Counted)
        relate = any(document.relations for document in dossier.documents)
        dossier.documents.walks = 0
        succession = {"replaces", "updates", "recalls"}
        relate |= any(succession & document.fields.keys() for document in dossier.documents._documents)
        found[dossier.file_code]
        assert dossier.documents.walks == 1 or relate


@given(deliveries, refusals)
@settings(max_examples=examples(30))
def test_secrets_asked_for_alone_are_those_of_all_rules(delivery: Delivery, refused: list[str]) -> None:
    silent = delivery.model_copy(update={"dossier_findings": {}})
    everything, alone = check_delivery(silent, refused), check_secrets(delivery, refused)
    assert {code: secrets_of(found) for code, found in everything.items()} == dict(alone)
    for dossier in delivery.dossiers:
        source = dossier.source or (delivery.sources[0] if delivery.sources else None)
        assert tuple(secret_findings(dossier, source)) == tuple(
            finding for finding in alone[dossier.file_code] if finding.rule == "SEC-001"
        )
