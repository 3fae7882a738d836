"""The next version of a package whose text a person corrected: what changes in it, file by file.

The text file, the PREMIS of the texts and the METS files that list them; nothing else. The version before keeps the
text as it was, the originals and the PDF/A copies are not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, ClassVar
from uuid import UUID, uuid5

from archive.version import AGENT, VERSION
from metadata.digests import Digests, digests_of_file
from metadata.errors import ArchiveError
from metadata.package import PackageAgent, PackageEvent, PackageRecord, TextSummary
from metadata.package_contents import ROOT
from metadata.package_reader import METADATA_MODIFICATION, read_package
from metadata.text_events import AUTHOR, OUTCOME, Correction, Kind, event_detail, summary_after
from metadata.texts import PageText
from metadata.texts_io import iter_page_texts, write_page_texts
from metadata.time import from_rfc3339, vietnamese
from metadata.xml.premis import read_premis, write_premis
from metadata.xml.revising import revised_mets
from storage.holdings import Content
from storage.holdings import PackageFile as StoredFile

_PLACE = "representations/rep3/"
_PREMIS = f"{_PLACE}metadata/preservation/PREMIS_rep3.xml"
_METS = f"{_PLACE}{ROOT}"
_PROGRAM = "executing program"


class TextNotRevisedError(ArchiveError):
    """The package's own description cannot take the correction up; nothing was stored."""

    code: ClassVar[str] = "text.not_revised"
    retryable: ClassVar[bool] = False

    def __init__(self, package_id: str, why: str) -> None:
        super().__init__(f"{package_id}: {why}")


OpenFile = Callable[[StoredFile], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did to one page."""

    summary: TextSummary
    """What was known of the text."""

    page: PageText
    """The page as it shall be, numbered as in its file."""

    correction: Correction
    standing: Kind | None
    author: str
    at: str
    """RFC 3339."""

    @property
    def path(self) -> str:
        """Of the text file in the package."""
        return self.summary.path


class Revising:
    """Makes the files that the next version of a package has anew.

    Args:
        open_file: Opens a file of the newest version.
        files: Its files, by path.
        room: Empty folder of its own.
    """

    def __init__(self, open_file: OpenFile, files: Mapping[str, StoredFile], room: Path) -> None:
        self._open_file = open_file
        self._files = files
        self._room = room
        self._made: dict[str, Content] = {}

    def made(self, package_id: str, act: Act) -> list[Content]:
        """The files that differ, read back as a package before they are given.

        Raises:
            PackageBrokenError: the package was not what its own metadata say, or would not be.
            PageTextsUnreadableError: the text cannot be read.
            TextNotRevisedError: METS or PREMIS of the package cannot be revised.
        """
        try:
            return self._revised(package_id, act)
        except (ValueError, LookupError) as error:
            raise TextNotRevisedError(package_id, str(error)[:300]) from error

    def _revised(self, package_id: str, act: Act) -> list[Content]:
        summary = self._text(act)
        self._premis(f"urn:uuid:{package_id}", act, summary)
        modified = vietnamese(from_rfc3339(act.at))
        self._mets(_METS, {act.path: _PLACE, _PREMIS: _PLACE}, modified)
        self._mets(ROOT, {_METS: ""}, modified)
        self._read_back(package_id, act, summary)
        return list(self._made.values())

    def _text(self, act: Act) -> TextSummary:
        def pages() -> Iterator[PageText]:
            with self._open_file(self._files[act.path]) as stream:
                for number, page in enumerate(iter_page_texts(stream), start=1):
                    yield act.page if number == act.correction.page else page

        def write(stream: BinaryIO) -> None:
            write_page_texts(stream, pages())

        self._write(act.path, write)
        return summary_after(act.summary, pages(), act.correction.page, act.standing)

    def _premis(self, urn: str, act: Act, summary: TextSummary) -> None:
        with self._open_file(self._files[_PREMIS]) as stream:
            premis = read_premis(stream, urn)
        digests = self._made[act.path].digests
        objects = [
            replace(found, sha256=digests.sha256, sha512=digests.sha512, size_bytes=digests.size_bytes)
            if found.id == act.path
            else found
            for found in premis.objects
        ]
        event, agents = event_of(act, summary, urn.removeprefix("urn:uuid:"))
        known = {agent.id: agent for agent in premis.agents}
        every = [*premis.agents, *(agent for agent in agents if agent.id not in known)]
        self._write(_PREMIS, lambda stream: write_premis(stream, urn, objects, [*premis.events, event], every))

    def _mets(self, path: str, changed: Mapping[str, str], modified: str) -> None:
        with self._open_file(self._files[path]) as stream:
            data = stream.read()
        listed = {name.removeprefix(place): self._made[name].digests for name, place in changed.items()}
        revised = revised_mets(data, listed, modified)
        self._write(path, lambda stream: stream.write(revised))

    def _write(self, path: str, write: Callable[[BinaryIO], object]) -> None:
        target = self._room / f"{len(self._made)}"
        with target.open("xb") as stream:
            write(stream)
        self._made[path] = Content(path, target, digests_of_file(target))

    def _read_back(self, package_id: str, act: Act, summary: TextSummary) -> None:
        """The catalogue will read it in the same way: what it could not read is not stored."""

        def opened(path: str) -> AbstractContextManager[BinaryIO]:
            made = self._made.get(path)
            return BytesIO(made.source.read_bytes()) if made is not None else self._open_file(self._files[path])

        record: PackageRecord = read_package(opened, self._files.keys(), package_id)
        digests: Digests = self._made[act.path].digests
        texts = [text for document in record.documents for text in document.texts if text.path == act.path]
        files = [file.sha256 for document in record.documents for file in document.text_files if file.path == act.path]
        if texts != [summary] or files != [digests.sha256]:
            msg = f"{act.path}: the revised package does not say of it what was written"
            raise ValueError(msg)


def event_of(act: Act, summary: TextSummary, package_id: str) -> tuple[PackageEvent, list[PackageAgent]]:
    """The event of a correction, and who had part in it."""
    told = act.correction
    identifier = uuid5(UUID(package_id), f"PREMIS event {METADATA_MODIFICATION} {act.path} {told.page} {told.stored}")
    person = PackageAgent(id=f"person:{act.author}", name=act.author, type="person")
    program = PackageAgent(id=AGENT, name="luutru", type="software", version=VERSION)
    event = PackageEvent(
        id=str(identifier),
        type=METADATA_MODIFICATION,
        at=act.at,
        outcome="success",
        detail=event_detail(summary, told),
        agents={person.id: AUTHOR, program.id: _PROGRAM},
        objects={act.path: OUTCOME},
    )
    return event, [person, program]
