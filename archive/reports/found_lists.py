"""The list of what a search found, once as a worksheet, once as a Word document, once as blocks of a paper.

Source: Nghị định 30/2020/NĐ-CP, Phụ lục VI (results of a search leave as .doc, .docx, .pdf); columns of documents are
called as its Phụ lục V, mẫu IV calls them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from pathlib import Path

from archive.reports.forms import PAGE_MARK, Block
from archive.reports.lists import FORM
from archive.reports.word_documents import WordColumn, WordList, write_word
from archive.reports.workbooks import CellKind, SheetColumn, SheetContent, write_workbook
from metadata.dates import from_iso
from metadata.messages import text
from search.ports import Hit

Row = Sequence[str | int]
Rows = Callable[[], Iterator[Row]]
"""The rows from the beginning, each time it is called."""

_MARK = re.compile("</?em>")


def say(key: str, **values: object) -> str:
    """Words of the list."""
    return text(f"found_lists.{key}", FORM, **values)


@dataclass(frozen=True, slots=True)
class _Column:
    word: str
    """Message `found_lists.column.{word}`."""

    share: float
    """Of the page's width."""

    cell: float
    """Width in a worksheet, in characters."""

    centred: bool = False
    number: bool = False


_COLUMNS = (
    _Column("ordinal", 11, 8.0, centred=True, number=True),
    _Column("number", 22, 22.0),
    _Column("issued", 18, 13.0, centred=True),
    _Column("type", 17, 16.0),
    _Column("title", 42, 60.0),
    _Column("organ", 24, 30.0),
    _Column("file_code", 24, 24.0),
    _Column("fonds", 20, 24.0),
    _Column("page", 11, 8.0, centred=True, number=True),
    _Column("snippet", 86, 70.0),
    _Column("remark", 13, 16.0),
)


@dataclass(frozen=True, slots=True)
class FoundHeading:
    """What stands over the table."""

    title: str
    lines: Sequence[str]


def row_of(number: int, hit: Hit, fonds: str) -> Row:
    """A found document as a row."""
    day = from_iso(hit.issued)
    return (
        number,
        hit.number,
        day.vietnamese() if day else hit.issued,
        hit.type_name,
        hit.title or hit.doc_code,
        hit.organ_name,
        hit.file_code,
        fonds,
        hit.page or "",
        _unmarked(hit.snippet),
        say("no_file") if hit.no_file else "",
    )


def _unmarked(snippet: str) -> str:
    """The words of a snippet, as they stand in the document."""
    return " ".join(unescape(_MARK.sub("", snippet)).split())


def write_sheet(path: Path, heading: FoundHeading, rows: Rows, *, created: datetime) -> None:
    """The list as a workbook.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    columns = [
        SheetColumn(
            _called(column), column.cell, CellKind.NUMBER if column.number else CellKind.TEXT, wrapped=not column.number
        )
        for column in _COLUMNS
    ]
    above = ((heading.title,), *((line,) for line in heading.lines))
    sheet = SheetContent(say("sheet"), columns, rows(), above=above, frozen_columns=2, footer=PAGE_MARK)
    write_workbook(path, (sheet,), created=created, title=heading.title)


def write_document(path: Path, heading: FoundHeading, rows: Rows, *, created: datetime) -> None:
    """The list as a Word document.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    columns = [WordColumn(_called(column), column.share, column.centred) for column in _COLUMNS]
    write_word(path, WordList(heading.title, heading.lines, columns, rows()), created=created)


def paper(heading: FoundHeading, rows: Rows) -> Iterator[Block]:
    """The list as blocks of a paper that lies on its side."""
    yield {"text": heading.title, "style": "Bold", "size": 14, "align": "center", "after": 2}
    for line in heading.lines:
        yield {"text": line, "size": 11}
    yield {"space": 3}
    columns = [
        {
            "heading": _called(column),
            "width": column.share,
            "align": "center" if column.centred else "left",
        }
        for column in _COLUMNS
    ]
    yield {"table": columns, "size": 9, "numbered": True}
    for row in rows():
        yield {"row": row}
    yield {"end": True}


def _called(column: _Column) -> str:
    return say(f"column.{column.word}")
