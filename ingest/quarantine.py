"""Quarantine: delivered files are opened without following anything, copied, hashed, and looked up again after a crash.

A delivery lies in a folder that others may write to: between the listing and
the copying a file can become a link to another one. So every segment of a path
is opened relative to the folder before it, and none may be a link.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Self

from ingest.durable import sync
from ingest.facts import ReceivedFile
from ingest.ordinary_files import FILE_FLAGS
from metadata.digests import CHUNK_BYTES, Digester, Digests
from metadata.errors import ArchiveError
from metadata.formats import extension_of

_LINK_ERRORS = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK})
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MAX_EXTENSION = 10
_KINDS = (
    (stat.S_ISLNK, "symbolic link"),
    (stat.S_ISDIR, "folder"),
    (stat.S_ISFIFO, "FIFO"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)


class UnreadableFileError(ArchiveError):
    """A delivered file, or the quarantine, cannot be read or written for a reason of the system."""

    code: ClassVar[str] = "ingest.unreadable_file"

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path!r}: {reason}")


class RefusedFileError(Exception):
    """A delivered file breaks the rule `rule`; never leaves the stage, which makes it a finding."""

    def __init__(self, rule: str, found: str = "") -> None:
        self.rule = rule
        self.found = found
        super().__init__(rule)


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells whether a file is still the one that was read."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> Self:
        """The identity in what `stat` found."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


class DeliveryFolder:
    """The folder of a delivery, opened once. A context manager."""

    def __init__(self, root: Path) -> None:
        """Open `root`; the way to it may go over links, for the operator named it.

        Raises:
            UnreadableFileError: there is no such folder, or it cannot be read.
        """
        try:
            self._handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise UnreadableFileError(str(root), str(error.strerror)) from error
        self.real = root.resolve()
        """Where it lies, without links."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    @contextmanager
    def opened(self, path: str) -> Iterator[int]:
        """A handle on the regular file at `path`.

        Raises:
            RefusedFileError: ING-001, ING-002, ING-004.
            UnreadableFileError: permission, I/O.
        """
        handle = self._open(path)
        try:
            yield handle
        finally:
            os.close(handle)

    def _open(self, path: str) -> int:
        segments = path.split("/")
        if path.startswith("/") or any(segment in {"", ".", ".."} for segment in segments) or "\0" in path:
            raise RefusedFileError("ING-001")
        folder = os.dup(self._handle)
        try:
            for segment in segments[:-1]:
                inner = self._at(folder, segment, path, _FOLDER_FLAGS)
                os.close(folder)
                folder = inner
            # Looked at before it is opened: opening a device can have effects.
            self._refuse_other_kinds(folder, segments[-1], path)
            handle = self._at(folder, segments[-1], path, FILE_FLAGS)
        finally:
            os.close(folder)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise RefusedFileError("ING-003")
        return handle

    def _refuse_other_kinds(self, folder: int, name: str, path: str) -> None:
        try:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        except OSError as error:
            raise _refusal(error, path) from error
        for is_kind, kind in _KINDS:
            if is_kind(mode):
                raise RefusedFileError("ING-002", kind)

    def _at(self, folder: int, name: str, path: str, flags: int) -> int:
        try:
            return os.open(name, flags, dir_fd=folder)
        except OSError as error:
            raise _refusal(error, path) from error


def _refusal(error: OSError, path: str) -> Exception:
    if isinstance(error, FileNotFoundError):
        return RefusedFileError("ING-004")
    if error.errno in _LINK_ERRORS:
        return RefusedFileError("ING-002", "symbolic link")
    return UnreadableFileError(path, str(error.strerror))


def read_digests(
    handle: int, path: str, copy: int | None = None, also: Collection[str] = ()
) -> tuple[Digests, Identity]:
    """Read the open file once, hashing (with the algorithms `also` too), and write what is read to `copy`.

    Raises:
        RefusedFileError: ING-003, it changed meanwhile.
        UnreadableFileError: I/O.
    """
    digester = Digester(also)
    try:
        before = Identity.of(os.fstat(handle))
        while chunk := os.read(handle, CHUNK_BYTES):
            digester.update(chunk)
            if copy is not None:
                _write(copy, chunk)
        after = Identity.of(os.fstat(handle))
    except OSError as error:
        raise UnreadableFileError(path, str(error.strerror)) from error
    digests = digester.digests()
    if before != after or digests.size_bytes != before.size:
        raise RefusedFileError("ING-003")
    return digests, after


def _write(handle: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(handle, rest) :]


@dataclass(frozen=True, slots=True)
class Copied:
    """One line of the journal: a file that lies in quarantine, whole and durable."""

    path: str
    stored: str
    sha256: str
    sha512: str
    size_bytes: int
    source: Identity
    copy: Identity
    others: dict[str, str] = field(default_factory=dict)
    """Digests by further algorithms, where the delivery claims such."""

    def by_algorithm(self) -> dict[str, str]:
        """All digests by the name of the algorithm."""
        return {"SHA-256": self.sha256, "SHA-512": self.sha512, **self.others}

    def below(self, folder: str) -> Self:
        """The same, with the copy's place told from one folder further up."""
        return replace(self, stored=f"{folder}/{self.stored}")

    def line(self) -> bytes:
        """As a line of JSON."""
        return json.dumps(asdict(self)).encode("ascii") + b"\n"

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """From the JSON of a line."""
        return cls(**{**row, "source": Identity(**row["source"]), "copy": Identity(**row["copy"])})


class Quarantine:
    """The copies of one dossier's files in `folder`, with a journal that survives kill -9."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._journal = folder / "journal.jsonl"
        self._known = {copied.path: copied for copied in self._read_journal()}

    def _read_journal(self) -> Iterator[Copied]:
        try:
            lines = self._journal.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise UnreadableFileError(str(self._journal), str(error.strerror)) from error
        for line in lines:
            try:
                yield Copied.of(json.loads(line))
            except (ValueError, TypeError, KeyError):
                continue  # The last line of a killed process: its file is copied again.

    def take(self, delivery: DeliveryFolder, path: str, number: int, also: Collection[str] = ()) -> Copied:
        """Copy the file at `path` as number `number`, or find that it has been copied; `also`: see `read_digests`.

        A copy of an earlier run is taken when neither it nor its source has changed since
        (size, inode, times): its bytes were hashed while they were written and synced before
        the journal named them.

        Raises:
            RefusedFileError, UnreadableFileError: see `DeliveryFolder.opened` and `read_digests`.
        """
        known = self._known.get(path)
        with delivery.opened(path) as source:
            if known is not None and known.source == Identity.of(os.fstat(source)) and self._intact(known):
                return known
            copied = self._copy(source, path, stored_name(path, number), also)
        try:
            with self._journal.open("ab") as journal:
                journal.write(copied.line())
        except OSError as error:
            raise UnreadableFileError(str(self._journal), str(error.strerror)) from error
        self._known[path] = copied
        return copied

    def _intact(self, known: Copied) -> bool:
        try:
            return Identity.of((self._folder / known.stored).lstat()) == known.copy
        except OSError:
            return False

    def _copy(self, source: int, path: str, name: str, also: Collection[str]) -> Copied:
        target = self._folder / name
        part = self._folder / f".{name}.part"
        try:
            part.unlink(missing_ok=True)
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                digests, identity = read_digests(source, path, handle, also)
                os.fchmod(handle, 0o400)
                os.fsync(handle)
            finally:
                os.close(handle)
            part.replace(target)
            copy = Identity.of(target.lstat())
        except OSError as error:
            raise UnreadableFileError(path, str(error.strerror)) from error
        finally:
            # Half a copy on a full disk would take the room in which the fault is to be written down.
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        others = dict(digests.others)
        return Copied(path, name, digests.sha256, digests.sha512, digests.size_bytes, identity, copy, others)

    def sync(self) -> None:
        """Make the names of all copies durable.

        Raises:
            UnreadableFileError: I/O.
        """
        try:
            sync(self._folder)
        except OSError as error:
            raise UnreadableFileError(str(self._folder), str(error.strerror)) from error


def stored_name(path: str, number: int) -> str:
    """Name of a copy: a number and an extension in plain letters, whatever the received name holds."""
    extension = extension_of(PurePosixPath(path).name)
    plain = extension.isascii() and extension.isalnum() and len(extension) <= _MAX_EXTENSION
    return f"{number:06}.{extension}" if plain else f"{number:06}"


def located(folder: Path, file: ReceivedFile) -> Path:
    """Where the bytes of a received file lie: below the work folder, or in place when only checking."""
    return folder / file.stored
