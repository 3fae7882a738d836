"""Faults of storage. Bytes that differ are found by `PackageStore.check_fixity` and are findings, not errors."""

from __future__ import annotations

from typing import ClassVar

from metadata.digests import Digests
from metadata.errors import ArchiveError


class StorageError(ArchiveError):
    """Base of everything that storage raises."""

    code: ClassVar[str] = "storage.error"

    def __init__(self, key: str, text: str) -> None:
        self.key = key
        super().__init__(text)


class UnsafeKeyError(StorageError):
    """A key, path or identifier that must not reach a store (STO-001)."""

    code: ClassVar[str] = "storage.unsafe_key"
    retryable: ClassVar[bool] = False

    def __init__(self, key: str, reason: str) -> None:
        self.reason = reason
        super().__init__(key, f"{key!r} cannot be a key: {reason}")


class ObjectExistsError(StorageError):
    """The key holds other bytes, and what is stored is never overwritten."""

    code: ClassVar[str] = "storage.exists"
    retryable: ClassVar[bool] = False

    def __init__(self, key: str) -> None:
        super().__init__(key, f"{key!r} holds other bytes already")


class ObjectMissingError(StorageError):
    """Nothing is stored under that key."""

    code: ClassVar[str] = "storage.missing"
    retryable: ClassVar[bool] = False

    def __init__(self, key: str) -> None:
        super().__init__(key, f"nothing is stored under {key!r}")


class ObjectCorruptedError(StorageError):
    """The bytes are not those that were promised: on their way in, or as read back."""

    code: ClassVar[str] = "storage.corrupted"

    def __init__(self, key: str, *, expected: Digests, actual: Digests) -> None:
        self.expected = expected
        self.actual = actual
        super().__init__(
            key,
            f"{key!r} has {actual.size_bytes} bytes with SHA-512 {actual.sha512[:16]}…, "
            f"expected {expected.size_bytes} bytes with {expected.sha512[:16]}…",
        )


class PreconditionFailedError(StorageError):
    """Somebody else changed the head in the meantime; read it again and decide anew."""

    code: ClassVar[str] = "storage.precondition"

    def __init__(self, key: str) -> None:
        super().__init__(key, f"{key!r} was changed by another writer in the meantime")


class RecordUnreadableError(StorageError):
    """An inventory, ledger or segment does not read as what it must be; `check_fixity` tells what is left."""

    code: ClassVar[str] = "storage.unreadable"
    retryable: ClassVar[bool] = False

    def __init__(self, key: str, reason: str) -> None:
        self.reason = reason
        super().__init__(key, f"{key!r} cannot be read: {reason}")


class LayoutUnknownError(StorageError):
    """The root was written in a layout that this program does not know; a newer program may."""

    code: ClassVar[str] = "storage.layout"
    retryable: ClassVar[bool] = False

    def __init__(self, key: str, found: str) -> None:
        self.found = found[:200]
        super().__init__(key, f"{key!r} says {self.found!r}, which this program does not know")


class RootMissingError(StorageError):
    """No root of packages is there: never made, or its disk is not mounted. Never to be read as "no such package"."""

    code: ClassVar[str] = "storage.no_root"

    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__(location, f"{location} holds no archive: it was never initialised, or its disk is not mounted")


class StorageFaultError(StorageError):
    """The store failed: disk full, no answer, refused access. Repeating is safe."""

    code: ClassVar[str] = "storage.fault"

    def __init__(self, key: str, reason: str) -> None:
        self.reason = reason
        super().__init__(key, f"storage failed at {key!r}: {reason}")
