"""Stage `pdfa`: a route for each file, and a PDF/A rendition where there should be one (DESIGN section 2).

The original is kept bit for bit beside whatever is made here; nothing in this stage
writes to it. Decisions are kept file by file, so that a kill costs one file a worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import ValidationError

from ingest.facts import (
    Attempt,
    Fact,
    FileFormat,
    FileText,
    Formats,
    Inspection,
    Judged,
    Received,
    ReceivedFile,
    Rendition,
    Renditions,
    Route,
    Texts,
    TextSource,
    Tool,
    Validated,
)
from ingest.kept_results import write_whole
from ingest.pdfa_conversion import Conversion, Converter, Request
from ingest.ports import Limits, PdfaJudge, PdfaVerdict, Workers
from ingest.work import WorkItem
from metadata.findings import Finding
from metadata.formats import FormatKind, by_mime, by_puid
from metadata.verdicts import SignatureVerdict

OFFICE = frozenset({FormatKind.TEXT, FormatKind.RTF, FormatKind.OLE, FormatKind.OOXML, FormatKind.ODF, FormatKind.MAIL})
MOVING = frozenset({FormatKind.AUDIO, FormatKind.VIDEO})
OFFICE_TASK = "ingest.engines.libreoffice:convert"
OFFICE_LIMITS = Limits(cpu_seconds=120, wall_seconds=180, memory_mib=4096, output_mib=512)
IMAGE_TASK = "ingest.engines.ocr_layer:assemble"
IMAGE_LIMITS = Limits(cpu_seconds=120, wall_seconds=360, memory_mib=3072, output_mib=1024)

_RULES = {"password": "PDA-001", "damaged": "PDA-002", "limit": "PDA-003", "refused": "PDA-004", "pages": "PDA-005"}
_TOLD = {
    "attachment": "PDA-010",
    "annotation": "PDA-011",
    "field-without-appearance": "PDA-012",
    "xfa": "PDA-012",
    "names": "PDA-013",
    "open-action": "PDA-013",
    "action": "PDA-013",
}
"""Losses that a reader could miss, by the rule that tells them; the others are in the record only."""

_MOST_TOLD = 5


class Kept(Fact):
    """One file's decision as kept in the room, with what it was made by."""

    made_by: str
    decision: Rendition
    findings: tuple[Finding, ...]
    tools: tuple[Tool, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """One file with everything that earlier stages know of it."""

    received: ReceivedFile
    source: Path
    format: FileFormat | None
    inspection: Inspection
    verdicts: tuple[SignatureVerdict, ...]
    text: FileText | None
    by_product: Path | None
    """What the stage `text` made: OCR candidate, or the office program's PDF."""

    at: str

    @property
    def kind(self) -> FormatKind | None:
        """What the archive's table calls the format."""
        if self.format is None:
            return None
        known = by_puid(self.format.puid) or by_mime(self.format.mime)
        return known.kind if known else None

    @property
    def signed(self) -> bool:
        """A broken remnant of a signature counts: such a file is not freely converted either."""
        return bool(self.verdicts) or self.inspection.signatures > 0

    @property
    def decoded(self) -> bool:
        """Letters are in a legacy encoding: they have no true Unicode values, whatever a font says."""
        return self.text is not None and self.text.sources.get(TextSource.DECODED, 0) > 0


@dataclass(frozen=True, slots=True)
class Pdfa:
    """Decides each file's route and makes the renditions, files in parallel over the pool.

    `judge` is the outside judge (veraPDF) or None: then what others claim stays
    unconfirmed, and what we write is measured by pikepdf's checker.
    """

    name: ClassVar[str] = "pdfa"
    needs: ClassVar[tuple[type[Fact], ...]] = (Received, Formats, Validated, Judged, Texts)
    gives: ClassVar[type[Fact]] = Renditions

    workers: Workers
    judge: PdfaJudge | None = None

    def run(self, item: WorkItem) -> Renditions:
        """See Stage.run. Content never rejects here: what cannot be converted is kept as it is, with the reason."""
        room = item.room(self.name)
        files = list(_files(item))
        made_by = self._made_by()
        kept: list[Kept] = []
        with ThreadPoolExecutor(max_workers=max(1, self.workers.size)) as threads:
            futures = [
                threads.submit(self._kept, file, room / f"{number:04d}-{file.received.sha256[:16]}", made_by)
                for number, file in enumerate(files, start=1)
            ]
            try:
                for done, future in enumerate(futures, start=1):
                    kept.append(future.result())
                    item.tell(done, len(files))
            finally:
                for future in futures:
                    future.cancel()
        tools = {tool.model_dump_json(): tool for entry in kept for tool in entry.tools}
        return Renditions(
            decisions={file.received.path: entry.decision for file, entry in zip(files, kept, strict=True)},
            findings=tuple(finding for entry in kept for finding in entry.findings),
            tools=tuple(tools.values()),
        )

    def _made_by(self) -> str:
        tool = self.judge.tool() if self.judge else None
        return f"chain 1; {tool.name} {tool.version}" if tool else "chain 1"

    def _kept(self, file: _File, room: Path, made_by: str) -> Kept:
        """The decision on one file: the one that is kept already, else a new one, durable before this returns."""
        record = room / "decision.json"
        try:
            known = Kept.model_validate_json(record.read_bytes())
        except (FileNotFoundError, ValidationError):
            known = None
        path = known.decision.path if known else None
        if known and known.made_by == made_by and (path is None or (room.parent.parent / path).exists()):
            return known
        room.mkdir(parents=True, exist_ok=True)
        decided = _Decider(self.workers, self.judge, file, room, made_by).decide()
        write_whole(record, lambda stream: stream.write(decided.model_dump_json().encode()))
        return decided


def _files(item: WorkItem) -> Iterator[_File]:
    received, formats, texts = item.fact(Received), item.fact(Formats), item.fact(Texts)
    inspections, verdicts = item.fact(Validated).inspections, item.fact(Judged).verdicts
    for file in received.documents():
        text = texts.texts.get(file.path)
        yield _File(
            received=file,
            source=item.folder / file.stored,
            format=formats.formats.get(file.path),
            inspection=inspections.get(file.path, Inspection()),
            verdicts=verdicts.get(file.path, ()),
            text=text,
            by_product=item.folder / text.ocr_pdf if text and text.ocr_pdf else None,
            at=received.received_at,
        )


class _Decider:
    """Decides on one file."""

    def __init__(self, workers: Workers, judge: PdfaJudge | None, file: _File, room: Path, made_by: str) -> None:
        self._workers, self._judge, self._file, self._room, self._made_by = workers, judge, file, room, made_by
        self._tools: list[Tool] = []
        self._findings: list[Finding] = []

    def decide(self) -> Kept:
        decision = self._decision()
        for tool in (decision.judge, *self._tools):
            if tool is not None and tool not in self._tools:
                self._tools.append(tool)
        return Kept(made_by=self._made_by, decision=decision, findings=tuple(self._findings), tools=tuple(self._tools))

    def _decision(self) -> Rendition:
        file, kind = self._file, self._file.kind
        if kind in MOVING:
            return Rendition(route=Route.NOT_APPLICABLE)
        if file.inspection.encrypted:
            return self._none("password", "")
        if kind is FormatKind.PDF:
            return self._pdf()
        if kind is FormatKind.IMAGE:
            return self._image()
        if kind in OFFICE:
            return self._office()
        self._tell("PDA-008", found=file.format.name if file.format else "?")
        return Rendition(route=Route.NONE, reason="PDA-008")

    # ------------------------------------------------------------ routes

    def _pdf(self) -> Rendition:
        file, claim = self._file, self._file.inspection.claimed_pdfa
        before: tuple[Attempt, ...] = ()
        if claim:
            verdict = self._judge.check(file.source, None) if self._judge else PdfaVerdict("unsure", None)
            before = (self._as_received(verdict),) if self._judge else ()
            route = Route.KEEP_SIGNED if file.signed else Route.KEEP
            if verdict.status == "valid" and self._judge:
                return Rendition(route=route, flavour=verdict.flavour, judge=self._judge.tool(), attempts=before)
            if verdict.status == "unsure" and file.signed:
                self._tell("PDA-007", claimed=claim)
                return Rendition(
                    route=route, confirmed=False, attempts=before, reason=f"claims PDF/A-{claim}, not confirmed"
                )
            if verdict.status == "invalid":
                self._tell("PDA-009", claimed=claim, rules=", ".join(verdict.rules[:_MOST_TOLD]))
        route = Route.DERIVE_SIGNED if file.signed else Route.OCR if file.by_product else Route.CONVERT
        return self._converted(route, file.by_product or file.source, before=before)

    def _as_received(self, verdict: PdfaVerdict) -> Attempt:
        tool = self._judge.tool() if self._judge else None
        return Attempt(
            step="as-received",
            accepted=verdict.status == "valid",
            judge=f"{tool.name} {tool.version}" if tool else "",
            flavour=verdict.flavour if verdict.status == "valid" else None,
            rules=verdict.rules,
            detail=verdict.detail,
        )

    def _image(self) -> Rendition:
        source = self._file.by_product
        if source is None:
            asked = {"source": str(self._file.source), "kind": "image", "layers": {}}
            answer = self._workers.submit(IMAGE_TASK, asked, limits=IMAGE_LIMITS, deposit=self._room / "image").result()
            if answer.breach:
                return self._none("limit", answer.breach)
            if "ocr_pdf" not in answer.outputs:
                return self._none("damaged", str(answer.value.get("problem", "")))
            source = answer.outputs["ocr_pdf"]
        return self._converted(Route.OCR, source)

    def _office(self) -> Rendition:
        source = self._file.by_product
        if source is None:
            asked = {"source": str(self._file.source), "name": self._file.received.path}
            answer = self._workers.submit(
                OFFICE_TASK, asked, limits=OFFICE_LIMITS, deposit=self._room / "office"
            ).result()
            if answer.breach:
                return self._none("limit", answer.breach)
            self._tools.append(Tool.model_validate(answer.value["tool"]))
            if "pdf" not in answer.outputs:
                problem = "limit" if answer.value["problem"] == "timeout" else "damaged"
                return self._none(problem, f"{answer.value['problem']} {answer.value['detail']}")
            source = answer.outputs["pdf"]
        return self._converted(Route.OFFICE, source)

    # ------------------------------------------------------------ the chain

    def _converted(self, route: Route, source: Path, *, before: tuple[Attempt, ...] = ()) -> Rendition:
        file = self._file
        ours = source != file.source
        request = Request(
            source=source,
            at=file.at,
            aim="2u" if ours and not file.decoded else "2b",
            original=file.source if ours and file.kind is FormatKind.PDF else None,
            pages=file.inspection.pages or (file.text.pages if file.text else None),
        )
        converter = Converter(self._workers, self._judge)
        made = converter.convert(request, self._room)
        if made.path is None and ours and file.kind is FormatKind.PDF and made.problem != "limit":
            # The candidate could not be used: the file itself still can, with the text it has.
            again = converter.convert(Request(source=file.source, at=file.at, pages=request.pages), self._room)
            before, made = before + made.attempts, again
        if made.path is None or made.flavour is None:
            return self._none(made.problem, made.detail, before + made.attempts)
        self._tell_losses(made)
        return Rendition(
            route=Route.PICTURE if made.step == "picture" else route,
            path=f"{self._room.parent.name}/{self._room.name}/{made.path.name}",
            flavour=made.flavour,
            judge=made.judge,
            attempts=before + made.attempts,
            losses=made.losses,
        )

    def _none(self, problem: str, detail: str, attempts: tuple[Attempt, ...] = ()) -> Rendition:
        rule = _RULES[problem]
        self._tell(rule, detail=detail)
        return Rendition(route=Route.NONE, attempts=attempts, reason=rule)

    def _tell_losses(self, made: Conversion) -> None:
        if made.step == "picture":
            self._tell("PDA-006", detail="; ".join(a.detail for a in made.attempts if not a.accepted)[:300])
        told: dict[str, list[str]] = {}
        for loss in made.losses:
            code, _, detail = loss.partition(":")
            if code in _TOLD:
                told.setdefault(_TOLD[code], []).append(detail or code)
        for rule, details in told.items():
            more = len(details) - _MOST_TOLD
            self._tell(rule, lost="; ".join(details[:_MOST_TOLD]) + (f" (+{more})" if more > 0 else ""))

    def _tell(self, rule: str, **values: str) -> None:
        shown: Mapping[str, str] = {key: value for key, value in values.items() if value}
        self._findings.append(Finding(rule=rule, subject=self._file.received.path, values=dict(shown)))
