"""Where everything lies: the OCFL root of packages, and audit, ledger and evidence beside it (PACKAGE.md).

OCFL allows nothing in its root but objects and extensions, so the root is the
prefix `packages/` of the store (ADR 0030).
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import Final
from urllib.parse import quote, unquote
from uuid import UUID

from storage.errors import UnsafeKeyError
from storage.keys import safe_key

FORMAT: Final = "luutru-aip 1.2"
_EARLIER_FORMATS: Final = ("luutru-aip 1.0", "luutru-aip 1.1")
ROOT: Final = "packages"
LEDGER: Final = "ledger"
AUDIT: Final = "audit"
EVIDENCE: Final = "evidence"
INVENTORY: Final = "inventory.json"
SIDECAR: Final = "inventory.json.sha512"
OBJECT_NAMASTE: Final = "0=ocfl_object_1.1"
OBJECT_NAMASTE_TEXT: Final = b"ocfl_object_1.1\n"

_EXTENSION: Final = "0003-hash-and-id-n-tuple-storage-layout"
_TUPLE = 3
_TUPLES = 3
SHARDS: Final = 16**_TUPLE
"""Equal shares into which the first folder level parts all packages."""


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _layout_file(form: str) -> bytes:
    description = f"{form}: one object a dossier, id urn:uuid:PACKAGE_ID, folders by the SHA-256 of the id"
    return _json({"extension": _EXTENSION, "description": description})


ROOT_NAMASTE: Final = f"{ROOT}/0=ocfl_1.1"
_LAYOUT_KEY: Final = f"{ROOT}/ocfl_layout.json"
ROOT_FILES: Final = {
    f"{ROOT}/extensions/{_EXTENSION}/config.json": _json(
        {"extensionName": _EXTENSION, "digestAlgorithm": "sha256", "tupleSize": _TUPLE, "numberOfTuples": _TUPLES}
    ),
    _LAYOUT_KEY: _layout_file(FORMAT),
    ROOT_NAMASTE: b"ocfl_1.1\n",
}
"""What makes the prefix an OCFL 1.1 storage root, in the order of writing: the declaration comes last."""

EARLIER_ROOT_FILES: Final = {_LAYOUT_KEY: frozenset(map(_layout_file, _EARLIER_FORMATS))}
"""What a root says that an earlier version began. It stays: each package names its own form."""


def object_id(package_id: str) -> str:
    """OCFL id of the package.

    Raises:
        UnsafeKeyError: `package_id` is no UUID in its canonical lower-case form.
    """
    try:
        plain = str(UUID(package_id)) == package_id
    except ValueError:
        plain = False
    if not plain:
        raise UnsafeKeyError(package_id, "is no UUID in lower-case hexadecimal with hyphens")
    return f"urn:uuid:{package_id}"


def _folder_of(identifier: str) -> str:
    digest = hashlib.sha256(identifier.encode()).hexdigest()
    tuples = "/".join(digest[_TUPLE * n : _TUPLE * (n + 1)] for n in range(_TUPLES))
    # Extension 0003: percent-encoding in lower case. A urn:uuid stays below its 100 characters.
    return f"{ROOT}/{tuples}/{re.sub('%..', lambda m: m[0].lower(), quote(identifier, safe=''))}"


def object_path(package_id: str) -> str:
    """Key prefix of the package's object, without a slash at the end.

    Raises:
        UnsafeKeyError: see `object_id`.
    """
    return _folder_of(object_id(package_id))


def shard_prefix(number: int) -> str:
    """Prefix of share `number` of `SHARDS`."""
    return f"{ROOT}/{number % SHARDS:0{_TUPLE}x}/"


def package_id_of(inventory_key: str) -> str | None:
    """The package whose root inventory has this key; None when it is the key of something else."""
    folder, _, name = inventory_key.rpartition("/")
    identifier = unquote(folder.rpartition("/")[2])
    package_id = identifier.removeprefix("urn:uuid:")
    try:
        known = object_path(package_id) == folder
    except UnsafeKeyError:
        return None
    return package_id if known and name == INVENTORY else None


def ledger_key(day: date, number: int) -> str:
    """Ledger file of a day (UTC); `number` counts from 1, the first has none in its name."""
    return f"{LEDGER}/{day.isoformat()}.jsonl" if number == 1 else f"{LEDGER}/{day.isoformat()}-{number}.jsonl"


def segment_key(year: int, segment: str) -> str:
    """Sealed audit segment.

    Raises:
        UnsafeKeyError: `segment` has other letters than a-z, 0-9, full stop and hyphen.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,100}", segment):
        raise UnsafeKeyError(segment, "is no name of a segment")
    return safe_key(f"{AUDIT}/{year:04d}/{segment}.jsonl.zst")


def evidence_object_key(sha256: str) -> str:
    """Certificate, CRL, OCSP answer, time-stamp, trust set or policy, by the digest of its bytes.

    Raises:
        UnsafeKeyError: `sha256` is no lower-case SHA-256.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise UnsafeKeyError(sha256, "is no SHA-256")
    return f"{EVIDENCE}/objects/{sha256}"


def evidence_batch_key(day: date, number: int, name: str) -> str:
    """A file of the evidence batch `number` (from 1) of a day (UTC).

    Raises:
        UnsafeKeyError: `name` is no safe path.
    """
    return safe_key(f"{EVIDENCE}/batches/{day.isoformat()}-{number}/{name}")
