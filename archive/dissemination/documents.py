"""Originals, PDF/A copies, text, proofs and copies with their evidence: files of documents."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import BinaryIO

from archive.dissemination.outgoing import Opener, Outgoing, Wanted
from archive.services.lta_copies import LtaCopies
from archive.services.proofs import Proofs
from archive.services.stored_packages import StoredPackages
from metadata.package import PackageDocument, PackageFile, PackageRecord
from metadata.text_events import pages_of


@dataclass(frozen=True, slots=True)
class DocumentFiles:
    """Makers of what leaves document by document."""

    stored: StoredPackages
    proofs: Callable[[], Proofs]
    """Asked when a proof is wanted: it leans on trust and evidence as they are then."""

    lta_copies: Callable[[], LtaCopies]
    """Asked when such a copy is wanted: it leans on trust and on time-stamp authorities."""

    def originals(self, wanted: Wanted) -> Iterator[Outgoing]:
        """Files as received, under the names as received; of a whole dossier its lists too."""
        names = _Names()
        for record, document in wanted.documents():
            for file in document.originals:
                yield Outgoing(names.of(record, file.original_name), self._opener(record, file))
        if wanted.ordinal is not None:
            return
        given: set[tuple[str, str]] = set()
        for record in wanted.parts():
            for file in record.sources:
                if (file.original_name, file.sha256) not in given:
                    given.add((file.original_name, file.sha256))
                    yield Outgoing(names.of(record, file.original_name), self._opener(record, file))

    def pdfa(self, wanted: Wanted) -> Iterator[Outgoing]:
        """PDF/A copies, or originals that are PDF/A; a line without a file where there is neither."""
        names = _Names()
        for record, document in wanted.documents():
            made = {file.derived_from: file for file in document.renditions}
            for file in document.originals:
                outgoing = self._pdfa(record, document, file, made.get(file.path))
                yield outgoing if outgoing.open is None else replace(outgoing, name=names.of(record, outgoing.name))

    def text(self, wanted: Wanted) -> Iterator[Outgoing]:
        """Text of documents, pages parted by form feeds; the line says which pages people corrected or confirmed."""
        names = _Names()
        for record, document in wanted.documents():
            if document.originals:
                name = names.of(record, f"{_stem(document)}.txt")
                yield Outgoing(name, self._text_opener(record, document), reviewed(document))

    def proof(self, wanted: Wanted) -> Iterator[Outgoing]:
        """One proof a document."""
        proofs = self.proofs()
        for record, document in wanted.documents():
            yield Outgoing(proofs.name(document), proofs.opener(record, document), {"document": document.ordinal})

    def pdf_lta(self, wanted: Wanted) -> Iterator[Outgoing]:
        """Copies of PDFs with their evidence inside."""
        copies = self.lta_copies()
        for record, document in wanted.documents():
            for file in document.originals:
                said = {"document": document.ordinal, "original": file.original_name, "copy_of": file.sha256}
                yield Outgoing(copies.name(file), copies.opener(record, document, file), said)

    def _pdfa(
        self, record: PackageRecord, document: PackageDocument, original: PackageFile, rendition: PackageFile | None
    ) -> Outgoing:
        said = rendition.conversion if rendition is not None else original.conversion
        more = {
            "flavour": said.flavour if said else None,
            "route": said.route if said else None,
            "document": document.ordinal,
            "original": original.original_name,
        }
        chosen = rendition
        if chosen is None and said is not None and said.flavour is not None:
            chosen = original
        if chosen is None:
            return Outgoing(original.original_name, None, more | {"flavour": None})
        name = original.original_name
        if PurePosixPath(name).suffix.lower() != ".pdf":
            # `a.docx` and `a.pdf` of one dossier must not meet in one name.
            name += ".pdf"
        return Outgoing(name, self._opener(record, chosen), more)

    def _opener(self, record: PackageRecord, file: PackageFile) -> Opener:
        return lambda: self.stored.open(record, file)

    def _text_opener(self, record: PackageRecord, document: PackageDocument) -> Opener:
        def joined() -> BinaryIO:
            return io.BytesIO("\f".join(page.text for page in self.stored.pages(record, document)).encode())

        return joined


def reviewed(document: PackageDocument) -> dict[str, list[int]]:
    """Pages of a document that people corrected or confirmed; nothing where nobody did."""
    found = {f"{word}_pages": list(pages_of(document, word)) for word in ("corrected", "confirmed")}
    return found if any(found.values()) else {}


class _Names:
    """Names on the way out: what a later part calls like an earlier one lies in a folder of that part."""

    def __init__(self) -> None:
        self._parts: dict[str, int] = {}

    def of(self, record: PackageRecord, name: str) -> str:
        """The name under which a file of the part `record` leaves."""
        first = self._parts.setdefault(name.casefold(), record.part)
        return name if first == record.part else f"part-{record.part}/{name}"


def _stem(document: PackageDocument) -> str:
    names = [file.original_name for file in document.originals]
    return str(PurePosixPath(names[0]).with_suffix("")) if names else f"{document.ordinal:03d}"
