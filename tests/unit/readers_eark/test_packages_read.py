"""Packages of other programs, habit by habit: the same dossier comes out of all of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ingest.readers.eark.reader import PackageReader
from metadata.descriptions import Delivery, RecordKind, RecordStatus
from metadata.rules import errors_of
from metadata.validation import check_delivery
from tests.fakes.deliveries import findings_of
from tests.fakes.workers import InlineWorkers
from tests.generators.eark_packages import CODE, Habits, Package, document_fields, package, pdf
from tests.unit.readers_eark.conftest import Read, only

DATA = "representations/rep1/data/"
DESCRIPTIVE = "representations/rep1/metadata/descriptive/"


def rules_told(delivery: Delivery) -> set[str]:
    return {finding.rule for finding in findings_of(delivery)}


HABITS = {
    "the circular's SIP": Habits(),
    "the circular's AIP": Habits(kind="AIP", premis=True, representation_type="NORMALIZED"),
    "capital digests": Habits(upper=True),
    "MD5": Habits(algorithm="MD5"),
    "SHA-1": Habits(algorithm="SHA-1"),
    "SHA-512": Habits(algorithm="SHA-512"),
    "prefixed elements": Habits(prefix="mets:"),
    "no METS in the representation": Habits(per_representation=False),
    "no namespace": Habits(namespace=""),
    "PREMIS 2": Habits(kind="AIP", premis=True, premis_namespace="info:lc/xmlns/premis-v2"),
    "fields in another order": Habits(reversed_fields=True),
    "file ids without ID-": Habits(file_id="uuid-"),
    "no sizes": Habits(sizes=False),
    "no agents": Habits(agents=False),
    "no record status": Habits(status=""),
    "E-ARK 2.0.4": Habits(profile="https://earksip.dilcis.eu/profile/E-ARK-SIP.xml"),
    "E-ARK 2.1.0": Habits(profile="https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-1-0.xml"),
    "E-ARK 2.2.0": Habits(profile="https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-2-0.xml"),
    "E-ARK AIP 2.2.0": Habits(
        kind="AIP", premis=True, profile="https://earkaip.dilcis.eu/profile/E-ARK-AIP-v2-2-0.xml"
    ),
    "schemas of METS 1.12": Habits(schema_names=("mets1_12.xsd", "xlink.xsd")),
    "loose documents": Habits(type="Collection"),
}


@pytest.mark.parametrize("habits", HABITS.values(), ids=HABITS.keys())
def test_the_same_dossier_comes_out_of_every_habit(root: Path, read: Read, habits: Habits) -> None:
    delivery = read(package(root, habits))
    dossier = only(delivery)
    assert (dossier.file_code, dossier.value("title")) == (CODE, "Hồ sơ về việc xây dựng kho lưu trữ số")
    assert (dossier.value("start_date"), dossier.value("end_date")) == ("2025-01-02", "2025-06-30")
    assert (dossier.value("maintenance"), dossier.value("rights")) == ("30 năm", "Công khai")
    assert [(d.ordinal, d.files) for d in dossier.documents] == [
        (1, (f"{DATA}{CODE}.0000001.pdf",)),
        (2, (f"{DATA}{CODE}.0000002.pdf",)),
    ]
    first = dossier.documents[0]
    assert first.value("type_name") == "Quyết định"
    assert first.value("issued_date") == "2025-03-02"
    assert first.source == f"{DESCRIPTIVE}EAD_doc_{CODE}.0000001.xml"
    assert first.fields["type_name"].column == "typeName"
    assert first.fields["type_name"].written == "02"
    assert errors_of(check_delivery(delivery)[dossier.file_code]) == ()
    named = [path for document in dossier.documents for path in document.files]
    there = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    assert sorted([*named, *delivery.sources]) == there, "every file is a document's or kept as received"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"])
def test_all_digests_are_handed_on_to_be_compared(root: Path, read: Read, algorithm: str) -> None:
    delivery = read(package(root, algorithm=algorithm, upper=True))
    listed = {*delivery.sources, *(p for d in only(delivery).documents for p in d.files)} - {"METS.xml"}
    assert set(delivery.claims) == listed
    for path, claims in delivery.claims.items():
        actual = hashlib.new(algorithm.replace("-", ""), (root / path).read_bytes()).hexdigest()
        assert {claim.digests[algorithm] for claim in claims} == {actual}


def test_what_premis_states_beyond_mets_is_compared_too(root: Path, read: Read) -> None:
    delivery = read(package(root, kind="AIP", premis=True, algorithm="SHA-512"))
    claims = delivery.claims[f"{DATA}{CODE}.0000001.pdf"]
    assert sorted(name for claim in claims for name in claim.digests) == ["SHA-256", "SHA-256", "SHA-512"]


def test_a_package_in_one_more_folder_is_found(root: Path) -> None:
    made = package(root / "uuid-1")
    reader = PackageReader(InlineWorkers())
    assert reader.recognises(root)
    assert reader.read(root, root.parent / "room").root == str(made.root)


def test_a_folder_without_mets_is_no_package(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "METS.xml").write_text("<mets/>", encoding="utf-8")
    assert not PackageReader(InlineWorkers()).recognises(tmp_path)
    assert not PackageReader(InlineWorkers()).recognises(tmp_path / "a" / "METS.xml")
    assert not PackageReader(InlineWorkers()).recognises(tmp_path / "nothing")


def test_mets_as_a_link_or_a_folder_makes_no_package(tmp_path: Path) -> None:
    (tmp_path / "METS.xml").symlink_to("/etc/passwd")
    assert not PackageReader(InlineWorkers()).recognises(tmp_path)


@pytest.mark.parametrize(
    ("folder", "objid"),
    [
        ("urn_uuid_1c2d", "urn:uuid:1c2d"),
        ("urn_G09_uuid_1c2d", "urn:G09:uuid:1c2d"),
        ("uuid-1C2D", "uuid-1C2D"),
        ("0001_uuid-1C2D", "uuid-1C2D"),
        ("1c2d", "uuid-1C2D"),
    ],
)
def test_colons_underscores_ordinals_and_bare_guids_are_names_of_the_same(
    tmp_path: Path, read: Read, folder: str, objid: str
) -> None:
    assert "EAR-007" not in rules_told(read(package(tmp_path / folder, objid=objid)))


@pytest.mark.parametrize("status", ["NEW", "SUPPLEMENT", "REPLACEMENT", "TEST"])
def test_the_record_status_is_handed_on(root: Path, read: Read, status: str) -> None:
    (dossier,) = read(package(root, status=status, related="urn:uuid:1")).dossiers
    assert dossier.record_status is RecordStatus(status.lower())
    assert dossier.related_package == ("urn:uuid:1" if status in {"SUPPLEMENT", "REPLACEMENT"} else "")


@pytest.mark.parametrize(
    "written", ["2025-03-02", "02/03/2025", "2-3-2025", "2025-03-02T08:00:00+07:00", "ngày 2 tháng 3 năm 2025"]
)
def test_days_are_read_in_every_form(root: Path, read: Read, written: str) -> None:
    made = Package(root)
    made.documents[0]["issuedDate"] = written
    document = only(read(made.lay_out().seal())).documents[0]
    assert (document.value("issued_date"), document.written("issued_date")) == ("2025-03-02", written)


def test_photographs_and_recordings_are_told_by_name_and_by_fields(root: Path, read: Read) -> None:
    made = Package(root, kinds={1: "pic", 2: "media"})
    made.documents = [
        {"docCode": f"{CODE}.0000001", "typePic": "02", "imageTitle": "Lễ khánh thành", "photoTime": "02/01/2025"},
        {"docCode": f"{CODE}.0000002", "typeMedia": "02", "movieTitle": "Phim tư liệu", "playTime": "00:10:00"},
    ]
    documents = only(read(made.lay_out().seal())).documents
    assert [document.kind for document in documents] == [RecordKind.PHOTO, RecordKind.MEDIA]
    assert documents[0].value("image_title") == "Lễ khánh thành"
    assert documents[0].value("photo_time") == "2025-01-02"


def test_a_lot_of_loose_documents_says_where_it_comes_from(root: Path, read: Read) -> None:
    made = Package(
        root, Habits(type="Collection"), dossier={"fileCode": CODE, "title": "Lô văn bản đến", "source": "1"}
    )
    dossier = only(read(made.lay_out().seal()))
    assert dossier.fields["origin"].written == "1"
    assert dossier.value("title") == "Lô văn bản đến"


def test_a_file_is_found_by_the_code_where_names_say_nothing(root: Path, read: Read) -> None:
    made = Package(root, names=("x", "y")).lay_out()
    for ordinal, name in enumerate(("x", "y"), start=1):
        (root / f"{DATA}{name}.pdf").rename(root / f"{DATA}{CODE}.{ordinal:07d}.pdf")
    assert [d.files for d in only(read(made.seal())).documents] == [
        (f"{DATA}{CODE}.0000001.pdf",),
        (f"{DATA}{CODE}.0000002.pdf",),
    ]


def test_parts_of_a_document_come_in_their_order(root: Path, read: Read) -> None:
    made = Package(root).lay_out()
    (root / f"{DATA}{CODE}.0000001.pdf").unlink()
    for part in (10, 2, 1):
        made.write(f"{DATA}{CODE}.0000001.{part}.pdf", pdf(str(part)))
    first = only(read(made.seal())).documents[0]
    assert first.files == tuple(f"{DATA}{CODE}.0000001.{part}.pdf" for part in (1, 2, 10))


def test_ordinals_join_names_that_only_count(root: Path, read: Read) -> None:
    made = Package(root, names=("001", "002")).lay_out()
    for number in (1, 2):
        made.edit(f"{DESCRIPTIVE}EAD_doc_{number:03d}.xml", f"{CODE}.{number:07d}", "H49.64.1999.12.0000009")
        (root / f"{DATA}{number:03d}.pdf").rename(root / f"{DATA}HS-12.{number:03d}.pdf")
    assert [d.files for d in only(read(made.seal())).documents] == [
        (f"{DATA}HS-12.001.pdf",),
        (f"{DATA}HS-12.002.pdf",),
    ]


def test_mets_joins_what_no_name_joins(root: Path, read: Read) -> None:
    made = Package(root, names=("a", "b")).lay_out()
    (root / f"{DATA}a.pdf").rename(root / f"{DATA}quyết định.pdf")
    (root / f"{DATA}b.pdf").rename(root / f"{DATA}báo cáo.pdf")
    made.seal()
    for description, file in (("a", "quyết định"), ("b", "báo cáo")):
        dmd = made.identifier(f"dmd {DESCRIPTIVE}EAD_doc_{description}.xml")
        own = made.identifier(f"file {DATA}{file}.pdf", "ID-")
        made.edit("representations/rep1/METS.xml", f'<file ID="{own}"', f'<file ID="{own}" DMDID="{dmd}"')
    made.write("METS.xml", made.mets(""))
    assert [d.files for d in only(read(made)).documents] == [(f"{DATA}quyết định.pdf",), (f"{DATA}báo cáo.pdf",)]


def test_the_original_representation_holds_the_documents_and_the_others_are_kept(root: Path, read: Read) -> None:
    made = Package(root).lay_out()
    for path in sorted((root / DATA).iterdir()):
        made.write(f"representations/rep2/data/{path.name}", pdf("bản đọc"))
    delivery = read(made.seal())
    assert all(path.startswith(DATA) for document in only(delivery).documents for path in document.files)
    assert f"representations/rep2/data/{CODE}.0000001.pdf" in delivery.sources


def test_a_fetch_file_stands_for_the_file_that_it_names(root: Path, read: Read) -> None:
    made = Package(root).lay_out()
    (root / f"{DATA}{CODE}.0000001.pdf").rename(root / "documentation/to.pdf")
    made.write(f"{DATA}{CODE}.0000001.fetch.txt", "../../../documentation/to.pdf 12 data/to.pdf\r\n")
    delivery = read(made.seal())
    assert only(delivery).documents[0].files == ("documentation/to.pdf",)
    assert f"{DATA}{CODE}.0000001.fetch.txt" in delivery.sources


def test_a_wrong_year_in_all_codes_stops_nothing(root: Path, read: Read) -> None:
    """In a real package of 2026 all 137 docCode bore a wrong year, and docCode stood for arcDocCode."""
    made = Package(root)
    for fields in made.documents:
        fields["docCode"] = fields["docCode"].replace("2025", "1999")
    assert len(only(read(made.lay_out().seal())).documents) == 2


def test_codes_of_documents_do_not_name_the_dossier_when_it_names_itself(root: Path, read: Read) -> None:
    made = Package(root, Habits(kind="AIP", premis=True))
    for fields in made.documents:
        fields["docCode"] = fields["docCode"].replace("2025", "1999")
    dossier = only(read(made.lay_out().seal()))
    assert dossier.file_code == f"TTLT.{CODE}"


def test_ordinals_of_the_package_number_the_documents(root: Path, read: Read) -> None:
    made = Package(root)
    made.documents = [{**document_fields(number), "docOrdinal": str(3 - number)} for number in (1, 2)]
    documents = only(read(made.lay_out().seal())).documents
    assert [(d.ordinal, d.value("doc_code")) for d in documents] == [(1, f"{CODE}.0000002"), (2, f"{CODE}.0000001")]


def test_unknown_fields_are_kept_beside_the_known_ones(root: Path, read: Read) -> None:
    made = Package(root)
    made.documents[0]["mauGiay"] = "A4"
    made.dossier["nguoiLap"] = "Nguyễn Văn A"
    dossier = only(read(made.lay_out().seal()))
    assert dossier.extra["nguoiLap"] == "Nguyễn Văn A"
    assert dossier.documents[0].extra == {"mauGiay": "A4"}


def test_who_had_part_in_the_package_is_kept(root: Path, read: Read) -> None:
    extra = only(read(package(root))).extra
    assert extra["METS ARCHIVIST"] == "Ủy ban nhân dân tỉnh (H49.64)"
    assert extra["METS SUBMISSIONAGREEMENT"] == "H49.64.2025.01"


def test_links_and_devices_in_a_package_are_told_and_never_opened(root: Path, read: Read) -> None:
    made = package(root)
    (root / f"{DATA}link.pdf").symlink_to("/etc/passwd")
    delivery = read(made)
    assert "READ-020" in rules_told(delivery)
    assert f"{DATA}link.pdf" not in delivery.sources


def test_thousands_of_broken_references_are_told_up_to_a_number(root: Path, read: Read) -> None:
    made = package(root)
    many = "".join(f'<file ID="X{n}"><FLocat xlink:href="no/{n}.pdf"/></file>' for n in range(2500))
    made.edit("representations/rep1/METS.xml", "</fileGrp>", f"{many}</fileGrp>")
    found = [finding for finding in findings_of(read(made)) if finding.rule == "EAR-022"]
    assert len(found) == 2001
    assert found[-1].subject == "… (+500)"


def test_a_detached_signature_goes_with_the_file_that_it_signs(root: Path, read: Read) -> None:
    made = Package(root).lay_out()
    made.write(f"{DATA}{CODE}.0000002.pdf.p7s", b"0\x80")
    assert only(read(made.seal())).documents[1].files == (
        f"{DATA}{CODE}.0000002.pdf",
        f"{DATA}{CODE}.0000002.pdf.p7s",
    )


def test_what_a_file_manager_left_and_mets_lists_is_no_missing_file(root: Path, read: Read) -> None:
    made = Package(root).lay_out()
    made.write(f"{DATA}Thumbs.db", b"x")
    delivery = read(made.seal())
    assert len(only(delivery).documents) == 2
    assert delivery.ignored == (f"{DATA}Thumbs.db",)


def test_a_description_that_is_no_xml_is_kept_and_told(root: Path, read: Read) -> None:
    made = Package(root).lay_out()
    made.write("metadata/descriptive/mo-ta.csv", "a,b")
    delivery = read(made.seal())
    assert "EAR-042" in rules_told(delivery)
    assert "metadata/descriptive/mo-ta.csv" in delivery.sources


def test_signatures_over_the_package_are_kept_with_the_metadata_and_are_no_documents(root: Path, read: Read) -> None:
    made = package(root)
    (root / "METS.xml.p7s").write_bytes(b"0\x82\x01\x00")
    (root / "signatures").mkdir()
    (root / "signatures" / "chu-ky.xml").write_bytes(b"<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/>")
    delivery = read(made)
    only(delivery)
    assert {"METS.xml", "METS.xml.p7s", "signatures/chu-ky.xml"} <= set(delivery.sources)
