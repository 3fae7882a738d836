"""How it is told which heading means which field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archive.cli.speech import Speaker
from metadata.explanations import ColumnExplanation, SheetExplanation, nearest


def say_explanation(speak: Speaker, path: Path, sheet: SheetExplanation) -> None:
    """One worksheet: a JSON line, or a table for people."""
    speak.line({"path": str(path), **sheet.as_json(speak.language)}, "\n".join(_lines(speak, sheet)))


def _lines(speak: Speaker, sheet: SheetExplanation) -> Iterator[str]:
    place = f"{sheet.file} [{sheet.sheet}]" if sheet.sheet else sheet.file
    if sheet.problem:
        yield speak.text("explain.unreadable", place=place, rule=sheet.problem)
        return
    if not sheet.heading_rows:
        yield speak.text("explain.no_headings", place=place)
        return
    rows = ", ".join(str(row) for row in sheet.heading_rows)
    yield speak.text("explain.hidden" if sheet.hidden else "explain.sheet", place=place, rows=rows)
    width = max(len(column.heading) for column in sheet.columns)
    for column in sheet.columns:
        yield f"  {column.letter:>3}  {column.heading:<{min(width, 48)}}  {_meaning(speak, sheet, column)}"


def _meaning(speak: Speaker, sheet: SheetExplanation, column: ColumnExplanation) -> str:
    field = column.field(sheet.profile)
    if field is not None and column.section is not None:
        part = f" ({speak.text(f'explain.part_{column.part.value}')})" if column.part else ""
        return f"→ {column.section.value}.{column.key}: {field.label(speak.language)}{part}"
    if column.counts_rows:
        return speak.text("explain.counts_rows")
    near = nearest(column, sheet.sections)
    if near is None:
        return speak.text("explain.unknown")
    return speak.text("explain.nearest", field=f"{near[0].value}.{near[1].key}", name=near[1].label(speak.language))
