"""Use case `export --as proof`: everything that proves one document, gathered into one ZIP (docs/proofs.md)."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Protocol

from archive.preservation.proofs.contents import DOCUMENT, EVENTS, OBJECTS, README, RECORD, STATEMENT, Statement
from archive.preservation.proofs.opening import readme
from archive.preservation.proofs.statement_check import code_in, is_descriptive
from archive.preservation.proofs.token_paths import missing_links
from archive.preservation.proofs.writing import Member, write_proof
from archive.preservation.signatures.kept_verdicts import certificates_of_set
from archive.preservation.trust.sets import TrustSource
from archive.services.made_files import MadeFile, made_file
from archive.services.stored_packages import StoredPackages
from metadata.digests import chunks_of
from metadata.errors import UsageError
from metadata.package import FileVerdicts, PackageDocument, PackageEvent, PackageFile, PackageRecord
from metadata.package_reader import VERDICTS
from storage.evidence import EvidenceObjects
from storage.holdings import PackageFile as StoredFile

SIGNED_UNDER = ("sha1", "sha256", "sha384", "sha512")
"""Digests of a file that is another document and is signed from here."""

Opener = Callable[[], AbstractContextManager[BinaryIO]]


class ProofNotReadyError(UsageError):
    """No time-stamped evidence record covers the document yet."""

    code: ClassVar[str] = "proof.not_ready"

    def __init__(self, what: str, why: str) -> None:
        self.what = what
        self.why = why
        super().__init__(f"{what}: {why}")


@dataclass(frozen=True, slots=True)
class Covered:
    """What an evidence record covers of a document."""

    record: bytes
    """The evidence record cut from its batch, DER."""

    paths: tuple[str, ...]
    """The data group: paths inside the package, exactly these."""

    version: str = ""
    """Version of the package in which they stand so; empty: the newest."""


class DocumentEvidence(Protocol):
    """Gives the evidence records of documents (`archive.services.evidence`)."""

    def covering(self, record: PackageRecord, document: PackageDocument) -> Covered:
        """The record that covers a document.

        Raises:
            ProofNotReadyError: it stands in no time-stamped batch yet.
            ArchiveError: the system failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Proofs:
    """Makes proofs of documents."""

    stored: StoredPackages
    objects: EvidenceObjects
    evidence: DocumentEvidence
    trust: TrustSource
    scratch: Path

    @staticmethod
    def name(document: PackageDocument) -> str:
        """Name of the ZIP: that of the first original with `.proof.zip` for its extension."""
        first = next((file.path.rpartition("/")[2] for file in document.originals), f"{document.ordinal:03d}")
        return f"{first.rpartition('.')[0] or first}.proof.zip"

    def opener(
        self, record: PackageRecord, document: PackageDocument
    ) -> Callable[[], AbstractContextManager[BinaryIO]]:
        """Prepare the proof of a document; the ZIP is made when it is opened.

        Raises:
            ProofNotReadyError: no time-stamped evidence record covers it yet.
            ObjectMissingError: something that a kept verdict leans on is gone.
        """
        members = self._members(record, document)

        @contextmanager
        def opened() -> Iterator[BinaryIO]:
            with tempfile.TemporaryFile(dir=self.scratch) as out:
                write_proof(out, members)
                out.seek(0)
                yield out

        return opened

    def made(self, record: PackageRecord, document: PackageDocument) -> MadeFile:
        """The proof of a document, made now. See `opener` for what it raises."""
        return made_file(self.name(document), self.opener(record, document)())

    def _members(self, record: PackageRecord, document: PackageDocument) -> Sequence[Member]:
        covered = self.evidence.covering(record, document)
        group = tuple(sorted(covered.paths))
        lying = {file.path: file for file in self.stored.packages.files(record.package_id, covered.version or None)}
        files = [self._stored(document, lying[path]) for path in group]
        trust = self.trust.snapshot()
        links = {
            hashlib.sha256(der).hexdigest(): der
            for der in missing_links(covered.record, trust.anchors(), trust.intermediates())
        }
        statement = _statement(record, document, files, self._elsewhere(record, document), tuple(sorted(links)))
        named = self._named(document)
        return (
            Member.of_bytes(README, readme()),
            Member.of_bytes(STATEMENT, statement.document()),
            Member.of_bytes(RECORD, covered.record),
            Member.of_bytes(EVENTS, _events(record, document, set(group))),
            *files,
            *(Member.of_bytes(OBJECTS + name, links[name]) for name in sorted(links) if name not in named),
            *(self._object(name) for name in named),
        )

    def _object(self, name: str) -> Member:
        """An evidence object, read once to be sure that it is there and once to be written: some lists are large."""
        return Member(OBJECTS + name, len(self.objects.get(name)), name, lambda: BytesIO(self.objects.get(name)))

    def _stored(self, document: PackageDocument, lying: StoredFile) -> Member:
        """A file of the package: content with the digest of the package's record, small metadata digested here."""
        opener = partial(self.stored.packages.open, lying)
        for known in _files(document):
            if known.path == lying.path and known.sha512 == lying.sha512:
                return Member(DOCUMENT + lying.path, known.size_bytes, known.sha256, opener)
        with opener() as stream:
            return Member.of_bytes(DOCUMENT + lying.path, stream.read())

    def _named(self, document: PackageDocument) -> Sequence[str]:
        """Digests of every object that the document's verdicts lean on, the trust set's certificates included."""
        names: set[str] = set()
        for entry in document.verdicts:
            names |= {name for name in (entry.facts, entry.policy, *entry.objects) if name}
            if _has_bundle(entry):
                names.add(entry.trust_set)
                names |= set(certificates_of_set(self.objects.get(entry.trust_set)))
        return sorted(names)

    def _elsewhere(self, record: PackageRecord, document: PackageDocument) -> dict[str, dict[str, str]]:
        """Digests of what detached signatures of the document sign, where that is another document."""
        own = {file.sha256 for file in document.originals}
        wanted = {entry.content for entry in document.verdicts if entry.content} - own
        others = (file for other in record.documents for file in other.originals)
        return {file.sha256: self._digests(record, file) for file in others if file.sha256 in wanted}

    def _digests(self, record: PackageRecord, file: PackageFile) -> dict[str, str]:
        values = {name: hashlib.new(name, usedforsecurity=False) for name in SIGNED_UNDER}
        with self.stored.open(record, file) as stream:
            for chunk in chunks_of(stream):
                for value in values.values():
                    value.update(chunk)
        return {name: value.hexdigest() for name, value in values.items()}


def _has_bundle(entry: FileVerdicts) -> bool:
    """Verdicts of the first release name a trust set and kept nothing of it."""
    return bool(entry.judged_at and entry.policy)


def _files(document: PackageDocument) -> Iterator[PackageFile]:
    yield from (*document.originals, *document.renditions, *document.text_files)


def _code(document: PackageDocument, files: Sequence[Member]) -> str:
    """The document's code as its descriptive metadata tell it: under the time-stamp that is what can be compared."""
    for member in files:
        if is_descriptive(member.name):
            with member.open() as stream:
                return code_in(stream.read())
    return document.description.value("doc_code") or ""


def _statement(
    record: PackageRecord,
    document: PackageDocument,
    files: Sequence[Member],
    elsewhere: dict[str, dict[str, str]],
    links: tuple[str, ...],
) -> Statement:
    group = [member.name.removeprefix(DOCUMENT) for member in files]
    own = {file.path for file in document.originals}
    return Statement(
        subject={
            "package_id": record.package_id,
            "dossier_id": record.dossier_id,
            "ordinal": document.ordinal,
            "doc_code": _code(document, files),
            "file_code": record.file_code,
        },
        group=tuple(DOCUMENT + path for path in group),
        verdicts=tuple(DOCUMENT + path for path in group if path.startswith(VERDICTS)),
        originals=tuple(DOCUMENT + path for path in group if path in own),
        signed_elsewhere=elsewhere,
        links=links,
    )


def _events(record: PackageRecord, document: PackageDocument, group: set[str]) -> bytes:
    """Events that happened to the document's files, with nothing of other documents in them."""
    paths = {file.path for file in _files(document)}
    found = [event for event in record.events if any(event.concerns(path) for path in paths)]
    lines = [_event(event, group) for event in sorted(found, key=lambda event: (event.at, event.id))]
    return b"".join(json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n" for line in lines)


def _event(event: PackageEvent, group: set[str]) -> dict[str, Any]:
    own = {path: role for path, role in event.objects.items() if path in group}
    # What is told of many files at once may speak of other documents.
    return {
        "id": event.id,
        "type": event.type,
        "at": event.at,
        "outcome": event.outcome,
        "detail": event.detail if own else "",
        "agents": event.agents,
        "objects": own,
    }
