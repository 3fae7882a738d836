"""A document as every backend stores it: analysed once, here, so that no backend can see it differently."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import orjson

from metadata.packing import packed, unpacked
from search import numbers
from search.errors import SearchFaultError
from search.facets import facet_values
from search.heads import NOTHING, head_of
from search.periods import Span, span
from search.places import place_keys
from search.ports import IndexedDocument
from search.vietnamese import fold, nfc, sort_key, sound, streams

FORMAT: Final = 4
"""Number of the analysis and of what engines keep; a change of either needs a rebuild and the next number."""

MAX_KEY_CHARS = 500
"""Longer values of key fields count as their beginning: engines refuse terms of many kilobytes."""

HEAD: Final = "head:"
"""Begins keys that were read from a page: no key has a colon."""

UNKNOWN_DAY = 99999999
"""Behind every day, as `yyyymmdd`."""

_MAX_PAGES_BYTES = 2 << 30
"""All text of one document; the index holds what the archive itself wrote."""

_RECORD_FIELDS = tuple(field.name for field in fields(IndexedDocument) if field.name != "pages")


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that is searched, compared or sorted by."""

    document_id: str
    package_id: str
    access: tuple[str, ...]
    canons: tuple[str, ...]
    """Streams of canonical words, one a value and one for all pages: phrases do not cross from one to the next."""

    folds: tuple[str, ...]
    title: tuple[str, str]
    """Canons and folds of the title."""

    number: str
    """Folded words of the number."""

    designation: str
    """Folded words by which the document is called: number, type, year, organ's name."""

    keys: tuple[str, ...]
    """Keys of number, codes and identifiers: what makes a document the exact answer; with `HEAD` before them those
    that only its first page tells, where nobody has told a number."""

    exact: Mapping[str, tuple[str, ...]]
    """Key fields by name (`fields.Kind.KEY`)."""

    phrases: Mapping[str, tuple[str, ...]]
    """Folded words of the fields of `fields.Kind.WORDS`, the title excepted."""

    issued: Span | None
    date_up: int
    """First day that the day of issue may be, as `yyyymmdd`; unknown: behind all days."""

    date_down: int
    """The same; unknown: before all days."""

    sort_title: str
    sort_number: int
    tie: int
    """Of documents that answer equally well the one with the greater number stands first: the newer, then the one
    whose text was read better."""

    facets: Mapping[str, str]
    """Values by name, see `search.facets`."""


def _exact(document: IndexedDocument) -> dict[str, tuple[str, ...]]:
    types = (fold(document.type_name), numbers.notation_head(document.number))
    raw = {
        "type": types,
        "agency": (fold(document.agency),),
        "rights": (fold(document.rights),),
        "retention": (fold(document.retention),),
        "language": (fold(document.language),),
        "doc_code": (code(document.doc_code), numbers.run_together(document.doc_code)),
        "file_code": (code(document.file_code), numbers.run_together(document.file_code)),
        **{level: (key,) for level, key in (place_keys(document.place) or {}).items()},
    }
    return {
        name: tuple(dict.fromkeys(value[:MAX_KEY_CHARS] for value in values if value)) for name, values in raw.items()
    }


def code(text: str) -> str:
    """A code as compared: without signs and leading zeros, so `000.00.16.H41` is `0-0-16-h41` however it is parted."""
    return "-".join(fold(text).split())


def _issued_words(issued: Span | None) -> str:
    """The day as documents themselves write it, for those whose text lacks it or could not be read."""
    if issued is None:
        return ""
    first, last = issued
    year, month, day = first // 10000, first // 100 % 100, first % 100
    if first == last:
        return f"ngày {day} tháng {month} năm {year}"
    return f"tháng {month} năm {year}" if first // 100 == last // 100 else f"năm {year}"


def analyse(document: IndexedDocument) -> Analysis:
    """What a backend indexes of `document`; linear in its text, some 300,000 words a second."""
    issued = span(document.issued)
    year = str(issued.first // 10000) if issued else ""
    organ = document.organ_name
    values = [
        document.title,
        f"Số {document.number}" if document.number else "",
        " ".join(numbers.joined(document.number)),
        document.type_name,
        organ,
        document.dossier_title,
        document.doc_code,
        document.file_code,
        document.signer,
        document.fonds,
        document.keywords,
        document.agency,
        _issued_words(issued),
        *document.fields.values(),
    ]
    head = NOTHING if numbers.key(document.number) else head_of(document.pages)
    values += numbers.joined(head.number)
    both = [streams(value) for value in values if value]
    both.append(_joined([streams(page) for page in document.pages]))
    both = [pair for pair in both if pair[1]]
    keys = [
        *numbers.keys(document.number, year),
        *numbers.joined(document.number),
        *(numbers.key(text) for text in (document.doc_code, document.file_code, document.package_id)),
        *(numbers.run_together(text) for text in (document.doc_code, document.file_code)),
    ]
    keys += [HEAD + key for key in (*numbers.keys(head.number, head.year), *numbers.joined(head.number))]
    return Analysis(
        document_id=document.document_id,
        package_id=document.package_id,
        access=tuple(document.access),
        canons=tuple(canon for canon, _ in both),
        folds=tuple(folded for _, folded in both),
        title=streams(document.title),
        number=fold(document.number),
        designation=fold(f"{document.number} {document.type_name} {year} {organ} {head.called}"),
        keys=tuple(dict.fromkeys(key[:MAX_KEY_CHARS] for key in keys if key)),
        exact=_exact(document),
        phrases={
            "organ": (fold(organ),),
            "fonds": (fold(document.fonds),),
            "signer": (fold(document.signer),),
            "keyword": tuple(fold(part) for part in document.keywords.split(";")),
        },
        issued=issued,
        date_up=issued.first if issued else UNKNOWN_DAY,
        date_down=issued.first if issued else 0,
        sort_title=sort_key(document.title),
        sort_number=numbers.order(document.number),
        tie=_tie(issued, document.confidence),
        facets=facet_values(document, year),
    )


def sort_value(document: IndexedDocument, field: str) -> int | str:
    """What `Analysis` has as `date_up`, `date_down`, `sort_number` or `sort_title`, without reading the text."""
    if field == "sort_title":
        return sort_key(document.title)
    if field == "sort_number":
        return numbers.order(document.number)
    issued = span(document.issued)
    return issued.first if issued else UNKNOWN_DAY if field == "date_up" else 0


def _tie(issued: Span | None, confidence: float | None) -> int:
    """The first day, then the confidence in tenths; a text that no recogniser read cannot be misread."""
    tenths = 1001 if confidence is None else round(min(max(confidence, 0.0), 100.0) * 10)
    return (issued.first if issued else 0) << 10 | tenths


def _joined(pages: Sequence[tuple[str, str]]) -> tuple[str, str]:
    return " ".join(canon for canon, _ in pages), " ".join(folded for _, folded in pages)


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as kept beside the index: shown in hits, copied when an index is made anew."""

    record: bytes
    """Everything but the pages, JSON."""

    pages: bytes
    """JSON list of the pages' texts (NFC), zstd."""

    revision: str
    """Names document and content: the same again need not be indexed again."""


def stored(document: IndexedDocument) -> Stored:
    """`document` as bytes."""
    try:
        record = orjson.dumps(_plain(document), option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # Halves of surrogate pairs, which JSON of a package can hold in escaped form, are no text.
        record = orjson.dumps(_writable(_plain(document)), option=orjson.OPT_SORT_KEYS)
    pages = orjson.dumps([sound(nfc(page)) for page in document.pages])
    revision = hashlib.blake2b(digest_size=16)
    for part in (document.document_id.encode(), record, pages):
        revision.update(len(part).to_bytes(8, "big") + part)
    return Stored(record, packed(pages), revision.hexdigest())


def _writable(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, list):
        return [_writable(each) for each in value]
    if isinstance(value, dict):
        return {sound(name): _writable(each) for name, each in value.items()}
    return value


def _plain(document: IndexedDocument) -> dict[str, Any]:
    plain = {name: getattr(document, name) for name in _RECORD_FIELDS}
    return plain | {"fields": dict(document.fields), "access": list(document.access)}


def pages_of(kept: bytes) -> list[str]:
    """The texts of the pages from `Stored.pages`.

    Raises:
        SearchFaultError: the index is damaged.
    """
    try:
        found: list[str] = orjson.loads(unpacked(kept, max_bytes=_MAX_PAGES_BYTES))
    except ValueError as error:
        msg = f"the index is damaged: {error}; run: luutru index rebuild"
        raise SearchFaultError(msg) from error
    return found


def document_of(record: bytes, pages: Sequence[str]) -> IndexedDocument:
    """The document from `Stored.record`; pass no pages where they are not needed."""
    return IndexedDocument(**orjson.loads(record), pages=pages)
