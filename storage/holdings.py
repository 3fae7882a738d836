"""The values in which storage speaks of packages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from metadata.digests import Digests


@dataclass(frozen=True, slots=True)
class Content:
    """One file to be stored: where it shall be in the package, where it is now, what it must be."""

    path: str
    source: Path
    digests: Digests


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A package as it lies in the store."""

    package_id: str
    version: str
    """OCFL version such as `v1`."""

    created: str
    """When its head version was made, RFC 3339 UTC."""

    inventory_sha512: str
    files: int
    bytes_stored: int
    """Bytes that the head version added: content once, and its inventory twice."""

    already: bool
    """True: it held exactly this before."""


@dataclass(frozen=True, slots=True)
class PackageVersion:
    """One version of a package."""

    name: str
    created: str
    message: str
    agent: str


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One file of a package and where its bytes are."""

    path: str
    key: str
    sha512: str


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest version of a package, as one reading of its inventory shows it."""

    package_id: str
    version: str
    created: str
    """When it was made, RFC 3339 UTC."""

    inventory_sha512: str
    inventory_bytes: int
    """How much there is to read before any file of the package can be: it grows with each version."""

    files: tuple[PackageFile, ...]


class Progress(Protocol):
    """Hears how many of how many files are stored."""

    def __call__(self, done: int, total: int, /) -> None:
        """Take note."""
        ...
