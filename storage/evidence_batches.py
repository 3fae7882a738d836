"""Evidence batches: the files of each time-stamp of the archive, and the index that tells which there are.

A stamp has a folder `evidence/batches/{date}-{n}/`, written once, its manifest
last. The index beside the folders is replaced on condition: who replaces it
first has opened the next stamp, so two processes never open two. It can be
made again from the folders.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from metadata.digests import digests_of
from metadata.packing import PackedUnreadableError, pack_lines, unpack_lines
from storage.errors import ObjectExistsError, ObjectMissingError, RecordUnreadableError
from storage.heads import read_head
from storage.layout import EVIDENCE, evidence_batch_key
from storage.ports import ObjectStore

INDEX_KEY: Final = f"{EVIDENCE}/batches/index.json"
INDEX_FORMAT: Final = "luutru-evidence-index 1"
DOCUMENT: Final = "batch.json"
MANIFEST: Final = "manifest.json"
TOKEN: Final = "token.der"  # noqa: S105 - a time-stamp
TREE: Final = "tree.bin"

GROUPS_A_FILE = 4096
"""Data groups in one file: what is read to find one of them, and what a hash-tree renewal does at once."""

_MAX_LINE_BYTES = 16 << 20
_MAX_FILE_BYTES = 4 << 30


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(_Kept):
    """One data group: everything of one document, or one other thing, that is proven together."""

    id: str
    """`{package}/{ordinal}`, `{package}`, or the place of what is no package."""

    kind: str
    """`document`, `dossier`, `object`, `trust`, `ledger`, `audit`, `segment`, `batch`."""

    version: str = ""
    """OCFL version of the package."""

    members: tuple[tuple[str, str], ...]
    """Place and SHA-256 of each member. A place is a path in the package, or a key of the store,
    a `#` and a number of bytes behind it where only the beginning is meant."""

    size_bytes: int
    """Of all members, where it is known."""

    digests: tuple[str, ...] = ()
    """Digests of the members under the batch's algorithm, where that is not SHA-256; in their order."""

    def under(self, algorithm: str) -> tuple[bytes, ...]:
        """Digests of the members under the batch's `algorithm`."""
        named = tuple(digest for _, digest in self.members) if algorithm == "sha256" else self.digests
        return tuple(bytes.fromhex(digest) for digest in named)

    @property
    def package_id(self) -> str:
        """The package it belongs to; empty for what is none."""
        return self.id.partition("/")[0] if self.version else ""


class GroupFile(_Kept):
    """One file of groups, in order of id."""

    file: str
    sha256: str
    first: str
    """Id of its first group."""

    count: int


class StampEntry(_Kept):
    """What the index says of a stamp; all of it stands in the stamp's own files too."""

    name: str
    kind: str
    algorithm: str
    opened_at: str
    time: str = ""
    """Of the token, RFC 3339; empty: the stamp waits for its token."""

    signer: str = ""
    expires: str = ""
    """Until when the authority's certificate is valid, RFC 3339."""

    digests: tuple[str, ...] = ()
    source: str = ""
    leaves: int = 0
    bytes: int = 0
    """Size of everything in its groups."""

    covered: tuple[str, ...] = ()
    """Stamps that it covers."""

    voids: tuple[str, ...] = ()


class Index(_Kept):
    """All stamps in the order of opening, and how far they reach."""

    format: str = INDEX_FORMAT
    stamps: tuple[StampEntry, ...] = ()
    ledger: dict[str, tuple[tuple[int, str], ...]] = {}
    """By ledger file: up to which byte which batch covers it, ascending."""

    segment: str = ""
    """Key of the last audit segment that is covered."""

    left_out: tuple[tuple[str, str], ...] = ()
    """Packages with their versions that the last batch could not read; the next one tries them again."""

    def entry(self, name: str) -> StampEntry | None:
        """The stamp of that name."""
        return next((entry for entry in self.stamps if entry.name == name), None)

    def open(self) -> tuple[StampEntry, ...]:
        """Stamps that wait for their token."""
        return tuple(entry for entry in self.stamps if not entry.time)

    def having(self, entry: StampEntry) -> Index:
        """The index with `entry` in the place of the one with its name, or at the end."""
        if self.entry(entry.name) is None:
            return self.model_copy(update={"stamps": (*self.stamps, entry)})
        stamps = tuple(entry if known.name == entry.name else known for known in self.stamps)
        return self.model_copy(update={"stamps": stamps})

    def covered_bytes(self, ledger_file: str) -> int:
        """How many bytes of a ledger file stand in batches."""
        spans = self.ledger.get(ledger_file, ())
        return spans[-1][0] if spans else 0

    def batch_of(self, ledger_file: str, offset: int) -> str | None:
        """The batch that covers the line which begins at `offset`."""
        return next((name for to, name in self.ledger.get(ledger_file, ()) if offset < to), None)


class EvidenceBatches:
    """The stamps of one location."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    # ------------------------------------------------------------ index

    def index(self) -> tuple[Index | None, str | None]:
        """The index with its etag; None where there is none.

        Raises:
            RecordUnreadableError: it is damaged, or of a newer format.
        """
        try:
            data, etag = read_head(self._store, INDEX_KEY)
        except ObjectMissingError:
            return None, None
        try:
            found = Index.model_validate_json(data)
        except ValidationError as error:
            raise RecordUnreadableError(INDEX_KEY, str(error.errors()[0]["msg"])) from None
        if found.format != INDEX_FORMAT:
            raise RecordUnreadableError(INDEX_KEY, f"format {found.format!r}")
        return found, etag

    def replace_index(self, index: Index, etag: str | None) -> str:
        """Make `index` the index; its new etag.

        Raises:
            PreconditionFailedError: somebody else was faster.
        """
        return self._store.replace(INDEX_KEY, index.model_dump_json(exclude_defaults=True).encode(), etag=etag)

    def names(self) -> tuple[str, ...]:
        """All stamps that have a folder, by day and number; lists them: for rebuild and checks."""
        prefix = f"{EVIDENCE}/batches/"
        found = {info.key.removeprefix(prefix).split("/")[0] for info in self._store.keys(prefix)}
        named = [(match[1], int(match[2]), name) for name in found if (match := _NAME.fullmatch(name))]
        return tuple(name for _, _, name in sorted(named))

    # ------------------------------------------------------------ files

    def put(self, name: str, file: str, data: bytes) -> bytes:
        """Write a file of a stamp once; what it holds now: `data`, or what another process wrote before.

        Raises:
            StorageFaultError: the store failed; repeating is safe.
        """
        key = key_of(name, file)
        try:
            self._store.put(key, io.BytesIO(data), expected=digests_of([data]))
        except ObjectExistsError:
            return self.get(name, file)
        return data

    def get(self, name: str, file: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """A file of a stamp, or a range of it.

        Raises:
            ObjectMissingError: it is not there.
        """
        with self._store.open(key_of(name, file), offset=offset, length=length) as stream:
            return stream.read(_MAX_FILE_BYTES)

    def has(self, name: str, file: str) -> bool:
        """Whether a file is there."""
        try:
            self._store.info(key_of(name, file))
        except ObjectMissingError:
            return False
        return True

    # ------------------------------------------------------------ groups

    def put_groups(self, name: str, groups: Iterable[Group], *, prefix: str = "groups") -> tuple[GroupFile, ...]:
        """Write groups, sorted by id and version; memory holds one file.

        Raises:
            ObjectExistsError: other groups stand there.
        """
        files: list[GroupFile] = []
        piece: list[Group] = []
        for group in groups:
            piece.append(group)
            if len(piece) == GROUPS_A_FILE:
                files.append(self._put_piece(name, f"{prefix}-{len(files) + 1:05d}.jsonl.zst", piece))
                piece = []
        if piece:
            files.append(self._put_piece(name, f"{prefix}-{len(files) + 1:05d}.jsonl.zst", piece))
        return tuple(files)

    def groups(self, name: str, file: str, *, sha256: str = "", about: str = "") -> Iterator[Group]:
        """The groups of a file.

        Args:
            name: Of the stamp.
            file: Of its files.
            sha256: What the file must be; empty: not checked.
            about: Only groups whose line holds this text, such as a package; the others are not even parsed.

        Raises:
            ObjectMissingError: it is gone.
            RecordUnreadableError: it is damaged, or another file.
        """
        key = key_of(name, file)
        data = self.get(name, file)
        if sha256 and hashlib.sha256(data).hexdigest() != sha256:
            raise RecordUnreadableError(key, "the digest differs from the batch's")
        try:
            wanted = about.encode()
            for line in unpack_lines(io.BytesIO(data), max_line_bytes=_MAX_LINE_BYTES):
                if wanted in line:
                    yield Group.model_validate_json(line)
        except (PackedUnreadableError, ValidationError) as error:
            raise RecordUnreadableError(key, str(error)[:300]) from None

    def _put_piece(self, name: str, file: str, groups: list[Group]) -> GroupFile:
        packed = io.BytesIO()
        pack_lines(packed, (group.model_dump_json(exclude_defaults=True).encode() for group in groups))
        data = packed.getvalue()
        if self.put(name, file, data) != data:
            raise ObjectExistsError(key_of(name, file))
        return GroupFile(file=file, sha256=hashlib.sha256(data).hexdigest(), first=groups[0].id, count=len(groups))


_NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})-([1-9][0-9]*)")


def key_of(name: str, file: str) -> str:
    """Key of a file of a stamp.

    Raises:
        ValueError: `name` is no name of a stamp.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        msg = f"{name!r} names no evidence batch"
        raise ValueError(msg)
    return evidence_batch_key(date.fromisoformat(match[1]), int(match[2]), file)


def next_name(index: Index, day: date, *, skip: int = 0) -> str:
    """The next name of a day that the index does not know; `skip` passes over some of them."""
    taken = [int(entry.name[11:]) for entry in index.stamps if entry.name.startswith(f"{day.isoformat()}-")]
    return f"{day.isoformat()}-{max(taken, default=0) + 1 + skip}"
