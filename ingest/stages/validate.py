"""Stage `validate`: every broken rule at once, of the delivery, the metadata, and the files; only errors reject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ingest.checks import Checks, DuplicateLookup, MeasuredChecks, known_findings
from ingest.facts import Fact, FileFormat, FileRole, Formats, Inspection, Received, ReceivedFile, Validated
from ingest.ports import Answer, Limits, MalwareScanner, Workers, gather
from ingest.quarantine import located
from ingest.work import Rejected, WorkItem
from metadata.codes import document_number
from metadata.findings import Finding
from metadata.formats import UNKNOWN, FormatKind, by_extension, by_mime, extension_of, name_lies
from metadata.rules import errors_of

LIMITS = Limits(cpu_seconds=60, wall_seconds=180, memory_mib=1024, output_mib=16)
"""For one file: everything in it is unpacked once, at most 600 MiB."""

TASK = "ingest.engines.inspection:inspect"
LIMITS_EXCEEDED = "Heuristics.Limits"
"""How clamd begins when it gave up before the end; no malware."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was found out of one file."""

    file: ReceivedFile
    inspection: Inspection
    findings: tuple[Finding, ...]


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
        seen = list(self._look(item))
        pages = _pages_by_ordinal(seen)
        findings = (
            *known_findings(item, self.checks),
            *self.measured(item.dossier, pages),
            *(finding for one in seen for finding in one.findings),
            *(finding for one in seen for finding in self._scan(item, one.file)),
            *self._duplicates(item),
        )
        if errors_of(findings):
            return Rejected(findings)
        return Validated(
            findings=findings,
            inspections={one.file.path: one.inspection for one in seen},
            malware=self.scanner.tool() if self.scanner else None,
        )

    def _look(self, item: WorkItem) -> Iterator[_Seen]:
        formats = item.fact(Formats).formats
        files = tuple({file.path: file for file in item.fact(Received).files}.values())
        futures = [
            self.workers.submit(
                TASK,
                {"path": str(located(item.folder, file)), "mime": _looked_at_as(file.path, formats[file.path])},
                limits=self.limits,
            )
            for file in files
        ]
        for file, answer in zip(files, gather(futures, item.tell), strict=True):
            inspection, found = _inspection(file.path, answer)
            # What cannot be read at all is told once, by what is wrong with it.
            about_format = () if inspection.problem else tuple(_format_findings(file.path, formats[file.path]))
            yield _Seen(file, inspection, (*found, *about_format))

    def _scan(self, item: WorkItem, file: ReceivedFile) -> Iterator[Finding]:
        if self.scanner is None or file.size_bytes == 0:
            return
        name = self.scanner.scan(located(item.folder, file))
        if name is not None:
            rule = "ING-041" if name.startswith(LIMITS_EXCEEDED) else "ING-040"
            yield Finding(rule=rule, subject=file.path, values={"found": name})

    def _duplicates(self, item: WorkItem) -> Iterator[Finding]:
        yield from self._same_bytes(item)
        for document in item.dossier.documents:
            number = document_number(document)
            body, date = document.value("organ_name"), document.value("issued_date")
            if not (number and body and date):
                continue
            for place in self.known.by_number(number, body=body, date=date, besides=item.package_id):
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
            for place in (*places, *self.known.by_digest(file.sha256, besides=item.package_id)):
                yield Finding(rule="ING-050", subject=file.path, values={"place": place})


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


def _looked_at_as(path: str, found: FileFormat) -> str:
    """The MIME type to look inside as: half a DOCX is a damaged DOCX and no archive, although its bytes begin so."""
    known, promised = by_mime(found.mime), by_extension(extension_of(path))
    cut = known is not None and known.kind is FormatKind.ARCHIVE
    if cut and promised is not None and promised.kind in {FormatKind.OOXML, FormatKind.ODF}:
        return promised.mime
    return found.mime


def _format_findings(path: str, found: FileFormat) -> Iterator[Finding]:
    known = by_mime(found.mime)
    if known is None or not known.accepted:
        name = known.name if known else found.name or found.mime
        yield Finding(rule="ING-020", subject=path, values={"found": name, "puid": found.puid})
    elif found.puid == UNKNOWN and known.kind is not FormatKind.EMPTY:
        yield Finding(rule="ING-022", subject=path, values={"found": known.name})
    if known is not None and name_lies(path, known):
        yield Finding(rule="ING-021", subject=path, values={"found": known.name})


def _pages_by_ordinal(seen: Sequence[_Seen]) -> dict[int, int | None]:
    """Pages of each document; None where one of its files has none that were measured."""
    pages: dict[int, int | None] = {}
    for one in seen:
        if one.file.role is FileRole.DOCUMENT and one.file.ordinal is not None:
            before = pages.get(one.file.ordinal, 0)
            counted = one.inspection.pages
            pages[one.file.ordinal] = None if before is None or counted is None else before + counted
    return pages
