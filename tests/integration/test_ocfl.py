"""What we write is OCFL 1.1, says ocfl-py."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from storage.layout import object_path
from storage.packages import PackageStore
from tests.fixtures.holdings import Contents
from tests.fixtures.ocfl_judge import OcflJudge

FILES = {
    "METS.xml": b"<mets/>",
    "representations/rep1/data/H49.64.2025.12.HS-ĐẤT.001.pdf": b"%PDF original",
    "representations/rep1/data/Quyết định số 12 & phụ lục.pdf": b"%PDF annex",
    "representations/rep3/data/H49.001.jsonl.zst": b"text",
    "schemas/METS.xsd": b"<schema/>",
    "representations/rep1/METS.xml": b"<mets/>",
    "documentation/receipt.json": b"",
}


def test_packages_of_one_and_of_several_versions_are_valid_without_a_warning(
    packages: PackageStore, contents: Contents, storage_root: Path, ocfl_judge: OcflJudge
) -> None:
    ids = [str(UUID(int=n, version=4)) for n in range(3)]
    for package_id in ids:
        packages.write(package_id, contents(FILES), message="Nộp lưu: nhập hồ sơ", agent="luutru")
    changed = {**FILES, "METS.xml": b"<mets v='2'/>", "metadata/other/Ghi chú.json": b"{}"}
    del changed["schemas/METS.xsd"]
    packages.write(ids[1], contents(changed), message="Sửa siêu dữ liệu", agent="bích")
    packages.write(ids[1], contents(FILES), message="Trả lại", agent="bích")
    verdict = ocfl_judge(storage_root / "packages")
    assert verdict == {"ok": True, "objects": 3, "good": 3, "errors": [], "root": "", "messages": {}}


def test_the_judge_finds_the_byte_that_we_find(
    packages: PackageStore, contents: Contents, storage_root: Path, ocfl_judge: OcflJudge
) -> None:
    package_id = str(UUID(int=7, version=4))
    packages.write(package_id, contents(FILES), message="Nộp lưu", agent="luutru")
    flipped = storage_root / object_path(package_id) / "v1/content/schemas/METS.xsd"
    flipped.write_bytes(b"<Schema/>")
    verdict = ocfl_judge(storage_root / "packages")
    assert not verdict["ok"]
    assert "E092a" in str(verdict["messages"])
    assert [finding.subject for finding in packages.check_fixity(package_id).findings] == ["schemas/METS.xsd"]


def test_an_interrupted_write_that_was_completed_is_valid(
    contents: Contents, storage_root: Path, packages: PackageStore, ocfl_judge: OcflJudge
) -> None:
    """Other content lies in the places of the first attempt; see ADR 0031."""
    package_id = str(UUID(int=9, version=4))
    folder = storage_root / object_path(package_id) / "v1/content"
    (folder / "representations").mkdir(parents=True)
    (folder / "METS.xml").write_bytes(b"<mets half")
    (folder / "representations/left.tmp").write_bytes(b"")
    packages.write(package_id, contents(FILES), message="Nộp lưu", agent="luutru")
    verdict = ocfl_judge(storage_root / "packages")
    assert (verdict["ok"], verdict["messages"], verdict["good"]) == (True, {}, 1)
