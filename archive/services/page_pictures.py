"""Pictures of single pages, made by a worker process when somebody looks and kept for a while.

They are copies: their folder may be emptied at any time. File and picture are named by digest, so that what is kept is
always of the bytes that are asked for.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar
from uuid import uuid4

from archive.durable import alone
from ingest.ports import Limits, Workers
from metadata.digests import chunks_of
from metadata.errors import ArchiveError, ToolUnreadableError

# Named, not imported: only a worker has the libraries.
TASK = "ingest.engines.page_picture:page_picture"
LIMITS = Limits(cpu_seconds=15.0, wall_seconds=40.0, memory_mib=2048, output_mib=64)
WIDTH = 1300
"""Pixels: enough to read small print, and some 200 KB a page."""

_TOLD = "size.json"

KEPT_PICTURES, KEPT_FILES = 1_000, 4
KEPT_FILE_BYTES = 2 << 30
"""All files that are kept for their other pages together; one that is larger is kept alone."""


class PageNotShownError(ArchiveError):
    """Of this page no picture can be made: its file is damaged, or is none that has pages."""

    code: ClassVar[str] = "page.not_shown"
    retryable: ClassVar[bool] = False

    def __init__(self, why: str) -> None:
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class PageSource:
    """A page of a stored file."""

    sha256: str
    kind: str
    """`pdf` or `image`."""

    page: int
    """In the file, from 1."""

    open: Callable[[], AbstractContextManager[BinaryIO]]
    lies: Callable[[], Path | None] = lambda: None
    """Where the file lies on this machine's disk, if the store keeps it there: it is read in place then."""

    @property
    def name(self) -> str:
        """Names the picture: of the same bytes and the same page there is one."""
        return f"{self.sha256}-{self.kind}-{self.page}"


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A JPEG."""

    path: Path
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is known of a page whose picture was tried."""

    width: int
    height: int
    why: str = ""
    """Why there is none."""


@dataclass(frozen=True, slots=True)
class PagePictures:
    """Makes pictures, and keeps the last ones below `folder`."""

    workers: Workers
    folder: Path

    def picture(self, source: PageSource) -> PagePicture:
        """The picture of a page.

        Raises:
            PageNotShownError: there can be none.
            ArchiveError: storage or a worker failed.
        """
        room = self.folder / source.name
        found = self._kept(room)
        if found is None:
            # Whoever wants the same one meanwhile, in whichever process, waits for it.
            lock = self.folder / f".{source.name}.lock"
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with alone(lock, wait=True):
                try:
                    found = self._kept(room) or self._made(source, room)
                finally:
                    lock.unlink(missing_ok=True)
        if found.why:
            raise PageNotShownError(found.why)
        return PagePicture(room / "page.jpg", found.width, found.height)

    def kept(self, source: PageSource) -> PagePicture | None:
        """The picture of a page if it is there already; None: it is not, or there can be none."""
        room = self.folder / source.name
        found = self._kept(room)
        return PagePicture(room / "page.jpg", found.width, found.height) if found and not found.why else None

    @staticmethod
    def _kept(room: Path) -> _Kept | None:
        try:
            said = json.loads((room / _TOLD).read_bytes())
            os.utime(room)
            return _Kept(int(said["width"]), int(said["height"]), str(said.get("why", "")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _made(self, source: PageSource, room: Path) -> _Kept:
        fresh = self.folder / f".new-{uuid4()}"
        fresh.mkdir(mode=0o700)
        try:
            try:
                made = self._drawn(source, fresh)
            except PageNotShownError as error:
                # Of the same bytes there will be none the next time either.
                made = _Kept(0, 0, str(error))
            (fresh / _TOLD).write_text(json.dumps(asdict(made)))
            with suppress(OSError):
                fresh.rename(room)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        self._clear("[0-9a-f]*-*-*", KEPT_PICTURES)
        if not (room / _TOLD).exists():
            raise ToolUnreadableError(TASK, "the picture is gone")
        return made

    def _drawn(self, source: PageSource, fresh: Path) -> _Kept:
        arguments: dict[str, Any] = {
            "source": str(source.lies() or self._file(source)),
            "kind": source.kind,
            "page": source.page,
            "width": WIDTH,
        }
        answer = self.workers.submit(TASK, arguments, limits=LIMITS, deposit=fresh).result()
        if answer.breach is not None:
            raise PageNotShownError(answer.breach)
        if answer.value.get("problem"):
            raise PageNotShownError(str(answer.value["problem"]))
        try:
            answer.outputs["page"].rename(fresh / "page.jpg")
            return _Kept(int(answer.value["width"]), int(answer.value["height"]))
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise ToolUnreadableError(TASK, repr(error)) from error

    def _file(self, source: PageSource) -> Path:
        """A copy of the file where the store is elsewhere: pages are looked at one after the other."""
        path = self.folder / f"{source.sha256}.file"
        with suppress(OSError):
            os.utime(path)
            return path
        part = self.folder / f".part-{uuid4()}"
        try:
            with source.open() as stream, part.open("wb") as out:
                for chunk in chunks_of(stream):
                    out.write(chunk)
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)
        self._clear("*.file", KEPT_FILES, KEPT_FILE_BYTES)
        return path

    def _clear(self, pattern: str, most: int, most_bytes: int | None = None) -> None:
        """Remove what was not looked at for longest."""
        ages: list[tuple[float, int, Path]] = []
        for path in self.folder.glob(pattern):
            with suppress(OSError):
                told = path.stat()
                ages.append((told.st_mtime, told.st_size, path))
        total = 0
        for number, (_, size, path) in enumerate(sorted(ages, reverse=True)):
            total += size
            if number and (number >= most or (most_bytes is not None and total > most_bytes)):
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
