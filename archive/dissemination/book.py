"""A whole dossier as one PDF/A and one XML, in order of time (Nghị định 30/2020/NĐ-CP, Phụ lục VI)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from archive.dissemination.outgoing import Exported, ExportRefusedError, Outgoing, Wanted, opener_of
from archive.durable import faults_of
from archive.reports.forms import Block, write_blocks
from archive.reports.lists import (
    FORM,
    Whole,
    author,
    date_of,
    kind_and_subject,
    number_of,
    period,
    say,
    standing_words,
    whole,
    written_date,
    written_period,
)
from archive.reports.papers import worked
from archive.services.stored_packages import StoredPackages
from ingest.ports import Answer, Limits, PdfaJudge, Workers
from metadata.digests import chunks_of
from metadata.findings import Finding
from metadata.messages import every_text, text
from metadata.package import PackageDocument, PackageFile, PackageRecord
from metadata.package_names import safe
from metadata.rules import message, rules
from metadata.succession import Standing, standings
from metadata.time import VIETNAM, rfc3339
from metadata.xml.book import Book, BoundDocument, BoundFile, write_book

TASK = "ingest.engines.book:bind"
DISCLAIM = "ingest.engines.book:disclaim"
LIMITS = Limits(cpu_seconds=7200.0, wall_seconds=14_400.0, memory_mib=3072, output_mib=16_384)
"""500 documents with 5,000 pages take 21 s of CPU and 560 MiB (ADR 0351)."""

MAX_PAGES = 20_000
_WIDTHS = (13, 25, 26, 58, 30, 18, 32)
_PAGE_COLUMN, _NOTE_COLUMN = 5, 6
_KEPT = "keep"


class BookTooLongError(ExportRefusedError):
    """One PDF of so many pages is nothing that readers can open."""

    code: ClassVar[str] = "export.too_long"

    def __init__(self, pages: int) -> None:
        self.pages = pages
        super().__init__(every_text("book.too_long", pages=pages, most=MAX_PAGES))


def words(key: str, **values: object) -> str:
    """Words of the book, in the language of the law's forms."""
    return text(f"book.{key}", FORM, **values)


@dataclass(frozen=True, slots=True)
class _Page:
    """An original, and the PDF/A that is bound for it."""

    original: PackageFile
    bound: PackageFile | None
    """None: there is none, `why` says why."""

    why: str = ""
    number: int = -1
    """Among the files that are bound, from 0."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A document in its place in time."""

    record: PackageRecord
    document: PackageDocument
    pages: tuple[_Page, ...]
    standing: Standing


@dataclass(frozen=True, slots=True)
class Books:
    """Binds dossiers."""

    stored: StoredPackages
    workers: Workers
    archive: str
    scratch: Path
    judge: PdfaJudge | None = None
    """A better judge than the one that reads back what was written, where there is one."""

    def outgoing(self, wanted: Wanted) -> Iterator[Outgoing]:
        """PDF, XML, and a line for each original that has no PDF/A; of a document: the dossier in which it stands.

        Raises:
            BookTooLongError: it has more than `MAX_PAGES` pages.
            ToolMissingError: the font is not installed.
            ToolUnreadableError: the worker was ended, or the judge could not say.
        """
        records = list(wanted.parts())
        found = whole(records)
        entries = _in_order_of_time(records, found)
        code = safe(found.head.file_code, "HS")
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder, faults_of(self.scratch):
            answer = self._bound(wanted, found, entries, Path(folder), code)
            made, flavour, detail = self._judged(answer, Path(folder))
            said = {"flavour": flavour, "pages": answer.value["pages"], "documents": len(entries)}
            said |= {"replaced": answer.value["replaced"]} if answer.value["replaced"] else {}
            said |= {"detail": detail} if flavour is None else {}
            pdf = _Told()
            yield Outgoing(f"{code}.pdf", opener_of(made), said, pdf.take)
            book = self._book(wanted, found, entries, answer.value["files"], (f"{code}.pdf", pdf.sha256))
            path = Path(folder) / "book.xml"
            with path.open("wb") as stream:
                write_book(stream, book)
            yield Outgoing(f"{code}.xml", opener_of(path))
            yield from _left_out(entries, answer.value["files"])

    # ------------------------------------------------------------ judging

    def _judged(self, answer: Answer, folder: Path) -> tuple[Path, str | None, str]:
        """The PDF, its flavour as measured, and why there is none."""
        made, flavour = answer.outputs["pdf"], answer.value["flavour"]
        if flavour is None:
            return made, None, f"{', '.join(answer.value['rules'])} {answer.value['detail']}".strip()
        if self.judge is None:
            return made, flavour, ""
        verdict = self.judge.check(made, flavour)
        if verdict.status != "invalid":
            return made, flavour, ""
        plain = worked(self.workers, DISCLAIM, {"source": str(made)}, LIMITS, folder / "plain")
        return plain.outputs["pdf"], None, f"{', '.join(verdict.rules)} {verdict.detail}".strip()

    # ------------------------------------------------------------ binding

    def _bound(self, wanted: Wanted, found: Whole, entries: Sequence[_Entry], folder: Path, code: str) -> Answer:
        files = []
        for entry in entries:
            for page in entry.pages:
                if page.bound is not None:
                    path = folder / f"{page.number:06d}.pdf"
                    self._copy(entry.record, page.bound, path)
                    kept = page.bound is page.original
                    files.append({"path": str(path), "title": _title(entry), "kept": kept})
        front = folder / "front.jsonl"
        with front.open("w", encoding="utf-8") as stream:
            write_blocks(stream, self._front(wanted, found, entries, f"{code}.xml"))
        plan = {
            "title": words("title", code=found.head.file_code),
            "front": str(front),
            "files": files,
            "page_column": _PAGE_COLUMN,
            "note_column": _NOTE_COLUMN,
            "word_page": say("page", page="{page}", pages="{pages}"),
            "contents": words("bookmark"),
            "pictured": words("pictured"),
            "unbound": words("unbound", why="{why}"),
        }
        (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        arguments = {"plan": str(folder / "plan.json"), "at": rfc3339(wanted.made_at)}
        answer = worked(self.workers, TASK, arguments, LIMITS, folder / "made")
        if answer.value.get("problem") == "pages":
            raise BookTooLongError(int(answer.value["pages"]))
        return answer

    def _copy(self, record: PackageRecord, file: PackageFile, path: Path) -> None:
        with self.stored.open(record, file) as stream, path.open("wb") as out:
            for chunk in chunks_of(stream):
                out.write(chunk)

    # ------------------------------------------------------------ what stands in front

    def _front(self, wanted: Wanted, found: Whole, entries: Sequence[_Entry], xml: str) -> Iterator[Block]:
        head, dossier = found.head, found.dossier
        at = f"{wanted.made_at.astimezone(VIETNAM):%H:%M:%S %d/%m/%Y (+07:00)}"
        packages = dict.fromkeys(f"urn:uuid:{entry.record.package_id}" for entry in entries)
        yield {"text": self.archive, "size": 12, "align": "center", "after": 14}
        yield {"text": words("heading"), "style": "Bold", "size": 16, "align": "center"}
        yield {"text": dossier.value("title"), "style": "Bold", "size": 14, "align": "center", "after": 8}
        values = {
            "code": head.file_code,
            "agency": " — ".join(dict.fromkeys(part for part in (head.agency_name, head.agency) if part)),
            "period": written_period(*period(found)),
            "maintenance": dossier.value("maintenance") or dossier.written("maintenance"),
            "rights": dossier.value("rights"),
            "documents": str(len(entries)),
            "files": str(found.files),
        }
        for label, value in values.items():
            if value:
                yield {"text": words("field", label=words(f"label.{label}"), value=value), "after": 1}
        yield {"space": 6}
        yield {"text": words("copy"), "style": "Bold", "align": "center", "after": 2}
        yield {"text": words("copy_says", at=at), "after": 2}
        where = ", ".join(packages) or f"urn:uuid:{head.package_id}"
        said = words("evidence", archive=self.archive, packages=where, xml=xml, id=head.dossier_id)
        yield {"text": said, "after": 2}
        yield {"break": True}
        yield {"text": words("contents"), "style": "Bold", "size": 14, "align": "center", "after": 4}
        columns = zip(words("columns").split("|"), _WIDTHS, strict=True)
        yield {"table": [{"heading": heading, "width": width} for heading, width in columns], "size": 10}
        for position, entry in enumerate(entries, start=1):
            yield _row(position, entry)
        yield {"end": True}

    # ------------------------------------------------------------ XML

    def _book(
        self,
        wanted: Wanted,
        found: Whole,
        entries: Sequence[_Entry],
        places: Sequence[Mapping[str, Any]],
        pdf: tuple[str, str],
    ) -> Book:
        head = found.head
        attributes = {
            "packageId": head.dossier_id,
            "fileCode": head.file_code,
            "agency": head.agency,
            "archive": self.archive,
            "submissionId": head.submission_id,
            "receivedAt": head.received_at,
            "madeAt": rfc3339(wanted.made_at),
            "pdf": pdf[0],
            "pdfSha256": pdf[1],
        }
        documents = (
            BoundDocument(
                description=entry.document.description,
                profile=entry.record.profile,
                package_id=entry.record.package_id,
                files=tuple(_bound_file(entry, page, places) for page in entry.pages),
                standing=entry.standing,
            )
            for entry in entries
        )
        return Book(attributes, found.dossier, head.profile, documents)


@dataclass(slots=True)
class _Told:
    """What was heard of a file when it was written."""

    sha256: str = field(default="")

    def take(self, exported: Exported) -> None:
        self.sha256 = exported.sha256 or ""


def _in_order_of_time(records: Sequence[PackageRecord], found: Whole) -> list[_Entry]:
    """Documents by their dates, the undated behind, each by its number; files that are bound are numbered through."""
    standing = standings([document.description for document in found.documents])
    placed = [(record, document) for record in records for document in record.documents]

    def moment(place: tuple[PackageRecord, PackageDocument]) -> tuple[bool, str, int]:
        day = date_of(place[1].description)
        return day is None, day.iso() if day else "", place[1].ordinal

    entries, number = [], 0
    for record, document in sorted(placed, key=moment):
        pages = []
        for page in _pages(document):
            pages.append(page if page.bound is None else _Page(page.original, page.bound, number=number))
            number += page.bound is not None
        entries.append(_Entry(record, document, tuple(pages), standing[document.ordinal]))
    return entries


def _pages(document: PackageDocument) -> Iterator[_Page]:
    made = {file.derived_from: file for file in document.renditions}
    for original in document.originals:
        rendition = made.get(original.path)
        said = original.conversion
        if rendition is not None:
            yield _Page(original, rendition)
        elif said is not None and said.flavour is not None:
            yield _Page(original, original)
        else:
            yield _Page(original, None, _why(original))


def _why(original: PackageFile) -> str:
    reason = original.conversion.reason if original.conversion else ""
    if reason in rules():
        return message(Finding(rule=reason, subject=original.original_name), FORM)
    if not reason and original.mime.split("/")[0] in {"audio", "video"}:
        return words("not_paged", mime=original.mime)
    return reason or words("no_reason")


def _title(entry: _Entry) -> str:
    """What a bookmark says: day, number, subject."""
    description = entry.document.description
    parts = (written_date(description), number_of(description), kind_and_subject(description))
    return " · ".join(part for part in parts if part) or words("ordinal", ordinal=entry.document.ordinal)


def _row(position: int, entry: _Entry) -> Block:
    description = entry.document.description
    notes = [words("ordinal", ordinal=entry.document.ordinal), *standing_words(entry.standing)]
    signed = {verdicts.path for verdicts in entry.document.verdicts if verdicts.verdicts}
    for page in entry.pages:
        if page.bound is None:
            notes.append(words("no_pdfa", why=page.why))
        elif page.original.path in signed:
            notes.append(words("signed_kept" if page.bound is page.original else "signed"))
    if not entry.pages:
        notes.append(words("no_file"))
    row = [
        str(position),
        number_of(description),
        written_date(description),
        kind_and_subject(description),
        author(description),
        "",
        "; ".join(dict.fromkeys(notes)),
    ]
    files = [page.number for page in entry.pages if page.bound is not None]
    return {"row": row, **({"files": files} if files else {})}


def _bound_file(entry: _Entry, page: _Page, places: Sequence[Mapping[str, Any]]) -> BoundFile:
    original, bound = page.original, page.bound
    said = (bound or original).conversion
    place = places[page.number] if bound is not None else {"first": 0, "pages": 0}
    attributes = {
        "name": original.original_name,
        "path": original.path,
        "sha256": original.sha256,
        "bytes": str(original.size_bytes),
        "mime": original.mime,
        "puid": original.puid,
        "flavour": (said.flavour or "") if said and bound is not None else "",
        "route": said.route if said else "",
        "pdfaSha256": bound.sha256 if bound is not None else "",
        "reason": page.why,
    }
    judged = (v for verdicts in entry.document.verdicts if verdicts.path == original.path for v in verdicts.verdicts)
    signatures = [
        {
            "field": verdict.field or "",
            "signer": verdict.signer or "",
            "signingTime": verdict.signing_time or "",
            "indication": verdict.indication.value,
            "subindication": verdict.subindication or "",
        }
        for verdict in judged
    ]
    return BoundFile(attributes, signatures, int(place["first"]), int(place["pages"]))


def _left_out(entries: Sequence[_Entry], places: Sequence[Mapping[str, Any]]) -> Iterator[Outgoing]:
    """A line for each document or original that is not in the PDF, with the reason."""
    for entry in entries:
        told = {"flavour": None, "document": entry.document.ordinal}
        if not entry.pages:
            yield Outgoing("", None, told | {"original": "", "reason": words("no_file")})
        for page in entry.pages:
            if page.bound is None:
                yield Outgoing("", None, told | {"original": page.original.original_name, "reason": page.why})
            elif not places[page.number]["pages"]:
                why = words("unbound", why=places[page.number]["how"])
                yield Outgoing("", None, told | {"original": page.original.original_name, "reason": why})
