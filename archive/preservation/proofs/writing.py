"""Writes a proof: the manifest first, then what it covers, every byte compared with its digest on the way."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO, ClassVar

from archive.preservation.proofs.container import CHUNK_BYTES, write_container
from archive.preservation.proofs.contents import MANIFEST, Listed, manifest
from metadata.errors import ArchiveError


class ProofSourceAlteredError(ArchiveError):
    """Something that belongs into a proof is not what the archive's records say: nothing is proven with it."""

    code: ClassVar[str] = "proof.source_altered"
    retryable: ClassVar[bool] = False

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} has other bytes than the archive's records say; run `luutru fixity check`")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a proof, and what its bytes have to be."""

    name: str
    size: int
    sha256: str
    open: Callable[[], AbstractContextManager[BinaryIO]] = field(repr=False)

    @classmethod
    def of_bytes(cls, name: str, data: bytes) -> Member:
        """A member from memory."""
        return cls(name, len(data), hashlib.sha256(data).hexdigest(), lambda: io.BytesIO(data))

    def chunks(self) -> Iterator[bytes]:
        """Its bytes.

        Raises:
            ProofSourceAlteredError: they are not those that its digest names.
        """
        digest, size = hashlib.sha256(), 0
        with self.open() as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                if size <= self.size:
                    yield chunk
        if size != self.size or digest.hexdigest() != self.sha256:
            raise ProofSourceAlteredError(self.name)


def write_proof(out: BinaryIO, members: Sequence[Member]) -> str:
    """Write a proof with `members`; the SHA-256 of its manifest. The same members give the same bytes.

    Args:
        out: Open for writing at its start, able to seek.
        members: All but the manifest, in order.

    Raises:
        ContainerBrokenError: a name is unsafe or doubled.
        ProofSourceAlteredError: a source is not what its digest says; what was written is worth nothing.
    """
    listed = manifest([Listed(member.name, member.sha256, member.size) for member in members])
    write_container(out, [Member.of_bytes(MANIFEST, listed), *members])
    return hashlib.sha256(listed).hexdigest()
