"""Codes of dossiers and documents: composed, taken apart, and bridged between the two circulars."""

from __future__ import annotations

import re
import unicodedata

from metadata.descriptions import Description
from metadata.profiles.vocabularies import fold, vocabularies

DOSSIER_PARTS = ("archives_code", "fonds_code", "catalogue", "file_notation")
"""Parts of a dossier's code under TT 02/2019, in order (Identifier, OrganId, FileCatalog, FileNotation)."""

_NUMBER_FIRST = re.compile(r"^\s*(\d{1,6}[a-zA-Z]?)\s*[/\-]?\s*(.*?)\s*$", re.DOTALL)
_FILE_NAME = re.compile(r"^(?P<code>.+)\.(?P<ordinal>\d{1,7})$")
_FONDS_CODE = re.compile(r"^[0-9A-Za-zĐđ]+(?:[.\-/_][0-9A-Za-zĐđ]+)*$")


def composed_code(description: Description) -> str | None:
    """The dossier's code composed of its parts by dots, or None when the fonds or the notation is not given.

    Source: TT 02/2019 (Identifier + OrganId + FileCatalog + FileNotation); TT 01/2019, Điều 16 khoản 3
    (agency + year + notation), where the archive's own code is left out.
    """
    if not description.value("fonds_code") or not description.value("file_notation"):
        return None
    return ".".join(part for key in DOSSIER_PARTS if (part := description.value(key)))


def looks_like_a_fonds_code(text: str) -> bool:
    """Whether `text` can be a code; otherwise what stands in a fonds column is its name.

    A code has no blanks and at least one digit (`H49.64.33`, `000.00.12.H49`, `Q3-8`, `81`).
    """
    return bool(_FONDS_CODE.match(text)) and any(c.isdigit() for c in text)


def code_of_file_name(stem: str) -> tuple[str, int] | None:
    """Dossier code and ordinal of a file name without its extension: the last group of digits is the ordinal."""
    match = _FILE_NAME.match(stem)
    return (match["code"], int(match["ordinal"])) if match else None


def split_number(text: str) -> tuple[str, str]:
    """Number and notation of `222/QĐ-TTg`; what does not begin with a number is all notation."""
    match = _NUMBER_FIRST.match(text)
    if match is None:
        return "", text.strip()
    return match[1], match[2]


def document_number(description: Description) -> str:
    """A document's number as people quote it, such as `222/QĐ-TTg`; empty where it has none."""
    number, notation = description.value("code_number"), description.value("code_notation")
    if not number or not notation:
        return number or notation or description.value("number_notation")
    if fold(notation).startswith(f"{fold(number)} "):
        return notation
    return f"{number}/{notation.lstrip('/')}"


def document_title(description: Description) -> str:
    """What a document is called: subject, or the title of a picture or recording; empty where it has none."""
    for key in ("subject", "image_title", "movie_title", "event_name"):
        if title := description.value(key):
            return title
    return ""


def same_document_key(description: Description) -> tuple[str, str, str] | None:
    """Number, issuing body and day, by which two rows are the same document; None where one is missing.

    Source: Nghị định 30/2020/NĐ-CP, Phụ lục VI: warn when number, notation and issuing body repeat.
    """
    key = (fold(document_number(description)), fold(description.value("organ_name")), description.value("issued_date"))
    return key if all(key) else None


def code_of(vocabulary: str, value: str) -> str | None:
    """Code of TT 05/2025 for the word `value` (`Không hạn chế` is `01`); None where there is none."""
    return vocabularies()[vocabulary].code(value)


def word_of(vocabulary: str, code: str) -> str | None:
    """Word of TT 05/2025 for `code`."""
    return vocabularies()[vocabulary].words(code, codes=True)


def legacy_word_of(vocabulary: str, value: str) -> str | None:
    """Word of TT 02/2019 practice for a code or word (`01` and `Công khai` are `Không hạn chế`)."""
    entry = vocabularies()[vocabulary].entry(value, codes=True)
    return entry.legacy if entry else None


def nfc(text: str) -> str:
    """`text` composed, outer blanks and zero-width marks gone, inner runs of blanks made one."""
    cleaned = "".join(c for c in unicodedata.normalize("NFC", text) if c not in "\u200b\u200c\u200d\ufeff\u2060")
    return " ".join(cleaned.split())
