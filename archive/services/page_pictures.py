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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar
from uuid import uuid4

from ingest.ports import Limits, Workers
from metadata.digests import chunks_of
from metadata.errors import ArchiveError, ToolUnreadableError

# Named, not imported: only a worker has the libraries.
TASK = "ingest.engines.page_picture:page_picture"
LIMITS = Limits(cpu_seconds=30.0, wall_seconds=60.0, memory_mib=2048, output_mib=64)
WIDTH = 1300
"""Pixels: enough to read small print, and some 200 KB a page."""

KEPT_PICTURES, KEPT_FILES = 200, 4
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


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A JPEG."""

    path: Path
    width: int
    height: int


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
        room = self.folder / f"{source.sha256}-{source.kind}-{source.page}"
        return self._kept(room) or self._made(source, room)

    @staticmethod
    def _kept(room: Path) -> PagePicture | None:
        try:
            said = json.loads((room / "size.json").read_bytes())
            os.utime(room)
            return PagePicture(room / "page.jpg", int(said["width"]), int(said["height"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _made(self, source: PageSource, room: Path) -> PagePicture:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.folder / f".new-{uuid4()}"
        try:
            said = self._drawn(source, fresh)
            (fresh / "size.json").write_text(json.dumps(said))
            with suppress(OSError):
                # Another request may have made the same one meanwhile.
                fresh.rename(room)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        self._clear("*-*-*", KEPT_PICTURES)
        found = self._kept(room)
        if found is None:
            raise ToolUnreadableError(TASK, "the picture is gone")
        return found

    def _drawn(self, source: PageSource, fresh: Path) -> dict[str, int]:
        arguments: dict[str, Any] = {
            "source": str(self._file(source)),
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
            return {name: int(answer.value[name]) for name in ("width", "height")}
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise ToolUnreadableError(TASK, repr(error)) from error

    def _file(self, source: PageSource) -> Path:
        """The file on this machine's disk: pages are looked at one after the other."""
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
