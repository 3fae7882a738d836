"""Corrections that are under way, each a file whose lock its process holds: what a crash leaves is found by the next.

It lies in the home of the process and is durable before storage is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from archive.durable import alone, write_durably
from metadata.errors import ArchiveError


@dataclass(frozen=True, slots=True)
class TextAnnouncements:
    """Announcements below one folder."""

    folder: Path

    @contextmanager
    def made(self, package_id: str) -> Iterator[None]:
        """Say that a new version of a package may be stored; taken back when the block ends without an error.

        Raises:
            WorkFolderFaultError: the disk refused.
        """
        while True:
            path = self.folder / f"{package_id}.{uuid4()}"
            write_durably(path, b"")
            with alone(path) as mine:
                # Whoever looks for what was left may have come between the file and its lock.
                if mine and path.exists():
                    yield
                    path.unlink()
                    return

    def left(self, settle: Callable[[str], object]) -> int:
        """Settle what processes that died have left; how many.

        Args:
            settle: Brings the catalogue up to the newest version of a package.

        Raises:
            ArchiveError: of one of them it could not be done; its announcement stays, the others are settled.
        """
        count = 0
        failed: ArchiveError | None = None
        for path in sorted(self.folder.glob("*.*")) if self.folder.is_dir() else ():
            if path.name.startswith("."):
                continue
            with alone(path) as free:
                if not free:
                    continue
                try:
                    settle(path.name.partition(".")[0])
                except ArchiveError as error:
                    failed = error
                    continue
                path.unlink(missing_ok=True)
                count += 1
        if failed is not None:
            raise failed
        return count
