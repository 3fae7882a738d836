"""Containers (ZIP, TAR) opened: unpacked in a worker, laid down in a room durably, or refused with every reason.

What stands in a room under the name of a container is whole: it is put
together beside it and renamed when everything has reached the disk.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ingest.durable import sync
from ingest.free_names import first_free
from ingest.ports import Answer, Limits, Workers
from ingest.readers.listing import DeliveryUnreadableError, shown
from metadata.descriptions import ReceivedContainer
from metadata.errors import ArchiveError, ToolUnreadableError
from metadata.findings import Finding
from metadata.rules import errors_of

UNPACK_TASK = "ingest.engines.unpacking:unpack"
ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst")
"""Names by which containers are known; what they are, their bytes tell."""

UNREAD_ENDINGS = (".rar", ".7z", ".cab")
"""Names of containers that are not read: those who deliver them hear what to do instead."""

DEEPEST = 3
"""A container that holds nothing but a container is opened too, so many times."""

_MOST_WRAPPERS = 3
_MIB = 1 << 20
_MEMBERS = "members.jsonl"
_STAGING = ".unpacking"
_QUOTA = 3
"""A task may write so many times its largest file in all (`ingest.workers`)."""

_MAX_NAME_BYTES = 200
_BESIDE = frozenset({"__macosx", ".ds_store", "thumbs.db", "desktop.ini"})
"""What packing programs put beside the folder that was packed."""


class RoomUnwritableError(ArchiveError):
    """What stands in a container cannot be laid down (disk full, permissions); nothing is said about its content."""

    code: ClassVar[str] = "reader.room"

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path!r}: {reason}")


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of opening a container."""

    root: Path
    """Folder that holds its members, named after it; not there when it is refused."""

    findings: tuple[Finding, ...] = ()
    """What was forgiven, or every reason for which it is refused; `subject` is the member or the container."""

    container: ReceivedContainer | None = None
    """What was opened: name, digests, members with the names as written. None: refused."""

    @property
    def refused(self) -> bool:
        """Whether nothing was laid down."""
        return self.container is None


@dataclass(frozen=True, slots=True)
class Containers:
    """Opens containers.

    Args:
        workers: Where delivered bytes are parsed.
        max_file_bytes: Largest member.
        max_total_bytes: Most that may come out of one container.
    """

    workers: Workers
    max_file_bytes: int = 64 << 30
    max_total_bytes: int = 256 << 30

    def opened(self, path: Path, room: Path, *, name: str | None = None) -> Opened:
        """Lay down the members of the container at `path` in a folder of its own below `room`.

        Paths of members are in NFC with `/` between segments. Empty folders are not made.
        Any number of containers may be opened into one room.

        Args:
            path: An ordinary file, which stays as it is.
            room: Made when it is not there.
            name: What people call the container; None: the name of the file.

        Raises:
            DeliveryUnreadableError: the file may not be read.
            RoomUnwritableError: the room may not be written to.
            ArchiveError: the worker failed for a reason of the system.
        """
        name = name or path.name
        root = room / first_free(_folder_name(name), lambda taken: (room / taken).exists())
        staging = room / f"{_STAGING}-{root.name}"
        _require_file(path)
        with writing(room):
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(parents=True)
        try:
            answer = self._unpacked(path, staging)
            findings = _findings(answer, name)
            if errors_of(findings):
                return Opened(root, findings)
            with writing(room):
                members = list(_members(answer))
                _lay_down(members, answer.outputs, staging / "tree")
                (staging / "tree").rename(root)
                sync(room)
            return Opened(root, findings, _container(answer, name, members))
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _unpacked(self, path: Path, staging: Path) -> Answer:
        largest = max(self.max_file_bytes, self.max_total_bytes // _QUOTA)
        return self.workers.submit(
            UNPACK_TASK,
            {
                "path": str(path.absolute()),
                "max_file_bytes": self.max_file_bytes,
                "max_total_bytes": self.max_total_bytes,
            },
            limits=Limits(cpu_seconds=7200, wall_seconds=14400, memory_mib=1536, output_mib=largest // _MIB + 64),
            deposit=staging / "members",
        ).result()


def is_container(path: Path) -> bool:
    """Whether `path` is a file that is called like a container."""
    return path.name.lower().endswith((*ENDINGS, *UNREAD_ENDINGS)) and path.is_file()


def stem_of(name: str) -> str:
    """`name` without the ending of a container."""
    lower = name.lower()
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if lower.endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return name


def inner(root: Path) -> Path:
    """The folder that is meant: people pack the folder itself, so its content often lies in one single folder."""
    for _ in range(_MOST_WRAPPERS):
        only = _only_entry(root)
        if only is None or not only.is_dir():
            break
        root = only
    return root


def only_container(root: Path) -> Path | None:
    """The container that is all that `root` holds, or None."""
    only = _only_entry(root)
    return only if only is not None and is_container(only) else None


def _only_entry(root: Path) -> Path | None:
    """The one entry of `root`, looking no further than the second."""
    try:
        with os.scandir(root) as entries:
            found = [entry for entry, _ in zip(_delivered(entries), range(2), strict=False)]
    except OSError as error:
        raise DeliveryUnreadableError(shown(str(root)), error.strerror or str(error)) from error
    return Path(found[0]) if len(found) == 1 and not found[0].is_symlink() else None


def _delivered(entries: Iterable[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
    return (entry for entry in entries if entry.name.casefold() not in _BESIDE)


def _folder_name(name: str) -> str:
    stem = "".join("_" if letter in "/\\" else letter for letter in shown(stem_of(name)))
    while len(stem.encode()) > _MAX_NAME_BYTES:
        stem = stem[:-1]
    stem = stem.strip(" .")
    return stem or "container"


def _require_file(path: Path) -> None:
    """What the system keeps from us is a fault here, before a worker could take it for content."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise DeliveryUnreadableError(shown(str(path)), error.strerror or str(error)) from error
    os.close(handle)


def _findings(answer: Answer, name: str) -> tuple[Finding, ...]:
    if answer.breach is not None:
        return (Finding(rule="CON-005", subject=shown(name), values={"detail": f"{answer.breach} {answer.detail}"}),)
    try:
        found = tuple(Finding.model_validate(entry) for entry in answer.value["findings"])
    except (KeyError, TypeError, ValueError) as error:
        raise ToolUnreadableError(UNPACK_TASK, repr(error)) from error
    return tuple(_placed(finding, shown(name)) for finding in found)


def _placed(finding: Finding, name: str) -> Finding:
    return finding.model_copy(update={"subject": finding.subject or name, "file": name})


def _members(answer: Answer) -> Iterator[Mapping[str, str]]:
    try:
        with answer.outputs[_MEMBERS].open(encoding="ascii") as lines:
            for line in lines:
                member: Mapping[str, str] = json.loads(line)
                if member["number"] not in answer.outputs or not _is_below(member["path"]):
                    raise ToolUnreadableError(UNPACK_TASK, line)
                yield member
    except (KeyError, TypeError, ValueError) as error:
        raise ToolUnreadableError(UNPACK_TASK, repr(error)) from error


def _is_below(path: str) -> bool:
    """The worker has looked at all names; it has also had hostile bytes in its hands, so they are looked at again."""
    segments = path.split("/")
    return not any(segment in {"", ".", ".."} or "\0" in segment for segment in segments)


def _lay_down(members: list[Mapping[str, str]], outputs: Mapping[str, Path], tree: Path) -> None:
    tree.mkdir()
    folders = {tree}
    for member in members:
        target = tree / member["path"]
        parent = target.parent
        if parent not in folders:
            parent.mkdir(parents=True, exist_ok=True)
            while parent not in folders:
                folders.add(parent)
                parent = parent.parent
        outputs[member["number"]].rename(target)
    for folder in sorted(folders, reverse=True):
        sync(folder)


def _container(answer: Answer, name: str, members: list[Mapping[str, str]]) -> ReceivedContainer:
    value: dict[str, Any] = answer.value
    try:
        return ReceivedContainer(
            name=shown(name),
            kind=value["kind"],
            files=value["files"],
            size_bytes=value["bytes"],
            sha256=value["sha256"],
            sha512=value["sha512"],
            written={member["path"]: member["written"] for member in members if "written" in member},
        )
    except (KeyError, ValueError) as error:
        raise ToolUnreadableError(UNPACK_TASK, repr(error)) from error


@contextmanager
def writing(room: Path) -> Iterator[None]:
    """What the system refuses below `room` is a fault, never the content's."""
    try:
        yield
    except OSError as error:
        raise RoomUnwritableError(shown(str(room)), error.strerror or str(error)) from error
