"""Distinguished and general names (RFC 5280) as plain facts; standard library only."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from archive.preservation.signatures.asn1 import (
    SEQUENCE,
    SET,
    Asn1Error,
    at,
    elements,
    expect,
    header,
    members,
    oid,
    whole,
)

MAX_ATTRIBUTES = 200
"""Most attributes of one name, and most in one of its parts."""

MAX_BYTES = 64 << 10
MAX_KEPT_BYTES = 4 << 10
"""Largest name that is kept read."""

COMMON_NAME = "2.5.4.3"
EMAIL_ADDRESS = "1.2.840.113549.1.9.1"

_SHORT = {
    COMMON_NAME: "CN",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.6": "C",
    "2.5.4.9": "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
}
_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
_ESCAPED = str.maketrans({c: f"\\{c}" for c in '\\"+,;<>'} | {"\0": "\\00"})
_GENERAL = {
    0xA0: "other",
    0x81: "email",
    0x82: "dns",
    0xA3: "x400",
    0xA4: "directory",
    0xA5: "edi",
    0x86: "uri",
    0x87: "ip",
    0x88: "registered",
}


Canonical = tuple[tuple[tuple[str, str], ...], ...]
"""RDN by RDN the attributes as (type, folded value): two encodings of one name are equal here (RFC 5280, 7.1)."""


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name, read."""

    printable: str
    """RFC 4514, last part first."""

    common_name: str | None
    canonical: Canonical = field(repr=False)

    emails: tuple[str, ...] = ()
    """E-mail addresses inside the name, which name constraints speak of too."""


@dataclass(frozen=True, slots=True)
class GeneralName:
    """One GeneralName."""

    kind: str
    """`directory`, `dns`, `email`, `uri`, `ip`, `other`, `registered`, `x400`, `edi`."""

    value: bytes
    """DER of the Name for `directory`, else the value octets."""

    @property
    def text(self) -> str:
        """For people; of a directory name its RFC 4514 form."""
        if self.kind == "directory":
            return name(self.value).printable
        if self.kind in ("dns", "email", "uri"):
            return self.value.decode("utf-8", "replace")
        return self.value.hex()


def name(der: bytes) -> Name:
    """The Name in `der`, from a cache where possible.

    Raises:
        Asn1Error: it is none, has more than 200 attributes or more than 64 KiB.
    """
    if len(der) <= MAX_KEPT_BYTES:
        return _kept(der)
    if len(der) > MAX_BYTES:
        raise Asn1Error("a name of more than 64 KiB")
    return _read(der)


@lru_cache(maxsize=8192)
def _kept(der: bytes) -> Name:
    return _read(der)


def _read(der: bytes) -> Name:
    parts: list[str] = []
    canonical: list[tuple[tuple[str, str], ...]] = []
    common: str | None = None
    emails: list[str] = []
    for group in members(der, whole(der, SEQUENCE), MAX_ATTRIBUTES):
        pairs = [_attribute(der, e) for e in members(der, expect(group, SET), MAX_ATTRIBUTES)]
        parts.append("+".join(f"{_SHORT.get(kind, kind)}={_escaped(value)}" for kind, value in pairs))
        canonical.append(tuple(sorted((kind, _folded(value)) for kind, value in pairs)))
        for kind, value in pairs:
            if kind == COMMON_NAME and common is None:
                common = str(value) if isinstance(value, str) else value.hex()
            elif kind == EMAIL_ADDRESS and isinstance(value, str):
                emails.append(value)
    return Name(",".join(reversed(parts)), common, tuple(canonical), tuple(emails))


def _attribute(der: bytes, element: tuple[int, int, int, int]) -> tuple[str, str | bytes]:
    parts = members(der, expect(element, SEQUENCE), 4)
    kind = oid(der, at(parts, 0, 0x06))
    if len(parts) != 2:  # noqa: PLR2004 - type and value
        raise Asn1Error("an attribute of a name without one value")
    tag, start, value, end = parts[1]
    encoding = _ENCODINGS.get(tag)
    if encoding is None:
        return kind, der[value:end] if tag == 0x03 else der[start:end]  # noqa: PLR2004 - BIT STRING
    return kind, der[value:end].decode(encoding, "replace")


def _escaped(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return f"#{value.hex()}"
    text = value.translate(_ESCAPED)
    if text[:1] == "#" or (text[:1] == " " and len(text) > 1):
        text = f"\\{text}"
    return f"{text[:-1]}\\ " if text[-1:] == " " else text


def _folded(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return f"#{value.hex()}"
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def general_name(data: bytes, element: tuple[int, int, int, int]) -> GeneralName:
    """The GeneralName at `element`.

    Raises:
        Asn1Error: it is none.
    """
    tag, _, value, end = element
    kind = _GENERAL.get(tag)
    if kind is None:
        msg = f"tag {tag:#04x} where a general name belongs"
        raise Asn1Error(msg)
    if kind == "directory":
        # An explicit tag around a CHOICE; read once here so that a bad name shows at once.
        der = data[value:end]
        name(der)
        return GeneralName(kind, der)
    return GeneralName(kind, data[value:end])


def relative_name(base: bytes, part: bytes) -> bytes:
    """The Name `base` with one more RDN below it.

    Args:
        base: A Name, DER.
        part: The attributes of the RDN, DER, without the tag around them.
    """
    outer = whole(base, SEQUENCE)
    body = base[outer[2] : outer[3]] + header(SET, len(part)) + part
    return header(SEQUENCE, len(body)) + body


def general_names(data: bytes, start: int, end: int) -> tuple[GeneralName, ...]:
    """The GeneralNames side by side in `data[start:end]`."""
    return tuple(general_name(data, e) for e in elements(data, start, end, MAX_ATTRIBUTES * 5))
