"""Reading a package back and comparing it with its manifest: every difference is a finding that names its file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from metadata.digests import chunks_of
from metadata.findings import Finding
from metadata.rules import errors_of
from storage.errors import ObjectMissingError, RecordUnreadableError
from storage.heads import insist_on_root
from storage.inventory import Inventory, read_inventory, sidecar_of
from storage.layout import INVENTORY, OBJECT_NAMASTE, OBJECT_NAMASTE_TEXT, SIDECAR, object_id, object_path
from storage.ports import ObjectStore

_LARGEST_HEAD_BYTES = 64 << 20
"""No inventory is larger; one that says so was tampered with and is not taken into memory."""


@dataclass(frozen=True, slots=True)
class FixityReport:
    """What reading one package back showed."""

    package_id: str
    location: str
    files: int
    """Files of content that were there and were read."""

    bytes_read: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing differs; what an interrupted write left behind is only told."""
        return not errors_of(self.findings)


def check_object(
    store: ObjectStore, package_id: str, *, parallel: int, inventory_sha512: str | None = None
) -> FixityReport:
    """See `PackageStore.check_fixity`."""
    folder = object_path(package_id)
    sizes = {info.key.removeprefix(f"{folder}/"): info.size_bytes for info in store.keys(f"{folder}/")}
    if not sizes:
        insist_on_root(store)
    never_finished = inventory_sha512 is None and not {INVENTORY, OBJECT_NAMASTE} & sizes.keys()
    if not sizes or never_finished:
        raise ObjectMissingError(folder)
    return _Check(store, package_id, sizes, inventory_sha512).run(parallel)


class _Check:
    """One check of one object. Names are relative to the object's folder."""

    def __init__(
        self, store: ObjectStore, package_id: str, sizes: Mapping[str, int], inventory_sha512: str | None
    ) -> None:
        self._store = store
        self._package_id = package_id
        self._names = sizes
        self._expected = inventory_sha512
        self._heads = {
            name: self._bytes_of(name) for name, size in sizes.items() if _is_head(name) and size <= _LARGEST_HEAD_BYTES
        }

    def run(self, parallel: int) -> FixityReport:
        """Read everything once."""
        trusted, inventory = self._trusted()
        findings = list(self._wrong_heads(trusted, inventory))
        content = {} if inventory is None else inventory.content()
        with ThreadPoolExecutor(parallel) as pool:
            reads = dict(zip(content, pool.map(self._digest_of, content), strict=True))
        if inventory is not None:
            findings.extend(self._wrong_content(inventory, content, reads))
            findings.extend(self._unnamed(inventory, content))
        return FixityReport(
            package_id=self._package_id,
            location=self._store.location,
            files=sum(read is not None for read in reads.values()),
            bytes_read=sum(self._names[name] for name, read in reads.items() if read is not None)
            + sum(len(data) for data in self._heads.values()),
            findings=tuple(findings),
        )

    # ------------------------------------------------------------ heads

    def _trusted(self) -> tuple[str, Inventory | None]:
        """The inventory to check the rest by: the root's, else the newest version's that is whole."""
        candidates: list[tuple[bool, str, Inventory]] = []
        versions = sorted((_number(name) for name in self._heads if _is_version_inventory(name)), reverse=True)
        for name in (INVENTORY, *(f"v{number}/{INVENTORY}" for number in versions)):
            inventory = self._readable(name)
            if inventory is not None:
                candidates.append((self._is_whole(name, inventory), name, inventory))
        for whole, name, inventory in candidates:
            if whole:
                return name, inventory
        return (candidates[0][1], candidates[0][2]) if candidates else ("", None)

    def _readable(self, name: str) -> Inventory | None:
        try:
            return read_inventory(name, self._heads.get(name, b""), object_id(self._package_id))
        except RecordUnreadableError:
            return None

    def _is_whole(self, name: str, inventory: Inventory) -> bool:
        """Whether the inventory's digest is known from elsewhere: ledger, sidecar, or its equal in the version."""
        data = self._heads[name]
        if self._expected is not None:
            return hashlib.sha512(data).hexdigest() == self._expected
        beside = f"{name.removesuffix(INVENTORY)}{SIDECAR}"
        return self._heads.get(beside) == sidecar_of(data) or self._heads.get(f"{inventory.head}/{INVENTORY}") == data

    def _wrong_heads(self, trusted: str, inventory: Inventory | None) -> Iterator[Finding]:
        """Inventories, sidecars and the declaration, each compared with the trusted inventory."""
        if inventory is None:
            yield self._finding("STO-014", INVENTORY)
            return
        data = self._heads[trusted]
        if not self._is_whole(trusted, inventory):
            yield self._finding("STO-013", trusted)
        expected = {OBJECT_NAMASTE: OBJECT_NAMASTE_TEXT, INVENTORY: data, SIDECAR: sidecar_of(data)}
        expected[f"{inventory.head}/{INVENTORY}"] = data
        expected[f"{inventory.head}/{SIDECAR}"] = sidecar_of(data)
        for number in range(1, inventory.number()):
            older = self._heads.get(f"v{number}/{INVENTORY}", b"")
            expected[f"v{number}/{INVENTORY}"] = older
            expected[f"v{number}/{SIDECAR}"] = sidecar_of(older)
        for name, wanted in expected.items():
            if name not in self._names:
                yield self._finding("STO-011", name)
            elif self._heads.get(name) != wanted and not (name == SIDECAR and self._is_of_next(inventory)):
                yield self._finding("STO-013", name)

    def _is_of_next(self, inventory: Inventory) -> bool:
        """Whether the root's sidecar belongs to a next version that was interrupted just before it counted."""
        following = self._heads.get(f"v{inventory.number() + 1}/{INVENTORY}")
        return following is not None and self._heads.get(SIDECAR) == sidecar_of(following)

    # ------------------------------------------------------------ content

    def _wrong_content(
        self, inventory: Inventory, content: Mapping[str, str], reads: Mapping[str, str | None]
    ) -> Iterator[Finding]:
        paths = _paths(inventory)
        for name, digest in content.items():
            found, subject = reads[name], paths.get(name, name)
            if found is None:
                yield self._finding("STO-011", name, subject=subject)
            elif found != digest:
                yield self._finding("STO-010", name, subject=subject, expected=digest, found=found)

    def _unnamed(self, inventory: Inventory, content: Mapping[str, str]) -> Iterator[Finding]:
        """What lies there though no inventory names it."""
        named = {OBJECT_NAMASTE, INVENTORY, SIDECAR, *content}
        for number in range(1, inventory.number() + 1):
            named |= {f"v{number}/{INVENTORY}", f"v{number}/{SIDECAR}"}
        following = f"v{inventory.number() + 1}/"
        unfinished = [name for name in self._names if name.startswith(following)]
        if unfinished:
            yield self._finding("STO-015", following.rstrip("/"), count=str(len(unfinished)))
        for name in sorted(self._names.keys() - named - set(unfinished)):
            yield self._finding("STO-012", name)

    def _digest_of(self, name: str) -> str | None:
        digest = hashlib.sha512()
        try:
            with self._store.open(self._key(name)) as stream:
                for chunk in chunks_of(stream):
                    digest.update(chunk)
        except ObjectMissingError:
            return None
        return digest.hexdigest()

    def _bytes_of(self, name: str) -> bytes:
        with self._store.open(self._key(name)) as stream:
            return stream.read(_LARGEST_HEAD_BYTES)

    def _key(self, name: str) -> str:
        return f"{object_path(self._package_id)}/{name}"

    def _finding(self, rule: str, name: str, *, subject: str = "", **values: str) -> Finding:
        """A finding about `name`; a name that is no Unicode text is shown escaped."""
        shown = self._key(name).encode("utf-8", "backslashreplace").decode("utf-8")
        about = (subject or name).encode("utf-8", "backslashreplace").decode("utf-8")
        return Finding(rule=rule, subject=about, file=shown, values={"package": self._package_id, **values})


def _is_version_inventory(name: str) -> bool:
    version, _, rest = name.partition("/")
    return rest == INVENTORY and version.startswith("v") and version[1:].isascii() and version[1:].isdecimal()


def _number(name: str) -> int:
    return int(name[1 : -len(INVENTORY) - 1])


def _is_head(name: str) -> bool:
    beside = f"{name.removesuffix(SIDECAR)}{INVENTORY}" if name.endswith(SIDECAR) else name
    return name in {INVENTORY, SIDECAR, OBJECT_NAMASTE} or _is_version_inventory(beside)


def _paths(inventory: Inventory) -> dict[str, str]:
    """Logical path by content path, as the newest version that has it calls it."""
    places = inventory.content()
    by_digest: dict[str, str] = {}
    for number in range(1, inventory.number() + 1):
        by_digest.update({digest: path for path, digest in inventory.state(f"v{number}").items()})
    return {place: by_digest[digest] for place, digest in places.items() if digest in by_digest}
