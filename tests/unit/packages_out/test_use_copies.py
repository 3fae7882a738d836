"""A DIP as it is given to a reader: marked copies, untouched originals, and the authentication file."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from archive.dissemination.outgoing import CopyForm, ExportKind, Options, Outgoing, Shape
from archive.dissemination.requests import RequestRefusedError
from metadata.descriptions import RecordKind
from metadata.errors import UsageError
from metadata.profiles.copies import copy_rules
from metadata.xml.mets import read_mets
from metadata.xml.premis import read_premis
from tests.fakes.dossiers import PACKAGE_ID, Paper
from tests.fakes.exports import STORED, Shelf, Stamper, shelved
from tests.fakes.pdf_texts import page_texts

SCAN = Paper(("a/Quyết định 5.pdf",), rendition=True, signed=True)
KEPT = Paper(("Hợp đồng.pdf",))
PHOTO = Paper(("ảnh.jpg",), kind=RecordKind.PHOTO, mime="image/jpeg", fields={"image_title": "Lễ"})
DIP = ExportKind.DIP
NS = "{urn:luutru:authentication:1.0}"
TIME = "2026-12-01T09:03:04+07:00"
ARCHIVE = "Trung tâm Lưu trữ lịch sử tỉnh"
BATCH = {**STORED, "id": "b", "type": "evidence batch", "subject": "evidence:2026-11-29-1"}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return shelved(tmp_path_factory.mktemp("shelf"), [SCAN, KEPT, PHOTO])


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def said(folder: Path) -> Any:  # noqa: ANN401 - an element
    return etree.parse(folder / "documentation/xac-thuc.xml").getroot()


def items(element: Any) -> dict[str, str]:  # noqa: ANN401 - an element
    return {item.get("key"): item.text or "" for item in element.findall(f"{NS}item")}


def paper(folder: Path) -> str:
    return " ".join(" ".join(page_texts(folder / "documentation/xac-thuc.pdf")).split())


# ---------------------------------------------------------------- copies


def test_copies_bear_the_note_and_originals_never_do(shelf: Shelf, tmp_path: Path) -> None:
    """Originals keep their own authentication: not a byte of them is changed."""
    folder = shelf.leave_one(tmp_path / "out", DIP)
    copies = sorted((folder / "representations/rep2/data").iterdir())
    assert len(copies) == 2
    for copy in copies:
        assert f"\nBẢN SAO\n{ARCHIVE}\n{TIME}\n".encode() in copy.read_bytes()
    (record,) = shelf.kept
    for file in (file for document in record.documents for file in document.originals):
        assert sha256(folder / file.path) == file.sha256


def test_an_original_that_was_kept_as_pdfa_has_a_copy_beside_it(shelf: Shelf, tmp_path: Path) -> None:
    """It is taken through the converter, for its signature would no longer hold on marked pages."""
    stamper = Stamper()
    folder = replace(shelf, marker=stamper).leave_one(tmp_path / "out", DIP)
    assert stamper.asked == [("2b", False), ("2b", True)]
    (kept,) = shelf.kept[0].documents[1].originals
    copy = folder / kept.path.replace("rep1", "rep2")
    assert copy.read_bytes().startswith((folder / kept.path).read_bytes())


def test_mets_and_premis_describe_the_copy_that_is_there(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", DIP)
    with (folder / "representations/rep2/METS.xml").open("rb") as stream:
        listed = {entry.path: entry.sha256 for _, entries in read_mets(stream).groups for entry in entries}
    urn = f"urn:uuid:{folder.name.removeprefix('uuid-').lower()}"
    with (folder / "representations/rep2/metadata/preservation/PREMIS_rep2.xml").open("rb") as stream:
        premis = read_premis(stream, urn)
    objects = {found.id: found for found in premis.objects if found.kind == "file"}
    for path, digest in listed.items():
        found = objects[f"representations/rep2/{path}"]
        assert digest == found.sha256 == sha256(folder / "representations/rep2" / path)
        assert found.format_name == "PDF/A-2b"
    (marking,) = (event for event in premis.events if event.type == "modification")
    assert marking.detail == f"BẢN SAO · {ARCHIVE} · {TIME}"
    assert {path for path, role in marking.objects.items() if role == "outcome"} == set(objects)


def test_a_copy_that_cannot_be_marked_does_not_leave_and_that_is_told(shelf: Shelf, tmp_path: Path) -> None:
    lines = replace(shelf, marker=Stamper(refuses="6.1.2-1")).leave(tmp_path / "out", DIP)
    told = [line.more for line in lines if line.path is None]
    assert [(more["document"], more["not_copied"]) for more in told] == [(1, "6.1.2-1"), (2, "6.1.2-1")]
    (folder,) = (tmp_path / "out").iterdir()
    assert not (folder / "representations/rep2").exists()


def test_the_line_of_a_copy_says_what_it_is_and_what_it_lost(shelf: Shelf, tmp_path: Path) -> None:
    lines = [line.more for line in shelf.leave(tmp_path / "out", DIP) if "/rep2/data/" in (line.path or "")]
    assert [more["copy_of"].rpartition("/")[0] for more in lines] == ["representations/rep1/data"] * 2
    assert [more.get("copy_losses") for more in lines] == [None, ["signature"]]


def test_plain_copies_are_those_of_the_store_and_nothing_is_authenticated(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", DIP, Options(copies=CopyForm.PLAIN))
    (rendition,) = shelf.kept[0].documents[0].renditions
    assert [path.name for path in (folder / "representations/rep2/data").iterdir()] == [rendition.path.split("/")[-1]]
    assert sha256(folder / rendition.path) == rendition.sha256
    assert [path.name for path in (folder / "documentation").iterdir()] == ["readme.txt"]
    assert "not an authenticated copy" in (folder / "documentation/readme.txt").read_text()


@pytest.mark.parametrize(("copies", "marked"), [(None, False), (CopyForm.MARKED, True)])
def test_what_goes_abroad_is_marked_when_somebody_asks_for_it(
    shelf: Shelf, tmp_path: Path, copies: CopyForm | None, marked: bool
) -> None:
    folder = shelf.leave_one(tmp_path / "out", DIP, Options(Shape.EARK, copies=copies))
    assert (folder / "documentation/xac-thuc.pdf").exists() is marked
    ead3 = (folder / "metadata/descriptive/EAD3.xml").read_text()
    assert ead3.count("rep2/data") == (2 if marked else 1)


# ---------------------------------------------------------------- authentication


def test_the_eleven_items_stand_in_the_order_of_the_circular(shelf: Shelf, tmp_path: Path) -> None:
    told = {"recipient": "Lê Văn Bình, 079…12", "validUntil": "31/12/2026", "copies": "1"}
    request = {"purpose": "02", "purposeContent": "Thẩm tra"}
    options = Options(request=request, authentication=told)
    folder = shelf.leave_one(tmp_path / "out", DIP, options, ordinal=1)
    root = said(folder)
    (document,) = root.findall(f"{NS}document")
    known = items(root) | items(document)
    assert known == {
        "code": folder.name,
        "archive": f"{ARCHIVE} (H49.01)",
        "recipient": "Lê Văn Bình, 079…12",
        "archival_code": "H49.01.H49.64.2025.12.HS-ĐẤT.0000001",
        "number": "1/QĐ-UBND",
        "type": "Quyết định",
        "title": "Về việc lưu trữ số 1",
        "purpose": "Công vụ — Thẩm tra",
        "issued_on": "01/12/2026",
        "valid_until": "31/12/2026",
        "copies": "1",
    }
    words = paper(folder)
    rules = copy_rules().items
    assert len(rules) == 11
    places = [words.index(f"{number}. {item.vi}: {known[item.key]}") for number, item in enumerate(rules, start=1)]
    assert places == sorted(places)


def test_what_nobody_told_is_not_made_up(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", DIP)
    known = items(said(folder))
    assert [known[key] for key in ("recipient", "purpose", "valid_until", "copies")] == ["", "", "", ""]
    assert "Người nhận (họ tên, số định danh): (không có thông tin)" in paper(folder)


def test_it_names_every_original_and_copy_by_its_digest(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", DIP)
    files = said(folder).findall(f"{NS}document/{NS}file")
    assert [file.get("role") for file in files] == ["original", "copy", "original", "copy", "original"]
    for file in files:
        data = folder / file.get("path")
        assert (file.get("sha256"), int(file.get("bytes"))) == (sha256(data), data.stat().st_size)
        assert hashlib.sha512(data.read_bytes()).hexdigest() == file.get("sha512")
    assert {file.get("copyOf") for file in files if file.get("role") == "copy"} == {
        files[0].get("path"),
        files[2].get("path"),
    }
    squeezed = paper(folder).replace(" ", "")
    assert all(file.get("sha256") in squeezed for file in files)


def test_it_says_what_was_judged_of_signatures(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", DIP)
    (signature,) = said(folder).iter(f"{NS}signature")
    assert signature.get("indication") == "INDETERMINATE"
    assert signature.getparent().get("role") == "original"
    squeezed = paper(folder).replace(" ", "")
    assert "INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND" in squeezed
    assert "khôngcóchữkýsố" in squeezed


def test_it_says_under_which_time_stamp_the_stored_package_stands_and_that_it_is_not_signed(
    shelf: Shelf, tmp_path: Path
) -> None:
    stamped = replace(shelf, trail=[STORED, BATCH])
    folder = stamped.leave_one(tmp_path / "a", DIP)
    root = said(folder)
    (evidence,) = root.findall(f"{NS}evidence")
    assert (evidence.get("batch"), root.get("madeOf")) == ("2026-11-29-1", f"urn:uuid:{PACKAGE_ID}")
    assert root.get("signed") == "false"
    assert "2026-11-29-1" in paper(folder)
    assert "chưa được ký số" in paper(folder)
    unstamped = shelf.leave_one(tmp_path / "b", DIP)
    assert not said(unstamped).findall(f"{NS}evidence")
    assert "chưa được đóng dấu thời gian" in paper(unstamped)


def test_the_trail_shall_know_its_code_and_digests_before_it_leaves(shelf: Shelf, tmp_path: Path) -> None:
    wanted = shelf.wanted(DIP)
    noted = [file for file in shelf.packages().outgoing(wanted) if file.noted]
    folder = shelf.leave_one(tmp_path / "out", DIP)
    (file,) = noted
    assert isinstance(file, Outgoing)
    assert file.noted == {
        "authentication": folder.name,
        "authentication_sha256": sha256(folder / "documentation/xac-thuc.pdf"),
        "authentication_data_sha256": sha256(folder / "documentation/xac-thuc.xml"),
    }


@pytest.mark.parametrize(
    "told",
    [{"validUntil": "12/2026"}, {"copies": "0"}, {"copies": "hai"}, {"người nhận": "x"}, {"recipient": "x" * 501}],
)
def test_what_does_not_fit_is_refused_before_anything_leaves(
    shelf: Shelf, tmp_path: Path, told: dict[str, str]
) -> None:
    with pytest.raises(RequestRefusedError):
        shelf.leave(tmp_path / "out", DIP, Options(authentication=told))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (ExportKind.SIP, Options(copies=CopyForm.MARKED)),
        (ExportKind.AIP, Options(authentication={"copies": "1"})),
        (DIP, Options(copies=CopyForm.PLAIN, authentication={"copies": "1"})),
    ],
)
def test_what_goes_with_an_authenticated_dip_goes_with_nothing_else(
    shelf: Shelf, tmp_path: Path, kind: ExportKind, options: Options
) -> None:
    with pytest.raises(UsageError):
        shelf.leave(tmp_path / "out", kind, options)
