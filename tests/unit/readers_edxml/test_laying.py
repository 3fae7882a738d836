"""How a delivery of messages is put together: linked or copied, in containers, with what does not belong there."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import pytest

from ingest.readers.containers import Containers, RoomUnwritableError
from ingest.readers.edxml.laying import Laid
from ingest.readers.edxml.reader import EdxmlReader
from ingest.readers.folder import FolderReader
from ingest.readers.listing import DeliveryUnreadableError
from ingest.readers.packed import ContainerReader
from tests.fakes.workers import InlineWorkers
from tests.generators.edxml import Letter, message
from tests.unit.readers_edxml.conftest import Post


def test_a_room_on_another_disk_gets_a_copy(tmp_path: Path) -> None:
    source = tmp_path / "cv.edxml"
    source.write_bytes(message())
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        laid = Laid(Path(memory) / "goc")
        assert Path(memory).stat().st_dev != source.stat().st_dev
        laid.take(source, "goi/cv.edxml")
        laid.sync()
        assert (laid.root / "goi" / "cv.edxml").read_bytes() == source.read_bytes()


def test_what_cannot_be_had_or_written_is_a_fault_and_no_verdict(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory, pytest.raises(RoomUnwritableError):
        Laid(Path(memory)).take(tmp_path / "khong-co.edxml", "a")
    (tmp_path / "tep").write_bytes(b"")
    with pytest.raises(RoomUnwritableError):
        Laid(tmp_path / "tep" / "x").place("a")
    link = tmp_path / "lien-ket"
    link.symlink_to("/etc/passwd")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory, pytest.raises(DeliveryUnreadableError):
        Laid(Path(memory))._copy(link, Path(memory) / "a")


@pytest.mark.rule("EDX-003")
def test_a_link_is_told_and_never_followed_and_a_stray_belongs_to_the_dossier_of_its_folder(post: Post) -> None:
    root = post.folder / "Gói tin quý 1"
    (root / "a").mkdir(parents=True)
    (root / "a" / "lien-ket.edxml").symlink_to("/etc/passwd")
    files = {"a/1.edxml": message(), "a/la.txt": b"x", "b/2.edxml": message(Letter(number="2")), "c.txt": b"x"}
    read = post.read(files)
    told = {
        code: sorted((finding.rule, finding.subject) for finding in found if finding.rule != "EDX-030")
        for code, found in read.delivery.dossier_findings.items()
    }
    assert told == {
        "H99.01.2026.15-SVD-VP": [("EDX-003", "a/la.txt"), ("READ-020", "a/lien-ket.edxml")],
        "H99.01.2026.2-SVD-VP": [],
    }
    assert [finding.subject for finding in read.delivery.findings] == ["c.txt"]


def test_messages_in_a_zip_are_a_delivery_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "goi.zip", "w") as container:
        container.writestr("goi/1.edxml", message())
        container.writestr("goi/2.xml", message(Letter(number="2")))
    workers = InlineWorkers()
    lists = FolderReader(workers)
    reader = ContainerReader(Containers(workers), (EdxmlReader(workers, lists), lists))
    found = reader.read(tmp_path / "goi.zip", tmp_path / "room")
    assert [dossier.sources for dossier in found.dossiers] == [("1.edxml",), ("2.xml",)]
    assert [container.name for container in found.containers] == ["goi.zip"]
    assert len(found.exchanged) == 2


def test_a_folder_of_other_xml_is_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "hoa-don.xml").write_bytes(b"<?xml version='1.0'?><HDon/>")
    reader = EdxmlReader(InlineWorkers(), FolderReader(InlineWorkers()))
    assert not reader.recognises(tmp_path)
    assert not reader.recognises(tmp_path / "hoa-don.xml")
