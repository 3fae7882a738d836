"""The work of stage `text` on one dossier: which tasks the worker pool gets, and what becomes of their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.facts import ReceivedFile, TextSource, Tool
from ingest.kept_results import KeptResults
from ingest.pages import (
    Reading,
    failed_page,
    head_again,
    looked_closer,
    own_text,
    reading_of,
    recognised_text,
    with_cells,
)
from ingest.ports import Answer, Limits, Workers
from metadata.errors import ToolUnreadableError
from metadata.texts import PageText

PAGES_A_TASK = 16
MOST_PAGES_A_TASK = 256
_MOST_PIECES = 128
SHEETS = frozenset({"xlsx", "xlsm", "xls", "ods", "csv"})


def pieces(pages: int) -> Iterator[tuple[int, int]]:
    """First page and number of pages of each piece in which a file's own text is read.

    A piece opens the file anew and walks to its first page, which takes the
    longer the longer the file is: long files have larger pieces, not more.
    """
    # The first piece is read before anyone knows how many pages there are.
    yield 1, PAGES_A_TASK
    size = min(max(PAGES_A_TASK, -(-pages // _MOST_PIECES)), MOST_PAGES_A_TASK)
    for first in range(PAGES_A_TASK + 1, pages + 1, size):
        yield first, size


@dataclass(frozen=True, slots=True)
class TextLimits:
    """What the tasks of stage `text` may use."""

    own_text: Limits = field(default_factory=lambda: Limits(cpu_seconds=60, wall_seconds=180))
    recognise: Limits = field(default_factory=lambda: Limits(cpu_seconds=120, wall_seconds=360, output_mib=64))
    office: Limits = field(
        default_factory=lambda: Limits(cpu_seconds=120, wall_seconds=200, memory_mib=4096, output_mib=512)
    )
    assemble: Limits = field(default_factory=lambda: Limits(cpu_seconds=120, wall_seconds=360, output_mib=8192))


@dataclass(slots=True)
class FileWork:
    """One file on its way through the stage."""

    file: ReceivedFile
    kind: str
    """`pdf`, `image` or `office`."""

    extension: str
    plain: bool
    photo: bool
    source: Path
    kept: KeptResults
    made: Path
    """Folder for what is made of the file: office PDF, OCR candidate."""

    read: Path
    """The file that is read: the source, or the PDF made of it."""

    pages: int = 0
    problem: str = ""
    readings: dict[int, Reading] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    recognised: set[int] = field(default_factory=set)
    by_product: Path | None = None
    decoded: bool = False
    """Plain text in a legacy encoding, made Unicode before it was converted."""


@dataclass(frozen=True, slots=True)
class Order:
    """A task for the pool, and the work and page for which it is."""

    work: FileWork
    task: str
    arguments: Mapping[str, Any]
    limits: Limits
    page: int = 0
    count: int = 0
    deposit: Path | None = None


class TextWork:
    """Runs the orders of one dossier; at most twice as many are waiting as there are workers."""

    def __init__(self, workers: Workers, limits: TextLimits, tessdata: str | None) -> None:
        self._workers = workers
        self._limits = limits
        self._tessdata = tessdata
        self._engine = ""
        self.tools: dict[tuple[str, str], Tool] = {}

    def _answers(self, orders: Iterable[Order]) -> Iterator[tuple[Order, Answer]]:
        waiting: dict[Future[Answer], Order] = {}
        supply = iter(orders)
        exhausted = False
        try:
            while waiting or not exhausted:
                while not exhausted and len(waiting) < 2 * self._workers.size:
                    order = next(supply, None)
                    if order is None:
                        exhausted = True
                    else:
                        future = self._workers.submit(
                            order.task, order.arguments, limits=order.limits, deposit=order.deposit
                        )
                        waiting[future] = order
                if waiting:
                    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield waiting.pop(future), self._seen(future.result())
        finally:
            for future in waiting:
                future.cancel()

    def _seen(self, answer: Answer) -> Answer:
        tool = answer.value.get("tool")
        if tool:
            # The command names files of one document: the version is what is
            # said once for all.
            self.tools.setdefault((tool["name"], tool["version"]), Tool(**tool))
        return answer

    # ------------------------------------------------------------ office documents

    def convert(self, works: Iterable[FileWork]) -> None:
        """Make a PDF of each office document; plain text in a legacy encoding becomes Unicode first."""
        office = [work for work in works if work.kind == "office" and not work.problem]
        fresh = [work for work in office if not self._converted_before(work)]
        plain = (
            Order(
                work,
                "ingest.engines.office_text:legacy_plain",
                {"source": str(work.source)},
                self._limits.own_text,
                deposit=work.made,
            )
            for work in fresh
            if work.plain
        )
        for order, answer in self._answers(plain):
            order.work.read = answer.outputs.get("text", order.work.source)
            order.work.decoded = "text" in answer.outputs
        orders = (
            Order(
                work,
                "ingest.engines.libreoffice:convert",
                {"source": str(work.read), "name": f"document.{work.extension}"},
                self._limits.office,
                deposit=work.made,
            )
            for work in fresh
        )
        for order, answer in self._answers(orders):
            self._converted(order.work, answer)

    def _converted_before(self, work: FileWork) -> bool:
        kept = work.kept.load(work.kept.path("office", "pdf", 0))
        if kept is None or not Path(work.made, kept["name"]).is_file():
            return False
        self._seen(Answer(value={"tool": kept["tool"]}))
        work.read = work.by_product = work.made / kept["name"]
        work.decoded = kept["decoded"]
        return True

    def _converted(self, work: FileWork, answer: Answer) -> None:
        if answer.breach or "pdf" not in answer.outputs:
            work.problem = f"limit-{answer.breach}" if answer.breach else str(answer.value.get("problem", "refused"))
            return
        work.read = work.by_product = answer.outputs["pdf"]
        made = {"name": work.read.name, "tool": answer.value["tool"], "decoded": work.decoded}
        work.kept.keep(work.kept.path("office", "pdf", 0), made, durable=True)

    # ------------------------------------------------------------ the text that stands in the file

    def read_own(self, works: Iterable[FileWork], expected: Mapping[str, int]) -> None:
        """Read what each file says itself and decide page by page.

        Args:
            works: All files; those that failed already are passed over.
            expected: Pages by path as an earlier stage counted them, for files on
                which pdfium fails.
        """
        documents = [work for work in works if not work.problem and work.kind != "image"]
        broken = self._read(self._own(work, 1) for work in documents)
        for work in documents:
            if not work.pages and not work.problem:
                work.pages = expected.get(work.file.path) or 1
        broken += self._read(
            self._own(work, first, count) for work in documents for first, count in pieces(work.pages) if first > 1
        )
        # One page can bring a whole piece down: alone it takes only itself along.
        broken = self._read(self._parts([order for order in broken if order.count > PAGES_A_TASK], PAGES_A_TASK)) + [
            order for order in broken if order.count <= PAGES_A_TASK
        ]
        for order, answer in self._answers(self._parts(broken, 1)):
            if answer.breach:
                self._fail(order, answer)
            else:
                self._keep_own(order, answer)

    def _parts(self, orders: Iterable[Order], size: int) -> Iterator[Order]:
        for order in orders:
            end = min(order.page + order.count, order.work.pages + 1)
            for first in range(order.page, end, size):
                yield self._own(order.work, first, min(size, end - first))

    def _own(self, work: FileWork, first: int, count: int = PAGES_A_TASK) -> Order:
        arguments: dict[str, Any] = {"first": first, "count": count}
        if work.kind == "office":
            task = "ingest.engines.office_text:page_texts"
            arguments |= {"pdf": str(work.read), "source": str(work.source)}
        else:
            task = "ingest.engines.pdfium:page_texts"
            arguments |= {"source": str(work.read)}
        return Order(work, task, arguments, self._limits.own_text, page=first, count=count)

    def _read(self, orders: Iterable[Order]) -> list[Order]:
        broken = []
        for order, answer in self._answers(orders):
            if answer.breach:
                broken.append(order)
            else:
                self._keep_own(order, answer)
        return broken

    @staticmethod
    def _keep_own(order: Order, answer: Answer) -> None:
        work = order.work
        if answer.value.get("problem"):
            work.problem = "unreadable"
            return
        work.pages = answer.value["page_count"]
        for page in answer.value["pages"]:
            work.readings[page["page"]] = reading_of(page)
        work.kept.keep(work.kept.path("own", "", order.page), {"pages": answer.value["pages"]}, durable=False)

    @staticmethod
    def _fail(order: Order, answer: Answer) -> None:
        order.work.failures[order.page] = answer.breach or ""
        order.work.readings[order.page] = Reading.UNREADABLE

    def add_cells(self, works: Iterable[FileWork]) -> None:
        """Find what stands in the cells of spreadsheets, but not on their pages."""
        sheets = [work for work in works if work.kind == "office" and work.extension in SHEETS and not work.problem]
        orders = (
            Order(
                work,
                "ingest.engines.cell_texts:lacking",
                {"source": str(work.source), "pages": [str(path) for path in work.kept.paths("own")]},
                self._limits.office,
            )
            for work in sheets
        )
        for order, answer in self._answers(orders):
            found = {"added": {}, "cut": True} if answer.breach else answer.value
            order.work.kept.keep(order.work.kept.path("cells", "", 0), found, durable=False)

    def count_pictures(self, works: Iterable[FileWork]) -> None:
        """Count the pages of image files; every one is a scan, a photograph's pages have no text."""
        images = [work for work in works if work.kind == "image" and not work.problem]
        orders = (
            Order(work, "ingest.engines.raster:image_pages", {"source": str(work.source)}, self._limits.own_text)
            for work in images
        )
        for order, answer in self._answers(orders):
            work = order.work
            work.pages = int(answer.value.get("page_count", 0))
            work.problem = "" if work.pages else "unreadable"
            reading = Reading.BLANK if work.photo else Reading.SCAN
            work.readings = dict.fromkeys(range(1, work.pages + 1), reading)

    # ------------------------------------------------------------ recognition

    def recognise(self, works: Iterable[FileWork], tell: Callable[[int, int], None]) -> None:
        """Read every scanned page that no earlier run has read; each result is kept as it comes."""
        scans = [
            (work, page)
            for work in works
            for page, reading in sorted(work.readings.items())
            if reading is Reading.SCAN and not work.problem
        ]
        if not scans:
            return
        self._engine = self._engine_version()
        total = len(scans)
        orders = (order for order in map(self._scan, scans) if order is not None)
        for done, (order, answer) in enumerate(self._answers(orders), start=1):
            if answer.breach:
                order.work.failures[order.page] = answer.breach
            else:
                order.work.kept.keep(self._scan_path(order.work, order.page), answer.value, durable=True)
            tell(done, total)
        for work, page in scans:
            if page not in work.failures:
                work.recognised.add(page)

    def _engine_version(self) -> str:
        asked = self._workers.submit(
            "ingest.engines.tesseract:tool", {"tessdata": self._tessdata}, limits=self._limits.own_text
        )
        answer = self._seen(asked.result())
        if answer.breach:
            raise ToolUnreadableError("tesseract", f"{answer.breach}: {answer.detail}")
        return str(answer.value["tool"]["version"])

    def _scan_path(self, work: FileWork, page: int) -> Path:
        return work.kept.path("ocr", self._engine, page)

    def _scan(self, scan: tuple[FileWork, int]) -> Order | None:
        work, page = scan
        if work.kept.load(self._scan_path(work, page)) is not None:
            return None
        arguments = {
            "source": str(work.read),
            "page": page,
            "kind": "image" if work.kind == "image" else "pdf",
            "tessdata": self._tessdata,
        }
        return Order(work, "ingest.engines.tesseract:recognise", arguments, self._limits.recognise, page=page)

    # ------------------------------------------------------------ the candidate for PDF/A

    def assemble(self, works: Iterable[FileWork]) -> None:
        """Make the PDF with invisible text of each file of which a page was recognised, and of each picture."""
        chosen = [work for work in works if not work.problem and (work.recognised or work.kind == "image")]
        for order, answer in self._answers(map(self._assembly, chosen)):
            made = answer.outputs.get("ocr_pdf")
            # Without a candidate the next stage finds another way: text was read.
            order.work.by_product = made or order.work.by_product

    def _assembly(self, work: FileWork) -> Order:
        layers = {str(page): str(self._scan_path(work, page)) for page in sorted(work.recognised)}
        arguments = {"source": str(work.read), "kind": "image" if work.kind == "image" else "pdf", "layers": layers}
        return Order(work, "ingest.engines.ocr_layer:assemble", arguments, self._limits.assemble, deposit=work.made)

    # ------------------------------------------------------------ what became of a page

    def head_again(self, work: FileWork) -> tuple[PageText | None, tuple[PageText, ...]]:
        """What OCR read in the head of page 1 of `work` when it looked a second time, and when it looked closer."""
        result = work.kept.load(self._scan_path(work, 1)) if 1 in work.recognised else None
        return (None, ()) if result is None else (head_again(result), looked_closer(result))

    def pages(self, work: FileWork) -> Iterator[tuple[PageText, list[Any]]]:
        """The text of each page of `work` in order, with what stands in red in the head of page 1."""
        cells = work.kept.load(work.kept.path("cells", "", 0)) or {"added": {}, "cut": False}
        for first, count in pieces(work.pages):
            own = self._own_pages(work, first, count)
            for number in range(first, min(first + count, work.pages + 1)):
                page, red_lines = self._page(work, number, own.get(number))
                if str(number) in cells["added"]:
                    page = with_cells(page, cells["added"][str(number)], legacy=cells["decoded"])
                if cells["cut"] and number == work.pages:
                    page = page.model_copy(update={"doubtful": page.doubtful or "cells"})
                yield page, red_lines

    def _page(self, work: FileWork, number: int, own: dict[str, Any] | None) -> tuple[PageText, list[Any]]:
        if number in work.recognised:
            result = work.kept.load(self._scan_path(work, number)) or {}
            return recognised_text(result, own), result.get("red_lines", [])
        if number in work.failures:
            return failed_page(number, work.failures[number]), []
        if own is None:
            return PageText(page=number, text="", source="none"), []
        text = own_text(own, work.readings.get(number, Reading.UNREADABLE))
        legacy = work.decoded and text.source == TextSource.BORN_DIGITAL.value
        return text.model_copy(update={"source": TextSource.DECODED.value}) if legacy else text, []

    @staticmethod
    def _own_pages(work: FileWork, first: int, count: int) -> dict[int, dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {}
        for number in range(first, min(first + count, work.pages + 1)):
            kept = work.kept.load(work.kept.path("own", "", number))
            found |= {page["page"]: page for page in (kept or {"pages": []})["pages"]}
        return found
