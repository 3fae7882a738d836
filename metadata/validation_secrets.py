"""Grades of state secrets, as the value of a field: never read out of titles, remarks or code lists.

Source: Luật Bảo vệ bí mật nhà nước 29/2018/QH14, Điều 8 (tuyệt mật, tối mật, mật); TT 05/2025/TT-BNV, mode 03.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from metadata.descriptions import Description, DocumentDescription, DossierDescription
from metadata.findings import Finding
from metadata.profiles import PROFILES, Section, profile
from metadata.profiles.vocabularies import fold

MODE_KEYS = frozenset({"mode", "rights"})
"""Fields of the mode of use, in which the bare code 03 means secret."""

FREE_TEXT = frozenset(
    {
        *("title", "subject", "description", "remark", "keyword", "autograph", "fonds_name", "fonds_history"),
        *("organ_name", "signer", "creator", "event_name", "image_title", "movie_title", "photographer", "recorder"),
        *("photo_place", "record_place", "doc_attached", "path", "key_groups", "other_types", "number_notation"),
    }
)
"""Fields in which people write words: what stands in them is no grade, not even alone."""

_CATEGORY_KEYS = ("material", "infor_sign", "type_name", "title", "subject", "keyword", "fonds_name", "box")
"""Fields in which a category may be named."""

_FREE_HEADINGS = ("ghi chu", "chu giai", "noi dung", "tieu de", "trich yeu", "y kien", "mo ta", "tu khoa", "ten ")
_GRADE = re.compile(
    r"^(?:0?3 )?(?:(?:muc do mat|cap do mat|do mat|muc mat|muc do|muc|do|loai) )*"
    r"(?:(?:tai lieu|van ban|ho so|bi mat nha nuoc) )*"
    r"(?:tuyet mat|toi mat|bi mat|mat)(?: nha nuoc)?(?: 0?3)?$"
)
_HINT = re.compile(r"3|[mM].{1,4}[tT]")
"""What every grade has, in any form of its letters: asked first, for nearly no cell has it."""

_SECRET_MODE = re.compile(r"^0?3$")
_PARTS = re.compile(r"[,;/|+&\n]|\s[-–]\s")
_MARKED = re.compile(r"\bm(?:ật|at)\b")


def secret_grade(key: str, value: str) -> bool:
    """Whether `value`, as the value of field `key`, is a grade of state secrets.

    Only a whole value (or a whole part of one that lists several) counts:
    `Mật`, `TỐI MẬT`, `Độ mật: Tuyệt mật`, `03`, `03 - Mật`, but not `Hết mật`,
    `Không mật` or a sentence with the word in it.
    """
    if key in FREE_TEXT or not _HINT.search(value):
        return False
    return any(_is_grade(key, part) for part in (value, *_PARTS.split(value)))


def secret_extra(heading: str, value: str) -> bool:
    """The same for a column that no profile knows, unless its heading announces free text."""
    name = f"{fold(heading)} "
    return not any(word in name for word in _FREE_HEADINGS) and _is_grade("", value)


def secret_findings(dossier: DossierDescription, source: str | None) -> Iterator[Finding]:
    """Every field of the dossier and its documents that bears a grade: row, file and field, never title or content."""
    for description in (dossier, *dossier.documents):
        places: list[tuple[int | None, str | None, str, str]] = []
        for key, cell in description.fields.items():
            if secret_grade(key, cell.value) or secret_grade(key, cell.written):
                names = _names(key, description)
                places.append((cell.row or description.row, cell.column, *names))
        for heading, text in description.extra.items():
            if secret_extra(heading, text):
                places.append((description.row, heading, heading, heading))
        for row, column, field, field_en in places:
            yield Finding(
                rule="SEC-001",
                subject=dossier.file_code,
                file=description.source or source,
                sheet=description.sheet,
                row=row,
                column=column,
                values={"field": field, "field_en": field_en},
            )


def category_findings(dossier: DossierDescription, source: str | None, refused: Sequence[str]) -> Iterator[Finding]:
    """Categories of the operator's list that the dossier or a document names; one finding a category."""
    for category in refused:
        for description in (dossier, *dossier.documents):
            key = next((key for key in _CATEGORY_KEYS if _mentions(description.value(key), category)), None)
            if key is None:
                continue
            cell = description.fields[key]
            field, field_en = _names(key, description)
            yield Finding(
                rule="SEC-002",
                subject=dossier.file_code,
                file=description.source or source,
                sheet=description.sheet,
                row=cell.row or description.row,
                column=cell.column,
                values={"category": category, "field": field, "field_en": field_en},
            )
            break


def _mentions(value: str, category: str) -> bool:
    """Whether `category` stands in `value` as whole words."""
    if category == fold(category):
        words, wanted = fold(value), fold(category)
    else:
        words, wanted = (" ".join(re.findall(r"\w+", _composed(text))) for text in (value, category))
    return bool(wanted) and f" {wanted} " in f" {words} "


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _names(key: str, description: Description) -> tuple[str, str]:
    sections = (Section.DOCUMENT, Section.DOSSIER)
    for section in sections if isinstance(description, DocumentDescription) else reversed(sections):
        for profile_id in PROFILES:
            if field := profile(profile_id).field(section, key):
                return field.vi, field.en
    return key, key


def _is_grade(key: str, value: str) -> bool:
    if key in MODE_KEYS and _SECRET_MODE.match(value.strip()):
        return True
    # Folding makes one of "mật" (secret), "mất" (lost) and "mặt" (face): the marks must be right, or none.
    if not _MARKED.search(_composed(value)):
        return False
    return bool(_GRADE.match(fold(value)))
