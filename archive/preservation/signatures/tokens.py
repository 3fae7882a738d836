"""What the inside of a time-stamp token (TSTInfo, RFC 3161) says; standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archive.preservation.signatures.algorithms import algorithm_oid, digest_of
from archive.preservation.signatures.asn1 import (
    BOOLEAN,
    GENERALIZED_TIME,
    INTEGER,
    OCTETS,
    OID,
    SEQUENCE,
    Asn1Error,
    Element,
    at,
    boolean,
    encoded,
    instant,
    integer,
    members,
    octets,
    oid,
    whole,
)


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """The TSTInfo of a time-stamp token."""

    time: datetime
    imprint_digest: str
    imprint: bytes = field(repr=False)
    encoded: bytes = field(repr=False)
    """The TSTInfo, which is what the token signs."""

    policy: str = ""
    """Of the time-stamp authority, dotted."""

    serial: int = 0
    accuracy: timedelta | None = None
    ordering: bool = False
    nonce: int | None = None
    critical_extensions: tuple[str, ...] = ()


def read_info(info: bytes) -> TokenFacts:
    """The TSTInfo in `info`.

    Raises:
        Asn1Error: it is none.
    """
    parts = members(info, whole(info, SEQUENCE), 12)
    imprint = members(info, at(parts, 2, SEQUENCE), 2)
    rest = {element[0]: element for element in parts[5:]}
    return TokenFacts(
        time=instant(info, at(parts, 4, GENERALIZED_TIME)),
        imprint_digest=digest_of(algorithm_oid(encoded(info, at(imprint, 0, SEQUENCE)))),
        imprint=octets(info, at(imprint, 1, OCTETS)),
        encoded=info,
        policy=oid(info, at(parts, 1, OID)),
        serial=integer(info, at(parts, 3, INTEGER)),
        accuracy=_accuracy(info, rest[SEQUENCE]) if SEQUENCE in rest else None,
        ordering=BOOLEAN in rest and boolean(info, rest[BOOLEAN]),
        nonce=integer(info, rest[INTEGER]) if INTEGER in rest else None,
        critical_extensions=_critical(info, rest[0xA1]) if 0xA1 in rest else (),  # noqa: PLR2004 - extensions
    )


def _accuracy(info: bytes, element: Element) -> timedelta:
    seconds = millis = micros = 0
    for tag, _, start, end in members(info, element, 3):
        value = int.from_bytes(info[start:end], "big")
        if end - start > 4:  # noqa: PLR2004 - more than a century of seconds
            raise Asn1Error("an accuracy without meaning")
        if tag == INTEGER:
            seconds = value
        elif tag == 0x80:  # noqa: PLR2004 - millis
            millis = value
        elif tag == 0x81:  # noqa: PLR2004 - micros
            micros = value
        else:
            raise Asn1Error("an accuracy of unknown units")
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)


def _critical(info: bytes, element: Element) -> tuple[str, ...]:
    found = []
    for entry in members(info, element, 100):
        parts = members(info, entry, 3)
        kind = oid(info, at(parts, 0, OID))
        if len(parts) > 2 and boolean(info, at(parts, 1, BOOLEAN)):  # noqa: PLR2004 - criticality is given
            found.append(kind)
    return tuple(found)
