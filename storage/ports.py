"""What keeping bytes means, as a Protocol. The contract suite `tests/contract/object_store.py` is its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from metadata.digests import Digests


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the store says of an object without reading it."""

    key: str
    size_bytes: int
    etag: str
    """Opaque; changes with the bytes. Handed to `replace`."""


class ObjectStore(Protocol):
    """A flat name space of immutable objects, plus a few heads that are replaced conditionally.

    Keys are 1 to 1024 bytes of UTF-8 in NFC, no leading slash, no empty, `.` or `..` segment, no segment
    over 255 bytes, no control character, no backslash, no full stop at the beginning (`storage.keys`,
    `UnsafeKeyError`). No key is the folder of another.
    """

    @property
    def location(self) -> str:
        """Name of this location for records, such as `filesystem` or `s3:bucket`; no secret, no host."""
        ...

    def put(self, key: str, data: BinaryIO, *, expected: Digests) -> None:
        """Store `data` durably and read it back before returning; the same bytes again are a no-op.

        Raises:
            ObjectExistsError: `key` holds other bytes.
            ObjectCorruptedError: what came in or was read back is not `expected`.
            StorageFaultError: the store failed; repeating is safe.
        """
        ...

    def replace(self, key: str, data: bytes, *, etag: str | None) -> str:
        """Store a small head (inventory, ledger) on condition: `etag` None means `key` must not exist yet.

        A head that holds these very bytes already counts as done, for the answer to an
        earlier attempt may have been lost; so this is no mutual exclusion between equals.

        Returns:
            The new etag.

        Raises:
            PreconditionFailedError: somebody else was faster.
            StorageFaultError: the store failed; repeating is safe.
        """
        ...

    def open(self, key: str, *, offset: int = 0, length: int | None = None) -> AbstractContextManager[BinaryIO]:
        """A stream of the object's bytes, or of a range.

        Raises:
            ObjectMissingError: there is none.
        """
        ...

    def info(self, key: str) -> ObjectInfo:
        """Size and etag.

        Raises:
            ObjectMissingError: there is none.
        """
        ...

    def keys(self, prefix: str) -> Iterator[ObjectInfo]:
        """Objects whose key starts with `prefix`. For rebuild and checks, never to find one's way.

        Those of one folder come in order of key; folders come as the store has them
        (S3 sorts `a-b` before `a/b`, SeaweedFS does not).
        """
        ...

    def discard(self, key: str) -> None:
        """Remove what an interrupted write left behind and no inventory names; nothing there is a no-op.

        Never for anything that was acknowledged: disposal is another, recorded act.

        Raises:
            StorageFaultError: the store failed; repeating is safe.
        """
        ...

    def ready(self) -> None:
        """Prove that the store answers and can be written.

        Raises:
            StorageFaultError: it cannot; the text says why.
        """
        ...


@runtime_checkable
class OnDisk(Protocol):
    """A store whose objects are files of this machine."""

    def lies(self, key: str) -> Path:
        """Where the object is, or would be. For reading in place only: nobody else may write there."""
        ...
