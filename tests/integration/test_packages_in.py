"""Packages of other programs by the real command, in real workers: archived, refused with every reason, back again."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ingest.readers.eark.reader import PackageReader
from ingest.workers.pool import WorkerPool
from tests.fixtures.commons_ip_maker import Make
from tests.fixtures.homes import CommandLine
from tests.generators.eark_packages import CODE, Habits, Package, document_fields, package, pdf

FIRST = f"representations/rep1/data/{CODE}.0000001.pdf"


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A home without trust: nothing here is signed."""
    made = CommandLine(tmp_path_factory.mktemp("packages") / "home")
    made.json("init")
    return made


def errors(line: dict[str, Any]) -> set[str]:
    return {finding["rule"] for finding in line["findings"] if finding["severity"] == "error"}


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    return target


def bomb(root: Path) -> Path:
    made = package(root)
    made.edit("METS.xml", "<mets ", "<!DOCTYPE mets [<!ENTITY a 'b'><!ENTITY c '&a;&a;&a;'>]><mets LABEL='&c;' ")
    return root


def wrong_byte(root: Path, algorithm: str) -> Path:
    package(root, algorithm=algorithm)
    content = (root / FIRST).read_bytes()
    (root / FIRST).write_bytes(content[:-8] + content[-8:].replace(b"F", b"f"))
    return root


def cut_zip(folder: Path, target: Path) -> Path:
    zipped(folder, target)
    os.truncate(target, target.stat().st_size // 2)
    return target


def test_broken_packages_are_refused_with_their_rules(command: CommandLine, tmp_path: Path) -> None:
    sound = package(tmp_path / "uuid-1", schema_names=()).root
    expected = {
        sound: set(),
        zipped(sound, tmp_path / "uuid-1.zip"): set(),
        package(tmp_path / "uuid-2", status="TEST").root: {"EAR-009"},
        bomb(tmp_path / "uuid-3"): {"EAR-002"},
        wrong_byte(tmp_path / "uuid-4", "SHA-256"): {"ING-005"},
        wrong_byte(tmp_path / "uuid-5", "MD5"): {"ING-005"},
        cut_zip(sound, tmp_path / "uuid-6.zip"): {"CON-001"},
    }
    lines = command.json("check", *expected, code=3)
    # Another test may have archived a dossier of the same code in this home before.
    assert {Path(line["path"]): errors(line) - {"SUB-001"} for line in lines} == expected
    assert all(f["message"] for line in lines for f in line["findings"])


def test_a_package_is_archived_and_its_aip_and_its_supplement_are_read(
    command: CommandLine, tmp_path: Path, worker_pool: WorkerPool
) -> None:
    made = package(tmp_path / "uuid-new")
    (line,) = command.json("ingest", zipped(made.root, tmp_path / "uuid-new.zip"))
    assert (line["status"], line["file_code"], line["documents"]) == ("archived", CODE, 2)
    command.json("export", line["package_id"], "--as", "aip", "-o", tmp_path / "aip")
    exported = next((tmp_path / "aip").iterdir())
    more = Package(tmp_path / "uuid-more", Habits(status="SUPPLEMENT"), names=(f"{CODE}.0000003",))
    more.documents = [document_fields(3)]
    # What we give out breaks no rule when it comes in again, except that the archive has it already.
    again, added = command.json("check", exported, more.lay_out().seal().root, code=3)
    assert (again["file_code"], again["documents"], errors(again)) == (CODE, 2, {"SUB-001"})
    assert (added["file_code"], added["status"], errors(added)) == (CODE, "acceptable", set())

    delivery = PackageReader(worker_pool).read(exported, tmp_path / "room")
    (dossier,) = delivery.dossiers
    files = [path for document in dossier.documents for path in document.files]
    handed_in = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((made.root / FIRST).parent.iterdir())]
    assert [delivery.claims[path][0].digests["SHA-256"] for path in files] == handed_in
    subjects = [document.value("subject") for document in dossier.documents]
    assert subjects == [f"Về việc phê duyệt đề án số {ordinal}" for ordinal in (1, 2)]
    assert dossier.documents[0].value("maintenance") == "30 năm", (
        "the forms of an AIP have no place for it, the record has"
    )


@pytest.mark.server
@pytest.mark.parametrize(("version", "form"), [("2.0.4", "folder"), ("2.1.0", "zip"), ("2.2.0", "folder")])
def test_a_sip_of_commons_ip_is_read_with_all_that_it_says(
    commons_ip_maker: Make, tmp_path: Path, worker_pool: WorkerPool, version: str, form: str
) -> None:
    material = tmp_path / "material"
    for name, content in (
        ("rep1/Quyết định số 1.pdf", pdf("a")),
        ("rep1/Báo cáo.pdf", pdf("b")),
        ("rep2/Báo cáo.txt", b"x"),
        ("descriptive/dc.xml", DUBLIN_CORE.encode()),
    ):
        (material / name).parent.mkdir(parents=True, exist_ok=True)
        (material / name).write_bytes(content)
    made = commons_ip_maker(version, form, "DC", material)
    if form == "zip":
        shutil.unpack_archive(made, tmp_path / "unpacked", "zip")
        made = tmp_path / "unpacked"
    delivery = PackageReader(worker_pool).read(made, tmp_path / "room")
    (dossier,) = delivery.dossiers
    told = {finding.rule for finding in delivery.dossier_findings[dossier.file_code]}
    assert told == {"EAR-017", "EAR-025", "EAR-034", "EAR-049", "EAR-051"}
    assert (dossier.file_code, dossier.value("title")) == ("H49.64.2025.77", "Hồ sơ cấp phép xây dựng")
    assert (dossier.value("start_date"), dossier.value("end_date")) == ("2025-01-02", "2025-06-30")
    assert dossier.value("language") == "Tiếng Việt"
    assert [d.value("subject") for d in dossier.documents] == ["Báo cáo", "Quyết định số 1"]
    assert "representations/rep2/data/Báo cáo.txt" in delivery.sources


DUBLIN_CORE = """<?xml version="1.0" encoding="UTF-8"?>
<simpledc xmlns="http://purl.org/dc/elements/1.1/"><title>Hồ sơ cấp phép xây dựng</title>
<identifier>H49.64.2025.77</identifier><date>2025-01-02/2025-06-30</date><language>vie</language>
<relation>Hồ sơ đất đai</relation></simpledc>
"""
