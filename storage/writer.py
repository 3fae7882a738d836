"""How a version of a package comes into being: content first, root inventory last.

The root inventory is the only thing that makes a version exist. It is written
on condition, so of two writers of one version exactly one wins. Nothing that
another writer may rely on is removed before that: content whose place is taken
by other bytes goes to another place, and what the winner's inventory does not
name is swept after it (ADR 0031).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from io import BytesIO

from metadata.digests import digests_of
from metadata.time import Clock, rfc3339
from storage.errors import (
    ObjectExistsError,
    ObjectMissingError,
    PreconditionFailedError,
    RecordUnreadableError,
    StorageFaultError,
    UnsafeKeyError,
)
from storage.heads import Committed, assert_head, committed, read_head
from storage.holdings import Content, Progress, StoredObject
from storage.inventory import Inventory, Version, first, read_inventory, sidecar_of, version_of
from storage.keys import safe_path
from storage.layout import INVENTORY, OBJECT_NAMASTE, OBJECT_NAMASTE_TEXT, SIDECAR, object_id, object_path
from storage.ports import ObjectStore


def by_path(files: Sequence[Content]) -> dict[str, Content]:
    """The files in order of path.

    Raises:
        UnsafeKeyError: there is none, or a path is unsafe, doubled, or the folder of another.
    """
    if not files:
        raise UnsafeKeyError("", "a package has at least one file")
    found: dict[str, Content] = {}
    for content in sorted(files, key=lambda content: content.path):
        if safe_path(content.path) in found:
            raise UnsafeKeyError(content.path, "stands twice")
        found[content.path] = content
    for path in found:
        parts = path.split("/")
        if any("/".join(parts[:n]) in found for n in range(1, len(parts))):
            raise UnsafeKeyError(path, "lies below another file")
    return found


class PackageWriter:
    """Writes one version of one package, and completes what was interrupted."""

    def __init__(self, store: ObjectStore, clock: Clock, *, parallel: int) -> None:
        self._store = store
        self._clock = clock
        self._parallel = parallel

    def write(
        self, package_id: str, wanted: Mapping[str, Content], *, message: str, agent: str, tell: Progress
    ) -> StoredObject:
        """See `PackageStore.write`; `wanted` comes from `by_path`."""
        state = {path: content.digests.sha512 for path, content in wanted.items()}
        found = committed(self._store, package_id)
        if found is not None and found.inventory.state() == state:
            self._settle(found, {}, wanted)
            return _as_stored(package_id, found, wanted, already=True)
        made = self._prepared(package_id, found, wanted, tell)
        version = self._version(state, message, agent)
        inventory = (
            first(object_id(package_id), version, made) if found is None else found.inventory.next(version, made)
        )
        return self._written(package_id, found, inventory, wanted)

    def revise(
        self, package_id: str, changed: Mapping[str, Content], *, upon: str, message: str, agent: str
    ) -> StoredObject:
        """See `PackageStore.revise`; `changed` comes from `by_path`."""
        found = committed(self._store, package_id)
        if found is None:
            raise ObjectMissingError(object_path(package_id))
        if found.sha512 != upon:
            msg = f"{found.folder}/{INVENTORY}"
            raise PreconditionFailedError(msg)
        state = found.inventory.state() | {path: content.digests.sha512 for path, content in changed.items()}
        made = self._prepared(package_id, found, changed, lambda _done, _total, /: None)
        inventory = found.inventory.next(self._version(state, message, agent), made)
        return self._written(package_id, found, inventory, changed)

    def _version(self, state: Mapping[str, str], message: str, agent: str) -> Version:
        return version_of(state, created=rfc3339(self._clock.now()), message=message, user=agent)

    def _written(
        self, package_id: str, base: Committed | None, inventory: Inventory, wanted: Mapping[str, Content]
    ) -> StoredObject:
        """Let the head version of `inventory` exist; of two writers of it one wins."""
        try:
            new, etags = self._commit(object_path(package_id), base, inventory)
        except PreconditionFailedError:
            winner = committed(self._store, package_id)
            if winner is None:
                raise
            # What this one left in the folder of its version is in that of somebody else's by now.
            self._settle(winner, {}, {}, {min(inventory.number(), winner.inventory.number())})
            if winner.inventory.state() != inventory.state():
                raise
            return _as_stored(package_id, winner, wanted, already=True)
        self._settle(new, etags, wanted)
        return _as_stored(package_id, new, wanted, already=False)

    # ------------------------------------------------------------ content

    def _prepared(
        self, package_id: str, base: Committed | None, wanted: Mapping[str, Content], tell: Progress
    ) -> dict[str, str]:
        """Store what the object does not hold yet; content path by SHA-512."""
        folder = object_path(package_id)
        head = "v1" if base is None else f"v{base.inventory.number() + 1}"
        held = {} if base is None else base.inventory.manifest
        new: dict[str, Content] = {}
        for content in wanted.values():
            if content.digests.sha512 not in held:
                new.setdefault(content.digests.sha512, content)
        with ThreadPoolExecutor(min(self._parallel, max(1, len(new)))) as pool:
            running: dict[Future[str], str] = {
                pool.submit(self._put_content, folder, head, content): digest for digest, content in new.items()
            }
            places: dict[str, str] = {}
            try:
                for future in as_completed(running):
                    places[running[future]] = future.result()
                    tell(len(places), len(new))
            except BaseException:
                for future in running:
                    future.cancel()
                raise
        return places

    def _put_content(self, folder: str, head: str, content: Content) -> str:
        """Store one file in its place, or in a place of its own when other bytes were left in it."""
        places = (f"{head}/content/{content.path}", f"{head}/content/again/{content.digests.sha512}")
        try:
            self._put(f"{folder}/{places[0]}", content)
        except ObjectExistsError:
            self._put(f"{folder}/{places[1]}", content)
            return places[1]
        return places[0]

    def _put(self, key: str, content: Content) -> None:
        try:
            stream = content.source.open("rb")
        except OSError as error:
            raise StorageFaultError(key, f"{content.path}: {error.strerror}") from error
        with stream:
            self._store.put(key, stream, expected=content.digests)

    # ------------------------------------------------------------ heads

    def _commit(self, folder: str, base: Committed | None, inventory: Inventory) -> tuple[Committed, Mapping[str, str]]:
        """Write the heads, the root inventory last and alone; returns the etags of all but the root inventory too."""
        version = f"{folder}/{inventory.head}"
        inventory, data = self._version_inventory(f"{version}/{INVENTORY}", inventory)
        sidecar = sidecar_of(data)
        heads = {f"{version}/{INVENTORY}": data, f"{version}/{SIDECAR}": sidecar, f"{folder}/{SIDECAR}": sidecar}
        with ThreadPoolExecutor(min(self._parallel, len(heads) + 1)) as pool:
            declared = pool.submit(self._declare, folder) if base is None else None
            etags = dict(zip(heads, pool.map(lambda item: assert_head(self._store, *item), heads.items()), strict=True))
            if declared is not None:
                declared.result()
        etag = self._store.replace(f"{folder}/{INVENTORY}", data, etag=None if base is None else base.etag)
        return Committed(folder, inventory, data, etag), etags

    def _declare(self, folder: str) -> None:
        """Say that `folder` is an OCFL object."""
        expected = digests_of([OBJECT_NAMASTE_TEXT])
        self._store.put(f"{folder}/{OBJECT_NAMASTE}", BytesIO(OBJECT_NAMASTE_TEXT), expected=expected)

    def _version_inventory(self, key: str, inventory: Inventory) -> tuple[Inventory, bytes]:
        """The version's inventory: that of an interrupted attempt at the same version, else `inventory`.

        Only the time, message and agent of such an attempt may differ; keeping them
        makes the ledger's line the same however often a crash makes us come back.
        """
        try:
            data, _ = read_head(self._store, key)
            earlier = read_inventory(key, data, inventory.id)
        except (ObjectMissingError, RecordUnreadableError):
            return inventory, inventory.as_json()
        same = (
            earlier.head == inventory.head
            and earlier.manifest == inventory.manifest
            and earlier.state() == inventory.state()
            and all(earlier.versions[name] == held for name, held in inventory.versions.items() if name != earlier.head)
        )
        return (earlier, data) if same else (inventory, inventory.as_json())

    def tidy(self, package_id: str) -> None:
        """See `PackageStore.tidy`."""
        found = committed(self._store, package_id)
        if found is None:
            raise ObjectMissingError(object_path(package_id))
        self._settle(found, {}, {}, range(1, found.inventory.number() + 1))

    def _settle(
        self,
        found: Committed,
        etags: Mapping[str, str],
        wanted: Mapping[str, Content],
        also: Collection[int] = (),
    ) -> None:
        """Make everything around a committed root inventory what it says.

        Another writer may have committed the next version meanwhile, and be overtaken by what is set right here:
        then what is around that one is set right again.

        Args:
            found: What was committed.
            etags: Of the heads as this writer left them.
            wanted: Content that is stored again where it is gone.
            also: Numbers of earlier versions that are looked after beside the head.
        """
        key = f"{found.folder}/{INVENTORY}"
        self._set_right(found, etags, wanted, {found.inventory.number(), *also})
        while self._store.info(key).etag != found.etag:
            data, etag = read_head(self._store, key)
            found = Committed(found.folder, read_inventory(key, data, found.inventory.id), data, etag)
            self._set_right(found, {}, {}, {found.inventory.number(), *also})

    def _set_right(
        self, found: Committed, etags: Mapping[str, str], wanted: Mapping[str, Content], numbers: Collection[int]
    ) -> None:
        """One listing of the object: heads that another writer changed are set right, what no inventory names goes."""
        folder, inventory = found.folder, found.inventory
        there = {info.key: info.etag for info in self._store.keys(f"{folder}/")}
        heads = {f"{folder}/{SIDECAR}": sidecar_of(found.data)}
        for number in numbers:
            version = f"{folder}/v{number}"
            data = (
                found.data if number == inventory.number() else self._earlier(f"{version}/{INVENTORY}", found, number)
            )
            heads |= {f"{version}/{INVENTORY}": data, f"{version}/{SIDECAR}": sidecar_of(data)}
        for key, data in heads.items():
            if key not in there or there[key] != etags.get(key):
                assert_head(self._store, key, data)
        if f"{folder}/{OBJECT_NAMASTE}" not in there:
            self._declare(folder)
        content = {f"{folder}/{place}": digest for place, digest in inventory.content().items()}
        sources = {content.digests.sha512: content for content in wanted.values()}
        for key, digest in content.items():
            if key not in there and digest in sources:
                self._put(key, sources[digest])
        looked_after = tuple(f"{folder}/v{number}/" for number in numbers)
        for key in there:
            if key.startswith(looked_after) and key not in content and key not in heads:
                self._store.discard(key)

    def _earlier(self, key: str, found: Committed, number: int) -> bytes:
        """The inventory of an earlier version: as it lies there, or as the newest one tells it where it is another."""
        expected = found.inventory.until(number)
        try:
            data, _ = read_head(self._store, key)
            if read_inventory(key, data, found.inventory.id) == expected:
                return data
        except (ObjectMissingError, RecordUnreadableError):
            pass
        return expected.as_json()


def _as_stored(package_id: str, found: Committed, wanted: Mapping[str, Content], *, already: bool) -> StoredObject:
    sizes = {content.digests.sha512: content.digests.size_bytes for content in wanted.values()}
    inventory = found.inventory
    added = sum(
        sizes.get(digest, 0) for place, digest in inventory.content().items() if place.startswith(f"{inventory.head}/")
    )
    return StoredObject(
        package_id=package_id,
        version=inventory.head,
        created=found.created,
        inventory_sha512=found.sha512,
        files=len(inventory.state()),
        bytes_stored=added + 2 * len(found.data),
        already=already,
    )
