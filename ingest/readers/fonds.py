"""The table of fonds of TT 02/2019 beside a delivery: read row by row, each row given to the dossiers of its fonds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice, pairwise

from ingest.readers.headings import SEARCHED_ROWS
from ingest.readers.sheets import Sheet
from metadata.codes import has_part, nfc
from metadata.descriptions import Cell, Description, DossierDescription
from metadata.findings import Finding
from metadata.fonds import PROFILE, field_findings, named
from metadata.profiles import Section, profile
from metadata.profiles.headings import fold, spellings

_FEWEST = 4
"""Columns that make a table of fonds; a list of codes and names has fewer."""

_ALSO: Mapping[str, tuple[str, ...]] = {
    "fonds_code": ("Mã phông", "Mã phông lưu trữ"),
    "fonds_name": ("Tên phông", "Tên phông lưu trữ"),
    "fonds_history": ("Lịch sử hình thành phông", "Lịch sử đơn vị hình thành"),
}
MOST_FONDS = 1000
"""Rows of one table: an archive of a province has some hundred fonds. A longer one is told and not read."""


@dataclass(frozen=True, slots=True)
class FondsTable:
    """A worksheet that describes fonds."""

    path: str
    sheet: str
    heading_row: int
    rows: tuple[Description, ...]
    """Of each fonds, in the keys of table "phông"."""

    def unread(self) -> Finding:
        """That nothing of it was understood."""
        place = {"subject": self.sheet, "file": self.path, "sheet": self.sheet or None, "row": self.heading_row}
        return Finding(rule="READ-045", **place)


def fonds_table(path: str, sheet: Sheet) -> FondsTable | None:
    """The table of fonds in `sheet`; None where it holds none, or nothing below its headings."""
    for (number, texts), _ in pairwise(sheet.rows[:SEARCHED_ROWS]):
        keys = {at: key for at, text in enumerate(texts) if (key := _key_of(text))}
        if len(set(keys.values())) >= _FEWEST:
            below = ((row, cells) for row, cells in sheet.rows if row > number)
            found = (_described(path, sheet, row, cells, (texts, keys)) for row, cells in below)
            rows = tuple(islice((row for row in found if row is not None), MOST_FONDS + 1))
            return FondsTable(path, sheet.name, number, rows if len(rows) <= MOST_FONDS else ())
    return None


def _described(
    path: str, sheet: Sheet, number: int, texts: Sequence[str], headings: tuple[Sequence[str], Mapping[int, str]]
) -> Description | None:
    heads, keys = headings
    fields: dict[str, Cell] = {}
    for at, key in keys.items():
        text = texts[at] if at < len(texts) else ""
        if text and key not in fields:
            fields[key] = Cell(value=nfc(text), written=text, row=number, column=" ".join(heads[at].split()))
    # A row of numbers under the headings counts the columns; one without code and name describes nothing.
    if not {"fonds_code", "fonds_name"} & set(fields) or all(cell.written.isdecimal() for cell in fields.values()):
        return None
    return Description(fields=fields, source=path, sheet=sheet.name or None, row=number)


def _key_of(heading: str) -> str:
    return next((_spellings()[spelling] for spelling in spellings(heading) if spelling in _spellings()), "")


@cache
def _spellings() -> Mapping[str, str]:
    fields = profile(PROFILE).fields(Section.FONDS).items()
    known = {key: (row.vi, row.short, *_ALSO.get(key, ())) for key, row in fields}
    return {spelling: key for key, names in known.items() for name in names for spelling in spellings(name)}


@dataclass(slots=True)
class FondsOfDelivery:
    """All rows of a delivery's tables of fonds, with what is to be told of them."""

    tables: Sequence[FondsTable]
    _by_name: dict[str, Description] = field(default_factory=dict)
    _codes: list[tuple[list[str], Description]] = field(default_factory=list)
    """Codes in their parts."""

    _used: set[tuple[str | None, str | None, int | None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for table in self.tables:
            for row in table.rows:
                if code := row.value("fonds_code"):
                    self._codes.append((code.casefold().split("."), row))
                for name in (row.value("fonds_code"), row.value("fonds_name")):
                    if name:
                        self._by_name.setdefault(fold(name), row)

    def of(self, dossier: DossierDescription) -> Description | None:
        """The row of the dossier's fonds: by its code, its name, or a code that stands within the dossier's own."""
        told = (dossier.value("fonds_code"), dossier.value("fonds_name"))
        found = next((row for name in told if name and (row := self._by_name.get(fold(name)))), None)
        if found is None and not any(told):
            found = self._within(dossier.file_code)
        if found is not None:
            self._used.add(_place(found))
        return found

    def _within(self, file_code: str) -> Description | None:
        """The one fonds whose code is a part of the dossier's; None where there are several."""
        segments = file_code.casefold().split(".")
        fitting = [row for code, row in self._codes if has_part(segments, code)]
        return fitting[0] if len(fitting) == 1 else None

    def findings(self) -> Iterator[Finding]:
        """After `of` was asked for every dossier: what is wrong with rows, and rows that are of no dossier's fonds."""
        for table in self.tables:
            if not table.rows:
                yield table.unread()
            for row in table.rows:
                yield from field_findings(row)
                if _place(row) not in self._used:
                    yield _of_nobody(row)


def with_fonds(
    dossiers: Iterable[DossierDescription], tables: Sequence[FondsTable]
) -> tuple[tuple[DossierDescription, ...], tuple[Finding, ...]]:
    """`dossiers`, each with the row of its fonds, and what is to be told of the rows."""
    if not tables:
        return tuple(dossiers), ()
    known = FondsOfDelivery(tables)
    given = tuple(
        dossier if (row := known.of(dossier)) is None else dossier.model_copy(update={"fonds": row})
        for dossier in dossiers
    )
    return given, tuple(known.findings())


def _place(row: Description) -> tuple[str | None, str | None, int | None]:
    return row.source, row.sheet, row.row


def _of_nobody(row: Description) -> Finding:
    name = named(row)
    place = {"file": row.source, "sheet": row.sheet, "row": row.row}
    return Finding(rule="READ-046", subject=name, values={"written": name}, **place)
