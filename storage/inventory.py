"""The OCFL 1.1 inventory: which bytes make up which version of a package. Read as hostile, written deterministic."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from metadata.remembered import Remembered
from storage.errors import RecordUnreadableError, UnsafeKeyError
from storage.keys import safe_path
from storage.layout import INVENTORY

_Sha512 = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
_VersionName = Annotated[str, Field(pattern=r"^v[1-9][0-9]{0,8}$")]
_Places = Annotated[tuple[str, ...], Field(min_length=1)]

_KEPT_BYTES = 4 << 20
"""Inventories as JSON that are kept as read: each piece of a file that a reader asks for needs its package's."""


class User(BaseModel):
    """Who made a version."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    address: str | None = None


class Version(BaseModel):
    """One version of a package."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    created: str
    state: dict[_Sha512, _Places]
    message: str = ""
    user: User | None = None


class Inventory(BaseModel):
    """An object's inventory. Every path in it is safe, every digest of a state stands in the manifest."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    id: str
    type: Literal["https://ocfl.io/1.1/spec/#inventory"] = "https://ocfl.io/1.1/spec/#inventory"
    digest_algorithm: Annotated[Literal["sha512"], Field(alias="digestAlgorithm")] = "sha512"
    content_directory: Annotated[Literal["content"], Field(alias="contentDirectory")] = "content"
    head: _VersionName
    manifest: dict[_Sha512, _Places]
    versions: dict[_VersionName, Version]

    @model_validator(mode="after")
    def _holds_together(self) -> Inventory:
        if self.number() != len(self.versions) or any(f"v{n + 1}" not in self.versions for n in range(self.number())):
            msg = f"the versions do not run from v1 to {self.head}"
            raise ValueError(msg)
        for places in self.manifest.values():
            for place in places:
                version, _, rest = _safe(place).partition("/")
                if version not in self.versions or not rest.startswith("content/"):
                    msg = f"{place!r} lies in no version's content"
                    raise ValueError(msg)
        for held in self.versions.values():
            for digest, paths in held.state.items():
                if digest not in self.manifest:
                    msg = f"{digest[:16]}… of a state is not in the manifest"
                    raise ValueError(msg)
                for path in paths:
                    _safe(path)
        return self

    def number(self) -> int:
        """Number of the head version, from 1."""
        return int(self.head[1:])

    def state(self, version: str | None = None) -> dict[str, str]:
        """SHA-512 by logical path of a version (None: the head), in order of path.

        Raises:
            KeyError: no such version.
        """
        state = self.versions[version or self.head].state
        return dict(sorted((path, digest) for digest, paths in state.items() for path in paths))

    def content(self) -> dict[str, str]:
        """SHA-512 by content path, in order of path: every file of every version."""
        return dict(sorted((place, digest) for digest, places in self.manifest.items() for place in places))

    def next(self, version: Version, places: Mapping[str, str]) -> Inventory:
        """The inventory of one more version.

        Args:
            version: The new head.
            places: Content path by SHA-512 of the bytes that the object did not hold before.
        """
        return _with(self.id, self, version, places)

    def until(self, number: int) -> Inventory:
        """The inventory as it was when version `number` was the head."""
        known = {f"v{n + 1}" for n in range(number)}
        manifest = {
            digest: kept
            for digest, places in self.manifest.items()
            if (kept := tuple(place for place in places if place.partition("/")[0] in known))
        }
        versions = {name: version for name, version in self.versions.items() if name in known}
        return Inventory(id=self.id, head=f"v{number}", manifest=manifest, versions=versions)

    def as_json(self) -> bytes:
        """The bytes that are stored; the same inventory gives the same bytes."""
        data = self.model_dump(by_alias=True, exclude_none=True)
        return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _safe(path: str) -> str:
    try:
        return safe_path(path)
    except UnsafeKeyError as error:
        raise ValueError(str(error)) from None


def _with(identifier: str, base: Inventory | None, version: Version, places: Mapping[str, str]) -> Inventory:
    head = "v1" if base is None else f"v{base.number() + 1}"
    manifest = {} if base is None else dict(base.manifest)
    return Inventory(
        id=identifier,
        head=head,
        manifest={**manifest, **{digest: (place,) for digest, place in places.items()}},
        versions={**({} if base is None else base.versions), head: version},
    )


def first(identifier: str, version: Version, places: Mapping[str, str]) -> Inventory:
    """The inventory of version 1 of the object `identifier`; see `Inventory.next`."""
    return _with(identifier, None, version, places)


def version_of(state: Mapping[str, str], *, created: str, message: str, user: str) -> Version:
    """A version that holds `state`: SHA-512 by path."""
    by_digest: dict[str, list[str]] = {}
    for path, sha512 in sorted(state.items()):
        by_digest.setdefault(sha512, []).append(path)
    return Version(
        created=created,
        state={digest: tuple(paths) for digest, paths in by_digest.items()},
        message=message,
        user=User(name=user, address=f"urn:luutru:{user}"),
    )


_read = Remembered(Inventory.model_validate_json, _KEPT_BYTES)


def read_inventory(key: str, data: bytes, identifier: str) -> Inventory:
    """The inventory in `data`, which must be that of `identifier`.

    Raises:
        RecordUnreadableError: it is none, holds an unsafe path, or is another object's.
    """
    try:
        inventory = _read(data)
    except ValidationError as error:
        first_error = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first_error["loc"])
        raise RecordUnreadableError(key, f"{place}: {first_error['msg']}") from None
    if inventory.id != identifier:
        raise RecordUnreadableError(key, f"it is the inventory of {inventory.id[:80]!r}")
    return inventory


def sidecar_of(inventory: bytes) -> bytes:
    """The sidecar file of an inventory's bytes."""
    return f"{hashlib.sha512(inventory).hexdigest()} {INVENTORY}\n".encode()
