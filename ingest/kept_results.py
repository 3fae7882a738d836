"""Results of a stage kept page by page as they come, so that a kill costs at most one page a worker."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

_SAFE = re.compile(r"[^A-Za-z0-9.-]+")


def write_whole(path: Path, write: Callable[[BinaryIO], object], *, durable: bool = True) -> None:
    """Make the file at `path` by `write`: it is there as a whole, or not at all.

    Args:
        path: Folders above it are made.
        write: Gets the stream.
        durable: False does without the sync: after a power cut the file may be
            there with wrong bytes.

    Raises:
        OSError: the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    with unfinished.open("wb") as stream:
        write(stream)
        if durable:
            stream.flush()
            os.fsync(stream.fileno())
    unfinished.replace(path)


@dataclass(frozen=True, slots=True)
class KeptResults:
    """Results for one file, by the digest of its bytes and by the version of what made them."""

    folder: Path
    """Folder of this file's results."""

    @classmethod
    def of(cls, room: Path, sha256: str) -> KeptResults:
        """Those for the file with that digest in the stage's room."""
        return cls(room / "pages" / sha256)

    def path(self, kind: str, version: str, page: int) -> Path:
        """Where the result of `kind` for `page` lies."""
        return self.folder / f"{kind}-{_SAFE.sub('_', version)}-{page:06d}.json"

    def keep(self, path: Path, value: Mapping[str, Any], *, durable: bool) -> None:
        """Keep `value` at `path`."""
        data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        write_whole(path, lambda stream: stream.write(data), durable=durable)

    def load(self, path: Path) -> dict[str, Any] | None:
        """What is kept at `path`, None when nothing (whole) is."""
        try:
            value = json.loads(path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def paths(self, kind: str) -> list[Path]:
        """Where the results of `kind` lie, in the order of pages."""
        return [path for path in self._files() if path.name.startswith(f"{kind}-") and path.suffix == ".json"]

    def clear(self) -> None:
        """Remove all results: what was made of them is kept now."""
        for path in self._files():
            path.unlink(missing_ok=True)
        if self.folder.is_dir():
            self.folder.rmdir()

    def _files(self) -> Iterator[Path]:
        return iter(sorted(self.folder.iterdir()) if self.folder.is_dir() else [])
