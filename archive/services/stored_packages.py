"""Stored packages as records and texts: the only way from storage to catalogue, index and people."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from archive.auth.access import document_tokens
from archive.auth.people import Label
from archive.catalogue.holdings import Catalogue, StoredVersion
from ingest.facts import Stored
from ingest.stages.index import indexed_documents
from ingest.work import WorkItem
from metadata.package import PackageDocument, PackageFile, PackageRecord
from metadata.package_reader import read_package
from metadata.texts import PageText
from metadata.texts_io import iter_page_texts
from search.ports import IndexedDocument
from storage.evidence import EvidenceObjects
from storage.holdings import Newest
from storage.packages import PackageStore


@dataclass(frozen=True, slots=True)
class StoredPackages:
    """Reads packages back."""

    packages: PackageStore
    catalogue: Catalogue
    evidence: EvidenceObjects

    def record(self, package_id: str) -> PackageRecord:
        """What the package says of itself, read from storage.

        Raises:
            ObjectMissingError: no such package.
            PackageBrokenError: it contradicts itself.
            StorageFaultError: the store failed.
        """
        return self.record_of(self.packages.newest(package_id))

    def record_of(self, newest: Newest) -> PackageRecord:
        """The same of one version, whatever was stored since. See `record`."""
        files = {file.path: file for file in newest.files}

        def open_file(path: str) -> AbstractContextManager[BinaryIO]:
            return self.packages.open(files[path])

        return read_package(open_file, files, newest.package_id)

    def version(self, package_id: str) -> tuple[StoredVersion, str]:
        """How the package lies in storage, and since when: its first version, however often texts were corrected."""
        found = self.packages.describe(package_id)
        since = self.packages.versions(package_id)[0].created
        return StoredVersion(package_id, found.version, found.inventory_sha512), since

    def open(self, record: PackageRecord, file: PackageFile) -> AbstractContextManager[BinaryIO]:
        """The bytes of a file of a package, or of a list that is kept once for many.

        Raises:
            ObjectMissingError: it is gone.
            RecordUnreadableError: a list that is kept for many is not what its digest says.
        """
        if file.held:
            return io.BytesIO(self.evidence.get(file.sha256))
        return self.packages.open_file(record.package_id, file.path)

    def lies(self, record: PackageRecord, file: PackageFile) -> Path | None:
        """Where the file lies on this machine's disk; None: it has to be opened. Raises as `open`."""
        return None if file.held else self.packages.lies(record.package_id, file.path)

    def pages(self, record: PackageRecord, document: PackageDocument) -> Iterator[PageText]:
        """Text of all pages of a document, its files one after the other, pages counted through."""
        number = 0
        for text in document.texts:
            with self.packages.open_file(record.package_id, text.path) as stream:
                for page in iter_page_texts(stream):
                    number += 1
                    yield page.model_copy(update={"page": number})

    def register(self, item: WorkItem, stored: Stored) -> None:
        """See `Holdings.register`. What was stored of the dossier before stays as it is."""
        del item
        parts = [(self.record(part.package_id), *self.version(part.package_id)) for part in stored.parts]
        # The time of the stored version, not of this call: a rebuild must give the same answer.
        self.catalogue.enter([(record, version) for record, version, _ in parts], parts[0][2])

    def documents_to_index(self, dossier_id: str) -> Iterator[IndexedDocument]:
        """The documents of a dossier as the index wants them, one at a time."""
        yield from self.indexed(self.catalogue.records(dossier_id))

    def indexed(self, records: Sequence[PackageRecord]) -> Iterator[IndexedDocument]:
        """Documents of the parts of one dossier for the index, with who may find them."""
        labels: Mapping[int, Label] = self.catalogue.labels(records[0].dossier_id) if records else {}
        for record in records:
            for document in indexed_documents(record, partial(self.pages, record)):
                label = labels.get(document.ordinal, Label.CONFIDENTIAL)
                yield replace(document, access=document_tokens(record.agency, label))
