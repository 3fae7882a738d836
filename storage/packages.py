"""Packages of one location: write, find, read, check. One OCFL object a package (PACKAGE.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path
from random import Random
from typing import BinaryIO

from metadata.digests import digests_of
from metadata.time import Clock
from storage.errors import LayoutUnknownError, ObjectExistsError, ObjectMissingError
from storage.fixity import FixityReport, check_object
from storage.heads import Committed, committed, insist_on_root
from storage.holdings import Content, Newest, PackageFile, PackageVersion, Progress, StoredObject
from storage.layout import (
    EARLIER_ROOT_FILES,
    INVENTORY,
    ROOT,
    ROOT_FILES,
    SHARDS,
    object_path,
    package_id_of,
    shard_prefix,
)
from storage.ports import ObjectStore, OnDisk
from storage.writer import PackageWriter, by_path

_PARALLEL = 8
"""Files of one object that are written or read at the same time."""

_SHARDS_TRIED = 32


def _silent(_done: int, _total: int, /) -> None:
    """Nobody listens."""


class PackageStore:
    """The packages of one location."""

    def __init__(self, store: ObjectStore, clock: Clock, *, parallel: int = _PARALLEL) -> None:
        self._store = store
        self._parallel = parallel
        self._writer = PackageWriter(store, clock, parallel=parallel)

    @property
    def location(self) -> str:
        """See `ObjectStore.location`."""
        return self._store.location

    def init(self) -> None:
        """Make the OCFL root; safe to repeat.

        Raises:
            LayoutUnknownError: a root of another layout or format is there.
            StorageFaultError: the store failed.
        """
        self._store.ready()
        for key, data in ROOT_FILES.items():
            try:
                self._store.put(key, BytesIO(data), expected=digests_of([data]))
            except ObjectExistsError:
                with self._store.open(key) as stream:
                    found = stream.read(1000)
                if found in EARLIER_ROOT_FILES.get(key, ()):
                    continue
                raise LayoutUnknownError(key, found[:200].decode("utf-8", "backslashreplace")) from None

    def write(
        self, package_id: str, files: Sequence[Content], *, message: str, agent: str, tell: Progress = _silent
    ) -> StoredObject:
        """Store `files` as the content of the package; what was interrupted is completed.

        A package that holds exactly these files already is left as it is; other
        files make its next version, in which bytes that it holds are not stored again.

        Args:
            package_id: UUID.
            files: The whole content of the version, not a change of it.
            message: Why, for a person; kept for ever.
            agent: Who; kept for ever.
            tell: Hears of each file that had to be stored.

        Raises:
            UnsafeKeyError: a path is unsafe, doubled, or the folder of another; no UUID.
            ObjectCorruptedError: a source is not what its digests say.
            PreconditionFailedError: another writer stored other files at the same time.
            RootMissingError: `init` was never called here, or the disk is not mounted.
            StorageFaultError: the store failed; repeating is safe.
        """
        return self._writer.write(package_id, by_path(files), message=message, agent=agent, tell=tell)

    def revise(
        self, package_id: str, changed: Sequence[Content], *, upon: str, message: str, agent: str
    ) -> StoredObject:
        """Store the next version of a package: the newest one, with `changed` in the place of files of their paths.

        Args:
            package_id: UUID.
            changed: Only what differs; all else stays, and is not stored again.
            upon: SHA-512 of the inventory that `changed` was made from.
            message: See `write`.
            agent: See `write`.

        Raises:
            ObjectMissingError: no such package.
            PreconditionFailedError: another version is the newest by now; read it and decide anew.
            UnsafeKeyError: see `write`.
            ObjectCorruptedError: a source is not what its digests say.
            StorageFaultError: the store failed; whether the version came to be is told by reading the package.
        """
        return self._writer.revise(package_id, by_path(changed), upon=upon, message=message, agent=agent)

    def tidy(self, package_id: str) -> None:
        """Finish what a writer left that died when its version stood already: heads, and what no inventory names.

        Raises:
            ObjectMissingError: no such package.
            StorageFaultError: the store failed; repeating is safe.
        """
        self._writer.tidy(package_id)

    def versions(self, package_id: str) -> tuple[PackageVersion, ...]:
        """All versions, oldest first.

        Raises:
            ObjectMissingError: no such package.
            RecordUnreadableError: its inventory is damaged.
        """
        versions = self._known(package_id).inventory.versions
        return tuple(
            PackageVersion(name, version.created, version.message, version.user.name if version.user else "")
            for name, version in sorted(versions.items(), key=lambda item: int(item[0][1:]))
        )

    def describe(self, package_id: str) -> StoredObject:
        """The package as it lies there; asks the store for the size of each file of the newest version.

        Raises:
            ObjectMissingError: no such package, or the bytes of a file are gone.
            RecordUnreadableError: its inventory is damaged.
        """
        found = self._known(package_id)
        inventory = found.inventory
        added = sum(
            self._store.info(f"{found.folder}/{place}").size_bytes
            for place in inventory.content()
            if place.startswith(f"{inventory.head}/")
        )
        return StoredObject(
            package_id=package_id,
            version=inventory.head,
            created=found.created,
            inventory_sha512=found.sha512,
            files=len(inventory.state()),
            bytes_stored=added + 2 * len(found.data),
            already=True,
        )

    def newest(self, package_id: str) -> Newest:
        """The newest version with its files; nothing but the inventory is asked for.

        Raises:
            ObjectMissingError: no such package.
            RecordUnreadableError: its inventory is damaged.
        """
        found = self._known(package_id)
        return Newest(
            package_id=package_id,
            version=found.inventory.head,
            created=found.created,
            inventory_sha512=found.sha512,
            inventory_bytes=len(found.data),
            files=_files(found, None),
        )

    def files(self, package_id: str, version: str | None = None) -> tuple[PackageFile, ...]:
        """The files of a version (None: the newest), in order of path; nothing is listed.

        Raises:
            ObjectMissingError: no such package or version.
            RecordUnreadableError: its inventory is damaged.
        """
        found = self._known(package_id)
        if version is not None and version not in found.inventory.versions:
            missing = f"{found.folder}/{version}"
            raise ObjectMissingError(missing)
        return _files(found, version)

    def size_of(self, file: PackageFile) -> int:
        """Bytes of a file, as the store says.

        Raises:
            ObjectMissingError: its bytes are gone.
        """
        return self._store.info(file.key).size_bytes

    def open(
        self, file: PackageFile, *, offset: int = 0, length: int | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """The bytes of a file that `files` named, or a range of them.

        Raises:
            ObjectMissingError: its bytes are gone.
        """
        return self._store.open(file.key, offset=offset, length=length)

    def open_file(
        self, package_id: str, path: str, *, offset: int = 0, length: int | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """The bytes of the file `path` of the newest version, or a range of them.

        Raises:
            ObjectMissingError: no such package or file.
            RecordUnreadableError: its inventory is damaged.
        """
        return self.open(self._file(package_id, path), offset=offset, length=length)

    def lies(self, package_id: str, path: str) -> Path | None:
        """Where a file of the newest version lies on this machine's disk; None: the store keeps it elsewhere.

        Raises:
            ObjectMissingError: no such package or file.
            RecordUnreadableError: its inventory is damaged.
        """
        return self._store.lies(self._file(package_id, path).key) if isinstance(self._store, OnDisk) else None

    def package_ids(self, prefix: str = f"{ROOT}/") -> Iterator[str]:
        """All packages, in no order that means anything. Walks the whole store: for rebuild only.

        Raises:
            RootMissingError: there is no archive; an empty one gives nothing.
        """
        insist_on_root(self._store)
        for info in self._store.keys(prefix):
            if info.key.endswith(f"/{INVENTORY}") and (package_id := package_id_of(info.key)) is not None:
                yield package_id

    def sample(self, count: int, random: Random) -> tuple[str, ...]:
        """At most `count` packages by chance; lists some of the 4,096 equal shares, not the whole.

        A holding too small for that is walked once.
        """
        found: list[str] = []
        for shard in random.sample(range(SHARDS), k=_SHARDS_TRIED):
            found.extend(self.package_ids(shard_prefix(shard)))
            if len(found) >= 4 * count:
                return tuple(random.sample(found, k=count))
        everything = list(self.package_ids())
        return tuple(random.sample(everything, k=min(count, len(everything))))

    def check_fixity(self, package_id: str, *, inventory_sha512: str | None = None) -> FixityReport:
        """Read every byte of the package back and compare it with its manifest.

        Args:
            package_id: UUID.
            inventory_sha512: What ledger or catalogue know of its inventory; None compares with its sidecars only.

        Raises:
            ObjectMissingError: nothing at all is stored of it.
            StorageFaultError: the store failed.
        """
        return check_object(self._store, package_id, parallel=self._parallel, inventory_sha512=inventory_sha512)

    def _file(self, package_id: str, path: str) -> PackageFile:
        for file in self.files(package_id):
            if file.path == path:
                return file
        missing = f"{object_path(package_id)}/{path}"
        raise ObjectMissingError(missing)

    def _known(self, package_id: str) -> Committed:
        found = committed(self._store, package_id)
        if found is None:
            raise ObjectMissingError(object_path(package_id))
        return found


def _files(found: Committed, version: str | None) -> tuple[PackageFile, ...]:
    return tuple(
        PackageFile(path, f"{found.folder}/{found.inventory.manifest[digest][0]}", digest)
        for path, digest in found.inventory.state(version).items()
    )
