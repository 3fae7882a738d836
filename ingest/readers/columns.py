"""Which field each column of a table means, from its heading, its neighbours and the line above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from sys import intern

from metadata.heading_mapping import MappedSheet
from metadata.profiles import Section
from metadata.profiles.headings import DatePart, date_keys, lexicon

_RECORDS = (Section.DOCUMENT, Section.PHOTO, Section.AUDIO_VIDEO)
_CODE_KEYS = frozenset({"file_code", "archives_code", "fonds_code", "catalogue", "file_notation"})
"""Where a row holds both dossier and document, these describe the dossier."""

_TITLES = {"image_title": Section.PHOTO, "movie_title": Section.AUDIO_VIDEO}


@dataclass(frozen=True, slots=True)
class Column:
    """One column with its heading, and the field that it means."""

    index: int
    """From 1."""

    text: str
    """Heading in the lowest line."""

    upper: str = ""
    """Heading in the line above, where there are two."""

    section: Section | None = None
    key: str = ""
    """Empty: no field of any profile."""

    part: DatePart | None = None
    counts_rows: bool = False

    @property
    def letter(self) -> str:
        """Name of the column in office programs."""
        letters, rest = "", self.index
        while rest:
            rest, digit = divmod(rest - 1, 26)
            letters = chr(ord("A") + digit) + letters
        return letters

    @property
    def heading(self) -> str:
        """Heading as written; the letter where there is none. Every cell below it names it, so there is but one."""
        return intern(self._heading())

    def _heading(self) -> str:
        text = " ".join(self.text.split())
        if self.part and self.upper and lexicon().bare_part(self.text):
            return f"{' '.join(self.upper.split())}: {text}"
        return text or " ".join(self.upper.split()) or self.letter


def assigned(columns: Sequence[Column], hints: Sequence[Section | None], sheet_section: Section | None) -> list[Column]:
    """`columns` with their fields.

    Args:
        columns: All columns of the table.
        hints: Which part of the row each column describes, where a line above says so.
        sheet_section: What the name of the worksheet announces.
    """
    record = _record_section(columns, sheet_section)
    options = [_options(column, record) for column in columns]
    sections = _sections(options, hints, record, sheet_section)
    taken: set[tuple[Section, str, DatePart | None]] = set()
    found: dict[int, Column] = {}
    # Headings that mean one thing choose first; `Ghi chú` takes what they leave.
    mixed = Section.DOSSIER in sections and record in sections
    order = sorted(range(len(columns)), key=lambda i: len(options[i].of(sections[i])))
    for i in order:
        found[i] = _chosen(columns[i], options[i], sections[i], taken)
        ordinal = (record, "ordinal", None)
        if mixed and found[i].counts_rows and sections[i] is record and ordinal not in taken:
            # Where a row holds both, the counter within the block of the document is its number in the dossier.
            taken.add(ordinal)
            found[i] = replace(found[i], key="ordinal", counts_rows=False)
    return [found[i] for i in range(len(columns))]


def part_columns(columns: Sequence[Column]) -> list[Column]:
    """`columns` with bare `Ngày`, `Tháng`, `Năm` given to a date, and parts without siblings made whole dates."""
    kept = list(columns)
    groups = [group for group in _bare_groups(kept) if group]
    free = {section: _free_dates(kept, section) for section in (Section.DOSSIER, *_RECORDS)}
    for group in groups:
        section = kept[group[0]].section
        names = free.get(section) if section else None
        if not names:
            continue
        key = names.pop(0)
        for i in group:
            kept[i] = replace(kept[i], key=key)
    alone = {
        (c.section, c.key)
        for c in kept
        if c.part and sum(1 for d in kept if d.part and (d.section, d.key) == (c.section, c.key)) == 1
    }
    return [replace(c, part=None) if c.part and (c.section, c.key) in alone else c for c in kept]


def mapped_columns(columns: Sequence[Column], mapped: MappedSheet) -> tuple[list[Column], int]:
    """`columns` as a person has said, and of how many that is known; what is said of no column stays a guess.

    A field that is given to one column is taken from the one that was guessed.
    """
    said = [mapped.column(column.letter, column.text or column.upper, column.upper) for column in columns]
    given = {(entry.section, entry.key, entry.part) for entry in said if entry and entry.key}
    whole = {(section, key) for section, key, _ in given}
    # Where a person says that the rows describe documents, what is no field is the document's too.
    records = any(entry.section in _RECORDS for entry in said if entry)
    found: list[Column] = []
    for column, entry in zip(columns, said, strict=True):
        if entry is not None:
            section = entry.section or (None if records else column.section)
            counts = entry.counts_rows
            found.append(replace(column, section=section, key=entry.key, part=entry.part, counts_rows=counts))
        elif column.key and (column.section, column.key) in whole:
            found.append(replace(column, key="", part=None))
        else:
            found.append(column)
    return found, sum(1 for entry in said if entry is not None)


@dataclass(frozen=True, slots=True)
class _Options:
    """What a heading can mean, by section."""

    keys: dict[Section, tuple[str, ...]]
    part: dict[Section, tuple[str, DatePart]]
    bare: DatePart | None
    counts_rows: bool

    def of(self, section: Section | None) -> tuple[str, ...]:
        return self.keys.get(section, ()) if section else ()

    def only(self) -> Section | None:
        """The one section in which the heading means something."""
        known = {*self.keys, *self.part}
        return next(iter(known)) if len(known) == 1 else None


def _record_section(columns: Iterable[Column], sheet_section: Section | None) -> Section:
    """Document, photograph or recording: the name of the worksheet says, else the heading of the title."""
    if sheet_section in _RECORDS:
        return sheet_section
    for column in columns:
        for key, section in _TITLES.items():
            if key in lexicon().keys(section, column.text):
                return section
    return Section.DOCUMENT


def _options(column: Column, record: Section) -> _Options:
    names = lexicon()
    keys: dict[Section, tuple[str, ...]] = {}
    part: dict[Section, tuple[str, DatePart]] = {}
    bare = names.bare_part(column.text)
    text = column.text or column.upper
    for section in (Section.DOSSIER, record):
        # Sheets of photographs and recordings carry the columns of documents too (path, ordinal, code).
        own = names.keys(section, text) or names.keys(section, f"{column.upper} {column.text}")
        more = names.keys(Section.DOCUMENT, text) if section in _RECORDS else ()
        if bare and (dates := _group_dates(section, column.upper)):
            part[section] = (dates[0], bare)
        elif bare is None and (found := tuple(dict.fromkeys((*own, *more)))):
            keys[section] = found
        if bare is None and (named := names.part(section, text)):
            part[section] = named
    counts = names.is_row_number(text) and not keys
    return _Options(keys, part, bare, counts)


def _group_dates(section: Section, upper: str) -> tuple[str, ...]:
    if not upper:
        return ()
    dates = date_keys(section) if section is not Section.DOCUMENT else ("issued_date",)
    return tuple(key for key in lexicon().keys(section, upper) if key in dates)


def _sections(
    options: Sequence[_Options],
    hints: Sequence[Section | None],
    record: Section,
    sheet_section: Section | None,
) -> list[Section | None]:
    """For every column the section it belongs to."""
    only = [option.only() for option in options]
    if any(hints):
        return _blockwise(options, only, hints, record)
    if record not in only and Section.DOSSIER not in only:
        everywhere = sheet_section or record
        return [everywhere for _ in options]
    if record not in only and sheet_section not in _RECORDS:
        return [Section.DOSSIER for _ in options]
    if Section.DOSSIER not in only:
        return [record for _ in options]
    return _blockwise(options, only, hints, record)


def _blockwise(
    options: Sequence[_Options], only: Sequence[Section | None], hints: Sequence[Section | None], record: Section
) -> list[Section | None]:
    """A row holds dossier and document: a heading that means both belongs to the block in which it stands."""
    counters = [i for i, option in enumerate(options) if option.counts_rows]
    current = next((section for section in (*hints, *only) if section), record)
    found: list[Section | None] = []
    for i, option in enumerate(options):
        hint = hints[i]
        if hint is not None:
            current = record if hint is Section.DOCUMENT else hint
        elif only[i]:
            current = only[i] or current
        elif option.counts_rows and counters.index(i) > 0:
            current = record
        codes = set(option.of(Section.DOSSIER)) & _CODE_KEYS
        found.append(Section.DOSSIER if codes else only[i] or current)
    return found


def _chosen(
    column: Column, option: _Options, section: Section | None, taken: set[tuple[Section, str, DatePart | None]]
) -> Column:
    if section is None:
        return column
    part = option.part.get(section)
    if part and (section, *part) not in taken and (option.bare or not _is_whole(option, section, part)):
        taken.add((section, *part))
        return replace(column, section=section, key=part[0], part=part[1])
    for key in option.of(section):
        if (section, key, None) not in taken:
            taken.add((section, key, None))
            named = option.part.get(section)
            # `Ngày bắt đầu` is the whole date, unless months and years have their own columns.
            day = DatePart.DAY if named == (key, DatePart.DAY) else None
            return replace(column, section=section, key=key, part=day)
    if option.bare:
        return replace(column, section=section, part=option.bare)
    return replace(column, section=section, counts_rows=option.counts_rows)


def _is_whole(option: _Options, section: Section, part: tuple[str, DatePart]) -> bool:
    return part[1] is DatePart.DAY and part[0] in option.of(section)


def _bare_groups(columns: Sequence[Column]) -> list[list[int]]:
    """Runs of neighbouring bare day, month and year columns that no group line explains."""
    groups: list[list[int]] = [[]]
    seen: set[DatePart] = set()
    for i, column in enumerate(columns):
        if column.part is None or column.key:
            groups.append([])
            seen = set()
            continue
        if column.part in seen:
            groups.append([])
            seen = set()
        seen.add(column.part)
        groups[-1].append(i)
    return groups


def _free_dates(columns: Sequence[Column], section: Section) -> list[str]:
    used = {c.key for c in columns if c.section is section}
    return [key for key in dict.fromkeys(date_keys(section)) if key not in used]
