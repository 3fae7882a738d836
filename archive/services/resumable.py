"""Files of an upload that come in pieces over days: what is told as come is on the disk, whatever happens next.

Below the upload's folder `resumable/` holds two files for each that has begun: `{id}.json` (where it
belongs, how long it will be, how much of it is safe) and `{id}.part` (its bytes). What
lies behind the safe length came in a call that was never answered, and is written over.
Of a file that is whole, `whole/{id}.json` stays: who lost the last answer asks for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Self
from uuid import UUID, uuid4

from archive.durable import write_durably
from archive.errors import WorkFolderFaultError
from archive.services.incoming import UploadConflictError, UploadTooLargeError, faults, opened_alone
from archive.services.upload_names import checked_path
from metadata.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from hashlib import _Hash

FOLDER = "resumable"
_WHOLE = "whole"
ALGORITHMS: Mapping[str, Callable[[], _Hash]] = {
    "sha256": hashlib.sha256,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
}
"""Checksums of pieces; SHA-1 because the protocol asks every server for it."""

SAFE_EVERY_BYTES = 64 << 20
"""A long piece without checksum is made safe on the way, so that a kill costs at most this much."""

MOST_BEGUN = 1000
"""Files of one upload that have begun and are not whole."""

_RESERVE_BYTES = 256 << 20
"""Left free on the disk: the archive writes there too."""

_MOST_DIGESTS = 256
_MIB = 1 << 20


class ChecksumMismatchError(UsageError):
    """A piece does not have the digest that it was sent with; nothing of it is kept."""

    code: ClassVar[str] = "upload.checksum"


class UploadLengthError(UsageError):
    """More bytes than the file was said to have; those up to its length are kept."""

    code: ClassVar[str] = "upload.length"


class TooManyBegunError(UsageError):
    """The upload has more unfinished files than anybody sends at once."""

    code: ClassVar[str] = "upload.too_many"


@dataclass(frozen=True, slots=True)
class Begun:
    """One file on its way."""

    id: str
    path: str
    length: int
    """Bytes that it will have."""

    offset: int = 0
    """Bytes that are safe."""

    metadata: str = ""
    """`Upload-Metadata` as sent, given back as it came."""

    @property
    def is_whole(self) -> bool:
        """Whether all its bytes are safe."""
        return self.offset == self.length


class _Digests:
    """Running SHA-256 of files whose pieces this process has seen in order: a long file is not read again at its end.

    Those of a restarted process, and those that were pushed out by many others, are read.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[int, _Hash]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, file_id: str, offset: int) -> _Hash | None:
        with self._lock:
            seen, digest = self._known.pop(file_id, (0, hashlib.sha256()))
        return digest if seen == offset else None

    def keep(self, file_id: str, offset: int, digest: _Hash | None) -> None:
        if digest is None:
            return
        with self._lock:
            self._known[file_id] = (offset, digest)
            while len(self._known) > _MOST_DIGESTS:
                self._known.popitem(last=False)


class Resumable:
    """Begins, continues and ends files below the folders of uploads."""

    def __init__(self, max_file_bytes: int) -> None:
        self._max_file_bytes = max_file_bytes
        self._digests = _Digests()

    def begin(self, root: Path, path: str, length: int, metadata: str = "") -> Begun:
        """Make room for a file; durable on return.

        Args:
            root: Folder of the upload.
            path: Where it belongs in the delivery.
            length: Bytes that it will have.
            metadata: Kept as sent.

        Raises:
            UnsafePathError: no path of a delivery.
            UploadTooLargeError: longer than the archive takes.
            TooManyBegunError: see there.
            WorkFolderFaultError: the disk has no room for it.
        """
        checked_path(path)
        if length > self._max_file_bytes:
            raise UploadTooLargeError(self._max_file_bytes)
        folder = root / FOLDER
        if len(self.all(root)) >= MOST_BEGUN:
            msg = f"{MOST_BEGUN} files have begun and are not whole"
            raise TooManyBegunError(msg)
        with faults(folder):
            folder.mkdir(exist_ok=True)
            if shutil.disk_usage(folder).free < length + _RESERVE_BYTES:
                msg = f"no room for {length // _MIB} MiB"
                raise WorkFolderFaultError(msg)
        begun = Begun(str(uuid4()), path, length, metadata=metadata)
        self._write(folder, begun)
        return begun

    def all(self, root: Path) -> list[Begun]:
        """Files of the upload that have begun and are not whole."""
        found = []
        for path in (root / FOLDER).glob("*.json"):
            # Others become whole, or are ended, while these are read.
            with suppress(FileNotFoundError):
                found.append(_read(path))
        return found

    def of(self, root: Path, file_id: str) -> Begun:
        """One file.

        Raises:
            NotFoundError: there is none, or it was ended.
        """
        try:
            name = f"{UUID(file_id)}.json"
        except ValueError:
            raise NotFoundError(file_id) from None
        for path in (root / FOLDER / name, root / FOLDER / _WHOLE / name):
            with suppress(FileNotFoundError):
                return _read(path)
        raise NotFoundError(file_id)

    def end(self, root: Path, file_id: str) -> None:
        """Forget a file and what came of it.

        Raises:
            NotFoundError: there is none, or it is whole and belongs to the delivery.
        """
        begun = self.of(root, file_id)
        if begun.is_whole:
            raise NotFoundError(file_id)
        with faults(root):
            for suffix in ("json", "part"):
                (root / FOLDER / f"{begun.id}.{suffix}").unlink(missing_ok=True)

    def appending(self, root: Path, file_id: str, offset: int, checksum: tuple[str, bytes] | None) -> Appending:
        """Open a file for the bytes from `offset` on.

        Args:
            root: Folder of the upload.
            file_id: Of the file.
            offset: Where they begin.
            checksum: Algorithm (one of `ALGORITHMS`) and digest of the bytes that follow.

        Raises:
            NotFoundError: there is no such file.
            UploadConflictError: another offset is due.
        """
        begun = self.of(root, file_id)
        if begun.offset != offset:
            msg = f"bytes from {begun.offset} on are due, not from {offset}"
            raise UploadConflictError(msg, begun.offset)
        return Appending(self, root / FOLDER, begun, checksum, self._digests)

    def _write(self, folder: Path, begun: Begun) -> None:
        # Who gives an upload up while its bytes still come must not find it begun again.
        data = json.dumps(asdict(begun), ensure_ascii=False).encode()
        write_durably(folder / f"{begun.id}.json", data, make_folder=False)

    def settle(self, root: Path, begun: Begun, place: Callable[[Path, str], None]) -> None:
        """Hand a whole file over to `place` with its SHA-256; safe to repeat after a crash."""
        folder = root / FOLDER
        part = folder / f"{begun.id}.part"
        digest = self._digests.take(begun.id, begun.length)
        with faults(part):
            if not begun.length:
                part.touch()
            if part.exists():
                if digest is None:
                    with part.open("rb") as stream:
                        digest = hashlib.file_digest(stream, "sha256")
                place(part, digest.hexdigest())
            (folder / _WHOLE).mkdir(exist_ok=True)
            with suppress(FileNotFoundError):
                (folder / f"{begun.id}.json").replace(folder / _WHOLE / f"{begun.id}.json")


class Appending:
    """One call that brings bytes. A context manager: what was not made safe by `finish` or on the way is as if unsent.

    After `finish`, `begun` says how far the file is.
    """

    def __init__(
        self,
        store: Resumable,
        folder: Path,
        begun: Begun,
        checksum: tuple[str, bytes] | None,
        digests: _Digests,
    ) -> None:
        self._store = store
        self._folder = folder
        self._checksum = checksum
        self._check = ALGORITHMS[checksum[0]]() if checksum else None
        self._digests = digests
        self._running: _Hash | None = None
        self._reached = begun.offset
        self._stream: BinaryIO
        self.begun = begun

    def __enter__(self) -> Self:
        part = self._folder / f"{self.begun.id}.part"
        with faults(part):
            self._stream = opened_alone(part)
        try:
            self._begin(part)
        except BaseException:
            self._stream.close()
            raise
        return self

    def _begin(self, part: Path) -> None:
        known = _read(self._folder / f"{self.begun.id}.json")
        if known.offset != self.begun.offset:
            msg = f"bytes from {known.offset} on are due, not from {self.begun.offset}"
            raise UploadConflictError(msg, known.offset)
        with faults(part):
            if self._stream.seek(0, os.SEEK_END) < known.offset:
                msg = f"{part.name} is shorter than what was safe"
                raise WorkFolderFaultError(msg)
            self._stream.truncate(known.offset)
            self._stream.seek(known.offset)
        running = self._digests.take(known.id, known.offset)
        self._running = running.copy() if running else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            UploadLengthError: the file has its length already; what fits is taken.
            WorkFolderFaultError: the disk refused.
        """
        fitting = chunk[: self.begun.length - self._reached]
        with faults(self._folder):
            self._stream.write(fitting)
        for digest in (self._check, self._running):
            if digest is not None:
                digest.update(fitting)
        self._reached += len(fitting)
        if len(fitting) < len(chunk):
            msg = f"more than the {self.begun.length} bytes that were announced"
            raise UploadLengthError(msg)
        if self._checksum is None and self._reached - self.begun.offset >= SAFE_EVERY_BYTES:
            self._make_safe()

    def finish(self, *, whole: bool) -> Begun:
        """Make safe what came; how far the file is now.

        Args:
            whole: Whether the body came to its end. Of one that did not, nothing can be said by a checksum.

        Raises:
            ChecksumMismatchError: nothing of the call is kept.
            WorkFolderFaultError: the disk refused.
        """
        if self._check is not None and self._checksum is not None and (not whole or self._differs()):
            if whole:
                msg = f"the bytes do not have the {self._checksum[0]} digest that they were sent with"
                raise ChecksumMismatchError(msg)
            return self.begun
        self._make_safe()
        return self.begun

    def _differs(self) -> bool:
        return self._check is None or self._checksum is None or self._check.digest() != self._checksum[1]

    def _make_safe(self) -> None:
        with faults(self._folder):
            self._stream.flush()
            os.fsync(self._stream.fileno())
        self.begun = replace(self.begun, offset=self._reached)
        self._store._write(self._folder, self.begun)  # noqa: SLF001 - two halves of one thing
        self._digests.keep(self.begun.id, self._reached, self._running.copy() if self._running else None)


def _read(path: Path) -> Begun:
    return Begun(**json.loads(path.read_bytes()))
