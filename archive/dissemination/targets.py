"""Where exports are written: a file, a folder or one ZIP; what was broken off never looks whole."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, ClassVar, Protocol

from archive.dissemination.outgoing import Exported, Outgoing
from archive.dissemination.zip_stream import NameTakenError, ZipStream
from metadata.digests import chunks_of
from metadata.errors import ArchiveError, UsageError

_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


class ExportNotWrittenError(ArchiveError):
    """The target could not be written: disk full, medium gone, no permission."""

    code: ClassVar[str] = "export.not_written"

    def __init__(self, error: OSError) -> None:
        self.errno = error.errno
        self.path = str(error.filename or "")
        super().__init__(f"the export could not be written: {error.strerror or error} {self.path}".strip())


class Target(Protocol):
    """Takes files, one after the other."""

    def write(self, outgoing: Outgoing) -> Exported:
        """Write one file; its path as the caller will find it."""
        ...


@contextmanager
def target_at(path: Path, *, single: bool) -> Iterator[Target]:
    """A target at `path`, whole when the block ends and not there when it fails.

    Args:
        path: A file, a folder that is not there or is empty, or a ZIP by its ending.
        single: One file is meant; it goes to `path` itself, or into the folder that `path` is.

    Raises:
        UsageError: `path` exists.
        ExportNotWrittenError: the disk refused.
    """
    if path.exists() and (path.is_file() or (not single and any(path.iterdir()))):
        raise _existing(path)
    if single:
        yield _Folder(path, path) if path.is_dir() else _File(path)
    elif path.suffix.lower() == ".zip" and not path.is_dir():
        with _zip(path) as target:
            yield target
    else:
        with _folder(path) as target:
            yield target


def _existing(path: Path) -> UsageError:
    return UsageError(f"{path} exists already")


@contextmanager
def _zip(path: Path) -> Iterator[Target]:
    with _staged(path.absolute()) as stage:
        part = stage / "zip"
        with _created(part) as stream:
            archive = ZipStream(stream, stage)
            try:
                yield _Zip(archive)
                with _disk():
                    archive.close()
                    stream.flush()
                    os.fsync(stream.fileno())
            finally:
                archive.discard()
        with _disk():
            if path.exists():
                raise _existing(path)
            part.replace(path)


@contextmanager
def _folder(path: Path) -> Iterator[Target]:
    whole = path.absolute()
    inside = whole.is_dir()
    # A folder that is there already may be mounted or somebody's working directory: it is filled, not replaced.
    with _staged(whole / "files" if inside else whole) as stage:
        room = stage / "files"
        room.mkdir()
        yield _Folder(room, path)
        with _disk():
            if not inside:
                if whole.exists():
                    raise _existing(path)
                room.replace(whole)
                return
            for entry in sorted(room.iterdir()):
                if (whole / entry.name).exists():
                    raise _existing(path / entry.name)
                entry.replace(whole / entry.name)


@contextmanager
def _staged(path: Path) -> Iterator[Path]:
    """A hidden folder beside `path`, gone afterwards; those that killed exports left there are removed."""
    with _disk():
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f".{path.name}.*.part"):
            _remove_if_left(left)
        fresh = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent))
        handle = os.open(fresh, os.O_RDONLY)
        with suppress(OSError):
            # Not every medium knows locks; without one nobody else takes this for left over either.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Only what is locked gets the name that others look for.
        stage = fresh.rename(fresh.with_suffix(".part"))
    try:
        yield stage
    finally:
        os.close(handle)
        shutil.rmtree(stage, ignore_errors=True)


def _remove_if_left(folder: Path) -> None:
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
        finally:
            os.close(handle)


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportNotWrittenError(error) from error


def _safe(name: str) -> PurePosixPath:
    """`name` below the target, whatever a delivery called its files."""
    parts = [_UNSAFE.sub("_", part) for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    return PurePosixPath(*parts) if parts else PurePosixPath("_")


@dataclass(frozen=True, slots=True)
class _File:
    path: Path

    def write(self, outgoing: Outgoing) -> Exported:
        return _write(self.path, str(self.path), outgoing)


@dataclass(frozen=True, slots=True)
class _Folder:
    room: Path
    """Where it is written now."""

    path: Path
    """Where it will lie."""

    def write(self, outgoing: Outgoing) -> Exported:
        name = _safe(outgoing.name)
        return _write(self.room / name, str(self.path / name), outgoing)


@dataclass(frozen=True, slots=True)
class _Zip:
    archive: ZipStream

    def write(self, outgoing: Outgoing) -> Exported:
        if outgoing.open is None:
            return Exported(None, None, None, outgoing.more)
        name = str(_safe(outgoing.name))
        with outgoing.open() as stream:
            passing = _Passing(stream)
            try:
                with _disk():
                    self.archive.add(name, passing.chunks())
            except NameTakenError:
                raise _existing(Path(name)) from None
        return Exported(name, passing.sha256.hexdigest(), passing.size_bytes, outgoing.more)


def _write(path: Path, told: str, outgoing: Outgoing) -> Exported:
    if outgoing.open is None:
        return Exported(None, None, None, outgoing.more)
    if path.exists():
        raise _existing(path)
    part = path.with_name(f".{os.getpid()}-{threading.get_ident()}.part")
    try:
        with outgoing.open() as stream, _created(part) as out:
            sha256, size = _copy(stream, out)
        with _disk():
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return Exported(told, sha256, size, outgoing.more)


@contextmanager
def _created(path: Path) -> Iterator[BinaryIO]:
    with _disk():
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("wb")
    try:
        yield stream
        with _disk():
            stream.flush()
    finally:
        with suppress(OSError):
            # What a full disk refuses was told already; closing would tell it again, as another error.
            stream.close()


def _copy(stream: BinaryIO, out: BinaryIO) -> tuple[str, int]:
    passing = _Passing(stream)
    for chunk in passing.chunks():
        with _disk():
            out.write(chunk)
    return passing.sha256.hexdigest(), passing.size_bytes


class _Passing:
    """Bytes that are counted and digested as they pass."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()
        self.size_bytes = 0

    def chunks(self) -> Iterator[bytes]:
        for chunk in chunks_of(self._stream):
            self.sha256.update(chunk)
            self.size_bytes += len(chunk)
            yield chunk
