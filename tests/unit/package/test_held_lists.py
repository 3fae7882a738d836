"""A list of many dossiers: once per holding, named by its digest; in each package the dossier's own rows."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.facts import FileRole, Packaged, Received, ReceivedFile
from ingest.packaging.held import LARGEST_HELD_BYTES, is_held, rows_document
from ingest.work import WorkItem
from metadata.descriptions import SheetRows
from metadata.package import FORMAT_VERSION, PackageBrokenError, PackageRecord
from metadata.package_check import check_package
from metadata.package_reader import read_package
from tests.fakes.dossiers import Paper, dossier, package_stage

LIST = "metadata/descriptive/source/001-Muc-luc.xlsx"
ROWS = f"{LIST}.rows.json"
PREMIS = "metadata/preservation/PREMIS.xml"
OWN = SheetRows(
    source="Mục lục.xlsx",
    sheet="Sheet1",
    headings=((3, ("Mã hồ sơ", "Trích yếu")),),
    rows=((5, ("HS-ĐẤT", " Về việc\nlưu trữ ")), (9, ("", "nửa ký tự \ud800", "cuối"))),
)
OTHER = SheetRows(source="Khác.xlsx", sheet="Sheet1", rows=((1, ("của danh mục khác",)),))


def one_of_many(folder: Path, others: int = 249) -> WorkItem:
    item = dossier(folder, [Paper(("Quyết định.pdf",)), Paper(("Tờ trình.pdf",))])
    described = item.dossier.model_copy(update={"rows": (OWN, OTHER)})
    return replace(item, delivery=item.delivery.model_copy(update={"other_dossiers": others}), dossier=described)


@pytest.fixture(scope="module")
def item(tmp_path_factory: pytest.TempPathFactory) -> WorkItem:
    return one_of_many(tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def packaged(item: WorkItem) -> Packaged:
    return package_stage().run(item)


def bytes_of(item: WorkItem, packaged: Packaged) -> dict[str, bytes]:
    return {file.path: (item.folder / file.source).read_bytes() for file in packaged.parts[0].files}


def record_of(files: dict[str, bytes]) -> PackageRecord:
    return read_package(lambda path: io.BytesIO(files[path]), files)


def test_the_list_is_no_file_of_the_package_and_is_to_be_kept_before_it(item: WorkItem, packaged: Packaged) -> None:
    received = next(file for file in item.fact(Received).files if file.role is FileRole.SOURCE)
    assert LIST not in bytes_of(item, packaged)
    assert [(kept.sha256, kept.source) for kept in packaged.keepsakes] == [(received.sha256, received.stored)]


def test_the_package_names_the_whole_list_and_where_it_lies(item: WorkItem, packaged: Packaged) -> None:
    files = bytes_of(item, packaged)
    received = next(file for file in item.fact(Received).files if file.role is FileRole.SOURCE)
    (source,) = record_of(files).sources
    assert (source.held, source.path, source.original_name) == (True, LIST, received.path)
    assert (source.sha256, source.sha512, source.size_bytes) == (
        received.sha256,
        received.sha512,
        received.size_bytes,
    )
    assert f"evidence/objects/{received.sha256}".encode() in files[PREMIS]


def test_the_package_holds_the_dossiers_own_rows_to_the_letter(item: WorkItem, packaged: Packaged) -> None:
    said = json.loads(bytes_of(item, packaged)[ROWS])
    received = next(file for file in item.fact(Received).files if file.role is FileRole.SOURCE)
    assert said["list"]["sha256"] == received.sha256
    assert said["list"]["kept"] == f"evidence/objects/{received.sha256}"
    assert said["sheets"] == [
        {
            "sheet": "Sheet1",
            "headings": [{"row": 3, "cells": ["Mã hồ sơ", "Trích yếu"]}],
            "rows": [
                {"row": 5, "cells": ["HS-ĐẤT", " Về việc\nlưu trữ "]},
                {"row": 9, "cells": ["", "nửa ký tự \ud800", "cuối"]},
            ],
        }
    ]


def test_such_a_package_breaks_no_rule_and_says_its_form(item: WorkItem, packaged: Packaged) -> None:
    files = bytes_of(item, packaged)
    assert check_package(lambda path: io.BytesIO(files[path]), files) == ()
    assert record_of(files).format_version == FORMAT_VERSION


def test_a_list_of_one_dossier_alone_stays_in_its_package(tmp_path: Path) -> None:
    item = one_of_many(tmp_path, others=0)
    packaged = package_stage().run(item)
    files = bytes_of(item, packaged)
    assert (LIST in files, ROWS in files, packaged.keepsakes) == (True, False, ())
    assert [source.held for source in record_of(files).sources] == [False]


@pytest.mark.parametrize(
    ("size", "documents", "others", "held"),
    [
        (50, 1000, 9, False),
        (51, 1000, 9, True),
        (51, 1000, 0, False),
        (LARGEST_HELD_BYTES, 0, 9, True),
        (LARGEST_HELD_BYTES + 1, 0, 9, False),
    ],
)
def test_what_swells_the_packages_of_many_is_kept_beside_them(
    size: int, documents: int, others: int, *, held: bool
) -> None:
    source = ReceivedFile(path="a.xlsx", stored="a", sha256="", sha512="", size_bytes=size, role=FileRole.SOURCE)
    assert is_held(source, documents_bytes=documents, other_dossiers=others) is held


def test_rows_of_a_list_are_text_that_every_reader_of_json_takes() -> None:
    source = ReceivedFile(path="a\udcff.csv", stored="a", sha256="s", sha512="t", size_bytes=1, role=FileRole.SOURCE)
    document = rows_document(source, ())
    assert json.loads(document.decode())["list"]["name"] == "a\udcff.csv"


@pytest.mark.rule("PKG-007")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda premis, sha256: premis.replace(f"objects/{sha256}".encode(), f"objects/{'0' * 64}".encode()),
        lambda premis, sha256: premis.replace(f"objects/{sha256}".encode(), b"elsewhere"),
        lambda premis, sha256: premis.replace(f"/{LIST}".encode(), b"/representations/rep1/data/more.pdf"),
    ],
    ids=["another object", "no object", "a document that is kept elsewhere"],
)
def test_only_a_list_may_lie_outside_and_only_under_its_own_digest(
    item: WorkItem,
    packaged: Packaged,
    spoil: object,
) -> None:
    assert callable(spoil)
    files = bytes_of(item, packaged)
    changed = spoil(files[PREMIS], packaged.keepsakes[0].sha256)
    assert changed != files[PREMIS]
    files[PREMIS] = changed
    with pytest.raises(PackageBrokenError) as broken:
        record_of(files)
    assert {"PKG-003", "PKG-007"} <= {finding.rule for finding in broken.value.findings}
