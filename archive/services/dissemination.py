"""Use case `export`: originals, PDF/A copies, text, proofs and packages leave the archive, counted and digested."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path

from archive.catalogue.holdings import Catalogue, Place
from archive.catalogue.trail import AuditTrail
from archive.dissemination.outgoing import (
    PACKAGES,
    Exported,
    ExportKind,
    ExportRefusedError,
    Maker,
    Options,
    Outgoing,
    Wanted,
)
from archive.dissemination.targets import Target, target_at
from archive.services.proofs import Proofs
from metadata.errors import UsageError
from metadata.events import EventType
from metadata.package import PackageRecord
from metadata.time import Clock

__all__ = ["Dissemination", "ExportKind"]


@dataclass(frozen=True, slots=True)
class Dissemination:
    """Takes things out."""

    catalogue: Catalogue
    trail: AuditTrail
    clock: Clock
    makers: Callable[[ExportKind], Maker]
    """What makes the files of a kind; asked for the one that is wanted, because starting is measured."""

    proofs: Callable[[], Proofs]
    """Asked when a proof is wanted: it leans on trust and evidence as they are then."""

    def export(
        self,
        identifier: str,
        kind: ExportKind,
        target: Path,
        *,
        operator: str,
        options: Options | None = None,
        without: frozenset[int] = frozenset(),
    ) -> Iterator[Exported]:
        """Write what `identifier` names to `target`: a document as a file, a dossier as a folder or one ZIP.

        Everything is written under another name first, so that a broken export never looks whole.

        Args:
            identifier: As the catalogue knows it.
            kind: What of it.
            target: A file, a folder, or a ZIP by its ending.
            operator: Who takes it out.
            options: How.
            without: Documents that do not leave, nor the lists as received, which tell of them; for copies only.

        Raises:
            NotFoundError: nothing has that identifier.
            UsageError: it names several dossiers, `target` exists, or `options` cannot be met.
            ArchiveError: the system failed.
        """
        place = self._place(identifier)
        wanted = Wanted(
            kind=kind,
            dossier_id=place.dossier_id,
            ordinal=place.ordinal,
            parts=partial(self._parts, place.dossier_id, without),
            made_at=self.clock.now(),
            options=options or Options(),
            container=target.stem if target.suffix.lower() == ".zip" and not target.is_dir() else "",
        )
        files = self.makers(kind)(wanted)
        first = list(islice(files, 2 if place.ordinal is not None and kind not in PACKAGES else 0))
        alone = len(first) == 1
        with target_at(target, single=alone) as writer:
            head = next(wanted.parts())
            self.leaves(head, kind, place.ordinal, operator, more=_details(wanted))
            for file in chain(first, files):
                if file.noted:
                    self.leaves(head, kind, place.ordinal, operator, more=file.noted)
                yield _written(writer, file, alone=alone)

    def _parts(self, dossier_id: str, without: frozenset[int]) -> Iterator[PackageRecord]:
        for record in self.catalogue.each_record(dossier_id):
            kept = tuple(document for document in record.documents if document.ordinal not in without)
            yield record.model_copy(update={"documents": kept, "sources": ()}) if without else record

    def _place(self, identifier: str) -> Place:
        places = self.catalogue.find(identifier)
        if len(places) > 1:
            listed = ", ".join(f"{place.dossier_id}/{place.ordinal or ''}" for place in places)
            msg = f"{identifier} names several: {listed}"
            raise UsageError(msg)
        return places[0]

    def leaves(
        self,
        record: PackageRecord,
        kind: ExportKind,
        ordinal: int | None,
        operator: str,
        *,
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Record that something of a dossier leaves; durable on return, and before its first byte does.

        Args:
            record: Of its first part.
            kind: As what it leaves.
            ordinal: The document; None: the whole dossier.
            operator: Who takes it out.
            more: What else the event shall say: identifiers, no personal data.

        Raises:
            DatabaseFaultError: it could not be recorded, so nothing may leave.
        """
        detail = {"kind": kind.value, "ordinal": str(ordinal or ""), **(more or {})}
        agent = f"person:{operator}"
        self.trail.record(
            self.trail.event(
                EventType.DISSEMINATION, record.dossier_id, agency=record.agency, agent=agent, detail=detail
            )
        )


def _details(wanted: Wanted) -> dict[str, str]:
    """Shape of a package, and the request for which it leaves: whoever asks later what a reader got finds it."""
    if wanted.kind not in PACKAGES:
        return {}
    from archive.dissemination.requests import request_id_of  # noqa: PLC0415 - starting is measured

    request = request_id_of(wanted.options.request)
    return {"profile": wanted.options.shape.value} | ({"request": request} if request else {})


def _written(writer: Target, file: Outgoing, *, alone: bool) -> Exported:
    try:
        exported = writer.write(file)
    except ExportRefusedError as refusal:
        # Of a whole dossier what can leave does, and the rest is told.
        if alone:
            raise
        return Exported(None, None, None, file.more | refusal.told())
    file.written(exported)
    return exported
