"""A walker over ASN.1 encodings (X.690): bounds checked, counts and depth capped, standard library only.

Parsing ASN.1 by a general library was a third of what a verdict cost (ADR
0200). This walker knows definite lengths and low tag numbers, which is all that
certificates, lists, answers and most signatures use; `normalised` brings the
rest of BER into that form.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

Element = tuple[int, int, int, int]
"""Tag, where the element starts, where its value starts, where it ends."""

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID, ENUMERATED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31

MAX_ELEMENTS = 20_000
"""Most elements side by side; revocation lists have a loop of their own."""

MAX_DEPTH = 40
MAX_NORMALISED = 1_000_000
"""Most elements that `normalised` looks at: 256 MiB of content in pieces of 1 KiB and more."""

MAX_INTEGER_OCTETS = 4_096
MAX_TIME_OCTETS = 64
_CONSTRUCTED = 0x20
_HIGH_TAG = 0x1F
_LONG = 0x80
_END_OF_CONTENTS = b"\0\0"
_STRINGS = frozenset({BITS, OCTETS, 0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E})
_TIME = re.compile(
    rb"(?P<date>\d{6}|\d{8})(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?:[.,](?P<fraction>\d+))?"
    rb"(?P<zone>Z|[+-]\d{4})?"
)


class Asn1Error(ValueError):
    """The bytes are not what this place of the structure asks for."""


class BerError(Asn1Error):
    """An indefinite length or a string in pieces: legal BER, to be read after `normalised`."""


def elements(data: bytes, start: int, end: int, limit: int = MAX_ELEMENTS) -> list[Element]:
    """The elements side by side in `data[start:end]`, which they fill to the last byte.

    Raises:
        BerError: one of them has an indefinite length.
        Asn1Error: they do not fit, have tag numbers above 30, or are more than `limit`.
    """
    found: list[Element] = []
    position = start
    try:
        while position < end:
            tag, length, value = data[position], data[position + 1], position + 2
            if tag & _HIGH_TAG == _HIGH_TAG:
                raise Asn1Error("a tag number above 30")
            if length >= _LONG:
                octets = length & 0x7F
                if not octets:
                    raise BerError("an indefinite length")
                length, value = int.from_bytes(data[value : value + octets], "big"), value + octets
            stop = value + length
            if stop > end:
                raise Asn1Error("an element longer than what holds it")
            found.append((tag, position, value, stop))
            position = stop
            if len(found) > limit:
                msg = f"more than {limit} elements side by side"
                raise Asn1Error(msg)
    except IndexError:
        raise Asn1Error("the bytes end within an element") from None
    return found


def first(data: bytes, start: int = 0, end: int | None = None) -> Element:
    """The element at `start`; what follows it is not looked at.

    Raises:
        Asn1Error: see `elements`.
    """
    end = len(data) if end is None else end
    try:
        tag, length, value = data[start], data[start + 1], start + 2
        if tag & _HIGH_TAG == _HIGH_TAG:
            raise Asn1Error("a tag number above 30")
        if length >= _LONG:
            octets = length & 0x7F
            if not octets:
                raise BerError("an indefinite length")
            length, value = int.from_bytes(data[value : value + octets], "big"), value + octets
    except IndexError:
        raise Asn1Error("the bytes end within an element") from None
    stop = value + length
    if stop > end:
        raise Asn1Error("an element longer than what holds it")
    return tag, start, value, stop


def whole(data: bytes, tag: int) -> Element:
    """The one element of kind `tag` that `data` is.

    Raises:
        Asn1Error: it is another, or bytes follow it.
    """
    found = first(data)
    if found[0] != tag:
        msg = f"tag {found[0]:#04x} where {tag:#04x} belongs"
        raise Asn1Error(msg)
    if found[3] != len(data):
        raise Asn1Error("bytes behind the structure")
    return found


def inside(data: bytes, element: Element) -> Element:
    """The one element within an explicit tag.

    Raises:
        Asn1Error: there is none, or more.
    """
    found = first(data, element[2], element[3])
    if found[3] != element[3]:
        raise Asn1Error("more than one element within a tag")
    return found


def members(data: bytes, element: Element, limit: int = MAX_ELEMENTS) -> list[Element]:
    """The elements inside a constructed `element`."""
    return elements(data, element[2], element[3], limit)


def expect(element: Element, tag: int) -> Element:
    """`element` when it is of kind `tag`.

    Raises:
        Asn1Error: it is another.
    """
    if element[0] != tag:
        if element[0] == tag | _CONSTRUCTED:
            raise BerError("a string in pieces")
        msg = f"tag {element[0]:#04x} where {tag:#04x} belongs"
        raise Asn1Error(msg)
    return element


def at(found: list[Element], index: int, tag: int) -> Element:
    """The element at `index` of a sequence, which must be there and of kind `tag`."""
    if index >= len(found):
        raise Asn1Error("a member of the structure is missing")
    return expect(found[index], tag)


def value_of(data: bytes, element: Element) -> bytes:
    """The value octets."""
    return data[element[2] : element[3]]


def encoded(data: bytes, element: Element) -> bytes:
    """The element with tag and length."""
    return data[element[1] : element[3]]


def octets(data: bytes, element: Element) -> bytes:
    """The value of an OCTET STRING."""
    expect(element, OCTETS)
    return data[element[2] : element[3]]


def bits(data: bytes, element: Element) -> bytes:
    """The octets of a BIT STRING, unused bits as they stand."""
    expect(element, BITS)
    if element[3] <= element[2] or data[element[2]] > 7:  # noqa: PLR2004 - X.690, 8.6.2.2
        raise Asn1Error("a bit string without its count of unused bits")
    return data[element[2] + 1 : element[3]]


def octet_bits(data: bytes, element: Element) -> bytes:
    """The octets of a BIT STRING that holds octets: a signature, a key."""
    found = bits(data, element)
    if data[element[2]]:
        raise Asn1Error("a bit string that should hold octets has unused bits")
    return found


def integer(data: bytes, element: Element) -> int:
    """An INTEGER or ENUMERATED of at most 4,096 octets."""
    if element[0] not in (INTEGER, ENUMERATED):
        expect(element, INTEGER)
    if not 0 < element[3] - element[2] <= MAX_INTEGER_OCTETS:
        raise Asn1Error("an integer without octets, or with too many")
    return int.from_bytes(data[element[2] : element[3]], "big", signed=True)


def boolean(data: bytes, element: Element) -> bool:
    """A BOOLEAN."""
    expect(element, BOOLEAN)
    if element[3] - element[2] != 1:
        raise Asn1Error("a truth value of other than one octet")
    return data[element[2]] != 0


def oid(data: bytes, element: Element) -> str:
    """An OBJECT IDENTIFIER, dotted."""
    expect(element, OID)
    return dotted(data[element[2] : element[3]])


@lru_cache(maxsize=4096)
def dotted(value: bytes) -> str:
    """The dotted form of an identifier's value octets.

    Raises:
        Asn1Error: empty, cut off, or longer than 100 octets.
    """
    if not value or value[-1] & _LONG or len(value) > 100:  # noqa: PLR2004 - see above
        raise Asn1Error("no object identifier")
    arcs: list[int] = []
    arc = 0
    for octet in value:
        arc = arc << 7 | octet & 0x7F
        if not octet & _LONG:
            arcs.append(arc)
            arc = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))


def instant(data: bytes, element: Element) -> datetime:
    """A UTCTime or GeneralizedTime in UTC; without a zone it is taken as UTC, fractions are cut to microseconds.

    Raises:
        Asn1Error: it is no time.
    """
    if element[0] not in (UTC_TIME, GENERALIZED_TIME):
        expect(element, UTC_TIME)
    return time_of(data[element[2] : element[3]])


@lru_cache(maxsize=8192)
def time_of(text: bytes) -> datetime:
    """See `instant`; two digits of a year mean 1950 to 2049 (RFC 5280, 4.1.2.5.1)."""
    found = _TIME.fullmatch(text) if len(text) <= MAX_TIME_OCTETS else None
    if found is None:
        raise Asn1Error("no time")
    day = found["date"]
    if len(day) == 6:  # noqa: PLR2004 - YYMMDD
        day = (b"20" if day < b"50" else b"19") + day
    second, fraction = int(found["second"] or 0), (found["fraction"] or b"0")[:6]
    try:
        moment = datetime(
            int(day[:4]),
            int(day[4:6]),
            int(day[6:]),
            int(found["hour"]),
            int(found["minute"]),
            # A leap second has no place in datetime; RFC 3339 keeps 59 as its nearest.
            min(second, 59) if second == 60 else second,  # noqa: PLR2004 - a leap second
            int(fraction.ljust(6, b"0")),
            tzinfo=_zone(found["zone"]),
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        msg = f"no time: {error}"
        raise Asn1Error(msg) from error


def _zone(text: bytes | None) -> timezone:
    if text is None or text == b"Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:]))
    return timezone(-offset if text[:1] == b"-" else offset)


def header(tag: int, length: int) -> bytes:
    """Tag and length in DER."""
    if length < _LONG:
        return bytes((tag, length))
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(size))) + size


def encoded_oid(identifier: str) -> bytes:
    """An OBJECT IDENTIFIER in DER, from its dotted form."""
    arcs = [int(arc) for arc in identifier.split(".")]
    body = bytearray()
    for arc in (arcs[0] * 40 + arcs[1], *arcs[2:]):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        body += bytes(reversed(groups))
    return header(OID, len(body)) + bytes(body)


def normalised(data: bytes) -> tuple[bytes, int]:
    """The first element of `data` with definite lengths and strings in one piece, and where it ends in `data`.

    What is in that form already is not touched, not even where DER would write
    it shorter: signatures were made over these bytes.

    Raises:
        Asn1Error: the encoding is cut off, nested deeper than 40, or has more than 1,000,000 elements.
    """
    return _Normaliser(data).element(0, len(data), 0)


class _Normaliser:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_NORMALISED

    def element(self, start: int, end: int, depth: int) -> tuple[bytes, int]:
        """The element at `start` in definite form, and where it ends in the data."""
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise Asn1Error("too deep or too many elements")
        data = self._data
        if start + 2 > end:
            raise Asn1Error("the bytes end within an element")
        tag = data[start]
        if data[start + 1] != _LONG:
            _, _, value, stop = first(data, start, end)
            if not tag & _CONSTRUCTED:
                return data[start:stop], stop
            inner, _ = self._inner(value, stop, depth, definite=True)
            body = b"".join(inner)
            if body == data[value:stop] and not _is_in_pieces(tag):
                return data[start:stop], stop
        else:
            if not tag & _CONSTRUCTED or tag & _HIGH_TAG == _HIGH_TAG:
                raise Asn1Error("an indefinite length where none can be")
            inner, stop = self._inner(start + 2, end, depth, definite=False)
            body = b"".join(inner)
        if _is_in_pieces(tag):
            tag, body = _joined(tag, inner)
        return header(tag, len(body)) + body, stop

    def _inner(self, position: int, end: int, depth: int, *, definite: bool) -> tuple[list[bytes], int]:
        found: list[bytes] = []
        while position < end:
            if not definite and self._data[position : position + 2] == _END_OF_CONTENTS:
                return found, position + 2
            piece, position = self.element(position, end, depth + 1)
            found.append(piece)
        if not definite:
            raise Asn1Error("an indefinite length without its end")
        return found, position


def _is_in_pieces(tag: int) -> bool:
    return bool(tag & _CONSTRUCTED) and tag & ~_CONSTRUCTED in _STRINGS


def _joined(tag: int, pieces: list[bytes]) -> tuple[int, bytes]:
    plain = tag & ~_CONSTRUCTED
    values = []
    for number, piece in enumerate(pieces):
        found = expect(whole(piece, piece[0]), plain)
        value = value_of(piece, found)
        if plain == BITS:
            # Only the last piece may leave bits unused (X.690, 8.6.4).
            if not value or (value[0] and number < len(pieces) - 1):
                raise Asn1Error("a bit string in pieces that do not fit")
            value = value[1:] if number < len(pieces) - 1 else value
        values.append(value)
    if plain == BITS:
        return plain, values[-1][:1] + b"".join(values[:-1]) + values[-1][1:] if values else b"\0"
    return plain, b"".join(values)
