"""The worker task of `signatures replay`: one signed file with what was kept of it, laid out in a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from archive.preservation.signatures.kept_verdicts import KeptVerdicts
from archive.preservation.signatures.replaying import ContentMissingError, KeptBytes, Original
from archive.preservation.signatures.replaying import replay as judge_again

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class FileOriginal:
    """The bytes of a file in a folder."""

    path: Path

    @cached_property
    def size(self) -> int:
        """See `Original.size`."""
        return self.path.stat().st_size

    def read_at(self, start: int, length: int) -> bytes:
        """See `Original.read_at`."""
        with self.path.open("rb") as stream:
            stream.seek(start)
            return stream.read(length)

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """See `Original.chunks`."""
        stop = self.size if end is None else min(end, self.size)
        with self.path.open("rb") as stream:
            stream.seek(start)
            while start < stop and (chunk := stream.read(min(_PIECE_BYTES, stop - start))):
                start += len(chunk)
                yield chunk


@dataclass(frozen=True)
class RoomMaterial:
    """What the parent gathered: `original…`, `objects/SHA256`, and `content` that a detached signature signs."""

    room: Path

    @cached_property
    def original(self) -> Original | None:
        """See `Material.original`."""
        found = sorted(self.room.glob("original*"))
        return FileOriginal(found[0]) if found else None

    def object(self, sha256: str) -> bytes | None:
        """See `Material.object`."""
        path = self.room / "objects" / Path(sha256).name
        return path.read_bytes() if sha256 and path.is_file() else None

    def content_digest(self, algorithm: str) -> bytes:
        """See `Material.content_digest`."""
        path = self.room / "content"
        if not path.is_file():
            raise ContentMissingError("content: the file that this detached signature signs is lost", lost=True)
        return KeptBytes(FileOriginal(path)).whole(algorithm)


def replay(scratch: Path, *, room: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Judge a file again and compare.

    Args:
        scratch: Not used.
        room: Folder with what was kept, read only.
        kept: `metadata.package.FileVerdicts` as JSON.

    Returns:
        `same`, `altered`, `now`, `differences`, `engine`, `note`.
    """
    del scratch
    found = judge_again(KeptVerdicts.of_json(kept), RoomMaterial(Path(room)))
    return {
        "same": found.same,
        "altered": list(found.altered),
        "now": [dict(verdict) for verdict in found.now],
        "differences": [difference.as_json() for difference in found.differences],
        "engine": found.engine,
        "note": found.note,
    }
