"""Codes of dossiers and documents: composed, taken apart, and bridged between the two circulars."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from metadata.descriptions import Description
from metadata.profiles.vocabularies import fold, vocabularies

DOSSIER_PARTS = ("archives_code", "fonds_code", "catalogue", "file_notation")
"""Parts of a dossier's code under TT 02/2019, in order (Identifier, OrganId, FileCatalog, FileNotation)."""

_ZERO_WIDTH = re.compile("[\u200b\u200c\u200d\ufeff\u2060]")
_NUMBER_FIRST = re.compile(r"^\s*(\d{1,6}[a-zA-Z]?)\s*[/\-]?\s*(.*?)\s*$", re.DOTALL)
_FILE_NAME = re.compile(r"^(?P<code>.+)\.(?P<ordinal>\d{1,7})$")
_EXCHANGE_ID = re.compile(
    r"^(?:[^,\s]+,\d{4}/\d{2}/\d{2},\S.*|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$", re.IGNORECASE
)
_FONDS_CODE = re.compile(r"^[0-9A-Za-zĐđ]+(?:[.\-/_][0-9A-Za-zĐđ]+)*$")


def is_exchange_id(text: str) -> bool:
    """Whether `text` is an identifier of the national document exchange (QCVN 102): its own form, or a UUID.

    The exchange gives it; with a code of thirteen letters it never fits into the 25 of TT 02/2019, and nobody may
    shorten it.
    """
    return bool(_EXCHANGE_ID.match(text))


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


def has_part(segments: Sequence[str], part: Sequence[str]) -> bool:
    """Whether the segments of a code hold those of a part of it, one behind the other."""
    return any(segments[i : i + len(part)] == part for i in range(len(segments) - len(part) + 1))


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


def type_of_document(written: str, notation: str = "") -> str | None:
    """Word of the type that `written` names: a word, an abbreviation with its marks, or the head of the notation.

    `QĐ` is Quyết định, `DA` Dự án and `ĐA` Đề án; `TTr` is never read as a kind
    of `TT`. Without a type the first segment of the notation tells it, as a
    whole (`QĐ-TTg`, `TB/VPCP`); None where nothing does.

    Source: Nghị định 30/2020/NĐ-CP, Điều 7 and Phụ lục III.
    """
    types = vocabularies()["type_name"]
    text = written.strip()
    if text:
        found = types.entry(text, codes=False)
    else:
        found = types.abbreviated(re.split(r"[-/–\s]", notation.strip().lstrip("/"), maxsplit=1)[0])
    return found.vi if found else None


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
    if not text.isascii():
        text = _ZERO_WIDTH.sub("", unicodedata.normalize("NFC", text))
    return " ".join(text.split())
