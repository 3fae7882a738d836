"""What the conversion at intake had to say of a dossier: as its package keeps it, as finding and receipt tell it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from metadata.bridge import BridgeRule, bridge
from metadata.bridge.notes import Cause, Note, NoteKind, kind_of, worded
from metadata.findings import Finding
from metadata.profiles import Field, Section, profile

CONVERTED = "CNV-001"
"""The one warning of a dossier that was converted not without losses or doubts."""

CONVERSION = "metadata/other/conversion.json"
"""Where the list lies in the package."""

_COUNTED = re.compile(r"(BRG-\d{3}) \((\d+)\)")


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeptNote(_Kept):
    """One loss or doubt, without words: they come from the tables and the catalogue of messages."""

    rule: str
    """`BRG-…`."""

    cause: Cause
    section: Section
    """Table of the description that it speaks of."""

    ordinal: int | None = None
    """Document; None: the dossier itself."""

    row: int | None = None
    """Row of the list as delivered."""

    key: str
    """Canonical name of the field: of the old circular, or of the new one where a value is wanted."""

    written: str = ""
    value: str = ""
    """What it became."""

    suggestions: tuple[str, ...] = ()


class ConversionNotes(_Kept):
    """All notes of one package."""

    source: str
    """Profile by which the dossier was delivered."""

    target: str
    """Profile in whose terms the package describes it."""

    notes: tuple[KeptNote, ...] = ()

    def field(self, note: KeptNote) -> Field | None:
        """The field that a note of these speaks of; None: no table has it."""
        wanted = note.cause is Cause.WANTED
        return field_of(self.target if wanted else self.source, note.section, note.key, elsewhere=not wanted)

    def told(self, note: KeptNote, language: str) -> dict[str, Any]:
        """A note of these for programs and people, its words in `language`."""
        field = self.field(note)
        label = field.label(language) if field else note.key
        return {
            "rule": note.rule,
            "kind": kind_of(note.cause).value,
            "cause": note.cause.value,
            "ordinal": note.ordinal,
            "row": note.row,
            "field": note.key,
            "label": label,
            "value": note.written,
            "became": note.value,
            "suggestions": list(note.suggestions),
            "message": worded(note, label, language),
        }


class RuleCount(_Kept):
    """How often a rule of the bridge had a loss or doubt to tell."""

    rule: str
    count: int
    fields: Mapping[str, str]
    """Name of the field by language; empty for what no table has."""


def kept(notes: Iterable[Note], source: str, target: str) -> ConversionNotes:
    """`notes` as a package keeps them."""
    return ConversionNotes(
        source=source,
        target=target,
        notes=tuple(
            KeptNote(
                rule=note.rule,
                cause=note.cause,
                section=note.section,
                ordinal=note.ordinal,
                row=note.row,
                key=note.key,
                written=note.written,
                value=note.value,
                suggestions=note.suggestions,
            )
            for note in notes
        ),
    )


def conversion_json(notes: ConversionNotes) -> bytes:
    """The list as a package keeps it; the same notes give the same bytes."""
    return (notes.model_dump_json(indent=1) + "\n").encode()


def read_conversion(data: bytes) -> ConversionNotes:
    """What `conversion_json` wrote.

    Raises:
        ValueError: the bytes are no such list.
    """
    return ConversionNotes.model_validate_json(data)


def converted_finding(notes: Iterable[Note], file_code: str, source: str, target: str) -> tuple[Finding, ...]:
    """One finding that counts `notes` by rule; none where there are none. Reads them once, keeps none."""
    counts: Counter[str] = Counter()
    kinds: Counter[NoteKind] = Counter()
    for note in notes:
        counts[note.rule] += 1
        kinds[note.kind] += 1
    if not counts:
        return ()
    values = {
        "source": _circular(source),
        "target": _circular(target),
        "losses": str(kinds[NoteKind.LOSS]),
        "doubts": str(kinds[NoteKind.DOUBT]),
        "rules": counted(counts),
        "list": CONVERSION,
    }
    return (Finding(rule=CONVERTED, subject=file_code, values=values),)


def counted(counts: Mapping[str, int]) -> str:
    """Counts by rule in one line, such as `BRG-012 (3), BRG-101 (1)`."""
    return ", ".join(f"{rule} ({count})" for rule, count in sorted(counts.items()))


def counts_of(findings: Iterable[Finding]) -> tuple[RuleCount, ...]:
    """What the findings of conversions among `findings` count, all dossiers together, by rule."""
    total: Counter[str] = Counter()
    for finding in findings:
        if finding.rule == CONVERTED:
            for rule, count in _COUNTED.findall(finding.values.get("rules", "")):
                total[rule] += int(count)
    return tuple(RuleCount(rule=rule, count=total[rule], fields=_names(rule)) for rule in sorted(total))


def field_of(profile_id: str, section: Section, key: str, *, elsewhere: bool = True) -> Field | None:
    """The field `key` of a table; `elsewhere`: rows of pictures and recordings carry columns of other tables too."""
    tables = (section, Section.DOCUMENT, Section.DOSSIER) if elsewhere else (section,)
    return next((found for table in tables if (found := profile(profile_id).field(table, key))), None)


def _circular(profile_id: str) -> str:
    number, _, year = profile_id.partition("-")
    return f"TT {number}/{year}"


def _names(rule_id: str) -> dict[str, str]:
    for source, target in _INWARD:
        found = bridge(source, target)
        for section, rows in found.sections.items():
            row = next((row for row in rows if row.id == rule_id), None)
            field = _named(row, section, source, target) if row else None
            if field:
                return {"vi": field.vi, "en": field.en}
    return {}


_INWARD = (("02-2019", "05-2025"), ("01-2019", "05-2025"))
"""Bridges that intake goes over. They share one table; what only the older circular has is named by its own fields."""


def _named(row: BridgeRule, section: Section, source: str, target: str) -> Field | None:
    if row.source:
        return field_of(source, section, row.source)
    return field_of(target, section, row.target, elsewhere=False)
