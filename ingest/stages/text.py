"""Stage `text`: every page's text with its source and confidence, and what OCR made as candidate for `pdfa`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from ingest.checks import converted_findings
from ingest.facts import Fact, FileText, Formats, Received, ReceivedFile, Texts, Tool, Validated
from ingest.kept_results import KeptResults, write_whole
from ingest.page_suggestions import suggested, with_accepted
from ingest.pages import Reading, marks_of
from ingest.ports import Workers
from ingest.text_work import FileWork, TextLimits, TextWork
from ingest.work import Held, WorkItem
from metadata.descriptions import RecordKind
from metadata.extraction.document import DocumentReader
from metadata.extraction.suggestions import Suggestion
from metadata.findings import Finding
from metadata.formats import Format, FormatKind, by_mime, by_puid, extension_of
from metadata.texts import PageText
from metadata.texts_io import write_page_texts

_KINDS = {
    FormatKind.PDF: "pdf",
    FormatKind.IMAGE: "image",
    **dict.fromkeys((FormatKind.TEXT, FormatKind.RTF, FormatKind.OLE, FormatKind.OOXML, FormatKind.ODF), "office"),
    FormatKind.MAIL: "office",
}
_PLAIN = frozenset({"text/plain", "text/csv"})
_LIMIT = "limit"
_DOUBTS = {
    "low-confidence": "TXT-001",
    "no-words": "TXT-004",
    "broken-text": "TXT-005",
    _LIMIT: "TXT-006",
    "unreadable": "TXT-007",
    "cells": "TXT-008",
}


class _FileResult(Fact):
    """What is kept of a finished file; findings are made of it for each place where the file lies."""

    text: FileText | None
    doubts: dict[str, tuple[int, ...]]
    layer_pages: int = 0
    problem: str = ""
    tools: tuple[Tool, ...] = ()


@dataclass(slots=True)
class _Tally:
    """What is counted while the pages of a file pass by."""

    sources: dict[str, int] = field(default_factory=dict)
    doubts: dict[str, list[int]] = field(default_factory=dict)
    marks: dict[str, None] = field(default_factory=dict)
    confidence: float = 0.0
    words: int = 0

    def add(self, page: PageText, marks: Iterable[str]) -> None:
        self.sources[page.source] = self.sources.get(page.source, 0) + 1
        self.marks |= dict.fromkeys(marks)
        if page.doubtful:
            doubt = _LIMIT if page.doubtful.startswith(_LIMIT) else page.doubtful
            self.doubts.setdefault(doubt, []).append(page.page)
        if page.confidence is not None:
            self.confidence += page.confidence * len(page.words)
            self.words += len(page.words)


def _page_list(pages: Iterable[int]) -> str:
    """`1-3, 7` of 1, 2, 3, 7."""
    runs: list[list[int]] = []
    for page in sorted(pages):
        if runs and runs[-1][-1] == page - 1:
            runs[-1][1:] = [page]
        else:
            runs.append([page])
    return ", ".join("-".join(map(str, run)) for run in runs)


@dataclass(frozen=True, slots=True)
class Text:
    """Reads every document: its own text, letters of legacy encodings decoded, OCR for what is a picture.

    Each page's OCR and each file's result are kept in the stage's room as they
    come. A page that breaks a limit is doubtful; a missing tool is a fault. A
    mark of secrecy in the head of a first page holds the dossier for a person.
    """

    name: ClassVar[str] = "text"
    needs: ClassVar[tuple[type[Fact], ...]] = (Received, Formats, Validated)
    gives: ClassVar[type[Fact]] = Texts

    workers: Workers
    limits: TextLimits = field(default_factory=TextLimits)
    tessdata: str | None = None
    """Folder of `vie.traineddata`; None: where Debian and Ubuntu install it."""

    def run(self, item: WorkItem) -> Texts | Held:
        """See `Stage.run`."""
        room = item.room(self.name)
        files = [file for file in item.fact(Received).documents() if self._kind(item, file)]
        results = {file.sha256: self._finished(room, file.sha256) for file in files}
        photos = {document.ordinal for document in item.dossier.documents if document.kind is RecordKind.PHOTO}
        fresh = {
            file.sha256: self._work(item, room, file, photo=file.ordinal in photos)
            for file in files
            if results[file.sha256] is None
        }
        results |= self._read(item, room, list(fresh.values()))
        texts: dict[str, FileText] = {}
        findings: list[Finding] = []
        tools: dict[tuple[str, str], Tool] = {}
        for file in files:
            result = results[file.sha256]
            if result is None:
                continue
            findings += self._findings(file.path, result)
            tools |= {(tool.name, tool.version): tool for tool in result.tools}
            if result.text is not None:
                texts[file.path] = result.text
        findings += suggested(item, texts)
        fact = Texts(texts=texts, findings=tuple(findings), tools=tuple(tools[key] for key in sorted(tools)))
        if item.delivery.accept_suggestions:
            told = converted_findings(item, with_accepted(item.having(fact)))
            fact = fact.model_copy(update={"findings": (*findings, *told)})
        marks = tuple(
            Finding(rule="TXT-010", subject=path, file=path, values={"mark": ", ".join(text.head_marks), "page": "1"})
            for path, text in texts.items()
            if text.head_marks
        )
        return Held(fact, marks) if marks else fact

    # ------------------------------------------------------------ what there is to do

    @staticmethod
    def _format(item: WorkItem, file: ReceivedFile) -> Format | None:
        found = item.fact(Formats).formats.get(file.path)
        return (by_puid(found.puid) or by_mime(found.mime)) if found else None

    def _kind(self, item: WorkItem, file: ReceivedFile) -> str:
        known = self._format(item, file)
        return _KINDS.get(known.kind, "") if known else ""

    def _work(self, item: WorkItem, room: Path, file: ReceivedFile, *, photo: bool) -> FileWork:
        known = self._format(item, file)
        # An absolute path stays as it is: when only checking, files lie where they were delivered.
        source = item.folder / file.stored
        inspection = item.fact(Validated).inspections.get(file.path)
        return FileWork(
            file=file,
            kind=self._kind(item, file),
            extension=known.extensions[0] if known and known.extensions else extension_of(file.path),
            plain=known is not None and known.mime in _PLAIN,
            photo=photo,
            source=source,
            kept=KeptResults.of(room, file.sha256),
            made=room / "made" / file.sha256,
            read=source,
            problem="password" if inspection is not None and inspection.encrypted else "",
        )

    @staticmethod
    def _finished(room: Path, sha256: str) -> _FileResult | None:
        try:
            return _FileResult.model_validate_json((room / "files" / f"{sha256}.json").read_bytes())
        except FileNotFoundError:
            return None

    # ------------------------------------------------------------ doing it

    def _read(self, item: WorkItem, room: Path, works: list[FileWork]) -> dict[str, _FileResult | None]:
        todo = TextWork(self.workers, self.limits, self.tessdata)
        inspections = item.fact(Validated).inspections
        todo.convert(works)
        todo.read_own(works, {path: seen.pages for path, seen in inspections.items() if seen.pages})
        todo.add_cells(works)
        todo.count_pictures(works)
        todo.recognise(works, item.tell)
        todo.assemble(works)
        return {work.file.sha256: self._finish(item, room, work, todo) for work in works}

    def _finish(self, item: WorkItem, room: Path, work: FileWork, todo: TextWork) -> _FileResult:
        result = _FileResult(text=None, doubts={}, problem=work.problem)
        if not work.problem:
            tally = _Tally()
            reader = DocumentReader(last_year=int(item.fact(Received).received_at[:4]))

            def passing() -> Iterable[PageText]:
                for page, red_lines in todo.pages(work):
                    again, closer = todo.head_again(work) if page.page == 1 else (None, ())
                    reader.add(page, again, closer)
                    marks = marks_of(page, red_lines) if page.page == 1 else ()
                    tally.add(page, (*marks, *marks_of(again)) if again else marks)
                    yield page

            target = room / "texts" / f"{work.file.sha256}.jsonl.zst"
            write_whole(target, lambda stream: write_page_texts(stream, passing()))
            # Nothing of a page that bears a mark of secrecy is repeated anywhere.
            found = () if tally.marks else reader.suggestions()
            result = self._result(item, work, tally, target, found)
        result = result.model_copy(update={"tools": tuple(todo.tools.values())})
        kept = result.model_dump_json().encode()
        write_whole(room / "files" / f"{work.file.sha256}.json", lambda stream: stream.write(kept))
        work.kept.clear()
        return result

    @staticmethod
    def _result(
        item: WorkItem, work: FileWork, tally: _Tally, target: Path, found: tuple[Suggestion, ...]
    ) -> _FileResult:
        by_product = work.by_product
        text = FileText(
            jsonl=target.relative_to(item.folder).as_posix(),
            pages=work.pages,
            sources=dict(sorted(tally.sources.items())),
            mean_confidence=round(tally.confidence / tally.words, 1) if tally.words else None,
            doubtful_pages=tuple(sorted(page for pages in tally.doubts.values() for page in pages)),
            ocr_pdf=by_product.relative_to(item.folder).as_posix() if by_product else None,
            head_marks=tuple(tally.marks),
            suggestions=found,
        )
        layers = sum(reading is Reading.LAYER for reading in work.readings.values())
        doubts = {doubt: tuple(pages) for doubt, pages in tally.doubts.items()}
        return _FileResult(text=text, doubts=doubts, layer_pages=layers)

    # ------------------------------------------------------------ telling it

    @staticmethod
    def _findings(path: str, result: _FileResult) -> list[Finding]:
        found = [
            Finding(rule=_DOUBTS[doubt], subject=path, file=path, values={"pages": _page_list(pages)})
            for doubt, pages in result.doubts.items()
        ]
        if result.layer_pages:
            found.append(Finding(rule="TXT-002", subject=path, file=path, values={"count": str(result.layer_pages)}))
        if result.problem:
            found.append(Finding(rule="TXT-003", subject=path, file=path, values={"reason": result.problem}))
        return found
