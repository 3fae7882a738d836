"""METS, PREMIS, the record and EAD: what is written comes back, whatever people call their files."""

from __future__ import annotations

import dataclasses
import io
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from metadata.descriptions import (
    Cell,
    Description,
    DocumentDescription,
    DocumentRelation,
    DossierDescription,
    MachineMade,
    RecordKind,
    RecordStatus,
    RelationKind,
)
from metadata.package import Conversion, PackageAgent, PackageEvent
from metadata.package_names import FileNames, extension_of, safe, source_name
from metadata.xml import ead
from metadata.xml.mets import ROOT_PROFILE, FileEntry, MetadataEntry, Mets, MetsAgent, read_mets, write_mets
from metadata.xml.premis import Premis, PremisObject, Source, read_premis, write_premis
from metadata.xml.record import Record, RecordedDocument, RecordFile, read_record, write_record
from metadata.xml.writing import quoted, unquoted

ID = UUID("0d0c1a52-6f0e-4a57-9a5e-1b2c3d4e5f60")
URN = f"urn:uuid:{ID}"
hostile = st.text(
    "\x00\x01\t\n\r\x0b\x1f ./\\%&<>\"']]>~aÄ\u0308ệĐ\u202e\u200b\ufffe\uffff\U0001f600\ud800json:", max_size=20
)
ordinary = st.text(st.characters(codec="utf-8"), max_size=40)
names = hostile | ordinary | st.sampled_from(['json:"', 'json:"x"', "json:", "..", "con", "x" * 255])
shas = st.text("0123456789abcdef", min_size=64, max_size=64)
plain = st.text("abcdefghijklmnopqrstuvwxyz0123456789._-", min_size=1, max_size=20)
paths = st.lists(plain, min_size=1, max_size=3).map("/".join)
one_line = names.map(lambda text: text.replace("\n", " ")).filter(bool)
conversions = st.builds(
    Conversion,
    route=names.filter(bool),
    flavour=st.none() | names.filter(bool),
    judge=names.filter(bool),
    judge_version=names,
    confirmed=st.booleans(),
    losses=st.lists(one_line, max_size=3).map(tuple),
    reason=names,
)
entries = st.builds(
    FileEntry,
    path=paths,
    sha256=shas,
    size_bytes=st.integers(0, 2**60),
    mime=plain,
    conversion=st.none() | conversions,
    created=st.sampled_from(["", "2026-11-29T10:04:05.678+07:00"]),
    owner_name=names,
)


@given(names)
def test_any_text_can_be_written_in_xml_and_comes_back_to_the_letter(text: str) -> None:
    assert unquoted(quoted(text)) == text


@given(
    st.lists(entries, max_size=3, unique_by=lambda entry: entry.path),
    paths,
    st.lists(st.tuples(plain, names), max_size=2),
)
def test_mets_comes_back_valid_and_the_same_and_its_bytes_depend_on_nothing_else(
    files: list[FileEntry], place: str, alternatives: list[tuple[str, str]]
) -> None:
    metadata = [
        MetadataEntry(FileEntry("metadata/descriptive/EAD.xml", "ab" * 32, 5, "application/xml"), "OTHER", "EAD-TT05")
    ]
    premis = [MetadataEntry(FileEntry("metadata/preservation/PREMIS.xml", "cd" * 32, 7, "application/xml"), "PREMIS")]
    mets = Mets(
        objid=URN,
        profile=ROOT_PROFILE,
        created="2026-11-28T10:04:05.678+07:00",
        modified="2026-11-30T10:04:05.678+07:00",
        agents=(MetsAgent("Sở Nội vụ", "ARCHIVIST", "ORGANIZATION", "H49", "IDENTIFICATIONCODE"),),
        alternatives=tuple(alternatives),
        descriptive=tuple(metadata),
        provenance=tuple(premis),
        groups=(("Data", tuple(files)),),
    )
    written = [io.BytesIO(), io.BytesIO()]
    for stream in written:
        write_mets(stream, mets, ID, place)
    assert written[0].getvalue() == written[1].getvalue()
    found = read_mets(io.BytesIO(written[0].getvalue()))
    assert found.groups == (("", tuple(files)),)
    assert (found.descriptive, found.provenance) == (tuple(metadata), tuple(premis))
    assert (found.objid, found.created, found.modified) == (mets.objid, mets.created, mets.modified)
    assert found.agents == mets.agents
    assert found.alternatives == tuple(alternatives)


objects = st.builds(
    PremisObject,
    id=paths,
    original_name=names,
    sha256=shas,
    sha512=st.text("0123456789abcdef", min_size=128, max_size=128),
    size_bytes=st.integers(0, 2**60),
    format_name=plain,
    format_version=st.just("") | plain,
    puid=st.just("") | st.just("fmt/18"),
    source=st.none() | st.builds(Source, object_id=paths, event_id=st.just("") | plain),
)
events = st.builds(
    PackageEvent,
    id=plain,
    type=plain,
    at=st.just("2026-11-28T03:04:05.678Z"),
    outcome=names,
    detail=names,
    agents=st.dictionaries(names.filter(bool), st.sampled_from(["authorizer", "executing program"]), max_size=2),
    objects=st.dictionaries(st.just("") | paths, st.sampled_from(["source", "outcome"]), max_size=2),
)
agents = st.builds(PackageAgent, id=names.filter(bool), name=names, type=st.just("person"), version=names, note=names)


@given(st.lists(objects, min_size=1, max_size=3), st.lists(events, max_size=2), st.lists(agents, max_size=2))
def test_premis_comes_back_valid_and_the_same(
    files: list[PremisObject], happened: list[PackageEvent], who: list[PackageAgent]
) -> None:
    stream = io.BytesIO()
    write_premis(stream, URN, files, happened, who)
    assert read_premis(io.BytesIO(stream.getvalue()), URN) == Premis(tuple(files), tuple(happened), tuple(who))


cells = st.builds(Cell, value=names, written=names, row=st.none() | st.integers(1, 10**6), column=st.none() | names)
placed = {"source": st.none() | names, "sheet": st.none() | names, "row": st.none() | st.integers(1, 10**6)}
fields = st.dictionaries(plain | st.sampled_from(["title", "issued_date"]), cells, max_size=3)
extras = st.dictionaries(names, names, max_size=2)
shares = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
made = st.builds(
    MachineMade,
    key=plain,
    file=names,
    page=st.integers(1, 99),
    box=st.tuples(shares, shares, shares, shares),
    confidence=st.integers(0, 100).map(lambda hundredths: hundredths / 100),
)
documents = st.builds(
    DocumentDescription,
    ordinal=st.integers(0, 10**7),
    kind=st.sampled_from(RecordKind),
    fields=fields,
    extra=extras,
    files=st.lists(names, max_size=2).map(tuple),
    missing_files=st.lists(names, max_size=2).map(tuple),
    relations=st.lists(st.builds(DocumentRelation, kind=st.sampled_from(RelationKind), target=names), max_size=2).map(
        tuple
    ),
    machine_made=st.lists(made, max_size=2).map(tuple),
    **placed,
)
recorded = st.builds(
    RecordedDocument,
    description=documents,
    files=st.lists(st.builds(RecordFile, name=names, path=paths, part=st.integers(1, 99)), max_size=2).map(tuple),
)
records = st.builds(
    Record,
    reader=plain,
    profile=st.sampled_from(["02-2019", "05-2025", "of another time"]),
    fingerprint=shas,
    file_code=names,
    part=st.integers(1, 9),
    parts=st.integers(1, 9),
    dossier=st.builds(Description, fields=fields, extra=extras, **placed),
    documents=st.lists(recorded, max_size=2).map(tuple),
    stray_files=st.lists(names, max_size=2).map(tuple),
    status=st.sampled_from(RecordStatus),
)


@given(records)
def test_the_record_as_delivered_comes_back_to_the_letter(record: Record) -> None:
    stream = io.BytesIO()
    write_record(stream, record)
    assert read_record(io.BytesIO(stream.getvalue())) == record


def test_the_record_knows_every_field_of_a_description() -> None:
    """A field that is added to descriptions has to be added to the record and to the strategies above."""
    assert set(Description.model_fields) == {"fields", "extra", "source", "sheet", "row"}
    assert set(DocumentDescription.model_fields) - set(Description.model_fields) == {
        "ordinal",
        "kind",
        "files",
        "missing_files",
        "relations",
        "machine_made",
    }
    assert {field.name for field in dataclasses.fields(Cell)} == {"value", "written", "row", "column"}


known_keys = st.sampled_from(
    (
        *("title", "subject", "maintenance", "mode", "rights", "language", "issued_date", "start_date", "end_date"),
        *("total_doc", "page_amount", "process", "type_name", "confidence_level", "photo_time", "doc_attached"),
        *("doc_code", "format"),
    )
)
known_values = names | st.sampled_from(
    (
        *("Vĩnh viễn", "20 năm", "5 năm", "Công khai", "Tiếng Việt", "Tiếng Việt, Tiếng Anh", "2025-02-03", "2025-02"),
        *("2025", "Quyết định", "12", "007", "-1", "Có", "Không", "Số hóa", "31/02/2025"),
    )
)
filled = st.dictionaries(known_keys, known_values.map(lambda value: Cell(value=value)), max_size=8)


@given(filled, st.sampled_from(RecordKind), names, st.integers(0, 10**7), st.sampled_from(["02-2019", "05-2025"]))
def test_ead_is_valid_whatever_the_fields_hold(
    found: dict[str, Cell], kind: RecordKind, code: str, ordinal: int, profile: str
) -> None:
    document = DocumentDescription(ordinal=ordinal, kind=kind, fields=found)
    written = ead.document_fields(document, code, "H49", profile)
    whole = ead.dossier_fields(DossierDescription(file_code=code, fields=found, documents=(document,)), "H49")
    for form, values in ((ead.FORMS[kind], written), ("EAD", whole)):
        stream = io.BytesIO()
        ead.write_ead(stream, values)
        assert ead.read_ead(io.BytesIO(stream.getvalue()), form) == {
            key: value.strip() for key, value in values.items()
        }


@given(names, st.lists(st.tuples(st.integers(0, 10**4), st.integers(1, 9), st.integers(1, 9)), max_size=8))
def test_names_are_safe_everywhere_and_never_the_same_twice(code: str, numbers: list[tuple[int, int, int]]) -> None:
    given_names = FileNames(code)
    stems = [given_names.stem(*number) for number in numbers]
    assert len({stem.lower() for stem in stems}) == len(stems)
    for stem in [*stems, safe(code, "x"), source_name(code, 1), f"a{extension_of(code)}"]:
        assert stem.isascii()
        assert len(stem) <= 140
        assert stem.strip(".- ") == stem
        assert not set(stem) & set('/\\:*?"<>|% \x00\n')
        assert ".." not in stem
        assert stem.partition(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}
