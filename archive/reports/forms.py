"""The forms of lists and minutes, once as blocks of a paper (`ingest.engines.paper_layout`), once as worksheets.

Source: Nghị định 30/2020/NĐ-CP, Phụ lục V, mẫu III (mục lục hồ sơ), IV (mục lục văn bản), V (biên bản giao nhận).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from archive.reports.lists import Totals, Whole, say, written_period
from archive.reports.workbooks import SheetColumn, SheetContent, Value
from metadata.number_words import in_words

Block = Mapping[str, Any]
Rows = Callable[[], Iterator[list[str]]]
"""The rows from the beginning, each time it is called."""

_BOLD, _ITALIC = "Bold", "Italic"
_NARROW = {"size": 10, "numbered": True}
DOSSIER_WIDTHS = (12, 26, 60, 27, 22, 18, 25)
DOCUMENT_WIDTHS = (12, 25, 26, 62, 32, 17, 25)
_CENTRED = frozenset({0, 5})
_SHEET_WIDTHS = (8.0, 24.0, 60.0, 22.0, 18.0, 16.0, 36.0)
_SHEET_DOCUMENT_WIDTHS = (8.0, 22.0, 16.0, 60.0, 32.0, 16.0, 36.0)
PAGE_MARK = "Trang &P/&N"


@dataclass(frozen=True, slots=True)
class Heading:
    """Who makes the form, for whom, and when."""

    archive: str
    day: date
    basis: str = ""
    """On which the hand-over rests (a plan, a list of dossiers), where that is told."""

    holding: str = ""
    """What the records are called, where that is told."""


@dataclass(frozen=True, slots=True)
class Section:
    """The documents of one dossier."""

    found: Whole
    rows: Sequence[list[str]]


def write_blocks(stream: TextIO, blocks: Iterable[Block]) -> None:
    """Write `blocks` as the paper's task reads them."""
    stream.writelines(json.dumps(block, ensure_ascii=True) + "\n" for block in blocks)


# ---------------------------------------------------------------- parts of papers


def _national(agencies: Sequence[str], archive: str) -> Block:
    left = [{"text": name, "size": 12} for name in agencies[:3]] or [{"text": archive, "size": 12}]
    left[-1] = left[-1] | {"style": _BOLD, "rule": 0.4}
    right = [
        {"text": say("nation"), "style": _BOLD, "size": 12},
        {"text": say("motto"), "style": _BOLD, "size": 13, "rule": 1},
    ]
    return {"pair": [left, right], "widths": [40, 60], "after": 8}


def _centred(text: str, size: float, style: str = _BOLD, after: float = 0) -> Block:
    return {"text": text, "style": style, "size": size, "align": "center", "after": after}


def _table(key: str, widths: Sequence[int]) -> Block:
    headings = say(f"{key}.columns").split("|")
    columns = [
        {"heading": heading, "width": width, "align": "center" if number in _CENTRED else "left"}
        for number, (heading, width) in enumerate(zip(headings, widths, strict=True))
    ]
    return {"table": columns, **_NARROW}


def _made_on(day: date) -> str:
    return say("made_on", day=f"{day.day:02d}", month=f"{day.month:02d}", year=day.year)


def _signature(day: date) -> Block:
    lines = [
        {"text": _made_on(day), "style": _ITALIC, "size": 13},
        {"text": say("maker"), "style": _BOLD, "size": 13},
        {"text": say("maker_signs"), "style": _ITALIC, "size": 13},
        # Room to sign, kept together with the words above it.
        *({"text": " ", "size": 13} for _ in range(4)),
    ]
    return {"pair": [[{"text": ""}], lines], "widths": [40, 60]}


def _body(text: str, indent: float = 0, style: str = "Regular") -> Block:
    return {"text": text, "size": 13, "indent": indent, "after": 1, "style": style}


def _agencies(totals: Totals) -> list[str]:
    return list(dict.fromkeys(totals.agencies.values()))


def dossier_sums(totals: Totals) -> list[str]:
    """The lines below the list of dossiers."""
    limited = totals.dossiers - totals.permanent
    return [
        say("dossiers.total", count=totals.dossiers),
        say("dossiers.words", words=in_words(totals.dossiers)),
        say("dossiers.retention", permanent=totals.permanent, limited=limited),
        say("dossiers.inside", documents=totals.documents, files=totals.files),
    ]


# ---------------------------------------------------------------- papers


def dossier_paper(heading: Heading, totals: Totals, rows: Rows) -> Iterator[Block]:
    """`Mục lục hồ sơ, tài liệu nộp lưu`."""
    yield _national(_agencies(totals), heading.archive)
    yield _centred(say("dossiers.title"), 14)
    yield _centred(say("year", years=totals.years or "……"), 13, after=4)
    yield from _dossier_table(totals, rows)
    yield {"space": 6}
    yield _signature(heading.day)


def _dossier_table(totals: Totals, rows: Rows) -> Iterator[Block]:
    yield _table("dossiers", DOSSIER_WIDTHS)
    for row in rows():
        yield {"row": row}
    yield {"end": True}
    yield {"space": 3}
    for line in dossier_sums(totals):
        yield _body(line)


def document_paper(heading: Heading, sections: Iterable[Section]) -> Iterator[Block]:
    """`Mục lục văn bản, tài liệu`, each dossier from a new page on."""
    for number, section in enumerate(sections):
        if number:
            yield {"break": True}
        found = section.found
        yield _national([found.head.agency_name or found.head.agency], heading.archive)
        yield _centred(say("documents.title"), 14)
        yield from (_centred(line, 13) for line in dossier_lines(found))
        yield {"space": 4}
        yield _table("documents", DOCUMENT_WIDTHS)
        for row in section.rows:
            yield {"row": row}
        yield {"end": True}
        yield {"space": 3}
        yield _body(document_sum(section))
        yield {"space": 6}
        yield _signature(heading.day)


def dossier_lines(found: Whole) -> list[str]:
    """What stands over the list of documents: number, title, years."""
    totals = Totals()
    totals.add(found)
    number = found.dossier.value("file_notation") or found.head.file_code
    lines = [say("documents.of", number=number), found.dossier.value("title"), say("year", years=totals.years or "……")]
    if number != found.head.file_code:
        lines.insert(1, found.head.file_code)
    return [line for line in lines if line]


def document_sum(section: Section) -> str:
    """The line below the list of documents."""
    count = len(section.rows)
    return say("documents.total", count=count, words=in_words(count), files=section.found.files)


def minutes_paper(heading: Heading, totals: Totals, rows: Rows) -> Iterator[Block]:
    """`Biên bản giao nhận hồ sơ, tài liệu`, the list of dossiers behind it."""
    yield _national(_agencies(totals), heading.archive)
    yield _centred(say("minutes.title"), 14)
    yield _centred(say("minutes.subtitle"), 13, after=4)
    for indent, line in minutes_lines(heading, totals):
        yield _body(line, indent)
    yield {"space": 8}
    signs = {"text": say("minutes.signs"), "style": _ITALIC, "size": 13}
    sides = [
        [{"text": say(f"minutes.{side}_signs"), "style": _BOLD, "size": 13}, signs, *[{"text": " "}] * 4]
        for side in ("giver", "taker")
    ]
    yield {"pair": sides}
    yield {"break": True}
    yield _centred(say("dossiers.title"), 14, after=4)
    yield from _dossier_table(totals, rows)


def minutes_lines(heading: Heading, totals: Totals) -> Iterator[tuple[float, str]]:
    """Lines of the minutes with their indents in millimetres; a blank is left where nobody told."""
    blank = say("minutes.blank")

    def told(values: Iterable[str]) -> str:
        return "; ".join(dict.fromkeys(filter(None, values))) or blank

    fields: dict[str, Mapping[str, object]] = {
        "basis_own": {"basis": heading.basis or blank},
        "giver": {"name": told(_agencies(totals))},
        "taker": {"name": heading.archive or blank},
        "holding": {"name": heading.holding or told(totals.fonds)},
        "period": {"period": written_period(totals.first, totals.last) or blank},
        "boxes": {"boxes": len(totals.boxes) or blank},
        "paper_dossiers": {"dossiers": totals.on_paper or blank, "metres": "……"},
        "dossiers": {"dossiers": totals.electronic, "documents": totals.documents - totals.without_files},
        "files": {"files": totals.files, "bytes": f"{totals.bytes:,}".replace(",", ".")},
        "condition": {"condition": told(f"{word}: {count}" for word, count in totals.conditions.most_common())},
        "submissions": {
            "ids": told(totals.submissions),
            # Accounts are no names: who signs fills in who they are.
            "givers": told(totals.givers),
            "takers": told(totals.takers),
        },
    }
    lines: list[tuple[float, str, Mapping[str, object]]] = [
        (0, "basis", {}),
        (0, "basis_own", fields["basis_own"]),
        (0, "we", {}),
        (0, "giver", fields["giver"]),
        (5, "person", {"name": blank}),
        (5, "position", {"name": blank}),
        (0, "taker", fields["taker"]),
        (5, "person", {"name": blank}),
        (5, "position", {"name": blank}),
        (0, "agreed", {}),
        *((0, key, fields[key]) for key in ("holding", "period")),
        (0, "quantity", {}),
        (5, "paper", {}),
        *((5, key, fields[key]) for key in ("boxes", "paper_dossiers")),
        (5, "electronic", {}),
        *((5, key, fields[key]) for key in ("dossiers", "files")),
        *([(5.0, "described", {"documents": totals.without_files})] if totals.without_files else []),
        (0, "condition", fields["condition"]),
        (0, "attached", {}),
        (0, "submissions", fields["submissions"]),
        (0, "copies", {}),
    ]
    yield 0, _made_on(heading.day)
    for indent, key, values in lines:
        yield indent, say(f"minutes.{key}", **values)


# ---------------------------------------------------------------- worksheets


def dossier_sheet(heading: Heading, totals: Totals, rows: Rows) -> SheetContent:
    """The list of dossiers as a worksheet."""
    above: list[list[Value]] = [
        [say("dossiers.title")],
        [say("nation")],
        [say("motto")],
        ["; ".join(_agencies(totals)) or heading.archive],
        [say("year", years=totals.years or "……")],
    ]
    below: list[list[Value]] = [[], *_lines(dossier_sums(totals)), *_signs(heading.day)]
    columns = _columns("dossiers", _SHEET_WIDTHS)
    return SheetContent(say("dossiers.sheet"), columns, rows(), above=above, below=below, footer=PAGE_MARK)


def document_sheet(heading: Heading, section: Section) -> SheetContent:
    """The list of documents of one dossier as a worksheet, called like the dossier."""
    found = section.found
    above: list[list[Value]] = [
        [say("documents.title")],
        [say("nation")],
        [say("motto")],
        [found.head.agency_name or found.head.agency],
        *_lines(dossier_lines(found)),
    ]
    below: list[list[Value]] = [[], [document_sum(section)], *_signs(heading.day)]
    columns = _columns("documents", _SHEET_DOCUMENT_WIDTHS)
    name = found.dossier.value("file_notation") or found.head.file_code or say("documents.sheet")
    return SheetContent(name, columns, iter(section.rows), above=above, below=below, footer=PAGE_MARK)


def minutes_sheets(heading: Heading, totals: Totals, rows: Rows) -> Iterator[SheetContent]:
    """The minutes, and the list of dossiers behind them."""
    lines: list[list[Value]] = [[line] for _, line in minutes_lines(heading, totals)]
    lines += [[], [say("minutes.giver_signs"), say("minutes.taker_signs")], [say("minutes.signs")] * 2]
    above: list[list[Value]] = [[say("minutes.title")], [say("nation")], [say("motto")]]
    columns = [SheetColumn(say("minutes.subtitle"), 90.0, wrapped=True), SheetColumn("", 40.0, wrapped=True)]
    yield SheetContent(say("minutes.sheet"), columns, iter(lines), above=above, footer=PAGE_MARK)
    yield dossier_sheet(heading, totals, rows)


def _columns(key: str, widths: Sequence[float]) -> list[SheetColumn]:
    headings = say(f"{key}.columns").split("|")
    return [SheetColumn(heading, width, wrapped=True) for heading, width in zip(headings, widths, strict=True)]


def _lines(texts: Iterable[str]) -> list[list[Value]]:
    return [[text] for text in texts]


def _signs(day: date) -> list[list[Value]]:
    lines: list[Value] = [_made_on(day), say("maker"), say("maker_signs")]
    return [[], *([None, None, None, line] for line in lines)]


def read_rows(path: Path) -> Iterator[list[str]]:
    """Rows that were spooled to `path`."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
