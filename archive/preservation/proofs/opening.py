"""Opens a proof: the ZIP's layout, the manifest over every member, the statement of what is proven."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import BinaryIO

from archive.preservation.proofs import steps
from archive.preservation.proofs.container import Container, ContainerBrokenError, Window
from archive.preservation.proofs.contents import (
    DOCUMENT,
    EVENTS,
    MANIFEST,
    MAX_JSON_BYTES,
    OBJECTS,
    README,
    RECORD,
    STATEMENT,
    ContentsBrokenError,
    Listed,
    Statement,
    is_digest,
    read_manifest,
    read_statement,
)
from archive.preservation.proofs.steps import Said, Step, said

MAX_OBJECT_BYTES = 64 << 20
MAX_EVIDENCE_BYTES = 512 << 20
"""All evidence objects of one proof together."""

_TOLD = ("package_id", "ordinal", "doc_code")
_FIXED = (STATEMENT, README, RECORD, EVENTS)


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof whose every byte is what the manifest says."""

    container: Container
    statement: Statement
    digests: dict[str, str]
    """SHA-256 by member."""

    manifest: str
    """SHA-256 of the manifest itself."""

    def read(self, name: str, *, max_bytes: int = MAX_JSON_BYTES) -> bytes:
        """A member as a whole.

        Raises:
            ContainerBrokenError: it is not there, or too large.
        """
        return self.container.read(name, max_bytes=max_bytes)

    def window(self, name: str) -> Window:
        """A member, to be read anywhere."""
        return self.container.window(name)

    def object(self, sha256: str) -> bytes | None:
        """An evidence object; its bytes are those that its name says. None: it is not here."""
        name = OBJECTS + sha256
        return self.read(name, max_bytes=MAX_OBJECT_BYTES) if name in self.container else None

    def digest_of(self, name: str, algorithm: str) -> bytes:
        """Digest of a member.

        Raises:
            ValueError: the algorithm is unknown.
        """
        value = hashlib.new(algorithm)
        for chunk in self.window(name).chunks():
            value.update(chunk)
        return value.digest()


def open_proof(stream: BinaryIO) -> tuple[Proof | None, list[Step]]:
    """Open a proof; None where a step failed so that nothing can be read any further."""
    done: list[Step] = []
    try:
        container = Container(stream)
    except ContainerBrokenError as error:
        return None, [Step(steps.CONTAINER, False, said("container_broken", why=str(error)))]
    told = said("container_holds", members=len(container.entries), bytes=container.size)
    done.append(Step(steps.CONTAINER, True, told))
    try:
        digests, digest = _compared(container)
    except (ContainerBrokenError, ContentsBrokenError) as error:
        return None, [*done, Step(steps.MANIFEST, False, said("manifest_broken", why=str(error)))]
    done.append(Step(steps.MANIFEST, True, said("manifest_holds", sha256=digest), more={"sha256": digest}))
    try:
        statement = read_statement(container.read(STATEMENT, max_bytes=MAX_JSON_BYTES))
        _insist_on_places(container, statement, digests)
    except (ContainerBrokenError, ContentsBrokenError) as error:
        return None, [*done, Step(steps.STATEMENT, False, said("statement_broken", why=str(error)))]
    proof = Proof(container, statement, digests, digest)
    done.append(Step(steps.STATEMENT, True, _about(statement)))
    return proof, [*done, _readme(proof)]


def _compared(container: Container) -> tuple[dict[str, str], str]:
    """Compare every member with the manifest and with its check sum."""
    data = container.read(MANIFEST, max_bytes=MAX_JSON_BYTES)
    listed = read_manifest(data)
    names = [entry.name for entry in container.entries]
    if names != [MANIFEST, *(member.name for member in listed)]:
        raise ContentsBrokenError("the manifest lists other members than the ZIP has, or in another order")
    own = Listed(MANIFEST, hashlib.sha256(data).hexdigest(), len(data))
    pairs = tuple(zip(container.entries, (own, *listed), strict=True))
    for entry, member in pairs:
        # Before anything is digested: gigabytes of nothing should not be read to the end.
        if entry.size != member.size:
            msg = f"{member.name} differs from the manifest"
            raise ContentsBrokenError(msg)
    for entry, member in pairs:
        _compare(container, entry.crc, member)
    return {member.name: member.sha256 for member in listed}, own.sha256


def _compare(container: Container, crc: int, member: Listed) -> None:
    digest, found = hashlib.sha256(), 0
    for chunk in container.window(member.name).chunks():
        digest.update(chunk)
        found = zlib.crc32(chunk, found)
    if digest.hexdigest() != member.sha256:
        msg = f"{member.name} differs from the manifest"
        raise ContentsBrokenError(msg)
    if found != crc:
        msg = f"{member.name} differs from its check sum"
        raise ContentsBrokenError(msg)


def _insist_on_places(container: Container, statement: Statement, digests: dict[str, str]) -> None:
    evidence, group = 0, set(statement.group)
    for name, digest in digests.items():
        if name.startswith(OBJECTS):
            evidence += container.size_of(name)
            if not is_digest(name.removeprefix(OBJECTS)) or digest != name.removeprefix(OBJECTS):
                msg = f"{name} is not the object that its name says"
                raise ContentsBrokenError(msg)
        elif name not in _FIXED and name not in group:
            msg = f"{name} has no place in a proof"
            raise ContentsBrokenError(msg)
    missing = [name for name in (*_FIXED, *statement.group) if name not in digests]
    if missing:
        msg = f"{missing[0]} is missing"
        raise ContentsBrokenError(msg)
    if evidence > MAX_EVIDENCE_BYTES:
        msg = f"evidence objects of {evidence} bytes, {MAX_EVIDENCE_BYTES} are allowed"
        raise ContentsBrokenError(msg)


def _about(statement: Statement) -> Said:
    told = [f"{key} {statement.subject[key]}" for key in _TOLD if statement.subject.get(key)]
    names: Sequence[str] = [name.removeprefix(DOCUMENT) for name in statement.originals]
    return said("statement_holds", about=", ".join(told), originals=", ".join(names) or "-")


def _readme(proof: Proof) -> Step:
    try:
        known = readme() == proof.read(README)
    except ContainerBrokenError:
        known = False
    return Step(steps.README, True if known else None, said("readme_known" if known else "readme_other"), decides=False)


def readme() -> bytes:
    """The text for whoever opens the ZIP; the same in every proof of this format."""
    return files("archive.preservation.proofs").joinpath("readme.txt").read_bytes()
