"""Grades of state secrets, as the value of a field: never read out of titles, remarks or code lists.

Source: Luật Bảo vệ bí mật nhà nước 29/2018/QH14, Điều 8 (tuyệt mật, tối mật, mật); TT 05/2025/TT-BNV, mode 03.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from metadata.descriptions import Description, DocumentDescription, DossierDescription
from metadata.findings import Finding
from metadata.profiles import PROFILES, Section, profile
from metadata.profiles.vocabularies import fold
from metadata.validation_walk import walked

MODE_KEYS = frozenset({"mode", "rights"})
"""Fields of the mode of use, in which the bare code 03 means secret."""

FREE_TEXT = frozenset(
    {
        *("title", "subject", "description", "remark", "keyword", "autograph", "fonds_name", "fonds_history"),
        *("organ_name", "signer", "creator", "event_name", "image_title", "movie_title", "photographer", "recorder"),
        *("photo_place", "record_place", "doc_attached", "path", "key_groups", "other_types", "number_notation"),
        *("trace", "to_places", "recipients", "recipient_name", "signer_name", "signer_position", "purpose_content"),
        *("replaces", "replaced_by", "updates", "recalls", "recalled", "research_topic", "lookup_tools"),
    }
)
"""Fields in which people write words: what stands in them is no grade, not even alone."""

_TITLES = frozenset({"title", "subject"})
_BRACKETED = re.compile(r"\s*[\[(【]([^\])】]{2,40})[\])】]")

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
    `Không mật` or a sentence with the word in it. A title or subject bears one
    only in brackets at its beginning, as mails and old registers write it: `[MẬT] Báo cáo …`.
    """
    if key in FREE_TEXT:
        marked = _BRACKETED.match(value) if key in _TITLES else None
        return marked is not None and _is_grade("", marked[1])
    return _has_grade(key, value)


def secret_extra(heading: str, value: str) -> bool:
    """The same for a column that no profile knows, unless its heading announces free text."""
    name = f"{fold(heading)} "
    return not any(word in name for word in _FREE_HEADINGS) and _has_grade("", value)


def _has_grade(key: str, value: str) -> bool:
    return bool(_HINT.search(value)) and any(_is_grade(key, part) for part in (value, *_PARTS.split(value)))


class Secrets:
    """Every field of the dossier and its documents that bears a grade: row, file and field, never title or content."""

    def __init__(self, dossier: DossierDescription, source: str | None) -> None:
        self._dossier, self._source = dossier, source
        self._found: list[Finding] = []
        self._look(dossier)

    def see(self, document: DocumentDescription) -> None:
        """See `DocumentRule.see`."""
        self._look(document)

    def _look(self, description: Description) -> None:
        for key, cell in description.fields.items():
            if secret_grade(key, cell.value) or (cell.written != cell.value and secret_grade(key, cell.written)):
                self._tell(description, cell.row or description.row, cell.column, _names(key, description))
        for heading, text in description.extra.items():
            if secret_extra(heading, text):
                self._tell(description, description.row, heading, (heading, heading))

    def _tell(self, description: Description, row: int | None, column: str | None, names: tuple[str, str]) -> None:
        self._found.append(
            Finding(
                rule="SEC-001",
                subject=self._dossier.file_code,
                file=description.source or self._source,
                sheet=description.sheet,
                row=row,
                column=column,
                values={"field": names[0], "field_en": names[1]},
            )
        )

    def found(self) -> Sequence[Finding]:
        """See `DocumentRule.found`."""
        return self._found


def secret_findings(dossier: DossierDescription, source: str | None) -> Sequence[Finding]:
    """What `Secrets` says of `dossier` and its documents."""
    secrets = Secrets(dossier, source)
    walked(dossier.documents, (secrets,))
    return secrets.found()


class Categories:
    """Categories of the operator's list that the dossier or a document names; one finding a category."""

    def __init__(self, dossier: DossierDescription, source: str | None, refused: Sequence[str]) -> None:
        self._dossier, self._source = dossier, source
        self._refused = refused
        self._found: dict[int, Finding] = {}
        self._look(dossier)

    def see(self, document: DocumentDescription) -> None:
        """See `DocumentRule.see`."""
        self._look(document)

    def _look(self, description: Description) -> None:
        for place, category in enumerate(self._refused):
            if place in self._found:
                continue
            key = next((key for key in _CATEGORY_KEYS if _mentions(description.value(key), category)), None)
            if key is not None:
                self._found[place] = self._finding(description, key, category)

    def _finding(self, description: Description, key: str, category: str) -> Finding:
        cell = description.fields[key]
        field, field_en = _names(key, description)
        return Finding(
            rule="SEC-002",
            subject=self._dossier.file_code,
            file=description.source or self._source,
            sheet=description.sheet,
            row=cell.row or description.row,
            column=cell.column,
            values={"category": category, "field": field, "field_en": field_en},
        )

    def found(self) -> Iterable[Finding]:
        """See `DocumentRule.found`."""
        return (self._found[place] for place in sorted(self._found))


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
