"""Digests of bytes: SHA-256 (the law's) and SHA-512 (OCFL's), taken in one reading."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Digests:
    """What is known of some bytes: their number and both digests, in lower-case hexadecimal."""

    sha256: str
    sha512: str
    size_bytes: int


class Digester:
    """Takes both digests of bytes that pass by."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._sha512 = hashlib.sha512()
        self._size = 0

    def update(self, chunk: bytes) -> None:
        """Take `chunk` into account."""
        self._sha256.update(chunk)
        self._sha512.update(chunk)
        self._size += len(chunk)

    def digests(self) -> Digests:
        """The digests of everything seen so far."""
        return Digests(self._sha256.hexdigest(), self._sha512.hexdigest(), self._size)


def chunks_of(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes of `stream` in pieces of at most 1 MiB."""
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk


def digests_of(chunks: Iterable[bytes]) -> Digests:
    """Digest `chunks`, read once."""
    digester = Digester()
    for chunk in chunks:
        digester.update(chunk)
    return digester.digests()


def digests_of_file(path: Path) -> Digests:
    """Digest the file at `path`, streamed.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        return digests_of(chunks_of(stream))
