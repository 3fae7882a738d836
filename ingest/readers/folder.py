"""The reader "folder": a directory with a spreadsheet and files, one or many dossiers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import ClassVar

from ingest.ordinary_files import opened
from ingest.ports import Reading, Workers
from ingest.readers.assembly import Assembled, assemble
from ingest.readers.cell_marks import CellMarks
from ingest.readers.corrected import altered_lists, corrected, unfitting_finding
from ingest.readers.cuts import Cuts
from ingest.readers.dossiers import Gathering, without_examples
from ingest.readers.explaining import explained, heading_findings, hidden_finding
from ingest.readers.fonds import FondsTable, fonds_table, with_fonds
from ingest.readers.headings import Table, find_table
from ingest.readers.legacy_cells import readable
from ingest.readers.listing import (
    SPREADSHEETS,
    DeliveryUnreadableError,
    Listing,
    Oddity,
    has_spreadsheet,
    list_delivery,
    shown,
)
from ingest.readers.resolution import Files
from ingest.readers.rows import profile_of, records_of
from ingest.readers.sheets import Sheet, Workbook, read_workbook
from ingest.readers.strays import Strays
from metadata.corrections import NAME as CORRECTIONS
from metadata.descriptions import Delivery, DossierDescription
from metadata.errors import UsageError
from metadata.explanations import SheetExplanation
from metadata.findings import Finding
from metadata.profiles import Section, profile
from metadata.profiles.headings import fold
from metadata.validation_secrets import secret_findings
from metadata.validation_together import findings_between

MOST_SPREADSHEETS = 50
"""Spreadsheets at one depth that are opened in search of headings."""

AS_IT_SAYS = Reading()
DEEPEST_SPREADSHEET = 3
_SHOWN_TEXTS = 12
_REGISTER = ("so dang ky", "so quan ly van ban", "so cong van di", "so cong van den", "register")


class NotAFolderError(UsageError):
    """A delivery is a folder; the path is a file, or nothing."""

    code: ClassVar[str] = "reader.not_a_folder"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path!r} is no folder; give the folder that holds the spreadsheet and the files")


@dataclass(frozen=True, slots=True)
class FolderReader:
    """Reads a folder with a spreadsheet in the headings of TT 02/2019, TT 05/2025 or a delivery sheet of practice."""

    workers: Workers
    reading: Reading = AS_IT_SAYS
    name: str = "folder"

    def recognises(self, path: Path) -> bool:
        """See `Reader.recognises`: a folder with a spreadsheet in it, or at most three folders deeper.

        A register may also be the spreadsheet alone.
        """
        if not path.is_dir():
            return self.reading.register and path.is_file() and path.name.lower().endswith(SPREADSHEETS)
        return has_spreadsheet(path.resolve(), DEEPEST_SPREADSHEET)

    def read(self, path: Path, room: Path) -> Delivery:  # noqa: ARG002 - a folder holds no containers
        """See `Reader.read`.

        Raises:
            NotAFolderError: `path` is a file (the spreadsheet itself, say) or does not exist.
            DeliveryUnreadableError: the folder or the spreadsheet may not be read.
        """
        root, listing = self._listed(path)
        tables, problems, fonds = self._recognised(root, listing)
        sources, unfit = self._correct(root, listing, tables)
        sources += [table.path for table in fonds if table.path not in tables]
        register = self.reading.register or says_register(tables, listing)
        if register and not self.reading.register:
            problems += [Finding(rule="READ-051", subject=file, file=file) for file in sorted(tables)]
        delivery = _Assembly(root, listing, tables, register=register, sources=sources).delivery()
        problems = [found for found in problems if not tables or found.file in delivery.sources]
        dossiers, told = with_fonds(delivery.dossiers, [table for table in fonds if table.path in delivery.sources])
        found = (*delivery.findings, *problems, *unfit, *told)
        return delivery.model_copy(update={"findings": found, "dossiers": dossiers})

    def _correct(self, root: Path, listing: Listing, tables: dict[str, list[Table]]) -> tuple[list[str], list[Finding]]:
        """Apply what a person corrected to `tables`; the correction file, and what fits no place."""
        told = self.reading.corrections
        if told is None:
            return [], []
        altered = altered_lists(root, told)
        unfitting = [correction for correction in told.corrections if correction.file in altered]
        known = {(path, table.sheet.name) for path, found in tables.items() for table in found}
        unfitting += [c for c in told.corrections if c.file not in altered and (c.file, c.sheet or "") not in known]
        for path, found in tables.items():
            for at, table in enumerate(found if path not in altered else ()):
                found[at], left = corrected(table, told.of(path, table.sheet.name))
                unfitting += left
        kept = [path for path in listing.files if path == CORRECTIONS]
        return kept, [unfitting_finding(correction) for correction in unfitting]

    def explain(self, path: Path) -> tuple[SheetExplanation, ...]:
        """See `Explainer.explain`: every worksheet that was looked at, hidden ones too. Raises as `read`."""
        root, listing = self._listed(path)
        found: list[SheetExplanation] = []
        for _, workbooks in self._opened(root, listing):
            for workbook in workbooks:
                if isinstance(workbook, Finding):
                    found.append(SheetExplanation(workbook.subject, "", (), problem=workbook.rule))
                    continue
                found += [explained(workbook.path, sheet, self._table(workbook, sheet)) for sheet in workbook.sheets]
            if any(explanation.heading_rows for explanation in found):
                break
        return tuple(found)

    def _listed(self, path: Path) -> tuple[Path, Listing]:
        if path.is_dir():
            root = path.resolve()
            return root, list_delivery(root)
        if self.recognises(path):
            return path.resolve().parent, Listing((path.name,))
        raise NotAFolderError(shown(str(path)))

    def _opened(self, root: Path, listing: Listing) -> Iterator[tuple[int, list[Workbook | Finding]]]:
        """Spreadsheets depth by depth: those of a deeper folder are documents where a higher one has headings."""
        for depth, paths in groupby(listing.spreadsheets(), key=lambda path: path.count("/")):
            if depth > DEEPEST_SPREADSHEET:
                return
            chosen = list(paths)[:MOST_SPREADSHEETS]
            for path in chosen:
                _require_readable(root / path)
            yield depth, [_in_unicode(read_workbook(self.workers, root, path)) for path in chosen]

    def _recognised(
        self, root: Path, listing: Listing
    ) -> tuple[dict[str, list[Table]], list[Finding], list[FondsTable]]:
        """Tables by spreadsheet with what has to be told of them, and tables of fonds; without any, why."""
        unreadable: list[Finding] = []
        strange: list[Workbook] = []
        # A table of fonds may lie above the folder of the lists.
        fonds: list[FondsTable] = []
        for _, workbooks in self._opened(root, listing):
            tables: dict[str, list[Table]] = {}
            told: list[Finding] = []
            for workbook in workbooks:
                if isinstance(workbook, Finding):
                    unreadable.append(workbook)
                    continue
                read = [(sheet, self._table(workbook, sheet)) for sheet in workbook.shown()]
                fonds += [one for sheet, table in read if not table and (one := fonds_table(workbook.path, sheet))]
                if found := [table for _, table in read if table]:
                    tables[workbook.path] = found
                    told += [*_legacy(workbook), *heading_findings(workbook.path, found), *self._unread(workbook)]
                else:
                    strange.append(workbook)
            if tables:
                return tables, told, fonds
        if not unreadable and not strange:
            looked = ", ".join(SPREADSHEETS)
            return {}, [Finding(rule="READ-002", subject=root.name, values={"looked": looked})], []
        return {}, [*unreadable, *(_unrecognised(workbook) for workbook in strange)], []

    def _table(self, workbook: Workbook, sheet: Sheet) -> Table | None:
        mapping = self.reading.mapping
        return find_table(sheet, mapping.of(workbook.path, sheet.name) if mapping is not None else None)

    @staticmethod
    def _unread(workbook: Workbook) -> Iterator[Finding]:
        for sheet in (sheet for sheet in workbook.sheets if sheet.hidden):
            table = find_table(sheet)
            if table is not None and (found := hidden_finding(workbook.path, sheet, table)):
                yield found
            elif table is None and (fonds := fonds_table(workbook.path, sheet)):
                yield fonds.unread()


def _in_unicode(workbook: Workbook | Finding) -> Workbook | Finding:
    if isinstance(workbook, Finding):
        return workbook
    sheets, encodings = readable(workbook.sheets)
    return replace(workbook, sheets=sheets, encodings=tuple(sorted(encodings)))


def says_register(tables: Mapping[str, Sequence[Table]], listing: Listing) -> bool:
    """Whether the lists call themselves a register (`Sổ đăng ký văn bản đi`) and nothing else was delivered."""
    if not tables or any(path not in tables for path in listing.files) or listing.oddities:
        return False
    return all(_is_register(table) for found in tables.values() for table in found)


def _is_register(table: Table) -> bool:
    titles = [table.sheet.name, *(text for row in table.lines_above() for text in row)]
    return any(fold(text).startswith(_REGISTER) for text in titles)


def _require_readable(path: Path) -> None:
    """A sheet that the system keeps from us is a fault here, before a worker process could take it for content."""
    try:
        # Listed as an ordinary file; should it be a link or a pipe by now, nothing is followed or waited for.
        opened(path).close()
    except OSError as error:
        raise DeliveryUnreadableError(shown(str(path)), error.strerror or str(error)) from error


def _legacy(workbook: Workbook) -> list[Finding]:
    if not workbook.encodings:
        return []
    names = ", ".join(name.upper() for name in workbook.encodings)
    return [Finding(rule="READ-034", subject=workbook.path, file=workbook.path, values={"encoding": names})]


def _unrecognised(workbook: Workbook) -> Finding:
    texts = [text for sheet in workbook.sheets for _, row in sheet.rows[:5] for text in row if text]
    seen = "; ".join(" ".join(text.split())[:40] for text in dict.fromkeys(texts[:_SHOWN_TEXTS])) or "—"
    names = profile("02-2019")
    looked = [names.fields(Section.DOSSIER)[key].vi for key in ("file_code", "title", "start_date", "end_date")]
    looked += [names.fields(Section.DOCUMENT)[key].vi for key in ("ordinal", "type_name", "subject", "path")]
    return Finding(
        rule="READ-001",
        subject=workbook.path,
        file=workbook.path,
        sheet=workbook.sheets[0].name or None if workbook.sheets else None,
        values={"looked": "; ".join(looked), "found": seen},
    )


class _Assembly:
    """Puts a delivery together from tables and listing."""

    def __init__(
        self,
        root: Path,
        listing: Listing,
        tables: Mapping[str, Sequence[Table]],
        *,
        register: bool,
        sources: Sequence[str] = (),
    ) -> None:
        self._root = root
        self._sources = sources
        self._register = register
        self._listing = listing
        self._profile = profile_of(table for found in tables.values() for table in found)
        self._tables = dict(tables)
        self._files = Files(listing.files, (oddity.path for oddity in listing.oddities if _hides(oddity)))

    def delivery(self) -> Delivery:
        assembled = self._assembled()
        sources = sorted({*self._tables, *_as_xml(self._tables, self._listing.files), *self._sources})
        named = {*assembled.named, *sources}
        strays = Strays(assembled.dossiers, (path for path in self._listing.files if path not in named))
        findings = {code: [*found] for code, found in assembled.findings.items()}
        general = [_unnamed(path) for path in strays.everybodys] if self._tables else []
        for code, paths in strays.by_code.items() if self._tables else ():
            findings.setdefault(code, []).extend(_unnamed(path) for path in paths)
        for oddity in self._listing.oddities:
            owner = strays.owner(oddity.path)
            finding = Finding(rule=oddity.rule, subject=oddity.path, values={"detail": oddity.detail})
            (general if owner is None else findings.setdefault(owner, [])).append(finding)
        open_dossiers: list[DossierDescription] = []
        for dossier in assembled.dossiers:
            # Of a secret dossier nothing but the refusal is told: other findings quote what is written.
            if secrets := list(secret_findings(dossier, dossier.source)):
                findings[dossier.file_code] = secrets
            else:
                open_dossiers.append(dossier)
        for code, found in findings_between(open_dossiers).items():
            findings.setdefault(code, []).extend(found)
        return Delivery(
            reader="folder",
            profile=self._profile,
            root=str(self._root),
            dossiers=tuple(_with_strays(dossier, strays) for dossier in assembled.dossiers),
            sources=tuple(sources),
            ignored=self._listing.ignored,
            findings=tuple(general),
            dossier_findings={code: tuple(own) for code, own in findings.items() if own},
        )

    def _assembled(self) -> Assembled:
        """Dossiers of all tables, without spreadsheets that another one names as documents."""
        while True:
            drafts = without_examples(self._gathered().drafts())
            cuts = Cuts(self._ordered())
            marks = CellMarks(self._ordered())
            found = assemble(drafts, self._files, self._root.name or "/", cuts, marks=marks, register=self._register)
            documents = [
                path
                for path in self._tables
                if len(self._tables) > 1 and any(source != path for _, source, _ in found.owners(path))
            ]
            if not documents:
                return found
            # Of two that name each other the higher one stays: one of them has to hold the metadata.
            del self._tables[max(documents, key=lambda path: (path.count("/"), path))]

    def _gathered(self) -> Gathering:
        gathering = Gathering()
        used = profile(self._profile)
        for path, table in sorted(self._ordered(), key=lambda entry: _rank(entry[1])):
            alone = _rank(table) == 0
            gathering.take(records_of(table, path, used), rows_are_dossiers=alone)
        return gathering

    def _ordered(self) -> Iterator[tuple[str, Table]]:
        for path in sorted(self._tables):
            for table in self._tables[path]:
                yield path, table


def _rank(table: Table) -> int:
    """Tables of dossiers come first, then those of both, then those of documents alone."""
    records = any(table.has(section) for section in (Section.DOCUMENT, Section.PHOTO, Section.AUDIO_VIDEO))
    if not records:
        return 0
    return 1 if table.has(Section.DOSSIER) else 2


def _hides(oddity: Oddity) -> bool:
    """Whether what is odd keeps the file from being taken."""
    return oddity.rule != "READ-026"


def _unnamed(path: str) -> Finding:
    return Finding(rule="READ-011", subject=path, values={"written": path})


def _with_strays(dossier: DossierDescription, strays: Strays) -> DossierDescription:
    paths = strays.by_code.get(dossier.file_code)
    return dossier.model_copy(update={"stray_files": tuple(paths)}) if paths else dossier


def _as_xml(tables: Collection[str], files: Iterable[str]) -> Iterator[str]:
    """The same list as XML beside it, as TT 02/2019/TT-BNV keeps metadata (Điều 10): kept as received, not read."""
    stems = {table.rpartition(".")[0].casefold() for table in tables}
    return (path for path in files if path.casefold().endswith(".xml") and path[:-4].casefold() in stems)
