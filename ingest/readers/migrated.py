"""What packages of other archives' programs have in common: what is kept of them, and how events are summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ingest.readers.eark.fields import Fields
from ingest.readers.eark.notes import Notes
from metadata.codes import nfc
from metadata.descriptions import Cell
from metadata.formats import FormatKind, by_extension, extension_of

PROFILE = "05-2025"
_LONGEST_SUMMARY = 4000
_NEVER = frozenset({FormatKind.PROGRAM, FormatKind.ARCHIVE})
_SHOWN = 200


def kept_beside(paths: Iterable[str], notes: Notes) -> list[str]:
    """Those files that are kept with the metadata as received: everything that does nothing and hides nothing."""
    kept: list[str] = []
    for path in paths:
        known = by_extension(extension_of(path.rpartition("/")[2]))
        if known is not None and known.kind in _NEVER:
            notes.tally("MIG-011", path)
        else:
            kept.append(path)
    return kept


def named_after(fields: Fields, name: str, notes: Notes, *, described: bool) -> str:
    """Code of the dossier, with code and title set where the description gives none."""
    if not described:
        notes.tell("MIG-004", name)
    for key in ("file_code", "title"):
        cell = fields.cells.get(key)
        if cell is None or not cell.value:
            fields.cells[key] = Cell(value=nfc(name), written="", column="(tên gói)")
    return fields.cells["file_code"].value


def tell_mapping(notes: Notes, subject: str, form: str, fields: Fields) -> None:
    """Tell how far a foreign description could be mapped."""
    notes.tell("MIG-005", subject, written=form, count=str(len(fields.cells)), others=str(len(fields.extra)))


def tell_derivatives(notes: Notes, paths: Sequence[str], program: str) -> None:
    """Tell of files that are no originals."""
    if paths:
        notes.tell("MIG-010", paths[0], count=str(len(paths)), program=program)


def tell_renamed(notes: Notes, renamed: Sequence[tuple[str, str]], program: str) -> None:
    """Tell of documents that got another name; pairs of path and original name."""
    if renamed:
        path, name = renamed[0]
        notes.tell("MIG-012", path, count=str(len(renamed)), program=program, written=nfc(name)[:_SHOWN])


def events_summed_up(events: Iterable[Mapping[str, str]]) -> str:
    """Events of the sender in order of time, equal ones once with their number; the whole stands in the source."""
    said = Counter[tuple[str, str, str]]()
    for event in sorted(events, key=lambda event: event.get("at", "")):
        said[event.get("at", "")[:10], event.get("type", ""), event.get("outcome", "")] += 1
    parts = []
    for (day, kind, outcome), count in said.items():
        words = " ".join(part for part in (day, kind, f"({outcome})" if outcome else "") if part)
        parts.append(f"{words} ×{count}" if count > 1 else words)
    return "; ".join(parts)[:_LONGEST_SUMMARY]
