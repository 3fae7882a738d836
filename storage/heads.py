"""Heads: the small objects that are replaced on condition, and the root inventory above all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from storage.errors import ObjectMissingError, PreconditionFailedError, RootMissingError, StorageFaultError
from storage.inventory import Inventory, read_inventory
from storage.layout import INVENTORY, ROOT_NAMASTE, object_id, object_path
from storage.ports import ObjectStore

RACES = 64
"""How often a head is read again because others change it; more means that something is wrong."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A root inventory as it lies in the store: what makes a package exist."""

    folder: str
    inventory: Inventory
    data: bytes
    etag: str

    @property
    def sha512(self) -> str:
        """SHA-512 of the inventory's bytes."""
        return hashlib.sha512(self.data).hexdigest()

    @property
    def created(self) -> str:
        """When the head version was made, RFC 3339 UTC."""
        return self.inventory.versions[self.inventory.head].created


def read_head(store: ObjectStore, key: str) -> tuple[bytes, str]:
    """Bytes of a head with an etag that is not younger than they are.

    Raises:
        ObjectMissingError: there is none.
    """
    etag = store.info(key).etag
    with store.open(key) as stream:
        return stream.read(), etag


def assert_head(store: ObjectStore, key: str, data: bytes) -> str:
    """Make `key` hold `data`, whatever it holds now.

    Returns:
        The etag.

    Raises:
        StorageFaultError: others keep on changing it.
    """
    etag: str | None = None
    for _ in range(RACES):
        try:
            return store.replace(key, data, etag=etag)
        except PreconditionFailedError:
            try:
                etag = store.info(key).etag
            except ObjectMissingError:
                etag = None
    raise StorageFaultError(key, "other writers keep on changing it")


def insist_on_root(store: ObjectStore) -> None:
    """Make sure that this is an archive before anything is called missing in it or written to it.

    Raises:
        RootMissingError: it is none.
    """
    try:
        store.info(ROOT_NAMASTE)
    except ObjectMissingError:
        raise RootMissingError(store.location) from None


def committed(store: ObjectStore, package_id: str) -> Committed | None:
    """The package's root inventory; None while there is no such package.

    Raises:
        RootMissingError: there is no archive at all.
        UnsafeKeyError: `package_id` is no UUID.
        RecordUnreadableError: the inventory is damaged.
    """
    folder = object_path(package_id)
    key = f"{folder}/{INVENTORY}"
    try:
        data, etag = read_head(store, key)
    except ObjectMissingError:
        insist_on_root(store)
        return None
    return Committed(folder, read_inventory(key, data, object_id(package_id)), data, etag)
