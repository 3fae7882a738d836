"""Objects as files below one folder, durable as far as the disk is: file and folder are synced before either counts."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import stat
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from metadata.digests import Digests, chunks_of, digests_of, digests_of_file
from storage.errors import (
    ObjectCorruptedError,
    ObjectExistsError,
    ObjectMissingError,
    PreconditionFailedError,
    StorageFaultError,
)
from storage.keys import safe_key, safe_prefix
from storage.ports import ObjectInfo
from storage.streams import range_of

_UNFINISHED = ".unfinished"
"""Folder of files that are being written: on the same file system, out of the name space of keys."""

_MOST_SYNCED = 4096
"""Names of folders kept in memory; more would grow with the holding."""

_MOST_RIVALS = 8
"""Times that a folder may be taken away while it is written to; more often, and it is the disk that is gone."""


@contextmanager
def _faults(key: str) -> Iterator[None]:
    """Say which object the operating system failed at."""
    try:
        yield
    except OSError as error:
        raise StorageFaultError(key, error.strerror or str(error)) from error


class _FileSource:
    """The bytes of one open file."""

    def __init__(self, key: str, descriptor: int) -> None:
        self._key = key
        self._descriptor = descriptor

    def read_at(self, position: int, size: int) -> bytes:
        with _faults(self._key):
            return os.pread(self._descriptor, size, position)

    def close(self) -> None:
        os.close(self._descriptor)


class _FolderSync:
    """Syncs folders; threads that wait for the same folder share the next sync instead of doing one each.

    A name is safe after a sync that began when it was there already. Folders that
    nobody waits for are forgotten.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._states: dict[Path, _SyncState] = {}

    def sync(self, folder: Path) -> None:
        """Return when a sync of `folder` that began after this call has ended."""
        with self._guard:
            state = self._states.setdefault(folder, _SyncState())
            state.asked += 1
            mine = state.asked
        try:
            with state.turn:
                if state.done < mine:
                    with self._guard:
                        covered = state.asked
                    _sync_folder(folder)
                    state.done = covered
        finally:
            with self._guard:
                state.left += 1
                if state.left == state.asked:
                    self._states.pop(folder, None)


@dataclass(slots=True)
class _SyncState:
    """Requests to sync one folder: made, covered by a sync that ended, and gone again."""

    turn: Lock = field(default_factory=Lock)
    asked: int = 0
    done: int = 0
    left: int = 0


class FilesystemStore:
    """See `ObjectStore`. The folder is made when needed; it must be on a file system with hard links."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._unfinished = root / _UNFINISHED
        self._synced: set[Path] = set()
        self._making = Lock()
        self._folders = _FolderSync()

    @property
    def location(self) -> str:
        """See `ObjectStore.location`."""
        return "filesystem"

    def put(self, key: str, data: BinaryIO, *, expected: Digests) -> None:
        """See `ObjectStore.put`. The name appears by a hard link, which never replaces another file.

        Bytes are digested once, when they are read back: that shows a wrong source and
        a wrong copy alike, and one digest less for each byte (ADR 0033).
        """
        target = self._path(key)
        with _faults(key):
            if not self._holds(key, target, expected):
                with self._written(data) as path:
                    _read_back(key, path, expected)
                    try:
                        self._into_place(os.link, path, target)
                    except FileExistsError:
                        # The loser of a race with an equal twin has nothing to do.
                        if not self._holds(key, target, expected):
                            raise
            self._make_sure(target)

    def replace(self, key: str, data: bytes, *, etag: str | None) -> str:
        """See `ObjectStore.replace`. Writers of one head wait for each other by `flock`, on this machine."""
        target = self._path(key)
        with _faults(key), self._locked(key):
            current = _info_or_none(key, target)
            if (None if current is None else current.etag) != etag:
                if current is None or target.read_bytes() != data:
                    raise PreconditionFailedError(key)
                self._make_sure(target)
                return current.etag
            with self._written(io.BytesIO(data)) as path:
                _read_back(key, path, digests_of([data]))
                _keep_etags_apart(path, target)
                self._into_place(os.replace, path, target)
            self._make_sure(target)
            return self.info(key).etag

    def open(self, key: str, *, offset: int = 0, length: int | None = None) -> AbstractContextManager[BinaryIO]:
        """See `ObjectStore.open`."""
        path = self._path(key)
        with _faults(key):
            if _info_or_none(key, path) is None:
                raise ObjectMissingError(key)
            source = _FileSource(key, os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        return range_of(source, offset=offset, length=length)

    def lies(self, key: str) -> Path:
        """See `OnDisk.lies`."""
        return self._path(key)

    def info(self, key: str) -> ObjectInfo:
        """See `ObjectStore.info`."""
        with _faults(key):
            found = _info_or_none(key, self._path(key))
        if found is None:
            raise ObjectMissingError(key)
        return found

    def keys(self, prefix: str) -> Iterator[ObjectInfo]:
        """See `ObjectStore.keys`. Holds the names of one folder at a time."""
        with _faults(prefix):
            yield from self._walk(safe_prefix(prefix).rpartition("/")[0], prefix)

    def discard(self, key: str) -> None:
        """See `ObjectStore.discard`. Folders that become empty go too, for OCFL forbids them."""
        path = self._path(key)
        with _faults(key):
            with suppress(FileNotFoundError, NotADirectoryError):
                path.unlink()
            with suppress(OSError):
                for folder in path.parents:
                    if folder == self._root:
                        break
                    folder.rmdir()
                    self._synced.discard(folder)
            with suppress(FileNotFoundError, NotADirectoryError):
                _sync_folder(path.parent)

    def ready(self) -> None:
        """See `ObjectStore.ready`. Removes what writers that died left unfinished."""
        with _faults(str(self._root)):
            probe = self._unfinished / f"probe-{uuid.uuid4()}"
            with self._written(io.BytesIO(b"ready")) as path:
                os.link(path, probe)
            probe.unlink()
        self.sweep()

    def sweep(self) -> int:
        """Remove unfinished files whose writer is gone, and only those.

        Returns:
            How many there were.
        """
        removed = 0
        with _faults(str(self._unfinished)):
            for path in self._unfinished.glob("*.part") if self._unfinished.is_dir() else ():
                # A living writer holds the lock of its file; the kernel takes it from a dead one.
                with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as stream:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, key: str) -> Path:
        return self._root / safe_key(key)

    def _holds(self, key: str, target: Path, expected: Digests) -> bool:
        """Whether `target` holds the expected bytes; False when there is nothing yet."""
        try:
            size = target.stat().st_size
        except FileNotFoundError:
            return False
        except NotADirectoryError:
            if not self._root.is_dir():
                raise
            raise ObjectExistsError(key) from None
        if not target.is_file() or size != expected.size_bytes or _sha512(target) != expected.sha512:
            raise ObjectExistsError(key)
        return True

    @contextmanager
    def _written(self, data: BinaryIO) -> Iterator[Path]:
        """An unfinished file with the bytes of `data`, synced and locked; gone when the block ends."""
        self._make_folder(self._unfinished)
        path = self._unfinished / f"{uuid.uuid4()}.part"
        with path.open("xb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            try:
                for chunk in chunks_of(data):
                    stream.write(chunk)
                stream.flush()
                os.fsync(stream.fileno())
                yield path
            finally:
                path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """Alone among the writers of `key`; the 256 lock files stay, for removing one would let two in."""
        self._make_folder(self._unfinished)
        name = hashlib.sha256(key.encode()).hexdigest()[:2]
        with (self._unfinished / f"{name}.lock").open("ab") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def _into_place(self, act: Callable[[Path, Path], None], path: Path, target: Path) -> None:
        """Give `path` its name by `act`, making the folders that it needs."""
        for further in reversed(range(_MOST_RIVALS + 1)):
            try:
                self._make_folder(target.parent)
                act(path, target)
            except FileNotFoundError:
                # Another writer discarded the last file beside it and the empty folder with it.
                self._synced.clear()
                if not further:
                    raise
            else:
                return

    def _make_sure(self, target: Path) -> None:
        """Make the name of `target` last, whoever gave it: its maker may have died before syncing it.

        Another writer may have discarded it meanwhile, and its empty folder with it:
        then nothing is left that could last.
        """
        try:
            self._sync_branch(target.parent, make=False)
            self._folders.sync(target.parent)
        except FileNotFoundError:
            self._synced.clear()
            if target.exists():
                self._make_sure(target)
            elif not self._root.is_dir():
                raise

    def _make_folder(self, folder: Path) -> None:
        self._sync_branch(folder, make=True)

    def _sync_branch(self, folder: Path, *, make: bool) -> None:
        """Sync into its parent each name down to `folder` that this store sees for the first time; make what is not.

        A power cut would else take a whole branch whose folder another writer had
        made and not yet synced.
        """
        if folder in self._synced:
            return
        # One thread makes and syncs the branch; the others wait instead of syncing it too.
        with self._making:
            unknown = [folder]
            while unknown[-1] != self._root and unknown[-1] not in self._synced:
                unknown.append(unknown[-1].parent)
            # All made first, then synced: one commit of the journal takes the names along together.
            new = [name for name in unknown if name not in self._synced]
            for name in reversed(new) if make else ():
                name.mkdir(parents=name == self._root, exist_ok=True)
            for name in new:
                _sync_folder(name.parent)
            if len(self._synced) >= _MOST_SYNCED:
                self._synced.clear()
            self._synced.update(new)

    def _walk(self, folder: str, prefix: str) -> Iterator[ObjectInfo]:
        try:
            with os.scandir(self._root / folder) as entries:
                # A folder sorts with its slash, as its keys do.
                found = sorted(
                    (f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name).encode(
                        "utf-8", "surrogateescape"
                    )
                    for entry in entries
                )
        except (FileNotFoundError, NotADirectoryError):
            return
        for raw in found:
            name = raw.decode("utf-8", "surrogateescape")
            key = f"{folder}/{name}" if folder else name
            if key.startswith(".") or not (key.startswith(prefix) or prefix.startswith(key)):
                continue
            if name.endswith("/"):
                yield from self._walk(key[:-1], prefix)
            elif (info := _info_or_none(key, self._root / key)) is not None and key.startswith(prefix):
                yield info


def _info_or_none(key: str, path: Path) -> ObjectInfo | None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return ObjectInfo(key, status.st_size, f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}")


def _keep_etags_apart(new: Path, old: Path) -> None:
    """Make `new` younger than `old`: the kernel's time stamps are coarser than two quick writes."""
    with suppress(FileNotFoundError):
        before, after = old.stat().st_mtime_ns, new.stat().st_mtime_ns
        if after <= before:
            os.utime(new, ns=(before + 1, before + 1))


def _sha512(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha512").hexdigest()


def _read_back(key: str, path: Path, expected: Digests) -> None:
    """Prove by SHA-512 alone: `expected` has both digests from one reading."""
    if _sha512(path) != expected.sha512:
        raise ObjectCorruptedError(key, expected=expected, actual=digests_of_file(path))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
