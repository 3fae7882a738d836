"""Bags: judged by the Library of Congress's own reader."""

from __future__ import annotations

import json
import unicodedata
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import bagit
import pytest

from archive.dissemination.bags import Bags, encoded, payload_path
from archive.dissemination.outgoing import Exported, ExportKind
from metadata.package import PackageBrokenError
from tests.fakes.dossiers import FILE_CODE, PACKAGE_ID, SUBMISSION_ID, Paper
from tests.fakes.exports import Shelf, shelved, written

SCAN = Paper(("Quyết định/Số 5 & 6.pdf",), rendition=True, text="Quyết định")
NFD = unicodedata.normalize("NFD", "Công văn số 7.pdf")
BORN = Paper((NFD, "phụ lục/100% — bảng.xlsx"), signed=True)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Only read."""
    return shelved(tmp_path_factory.mktemp("bags") / "shelf", [SCAN, BORN])


def judged(folder: Path) -> Any:  # noqa: ANN401 - the library has no types
    """The bag as the Library of Congress's reader opens it."""
    return bagit.Bag(str(folder))  # type: ignore[no-untyped-call]


def leave(shelf: Shelf, target: Path) -> list[Exported]:
    wanted = shelf.wanted(ExportKind.BAGIT)
    if target.suffix == ".zip":
        wanted = replace(wanted, container=target.stem)
    return written(Bags(shelf.stored, shelf.scratch).outgoing(wanted), target)


def names(folder: Path) -> dict[str, dict[str, object]]:
    lines = (folder / "received-names.jsonl").read_text(encoding="utf-8").splitlines()
    return {str(entry["path"]): entry for entry in map(json.loads, lines)}


def test_the_library_of_congress_finds_a_bag_valid_every_byte_and_tag_file(shelf: Shelf, tmp_path: Path) -> None:
    leave(shelf, tmp_path / "out")
    bag = judged(tmp_path / "out")
    assert bag.validate(processes=1, fast=False)
    assert bag.version_info == (1, 0)
    assert {Path(name).name for name in bag.manifest_files()} == {"manifest-sha256.txt", "manifest-sha512.txt"}
    assert {Path(name).name for name in bag.tagmanifest_files()} == {"tagmanifest-sha256.txt", "tagmanifest-sha512.txt"}


def test_every_file_that_is_no_tag_manifest_stands_in_a_manifest(shelf: Shelf, tmp_path: Path) -> None:
    leave(shelf, tmp_path / "out")
    files = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert set(judged(tmp_path / "out").entries) == {n for n in files if not n.startswith("tagmanifest-")}


def test_the_payload_is_the_delivery_as_received_and_nothing_else(shelf: Shelf, tmp_path: Path) -> None:
    leave(shelf, tmp_path / "out")
    payload = {
        p.relative_to(tmp_path / "out/data").as_posix() for p in (tmp_path / "out/data").rglob("*") if p.is_file()
    }
    received = {"Quyết định/Số 5 & 6.pdf", "Công văn số 7.pdf", "phụ lục/100_ — bảng.xlsx", "Mục lục.xlsx"}
    assert payload == received
    record = shelf.kept[0]
    for document in record.documents:
        for file in document.originals:
            path = tmp_path / "out/data" / payload_path(file.original_name)
            with shelf.stored.open(record, file) as stream:
                assert path.read_bytes() == stream.read()


def test_the_name_as_received_is_kept_beside_a_name_that_had_to_change(shelf: Shelf, tmp_path: Path) -> None:
    leave(shelf, tmp_path / "out")
    known = names(tmp_path / "out")
    assert known["data/Công văn số 7.pdf"]["original"] == NFD
    assert known["data/phụ lục/100_ — bảng.xlsx"]["original"] == "phụ lục/100% — bảng.xlsx"
    assert known["data/Quyết định/Số 5 & 6.pdf"] == {
        "path": "data/Quyết định/Số 5 & 6.pdf",
        "document": 1,
        "original": "Quyết định/Số 5 & 6.pdf",
    }


def test_what_the_archive_made_are_tag_files(shelf: Shelf, tmp_path: Path) -> None:
    leave(shelf, tmp_path / "out")
    place = tmp_path / "out/packages" / PACKAGE_ID
    assert len(list((place / "representations/rep2/data").iterdir())) == 1
    assert len(list((place / "representations/rep3/data").iterdir())) == 1
    for path in ("METS.xml", "metadata/preservation/PREMIS.xml", "metadata/descriptive/source/record.xml"):
        with shelf.stored.packages.open_file(PACKAGE_ID, path) as stream:
            assert (place / path).read_bytes() == stream.read()


def test_bag_info_says_whose_it_is_what_it_is_and_when_it_was_made(shelf: Shelf, tmp_path: Path) -> None:
    left = leave(shelf, tmp_path / "out")
    info = judged(tmp_path / "out").info
    payload = [file for file in left if file.path and "/data/" in file.path]
    assert info["Source-Organization"] == "Sở Nội vụ"
    assert info["External-Identifier"] == FILE_CODE
    assert info["External-Description"] == "Hồ sơ số 12 về đất đai"
    assert info["Bag-Group-Identifier"] == SUBMISSION_ID
    assert info["Internal-Sender-Identifier"] == f"urn:uuid:{PACKAGE_ID}"
    assert info["Bagging-Date"] == "2026-12-01"
    made = [f for f in payload if "representations" not in str(f.path)]
    assert info["Payload-Oxum"] == f"{sum(file.size_bytes or 0 for file in made)}.{len(made)}"


def test_in_a_zip_everything_stands_in_one_folder_called_like_it(shelf: Shelf, tmp_path: Path) -> None:
    leave(shelf, tmp_path / "hồ-sơ.zip")
    with zipfile.ZipFile(tmp_path / "hồ-sơ.zip") as packed:
        assert {name.split("/")[0] for name in packed.namelist()} == {"hồ-sơ"}
        packed.extractall(tmp_path / "unpacked")
    assert judged(tmp_path / "unpacked/hồ-sơ").is_valid()


def test_the_same_bag_at_the_same_instant_has_the_same_bytes(shelf: Shelf, tmp_path: Path) -> None:
    leave(shelf, tmp_path / "a.zip")
    leave(shelf, tmp_path / "b" / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b" / "a.zip").read_bytes()


def test_parts_of_a_dossier_are_one_bag_and_equal_names_do_not_meet(tmp_path: Path) -> None:
    shelf = shelved(tmp_path / "shelf", [Paper(("a.pdf",)), Paper(("b.pdf",))], [Paper(("A.pdf",))])
    leave(shelf, tmp_path / "out")
    known = names(tmp_path / "out")
    assert {path for path, entry in known.items() if entry["document"]} == {
        "data/a.pdf",
        "data/b.pdf",
        "data/A.2.pdf",
    }
    assert known["data/A.2.pdf"]["original"] == "A.pdf"
    # The list came with both parts, and is one file.
    assert [path for path, entry in known.items() if entry["document"] is None] == ["data/Mục lục.xlsx"]
    assert judged(tmp_path / "out").is_valid()


def test_nothing_is_given_when_a_byte_differs_from_what_the_package_says(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(PackageBrokenError, match="PKG-003"):
        leave(shelf.lying(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_name_cannot_leave_the_payload_and_a_manifest_line_is_one_line() -> None:
    assert str(payload_path("../../etc/./passwd")) == "etc/passwd"
    assert str(payload_path("a\nb\r/c%0A.pdf")) == "a_b_/c_0A.pdf"
    assert str(payload_path("..")) == "_"
    assert encoded("data/a%b\r\n") == "data/a%25b%0D%0A"


def test_files_leave_in_an_order_in_which_a_stream_can_be_judged(shelf: Shelf) -> None:
    bags = Bags(shelf.stored, shelf.scratch)
    order = [file.name for file in bags.outgoing(shelf.wanted(ExportKind.BAGIT))]
    first_payload = next(n for n, name in enumerate(order) if name.startswith("data/"))
    assert {"bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt"} <= set(order[:first_payload])
