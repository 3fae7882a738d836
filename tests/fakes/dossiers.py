"""Dossiers on their way, with small real files and the facts that earlier stages would have left."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ingest.facts import (
    Approved,
    FileFormat,
    FileRole,
    FileText,
    Formats,
    Judged,
    Received,
    ReceivedFile,
    Rendition,
    Renditions,
    Route,
    Texts,
    Tool,
    Validated,
)
from ingest.packaging.provenance import ArchiveBody
from ingest.stages.package import Package
from ingest.work import WorkItem
from metadata.descriptions import Cell, Delivery, DocumentDescription, DossierDescription, RecordKind
from metadata.digests import digests_of_file
from metadata.findings import Finding
from metadata.texts import PageText
from metadata.texts_io import write_page_texts
from metadata.time import rfc3339
from metadata.verdicts import Indication, SignatureVerdict

PACKAGE_ID = "0d0c1a52-6f0e-4a57-9a5e-1b2c3d4e5f60"
SUBMISSION_ID = "5f1d3c5e-0000-4a57-9a5e-1b2c3d4e5f61"
FILE_CODE = "H49.64.2025.12.HS-ĐẤT"
NOW = datetime(2026, 11, 28, 3, 4, 5, 678_000, tzinfo=UTC)


@dataclass
class StandingClock:
    """A clock that stands still."""

    at: datetime = NOW
    source: str = "test"

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Paper:
    """One document to make, with one or several files."""

    names: tuple[str, ...]
    kind: RecordKind = RecordKind.DOCUMENT
    fields: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    mime: str = "application/pdf"
    puid: str = "fmt/276"
    rendition: bool = False
    text: str = ""
    signed: bool = False


def package_stage(clock: StandingClock | None = None) -> Package:
    """The stage as the application would make it."""
    return Package(
        clock=clock or StandingClock(),
        program=Tool(name="luutru", version="0.1.0"),
        archive=ArchiveBody("Trung tâm Lưu trữ lịch sử tỉnh", "H49.01"),
        agency_name=lambda code: {"H49.64": "Sở Nội vụ"}.get(code, ""),
    )


def _content(name: str) -> bytes:
    seed = hashlib.sha512(name.encode(errors="surrogatepass")).hexdigest()
    return b"%PDF-1.7\n" + seed.encode() * 4 + b"\n%%EOF\n"


def _write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _verdict() -> SignatureVerdict:
    return SignatureVerdict(
        field="Signature1",
        kind="signature",
        signer="Nguyễn Văn Ân",
        signing_time="2025-01-02T03:04:05.000Z",
        best_time=None,
        indication=Indication.INDETERMINATE,
        subindication="NO_CERTIFICATE_CHAIN_FOUND",
        level="B-B",
        coverage="whole-file",
        reasons=("no anchor",),
        judged_at=rfc3339(NOW),
        trust_set="ab" * 32,
        engine="provisional 1",
    )


def _description(ordinal: int, paper: Paper) -> DocumentDescription:
    fields = {
        "subject": f"Về việc lưu trữ số {ordinal}",
        "type_name": "Quyết định",
        "code_number": str(ordinal),
        "code_notation": "QĐ-UBND",
        "issued_date": "2025-01-02",
        "organ_name": "Ủy ban nhân dân tỉnh",
        "language": "Tiếng Việt",
        **paper.fields,
    }
    cells = {
        key: Cell(value=value, written=f" {value} ", row=ordinal + 3, column=f"Cột {key}")
        for key, value in fields.items()
    }
    return DocumentDescription(
        ordinal=ordinal,
        kind=paper.kind,
        fields=cells,
        extra=dict(paper.extra),
        sheet="Sheet1",
        row=ordinal + 3,
        files=paper.names,
    )


class _Making:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.received: list[ReceivedFile] = []
        self.formats: dict[str, FileFormat] = {}
        self.verdicts: dict[str, tuple[SignatureVerdict, ...]] = {}
        self.texts: dict[str, FileText] = {}
        self.decisions: dict[str, Rendition] = {}

    def receive(self, name: str, ordinal: int | None, part: int, form: FileFormat) -> None:
        stored = _write(self.folder / "receive" / f"{len(self.received):06d}", _content(name))
        digests = digests_of_file(stored)
        self.received.append(
            ReceivedFile(
                path=name,
                stored=stored.relative_to(self.folder).as_posix(),
                sha256=digests.sha256,
                sha512=digests.sha512,
                size_bytes=digests.size_bytes,
                role=FileRole.SOURCE if ordinal is None else FileRole.DOCUMENT,
                ordinal=ordinal,
                part=part,
            )
        )
        self.formats[name] = form

    def paper(self, ordinal: int, paper: Paper) -> None:
        for part, name in enumerate(paper.names, start=1):
            form = FileFormat(puid=paper.puid, name="Acrobat PDF", version="1.7", mime=paper.mime)
            self.receive(name, ordinal, part, form)
            if paper.signed:
                self.verdicts[name] = (_verdict(),)
            if paper.text:
                self.texts[name] = self._text(f"{ordinal}-{part}", paper.text)
            self.decisions[name] = self._decision(f"{ordinal}-{part}", paper)

    def _text(self, stem: str, text: str) -> FileText:
        path = self.folder / "text" / f"{stem}.jsonl.zst"
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as stream:
            write_page_texts(stream, [PageText(page=1, text=text, source="ocr", confidence=91.5)])
        return FileText(
            jsonl=path.relative_to(self.folder).as_posix(),
            pages=1,
            sources={"ocr": 1},
            mean_confidence=91.5,
            doubtful_pages=(1,),
        )

    def _decision(self, stem: str, paper: Paper) -> Rendition:
        judge = Tool(name="pikepdf.pdfa", version="10.17.0")
        if not paper.rendition:
            return Rendition(route=Route.KEEP, flavour="2b", judge=judge)
        made = _write(self.folder / "pdfa" / f"{stem}.pdf", _content(f"rendition {stem}"))
        return Rendition(
            route=Route.CONVERT,
            path=made.relative_to(self.folder).as_posix(),
            flavour="2b",
            judge=judge,
            losses=("liên kết ngoài bị bỏ", "tệp đính kèm"),
        )


def dossier(
    folder: Path,
    papers: Sequence[Paper],
    *,
    file_code: str = FILE_CODE,
    approved: bool = True,
    source: str = "Mục lục.xlsx",
    told: Mapping[str, str] | None = None,
) -> WorkItem:
    """A dossier as it stands before the stage `package`, its files below `folder`."""
    making = _Making(folder)
    for ordinal, paper in enumerate(papers, start=1):
        making.paper(ordinal, paper)
    sheet = FileFormat(puid="fmt/214", name="Excel", version="2007", mime="application/vnd.ms-excel")
    making.receive(source, None, 1, sheet)
    described = DossierDescription(
        file_code=file_code,
        fields={
            "title": Cell(
                value="Hồ sơ số 12 về đất đai", written="Hồ sơ số 12 về đất đai ", row=4, column="Tiêu đề\nhồ sơ"
            ),
            "maintenance": Cell(value="20 năm", written="20", row=4, column="THBQ"),
            "start_date": Cell(value="2025-01", written="01/2025", row=4, column="Bắt đầu"),
            "end_date": Cell(value="2025-06-30", written="30/6/2025", row=4, column="Kết thúc"),
            **{key: Cell(value=value, written=value, row=4, column=key) for key, value in (told or {}).items()},
        },
        extra={"Ghi chú riêng": "tủ 3"},
        sheet="Sheet1",
        row=4,
        documents=tuple(_description(ordinal, paper) for ordinal, paper in enumerate(papers, start=1)),
    )
    delivery = Delivery(reader="folder", profile="02-2019", root="/nộp", dossiers=(described,), sources=(source,))
    item = WorkItem(
        job_id="job",
        submission_id=SUBMISSION_ID,
        package_id=PACKAGE_ID,
        agency="H49.64",
        folder=folder,
        delivery=delivery,
        dossier=described,
    )
    facts = (
        Received(files=tuple(making.received), received_at="2026-11-28T03:00:00.000Z", fingerprint="ef" * 32),
        Formats(formats=making.formats, tools=(Tool(name="siegfried", version="1.11.9"),)),
        Validated(
            findings=(Finding(rule="PKG-011", subject="lược đồ"),),
            inspections={},
            malware=Tool(name="clamd", version="1.4.6/27000"),
        ),
        Judged(verdicts=making.verdicts, tools=(Tool(name="pyhanko", version="0.38.0"),)),
        Texts(texts=making.texts, tools=(Tool(name="tesseract", version="5.3.0", command="tesseract - - -l vie"),)),
        Renditions(decisions=making.decisions, tools=(Tool(name="pikepdf", version="10.17.0"),)),
    )
    for fact in facts:
        item = item.having(fact)
    if approved:
        item = item.having(Approved(by="Trần Thị B", at="2026-11-28T03:03:00.000Z", submitted_by="Lê Văn C"))
    return item


def lay_out(item: WorkItem, files: Sequence[object], target: Path) -> Path:
    """Put the files of a packaged part as a folder, as the store would give them back."""
    from ingest.facts import PackagedFile  # noqa: PLC0415 - keeps the signature free of the stage's types

    for file in files:
        assert isinstance(file, PackagedFile)
        _write(target / file.path, (item.folder / file.source).read_bytes())
    return target
