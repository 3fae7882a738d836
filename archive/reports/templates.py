"""The workbook that people fill in: the sheets of a circular with drop-downs, comments, and one example dossier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from archive.reports.workbooks import CellKind, SheetColumn, SheetContent, Value, write_workbook
from metadata.messages import text
from metadata.profiles import Field, FieldType, Required, Section, profile
from metadata.profiles.vocabularies import vocabularies
from metadata.sheet_examples import sheet_example
from metadata.validation_secrets import secret_grade

SHEETS = {
    Section.DOSSIER: "Hồ sơ",
    Section.DOCUMENT: "Văn bản",
    Section.PHOTO: "Ảnh",
    Section.AUDIO_VIDEO: "Phim-Âm thanh",
}
"""Names of the worksheets, which the reader knows."""

_LINKS = ("file_code", "ordinal")
"""Columns that tie a row to its dossier come first, where the circular's table has them or not."""

_PATH = "path"
_CODE_PARTS = frozenset({"archives_code", "fonds_code", "catalogue", "file_notation"})
_WIDE = frozenset({"title", "subject", "image_title", "movie_title", "event_name", "description", "autograph", "path"})
_GUIDE = ("guide_rows", "guide_files", "guide_days", "guide_marks", "guide_example", "guide_check")
_ASKED = frozenset({Required.IMPLEMENTATION, Required.ALWAYS})


def write_template(path: Path, profile_id: str, language: str, *, created: datetime) -> None:
    """Write the workbook for the circular `profile_id` to `path`.

    Args:
        path: Replaced if it is there.
        profile_id: `02-2019` or `05-2025`.
        language: Of comments and guide; headings are the circular's.
        created: Stands in the document's properties.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    sheets = [*(_sheet(profile_id, section, language) for section in SHEETS), _guide(profile_id, language)]
    write_workbook(path, sheets, created=created, title=text("template.title", language))


def template_fields(profile_id: str, section: Section) -> list[Field]:
    """Fields of the sheet of `section`, in the order of its columns."""
    own = profile(profile_id).fields(section)
    numbered = [field for field in own.values() if field.number is not None]
    if section is Section.DOSSIER:
        return numbered
    links = [own.get(key) or profile(profile_id).fields(Section.DOCUMENT)[key] for key in (*_LINKS, _PATH)]
    # The parts of a dossier's code stand in the dossier's own row; a picture's archive is asked for by itself.
    known = {*_LINKS, _PATH, *(_CODE_PARTS if section is Section.DOCUMENT else ())}
    return [*links[:-1], *(field for field in numbered if field.key not in known), links[-1]]


def _sheet(profile_id: str, section: Section, language: str) -> SheetContent:
    fields = template_fields(profile_id, section)
    rows = [[_value(field, row.get(field.key, "")) for field in fields] for row in _examples(profile_id, section)]
    return SheetContent(
        SHEETS[section],
        [_column(field, profile_id, section, language) for field in fields],
        rows,
        frozen_columns=1 if section is Section.DOSSIER else len(_LINKS),
        locked=True,
        example_rows=len(rows),
    )


def _examples(profile_id: str, section: Section) -> Sequence[dict[str, str]]:
    return [dict(row) for row in sheet_example(profile_id).rows(section)]


def _value(field: Field, written: str) -> Value:
    return int(written) if field.type is FieldType.NUMBER and written.isdecimal() else written or None


def _column(field: Field, profile_id: str, section: Section, language: str) -> SheetColumn:
    link = section is not Section.DOSSIER and field.key in {*_LINKS, _PATH}
    return SheetColumn(
        heading=field.vi,
        width=40.0 if field.key in _WIDE else 14.0 if field.type in {FieldType.NUMBER, FieldType.DATE} else 20.0,
        # Days stay text: `03/1975` is a day that the circulars allow and that office programs would complete.
        kind=CellKind.NUMBER if field.type is FieldType.NUMBER else CellKind.TEXT,
        comment="\n".join(_comment(field, language, link=link)),
        choices=_choices(field, profile_id),
        emphasised=field.required in _ASKED or (section is Section.DOSSIER and field.key in {"file_code", "title"}),
        wrapped=field.key in _WIDE,
    )


def _comment(field: Field, language: str, *, link: bool) -> Iterator[str]:
    yield text("template.meaning", language, name=field.label(language), short=field.short)
    note = field.note if language == "vi" else field.note_en
    if note:
        yield note
    if field.number:
        yield text("template.row", language, number=field.number)
    yield text(f"template.type_{field.type.value}", language)
    if field.length:
        yield text("template.length", language, length=field.length)
    yield text(f"template.required_{field.required.value or 'none'}", language, who=field.asked_by or "—")
    if link:
        yield text("template.required_link", language)
    doubt = field.doubt if language == "vi" else field.doubt_en
    if doubt:
        yield text("template.doubt", language, doubt=doubt)


def _choices(field: Field, profile_id: str) -> tuple[str, ...]:
    """Words of the code list; none that names a state secret, for such a dossier is not taken in."""
    vocabulary = vocabularies()["type_name"] if field.key == "type_name" else field.vocabulary
    if vocabulary is None:
        return ()
    old = profile_id == "02-2019"
    found = ((entry.legacy or entry.vi) if old else entry.vi for entry in vocabulary.entries)
    return tuple(word for word in dict.fromkeys(found) if not secret_grade(field.key, word))


def _guide(profile_id: str, language: str) -> SheetContent:
    title = profile(profile_id).titles[language]
    lines = [
        text("template.guide_profile", language, profile=title),
        *(text(f"template.{key}", language) for key in _GUIDE),
    ]
    return SheetContent(
        text("template.guide", language),
        [SheetColumn(text("template.guide", language), width=110.0, wrapped=True)],
        [[line] for line in lines],
    )
