"""AIPs of Archivematica: originals, what describes them, their names and digests, and nothing taken for an original."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.readers.archivematica import ArchivematicaReader
from ingest.readers.bagit import BagReader
from metadata.descriptions import Delivery
from metadata.rules import errors_of
from tests.fakes.workers import InlineWorkers
from tests.generators.archivematica import V2, V3, Item, make_aip

WORKERS = InlineWorkers()
READER = BagReader(WORKERS, (ArchivematicaReader(WORKERS),))
DC = {
    "title": "Hồ sơ số hóa",
    "identifier": "H49.64.2026.00001",
    "description": "Ghi chú",
    "date": "2014",
    "publisher": "Sở Nội vụ",
}
ITEMS = (
    Item("objects/to_trinh.docx", b"first", original_name="%transferDirectory%objects/Tờ trình.docx"),
    Item("objects/sub/quyet-dinh.pdf", b"%PDF", dc={"title": "Quyết định", "date": "2014-05-06"}),
    Item("objects/to_trinh-3f.pdf", b"%PDF-A", use="preservation"),
    Item("objects/metadata/transfers/x/metadata.csv", b"a,b", use="metadata"),
    Item("objects/submissionDocumentation/t/METS.xml", b"<mets/>", use="submissionDocumentation"),
)


def read(aip: Path) -> Delivery:
    assert READER.recognises(aip)
    return READER.read(aip, aip.with_name("room"))


@pytest.mark.parametrize("premis", [V2, V3])
def test_originals_become_documents_with_their_names_and_descriptions(tmp_path: Path, premis: str) -> None:
    delivery = read(make_aip(tmp_path, ITEMS, dc=DC, premis=premis))
    assert (delivery.reader, errors_of(delivery.findings)) == ("bagit+archivematica", ())
    (dossier,) = delivery.dossiers
    assert (dossier.file_code, dossier.value("title")) == (DC["identifier"], DC["title"])
    assert dossier.extra["publisher"] == "Sở Nội vụ"
    assert "Archival Information Package" not in str(dossier.extra)
    first, second = dossier.documents
    assert (first.files, first.value("subject")) == (("data/objects/to_trinh.docx",), "Tờ trình")
    assert first.extra["Archivematica originalName"] == "Tờ trình.docx"
    assert (second.value("subject"), second.value("issued_date")) == ("Quyết định", "2014-05-06")


@pytest.mark.rule("MIG-010")
@pytest.mark.rule("MIG-012")
@pytest.mark.rule("MIG-005")
def test_derivatives_and_everything_else_are_kept_beside_and_told(tmp_path: Path) -> None:
    delivery = read(make_aip(tmp_path, ITEMS, dc=DC))
    (derived,) = (found for found in delivery.findings if found.rule == "MIG-010")
    assert derived.subject == "data/objects/to_trinh-3f.pdf"
    assert {"MIG-005", "MIG-012"} <= {found.rule for found in delivery.findings}
    documents = {path for document in delivery.dossiers[0].documents for path in document.files}
    everything = {
        path.relative_to(delivery.root).as_posix() for path in Path(delivery.root).rglob("*") if path.is_file()
    }
    assert documents | set(delivery.sources) == everything
    assert not documents & set(delivery.sources)


def test_the_sender_s_events_are_summed_up_and_kept_whole_in_the_source(tmp_path: Path) -> None:
    delivery = read(make_aip(tmp_path, ITEMS, dc=DC))
    said = delivery.dossiers[0].extra["Archivematica events"]
    assert said == "2024-04-29 ingestion ×5; 2024-04-29 virus check (Pass) ×5"
    assert any(path.startswith("data/METS.") for path in delivery.sources)


def test_digests_of_premis_and_of_the_bag_are_both_compared(tmp_path: Path) -> None:
    items = (Item("objects/a.txt", b"abc", digest="0" * 64),)
    delivery = read(make_aip(tmp_path, items, dc=DC))
    by_premis, by_bag = delivery.claims["data/objects/a.txt"]
    assert (by_premis.digests, by_premis.size_bytes) == ({"SHA-256": "0" * 64}, 3)
    assert by_premis.by.startswith("data/METS.")
    assert by_bag.by == "manifest-sha256.txt"


def test_of_two_descriptions_the_newer_counts(tmp_path: Path) -> None:
    delivery = read(make_aip(tmp_path, ITEMS, dc=DC, superseded="Tiêu đề cũ"))
    assert delivery.dossiers[0].value("title") == DC["title"]


@pytest.mark.rule("MIG-004")
def test_an_aip_without_description_is_called_by_its_name(tmp_path: Path) -> None:
    delivery = read(make_aip(tmp_path, ITEMS))
    assert (delivery.dossiers[0].file_code, delivery.dossiers[0].value("title")) == ("ho-so", "ho-so")
    assert "MIG-004" in {found.rule for found in delivery.findings}


def test_names_stand_behind_any_amount_of_technical_metadata(tmp_path: Path) -> None:
    many = "".join(f"<x n='{number}'>value</x>" for number in range(5000))
    item = Item("objects/a.txt", original_name="%transferDirectory%objects/gốc.txt", extension=f"<ext>{many}</ext>")
    delivery = read(make_aip(tmp_path, (item,), dc=DC))
    assert delivery.dossiers[0].documents[0].value("subject") == "gốc"


@pytest.mark.rule("MIG-002")
def test_an_original_that_is_missing_is_an_error(tmp_path: Path) -> None:
    aip = make_aip(tmp_path, ITEMS, dc=DC)
    (aip / "data" / "objects" / "to_trinh.docx").unlink()
    assert {"MIG-002", "BAG-010"} <= {found.rule for found in errors_of(read(aip).findings)}


@pytest.mark.rule("MIG-003")
def test_a_file_among_the_originals_that_nothing_lists_is_an_error(tmp_path: Path) -> None:
    aip = make_aip(tmp_path, ITEMS, dc=DC, more={"objects/extra.txt": b"x"})
    (found,) = errors_of(read(aip).findings)
    assert (found.rule, found.subject) == ("MIG-003", "data/objects/extra.txt")


@pytest.mark.rule("MIG-011")
def test_accompanying_programs_and_containers_are_told_and_left_out(tmp_path: Path) -> None:
    items = (
        *ITEMS,
        Item("objects/metadata/x.exe", b"MZ", use="metadata"),
        Item("objects/x-1.mkv", b"m", use="preservation"),
    )
    delivery = read(make_aip(tmp_path, items, dc=DC))
    (found,) = (found for found in delivery.findings if found.rule == "MIG-011")
    assert found.subject == "data/objects/metadata/x.exe"
    assert "data/objects/metadata/x.exe" not in delivery.sources
    assert "data/objects/x-1.mkv" in delivery.sources


@pytest.mark.rule("MIG-001")
@pytest.mark.parametrize("text", ["<mets", '<!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>'])
def test_a_mets_that_cannot_be_read_is_an_error(tmp_path: Path, text: str) -> None:
    aip = make_aip(tmp_path, ITEMS, dc=DC)
    next((aip / "data").glob("METS.*.xml")).write_text(text, encoding="utf-8")
    delivery = read(aip)
    assert {"MIG-001"} <= {found.rule for found in delivery.findings}
    assert delivery.dossiers == ()


def test_a_secret_aip_is_refused_and_tells_nothing_else(tmp_path: Path) -> None:
    delivery = read(make_aip(tmp_path, ITEMS, dc={**DC, "rights": "Tuyệt mật"}))
    (found,) = delivery.dossier_findings[DC["identifier"]]
    assert found.rule == "SEC-001"
    assert DC["title"] not in str(delivery.findings)
