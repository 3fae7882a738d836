"""AIPs on their way out: the stored package, and what happened to it since."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from archive.dissemination.archival import AS_STORED
from archive.dissemination.outgoing import ExportKind, Options, Shape
from archive.services.foreign_history import ForeignAgent, ForeignEvent, ForeignStory
from metadata.package import PackageBrokenError
from metadata.package_check import check_package
from metadata.package_reader import read_package
from metadata.xml.mets import read_mets
from metadata.xml.premis import Premis, read_premis
from tests.fakes.dossiers import PACKAGE_ID, Paper
from tests.fakes.exports import STORED, Shelf, shelved

URN = f"urn:uuid:{PACKAGE_ID}"
PREMIS = "metadata/preservation/PREMIS.xml"
SCAN = Paper(("Quyết định 5.pdf",), fields={"confidence_level": "Số hóa"}, rendition=True, text="Quyết định")
BORN = Paper(("Công văn.pdf",), fields={"confidence_level": "Gốc điện tử"}, signed=True)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return shelved(tmp_path / "shelf", [SCAN, BORN])


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def premis(data: Path) -> Premis:
    with data.open("rb") as stream:
        return read_premis(stream, URN)


def stored(shelf: Shelf, path: str) -> bytes:
    with shelf.stored.packages.open_file(PACKAGE_ID, path) as stream:
        return stream.read()


def test_the_folder_is_called_as_the_circular_wants_it(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", ExportKind.AIP)
    assert folder.name == f"urn_uuid_{PACKAGE_ID}"
    with (folder / "METS.xml").open("rb") as stream:
        assert read_mets(stream).objid == URN


def test_what_happened_since_intake_stands_in_premis_with_who_did_it(shelf: Shelf, tmp_path: Path) -> None:
    found = premis(shelf.leave_one(tmp_path / "out", ExportKind.AIP) / PREMIS)
    (event,) = (event for event in found.events if event.id == STORED["id"])
    assert (event.type, event.at, event.outcome) == ("fixity check", STORED["at"], "success")
    assert event.objects == {"": "source"}
    assert event.detail == '{"files": "12", "location": "main"}'
    assert "software:luutru/0.1.0" in {agent.id for agent in found.agents}
    assert len({agent.id for agent in found.agents}) == len(found.agents)


def test_who_looked_or_took_a_copy_and_what_intake_said_already_stay_in_the_trail(shelf: Shelf, tmp_path: Path) -> None:
    for number, kind in enumerate(("access", "dissemination", "indexing", "approval", "validation")):
        shelf.trail.append({**STORED, "id": f"3c7f6a50-0a51-4d51-8f0c-0f3a2b1c0e{number:02d}", "type": kind})
    shelf.trail.append({**STORED, "id": "3c7f6a50-0a51-4d51-8f0c-0f3a2b1c0f00", "at": "2026-11-28T03:00:00.000Z"})
    before = {event.id for event in read_premis_of(shelf).events}
    after = premis(shelf.leave_one(tmp_path / "out", ExportKind.AIP) / PREMIS).events
    new = [event for event in after if event.id not in before]
    assert sorted(event.type for event in new) == ["fixity check", "transfer"]


def read_premis_of(shelf: Shelf) -> Premis:
    with shelf.stored.packages.open_file(PACKAGE_ID, PREMIS) as stream:
        return read_premis(stream, URN)


def test_nothing_that_premis_said_is_lost(shelf: Shelf, tmp_path: Path) -> None:
    before, after = read_premis_of(shelf), premis(shelf.leave_one(tmp_path / "out", ExportKind.AIP) / PREMIS)
    assert after.objects == before.objects
    assert set(map(str, before.events)) <= set(map(str, after.events))
    assert set(before.agents) <= set(after.agents) if before.agents else True


def test_digitisation_is_a_transfer_before_receipt_of_the_scanned_documents_alone(shelf: Shelf, tmp_path: Path) -> None:
    """PKG-010: the time is an EDTF interval with an open end, for nobody told when it was."""
    found = premis(shelf.leave_one(tmp_path / "out", ExportKind.AIP) / PREMIS)
    (event,) = (event for event in found.events if event.type == "transfer")
    assert event.at == "../2026-11-28T03:00:00.000Z"
    (path,) = event.objects
    assert path.startswith("representations/rep1/data/")
    assert path.endswith(".001.pdf")


def test_a_dossier_that_was_digitised_as_a_whole_says_so_once(tmp_path: Path) -> None:
    shelf = shelved(tmp_path / "shelf", [SCAN, SCAN.__class__(("b.pdf",), fields=SCAN.fields)])
    found = premis(shelf.leave_one(tmp_path / "out", ExportKind.AIP) / PREMIS)
    (event,) = (event for event in found.events if event.type == "transfer")
    assert event.objects == {"representations/rep1": "outcome"}


def test_the_stored_package_can_be_put_together_again(shelf: Shelf, tmp_path: Path) -> None:
    found = files(shelf.leave_one(tmp_path / "out", ExportKind.AIP))
    kept = {path: data for path, data in found.items() if not path.startswith(AS_STORED)}
    kept["METS.xml"] = found[f"{AS_STORED}METS_stored.xml"]
    kept[PREMIS] = found[f"{AS_STORED}metadata_preservation_PREMIS_stored.xml"]
    paths = [file.path for file in shelf.stored.packages.files(PACKAGE_ID)]
    assert kept == {path: stored(shelf, path) for path in paths}


def test_the_archives_own_rules_still_hold_and_the_record_is_the_same(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", ExportKind.AIP)
    paths = list(files(folder))
    assert check_package(lambda path: (folder / path).open("rb"), paths, PACKAGE_ID) == ()
    record = read_package(lambda path: (folder / path).open("rb"), paths, PACKAGE_ID)
    (kept,) = shelf.kept
    assert record.documents == kept.documents
    assert record.model_dump(exclude={"events", "agents", "documents"}) == kept.model_dump(
        exclude={"events", "agents", "documents"}
    )


def test_without_anything_new_it_leaves_byte_for_byte(tmp_path: Path) -> None:
    shelf = shelved(tmp_path / "shelf", [BORN])
    shelf.trail.clear()
    found = files(shelf.leave_one(tmp_path / "out", ExportKind.AIP))
    assert found == {file.path: stored(shelf, file.path) for file in shelf.stored.packages.files(PACKAGE_ID)}


def test_as_stored_it_always_does(shelf: Shelf, tmp_path: Path) -> None:
    found = files(shelf.leave_one(tmp_path / "out", ExportKind.AIP, Options(Shape.STORED)))
    assert found == {file.path: stored(shelf, file.path) for file in shelf.stored.packages.files(PACKAGE_ID)}


def test_its_times_are_those_of_the_package_not_of_the_export(shelf: Shelf, tmp_path: Path) -> None:
    """The same package with the same history is the same file, whenever it is taken out."""
    with (shelf.leave_one(tmp_path / "out", ExportKind.AIP) / "METS.xml").open("rb") as stream:
        mets = read_mets(stream)
    assert mets.created == "2026-11-28T10:04:05.678+07:00"
    assert mets.modified == "2026-11-29T07:00:00.000+07:00"


def test_files_of_types_that_iana_does_not_know_make_a_new_mets_that_names_none(tmp_path: Path) -> None:
    shelf = shelved(tmp_path / "shelf", [Paper(("băng.wav",), mime="audio/x-wav", puid="fmt/141")])
    found = files(shelf.leave_one(tmp_path / "out", ExportKind.AIP))
    assert b"audio/x-wav" not in found["representations/rep1/METS.xml"]
    assert b"audio/x-wav" in found[f"{AS_STORED}representations_rep1_METS_stored.xml"]


def test_e_ark_alone_keeps_every_file_and_adds_a_finding_aid(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf.leave_one(tmp_path / "out", ExportKind.AIP, Options(Shape.EARK, "2.2.0"))
    assert folder.name == f"uuid-{PACKAGE_ID.upper()}"
    found = files(folder)
    assert b"E-ARK-AIP-v2-2-0.xml" in found["METS.xml"]
    assert b"E-ARK-AIP-v2-2-0.xml" in found["representations/rep1/METS.xml"]
    kept = {file.path for file in shelf.stored.packages.files(PACKAGE_ID)}
    assert kept <= found.keys()
    assert "metadata/descriptive/EAD3.xml" in found
    for path in kept:
        if path != PREMIS and not path.endswith("METS.xml"):
            assert found[path] == stored(shelf, path)


def _spoil(shelf: Shelf, name: str) -> Path:
    (found,) = (shelf.folder / "store").rglob(f"content/{name}")
    found.chmod(0o644)
    return found


def test_a_package_whose_bytes_changed_in_storage_does_not_leave(shelf: Shelf, tmp_path: Path) -> None:
    """PKG-003: what leaves is compared with METS as it leaves."""
    (name,) = {file.path for file in shelf.stored.packages.files(PACKAGE_ID) if file.path.endswith(".002.pdf")}
    file = _spoil(shelf, name)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(PackageBrokenError) as refused:
        shelf.leave(tmp_path / "out", ExportKind.AIP)
    assert [finding.rule for finding in refused.value.findings] == ["PKG-003"]
    assert list(tmp_path.glob("out*")) == list(tmp_path.glob(".out*")) == []


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (PREMIS, b"</premis>", b""),
        (PREMIS, b"success", b"failure"),
        ("METS.xml", b"luutru-aip", b"luutru-xip"),
        ("representations/rep1/METS.xml", b"</mets>", b"</mets><more/>"),
    ],
)
def test_a_package_whose_metadata_were_altered_does_not_leave(
    shelf: Shelf, tmp_path: Path, path: str, old: bytes, new: bytes
) -> None:
    """What is written anew out of stored bytes is compared with the inventory: it must not become whole again."""
    file = _spoil(shelf, path)
    file.write_bytes(file.read_bytes().replace(old, new))
    with pytest.raises(PackageBrokenError) as refused:
        shelf.leave(tmp_path / "out", ExportKind.AIP)
    assert [(finding.rule, finding.subject) for finding in refused.value.findings] == [("PKG-003", path)]


# ---------------------------------------------------------------- before this archive

TOLD = ForeignEvent(
    id="c3f5",
    type="ingestion",
    at="2020-01-02T03:04:05+00:00",
    outcome="Pass",
    detail="note",
    agents=(ForeignAgent(id="Archivematica-1.15", role="executing program", name="Archivematica", type="software"),),
    objects={"representations/rep1/data/x.pdf": PACKAGE_ID},
    source="METS.x.xml",
)
ODD = ForeignEvent(id="2", type="", at="năm 2019", others=("urn:other",), source="METS.x.xml")


def test_what_former_keepers_tell_leaves_as_premis_of_its_own(shelf: Shelf, tmp_path: Path) -> None:
    told = replace(shelf, before=ForeignStory(events=(ODD, TOLD)))
    folder = told.leave_one(tmp_path / "out", ExportKind.AIP)
    found = premis(folder / "metadata/preservation/PREMIS_before.xml")
    odd, event = found.events
    assert (event.id, event.type, event.at, event.outcome) == ("c3f5", "ingestion", TOLD.at, "Pass")
    assert event.agents == {"Archivematica-1.15": "executing program"}
    assert event.objects == {"representations/rep1/data/x.pdf": "source"}
    assert [agent.name for agent in found.agents] == ["Archivematica"]
    assert odd.at.startswith("../")
    assert "năm 2019" in odd.detail
    assert "urn:other" in odd.detail
    with (folder / "METS.xml").open("rb") as stream:
        listed = {entry.file.path: entry.kind for entry in read_mets(stream).provenance}
    assert listed["metadata/preservation/PREMIS_before.xml"] == "PREMIS"


def test_the_archives_own_premis_says_nothing_of_it(shelf: Shelf, tmp_path: Path) -> None:
    """Our events are what this archive vouches for."""
    told = replace(shelf, before=ForeignStory(events=(TOLD,)))
    folder = told.leave_one(tmp_path / "out", ExportKind.AIP)
    assert "Archivematica" not in (folder / "metadata/preservation/PREMIS.xml").read_text()


@pytest.mark.parametrize("kind", [ExportKind.SIP, ExportKind.DIP])
def test_it_goes_along_with_an_aip_alone(shelf: Shelf, tmp_path: Path, kind: ExportKind) -> None:
    told = replace(shelf, before=ForeignStory(events=(TOLD,)))
    folder = told.leave_one(tmp_path / "out", kind)
    assert not list(folder.rglob("PREMIS_before.xml"))
