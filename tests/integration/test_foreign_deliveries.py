"""Deliveries that others packed, through the real command: ZIP, TAR, bags, AIPs of other programs, e-mail."""

from __future__ import annotations

import json
import shutil
import tarfile
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.homes import CommandLine, made_home
from tests.generators.archivematica import Item
from tests.generators.archivematica import make_aip as make_archivematica
from tests.generators.bags import make_bag
from tests.generators.compound import Tree, compound, fixed, instant, text
from tests.generators.deliveries import PaperMill, make_delivery
from tests.generators.roda import make_aip as make_roda

pytestmark = pytest.mark.xdist_group("foreign-home")

NAMES = ("Đợt 1.zip", "túi.zip", "am.tar.gz", "roda", "thư.eml", "outlook.msg")
ONLY_IN_THE_MAIL = "chỉnh lý độc nhất vô nhị"
ONLY_IN_OUTLOOK = "số liệu quý bốn xưa nay hiếm"


@dataclass(frozen=True)
class Taken:
    """A home that took one delivery of each kind in one call."""

    command: CommandLine
    folder: Path
    lines: dict[str, dict[str, Any]]
    """By name of the delivery."""


def _zipped(folder: Path, target: Path, below: str) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"{below}/{path.relative_to(folder).as_posix()}")
    return target


def _tarred(folder: Path, target: Path) -> Path:
    with tarfile.open(target, "w:gz") as archive:
        archive.add(folder, f"./{folder.name}")
    return target


def _mail(paper: bytes) -> bytes:
    message = EmailMessage()
    message["From"] = "Sở Nội vụ <vanthu@snv.gov.vn>"
    message["To"] = "UBND <ubnd@tinh.gov.vn>"
    message["Subject"] = "V/v số hóa tài liệu lưu trữ"
    message["Date"] = "Fri, 01 Mar 2024 09:30:00 +0700"
    message.set_content(f"Kính gửi UBND tỉnh,\n\nĐề nghị phê duyệt kế hoạch {ONLY_IN_THE_MAIL}.")
    message.add_attachment(paper, maintype="application", subtype="pdf", filename="Tờ trình số 5.pdf")
    return message.as_bytes()


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill) -> Iterator[Taken]:
    folder = tmp_path_factory.mktemp("foreign")
    made = make_delivery(folder / "giao-nop", mill, documents=1)
    _zipped(made.path, folder / NAMES[0], unicodedata.normalize("NFD", "Hồ sơ giao nộp"))
    info = {"External-Identifier": "H49.64.2026.00077", "External-Description": "Hồ sơ trong túi"}
    _zipped(make_bag(folder / "bag", {"a.pdf": mill.paper(71, 1)}, info=info), folder / NAMES[1], "bag")
    original = Item("objects/qd.pdf", mill.paper(72, 1), original_name="%transferDirectory%objects/Quyết định.pdf")
    derived = Item("objects/qd-3f.pdf", mill.paper(73, 1), use="preservation")
    dc = {"title": "Hồ sơ từ kho khác", "identifier": "H49.64.2026.00088"}
    _tarred(make_archivematica(folder / "am", (original, derived), dc=dc), folder / NAMES[2])
    make_roda(folder / NAMES[3], {"rep1": {"a.pdf": mill.paper(74, 1)}}, original="rep1")
    (folder / NAMES[4]).write_bytes(_mail(mill.paper(75, 1)))
    own = {**text(0x0037, "Báo cáo"), **text(0x0C1A, "Nguyễn Văn A"), **text(0x1000, ONLY_IN_OUTLOOK)}
    stamped: Tree = {**own, **fixed({(0x0039, 0x0040): instant(datetime(2024, 3, 2, tzinfo=UTC))})}
    (folder / NAMES[5]).write_bytes(compound(stamped))
    command = made_home(folder / "home", mill)
    lines = command.json("ingest", *(folder / name for name in NAMES))
    yield Taken(command, folder, {Path(line["path"]).name: line for line in lines})
    shutil.rmtree(folder)


def test_each_becomes_a_package(taken: Taken) -> None:
    told = {name: (line["status"], line["file_code"], line["documents"]) for name, line in taken.lines.items()}
    assert told == {
        "Đợt 1.zip": ("archived", "H49.64.2026.00001", 1),
        "túi.zip": ("archived", "H49.64.2026.00077", 1),
        "am.tar.gz": ("archived", "H49.64.2026.00088", 1),
        "roda": ("archived", "H49.64.2026.00009", 1),
        "thư.eml": ("archived", "thư", 1),
        "outlook.msg": ("archived", "outlook", 1),
    }
    assert list((taken.command.home / "work" / "rooms").iterdir()) == [], "nothing is left in the rooms"


def test_the_container_stands_in_the_receipt_and_among_the_events(taken: Taken) -> None:
    line = taken.lines["Đợt 1.zip"]
    receipt = json.loads(Path(line["receipt"]).read_bytes())
    (container,) = receipt["containers"]
    assert (container["name"], container["kind"], container["files"]) == ("Đợt 1.zip", "zip", 2)
    assert "Đợt 1.zip" in Path(line["receipt"]).with_suffix(".html").read_text(encoding="utf-8")
    shown = taken.command.json("show", line["package_id"])[0]
    (unpacking,) = (event for event in shown["events"] if event["type"] == "unpacking")
    assert container["sha256"] in json.dumps(unpacking)


def test_the_same_files_in_a_folder_or_a_tar_are_the_same_dossier(taken: Taken) -> None:
    tar = _tarred(taken.folder / "giao-nop", taken.folder / "x.tar.gz")
    for line in taken.command.json("ingest", taken.folder / "giao-nop", tar):
        assert (line["already"], line["package_id"]) == (True, taken.lines["Đợt 1.zip"]["package_id"])


def test_a_check_of_a_container_keeps_nothing(taken: Taken, tmp_path: Path) -> None:
    command = CommandLine(tmp_path / "no-home")
    (line,) = command.json("check", taken.folder / NAMES[0])
    assert (line["status"], line["path"]) == ("acceptable", str(taken.folder / NAMES[0]))
    assert "CON-022" in {finding["rule"] for finding in line["findings"]}
    assert not command.home.exists()


def test_originals_of_another_archive_come_out_as_they_went_in(taken: Taken, tmp_path: Path) -> None:
    line = taken.lines["am.tar.gz"]
    written = taken.command.json("export", line["package_id"], "--as", "original", "-o", tmp_path / "out")
    (original,) = (path for file in written if (path := Path(file["path"])).name == "qd.pdf")
    (source,) = (taken.folder / "am").rglob("qd.pdf")
    assert original.read_bytes() == source.read_bytes()
    everything = {path.name for path in (taken.folder / "am").rglob("*") if path.is_file()}
    assert {Path(file["path"]).name for file in written} == everything


def test_a_mail_is_searchable_and_has_a_page_to_read(taken: Taken, tmp_path: Path) -> None:
    package = taken.lines["thư.eml"]["package_id"]
    (hit,) = taken.command.json("search", ONLY_IN_THE_MAIL)
    assert (hit["package_id"], hit["organ"], hit["issued"]) == (package, "Sở Nội vụ", "2024-03-01")
    mail, attachment = taken.command.json("export", package, "--as", "pdfa", "-o", tmp_path / "pdfa")
    assert (mail["original"], mail["flavour"]) == ("thư.eml", "2u")
    assert attachment["original"] == "thư.dinh-kem/Tờ trình số 5.pdf"
    assert attachment["flavour"]
    (hit,) = taken.command.json("search", ONLY_IN_OUTLOOK)
    assert (hit["package_id"], hit["title"]) == (taken.lines["outlook.msg"]["package_id"], "Báo cáo")


@pytest.mark.parametrize(("name", "types"), [("am.tar.gz", ["ingestion", "virus check"]), ("roda", ["ingest start"])])
def test_what_happened_at_the_former_keeper_is_shown_and_leaves_with_the_aip(
    taken: Taken, tmp_path: Path, name: str, types: list[str]
) -> None:
    package = taken.lines[name]["package_id"]
    (shown,) = taken.command.json("show", package)
    told = shown["foreign_events"]
    assert set(types) <= {event["type"] for event in told}
    assert all(event["foreign"] and event["source"] for event in told)
    assert not any("foreign" in event for event in shown["events"])
    assert shown["foreign_problems"] == []
    if name == "am.tar.gz":
        (document,) = taken.command.json("show", f"{package}/1")
        assert [event["type"] for event in document["foreign_events"]] == types
    taken.command.json("export", package, "--as", "aip", "-o", tmp_path / "out")
    (before,) = (tmp_path / "out").rglob("PREMIS_before.xml")
    assert all(f"<eventType>{kind}</eventType>" in before.read_text() for kind in types)


def test_people_see_that_a_former_keeper_says_it(taken: Taken) -> None:
    answer = taken.command.run("show", taken.lines["roda"]["package_id"], "--lang", "en")
    assert "[told by a former keeper]: virus check" in answer.out
