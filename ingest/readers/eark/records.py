"""What the worker found in METS, PREMIS and descriptive files, as values; one task a file, or a batch of small ones."""

from __future__ import annotations

import json
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from sys import intern
from typing import Any

from ingest.ports import Answer, Limits, Workers
from metadata.compact import PackedSequence
from metadata.errors import ToolUnreadableError

METS_TASK = "ingest.engines.mets_reading:read_mets"
PREMIS_TASK = "ingest.engines.mets_reading:read_premis"
DESCRIPTIONS_TASK = "ingest.engines.mets_reading:read_descriptions"
FETCH_TASK = "ingest.engines.mets_reading:read_fetch"
RECORD_TASK = "ingest.engines.mets_reading:read_own_record"

LIMITS = Limits(cpu_seconds=180.0, wall_seconds=600.0, memory_mib=768, output_mib=2048)
"""A METS of 100,000 files takes about 20 s; what takes longer is made to."""

BATCH = 400
"""Descriptive files a task: enough that starting one costs nothing, few enough that a breach is soon found."""


MOST_RECORDS = 3_000_000
"""Records of all METS and PREMIS files of one package; beyond, what follows is not read."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What METS claims of a file, as written."""

    checksum: str
    algorithm: str
    size: str


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A `file` of METS with one place of its bytes."""

    line: int
    id: str
    use: str
    href: str
    claimed: Claimed
    dmd: tuple[str, ...] = ()
    embedded: bool = False


@dataclass(frozen=True, slots=True)
class MetadataRecord:
    """A metadata file that METS refers to."""

    line: int
    section: str
    id: str
    status: str
    kind: str
    other: str
    href: str
    claimed: Claimed


@dataclass(frozen=True, slots=True)
class Agent:
    """Who had part in the package, as METS says."""

    role: str
    type: str
    other: str
    name: str
    notes: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class MetsRecord:
    """One METS document of a delivered package."""

    path: str
    """Relative to the package."""

    problem: str = ""
    schema: str = ""
    root: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    agents: list[Agent] = field(default_factory=list)
    alternatives: list[tuple[str, str]] = field(default_factory=list)
    files: PackedSequence[FileRecord] = field(default_factory=lambda: PackedSequence(FileRecord))
    metadata: PackedSequence[MetadataRecord] = field(default_factory=lambda: PackedSequence(MetadataRecord))
    whole: bool = False
    """Whether everything that stands in METS itself is kept, or descriptions alone."""

    wrapped: PackedSequence[dict[str, Any]] = field(default_factory=lambda: PackedSequence(dict[str, Any]))
    """Metadata that stand in METS itself; of what is not kept section and identifier."""
    divisions: PackedSequence[dict[str, Any]] = field(default_factory=lambda: PackedSequence(dict[str, Any]))
    """Those that join a description with files, or have a type."""

    types: set[str] = field(default_factory=set)
    """Of all divisions, in capitals."""

    pointers: list[tuple[str, int]] = field(default_factory=list)
    end: dict[str, Any] = field(default_factory=dict)
    joined: PackedSequence[dict[str, Any]] = field(default_factory=lambda: PackedSequence(dict[str, Any]))
    """The same of files that name their descriptions themselves: `dmd` and `files`."""

    @property
    def folder(self) -> str:
        """Folder to which its hrefs are relative, with a slash behind it; empty for the package's own."""
        head, slash, _ = self.path.rpartition("/")
        return head + slash

    def said(self, name: str) -> str:
        """An attribute of the root, empty where it has none."""
        return str(self.root.get(name, ""))

    def take(self, record: dict[str, Any]) -> None:
        """Add one record of the worker."""
        match record["is"]:
            case "file" | "embedded":
                self.files.append(_file(record))
            case "metadata":
                self.metadata.append(_metadata(record))
            case "division":
                if record["dmd"] or record["type"]:
                    self.types.add(str(record["type"]).upper())
                    self.divisions.append(record)
            case "pointer":
                self.pointers.append((record["href"], record["line"]))
            case _:
                self._take_single(record)

    def _take_single(self, record: dict[str, Any]) -> None:
        match record["is"]:
            case "agent":
                notes = tuple((str(kind), str(text)) for kind, text in record["notes"])
                agent = Agent(record["role"], record["type"], record["other"], record["name"], notes)
                self.agents.append(agent)
            case "alternative":
                self.alternatives.append((record["type"], record["value"]))
            case "wrapped":
                is_kept = self.whole or record["section"] == "dmdSec"
                self.wrapped.append(record if is_kept else {name: record[name] for name in ("section", "id")})
            case "root" | "header" | "end" as name:
                setattr(self, name, record)
            case other:
                raise KeyError(other)


def _claimed(record: dict[str, Any]) -> Claimed:
    return Claimed(record["checksum"], intern(record["algorithm"]), record["size"])


def _file(record: dict[str, Any]) -> FileRecord:
    return FileRecord(
        line=record["line"],
        id=record["id"],
        use=intern(record["use"]),
        href=record["href"],
        claimed=_claimed(record),
        dmd=tuple(record["dmd"]),
        embedded=record["is"] == "embedded",
    )


def _metadata(record: dict[str, Any]) -> MetadataRecord:
    return MetadataRecord(
        line=record["line"],
        section=intern(record.get("section", "")),
        id=record.get("id", ""),
        status=intern(record.get("status", "")),
        kind=intern(record["kind"]),
        other=intern(record["other"]),
        href=record["href"],
        claimed=_claimed(record),
    )


class Reading:
    """Hands files of a package to workers and takes their records in.

    Args:
        workers: Where everything is parsed.
        root: The package.
        room: Where answers lie while they are taken in; gone afterwards.
    """

    def __init__(self, workers: Workers, root: Path, room: Path) -> None:
        self._workers = workers
        self._root = root
        self._room = room
        self._numbers = count(1)
        self._records = 0

    def mets(self, paths: Sequence[str], *, whole: bool = False) -> list[MetsRecord]:
        """The METS files at `paths`, read side by side; `whole`: see `MetsRecord`."""
        pending = [self._submitted(METS_TASK, path=str(self._root / path)) for path in paths]
        found: list[MetsRecord] = []
        for path, answer in zip(paths, pending, strict=True):
            mets = MetsRecord(path, whole=whole)
            value = self._answered(METS_TASK, answer(), mets.take)
            mets.problem, mets.schema = str(value.get("problem", "")), str(value.get("schema", ""))
            found.append(mets)
        return found

    def premis(self, paths: Sequence[str], take: Callable[[str, dict[str, Any]], None]) -> dict[str, str]:
        """Hand every record of the PREMIS files at `paths` to `take` with its path; what is wrong, by path."""
        pending = [self._submitted(PREMIS_TASK, path=str(self._root / path)) for path in paths]
        problems: dict[str, str] = {}
        for path, answer in zip(paths, pending, strict=True):
            value = self._answered(PREMIS_TASK, answer(), lambda record, path=path: take(path, record))  # type: ignore[misc]
            if value.get("problem"):
                problems[path] = str(value["problem"])
        return problems

    def descriptions(self, paths: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Path and content of each descriptive file, in order; see `metadata.xml.foreign_descriptions`."""
        pending: deque[tuple[Sequence[str], Callable[[], Answer]]] = deque()
        for start in range(0, len(paths), BATCH):
            batch = paths[start : start + BATCH]
            pending.append(
                (batch, self._submitted(DESCRIPTIONS_TASK, paths=[str(self._root / path) for path in batch]))
            )
            if len(pending) > self._workers.size + 1:
                yield from self._next(pending)
        while pending:
            yield from self._next(pending)

    def _next(self, pending: deque[tuple[Sequence[str], Callable[[], Answer]]]) -> Iterator[tuple[str, dict[str, Any]]]:
        batch, answer = pending.popleft()
        return self._described(batch, answer())

    def _described(self, batch: Sequence[str], answer: Answer) -> Iterator[tuple[str, dict[str, Any]]]:
        if answer.breach is not None and len(batch) > 1:
            # One of them broke the worker: each alone tells which.
            for path in batch:
                yield from self._described([path], self._submitted(DESCRIPTIONS_TASK, paths=[str(self._root / path)])())
            return
        lines: list[dict[str, Any]] = []
        value = self._answered(DESCRIPTIONS_TASK, answer, lines.append)
        if value.get("problem"):
            lines = [{"problem": value["problem"]}]
        if len(lines) != len(batch):
            raise ToolUnreadableError(DESCRIPTIONS_TASK, f"{len(lines)} answers for {len(batch)} files")
        yield from zip(batch, lines, strict=True)

    def fetch_lines(self, paths: Sequence[str]) -> dict[str, list[tuple[int, str]]]:
        """Number and text of the lines of each fetch file; none of one that broke the worker."""
        if not paths:
            return {}
        places = [str(self._root / path) for path in paths]
        answer = self._workers.submit(FETCH_TASK, {"paths": places}, limits=LIMITS).result()
        lines = [[] for _ in paths] if answer.breach is not None else answer.value.get("lines")
        if not isinstance(lines, list) or len(lines) != len(paths):
            raise ToolUnreadableError(FETCH_TASK, str(answer.value))
        return {path: [(int(n), str(text)) for n, text in found] for path, found in zip(paths, lines, strict=True)}

    def own_record(self, path: str) -> tuple[str, list[dict[str, Any]]]:
        """What is wrong with the record at `path`, and its lines; see `mets_reading.read_own_record`."""
        lines: list[dict[str, Any]] = []
        value = self._answered(RECORD_TASK, self._submitted(RECORD_TASK, path=str(self._root / path))(), lines.append)
        return str(value.get("problem", "")), lines

    def _submitted(self, task: str, **arguments: object) -> Callable[[], Answer]:
        deposit = self._room / f".read-{next(self._numbers)}"
        return self._workers.submit(task, arguments, limits=LIMITS, deposit=deposit).result

    def _answered(self, task: str, answer: Answer, take: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """The short part of an answer; the long one goes line by line to `take`."""
        if answer.breach is not None:
            return {"problem": f"{answer.breach} {answer.detail}".strip()}
        output = answer.outputs.get("records")
        if output is None:
            if not answer.value.get("problem"):
                raise ToolUnreadableError(task, str(answer.value))
            return answer.value
        try:
            with output.open("rb") as lines:
                for line in lines:
                    self._records += 1
                    if self._records > MOST_RECORDS:
                        return {**answer.value, "problem": f"more than {MOST_RECORDS} records in one package"}
                    take(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise ToolUnreadableError(task, repr(error)) from error
        finally:
            shutil.rmtree(output.parent, ignore_errors=True)
        return answer.value
