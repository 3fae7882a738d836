"""The history of a package before this archive: who did what, to which of our files, as others told it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from archive.services.foreign_history import ForeignHistory, ForeignStory
from archive.services.stored_packages import StoredPackages
from metadata.descriptions import Description, DocumentDescription
from metadata.package import PackageDocument, PackageFile, PackageRecord, Representation
from tests.fakes.workers import InlineWorkers
from tests.generators.archivematica import V2, V3, Item, mets

FIRST, SECOND = "0d0c1a52-6f0e-4a57-9a5e-1b2c3d4e5f60", "0d0c1a52-6f0e-4a57-9a5e-1b2c3d4e5f61"
SCAN = Item("objects/qd.pdf", b"scan", original_name="%transferDirectory%objects/Quyết định.pdf")
DERIVED = Item("objects/qd-3f.pdf", b"made", use="preservation", original_name="%SIP%objects/qd-3f.pdf")


@dataclass
class Kept:
    """Stored files by the name as received."""

    files: Mapping[str, bytes]
    opened: list[str] = field(default_factory=list)

    def open(self, record: PackageRecord, file: PackageFile) -> AbstractContextManager[BinaryIO]:
        del record
        self.opened.append(file.original_name)
        return io.BytesIO(self.files[file.original_name])


def packaged(path: str, name: str, data: bytes, *, source: bool = False, held: bool = False) -> PackageFile:
    return PackageFile(
        path=path,
        original_name=name,
        representation=Representation.SOURCE if source else Representation.ORIGINAL,
        sha256=hashlib.sha256(data).hexdigest(),
        sha512=hashlib.sha512(data).hexdigest(),
        size_bytes=len(data),
        mime="application/xml",
        held=held,
    )


def record(
    documents: Mapping[str, bytes],
    sources: Mapping[str, bytes] | None = None,
    *,
    reader: str = "bagit+archivematica",
    package: str = FIRST,
    held: bool = False,
) -> PackageRecord:
    made = [
        PackageDocument(
            description=DocumentDescription(ordinal=number),
            originals=(packaged(f"representations/rep1/data/HS.{number:03d}.pdf", name, data),),
        )
        for number, (name, data) in enumerate(documents.items(), start=1)
    ]
    kept = [
        packaged(f"metadata/descriptive/source/{number}.xml", name, data, source=True, held=held)
        for number, (name, data) in enumerate((sources or {}).items(), start=1)
    ]
    return PackageRecord(
        package_id=package,
        dossier_id=FIRST,
        created_at="2026-11-28T03:04:05.678Z",
        reader=reader,
        dossier=Description(),
        documents=tuple(made),
        sources=tuple(kept),
    )


def story(tmp_path: Path, *records: PackageRecord, files: Mapping[str, bytes]) -> tuple[ForeignStory, Kept]:
    kept = Kept(files)
    history = ForeignHistory(cast("StoredPackages", kept), InlineWorkers, tmp_path, tmp_path / "kept")
    return history.of(lambda: records), kept


def premis(*events: str, objects: str = "", agents: str = "", space: str = V3) -> bytes:
    inside = objects + "".join(events) + agents
    return f'<premis xmlns="{space}" version="3.0">{inside}</premis>'.encode()


def event(kind: str, at: str, *links: str, name: str = "", detail: str = "") -> str:
    return (
        f"<event><eventIdentifier><eventIdentifierType>local</eventIdentifierType><eventIdentifierValue>{name or kind}"
        f"</eventIdentifierValue></eventIdentifier><eventType>{kind}</eventType><eventDateTime>{at}</eventDateTime>"
        f"<eventDetailInformation><eventDetail>{detail}</eventDetail></eventDetailInformation>"
        "<eventOutcomeInformation><eventOutcome>Pass</eventOutcome><eventOutcomeDetail><eventOutcomeDetailNote>"
        f"note</eventOutcomeDetailNote></eventOutcomeDetail></eventOutcomeInformation>{''.join(links)}</event>"
    )


def link(kind: str, value: str, role: str) -> str:
    return (
        f"<linking{kind}Identifier><linking{kind}IdentifierType>t</linking{kind}IdentifierType>"
        f"<linking{kind}IdentifierValue>{value}</linking{kind}IdentifierValue>"
        f"<linking{kind}Role>{role}</linking{kind}Role></linking{kind}Identifier>"
    )


AGENT = (
    "<agent><agentIdentifier><agentIdentifierType>preservation system</agentIdentifierType>"
    "<agentIdentifierValue>Archivematica-1.15</agentIdentifierValue></agentIdentifier>"
    "<agentName>Archivematica</agentName><agentType>software</agentType><agentVersion>1.15</agentVersion></agent>"
)


@pytest.mark.parametrize("version", [V2, V3])
def test_events_of_archivematica_belong_to_the_file_in_whose_section_they_stand(tmp_path: Path, version: str) -> None:
    """It names no object in its events: the section of METS joins them."""
    data = {"METS.x.xml": mets("ho-so", [SCAN, DERIVED], dc=None, premis=version).encode()}
    told, _ = story(tmp_path, record({"data/objects/qd.pdf": b"scan"}, data), files=data)
    ours = [event for event in told.events if event.objects]
    assert [(event.type, event.outcome) for event in ours] == [("ingestion", ""), ("virus check", "Pass")]
    assert ours[0].objects == {"representations/rep1/data/HS.001.pdf": FIRST}
    assert ours[0].source == "METS.x.xml"
    assert told.problems == {}


def test_who_acted_and_in_which_role_is_kept(tmp_path: Path) -> None:
    data = {
        "metadata/preservation/PREMIS.xml": premis(
            event("ingestion", "2020-01-02", link("Agent", "Archivematica-1.15", "executing program"), detail="cmd"),
            agents=AGENT,
        )
    }
    told, _ = story(tmp_path, record({"a.pdf": b"a"}, data, reader="eark"), files=data)
    (found,) = told.events
    (agent,) = found.agents
    assert (agent.id, agent.role, agent.name, agent.type, agent.version) == (
        "Archivematica-1.15",
        "executing program",
        "Archivematica",
        "software",
        "1.15",
    )
    assert found.detail == "cmd; note"


def test_objects_are_known_by_their_bytes_then_by_their_name(tmp_path: Path) -> None:
    digest = hashlib.sha512(b"a").hexdigest().upper()
    objects = (
        "<object><objectIdentifier><objectIdentifierType>t</objectIdentifierType><objectIdentifierValue>uuid-1"
        "</objectIdentifierValue></objectIdentifier><objectCharacteristics><fixity><messageDigestAlgorithm>SHA-512"
        f"</messageDigestAlgorithm><messageDigest>{digest}</messageDigest></fixity></objectCharacteristics></object>"
    )
    data = {
        "PREMIS.xml": premis(
            event("one", "2020", link("Object", "uuid-1", "source")),
            event("two", "2021", link("Object", "urn:x/representations/rep1/data/b.pdf", "outcome")),
            event("three", "2022", link("Object", "uuid-unknown", "source")),
            objects=objects,
        )
    }
    told, _ = story(tmp_path, record({"data/z.pdf": b"a", "x/b.pdf": b"b"}, data, reader="eark"), files=data)
    assert [list(event.objects) for event in told.events] == [
        ["representations/rep1/data/HS.001.pdf"],
        ["representations/rep1/data/HS.002.pdf"],
        [],
    ]
    assert told.events[2].others == ("uuid-unknown",)


def test_a_name_alone_ties_nothing_to_bytes_that_are_known_to_be_others(tmp_path: Path) -> None:
    data = {"METS.x.xml": mets("ho-so", [Item("objects/qd.pdf", b"another")], dc=None).encode()}
    told, _ = story(tmp_path, record({"data/objects/qd.pdf": b"scan"}, data), files=data)
    assert not any(event.objects for event in told.events)


def test_roda_tells_every_event_in_a_file_of_its_own(tmp_path: Path) -> None:
    one = event("ingest start", "2026-02-06T17:17:37.849Z")
    data = {
        f"metadata/preservation/urn:roda:premis:event:{number}.xml": one.replace("<event>", f'<event xmlns="{V3}">')
        .replace("ingest start", f"step {number}")
        .encode()
        for number in range(3)
    }
    told, kept = story(tmp_path, record({"a.pdf": b"a"}, {**data, "aip.json": b"{}"}, reader="roda"), files=data)
    assert [event.type for event in told.events] == ["step 0", "step 1", "step 2"]
    assert len(kept.opened) == 3, "what can tell no event is not opened"


def test_the_same_event_in_two_files_is_one(tmp_path: Path) -> None:
    data = {"METS.xml": premis(event("x", "2020")), "metadata/preservation/PREMIS.xml": premis(event("x", "2020"))}
    told, _ = story(tmp_path, record({"a.pdf": b"a"}, data, reader="eark"), files=data)
    assert len(told.events) == 1


def test_a_further_part_is_told_of_its_own_files(tmp_path: Path) -> None:
    data = {
        "PREMIS.xml": premis(
            event("one", "2020", link("Object", "a.pdf", "source")),
            event("two", "2021", link("Object", "b.pdf", "source")),
            event("whole", "2022"),
        )
    }
    first, second = record({"a.pdf": b"a"}, data, reader="eark"), record({"b.pdf": b"b"}, package=SECOND)
    told, _ = story(tmp_path, first, second, files=data)
    assert [event.type for event in told.of(FIRST, first=True)] == ["one", "whole"]
    assert [event.type for event in told.of(SECOND, first=False)] == ["two"]


def test_a_list_of_many_dossiers_tells_only_of_our_files(tmp_path: Path) -> None:
    data = {"METS.xml": premis(event("ours", "2020", link("Object", "a.pdf", "source")), event("theirs", "2021"))}
    told, _ = story(tmp_path, record({"a.pdf": b"a"}, data, reader="eark", held=True), files=data)
    assert [event.type for event in told.events] == ["ours"]


def test_what_cannot_be_read_is_told_and_stops_nothing(tmp_path: Path) -> None:
    data = {"METS.xml": premis(event("x", "2020")), "PREMIS.xml": b"<!DOCTYPE a><a/>"}
    told, _ = story(tmp_path, record({"a.pdf": b"a"}, data, reader="eark"), files=data)
    assert [event.type for event in told.events] == ["x"]
    assert list(told.problems) == ["PREMIS.xml"]


def test_it_is_read_once(tmp_path: Path) -> None:
    data = {"METS.xml": premis(event("x", "2020"))}
    one, kept = story(tmp_path, record({"a.pdf": b"a"}, data, reader="eark"), files=data)
    again, unopened = story(tmp_path, record({"a.pdf": b"a"}, data, reader="eark"), files=data)
    assert one == again
    assert (len(kept.opened), len(unopened.opened)) == (1, 0)


def test_a_package_that_no_other_keeper_made_costs_nothing(tmp_path: Path) -> None:
    told, kept = story(tmp_path, record({"a.pdf": b"a"}, {"METS.xml": b"<x/>"}, reader="folder"), files={})
    assert (told, kept.opened) == (ForeignStory(), [])
    assert not (tmp_path / "kept").exists()
