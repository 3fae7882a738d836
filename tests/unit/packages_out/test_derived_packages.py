"""SIPs and DIPs: what is in them, what is not, and how several belong together."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.dissemination.outgoing import ExportKind, Options, Shape
from archive.dissemination.requests import RequestRefusedError
from metadata.descriptions import RecordKind, RecordStatus
from metadata.errors import UsageError
from metadata.package import PackageBrokenError
from metadata.profiles.packages import PackageKind
from metadata.xml.ead import read_ead
from metadata.xml.mets import Mets, read_mets
from metadata.xml.premis import read_premis
from metadata.xml.reading import parsed
from metadata.xml.schemas import ead3_schema
from tests.fakes.dossiers import PACKAGE_ID, SUBMISSION_ID, Paper
from tests.fakes.exports import LEAVING, Shelf, shelved, written

SCAN = Paper(("a/Quyết định 5.pdf",), fields={"doc_code": "H49.64.2025.12.001"}, rendition=True, signed=True)
TWO = Paper(("Tờ trình.docx", "Phụ lục.docx"), mime="application/msword", rendition=True)
PHOTO = Paper(("ảnh.jpg",), kind=RecordKind.PHOTO, mime="image/jpeg", fields={"image_title": "Lễ"})
PARTIAL = Paper(("c.pdf",), fields={"issued_date": "1998-05"})
SIP, DIP = ExportKind.SIP, ExportKind.DIP


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return shelved(tmp_path_factory.mktemp("shelf"), [SCAN, TWO, PHOTO, PARTIAL])


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def mets_of(folder: Path) -> Mets:
    with (folder / "METS.xml").open("rb") as stream:
        return read_mets(stream)


def ead(path: Path, form: str, kind: PackageKind) -> dict[str, str]:
    with path.open("rb") as stream:
        return read_ead(stream, form, kind)


def test_a_sip_holds_the_originals_bit_for_bit_and_no_premis(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", SIP)
    (record,) = shelf.kept
    for document in record.documents:
        for file in document.originals:
            with shelf.stored.open(record, file) as stream:
                assert (folder / file.path).read_bytes() == stream.read()
    assert not [name for name in names(folder) if "preservation" in name or "rep2" in name or "rep3" in name]


def test_a_sip_says_who_hands_it_in_and_by_which_names(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", SIP)
    mets = mets_of(folder)
    assert (mets.package_type, mets.record_status, mets.type) == ("SIP", "NEW", "Mixed")
    assert mets.objid == folder.name
    assert [(agent.role, agent.name, agent.note) for agent in mets.agents] == [
        ("CREATOR", "luutru", "0.1.0"),
        ("ARCHIVIST", "Sở Nội vụ", "H49.64"),
        ("CREATOR", "Sở Nội vụ", "H49.64"),
        ("PRESERVATION", "Trung tâm Lưu trữ lịch sử tỉnh", "H49.01"),
    ]
    assert dict(mets.alternatives) == {
        "SUBMISSIONAGREEMENT": SUBMISSION_ID,
        "REFERENCECODE": "H49.64.2025.12.HS-ĐẤT",
    }
    assert mets.created == "2026-11-28T10:04:05.678+07:00"
    assert b'TYPE="ORIGINAL"' in (folder / "representations/rep1/METS.xml").read_bytes()


def test_the_received_names_go_along_in_mets(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", SIP)
    with (folder / "representations/rep1/METS.xml").open("rb") as stream:
        owners = {entry.owner_name for _, entries in read_mets(stream).groups for entry in entries}
    assert owners == {"a/Quyết định 5.pdf", "Tờ trình.docx", "Phụ lục.docx", "ảnh.jpg", "c.pdf"}


def test_forms_of_a_sip_are_the_circulars_with_its_codes(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", SIP)
    whole = ead(folder / "metadata/descriptive/EAD.xml", "EAD", PackageKind.SIP_DOSSIER)
    assert whole["fileCode"] == "H49.64.2025.12.HS-ĐẤT"
    assert (whole["maintenance"], whole["totalDoc"]) == ("05", "4")
    described = folder / "representations/rep1/metadata/descriptive"
    first = ead(described / "EAD_doc_H49.64.2025.12.HS-DAT.001.xml", "EAD_doc", PackageKind.SIP_DOSSIER)
    assert first["docId"] == "H49.64.2025.12.001", "what TT 02/2019 calls DocCode"
    assert first["docCode"] == "H49.64.2025.12.HS-ĐẤT.0000001"
    assert first["issuedDate"] == "02/01/2025"
    picture = ead(described / "EAD_pic_H49.64.2025.12.HS-DAT.003.xml", "EAD_pic", PackageKind.SIP_DOSSIER)
    assert picture["imageTitle"] == "Lễ"


@pytest.mark.parametrize("kind", [SIP, DIP])
def test_a_day_that_is_not_whole_goes_into_the_remarks_of_its_form_and_that_is_told(
    shelf: Shelf, tmp_path: Path, kind: ExportKind
) -> None:
    """The circular has DD/MM/YYYY there: a month is no day, and no day is made up for it."""
    told = {
        Path(file.path or "").name: (file.more["left_out"], file.more.get("in_remarks"))
        for file in shelf.leave(tmp_path / "out", kind)
        if "left_out" in file.more
    }
    name = "EAD_doc_H49.64.2025.12.HS-DAT.004.xml"
    assert told[name] == (["issuedDate"], ["issuedDate"])
    (form,) = (tmp_path / "out").rglob(name)
    package = PackageKind.SIP_DOSSIER if kind is SIP else PackageKind.DIP
    values = ead(form, "EAD_doc", package)
    assert "issuedDate" not in values
    assert "[Ngày, tháng, năm tài liệu: 05/1998.]" in values["description"]
    if kind is SIP:
        assert told["EAD.xml"] == (["startDate"], ["startDate"])


def test_an_aip_has_a_month_where_the_circular_allows_it(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", ExportKind.AIP)
    (described,) = folder.rglob("EAD_doc_004.xml")
    assert ead(described, "EAD_doc", PackageKind.AIP_DOSSIER)["issuedDate"] == "05/1998"


def test_ead3_has_a_month_as_such(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", SIP, Options(Shape.EARK))
    words = (folder / "metadata/descriptive/EAD3.xml").read_text()
    assert '<datesingle standarddate="1998-05">05/1998</datesingle>' in words


def test_remarks_that_have_no_room_keep_what_they_have(tmp_path: Path) -> None:
    full = Paper(("d.pdf",), fields={"issued_date": "1998", "description": "x" * 490})
    shelf = shelved(tmp_path / "shelf", [full])
    told = [file.more for file in shelf.leave(tmp_path / "out", SIP) if "EAD_doc_" in (file.path or "")]
    assert told == [{"left_out": ["issuedDate"]}]
    (form,) = (tmp_path / "out").rglob("EAD_doc_*.xml")
    assert ead(form, "EAD_doc", PackageKind.SIP_DOSSIER)["description"] == "x" * 490


def test_everything_as_delivered_goes_along_with_a_sip(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", SIP)
    with shelf.stored.packages.open_file(PACKAGE_ID, "metadata/descriptive/source/record.xml") as stream:
        assert (folder / "documentation/record.xml").read_bytes() == stream.read()


def test_a_record_that_was_altered_in_storage_does_not_leave(tmp_path: Path) -> None:
    shelf = shelved(tmp_path / "shelf", [SCAN])
    (record,) = (shelf.folder / "store").rglob("source/record.xml")
    record.chmod(0o644)
    record.write_bytes(record.read_bytes().replace(b"Quy", b"Kuy", 1))
    with pytest.raises(PackageBrokenError) as refused:
        shelf.leave(tmp_path / "out", SIP)
    assert [finding.rule for finding in refused.value.findings] == ["PKG-003"]
    assert not (tmp_path / "out").exists()


def test_a_dip_holds_originals_and_reading_copies_with_where_they_come_from(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", DIP)
    urn = f"urn:uuid:{folder.name.removeprefix('uuid-').lower()}"
    with (folder / "representations/rep2/metadata/preservation/PREMIS_rep2.xml").open("rb") as stream:
        copies = read_premis(stream, urn)
    made = {found.id: found.source for found in copies.objects if found.kind == "file"}
    assert made
    for path, source in made.items():
        assert source is not None
        assert source.object_id.startswith("representations/rep1/data/")
        assert (folder / path).is_file()
        assert source.event_id in {event.id for event in copies.events}
    with (folder / "metadata/preservation/PREMIS.xml").open("rb") as stream:
        (event,) = read_premis(stream, urn).events
    assert event.type == "information package creation"
    assert event.objects == {f"urn:uuid:{PACKAGE_ID}": "source", "": "outcome"}


def test_a_dip_tells_of_signatures_that_were_judged_and_of_nobody_who_handed_in(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", DIP)
    data = (folder / "representations/rep1/metadata/preservation/PREMIS_rep1.xml").read_text()
    assert "digital signature validation" in data
    every = "".join(path.read_text() for path in folder.rglob("PREMIS*.xml"))
    assert "person:" not in every


def test_the_request_of_a_dip_is_its_ead(shelf: Shelf, tmp_path: Path) -> None:
    told = {"request_id": "YC-7", "requestDate": "2026-11-30", "purpose": "công vụ", "feeObjectType": "10"}
    folder = shelf.leave_one(tmp_path / "out", DIP, Options(request=told))
    assert ead(folder / "metadata/descriptive/EAD.xml", "EAD", PackageKind.DIP) == {
        "requestID": "YC-7",
        "requestDate": "30/11/2026",
        "purpose": "02",
        "feeObjectType": "10",
    }


def test_documents_in_a_dip_have_the_archives_code_and_no_issuing_body(shelf: Shelf, tmp_path: Path) -> None:
    described = shelf.leave_one(tmp_path / "out", DIP) / "representations/rep1/metadata/descriptive"
    first = ead(described / "EAD_doc_H49.64.2025.12.HS-DAT.001.xml", "EAD_doc", PackageKind.DIP)
    assert first["arcDocCode"] == "H49.01.H49.64.2025.12.HS-ĐẤT.0000001"
    assert "organName" not in first


def test_a_dip_of_one_document_shows_nothing_of_the_others(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", DIP, ordinal=2)
    data = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert "Tờ trình.docx".encode() in data
    for other in ("Quyết định 5.pdf", "ảnh.jpg", "lưu trữ số 1<"):
        assert other.encode() not in data


def test_e_ark_alone_is_described_by_ead3_and_nothing_else(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", SIP, Options(Shape.EARK))
    described = {name for name in names(folder) if "metadata/descriptive/" in name}
    assert described == {"metadata/descriptive/EAD3.xml"}
    with (folder / "metadata/descriptive/EAD3.xml").open("rb") as stream:
        root = parsed(stream, ead3_schema())
    space = "{http://ead3.archivists.org/schema/}"
    components = root.findall(f".//{space}c")
    assert len(components) == 4
    hrefs = [dao.get("href") or "" for dao in root.iter(f"{space}dao")]
    assert len(hrefs) == 5
    assert all((folder / "metadata/descriptive" / href).is_file() for href in hrefs)
    assert {"EAD.xsd", "EAD_doc.xsd"}.isdisjoint(path.name for path in (folder / "schemas").iterdir())


def test_a_large_dossier_becomes_packages_that_name_the_first(tmp_path: Path) -> None:
    shelf = shelved(tmp_path / "shelf", [SCAN, TWO], [PHOTO, PARTIAL, SCAN])
    shelf.leave(tmp_path / "out", SIP)
    first, second = sorted(
        (mets_of(folder) for folder in (tmp_path / "out").iterdir()), key=lambda mets: len(mets.alternatives)
    )
    assert "relatedPackage" not in dict(first.alternatives)
    assert dict(second.alternatives)["relatedPackage"] == first.objid
    assert (first.record_status, second.record_status) == ("NEW", "SUPPLEMENT")
    for folder in (tmp_path / "out").iterdir():
        whole = ead(folder / "metadata/descriptive/EAD.xml", "EAD", PackageKind.SIP_DOSSIER)
        assert whole["totalDoc"] == "5"


@pytest.mark.parametrize(
    ("status", "written"),
    [(RecordStatus.SUPPLEMENT, "SUPPLEMENT"), (RecordStatus.REPLACEMENT, "REPLACEMENT")],
)
def test_what_came_later_says_what_it_is_to_the_first(tmp_path: Path, status: RecordStatus, written: str) -> None:
    shelf = shelved(tmp_path / "shelf", [SCAN], [TWO])
    first, later = shelf.kept
    shelf.kept = (first, later.model_copy(update={"record_status": status}))
    shelf.leave(tmp_path / "out", SIP)
    assert sorted(mets_of(folder).record_status for folder in (tmp_path / "out").iterdir()) == ["NEW", written]


@pytest.mark.parametrize("kind", [SIP, DIP, ExportKind.AIP])
@pytest.mark.parametrize("shape", [Shape.TT05, Shape.EARK])
def test_the_same_wish_at_the_same_instant_gives_the_same_bytes(
    shelf: Shelf, tmp_path: Path, kind: ExportKind, shape: Shape
) -> None:
    shelf.leave(tmp_path / "a.zip", kind, Options(shape))
    shelf.leave(tmp_path / "b.zip", kind, Options(shape))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert len({name.split("/")[0] for name in archive.namelist() if not name.startswith("evidence/")}) == 1
        assert archive.namelist()[0].endswith("/METS.xml")


@pytest.mark.parametrize("kind", [SIP, ExportKind.AIP])
@pytest.mark.parametrize("shape", [Shape.TT05, Shape.EARK])
def test_a_sip_or_aip_of_tomorrow_is_that_of_today(
    shelf: Shelf, tmp_path: Path, kind: ExportKind, shape: Shape
) -> None:
    """Whoever receives both knows the second: it is no other content under the same code."""
    for name, instant in (("a", LEAVING), ("b", LEAVING + timedelta(days=1))):
        wanted = replace(shelf.wanted(kind, Options(shape)), made_at=instant, ordinal=1 if name == "b" else None)
        written(shelf.packages().outgoing(wanted), tmp_path / f"{name}.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_dip_of_tomorrow_is_another(shelf: Shelf, tmp_path: Path) -> None:
    made = []
    for instant in (LEAVING, LEAVING + timedelta(days=1)):
        wanted = replace(shelf.wanted(DIP), made_at=instant)
        made.append({file.name.split("/")[0] for file in shelf.packages().outgoing(wanted)})
    assert made[0] != made[1]


def test_another_request_is_another_package(shelf: Shelf, tmp_path: Path) -> None:
    one = shelf.leave_one(tmp_path / "a", DIP, Options(request={"requestID": "1"}))
    other = shelf.leave_one(tmp_path / "b", DIP, Options(request={"requestID": "2"}))
    assert one.name != other.name


def test_a_request_that_does_not_fit_leaves_nothing(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(RequestRefusedError):
        shelf.leave(tmp_path / "out", DIP, Options(request={"purpose": "giải trí"}))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("kind", "options"), [(SIP, Options(request={"purpose": "01"})), (DIP, Options(Shape.STORED))])
def test_options_that_do_not_go_with_a_kind_are_refused(
    shelf: Shelf, tmp_path: Path, kind: ExportKind, options: Options
) -> None:
    with pytest.raises(UsageError):
        shelf.leave(tmp_path / "out", kind, options)
