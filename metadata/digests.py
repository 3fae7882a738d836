"""Digests of bytes: SHA-256 (the law's) and SHA-512 (OCFL's), and those that a delivery claims, in one reading."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 1 << 20

ALWAYS = ("SHA-256", "SHA-512")
CLAIMABLE: Mapping[str, int] = {"MD5": 32, "SHA-1": 40, "SHA-224": 56, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128}
"""Algorithms that a delivery may claim, as METS and PREMIS call them, with the letters of their hexadecimal form."""


@dataclass(frozen=True, slots=True)
class Digests:
    """What is known of some bytes: their number and both digests, in lower-case hexadecimal."""

    sha256: str
    sha512: str
    size_bytes: int
    others: tuple[tuple[str, str], ...] = ()
    """Further digests that were asked for: algorithm and hexadecimal."""

    def by_algorithm(self) -> Mapping[str, str]:
        """All of them by the name of the algorithm."""
        return {"SHA-256": self.sha256, "SHA-512": self.sha512, **dict(self.others)}


class Digester:
    """Takes the digests of bytes that pass by.

    Args:
        also: Algorithms of `CLAIMABLE` beside the two that are always taken.
    """

    def __init__(self, also: Collection[str] = ()) -> None:
        self._sha256 = hashlib.sha256()
        self._sha512 = hashlib.sha512()
        # MD5 and SHA-1 prove nothing against an attacker; they are compared because the sender wrote them.
        self._others = {
            name: hashlib.new(name.replace("-", ""), usedforsecurity=False)
            for name in sorted(set(also) & CLAIMABLE.keys() - set(ALWAYS))
        }
        self._size = 0

    def update(self, chunk: bytes) -> None:
        """Take `chunk` into account."""
        self._sha256.update(chunk)
        self._sha512.update(chunk)
        for digest in self._others.values():
            digest.update(chunk)
        self._size += len(chunk)

    def digests(self) -> Digests:
        """The digests of everything seen so far."""
        others = tuple((name, digest.hexdigest()) for name, digest in self._others.items())
        return Digests(self._sha256.hexdigest(), self._sha512.hexdigest(), self._size, others)


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
