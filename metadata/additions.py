"""What a supplement or a replacement does to the dossier that is stored: which document is which, and their numbers.

Nothing that is stored is rewritten or left out. A document gets one of three places:

- it *completes* a stored document that was described without a file (a register): it takes its ordinal;
- it *replaces* a stored document: it gets an ordinal of its own and says which one it replaces, both are kept;
- it is *new*: it keeps its ordinal where that is free, else it gets the next one.

A row without files for a document that is stored already says nothing new and stays out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from metadata.codes import document_number, document_title, nfc, same_document_key
from metadata.descriptions import DocumentDescription, DocumentRelation, DossierDescription, RecordStatus, RelationKind
from metadata.findings import Finding
from metadata.profiles.vocabularies import fold

ADDING = frozenset({RecordStatus.SUPPLEMENT, RecordStatus.REPLACEMENT})
"""What becomes a further part of a stored dossier."""


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document of the stored dossier."""

    description: DocumentDescription
    has_files: bool


@dataclass(frozen=True, slots=True)
class Addition:
    """Where the documents of a supplement or replacement go."""

    ordinals: Mapping[int, int] = field(default_factory=dict)
    """Ordinal in the dossier by the ordinal as delivered; those that are left out have none."""

    relations: Mapping[int, tuple[DocumentRelation, ...]] = field(default_factory=dict)
    """What a document does to stored ones, by its ordinal as delivered."""

    findings: tuple[Finding, ...] = ()


def place_documents(
    dossier: DossierDescription, known: Sequence[KnownDocument], taken: Collection[int] = ()
) -> Addition:
    """Places for the documents of `dossier`, a supplement or replacement.

    Args:
        dossier: As delivered.
        known: What is stored, earlier parts first.
        taken: Ordinals that others, who are being stored just now, have been given.
    """
    placing = _Placing(dossier, known, taken)
    for document in dossier.documents:
        placing.take(document)
    findings = list(placing.findings)
    if not placing.ordinals:
        findings.append(Finding(rule="ADD-006", subject=dossier.file_code))
    return Addition(placing.ordinals, placing.relations, tuple(findings))


class _Placing:
    def __init__(self, dossier: DossierDescription, known: Sequence[KnownDocument], taken: Collection[int]) -> None:
        self._dossier = dossier
        self._known = tuple(known)
        self._latest = {name: at for at, entry in enumerate(known) for name in _names(entry.description)}
        self._used = {*taken, *(entry.description.ordinal for entry in known)}
        # Numbers that the delivery itself uses stay free for the rows that carry them.
        self._last = max({0, *self._used, *(document.ordinal for document in dossier.documents)})
        self._completed = set(taken)
        self.ordinals: dict[int, int] = {}
        self.relations: dict[int, tuple[DocumentRelation, ...]] = {}
        self.findings: list[Finding] = []

    def take(self, document: DocumentDescription) -> None:
        own = document.ordinal
        same = self._same(document)
        if same is None:
            if self._dossier.record_status is RecordStatus.REPLACEMENT and document.files:
                self._tell("ADD-009", document)
            self.ordinals[own] = self._free(document)
            return
        stored = same.description.ordinal
        if not document.files:
            self._tell("ADD-005", document, stored=str(stored))
        elif not same.has_files and stored not in self._completed:
            self._completed.add(stored)
            self.ordinals[own] = stored
        elif self._dossier.record_status is RecordStatus.REPLACEMENT:
            self.ordinals[own] = self._next()
            self.relations[own] = (DocumentRelation(kind=RelationKind.REPLACES, target=f"#{stored}"),)
            self._tell("ADD-007", document, stored=str(stored), ordinal=str(self.ordinals[own]))
        else:
            self._tell("ADD-003", document, stored=str(stored))

    def _same(self, document: DocumentDescription) -> KnownDocument | None:
        """The stored document that `document` means, the latest of several; None where it is another one."""
        named = [self._latest[name] for name in _names(document) if name in self._latest]
        if named:
            return self._known[max(named)]
        own = document.ordinal
        alike = (entry for entry in reversed(self._known) if entry.description.ordinal == own)
        return next((entry for entry in alike if not _contradicts(document, entry.description)), None)

    def _free(self, document: DocumentDescription) -> int:
        if document.ordinal not in self._used:
            self._used.add(document.ordinal)
            return document.ordinal
        number = self._next()
        self._tell("ADD-004", document, ordinal=str(number))
        return number

    def _next(self) -> int:
        self._last += 1
        self._used.add(self._last)
        return self._last

    def _tell(self, rule: str, document: DocumentDescription, **values: str) -> None:
        self.findings.append(
            Finding(
                rule=rule,
                subject=f"{self._dossier.file_code}.{document.ordinal}",
                file=document.source or self._dossier.source,
                sheet=document.sheet,
                row=document.row,
                values=values,
            )
        )


def _contradicts(document: DocumentDescription, stored: DocumentDescription) -> bool:
    return any(a and b and a != b for a, b in zip(_traits(document), _traits(stored), strict=True))


def _names(document: DocumentDescription) -> Iterator[tuple[str, ...]]:
    """By what two rows are the same document, whatever their ordinals."""
    for key in ("doc_code", "doc_id"):
        if name := nfc(document.value(key)).casefold():
            yield (key, name)
    if whole := same_document_key(document):
        yield whole


def _traits(document: DocumentDescription) -> tuple[str, ...]:
    """What two rows for one document may not say differently."""
    return (
        nfc(document.value("doc_code")).casefold(),
        fold(document_number(document)),
        document.value("issued_date"),
        fold(document_title(document)),
    )
