"""The files of a part as they come together: written ones with their digests, the others where they lie."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ingest.durable import sync
from ingest.facts import PackagedFile
from metadata.digests import Digests, digests_of_file


class PartFolder:
    """Collects the files of one part. Originals are never copied: only where they lie is noted.

    What was written is durable after `settle`.

    Args:
        work: Work folder of the dossier; sources of packaged files are relative to it.
        room: Folder for what is written, empty.
    """

    def __init__(self, work: Path, room: Path) -> None:
        self._work = work
        self._room = room
        self._files: dict[str, PackagedFile] = {}
        self._held: dict[str, Digests] = {}

    @contextmanager
    def writing(self, path: str) -> Iterator[BinaryIO]:
        """A stream for the package's file `path`.

        Raises:
            OSError: the disk is full, or the like.
        """
        target = self._room / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            yield stream
        self._note(path, target, digests_of_file(target))

    def write(self, path: str, data: bytes) -> None:
        """Write the package's file `path`."""
        with self.writing(path) as stream:
            stream.write(data)

    def place(self, path: str, source: str) -> Digests:
        """Put a file that lies elsewhere in the work folder at `path`; its digests as it is now.

        Raises:
            OSError: the file cannot be read.
        """
        lies = self._work / source
        digests = digests_of_file(lies)
        self._note(path, lies, digests)
        return digests

    def hold(self, path: str, source: str) -> None:
        """Let `path` name a file of the work folder that is kept beside the packages and is no file of this one.

        Raises:
            OSError: the file cannot be read.
        """
        self._held[path] = digests_of_file(self._work / source)

    def _note(self, path: str, lies: Path, digests: Digests) -> None:
        if path in self._files:
            msg = f"{path} stands twice in the package"
            raise ValueError(msg)
        self._files[path] = PackagedFile(
            path=path,
            source=os.path.relpath(lies, self._work),
            sha256=digests.sha256,
            sha512=digests.sha512,
            size_bytes=digests.size_bytes,
        )

    def digests(self, path: str) -> Digests:
        """Digests of the package's file `path`, or of one that is held under that name."""
        if path in self._held:
            return self._held[path]
        found = self._files[path]
        return Digests(found.sha256, found.sha512, found.size_bytes)

    def below(self, prefix: str) -> list[str]:
        """Paths that start with `prefix`, in order."""
        return sorted(path for path in self._files if path.startswith(prefix))

    def open(self, path: str) -> BinaryIO:
        """The bytes of the package's file `path`."""
        return (self._work / self._files[path].source).open("rb")

    def files(self) -> tuple[PackagedFile, ...]:
        """All files in order of path."""
        return tuple(self._files[path] for path in sorted(self._files))

    @property
    def opener(self) -> Callable[[str], BinaryIO]:
        """How `metadata.package_check` opens a file."""
        return self.open

    def settle(self) -> None:
        """Make everything that was written durable.

        The journal will remember the stage as done, so its files must outlive a
        power failure. They are synced together, after the last was written:
        file systems then commit their journals a few times, not once a file.
        """
        for folder, _, names in os.walk(self._room, topdown=False):
            for path in (*(os.path.join(folder, name) for name in names), folder):  # noqa: PTH118 - os.walk gives text
                sync(path)
