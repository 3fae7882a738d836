"""Drafts made into descriptions: dossiers get their codes, documents their ordinals and files."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.free_names import first_free
from ingest.readers.cell_marks import CellMarks
from ingest.readers.cuts import Cuts
from ingest.readers.dossiers import DossierDraft
from ingest.readers.resolution import Files, Miss, Resolved, plain
from ingest.readers.rows import RowRecord
from metadata.codes import DOSSIER_PARTS, code_of_file_name
from metadata.descriptions import Cell, DocumentDescription, DossierDescription, RecordKind
from metadata.findings import Finding
from metadata.profiles import Section
from metadata.profiles.headings import fold

_PICTURES = frozenset({"anh", "hinh anh", "phim anh", "am ban", "phim am ban", "buc anh", "tai lieu anh"})
_RECORDINGS = frozenset({"am thanh", "phim", "video", "ghi am", "ghi hinh", "phim am thanh", "ghi am ghi hinh"})
_KINDS = {Section.PHOTO: RecordKind.PHOTO, Section.AUDIO_VIDEO: RecordKind.MEDIA}
_FORBIDDEN = re.compile(r'[/\\:*?"<>|]')
_SET = set(DocumentDescription.model_fields)
_MISSES = {Miss.MISSING: "READ-010", Miss.OUTSIDE: "READ-022", Miss.AMBIGUOUS: "READ-014"}


Owner = tuple[str, str, int]
"""Dossier, spreadsheet and row."""


@dataclass(slots=True)
class Assembled:
    """Dossiers with the findings of each."""

    dossiers: list[DossierDescription] = field(default_factory=list)
    findings: dict[str, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    """By `file_code`."""

    register: bool = False
    """Documents may have no files."""

    named: dict[str, Owner] = field(default_factory=dict)
    """Who names a file first, by path."""

    shared: dict[str, list[Owner]] = field(default_factory=lambda: defaultdict(list))
    """Who else does."""

    def name(self, path: str, owner: Owner) -> None:
        """Note that `owner` names the file at `path`."""
        if path in self.named:
            self.shared[path].append(owner)
        else:
            self.named[path] = owner

    def owners(self, path: str) -> list[Owner]:
        """All that name the file at `path`, in order."""
        return [self.named[path], *self.shared.get(path, ())] if path in self.named else []


def assemble(
    drafts: Sequence[DossierDraft], files: Files, fallback: str, cuts: Cuts, *, marks: CellMarks, register: bool = False
) -> Assembled:
    """Descriptions of all `drafts`.

    Args:
        drafts: As gathered.
        files: What lies in the delivery.
        fallback: Code of a dossier for which neither sheet nor file names have one: the folder's name.
        cuts: The lists, of which each dossier keeps its own rows.
        marks: What is to be told of the cells of each dossier's rows.
        register: Documents may have no files.
    """
    found = Assembled(register=register)
    codes = _codes(drafts, files, fallback, found)
    endings = _Endings(_codes_of_names(files))
    taken = frozenset(plain(code) for code in codes)
    for draft, code in zip(drafts, codes, strict=True):
        alternatives = endings.of(code)
        documents = _documents(draft, (code, *alternatives), files, found, taken)
        found.findings[code] += marks.findings(code, draft.rows)
        for finding in draft.findings:
            found.findings[code].append(finding if finding.subject else finding.model_copy(update={"subject": code}))
        found.dossiers.append(
            DossierDescription(
                file_code=code,
                fields=_dossier_fields(draft, code),
                extra=draft.extra,
                source=draft.source,
                sheet=draft.sheet or None,
                row=draft.row,
                documents=documents,
                is_register=register,
                rows=cuts.of(draft.rows),
            )
        )
        draft.records.clear()
    _tell_shared_files(found)
    return found


def _codes_of_names(files: Files) -> list[str]:
    names = (path.rpartition("/")[2].rpartition(".")[0] for path in files.names())
    return sorted({found[0] for name in names if (found := code_of_file_name(name))})


def _codes(drafts: Sequence[DossierDraft], files: Files, fallback: str, found: Assembled) -> list[str]:
    """A code for every draft; those without one look at the file names that their rows, or nobody, claim."""
    taken = {plain(draft.code) for draft in drafts if draft.code}
    free = [code for code in _codes_of_names(files) if plain(code) not in taken]
    endings = _Endings(free)
    alone = free[0] if len(free) == 1 and len([draft for draft in drafts if not draft.code]) == 1 else ""
    codes: dict[str, str] = {}
    for draft in drafts:
        code = draft.code or _code_of_paths(draft) or _code_of_free_names(draft, endings, alone)
        rule = "READ-030" if code and not draft.code else ""
        if not code:
            parts = [draft.fields[key].value for key in DOSSIER_PARTS if key in draft.fields]
            code, rule = (".".join(parts), "READ-030") if parts else (fallback, "READ-032")
        code = _unique(code, codes)
        codes[plain(code)] = code
        if rule or draft.composed:
            found.findings[code].append(
                Finding(
                    rule=rule or "READ-030",
                    subject=code,
                    file=draft.source,
                    sheet=draft.sheet or None,
                    row=draft.row,
                    values={"code": code},
                )
            )
    return list(codes.values())


class _Endings:
    """Codes by what they end with, from any dot on."""

    def __init__(self, codes: Iterable[str]) -> None:
        self._codes: dict[str, list[str]] = defaultdict(list)
        for code in codes:
            rest = plain(code)
            while (place := rest.find(".")) >= 0:
                rest = rest[place + 1 :]
                self._codes[rest].append(code)

    def of(self, ending: str) -> list[str]:
        """Longer codes that end with `ending` after a dot."""
        return self._codes.get(plain(ending), [])


def _unique(code: str, taken: Mapping[str, str]) -> str:
    """`code`, with a number behind it where a dossier has it already."""
    return first_free(code, lambda name: plain(name) in taken)


def _code_of_paths(draft: DossierDraft) -> str:
    paths = (record.record["path"].written for record in draft.records if "path" in record.record)
    names = (path.replace("\\", "/").rpartition("/")[2] for path in paths)
    codes = {plain(found[0]): found[0] for name in names if (found := code_of_file_name(name.rpartition(".")[0]))}
    return next(iter(codes.values())) if len(codes) == 1 else ""


def _code_of_free_names(draft: DossierDraft, endings: _Endings, alone: str) -> str:
    notation = draft.fields.get("file_notation")
    if notation is None:
        return alone
    ends = endings.of(notation.value)
    return ends[0] if len(ends) == 1 else ""


def _dossier_fields(draft: DossierDraft, code: str) -> dict[str, Cell]:
    fields = dict(draft.fields)
    for key in ("file_code", "fonds_name", *DOSSIER_PARTS):
        cell = next((record.record[key] for record in draft.records if key in record.record), None)
        if key not in fields and cell is not None:
            fields[key] = cell
    if "file_code" not in fields:
        fields["file_code"] = Cell(value=code, row=draft.row)
    return fields


def _documents(
    draft: DossierDraft, codes: Sequence[str], files: Files, found: Assembled, taken: frozenset[str]
) -> tuple[DocumentDescription, ...]:
    """The documents of `draft`; the first of `codes` is its own, the others are those that file names carry."""
    code = codes[0]
    ordinals = _ordinals(draft, found, code)
    documents: list[DocumentDescription] = []
    for (ordinal, written), record in zip(ordinals, draft.records, strict=True):
        resolved = _resolved(record, codes, written, files, taken, whole=len(draft.records) == 1)
        paths = tuple(dict.fromkeys(path for part in resolved for path in part.files))
        for path in paths:
            found.name(path, (code, record.source, record.row))
        found.findings[code] += _misses(record, resolved, ordinal, code, register=found.register)
        documents.append(
            # Not validated: these values are our own, and a list of 100,000 rows would hold 100,000 copies of them.
            DocumentDescription.model_construct(
                _fields_set=_SET,
                ordinal=ordinal,
                kind=_kind(record),
                fields=record.record,
                extra=record.record_extra,
                source=record.source,
                sheet=record.sheet or None,
                row=record.row,
                files=paths,
                missing_files=tuple(part.written for part in resolved if part.miss and part.written),
            )
        )
    return tuple(sorted(documents, key=lambda document: document.ordinal))


def _ordinals(draft: DossierDraft, found: Assembled, code: str) -> list[tuple[int, int]]:
    """Ordinal and the number that file names carry, for each row.

    Numbers that are missing or doubled make the order of rows count; file names
    are still looked up by the number as written.
    """
    written = [_number(record.record["ordinal"].value) if "ordinal" in record.record else 0 for record in draft.records]
    if not any(written):
        counted = [_number(record.counter) for record in draft.records]
        # A column "STT" numbers the documents only where it starts anew in each dossier.
        if sorted(counted) == list(range(1, len(counted) + 1)):
            written = counted
    counts = Counter(number for number in written if number)
    doubled = sorted(number for number, count in counts.items() if count > 1)
    for number in doubled:
        record = draft.records[len(written) - 1 - written[::-1].index(number)]
        found.findings[code].append(_finding("READ-033", record, code, "ordinal", {"written": str(number)}))
    if doubled or not all(written):
        return [(i, number or i) for i, number in enumerate(written, start=1)]
    return [(number, number) for number in written]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0  # noqa: PLR2004 - fits everywhere


def _resolved(
    record: RowRecord, codes: Sequence[str], ordinal: int, files: Files, taken: frozenset[str], *, whole: bool
) -> Sequence[Resolved]:
    base = record.source.rpartition("/")[0]
    path = record.record.get("path")
    if path is not None and path.written:
        return files.by_path(path.written, base)
    stems = [record.record[key].value for key in ("doc_id", "doc_code") if key in record.record]
    # The only document of a dossier may be the file of the whole dossier (TT 05/2025, Điều 8).
    codes = [name for code in codes for name in _as_file_names(code)]
    named = files.by_name(codes, ordinal, stems, base, taken) or (files.by_name((), 0, codes, base) if whole else ())
    return [Resolved("", named)] if named else []


def _as_file_names(code: str) -> list[str]:
    """`code` as file systems allow it: a notation such as `01/HS-VP` loses its slash."""
    return list(dict.fromkeys((code, *(_FORBIDDEN.sub(sign, code) for sign in ("-", "_", ".", "")))))


def _misses(
    record: RowRecord, resolved: Sequence[Resolved], ordinal: int, code: str, *, register: bool
) -> list[Finding]:
    if not resolved and register:
        return []
    if not resolved:
        values = {"ordinal": str(ordinal), "name": f"{code}.{ordinal}"}
        return [_finding("READ-013", record, f"{code}.{ordinal}", "path", values)]
    return [
        _finding(
            "READ-050" if register and part.miss is Miss.MISSING else _MISSES[part.miss],
            record,
            part.written,
            "path",
            {"written": part.written},
        )
        for part in resolved
        if part.miss in _MISSES
    ]


def _finding(rule: str, record: RowRecord, subject: str, key: str, values: Mapping[str, str]) -> Finding:
    cell = record.record.get(key)
    return Finding(
        rule=rule,
        subject=subject,
        file=record.source,
        sheet=record.sheet or None,
        row=record.row,
        column=cell.column if cell else None,
        values=dict(values),
    )


def _kind(record: RowRecord) -> RecordKind:
    if record.section in _KINDS:
        return _KINDS[record.section]
    words = {fold(record.record[key].value) for key in ("material", "type_name") if key in record.record}
    if words & _PICTURES:
        return RecordKind.PHOTO
    return RecordKind.MEDIA if words & _RECORDINGS else RecordKind.DOCUMENT


def _tell_shared_files(found: Assembled) -> None:
    for path in sorted(found.shared):
        owners = found.owners(path)
        for code in dict.fromkeys(owner[0] for owner in owners):
            rows = ", ".join(str(row) for _, _, row in owners)
            own = next(owner for owner in owners[::-1] if owner[0] == code)
            found.findings[code].append(
                Finding(rule="READ-012", subject=path, file=own[1], row=own[2], values={"written": path, "rows": rows})
            )
