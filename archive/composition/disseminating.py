"""What leaves the archive in another shape, wired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from archive.dissemination.outgoing import ExportKind, Maker, Outgoing, Shape, Wanted

if TYPE_CHECKING:
    from archive.composition.installation import Installation
    from archive.dissemination.issuing import Issuing
    from archive.services.dissemination import Dissemination
    from archive.services.foreign_history import ForeignHistory
    from archive.services.lta_copies import LtaCopies
    from archive.services.package_trail import PackageTrail


def dissemination(archive: Installation) -> Dissemination:
    """Takes things out."""
    from archive.composition.proving import proofs  # noqa: PLC0415 - starting is measured
    from archive.services.dissemination import Dissemination  # noqa: PLC0415

    return Dissemination(
        catalogue=archive.catalogue,
        trail=archive.trail,
        clock=archive.clock,
        makers=partial(maker, archive),
        proofs=partial(proofs, archive),
    )


def maker(archive: Installation, kind: ExportKind) -> Maker:
    """What makes the files of `kind`. A new kind is one more entry."""
    from archive.composition.proving import proofs  # noqa: PLC0415
    from archive.dissemination.documents import DocumentFiles  # noqa: PLC0415

    documents = DocumentFiles(archive.stored, partial(proofs, archive), partial(lta_copies, archive))
    makers: Mapping[ExportKind, Callable[[], Maker]] = {
        ExportKind.ORIGINAL: lambda: documents.originals,
        ExportKind.PDFA: lambda: documents.pdfa,
        ExportKind.TEXT: lambda: documents.text,
        ExportKind.PROOF: lambda: documents.proof,
        ExportKind.PDF_LTA: lambda: documents.pdf_lta,
        ExportKind.BAGIT: lambda: _bags(archive),
        ExportKind.BOOK: lambda: _books(archive),
        **dict.fromkeys((ExportKind.AIP, ExportKind.SIP, ExportKind.DIP), lambda: _packages(archive)),
    }
    return makers[kind]()


def _packages(archive: Installation) -> Maker:
    from archive.dissemination.packages import ArchiveName, Packages  # noqa: PLC0415

    name = ArchiveName(archive.settings.archive.name, archive.settings.archive.code)

    def outgoing(wanted: Wanted) -> Iterator[Outgoing]:
        if wanted.options.shape is Shape.TT02:
            from archive.dissemination.tt02 import Deliveries  # noqa: PLC0415

            return Deliveries(archive.stored, archive.home.scratch).outgoing(wanted)
        trail, scratch = package_trail(archive).of, archive.home.scratch
        issuing, foreign = _issuing(archive), foreign_history(archive).of
        return Packages(archive.stored, trail, name, scratch, issuing, foreign).outgoing(wanted)

    return outgoing


def _issuing(archive: Installation) -> Issuing:
    from archive.dissemination.copies import Copies, WorkerMarker  # noqa: PLC0415
    from archive.dissemination.issuing import Issuing  # noqa: PLC0415
    from archive.reports.papers import Papers  # noqa: PLC0415

    said, scratch = archive.settings.archive, archive.home.scratch
    marker = WorkerMarker(archive.workers, archive.pdfa_judge)
    papers = Papers(archive.workers, scratch)
    return Issuing(Copies(archive.stored, marker), papers, said.name, said.code, scratch)


def _bags(archive: Installation) -> Maker:
    from archive.dissemination.bags import Bags  # noqa: PLC0415

    return Bags(archive.stored, archive.home.scratch).outgoing


def _books(archive: Installation) -> Maker:
    from archive.dissemination.book import Books  # noqa: PLC0415

    name, scratch = archive.settings.archive.name, archive.home.scratch
    return Books(archive.stored, archive.workers, name, scratch, archive.pdfa_judge).outgoing


def package_trail(archive: Installation) -> PackageTrail:
    """What happened to packages since they were stored."""
    from archive.preservation.evidence.stamping import Stamping  # noqa: PLC0415 - starting is measured
    from archive.preservation.evidence.stored import Places  # noqa: PLC0415
    from archive.services.package_trail import PackageTrail  # noqa: PLC0415
    from storage.evidence_batches import EvidenceBatches  # noqa: PLC0415

    stamping = Stamping(EvidenceBatches(archive.store), _judges_nothing, archive.clock)
    return PackageTrail(archive.trail, stamping, Places(archive.store, archive.packages, stamping))


def _judges_nothing(token: bytes) -> NoReturn:
    msg = f"a token of {len(token)} bytes was to be judged where only the index of stamps is read"
    raise AssertionError(msg)


def foreign_history(archive: Installation) -> ForeignHistory:
    """What former keepers tell of dossiers that were taken in from them."""
    from archive.services.foreign_history import ForeignHistory  # noqa: PLC0415 - starting is measured

    kept = archive.home.work / "history"
    return ForeignHistory(archive.stored, lambda: archive.workers, archive.home.scratch, kept)


def lta_copies(archive: Installation) -> LtaCopies:
    """Makes copies of signed PDFs with their evidence inside."""
    from archive.composition.trusting import intake_judge, revocation_broker, tsa_client  # noqa: PLC0415 - starting is measured
    from archive.services.lta_copies import LtaCopies  # noqa: PLC0415

    return LtaCopies(
        stored=archive.stored,
        objects=archive.evidence,
        workers=archive.workers,
        judge=intake_judge(archive),
        stamper=tsa_client(archive, archive.settings.evidence.tsa, answers=revocation_broker(archive).known),
        scratch=archive.home.scratch,
    )
