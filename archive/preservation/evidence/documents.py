"""What is written of a stamp in its folder: `batch.json` when it is opened, `manifest.json` when its token is there."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from archive.preservation.evidence.history import Cover, Stamp, StampKind
from metadata.errors import ArchiveError
from metadata.time import from_rfc3339
from storage.evidence_batches import GroupFile

FORMAT: Final = "luutru-evidence 1"


class EvidenceDamagedError(ArchiveError):
    """A file of an evidence batch cannot be what was written; `evidence verify` tells what still holds."""

    code = "evidence.damaged"
    retryable = False

    def __init__(self, stamp: str, why: str) -> None:
        self.stamp = stamp
        self.why = why
        super().__init__(f"evidence {stamp}: {why}")


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def document(self) -> bytes:
        """The canonical bytes."""
        return self.model_dump_json(exclude_defaults=True).encode() + b"\n"

    @classmethod
    def read(cls, stamp: str, data: bytes) -> Self:
        """What `document` wrote.

        Raises:
            EvidenceDamagedError: the bytes are something else.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise EvidenceDamagedError(stamp, f"{cls.__name__}: {error.errors()[0]['msg']}") from None


class LedgerSpan(_Kept):
    """The part of a ledger file whose lines a batch covers."""

    start: int
    stop: int
    sha256: str
    """Of the file from its beginning to `stop`: it only ever grows."""


class CoverDocument(_Kept):
    """See `history.Cover`."""

    stamp: str
    leaf: str = ""
    objects: tuple[str, ...] = ()
    token: str = ""

    @classmethod
    def of(cls, cover: Cover) -> CoverDocument:
        """The cover to be written."""
        return cls(stamp=cover.stamp, leaf=cover.leaf.hex(), objects=cover.objects, token=cover.token)

    def cover(self) -> Cover:
        """As a value."""
        return Cover(self.stamp, bytes.fromhex(self.leaf), self.objects, self.token)


class BatchDocument(_Kept):
    """What a stamp is over."""

    format: Literal["luutru-evidence 1"] = FORMAT
    name: str
    kind: StampKind
    opened_at: str
    algorithm: str
    root: str = ""
    """What is stamped, hexadecimal; a hash-tree renewal knows it only in `roots.json`."""

    leaves: int = 0
    bytes: int = 0
    previous: str = ""
    """SHA-256 of the `batch.json` of the batch before: it is a leaf of this one, so none can be taken out unseen."""

    tree: str = ""
    """SHA-256 of `tree.bin`."""

    groups: tuple[GroupFile, ...] = ()
    others: tuple[GroupFile, ...] = ()
    ledger: dict[str, LedgerSpan] = {}
    segment: str = ""
    """Key of the last audit segment among the leaves."""

    left_out: tuple[tuple[str, str], ...] = ()
    """Packages with their versions that could not be read and are proven by nothing yet."""

    covers: tuple[CoverDocument, ...] = ()
    voids: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    """Covered stamps for whose authority no revocation data could be had in time."""

    batches: tuple[str, ...] = ()
    """Hash-tree renewal: the batches whose groups are digested anew."""

    @property
    def sha256(self) -> str:
        """Names the document in the next batch."""
        return hashlib.sha256(self.document()).hexdigest()


class CoversDocument(_Kept):
    """What a hash-tree renewal covers, fixed before its trees are made: they depend on every byte of it."""

    format: Literal["luutru-evidence 1"] = FORMAT
    covers: tuple[CoverDocument, ...]
    unproven: tuple[str, ...] = ()


class RootsDocument(_Kept):
    """A hash-tree renewal when everything has been read: what it covers and where it leads."""

    format: Literal["luutru-evidence 1"] = FORMAT
    covers: tuple[CoverDocument, ...]
    parts: tuple[tuple[str, str, int], ...]
    """Batch, root of its new tree, number of leaves."""

    damaged: tuple[str, ...] = ()
    """Groups that could not be digested anew because bytes were lost or differ: their old records go on alone."""

    unproven: tuple[str, ...] = ()
    root: str


class Manifest(_Kept):
    """A finished stamp."""

    format: Literal["luutru-evidence 1"] = FORMAT
    batch: str
    """SHA-256 of `batch.json`."""

    token: str
    """SHA-256 of the token as received."""

    time: str
    signer: str = ""
    expires: str = ""
    digests: tuple[str, ...] = ()
    """Digest algorithms under the signatures of token and certificates."""

    source: str = ""
    """Which configured authority gave it; empty: not known, the token was found after an interruption."""


def stamp_of(batch: BatchDocument, manifest: Manifest, roots: RootsDocument | None = None) -> Stamp:
    """The stamp as a value.

    Raises:
        EvidenceDamagedError: a time does not read.
    """
    try:
        return Stamp(
            name=batch.name,
            kind=batch.kind,
            algorithm=batch.algorithm,
            time=from_rfc3339(manifest.time),
            signer=manifest.signer,
            expires=_instant(manifest.expires) or from_rfc3339(manifest.time),
            digests=manifest.digests,
            source=manifest.source,
            covers=tuple(entry.cover() for entry in (roots.covers if roots else batch.covers)),
            voids=batch.voids,
            parts=tuple((name, bytes.fromhex(root)) for name, root, _ in roots.parts) if roots else (),
        )
    except ValueError as error:
        raise EvidenceDamagedError(batch.name, str(error)) from error


def _instant(text: str) -> datetime | None:
    return from_rfc3339(text) if text else None
