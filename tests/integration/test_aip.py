"""The package as the archive makes it, before an independent judge (commons-ip2, CSIP and AIP 2.0.4).

`research: judges-and-tools` lists what a correct package cannot avoid: for an
AIP in the circular's shape there is nothing, so every finding is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.facts import Adds, Packaged, PackagedPart
from ingest.packaging.provenance import ArchiveBody
from ingest.stages.store import Store
from ingest.work import WorkItem
from metadata.descriptions import DocumentRelation, RecordKind, RecordStatus, RelationKind
from metadata.package import MAX_DOCUMENTS
from metadata.package_check import check_package
from metadata.package_reader import read_package
from storage.backends.filesystem import FilesystemStore
from storage.evidence import EvidenceObjects
from storage.ledger import Ledger
from storage.packages import PackageStore
from tests.fakes.dossiers import Paper, StandingClock, dossier, lay_out, package_stage
from tests.fixtures.commons_ip import CommonsIp

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("commons_ip")]

SCAN = Paper(("Quyết định số 5.PDF",), text="Quyết định về việc giao đất", rendition=True, signed=True)
KEPT = Paper(("HĐ/Hợp đồng.pdf",), text="Hợp đồng", signed=True)
OFFICE = Paper(
    ("Tờ trình.docx", "Phụ lục (bản sửa)#1.docx"),
    mime="application/msword",
    puid="fmt/412",
    rendition=True,
    text="Tờ trình",
)
PHOTO = Paper(
    ("Ảnh/lễ khởi công.jpg",), kind=RecordKind.PHOTO, mime="image/jpeg", puid="fmt/43", fields={"image_title": "Lễ"}
)
REGISTERED = Paper((), fields={"subject": "Về việc giao đất", "issued_date": "1979-03-01"})
FILM = Paper(("phim.mp4",), kind=RecordKind.MEDIA, mime="video/mp4", puid="fmt/199", fields={"movie_title": "Phim"})


def _parts(tmp_path: Path, papers: list[Paper]) -> tuple[WorkItem, Packaged]:
    item = dossier(tmp_path / "work", papers)
    return item, package_stage().run(item)


def _folder(tmp_path: Path, item: WorkItem, part: PackagedPart) -> Path:
    # The circular writes colons of a package's name as underscores; the judge
    # wants the folder to be called like the package, to the letter.
    return lay_out(item, part.files, tmp_path / f"urn:uuid:{part.package_id}")


def _accepted(answer: dict[str, Any]) -> None:
    assert (answer["type"], answer["result"], answer["warnings"], answer["findings"]) == ("AIP", "VALID", 0, [])


@pytest.mark.parametrize(
    "papers",
    [[KEPT], [SCAN], [PHOTO], [SCAN, KEPT, OFFICE, PHOTO, FILM], [REGISTERED, SCAN]],
    ids=["one kept as it is", "one with a rendition", "a photograph", "everything", "one without file"],
)
def test_an_independent_judge_accepts_the_package_without_a_warning(
    tmp_path: Path, commons_ip: CommonsIp, papers: list[Paper]
) -> None:
    item, packaged = _parts(tmp_path, papers)
    assert len(packaged.parts) == 1
    _accepted(commons_ip.judge(_folder(tmp_path, item, packaged.parts[0])))


def test_a_register_is_valid_and_lacks_only_the_data_that_it_does_not_have(
    tmp_path: Path, commons_ip: CommonsIp
) -> None:
    item, packaged = _parts(tmp_path, [REGISTERED, REGISTERED])
    answer = commons_ip.judge(_folder(tmp_path, item, packaged.parts[0]))
    assert (answer["type"], answer["result"]) == ("AIP", "VALID")
    # A representation without files has no folder `data`, and its METS no section of files: both "SHOULD".
    assert {(finding["id"], finding["level"]) for finding in answer["findings"]} == {
        ("CSIPSTR11", "SHOULD"),
        ("CSIP58", "SHOULD"),
    }


def test_a_dossier_of_more_than_500_documents_becomes_parts_that_are_packages_of_their_own(
    tmp_path: Path, commons_ip: CommonsIp
) -> None:
    papers = [Paper((f"{n}.pdf",)) for n in range(1, MAX_DOCUMENTS + 3)]
    item, packaged = _parts(tmp_path, papers)
    first, second = packaged.parts
    assert first.package_id == item.package_id
    records = []
    for part in packaged.parts:
        folder = _folder(tmp_path, item, part)
        _accepted(commons_ip.judge(folder))
        records.append(read_package(lambda path, f=folder: (f / path).open("rb"), {f.path for f in part.files}))  # type: ignore[misc]
    assert [len(record.documents) for record in records] == [MAX_DOCUMENTS, 2]
    assert [record.dossier_id for record in records] == [item.package_id, item.package_id]
    assert [(record.package_id, record.part, record.parts) for record in records] == [
        (first.package_id, 1, 2),
        (second.package_id, 2, 2),
    ]
    assert [document.ordinal for record in records for document in record.documents] == list(
        range(1, MAX_DOCUMENTS + 3)
    )


def test_a_replacement_is_a_package_of_its_own_that_names_the_first(tmp_path: Path, commons_ip: CommonsIp) -> None:
    first = "0b8e4c5e-2d0b-4b6a-9a58-6d2f6b1b7f10"
    relation = DocumentRelation(kind=RelationKind.REPLACES, target="#2")
    adds = Adds(
        dossier_id=first,
        status=RecordStatus.REPLACEMENT,
        first_part=3,
        ordinals={1: 7},
        relations={1: (relation,)},
    )
    item = dossier(tmp_path / "work", [SCAN, REGISTERED]).having(adds)
    (part,) = package_stage().run(item).parts
    folder = _folder(tmp_path, item, part)
    _accepted(commons_ip.judge(folder))
    record = read_package(lambda path: (folder / path).open("rb"), {file.path for file in part.files})
    assert (record.dossier_id, record.part, record.record_status) == (first, 3, RecordStatus.REPLACEMENT)
    assert [(d.ordinal, d.description.relations) for d in record.documents] == [(7, (relation,))]
    assert record.documents[0].originals[0].path.endswith(".007.pdf")
    assert b'RECORDSTATUS="REPLACEMENT"' in (folder / "METS.xml").read_bytes()


def test_a_home_that_nobody_has_named_yet_still_makes_packages_that_are_accepted(
    tmp_path: Path, commons_ip: CommonsIp
) -> None:
    item = replace(dossier(tmp_path / "work", [KEPT], approved=False), agency="default")
    packaged = replace(package_stage(), archive=ArchiveBody("", "")).run(item)
    _accepted(commons_ip.judge(_folder(tmp_path, item, packaged.parts[0])))


def test_the_package_is_the_same_after_storage(tmp_path: Path, commons_ip: CommonsIp) -> None:
    item, packaged = _parts(tmp_path, [SCAN, OFFICE, PHOTO])
    store = FilesystemStore(tmp_path / "store")
    packages = PackageStore(store, StandingClock())
    packages.init()
    Store(packages, Ledger(store), EvidenceObjects(store), StandingClock()).run(item.having(packaged))
    files = {file.path: file for file in packages.files(item.package_id)}
    sources = {file.path: item.folder / file.source for file in packaged.parts[0].files}
    before = read_package(lambda path: sources[path].open("rb"), sources, item.package_id)
    assert read_package(lambda path: packages.open(files[path]), files, item.package_id) == before
    assert check_package(lambda path: packages.open(files[path]), files, item.package_id) == ()
    back = tmp_path / f"urn:uuid:{item.package_id}"
    for path, file in files.items():
        (back / path).parent.mkdir(parents=True, exist_ok=True)
        with packages.open(file) as stream:
            (back / path).write_bytes(stream.read())
    _accepted(commons_ip.judge(back))


def _flip(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda folder: _flip(next((folder / "representations/rep1/data").glob("*.pdf"))), "CSIP71"),
        (lambda folder: _flip(folder / "metadata/descriptive/EAD.xml"), "CSIP29"),
        (lambda folder: (folder / "representations/rep1/data/more.pdf").write_bytes(b"more"), "CSIP66"),
    ],
    ids=["a byte of an original", "a byte of EAD.xml", "a file more"],
)
def test_the_judge_would_see_what_is_wrong(
    tmp_path: Path, commons_ip: CommonsIp, spoil: Callable[[Path], object], rule: str
) -> None:
    """Shows that the acceptance above means something."""
    item, packaged = _parts(tmp_path, [KEPT])
    folder = _folder(tmp_path, item, packaged.parts[0])
    spoil(folder)
    answer = commons_ip.judge(folder)
    assert answer["result"] == "INVALID"
    assert rule in {finding["id"] for finding in answer["findings"]}
