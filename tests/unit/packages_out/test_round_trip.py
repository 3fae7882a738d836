"""What leaves can come back: the reader of packages finds every code, kind and byte again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from archive.dissemination.outgoing import ExportKind, Options, Shape
from ingest.readers.eark.reader import PackageReader
from metadata.descriptions import Delivery, RecordKind, RecordStatus
from metadata.digests import digests_of_file
from metadata.rules import errors_of
from tests.fakes.deliveries import findings_of
from tests.fakes.dossiers import FILE_CODE, Paper
from tests.fakes.exports import Shelf, shelved
from tests.fakes.workers import InlineWorkers

PAPERS = [
    Paper(("Quyết định 5.pdf",), fields={"doc_code": "H49.64.2025.12.001"}, rendition=True, signed=True),
    Paper(("Tờ trình.docx", "Phụ lục.docx"), mime="application/msword"),
    Paper(("ảnh.jpg",), kind=RecordKind.PHOTO, mime="image/jpeg", fields={"image_title": "Lễ khởi công"}),
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return shelved(tmp_path_factory.mktemp("shelf"), PAPERS)


def back(folder: Path, tmp_path: Path) -> Delivery:
    reader = PackageReader(InlineWorkers())
    assert reader.recognises(folder)
    return reader.read(folder, tmp_path / "room")


def digests(delivery: Delivery) -> Counter[tuple[int, str]]:
    (dossier,) = delivery.dossiers
    return Counter(
        (document.ordinal, digests_of_file(Path(delivery.root) / name).sha256)
        for document in dossier.documents
        for name in document.files
        if "/rep2/" not in name
    )


@pytest.mark.parametrize("shape", [Shape.TT05, Shape.EARK])
@pytest.mark.parametrize("kind", [ExportKind.SIP, ExportKind.AIP, ExportKind.DIP])
def test_every_byte_belongs_to_the_same_document_again(
    shelf: Shelf, tmp_path: Path, kind: ExportKind, shape: Shape
) -> None:
    delivery = back(shelf.leave_one(tmp_path / "out", kind, Options(shape)), tmp_path)
    kept = Counter(
        (document.ordinal, file.sha256) for document in shelf.kept[0].documents for file in document.originals
    )
    assert digests(delivery) == kept
    assert errors_of(findings_of(delivery)) == ()


@pytest.mark.parametrize("shape", [Shape.TT05, Shape.EARK])
def test_a_sip_brings_its_codes_back(shelf: Shelf, tmp_path: Path, shape: Shape) -> None:
    delivery = back(shelf.leave_one(tmp_path / "out", ExportKind.SIP, Options(shape)), tmp_path)
    (dossier,) = delivery.dossiers
    assert (dossier.file_code, dossier.record_status) == (FILE_CODE, RecordStatus.NEW)
    assert dossier.value("title") == "Hồ sơ số 12 về đất đai"
    codes = [document.value("doc_code") for document in dossier.documents]
    assert codes == [f"{FILE_CODE}.{ordinal:07d}" for ordinal in (1, 2, 3)]
    assert [document.value("issued_date") for document in dossier.documents][:2] == ["2025-01-02"] * 2


def test_a_sip_of_the_circular_brings_kinds_and_lists_back_without_a_word(shelf: Shelf, tmp_path: Path) -> None:
    delivery = back(shelf.leave_one(tmp_path / "out", ExportKind.SIP), tmp_path)
    (dossier,) = delivery.dossiers
    assert delivery.dossier_findings.get(dossier.file_code, ()) == ()
    assert [document.kind for document in dossier.documents] == [document.kind for document in PAPERS]
    first, _, photo = dossier.documents
    assert first.value("doc_id") == "H49.64.2025.12.001"
    assert (first.value("type_name"), first.value("language")) == ("Quyết định", "Tiếng Việt")
    assert photo.value("image_title") == "Lễ khởi công"


def test_e_ark_alone_brings_back_what_standards_have_a_place_for(shelf: Shelf, tmp_path: Path) -> None:
    delivery = back(shelf.leave_one(tmp_path / "out", ExportKind.SIP, Options(Shape.EARK)), tmp_path)
    first = delivery.dossiers[0].documents[0]
    assert first.value("subject") == "Về việc lưu trữ số 1"
    assert first.value("type_name") == "Quyết định"
    assert first.value("organ_name") == "Ủy ban nhân dân tỉnh"
    assert first.value("language") == "Tiếng Việt"


def test_an_aip_brings_back_what_was_delivered_to_the_letter(shelf: Shelf, tmp_path: Path) -> None:
    (dossier,) = back(shelf.leave_one(tmp_path / "out", ExportKind.AIP), tmp_path).dossiers
    (record,) = shelf.kept
    assert dossier.values() == record.dossier.values()
    assert dossier.extra == record.dossier.extra
    for document, kept in zip(dossier.documents, record.documents, strict=True):
        assert document.values() == kept.description.values()


def test_further_parts_come_back_as_supplements_of_the_first(tmp_path: Path) -> None:
    shelf = shelved(tmp_path / "shelf", PAPERS[:1], PAPERS[1:])
    shelf.leave(tmp_path / "out", ExportKind.SIP)
    found = [back(folder, tmp_path).dossiers[0] for folder in (tmp_path / "out").iterdir()]
    first = next(dossier for dossier in found if dossier.record_status is RecordStatus.NEW)
    (second,) = (dossier for dossier in found if dossier is not first)
    assert second.record_status is RecordStatus.SUPPLEMENT
    assert second.related_package
    assert second.file_code == first.file_code == FILE_CODE
