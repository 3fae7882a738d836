"""What pages suggest against what the list says: contradictions, and blanks that a page fills.

Pages and lists rarely use the same words: a list shortens subjects, says `UBND` for `Ủy ban nhân dân`, leaves out
the year of a notation. Only what cannot both be right is a contradiction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from metadata.codes import split_number, type_of_document
from metadata.dates import CivilDate, from_iso
from metadata.descriptions import DocumentDescription, DossierDescription, RecordKind
from metadata.extraction import suggestions as keys
from metadata.extraction.letters import alike, folded_words
from metadata.extraction.suggestions import Suggestion
from metadata.findings import Finding
from metadata.profiles import PROFILES, Field, Section, profile
from metadata.profiles.vocabularies import fold
from metadata.validation_fields import Place, place_of

ACCEPTED = 0.6
"""Confidence from which a suggestion may fill a blank."""

_SURE_WORDS = 0.8
"""Confidence from which names and subjects contradict: their letters may be damaged and still be read."""

_COMMON = 0.34
"""Share of words that two subjects have in common when they speak of the same."""

_YEAR = re.compile(r"^(?:19|20)\d\d\s")
_SHORT = {"ubnd": "uy ban nhan dan", "hdnd": "hoi dong nhan dan", "ttg": "thu tuong", "vpcp": "van phong chinh phu"}
_TELL = ("code_number", "code_notation", "issued_date", "organ_name", "type_name", "subject", "signer")


def stated(document: DocumentDescription, key: str) -> str:
    """What the list says for the field `key` of a suggestion; number and notation may share a column."""
    own = document.value(key) or document.written(key)
    if key == keys.NUMBER:
        return split_number(own)[0] or own if own else split_number(_together(document))[0]
    if key == keys.NOTATION:
        number, notation = split_number(own)
        if own:
            return notation if number and notation else own
        return split_number(_together(document))[1] or split_number(document.value(keys.NUMBER))[1]
    if key == keys.SIGNER:
        return own or document.value("signer_name")
    return own


def _together(document: DocumentDescription) -> str:
    return document.value("number_notation") or document.written("number_notation")


def contradictions(document: DocumentDescription, found: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """Those of `found` that cannot be right if the list is."""
    for one in found:
        own = stated(document, one.key)
        if own and one.key in _SAME and not _SAME[one.key](own, one):
            yield one


def blanks(document: DocumentDescription, found: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """Those of `found` for which the list says nothing at all, sure enough to fill the field."""
    for one in found:
        if one.key in _TELL and one.confidence >= ACCEPTED and not stated(document, one.key):
            yield one


def findings_of(
    document: DocumentDescription,
    dossier: DossierDescription,
    found: Sequence[Suggestion],
    *,
    accepted: bool,
) -> Iterator[Finding]:
    """What is to be told of one document.

    Args:
        document: As the list says.
        dossier: Its dossier.
        found: What its first file suggests.
        accepted: Blanks are filled, and told as such.
    """
    if document.kind is not RecordKind.DOCUMENT:
        return
    for one in contradictions(document, found):
        key = one.key if one.key in document.fields else _shared_column(document, one.key)
        place = place_of(document, key, dossier, dossier.source)
        values = {"page": str(one.page), "shown": shown(one), "written": stated(document, one.key)}
        yield place.finding("SUG-001", **values, **_names(one.key), **_where(one))
    empty = list(blanks(document, found))
    if empty:
        place = Place(document, dossier, document.source or dossier.source)
        values = {
            "page": ", ".join(dict.fromkeys(str(one.page) for one in empty)),
            "shown": "; ".join(f"{field_of(one.key).vi}: {shown(one)}" for one in empty),
            "shown_en": "; ".join(f"{field_of(one.key).en}: {shown(one)}" for one in empty),
        }
        yield place.finding("SUG-003" if accepted else "SUG-002", **values)


def shown(one: Suggestion) -> str:
    """A suggestion as an archivist writes it."""
    day = from_iso(one.value) if one.key == keys.DAY else None
    return day.vietnamese() if day else one.value


def _shared_column(document: DocumentDescription, key: str) -> str:
    shared = {keys.NUMBER: "number_notation", keys.NOTATION: "number_notation", keys.SIGNER: "signer_name"}
    other = shared.get(key, key)
    return other if other in document.fields else key


def field_of(key: str) -> Field:
    """The field by its key, wherever a table has it."""
    for name in PROFILES:
        if found := profile(name).field(Section.DOCUMENT, key):
            return found
    raise KeyError(key)


def _names(key: str) -> dict[str, str]:
    field = field_of(key)
    return {"field": field.vi, "field_en": field.en}


def _where(one: Suggestion) -> dict[str, str]:
    """The place on the page, in words and as a box."""
    left, top, right, bottom = one.box
    across, down = (left + right) / 2, (top + bottom) / 2
    side = 0 if across < 0.4 else 2 if across > 0.6 else 1  # noqa: PLR2004 - thirds of a page, the middle wider
    level = 0 if down < 0.34 else 2 if down > 0.66 else 1  # noqa: PLR2004
    vi = (("trên", "giữa", "dưới")[level], ("bên trái", "ở giữa", "bên phải")[side])
    en = (("top", "middle", "bottom")[level], ("left", "centre", "right")[side])
    return {"place": ", ".join(vi), "place_en": " ".join(en), "box": " ".join(f"{edge:.3f}" for edge in one.box)}


# ---------------------------------------------------------------- sameness, field by field


def _same_number(own: str, one: Suggestion) -> bool:
    return fold(own).lstrip("0") == fold(one.value).lstrip("0") or one.confidence < ACCEPTED


def _same_notation(own: str, one: Suggestion) -> bool:
    first, second = (_YEAR.sub("", fold(text)).replace(" ", "") for text in (own, one.value))
    return first == second or one.confidence < ACCEPTED


def _same_day(own: str, one: Suggestion) -> bool:
    day, seen = from_iso(own), from_iso(one.value)
    if day is None or seen is None:
        return True
    return all(known is None or known == read for known, read in zip(_parts(day), _parts(seen), strict=True))


def _parts(day: CivilDate) -> tuple[int, int | None, int | None]:
    return (day.year, day.month, day.day)


def _same_body(own: str, one: Suggestion) -> bool:
    first, second = (_long(text) for text in (own, one.value))
    if alike(first, second, 0.15) or one.confidence < _SURE_WORDS:
        return True
    few, many = sorted((first.split(), second.split()), key=len)
    return sum(any(alike(word, other, 0.2) for other in many) for word in few) >= len(few)


def _long(text: str) -> str:
    return " ".join(_SHORT.get(word, word) for word in folded_words(text))


def _same_type(own: str, one: Suggestion) -> bool:
    kind = type_of_document(own) or own
    return alike(fold(kind), fold(one.value), 0.1) or fold(one.value) in fold(own) or one.confidence < _SURE_WORDS


def _same_subject(own: str, one: Suggestion) -> bool:
    first, second = set(folded_words(own)), set(folded_words(one.value))
    common = len(first & second)
    return one.confidence < _SURE_WORDS or common >= _COMMON * min(len(first), len(second))


def _same_person(own: str, one: Suggestion) -> bool:
    return fold(one.value) in fold(own) or alike(fold(own), fold(one.value), 0.2) or one.confidence < _SURE_WORDS


_SAME: Mapping[str, Callable[[str, Suggestion], bool]] = {
    keys.NUMBER: _same_number,
    keys.NOTATION: _same_notation,
    keys.DAY: _same_day,
    keys.ORGAN: _same_body,
    keys.TYPE: _same_type,
    keys.SUBJECT: _same_subject,
    keys.SIGNER: _same_person,
}
