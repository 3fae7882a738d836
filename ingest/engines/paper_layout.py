"""Sets papers that the archive writes: A4, paragraphs, places for signatures, tables that go on page after page.

A paper is a stream of blocks (JSON objects), read once; only the page that is
being set is in memory. Pages lie on their side where that is asked for.
Whatever a text looks like it is set as text.

- `{"text": T, "style": "Bold", "size": 13, "align": "center", "rule": 0.5, "indent": mm, "after": mm}`;
  `rule` draws a line below, so wide relative to the text.
- `{"pair": [[LINE, …], [LINE, …]], "widths": [40, 60]}`: two columns that stay together, lines as above.
- `{"table": [{"heading": H, "width": weight, "align": "left"}, …], "size": 10, "numbered": true}`, then
  `{"row": [T, …], "style": "Bold", "to": page}` each, then `{"end": true}`. The head is repeated on every page.
- `{"space": mm}`, `{"break": true}`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pikepdf import Array, Dictionary, Name, Page, Pdf

from ingest.engines.paper_fonts import Face, Style, plain

_MM = 72 / 25.4
WIDTH, HEIGHT = 595.28, 841.89
LEFT, RIGHT, TOP, BOTTOM = 30 * _MM, 15 * _MM, 20 * _MM, 20 * _MM
"""Margins of Nghị định 30/2020/NĐ-CP, Phụ lục I."""

FOOTER_AT = 11 * _MM
FOOTER_SIZE = 10.0
_LEADING = 1.22
_ASCENT = 0.9
"""Share of the size from the top of a line to its base."""

_PAD_X, _PAD_Y = 1.2 * _MM, 0.8 * _MM
_LINE = 0.5
_FACES = {Style.REGULAR: "R", Style.BOLD: "B", Style.ITALIC: "I", Style.BOLD_ITALIC: "Z"}
_NEVER_ALONE = 2
"""Lines of a row that stay together at the end of a page, if it is cut at all."""

_JOINTS = "/-._"
"""Where a word that is longer than a line is parted first: numbers of documents, codes, names of files."""

_MOST_LETTERS = 100_000
"""Of one cell; what is longer is cut and says so: nobody reads a column of a hundred pages."""

_MOST_ROW_SHARE = 3
"""A row higher than the third part of a page may be cut; a lower one goes to the next page as a whole."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is set."""

    text: str
    style: Style = Style.REGULAR
    size: float = 13.0
    align: str = "left"
    rule: float = 0.0

    @property
    def leading(self) -> float:
        """From one line to the next, in points."""
        return self.size * _LEADING


@dataclass(frozen=True, slots=True)
class _Column:
    heading: str
    left: float
    width: float
    align: str


@dataclass(slots=True)
class _Table:
    columns: Sequence[_Column]
    size: float
    numbered: bool
    head: list[list[Line]] = field(default_factory=list)


class Setting:
    """Sets blocks on the pages of a PDF, behind those that it has. Call `finish` once, at the end."""

    def __init__(self, pdf: Pdf, *, word_page: str, landscape: bool = False) -> None:
        self._pdf = pdf
        self._width, self._height = (HEIGHT, WIDTH) if landscape else (WIDTH, HEIGHT)
        self._word_page = word_page
        self._faces = {style: Face(pdf, style) for style in Style}
        self._pages: list[Any] = []
        self._ops: list[str] = []
        self._links: list[tuple[float, float, int]] = []
        self._at = self._height - TOP
        self._table: _Table | None = None

    @property
    def replaced(self) -> int:
        """Letters that the font does not have."""
        return sum(face.replaced for face in self._faces.values())

    @property
    def count(self) -> int:
        """Pages so far; all of them after `close`."""
        return len(self._pages)

    def set(self, blocks: Iterable[Mapping[str, Any]]) -> None:
        """Set `blocks` and end the last page."""
        for block in blocks:
            self._block(block)
        self._end_page()

    def _block(self, block: Mapping[str, Any]) -> None:
        if "row" in block:
            self._row(block)
        elif "text" in block:
            self._paragraph(block)
        elif "pair" in block:
            self._pair(block)
        elif "table" in block:
            self._open_table(block)
        elif "space" in block:
            self._at -= float(block["space"]) * _MM
        elif block.get("break"):
            self._end_page()
        else:
            self._table = None

    # ------------------------------------------------------------ paragraphs

    def _paragraph(self, block: Mapping[str, Any]) -> None:
        indent = float(block.get("indent", 0)) * _MM
        width = self._width - LEFT - RIGHT - indent
        for line in self._lines(block, width):
            self._need(line.leading)
            self._at -= line.leading
            self._show(line, LEFT + indent, width, self._at + line.leading - line.size * _ASCENT)
        self._at -= float(block.get("after", 0)) * _MM

    def _pair(self, block: Mapping[str, Any]) -> None:
        shares = [float(share) for share in block.get("widths", (1, 1))]
        whole = self._width - LEFT - RIGHT
        widths = [whole * share / sum(shares) for share in shares]
        sides = [
            [line for part in lines for line in self._lines({"align": "center", **part}, width)]
            for lines, width in zip(block["pair"], widths, strict=True)
        ]
        high = max(sum(line.leading for line in side) for side in sides)
        self._need(min(high, self._height - TOP - BOTTOM))
        left = LEFT
        for side, width in zip(sides, widths, strict=True):
            at = self._at
            for line in side:
                at -= line.leading
                self._show(line, left, width, at + line.leading - line.size * _ASCENT)
            left += width
        self._at -= high + float(block.get("after", 0)) * _MM

    def _lines(self, block: Mapping[str, Any], width: float) -> list[Line]:
        style, size = Style(block.get("style", Style.REGULAR)), float(block.get("size", 13))
        texts = self._wrapped(str(block["text"]), style, size, width)
        rule = float(block.get("rule", 0))
        last = len(texts) - 1
        align = str(block.get("align", "left"))
        return [Line(text, style, size, align, rule if n == last else 0) for n, text in enumerate(texts)]

    def _wrapped(self, text: str, style: Style, size: float, width: float) -> list[str]:
        face = self._faces[style]
        if len(text) > _MOST_LETTERS:
            text = text[:_MOST_LETTERS] + " […]"
        return [line for paragraph in plain(text).split("\n") for line in broken(face, paragraph, size, width)]

    # ------------------------------------------------------------ tables

    def _open_table(self, block: Mapping[str, Any]) -> None:
        whole, left = self._width - LEFT - RIGHT, LEFT
        shares = [float(column["width"]) for column in block["table"]]
        columns = []
        for column, share in zip(block["table"], shares, strict=True):
            width = whole * share / sum(shares)
            columns.append(_Column(str(column["heading"]), left, width, str(column.get("align", "left"))))
            left += width
        size = float(block.get("size", 11))
        self._table = _Table(columns, size, bool(block.get("numbered")))
        self._table.head = self._cells([c.heading for c in columns], Style.BOLD, align="center")
        self._need(self._high(self._table.head) + 3 * size * _LEADING)
        self._head()

    def _cells(self, texts: Sequence[Any], style: Style, *, align: str = "") -> list[list[Line]]:
        table = self._open()
        cells = []
        for column, text in zip(table.columns, texts, strict=True):
            wrapped = self._wrapped("" if text is None else str(text), style, table.size, column.width - 2 * _PAD_X)
            cells.append([Line(line, style, table.size, align or column.align) for line in wrapped])
        return cells

    def _open(self) -> _Table:
        if self._table is None:
            msg = "a row stands outside of a table"
            raise ValueError(msg)
        return self._table

    @staticmethod
    def _high(cells: list[list[Line]]) -> float:
        return max(sum(line.leading for line in cell) for cell in cells) + 2 * _PAD_Y

    def _head(self) -> None:
        table = self._open()
        self._boxes(table.head, self._high(table.head))
        if table.numbered:
            numbers = self._cells(
                [f"({n})" for n, _ in enumerate(table.columns, start=1)], Style.ITALIC, align="center"
            )
            self._boxes(numbers, self._high(numbers))

    def _row(self, block: Mapping[str, Any]) -> None:
        table = self._open()
        cells = self._cells(block["row"], Style(block.get("style", Style.REGULAR)))
        target = int(block.get("to", 0))
        room = self._height - TOP - BOTTOM - self._high(table.head) * 2
        while True:
            high, left = self._high(cells), self._at - BOTTOM
            if high <= left:
                self._boxes(cells, high, target)
                return
            fitting = int((left - 2 * _PAD_Y) / (table.size * _LEADING))
            if high <= room / _MOST_ROW_SHARE or fitting < _NEVER_ALONE:
                self._end_page()
                self._head()
                continue
            part = [cell[:fitting] for cell in cells]
            self._boxes(part, self._high(part), target)
            cells = [cell[fitting:] for cell in cells]
            self._end_page()
            self._head()

    def _boxes(self, cells: list[list[Line]], high: float, target: int = 0) -> None:
        table = self._open()
        bottom = self._at - high
        self._ops.append(f"{_LINE} w")
        for column, cell in zip(table.columns, cells, strict=True):
            self._ops.append(f"{column.left:.2f} {bottom:.2f} {column.width:.2f} {high:.2f} re S")
            at = self._at - _PAD_Y
            for line in cell:
                at -= line.leading
                self._show(
                    line, column.left + _PAD_X, column.width - 2 * _PAD_X, at + line.leading - line.size * _ASCENT
                )
        if target:
            self._links.append((bottom, self._at, target))
        self._at = bottom

    # ------------------------------------------------------------ pages

    def _need(self, high: float) -> None:
        if self._at - high < BOTTOM and self._at < self._height - TOP:
            self._end_page()

    def _show(self, line: Line, left: float, width: float, base: float) -> None:
        face = self._faces[line.style]
        if not line.text:
            return
        wide = face.width(line.text, line.size)
        x = left + {"center": (width - wide) / 2, "right": width - wide}.get(line.align, 0.0)
        name = _FACES[line.style]
        self._ops.append(f"BT /{name} {line.size:g} Tf {x:.2f} {base:.2f} Td <{face.encoded(line.text)}> Tj ET")
        if line.rule:
            start, long = x + wide * (1 - line.rule) / 2, wide * line.rule
            below = base - line.size * 0.3
            self._ops.append(f"{_LINE} w {start:.2f} {below:.2f} m {start + long:.2f} {below:.2f} l S")

    def _end_page(self) -> None:
        pdf = self._pdf
        content = pdf.make_stream(zlib.compress("\n".join(self._ops).encode("ascii")), Filter=Name.FlateDecode)
        fonts = Dictionary({f"/{_FACES[style]}": face.font for style, face in self._faces.items() if face.started})
        page = pdf.make_indirect(
            Dictionary(
                Type=Name.Page,
                MediaBox=Array([0, 0, self._width, self._height]),
                Resources=Dictionary(Font=fonts),
                Contents=Array([content]),
            )
        )
        self._pages.append((page, self._links))
        self._ops, self._links, self._at = [], [], self._height - TOP

    def finish(self, pages: int | None = None) -> None:
        """Put the pages into the PDF with their numbers, and embed what was used of the fonts.

        Args:
            pages: Pages of the whole, where others follow.
        """
        pdf, whole = self._pdf, pages or len(self._pages)
        face = self._faces[Style.REGULAR]
        for number, (page, _) in enumerate(self._pages, start=1):
            text = plain(self._word_page.format(page=number, pages=whole))
            x = self._width - RIGHT - face.width(text, FOOTER_SIZE)
            footer = f"BT /R {FOOTER_SIZE:g} Tf {x:.2f} {FOOTER_AT:.2f} Td <{face.encoded(text)}> Tj ET"
            page.Resources.Font["/R"] = face.font
            page.Contents.append(pdf.make_stream(footer.encode("ascii")))
            pdf.pages.append(Page(page))
        for used in self._faces.values():
            if used.started:
                used.finish()

    def link(self) -> None:
        """Make rows that name a page lead to it; all pages have to be there."""
        for page, links in self._pages:
            annotations = [
                self._pdf.make_indirect(
                    Dictionary(
                        Type=Name.Annot,
                        Subtype=Name.Link,
                        Rect=Array([LEFT, bottom, self._width - RIGHT, top]),
                        Border=Array([0, 0, 0]),
                        F=4,
                        Dest=Array([self._pdf.pages[target - 1].obj, Name.Fit]),
                    )
                )
                for bottom, top, target in links
                if target <= len(self._pdf.pages)
            ]
            if annotations:
                page.Annots = Array(annotations)


def broken(face: Face, paragraph: str, size: float, width: float) -> Iterator[str]:
    """Lines of a paragraph: between words where possible, else between letters."""
    line, wide, blank = "", 0.0, face.width(" ", size)
    for word in paragraph.split():
        long = face.width(word, size)
        if line and wide + blank + long <= width:
            line, wide = f"{line} {word}", wide + blank + long
            continue
        if line:
            yield line
        line, wide = word, long
        while wide > width and len(line) > 1:
            fits = _fitting(face, line, size, width)
            fits = max((line.rfind(mark, 0, fits) + 1 for mark in _JOINTS), default=0) or fits
            yield line[:fits]
            line = line[fits:]
            wide = face.width(line, size)
    yield line


def _fitting(face: Face, word: str, size: float, width: float) -> int:
    """How many letters of `word` a line holds, at least one."""
    wide = 0.0
    for number, letter in enumerate(word):
        wide += face.width(letter, size)
        if wide > width:
            return max(number, 1)
    return len(word)
