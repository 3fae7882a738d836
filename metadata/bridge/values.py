"""Single values on their way between the circulars."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from metadata.bridge import How
from metadata.bridge.notes import Cause
from metadata.codes import nfc, type_of_document
from metadata.dates import from_iso
from metadata.descriptions import Cell, Description, DocumentDescription, DossierDescription
from metadata.formats import FormatKind, by_extension, extension_of
from metadata.physical import store_place
from metadata.profiles import Field, FieldType
from metadata.profiles.vocabularies import fold, vocabularies
from metadata.retention import read_period
from metadata.retention import suggestions as periods

OTHER = "Khác"
YES = "Có"
NO = "Không"
_FEW = 3
_ALIKE = 0.75
_NO_WORDS = ("khong", "chua co")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a value became."""

    value: str = ""
    """Empty: nothing of it fits."""

    cause: Cause | None = None
    """Why something has to be said of it."""

    keep: bool = False
    """Whether what was written has to stand in the remarks."""

    suggestions: tuple[str, ...] = ()


def converted_value(how: How, target: Field, cell: Cell) -> Outcome:
    """The value of `cell` in the field `target`."""
    return _WAYS.get(how, _copied)(target, cell)


def wanted_values(key: str, description: Description, dossier: DossierDescription) -> tuple[str, ...]:
    """What a field that only the new circular has may be, as far as the rest of the description tells."""
    way = _WANTED.get(key)
    return way(description, dossier) if way else ()


def _copied(target: Field, cell: Cell) -> Outcome:
    value = cell.value
    if target.type is FieldType.DATE and from_iso(value) is None:
        return Outcome(cause=Cause.UNREADABLE)
    if target.type is FieldType.NUMBER and not (value.isascii() and value.isdigit()) and target.key != "catalogue":
        return Outcome(cause=Cause.UNREADABLE)
    return Outcome(value or cell.written)


def _coded(target: Field, cell: Cell) -> Outcome:
    vocabulary, value = target.vocabulary, cell.value or nfc(cell.written)
    if vocabulary is None:
        return Outcome(value)
    words = vocabulary.words(value, codes=False)
    if words is None:
        return Outcome(cause=Cause.UNKNOWN_WORD, keep=True, suggestions=_near(vocabulary.id, value))
    code, other = vocabulary.code(words), vocabulary.code(OTHER)
    if code == other and other is not None and fold(words) != fold(OTHER):
        return Outcome(words, Cause.NO_CODE, keep=True)
    return Outcome(words)


def _retention(target: Field, cell: Cell) -> Outcome:
    value = cell.value or nfc(cell.written)
    period = read_period(value)
    if period and not period.certain:
        return Outcome(period.word, Cause.FORMER_WORD, keep=True, suggestions=periods(period))
    return _coded(target, cell)


def _type(target: Field, cell: Cell) -> Outcome:
    value = cell.value or nfc(cell.written)
    word = type_of_document(value)
    if word is not None:
        return Outcome(word)
    vocabulary = target.vocabulary
    near = _near(vocabulary.id, value) if vocabulary else ()
    return Outcome(OTHER, Cause.UNKNOWN_WORD if near else Cause.NO_CODE, keep=True, suggestions=near)


def _flag(target: Field, cell: Cell) -> Outcome:
    value = cell.value or nfc(cell.written)
    known = target.vocabulary.words(value, codes=True) if target.vocabulary else None
    if known is not None:
        return Outcome(known)
    if fold(value).startswith(_NO_WORDS):
        return Outcome(NO, Cause.FLAG_GUESSED, keep=True, suggestions=(NO, YES))
    return Outcome(YES, Cause.TEXT_TO_FLAG, keep=True)


def _legacy(target: Field, cell: Cell) -> Outcome:
    """The word of TT 02/2019 practice, where the list has one."""
    vocabulary = vocabularies().get({"rights": "mode"}.get(target.key, target.key)) or target.vocabulary
    value = cell.value or nfc(cell.written)
    entry = vocabulary.entry(value, codes=False) if vocabulary else None
    return Outcome(entry.legacy if entry else value)


_WAYS: Mapping[How, Callable[[Field, Cell], Outcome]] = {
    How.CODE: _coded,
    How.RETENTION: _retention,
    How.TYPE: _type,
    How.FLAG: _flag,
    How.WORDS: _legacy,
}


@lru_cache(maxsize=1 << 12)
def _near(vocabulary_id: str, value: str) -> tuple[str, ...]:
    """Words of the list that look like `value`; a short list is offered whole."""
    entries = vocabularies()[vocabulary_id].entries
    by_folded = {fold(word): entry.vi for entry in entries for word in (entry.vi, *entry.also)}
    found = difflib.get_close_matches(fold(value), list(by_folded), n=_FEW, cutoff=_ALIKE)
    near = tuple(dict.fromkeys(by_folded[word] for word in found))
    return near or (tuple(entry.vi for entry in entries) if len(entries) <= _FEW else ())


def _paper_code(dossier: Description, _: DossierDescription) -> tuple[str, ...]:
    """`[Mã cơ quan lưu trữ].[Số kho/giá/hộp].[Số hồ sơ giấy]`, where all three are known."""
    place = store_place(dossier)
    where = "/".join(part for part in (place.storehouse, place.shelf, place.box) if part)
    parts = (dossier.value("archives_code"), where, dossier.value("file_notation"))
    return (".".join(parts),) if all(parts) else ()


def _media_types(document: Description, _: DossierDescription) -> tuple[str, ...]:
    words = {FormatKind.AUDIO: "Âm thanh", FormatKind.VIDEO: "Video"}
    files = document.files if isinstance(document, DocumentDescription) else ()
    kinds = {known.kind for path in files if (known := by_extension(extension_of(path)))}
    told = tuple(word for kind, word in words.items() if kind in kinds)
    return told or tuple(words.values())


def _picture_types(_: Description, __: DossierDescription) -> tuple[str, ...]:
    """A picture far more often than a negative."""
    return tuple(entry.vi for entry in reversed(vocabularies()["pic_type"].entries))


def _process(document: Description, _: DossierDescription) -> tuple[str, ...]:
    return (YES,) if document.value("trace") else (YES, NO)


def _backup(_: Description, __: DossierDescription) -> tuple[str, ...]:
    return tuple(entry.vi for entry in vocabularies()["risk_recovery_status"].entries)


def _type_of_notation(document: Description, _: DossierDescription) -> tuple[str, ...]:
    told = type_of_document("", document.value("code_notation"))
    return (told,) if told else ()


def _common_level(_: Description, dossier: DossierDescription) -> tuple[str, ...]:
    """What all documents are, where they are the same."""
    written = {document.value("confidence_level") for document in dossier.documents}
    words = vocabularies()["confidence_level"].words(written.pop(), codes=False) if len(written) == 1 else None
    return (words,) if words else ()


_WANTED: Mapping[str, Callable[[Description, DossierDescription], tuple[str, ...]]] = {
    "paper_file_code": _paper_code,
    "media_type": _media_types,
    "pic_type": _picture_types,
    "process": _process,
    "risk_recovery_status": _backup,
    "type_name": _type_of_notation,
    "confidence_level": _common_level,
}
