"""Use case `convert-profile`: descriptions of one circular in the terms of another, with every loss named.

Nothing that is stored or delivered is changed: what is made is a workbook of
the converted descriptions and a report. Only descriptions are read, no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from pydantic import BaseModel, ConfigDict

from metadata.bridge import BRIDGES
from metadata.bridge.conversion import convert
from metadata.bridge.notes import Cause, Note, NoteKind
from metadata.descriptions import Delivery, DocumentDescription, DossierDescription
from metadata.errors import UsageError
from metadata.findings import Finding

_OLDER = frozenset({"01-2019", "02-2019"})


@unique
class ConversionStatus(StrEnum):
    """What became of a dossier."""

    CONVERTED = "converted"
    UNCHANGED = "unchanged"
    """Described by another circular than the one that is converted from."""

    REJECTED = "rejected"
    """It bears a grade of secrecy: nothing of it is written anywhere."""


class ConvertedNote(BaseModel):
    """A loss or doubt as it is kept and told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    kind: NoteKind
    cause: Cause
    subject: str
    ordinal: int | None
    row: int | None
    key: str
    labels: dict[str, str]
    """Name of the field by language."""

    value: str
    """As written."""

    became: str
    suggestions: tuple[str, ...]
    messages: dict[str, str]
    """By language."""


class ConvertedDossier(BaseModel):
    """One dossier of a conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    package_id: str = ""
    """Of a stored dossier."""

    path: str = ""
    """Of a delivery."""

    status: ConversionStatus
    file_code: str
    documents_in: int
    """Documents that were to be converted, counted by who holds them."""

    documents_out: int
    cursor: str = ""
    """Place among the stored dossiers, from which an interrupted conversion goes on."""

    dossier: DossierDescription | None = None
    """None where nothing of it may be written."""

    notes: tuple[ConvertedNote, ...] = ()
    findings: tuple[Finding, ...] = ()

    def count(self, kind: NoteKind) -> int:
        """Losses or doubts."""
        return sum(1 for note in self.notes if note.kind is kind)


@dataclass(frozen=True, slots=True)
class Ends:
    """From which circular to which."""

    source: str
    target: str

    def checked(self) -> Ends:
        """The same, if there is a bridge.

        Raises:
            UsageError: there is none.
        """
        if (self.source, self.target) not in BRIDGES:
            known = ", ".join(f"{source} → {target}" for source, target in BRIDGES)
            msg = f"no conversion from {self.source} to {self.target}; there are {known}"
            raise UsageError(msg)
        return self


def noted(notes: Iterable[Note]) -> tuple[ConvertedNote, ...]:
    """Notes as they are kept."""
    return tuple(
        ConvertedNote(
            rule=note.rule,
            kind=note.kind,
            cause=note.cause,
            subject=note.subject,
            ordinal=note.ordinal,
            row=note.row,
            key=note.key,
            labels={language: note.label(language) for language in ("vi", "en")},
            value=note.written,
            became=note.value,
            suggestions=note.suggestions,
            messages={language: note.message(language) for language in ("vi", "en")},
        )
        for note in notes
    )


def converted(described: Sequence[tuple[str, DossierDescription]], ends: Ends) -> ConvertedDossier:
    """One dossier out of its parts, each with the profile that it was delivered by, the first part first."""
    documents: list[DocumentDescription] = []
    notes: list[ConvertedNote] = []
    head: DossierDescription | None = None
    changed = False
    for profile, part in described:
        found = convert(part, source=profile, target=ends.target) if profile == ends.source else None
        changed = changed or found is not None
        whole = found.dossier if found else part
        head = head or whole
        documents += whole.documents
        own = noted(found.notes) if found else ()
        # What later parts say of the dossier itself was said of the first.
        notes += [note for note in own if note.ordinal is not None or part is described[0][1]]
    if head is None:
        msg = "a dossier has at least one part"
        raise ValueError(msg)
    return ConvertedDossier(
        status=ConversionStatus.CONVERTED if changed else ConversionStatus.UNCHANGED,
        file_code=head.file_code,
        documents_in=sum(len(part.documents) for _, part in described),
        documents_out=len(documents),
        dossier=head.model_copy(update={"documents": tuple(documents)}),
        notes=tuple(notes),
    )


def converted_delivery(
    delivery: Delivery, path: str, ends: Ends, secrets: dict[str, tuple[Finding, ...]]
) -> Iterator[ConvertedDossier]:
    """The dossiers of a delivery, converted.

    A list that came out of a document system has the headings of TT 02/2019 as far as they go: which of the
    two it is, the caller says with `ends.source`.

    Args:
        delivery: As read.
        path: As the caller named it.
        ends: From which circular to which.
        secrets: Findings of grades of secrecy by dossier: nothing of these is written.
    """
    profile = ends.source if {ends.source, delivery.profile} <= _OLDER else delivery.profile
    for dossier in delivery.dossiers:
        if found := secrets.get(dossier.file_code):
            yield ConvertedDossier(
                path=path,
                status=ConversionStatus.REJECTED,
                file_code=dossier.file_code,
                documents_in=len(dossier.documents),
                documents_out=0,
                findings=found,
            )
            continue
        yield converted([(profile, dossier)], ends).model_copy(update={"path": path})
