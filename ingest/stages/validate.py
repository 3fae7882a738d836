"""Stage `validate`: every broken rule at once, of the delivery, the metadata, and the files; only errors reject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import ClassVar

from ingest.checks import (
    Checks,
    DuplicateLookup,
    MeasuredChecks,
    converted_findings,
    known_findings,
    without_echoes,
)
from ingest.facts import Adds, Fact, FileFormat, FileRole, Formats, Inspection, Received, ReceivedFile, Validated
from ingest.ports import Answer, Limits, MalwareScanner, Workers, in_turn
from ingest.quarantine import located
from ingest.work import Rejected, WorkItem
from metadata.codes import document_number
from metadata.compact import by_name
from metadata.digitised import LookedAt, check_digitised
from metadata.findings import Finding
from metadata.formats import UNKNOWN, FormatKind, by_extension, by_mime, extension_of, name_lies
from metadata.rules import errors_of

LIMITS = Limits(cpu_seconds=60, wall_seconds=180, memory_mib=1024, output_mib=16)
"""For one file: everything in it is unpacked once, at most 600 MiB."""

TASK = "ingest.engines.inspection:inspect"
_EMBEDDED = "ING-031"
_NEVER = frozenset({FormatKind.PROGRAM, FormatKind.ARCHIVE})
"""What is not taken in either as a file that only comes along: it does something, or hides something."""

LIMITS_EXCEEDED = "Heuristics.Limits"
"""How clamd begins when it gave up before the end; no malware."""


@dataclass(slots=True)
class _Seen:
    """What was found out of files so far."""

    findings: list[Finding] = field(default_factory=list)
    pages: dict[int, int | None] = field(default_factory=dict)
    """Of each document by ordinal; None where one of its files has none that were measured."""

    def count_pages(self, file: ReceivedFile, counted: int | None) -> None:
        if file.role is FileRole.DOCUMENT and file.ordinal is not None:
            before = self.pages.get(file.ordinal, 0)
            self.pages[file.ordinal] = None if before is None or counted is None else before + counted


@dataclass(frozen=True, slots=True)
class Validate:
    """Judges a dossier by all rules that need no other program than a look inside.

    Args:
        workers: For the look inside; nothing delivered is parsed in this process.
        scanner: None: no malware scanner is configured, and the fact says so.
        checks: Rules of metadata, the same as in `Receive`.
        measured: Rules that need the measured pages.
        known: What the archive holds already.
        limits: For the look inside one file.
    """

    name: ClassVar[str] = "validate"
    needs: ClassVar[tuple[type[Fact], ...]] = (Received, Formats)
    gives: ClassVar[type[Fact]] = Validated

    workers: Workers
    scanner: MalwareScanner | None
    checks: Checks
    measured: MeasuredChecks
    known: DuplicateLookup
    limits: Limits = LIMITS

    def run(self, item: WorkItem) -> Validated | Rejected:
        """See `Stage.run`.

        Raises:
            ArchiveError: a tool or the scanner could not say; never read as clean or as broken.
        """
        seen = _Seen()
        inspections = by_name(Inspection, self._look(item, seen))
        findings = without_echoes(
            (
                *known_findings(item, self.checks),
                *item.fact(Received).findings,
                *self.measured(item.dossier, seen.pages),
                *check_digitised(item.delivery.profile, item.dossier, _looked_at(item, inspections)),
                *seen.findings,
                *(finding for file in item.fact(Received).each_once() for finding in self._scan(item, file)),
                *self._duplicates(item),
            )
        )
        if errors_of(findings):
            return Rejected(findings)
        # Blanks that pages fill are no doubts: then it is told when the pages are read.
        converted = () if item.delivery.accept_suggestions else converted_findings(item, item.dossier.documents)
        return Validated(
            findings=(*findings, *converted),
            inspections=inspections,
            malware=self.scanner.tool() if self.scanner else None,
        )

    def _look(self, item: WorkItem, seen: _Seen) -> Iterator[tuple[str, Inspection]]:
        received, formats = item.fact(Received), item.fact(Formats).formats
        beside = {document.files[0] for document in item.dossier.documents if len(document.files) > 1}

        def submit(file: ReceivedFile) -> Future[Answer]:
            asked = {"path": str(located(item.folder, file)), "mime": _looked_at_as(file.path, formats[file.path])}
            return self.workers.submit(TASK, asked, limits=self.limits)

        answers = in_turn(self.workers, received.each_once(), submit)
        for done, (file, answer) in enumerate(answers, start=1):
            item.tell(done, len(received.files))
            inspection, found = _inspection(file.path, answer)
            if file.path in beside and _is_mail(formats[file.path]):
                # What came with a mail lies beside it already.
                found = tuple(finding for finding in found if finding.rule != _EMBEDDED)
            # What cannot be read at all is told once, by what is wrong with it.
            about_format = () if inspection.problem else tuple(_format_findings(file, formats[file.path]))
            seen.findings += (*found, *about_format)
            seen.count_pages(file, inspection.pages)
            yield file.path, inspection

    def _scan(self, item: WorkItem, file: ReceivedFile) -> Iterator[Finding]:
        if self.scanner is None or file.size_bytes == 0:
            return
        name = self.scanner.scan(located(item.folder, file))
        if name is not None:
            rule = "ING-041" if name.startswith(LIMITS_EXCEEDED) else "ING-040"
            yield Finding(rule=rule, subject=file.path, values={"found": name})

    def _duplicates(self, item: WorkItem) -> Iterator[Finding]:
        yield from self._same_bytes(item)
        own = _own_dossier(item)
        for document in item.dossier.documents:
            number = document_number(document)
            body, date = document.value("organ_name"), document.value("issued_date")
            if not (number and body and date):
                continue
            for place in self.known.by_number(
                number, agency=item.agency, body=body, date=date, besides=own, up_to=item.names_up_to
            ):
                yield Finding(
                    rule="ING-051",
                    subject=document.files[0] if document.files else item.dossier.file_code,
                    sheet=document.sheet,
                    row=document.row,
                    values={"place": place, "number": number},
                )

    def _same_bytes(self, item: WorkItem) -> Iterator[Finding]:
        first: dict[str, str] = {}
        for file in item.fact(Received).documents():
            if file.size_bytes == 0:
                continue
            twin = first.setdefault(file.sha256, file.path)
            places = [twin] if twin != file.path else []
            own = _own_dossier(item)
            held = self.known.by_digest(file.sha256, agency=item.agency, besides=own, up_to=item.names_up_to)
            for place in (*places, *held):
                yield Finding(rule="ING-050", subject=file.path, values={"place": place})


def _own_dossier(item: WorkItem) -> str:
    """The dossier that this one is, or that it adds to: its documents are no doubles of themselves."""
    adds = item.facts.get(Adds)
    return adds.dossier_id if isinstance(adds, Adds) else item.package_id


def _inspection(path: str, answer: Answer) -> tuple[Inspection, tuple[Finding, ...]]:
    """What the look inside found; a breach of its limits, found twice, is a fact about the file."""
    if answer.breach is not None:
        detail = f"{answer.breach}: {answer.detail}".rstrip(": ")
        finding = Finding(rule="ING-013", subject=path, values={"found": detail})
        return Inspection(problem="ING-013", detail=detail), (finding,)
    findings = tuple(
        Finding(rule=str(rule), subject=path, values={"found": str(detail)})
        for rule, detail in answer.value["findings"]
    )
    return Inspection.model_validate(answer.value["inspection"]), findings


def _is_mail(found: FileFormat) -> bool:
    known = by_mime(found.mime)
    return known is not None and known.kind is FormatKind.MAIL


def _looked_at_as(path: str, found: FileFormat) -> str:
    """The MIME type to look inside as: half a DOCX is a damaged DOCX and no archive, although its bytes begin so."""
    known, promised = by_mime(found.mime), by_extension(extension_of(path))
    cut = known is not None and known.kind is FormatKind.ARCHIVE
    if cut and promised is not None and promised.kind in {FormatKind.OOXML, FormatKind.ODF}:
        return promised.mime
    return found.mime


def _format_findings(file: ReceivedFile, found: FileFormat) -> Iterator[Finding]:
    known, path = by_mime(found.mime), file.path
    if known is None or not known.accepted:
        name = known.name if known else found.name or found.mime
        # What comes along (JSON of another program, texts it packed) is kept as it is; nobody promises to show it.
        beside = file.role is FileRole.SOURCE and (known is None or known.kind not in _NEVER)
        yield Finding(rule="ING-023" if beside else "ING-020", subject=path, values={"found": name, "puid": found.puid})
    elif found.puid == UNKNOWN and known.kind is not FormatKind.EMPTY:
        yield Finding(rule="ING-022", subject=path, values={"found": known.name})
    if known is not None and name_lies(path, known):
        yield Finding(rule="ING-021", subject=path, values={"found": known.name})


def _looked_at(item: WorkItem, inspections: Mapping[str, Inspection]) -> Mapping[str, LookedAt]:
    """What was measured, by path as received."""
    formats = item.fact(Formats).formats
    measured = (
        (
            path,
            LookedAt(
                mime=formats[path].mime,
                pdf_version=inspection.pdf_version,
                claimed_pdfa=inspection.claimed_pdfa,
                signatures=inspection.signatures,
                measured=inspection.measured,
            ),
        )
        for path, inspection in inspections.items()
        if inspection.measured is not None
    )
    return by_name(LookedAt, measured)
