"""Lists that are gone through page by page while documents come in: none twice, none left out that was there.

An order by the values of a field goes on behind the values of the last document
shown, which needs no memory and does not age. An order by relevance depends on all
that the index holds, so it goes on in a state that the engine keeps.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

import orjson

from search.documents import sort_value
from search.errors import SearchRequestError
from search.plan import Bool, Node, Past, Term, Within
from search.ports import IndexedDocument, SearchRequest

MAX_CURSOR_CHARS: Final = 7000
"""Stands in addresses, of which servers in front take 8,192 characters."""

_MAX_VALUE_CHARS = 1000
_MARK_BYTES = 12
_MOST = (1 << 63) - 2


@dataclass(frozen=True, slots=True)
class Order:
    """By the values of a field; equal ones by the document's identifier, rising."""

    field: str
    falling: bool = False


def cursor(request: SearchRequest, *position: int | str) -> str:
    """`position` as text that only goes on with the same request; how many are shown on a page is free."""
    written = orjson.dumps(position)
    return base64.urlsafe_b64encode(_mark(request, written) + written).decode().rstrip("=")


def went_on(request: SearchRequest, count: int) -> list[Any]:
    """The position that `request.after` was made of.

    Args:
        request: With a cursor.
        count: How many parts the position must have.

    Raises:
        SearchRequestError: nobody was given this cursor for this request.
    """
    said = request.after or ""
    position = None if request.offset or len(said) > MAX_CURSOR_CHARS else _read(request, said)
    if not isinstance(position, list) or len(position) != count:
        raise SearchRequestError("cursor", said[:100])
    return position


def _read(request: SearchRequest, said: str) -> object:
    try:
        kept = base64.b64decode((said + "=" * (-len(said) % 4)).encode("ascii"), altchars=b"-_", validate=True)
        mark, written = kept[:_MARK_BYTES], kept[_MARK_BYTES:]
        return orjson.loads(written) if mark == _mark(request, written) else None
    except ValueError:
        return None


def _mark(request: SearchRequest, written: bytes) -> bytes:
    """Tells a damaged cursor, and one of another question.

    It is no secret: who makes one up moves within what he may see, for every page
    is filtered by his rights.
    """
    asked = [
        request.query,
        sorted(request.fields.items()),
        str(request.issued_from),
        str(request.issued_to),
        request.sort,
        sorted((name, sorted(values)) for name, values in request.chosen.items()),
    ]
    # Half a character, which a person can send, is no UTF-8: this writes it as an escape.
    canonical = json.dumps(asked).encode()
    return hashlib.blake2b(len(canonical).to_bytes(8, "big") + canonical + written, digest_size=_MARK_BYTES).digest()


def position_of(order: Order, document: IndexedDocument) -> tuple[int | str, str]:
    """Where `document` stands in an order by values."""
    return sort_value(document, order.field), document.document_id


def behind(order: Order, value: object, document_id: object) -> Node:
    """What stands behind a position in an order by values.

    Raises:
        SearchRequestError: there is no such position.
    """
    if not isinstance(document_id, str) or len(document_id) > _MAX_VALUE_CHARS:
        raise SearchRequestError("cursor", document_id)
    equal, further = _value(order, value)
    return Bool(should=(further, Bool(must=(equal, Past("id", document_id)))))


def _value(order: Order, value: object) -> tuple[Node, Node]:
    """What has the value, and what has one behind it."""
    field = order.field
    if isinstance(value, str) and field == "sort_title" and len(value) <= _MAX_VALUE_CHARS:
        return Term(field, value), Past(field, value)
    if isinstance(value, int) and field != "sort_title" and 0 <= value <= _MOST:
        further = Within(field, None, value - 1) if order.falling else Within(field, value + 1, None)
        return Within(field, value, value), further
    raise SearchRequestError("cursor", value)
