"""Sets papers that the archive writes: A4, paragraphs, places for signatures, tables that go on page after page.

A paper is a stream of blocks (JSON objects), read once; only the page that is
being set is in memory: what stands on it is written, and forgotten, when it is
full (`paper_file`). Pages lie on their side where that is asked for. Whatever a
text looks like it is set as text.

- `{"text": T, "style": "Bold", "size": 13, "align": "center", "rule": 0.5, "indent": mm, "after": mm}`;
  `rule` draws a line below, so wide relative to the text.
- `{"pair": [[LINE, …], [LINE, …]], "widths": [40, 60]}`: two columns that stay together, lines as above.
- `{"table": [{"heading": H, "width": weight, "align": "left"}, …], "size": 10, "numbered": true}`, then
  `{"row": [T, …], "style": "Bold", "to": page}` each, then `{"end": true}`. The head is repeated on every page.
- `{"space": mm}`, `{"break": true}`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, Self

from pikepdf import Array, Dictionary, Name, Pdf

from ingest.engines.paper_file import PaperFile, reference
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
_FINE = 100
"""Places of letters are told in hundredths of a point."""

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
class Link:
    """A row that leads to a page of the whole."""

    page: int
    """On which it stands, from 1."""

    bottom: float
    top: float
    target: int


@dataclass(frozen=True, slots=True)
class _Column:
    heading: str
    left: float
    width: float
    align: str


_Cells = Sequence[Sequence[str]]
"""Lines of each cell of a row."""


@dataclass(slots=True)
class _Table:
    columns: Sequence[_Column]
    size: float
    numbered: bool
    head: _Cells = ()
    numbers: _Cells = ()

    @property
    def leading(self) -> float:
        return self.size * _LEADING

    def high(self, cells: _Cells) -> float:
        """How high a row of `cells` is."""
        return max(map(len, cells)) * self.leading + 2 * _PAD_Y


class Setting:
    """Sets blocks on the pages of a PDF that is written to `out` as they fill. Call `finish` once, at the end."""

    def __init__(self, out: BinaryIO, *, word_page: str, landscape: bool = False) -> None:
        self._file = PaperFile(out)
        self._beside = Pdf.new()
        self._width, self._height = (HEIGHT, WIDTH) if landscape else (WIDTH, HEIGHT)
        self._word_page = word_page
        self._faces = {style: Face(self._beside, style) for style in Style}
        self._contents = array("L")
        self._ops: list[str] = []
        self.links: list[Link] = []
        """Rows that name a page, for who puts this paper in front of others."""

        self._at = self._height - TOP
        self._table: _Table | None = None

    def __enter__(self) -> Self:
        """Until the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of what is kept beside the pages; `out` is its owner's to close."""
        self._beside.close()

    @property
    def replaced(self) -> int:
        """Letters that the font does not have."""
        return sum(face.replaced for face in self._faces.values())

    @property
    def count(self) -> int:
        """Pages that are full; all of them after `set`."""
        return len(self._contents)

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
        table = self._table = _Table(columns, float(block.get("size", 11)), bool(block.get("numbered")))
        table.head = self._cells([c.heading for c in columns], Style.BOLD)
        if table.numbered:
            table.numbers = self._cells([f"({n})" for n, _ in enumerate(columns, start=1)], Style.ITALIC)
        self._need(table.high(table.head) + 3 * table.leading)
        self._head()

    def _cells(self, texts: Sequence[Any], style: Style) -> list[list[str]]:
        table = self._open()
        return [
            self._wrapped("" if text is None else str(text), style, table.size, column.width - 2 * _PAD_X)
            for column, text in zip(table.columns, texts, strict=True)
        ]

    def _open(self) -> _Table:
        if self._table is None:
            msg = "a row stands outside of a table"
            raise ValueError(msg)
        return self._table

    def _head(self) -> None:
        table = self._open()
        self._boxes(table.head, Style.BOLD, align="center")
        if table.numbered:
            self._boxes(table.numbers, Style.ITALIC, align="center")

    def _row(self, block: Mapping[str, Any]) -> None:
        table = self._open()
        style = Style(block.get("style", Style.REGULAR))
        cells = self._cells(block["row"], style)
        target = int(block.get("to", 0))
        room = self._height - TOP - BOTTOM - table.high(table.head) * 2
        while True:
            high, left = table.high(cells), self._at - BOTTOM
            if high <= left:
                self._boxes(cells, style, target=target)
                return
            fitting = int((left - 2 * _PAD_Y) / table.leading)
            if high <= room / _MOST_ROW_SHARE or fitting < _NEVER_ALONE:
                self._end_page()
                self._head()
                continue
            self._boxes([cell[:fitting] for cell in cells], style, target=target)
            cells = [cell[fitting:] for cell in cells]
            self._end_page()
            self._head()

    def _boxes(self, cells: _Cells, style: Style, *, align: str = "", target: int = 0) -> None:
        table = self._open()
        high = table.high(cells)
        bottom = self._at - high
        ops = [f"{column.left:.2f} {bottom:.2f} {column.width:.2f} {high:.2f} re" for column in table.columns]
        leading = round(table.leading * _FINE)
        ops.append(f"S BT /{_FACES[style]} {table.size:g} Tf {leading / _FINE:g} TL")
        self._ops.extend(ops)
        base = round((self._at - _PAD_Y - table.size * _ASCENT) * _FINE)
        at = (0, 0)
        for column, cell in zip(table.columns, cells, strict=True):
            at = self._cell(cell, column, (style, table.size, align or column.align), (at, base, leading))
        self._ops.append("ET")
        if target:
            self.links.append(Link(self.count + 1, bottom, self._at, target))
        self._at = bottom

    def _cell(
        self,
        lines: Sequence[str],
        column: _Column,
        look: tuple[Style, float, str],
        where: tuple[tuple[int, int], int, int],
    ) -> tuple[int, int]:
        """Show the lines of a cell.

        Args:
            lines: Of the cell.
            column: In which it stands.
            look: Style, size, side.
            where: Where the line before began, the base of the first one of this cell, and from one to the next: all in
                hundredths of a point.

        Returns:
            Where the last line begins.
        """
        (style, size, align), (at, base, leading) = look, where
        face, ops = self._faces[style], self._ops
        inner, left = column.width - 2 * _PAD_X, round((column.left + _PAD_X) * _FINE)
        share = {"center": 0.5, "right": 1.0}.get(align, 0.0)
        begun = False
        for number, text in enumerate(lines):
            if begun and not share:
                # On the line below, at the same edge: one sign says it.
                ops.append(f"<{face.encoded(text)}> '")
                at = (left, at[1] - leading)
                continue
            if not text:
                continue
            x = left + round(share * (inner - face.width(text, size)) * _FINE) if share else left
            y = base - number * leading
            ops.append(f"{(x - at[0]) / _FINE:g} {(y - at[1]) / _FINE:g} Td <{face.encoded(text)}> Tj")
            at, begun = (x, y), True
        return at

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
        self._contents.append(self._file.packed("\n".join([f"{_LINE} w", *self._ops]).encode("ascii")))
        self._ops, self._at = [], self._height - TOP

    def finish(self, pages: int | None = None, declare: Callable[[Pdf], None] | None = None) -> None:
        """Write what is known at the end only: numbers of pages, fonts with the letters used, the tree of pages.

        Args:
            pages: Pages of the whole, where others follow.
            declare: Says of the document what it is; it gets a PDF that has everything but pages.
        """
        file, beside, whole = self._file, self._beside, pages or self.count
        # One behind the other, so that the first says where all are.
        footers = array("L", (file.stream(self._footer(n, whole)) for n in range(1, self.count + 1)))
        fonts = Dictionary()
        for style, face in self._faces.items():
            if face.started:
                face.finish()
                fonts[f"/{_FACES[style]}"] = face.font
        resources = file.copied(beside.make_indirect(Dictionary(Font=fonts)))
        if declare is not None:
            declare(beside)
        box = f"/MediaBox [ 0 0 {self._width} {self._height} ]".encode("ascii")
        root = file.pages(
            (
                b"%b /Resources %b /Contents [ %b %b ]" % (box, resources, reference(content), reference(footer))
                for content, footer in zip(self._contents, footers, strict=True)
            ),
            self.count,
        )
        catalog = b" ".join(
            Name(key).unparse() + b" " + (reference(root) if key == "/Pages" else file.copied(value))
            for key, value in beside.Root.items()
        )
        info = beside.trailer.get("/Info")
        said = file.copied(info) if info is not None else b""
        file.finish(file.write(b"<< %b >>" % catalog), int(said.split()[0]) if said else 0)

    def _footer(self, number: int, whole: int) -> bytes:
        face = self._faces[Style.REGULAR]
        text = plain(self._word_page.format(page=number, pages=whole))
        x = self._width - RIGHT - face.width(text, FOOTER_SIZE)
        return f"BT /R {FOOTER_SIZE:g} Tf {x:.2f} {FOOTER_AT:.2f} Td <{face.encoded(text)}> Tj ET".encode("ascii")


def link(pdf: Pdf, links: Iterable[Link]) -> None:
    """Make rows of the paper in front lead to the pages that they name; all pages have to be there."""
    count = len(pdf.pages)
    for one in links:
        if one.target > count:
            continue
        page = pdf.pages[one.page - 1].obj
        across = float(page.MediaBox[2])
        annotation = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=Array([LEFT, one.bottom, across - RIGHT, one.top]),
            Border=Array([0, 0, 0]),
            F=4,
            Dest=Array([pdf.pages[one.target - 1].obj, Name.Fit]),
        )
        if "/Annots" not in page:
            page.Annots = Array()
        page.Annots.append(pdf.make_indirect(annotation))


def broken(face: Face, paragraph: str, size: float, width: float) -> Iterator[str]:
    """Lines of a paragraph: between words where possible, else between letters."""
    words = paragraph.split()
    whole = " ".join(words)
    if face.width(whole, size) <= width:
        yield whole
        return
    line, wide, blank = "", 0.0, face.width(" ", size)
    for word in words:
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
