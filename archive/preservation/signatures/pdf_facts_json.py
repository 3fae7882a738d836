"""Facts of a PDF as one canonical JSON document and back; the standard library is enough.

The document may come out of a proof that a stranger handed over: whatever it
holds, reading ends with facts or with `FactsUnreadableError`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from archive.preservation.signatures.pdf_facts import ByteRange, Change, PdfFacts, SecurityStore, SignedField

FORMAT = "luutru-pdf-facts 1"
MAX_DOCUMENT = 96 << 20
"""Longest document that is read, in bytes."""

MAX_FIELDS = 64
"""Most signature fields: the reader stops before."""

MAX_ZEROS = 4 << 20
"""Most zeros behind a signature: a short document must not become large facts."""

_LARGEST = 1 << 60
_Reader = Callable[[Any], Any]


class FactsUnreadableError(ValueError):
    """The document holds no facts of a PDF in their canonical form."""


def facts_document(facts: PdfFacts) -> bytes:
    """The canonical form: the same facts give the same bytes."""
    return json.dumps(
        {"facts": _plain(facts), "format": FORMAT}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode("utf-8", "surrogatepass")


def facts_of(document: bytes) -> PdfFacts:
    """The facts in `document`.

    Raises:
        FactsUnreadableError: too long, no JSON, other keys or types than ours, or not in canonical form.
    """
    if len(document) > MAX_DOCUMENT:
        msg = f"{len(document)} bytes are more than any facts of a PDF"
        raise FactsUnreadableError(msg)
    try:
        found = json.loads(document.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        msg = f"no JSON: {type(error).__name__}"
        raise FactsUnreadableError(msg) from error
    if not isinstance(found, dict) or set(found) != {"facts", "format"} or found["format"] != FORMAT:
        msg = f"not in the format {FORMAT}"
        raise FactsUnreadableError(msg)
    facts: PdfFacts = _object(PdfFacts, _FILE)(found["facts"])
    if facts_document(facts) != document:
        raise FactsUnreadableError("not in canonical form")
    return facts


def _plain(value: Any) -> Any:  # noqa: ANN401 - what JSON can hold
    if isinstance(value, SignedField):
        # The room that signers keep free is two thirds of most signatures, and zero.
        entry = {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
        value_bytes = value.contents.rstrip(b"\0")
        return entry | {"contents": [_plain(value_bytes), len(value.contents) - len(value_bytes)]}
    if isinstance(value, ByteRange | Change | SecurityStore | PdfFacts):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _refuse(what: str, value: object) -> FactsUnreadableError:
    return FactsUnreadableError(f"{what} expected, found {type(value).__name__}")


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    if not isinstance(value, str):
        raise _refuse("text", value)
    return value


def _flag(value: Any) -> bool:  # noqa: ANN401 - JSON
    if not isinstance(value, bool):
        raise _refuse("true or false", value)
    return value


def _number(value: Any) -> int:  # noqa: ANN401 - JSON
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
        raise _refuse("a number", value)
    return value


def _bytes(value: Any) -> bytes:  # noqa: ANN401 - JSON
    try:
        return base64.b64decode(_text(value).encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise FactsUnreadableError("base64 expected") from error


def _padded(value: Any) -> bytes:  # noqa: ANN401 - JSON
    pair = 2
    if not isinstance(value, list) or len(value) != pair:
        raise _refuse("bytes and the number of zeros behind them", value)
    zeros = _number(value[1])
    if not 0 <= zeros <= MAX_ZEROS:
        msg = f"{zeros} zeros are more than any signature has"
        raise FactsUnreadableError(msg)
    return _bytes(value[0]) + bytes(zeros)


def _optional(read: _Reader) -> _Reader:
    return lambda value: None if value is None else read(value)


def _list(read: _Reader, most: int = MAX_DOCUMENT) -> _Reader:
    def of(value: Any) -> tuple[Any, ...]:  # noqa: ANN401 - JSON
        if not isinstance(value, list) or len(value) > most:
            raise _refuse("a list of bounded length", value)
        return tuple(read(item) for item in value)

    return of


def _object(kind: type, readers: Mapping[str, _Reader]) -> _Reader:
    def of(value: Any) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(value, dict) or value.keys() != readers.keys():
            raise _refuse(kind.__name__, value)
        return kind(**{name: read(value[name]) for name, read in readers.items()})

    return of


_RANGE: dict[str, _Reader] = {"first": _number, "gap_end": _number, "second": _number}
_FIELD: dict[str, _Reader] = {
    "name": _text,
    "sub_filter": _optional(_text),
    "is_time_stamp": _flag,
    "contents": _padded,
    "certificates": _list(_bytes),
    "range": _optional(_object(ByteRange, _RANGE)),
    "coverage": _text,
    "revision": _optional(_number),
    "claimed": _optional(_text),
    "docmdp": _optional(_number),
    "locks": _text,
    "locked": _list(_text),
    "visible": _flag,
    "has_image": _flag,
    "problem": _text,
}
_CHANGE: dict[str, _Reader] = {
    "revision": _number,
    "kind": _text,
    "what": _text,
    "allowed_from": _number,
    "page": _optional(_number),
    "field": _text,
    "adds": _flag,
}
_STORE: dict[str, _Reader] = {
    "certificates": _list(_bytes),
    "revocation": _list(_bytes),
    "problem": _text,
    "certificate_revisions": _list(_number),
    "revocation_revisions": _list(_number),
}
_FILE: dict[str, _Reader] = {
    "size": _number,
    "fields": _list(_object(SignedField, _FIELD), MAX_FIELDS),
    "store": _object(SecurityStore, _STORE),
    "revisions": _number,
    "changes": _list(_object(Change, _CHANGE)),
    "stray": _number,
    "remnants": _list(_list(_number)),
    "locked": _flag,
    "problem": _text,
}
