"""Stamps as they lie in storage: the bytes from which evidence records are cut, and where a document stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from archive.preservation.evidence.cutting import Cutting, Material
from archive.preservation.evidence.documents import BatchDocument, EvidenceDamagedError
from archive.preservation.evidence.history import Cover, Lines, Stamp, StampKind
from archive.preservation.evidence.stamping import Stamping
from archive.preservation.evidence.tokens import TokenUnreadableError, with_revocation
from archive.preservation.evidence.trees import Tree, TreeBrokenError
from metadata.digests import chunks_of
from metadata.time import from_rfc3339
from storage.errors import ObjectMissingError
from storage.evidence import EvidenceObjects
from storage.evidence_batches import TOKEN, TREE, EvidenceBatches, Group, Index
from storage.layout import LEDGER, ledger_key
from storage.ledger import parsed_lines
from storage.packages import PackageStore
from storage.ports import ObjectStore

_TREES_KEPT = 16


class StoredMaterial(Material):
    """See `Material`. Trees of a few batches are kept in memory."""

    def __init__(self, stamping: Stamping, objects: EvidenceObjects) -> None:
        self._stamping = stamping
        self._batches: EvidenceBatches = stamping.batches
        self._objects = objects
        self._trees: dict[tuple[str, str], Tree] = {}
        self._tokens: dict[tuple[str, tuple[str, ...]], bytes] = {}

    def token(self, stamp: Stamp) -> bytes:
        """See `Material.token`."""
        return self._token(stamp.name, ())

    def covered_token(self, stamp: Stamp, cover: Cover) -> bytes:
        """See `Material.covered_token`."""
        return self._token(stamp.name, cover.objects)

    def _token(self, name: str, objects: tuple[str, ...]) -> bytes:
        key = (name, objects)
        if key not in self._tokens:
            token = self._batches.get(name, TOKEN)
            if objects:
                try:
                    token = with_revocation(token, [self._objects.get(sha256) for sha256 in objects])
                except TokenUnreadableError as error:
                    raise EvidenceDamagedError(name, str(error)) from error
            self._tokens[key] = token
        return self._tokens[key]

    def siblings(self, stamp: Stamp, batch: str, leaf: bytes) -> tuple[bytes, ...]:
        """See `Material.siblings`."""
        tree = self.tree(stamp, batch)
        return tree.siblings(tree.position_of(leaf))

    def renewal(self, stamp: Stamp) -> Tree:
        """See `Material.renewal`."""
        return self.tree(stamp, "")

    def tree(self, stamp: Stamp, batch: str) -> Tree:
        """The tree of a renewal (without `batch`), or of a batch under its own stamp or a hash-tree renewal.

        Raises:
            KeyError: the renewal does not have it.
            EvidenceDamagedError: it is not what was written.
        """
        key = (stamp.name, batch)
        if key not in self._trees:
            if len(self._trees) >= _TREES_KEPT:
                self._trees.pop(next(iter(self._trees)))
            self._trees[key] = self._read(stamp, batch)
        return self._trees[key]

    def _read(self, stamp: Stamp, batch: str) -> Tree:
        if stamp.kind is not StampKind.REHASH:
            document = self._stamping.document(stamp.name)
            file, leaves, root = TREE, document.leaves, document.root
        else:
            roots = self._stamping.roots(stamp.name)
            parts = {name: (root, leaves) for name, root, leaves in roots.parts} if roots else {}
            (root, leaves), file = parts[batch], tree_file(batch)
        try:
            tree = Tree.read(stamp.algorithm, self._batches.get(stamp.name, file), leaves)
        except TreeBrokenError as error:
            raise EvidenceDamagedError(stamp.name, f"{file}: {error}") from error
        if tree.root.hex() != root:
            raise EvidenceDamagedError(stamp.name, f"{file}: another root")
        return tree


def tree_file(batch: str) -> str:
    """Where a hash-tree renewal keeps the new tree of a batch."""
    return f"tree-{batch}.bin"


class Places:
    """Finds what stands where: the batches of a package, its groups, the bytes of their members."""

    def __init__(self, store: ObjectStore, packages: PackageStore, stamping: Stamping) -> None:
        self._store = store
        self._packages = packages
        self._stamping = stamping

    def batches_of(self, package_id: str, index: Index) -> tuple[str, ...]:
        """Batches that have a version of the package, oldest first; nothing is listed.

        Raises:
            ObjectMissingError: there is no such package.
        """
        found: list[str] = []
        for version in self._packages.versions(package_id):
            day = from_rfc3339(version.created).date()
            number = 1
            while True:
                key = ledger_key(day, number)
                try:
                    with self._store.open(key) as stream:
                        data = stream.read()
                except ObjectMissingError:
                    break
                offset = _offset(key, data, package_id, version.name)
                name = None if offset is None else index.batch_of(key.removeprefix(f"{LEDGER}/"), offset)
                if name is not None:
                    found.append(name)
                number += 1
        return tuple(dict.fromkeys(found))

    def groups(self, batch: BatchDocument, wanted: str) -> list[Group]:
        """Groups of a batch with the id `wanted`, or of the package of that id; one or two files are read."""
        package = wanted.partition("/")[0]
        found = []
        for files in (batch.groups, batch.others):
            for place, file in enumerate(files):
                after = files[place + 1].first if place + 1 < len(files) else None
                ends_before = after is not None and after < wanted
                begins_after = file.first > wanted and not file.first.startswith(f"{wanted}/")
                if ends_before or begins_after:
                    continue
                groups = self._stamping.batches.groups(batch.name, file.file, sha256=file.sha256, about=wanted)
                found += [g for g in groups if g.id == wanted or (wanted == package and g.package_id == package)]
        return found

    def others(self, batch: BatchDocument) -> Iterator[Group]:
        """Groups of a batch that belong to no package: objects, ledger, trail, the batch before."""
        for file in batch.others:
            yield from self._stamping.batches.groups(batch.name, file.file, sha256=file.sha256)

    @contextmanager
    def open(self, group: Group, place: str) -> Iterator[BinaryIO]:
        """The bytes of a member.

        Raises:
            ObjectMissingError: they are gone.
        """
        if group.package_id:
            files = {file.path: file for file in self._packages.files(group.package_id, group.version)}
            if place not in files:
                raise ObjectMissingError(f"{group.package_id}/{place}")  # noqa: EM102 - the name is the message
            with self._packages.open(files[place]) as stream:
                yield stream
            return
        key, _, length = place.partition("#")
        with self._store.open(key, length=int(length) if length else None) as stream:
            yield stream

    def digests(self, group: Group, *algorithms: str) -> list[dict[str, bytes]]:
        """Digests of the members' bytes as they are now, read once, in the order of the group.

        Raises:
            ObjectMissingError: a member is gone.
        """
        found = []
        for place, _ in group.members:
            hashes = {name: hashlib.new(name) for name in algorithms}
            with self.open(group, place) as stream:
                for chunk in chunks_of(stream):
                    for value in hashes.values():
                        value.update(chunk)
            found.append({name: value.digest() for name, value in hashes.items()})
        return found


def _offset(key: str, data: bytes, package_id: str, version: str) -> int | None:
    place = 0
    for line in data.splitlines(keepends=True):
        if package_id.encode() in line:
            found = next(parsed_lines(key, line))
            if (found.id, found.version) == (package_id, version):
                return place
        place += len(line)
    return None


def cutting(lines: Lines, stamp: Stamp, material: Material) -> Cutting:
    """See `Cutting.of`."""
    return Cutting.of(stamp, lines.of(stamp.name), material)
