"""The folder in which a delivery of messages is put together: what was delivered, and beside it what messages carry.

What was delivered is linked where the file system allows it and copied where not: the delivery stays as it is.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ingest.durable import sync
from ingest.free_names import first_free
from ingest.ordinary_files import opened
from ingest.readers.containers import RoomUnwritableError
from ingest.readers.listing import DeliveryUnreadableError, shown

_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES, errno.ENOSYS})


@dataclass(slots=True)
class Laid:
    """A folder that becomes the root of the delivery.

    Args:
        root: Made when it is not there.
    """

    root: Path
    _folders: set[Path] = field(default_factory=set)

    def take(self, source: Path, path: str) -> None:
        """Have the delivered file at `source` as `path`.

        Raises:
            DeliveryUnreadableError: the file may not be read.
            RoomUnwritableError: the room may not be written to.
        """
        target = self.place(path)
        with self._writing():
            try:
                os.link(source, target, follow_symlinks=False)
            except OSError as error:
                if error.errno not in _NO_LINK:
                    raise
                self._copy(source, target)

    def move(self, made: Path, path: str) -> None:
        """Have the file or folder `made` as `path`; its bytes have reached the disk."""
        target = self.place(path)
        with self._writing():
            made.rename(target)

    def place(self, path: str) -> Path:
        """Where `path` is, with the folders on the way to it made."""
        target = self.root / path
        with self._writing():
            target.parent.mkdir(parents=True, exist_ok=True)
        parent = target.parent
        while parent not in self._folders and parent.is_relative_to(self.root):
            self._folders.add(parent)
            parent = parent.parent
        return target

    def free(self, path: str) -> str:
        """`path`, with a number where there is something."""
        stem, dot, ending = path.rpartition(".")
        whole, behind = (stem, f".{ending}") if dot and "/" not in ending and stem else (path, "")
        return first_free(whole, lambda name: (self.root / name).exists(), behind)

    def remove(self, paths: Iterable[str]) -> None:
        """Take files away again."""
        for path in paths:
            with self._writing():
                (self.root / path).unlink(missing_ok=True)

    def sync(self) -> None:
        """Bring all names to the disk."""
        with self._writing():
            for folder in sorted(self._folders, reverse=True):
                sync(folder)

    def _copy(self, source: Path, target: Path) -> None:
        try:
            stream = opened(source)
        except OSError as error:
            raise DeliveryUnreadableError(shown(str(source)), error.strerror or str(error)) from error
        with stream, self._writing(), target.open("xb") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RoomUnwritableError(shown(str(self.root)), error.strerror or str(error)) from error
