"""What former keepers tell of a package that was taken in from them: events of their PREMIS, read from what is kept.

Their metadata lie in the package as received; nothing of them is merged into
the archive's own events, which are what *this* archive vouches for (ADR 0363, 0385).
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from archive.durable import faults_of, write_durably
from archive.services.stored_packages import StoredPackages
from ingest.ports import Limits, Workers
from metadata.digests import chunks_of
from metadata.events import derived_id
from metadata.package import PackageFile, PackageRecord

TASK = "ingest.engines.history_reading:read"
LIMITS = Limits(cpu_seconds=300.0, wall_seconds=900.0, memory_mib=768, output_mib=2048)
BEFORE = "metadata/preservation/PREMIS_before.xml"
"""Where an AIP that leaves has them, as PREMIS of their own."""

MOST_EVENTS = 200_000
"""Of one dossier that are kept; what is beyond stands in the files alone, and is told."""

_READERS = re.compile(r"eark|archivematica|roda")
_NAMES = re.compile(r"(^|/)(METS[^/]*|[^/]*premis[^/]*)\.xml$|(^|/)metadata/preservation/[^/]+\.xml$", re.IGNORECASE)
_BATCH_FILES, _BATCH_BYTES = 500, 128 << 20


Parts = Callable[[], Iterable[PackageRecord]]


class ForeignAgent(BaseModel):
    """Who acted, as the former keeper says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    role: str = ""
    name: str = ""
    type: str = ""
    version: str = ""


class ForeignEvent(BaseModel):
    """One event as a former keeper tells it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    type: str
    at: str
    """As written."""

    outcome: str = ""
    detail: str = ""
    agents: tuple[ForeignAgent, ...] = ()
    objects: dict[str, str] = {}
    """Files of ours that it happened to: package by path."""

    others: tuple[str, ...] = ()
    """Identifiers of what it names beside them, as written."""

    source: str
    """Metadata file as received that tells it."""


class ForeignStory(BaseModel):
    """Everything that former keepers tell of a dossier."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    events: tuple[ForeignEvent, ...] = ()
    """In order of time as written."""

    problems: dict[str, str] = {}
    """Why a metadata file could not be read to its end, by its name as received."""

    def of(self, package_id: str, *, first: bool) -> Iterator[ForeignEvent]:
        """Events of one part; what names no file of ours is told of the first part."""
        for event in self.events:
            objects = {path: package for path, package in event.objects.items() if package == package_id}
            if objects or (first and not event.objects):
                yield event.model_copy(update={"objects": objects})


@dataclass(frozen=True, slots=True)
class ForeignHistory:
    """Reads what former keepers tell; once a dossier, for a METS of theirs may be long."""

    stored: StoredPackages
    workers: Callable[[], Workers]
    """Asked when something is to be read: nearly no dossier needs any."""

    scratch: Path
    kept: Path
    """Folder of what was read; may be deleted."""

    def of(self, parts: Parts) -> ForeignStory:
        """What is told of a dossier; nothing where no package of another keeper was taken in.

        Args:
            parts: Gives all parts of the dossier, one by one, each time it is asked: there may be hundreds.

        Raises:
            ArchiveError: the system failed.
        """
        told: list[tuple[PackageRecord, PackageFile]] = []
        names = hashlib.sha256()
        for record in parts():
            names.update(record.package_id.encode())
            told += [(record, file) for file in _told_by(record)]
        if not told:
            return ForeignStory()
        path = self.kept / f"{names.hexdigest()}.json"
        with suppress(FileNotFoundError, ValueError):
            return ForeignStory.model_validate_json(path.read_bytes())
        story, whole = self._read(parts, told)
        if whole:
            write_durably(path, story.model_dump_json().encode())
        return story

    def _read(self, parts: Parts, told: Sequence[tuple[PackageRecord, PackageFile]]) -> tuple[ForeignStory, bool]:
        problems: dict[str, str] = {}
        gathering = _Gathering()
        for record in parts():
            gathering.know(record)
        whole = True
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder, faults_of(self.scratch):
            answers: list[tuple[Path, Sequence[PackageFile]]] = []
            for number, batch in enumerate(_batches(told)):
                paths = [self._laid(Path(folder), number, place, *one) for place, one in enumerate(batch)]
                files = [file for _, file in batch]
                arguments = {"paths": [str(path) for path in paths]}
                deposit = Path(folder) / f"read-{number}"
                answer = self.workers().submit(TASK, arguments, limits=LIMITS, deposit=deposit).result()
                if answer.breach is not None:
                    problems |= {file.original_name: f"{answer.breach} {answer.detail}".strip() for file in files}
                    whole = False
                    continue
                problems |= {files[int(key)].original_name: str(why) for key, why in answer.value["problems"].items()}
                answers.append((answer.outputs["records"], files))
            for records_path, _ in answers:
                gathering.learn(_lines(records_path))
            for records_path, sources in answers:
                gathering.tell(_lines(records_path), sources)
        if gathering.too_many:
            problems[""] = f"more than {MOST_EVENTS} events"
        return ForeignStory(events=tuple(gathering.in_order()), problems=problems), whole

    def _laid(self, folder: Path, batch: int, place: int, record: PackageRecord, file: PackageFile) -> Path:
        path = folder / f"{batch}-{place}.xml"
        with self.stored.open(record, file) as stream, path.open("wb") as out:
            for chunk in chunks_of(stream):
                out.write(chunk)
        return path


def _told_by(record: PackageRecord) -> Iterator[PackageFile]:
    """Metadata files as received that may tell events."""
    if _READERS.search(record.reader):
        yield from (file for file in record.sources if _NAMES.search(file.original_name))


def _batches(
    told: Iterable[tuple[PackageRecord, PackageFile]],
) -> Iterator[list[tuple[PackageRecord, PackageFile]]]:
    batch: list[tuple[PackageRecord, PackageFile]] = []
    weight = 0
    for record, file in told:
        if batch and (len(batch) >= _BATCH_FILES or weight + file.size_bytes > _BATCH_BYTES):
            yield batch
            batch, weight = [], 0
        batch.append((record, file))
        weight += file.size_bytes
    if batch:
        yield batch


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as lines:
        for line in lines:
            yield json.loads(line)


@dataclass(slots=True)
class _Gathering:
    """Joins events with the agents that they name and with files of ours."""

    too_many: bool = False
    _agents: dict[str, dict[str, str]] = field(default_factory=dict)
    _objects: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Path and package of ours by identifier of theirs."""

    _sections: dict[tuple[int, str], list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    _strange: dict[tuple[int, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    """What else stands in a section: files that came along and are no documents here."""

    _known: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The same by digest."""

    _named: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """The same by name of the file."""

    _events: dict[tuple[str, ...], ForeignEvent] = field(default_factory=dict)

    def know(self, record: PackageRecord) -> None:
        """Take in the originals of a part."""
        for document in record.documents:
            for file in document.originals:
                place = (file.path, record.package_id)
                self._known[file.sha256] = self._known[file.sha512] = place
                self._named[_base(file.original_name)].append(place)

    def learn(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Take in agents and objects."""
        for line in lines:
            if line["is"] == "agent":
                said = {key: str(line.get(key, "")) for key in ("name", "type", "version")}
                self._agents |= dict.fromkeys(line["identifiers"], said)
            elif line["is"] == "object":
                self._learn_object(line)

    def _learn_object(self, line: Mapping[str, Any]) -> None:
        section = (line["file"], line["section"])
        place = self._place(line)
        if place is not None:
            self._objects |= dict.fromkeys(line["identifiers"], place)
            self._sections[section].append(place)
        elif line["section"]:
            self._strange[section] += [str(line.get("name", "")) or next(iter(line["identifiers"]), "")]

    def _place(self, line: Mapping[str, Any]) -> tuple[str, str] | None:
        for digest in line["digests"]:
            if digest in self._known:
                return self._known[digest]
        if line["digests"]:
            # Its bytes are known to be others: a name alone would tell a lie.
            return None
        return self._by_name([str(line.get("name", "")), *line["identifiers"]])

    def _by_name(self, names: Iterable[str]) -> tuple[str, str] | None:
        for name in names:
            found = self._named.get(_base(name), []) if name else []
            if len(found) == 1:
                return found[0]
        return None

    def tell(self, lines: Iterable[Mapping[str, Any]], files: Sequence[PackageFile]) -> None:
        """Take in events."""
        for line in lines:
            if line["is"] != "event":
                continue
            event = self._event(line, files[line["file"]])
            if files[line["file"]].held and not event.objects:
                # A list of many dossiers: what it tells of the others is not ours to tell.
                continue
            if len(self._events) >= MOST_EVENTS:
                self.too_many = True
                return
            key = (event.id, event.type, event.at)
            known = self._events.get(key)
            self._events[key] = event if known is None else _joined(known, event)

    def _event(self, line: Mapping[str, Any], file: PackageFile) -> ForeignEvent:
        objects: dict[str, str] = {}
        others: list[str] = []
        for value, _ in line["objects"]:
            place = self._objects.get(value) or self._by_name([value])
            if place is None:
                others.append(value)
            else:
                objects[place[0]] = place[1]
        if not line["objects"] and line["section"]:
            section = (line["file"], line["section"])
            objects |= dict(self._sections.get(section, ()))
            others += filter(None, self._strange.get(section, ()))
        told = {key: str(line.get(key, "")) for key in ("type", "at", "outcome", "detail")}
        named = str(line.get("id", "")) or derived_id("foreign event", file.sha256, line["section"], *told.values())
        agents = tuple(ForeignAgent(id=key, role=role, **self._agents.get(key, {})) for key, role in line["agents"])
        return ForeignEvent(
            id=named, **told, agents=agents, objects=objects, others=tuple(others), source=file.original_name
        )

    def in_order(self) -> list[ForeignEvent]:
        """Events by their time as written; a beginning that is not known stands before all."""
        return sorted(self._events.values(), key=lambda event: (event.at.removeprefix("../"), event.id))


def _joined(one: ForeignEvent, other: ForeignEvent) -> ForeignEvent:
    """The same event told twice: a METS and a PREMIS beside it, or of several files each."""
    others = dict.fromkeys((*one.others, *other.others))
    return one.model_copy(
        update={
            "objects": one.objects | other.objects,
            "others": tuple(others),
            "agents": one.agents or other.agents,
            "detail": one.detail or other.detail,
            "outcome": one.outcome or other.outcome,
        }
    )


def _base(name: str) -> str:
    return unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
