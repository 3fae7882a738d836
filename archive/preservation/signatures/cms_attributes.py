"""The attributes of a SignerInfo (RFC 5652, 5035, 6211; CAdES, EN 319 122-1) as facts; standard library only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from archive.preservation.signatures.algorithms import algorithm_oid, digest_of
from archive.preservation.signatures.asn1 import (
    OCTETS,
    OID,
    SEQUENCE,
    SET,
    Asn1Error,
    Element,
    at,
    encoded,
    expect,
    first,
    header,
    inside,
    instant,
    integer,
    members,
    octets,
    oid,
    value_of,
)

MAX_TOKENS = 10
"""Most time-stamps of one kind that are looked at."""

MAX_ATTRIBUTES = 100
MAX_ANSWERS = 500

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
COUNTERSIGNATURE = "1.2.840.113549.1.9.6"
ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"
_AA = "1.2.840.113549.1.9.16.2."
SIGNING_CERTIFICATE = _AA + "12"
SIGNATURE_TIME_STAMP = _AA + "14"
SIGNATURE_POLICY = _AA + "15"
COMMITMENT = _AA + "16"
SIGNER_ATTRIBUTES = _AA + "18"
CONTENT_TIME_STAMP = _AA + "20"
CERTIFICATE_VALUES = _AA + "23"
REVOCATION_VALUES = _AA + "24"
SIGNING_CERTIFICATE_V2 = _AA + "47"
SIGNER_ATTRIBUTES_V2 = "0.4.0.19122.1.1"
ARCHIVE_TIME_STAMPS = (_AA + "27", _AA + "48", "0.4.0.1733.2.4")
ADOBE_REVOCATION = "1.2.840.113583.1.1.8"


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """One entry of a signing-certificate attribute: the first is the signer's, others must be of its path."""

    digest: str
    value: bytes
    serial: int | None = None
    """Of the optional issuer and serial number."""

    issuer: bytes | None = field(default=None, repr=False)
    """DER of the issuer's Name, where a directory name is given."""

    version: int = 2


@dataclass(frozen=True, slots=True)
class SignaturePolicy:
    """The signature policy that a signer claims to follow; an empty identifier: implied."""

    identifier: str
    digest: str | None = None
    value: bytes | None = None


@dataclass(frozen=True, slots=True)
class Attributes:
    """What the attributes of one set say; what is not there is None or empty."""

    kinds: tuple[str, ...] = ()
    encodings: tuple[bytes, ...] = field(default=(), repr=False)
    content_type: str | None = None
    message_digest: bytes | None = None
    signing_time: datetime | None = None
    signing_certificates: tuple[SigningCertificate, ...] = ()
    policy: SignaturePolicy | None = None
    commitments: tuple[str, ...] = ()
    roles: tuple[bytes, ...] = field(default=(), repr=False)
    protected: tuple[str, str | None] | None = None
    signature_tokens: tuple[bytes, ...] = field(default=(), repr=False)
    content_tokens: tuple[bytes, ...] = field(default=(), repr=False)
    archive_tokens: tuple[bytes, ...] = field(default=(), repr=False)
    revocation: tuple[bytes, ...] = field(default=(), repr=False)
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    problems: tuple[str, ...] = ()


_SINGLE = frozenset({CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, ALGORITHM_PROTECTION})
_Values = list[bytes]


def read_attributes(data: bytes, element: Element | None) -> Attributes:
    """The attributes in the SET (of whatever tag) at `element`; None: there are none.

    Attributes that matter and are malformed make the whole set unreadable; an
    unreadable one that only adds evidence is named in `problems`.

    Raises:
        Asn1Error: see above.
    """
    if element is None:
        return Attributes()
    values: dict[str, _Values] = {}
    kinds: list[str] = []
    encodings: list[bytes] = []
    for entry in members(data, element, MAX_ATTRIBUTES):
        parts = members(data, expect(entry, SEQUENCE), 2)
        kind = oid(data, at(parts, 0, OID))
        kinds.append(kind)
        encodings.append(encoded(data, entry))
        values.setdefault(kind, []).extend(encoded(data, v) for v in members(data, at(parts, 1, SET)))
    found: dict[str, Any] = {}
    problems = [f"attribute-repeated: {kind}" for kind in dict.fromkeys(kinds) if kinds.count(kind) > 1]
    problems += [f"attribute-values: {len(v)} of {k}" for k, v in values.items() if k in _SINGLE and len(v) != 1]
    for kind, reader in _READERS.items():
        if values.get(kind):
            try:
                known = reader(values[kind])
            except Asn1Error as error:
                if kind in _SINGLE:
                    raise
                problems.append(f"attribute-unreadable: {kind}: {error}")
                continue
            for name, value in known.items():
                found[name] = (*found[name], *value) if name in found and isinstance(value, tuple) else value
    return replace(
        Attributes(tuple(kinds), tuple(encodings), problems=tuple(problems)),
        **found,
    )


def _content_type(values: _Values) -> dict[str, Any]:
    return {"content_type": oid(values[0], first(values[0]))}


def _message_digest(values: _Values) -> dict[str, Any]:
    return {"message_digest": octets(values[0], first(values[0]))}


def _signing_time(values: _Values) -> dict[str, Any]:
    return {"signing_time": instant(values[0], first(values[0]))}


def _second_certificates(values: _Values) -> dict[str, Any]:
    return {"signing_certificates": tuple(_named_certificates(values[0], 2))}


def _first_certificates(values: _Values) -> dict[str, Any]:
    return {"signing_certificates": tuple(_named_certificates(values[0], 1))}


def _named_certificates(value: bytes, version: int) -> list[SigningCertificate]:
    outer = members(value, expect(first(value), SEQUENCE), 2)
    found = []
    for entry in members(value, at(outer, 0, SEQUENCE), 100):
        parts = members(value, expect(entry, SEQUENCE), 3)
        name = "sha1" if version == 1 else "sha256"
        if version == 2 and parts and parts[0][0] == SEQUENCE:  # noqa: PLR2004 - ESSCertIDv2
            name = digest_of(algorithm_oid(encoded(value, parts.pop(0))))
        hashed = octets(value, at(parts, 0, OCTETS))
        issuer, serial = _issuer_and_serial(value, parts[1]) if len(parts) > 1 else (None, None)
        found.append(SigningCertificate(name, hashed, serial, issuer, version))
    return found


def _issuer_and_serial(value: bytes, element: Element) -> tuple[bytes | None, int]:
    parts = members(value, expect(element, SEQUENCE), 2)
    names = [e for e in members(value, at(parts, 0, SEQUENCE), 100) if e[0] == 0xA4]  # noqa: PLR2004 - directoryName
    return (value_of(value, names[0]) if names else None), integer(value, at(parts, 1, 0x02))


def _policy(values: _Values) -> dict[str, Any]:
    value = values[0]
    if value[:1] == b"\x05":
        return {"policy": SignaturePolicy("")}
    parts = members(value, expect(first(value), SEQUENCE), 3)
    identifier = oid(value, at(parts, 0, OID))
    if len(parts) == 1:
        return {"policy": SignaturePolicy(identifier)}
    hashed = members(value, at(parts, 1, SEQUENCE), 2)
    name = digest_of(algorithm_oid(encoded(value, at(hashed, 0, SEQUENCE))))
    return {"policy": SignaturePolicy(identifier, name, octets(value, at(hashed, 1, OCTETS)))}


def _commitments(values: _Values) -> dict[str, Any]:
    found = [oid(v, at(members(v, expect(first(v), SEQUENCE), 2), 0, OID)) for v in values]
    return {"commitments": tuple(found)}


def _roles(values: _Values) -> dict[str, Any]:
    return {"roles": tuple(values)}


def _protected(values: _Values) -> dict[str, Any]:
    value = values[0]
    parts = members(value, expect(first(value), SEQUENCE), 3)
    named = algorithm_oid(encoded(value, at(parts, 0, SEQUENCE)))
    signs = None
    for element in parts[1:]:
        if element[0] == 0xA1:  # noqa: PLR2004 - signatureAlgorithm, implicitly tagged
            body = value_of(value, element)
            signs = algorithm_oid(header(SEQUENCE, len(body)) + body)
    return {"protected": (named, signs)}


def _tokens(name: str) -> Callable[[_Values], dict[str, Any]]:
    def read(values: _Values) -> dict[str, Any]:
        return {name: tuple(values[:MAX_TOKENS])}

    return read


def _revocation(values: _Values) -> dict[str, Any]:
    """RevocationValues of CAdES and RevocationInfoArchival of Adobe: [0] lists, [1] OCSP answers."""
    value = values[0]
    found: list[bytes] = []
    for part in members(value, expect(first(value), SEQUENCE), 3):
        if part[0] in (0xA0, 0xA1):
            held = expect(inside(value, part), SEQUENCE)
            found += [encoded(value, e) for e in members(value, held, MAX_ANSWERS)]
    return {"revocation": tuple(found)}


def _certificates(values: _Values) -> dict[str, Any]:
    value = values[0]
    entries = members(value, expect(first(value), SEQUENCE))
    return {"certificates": tuple(encoded(value, e) for e in entries)[:400]}


_READERS: dict[str, Callable[[_Values], dict[str, Any]]] = {
    CONTENT_TYPE: _content_type,
    MESSAGE_DIGEST: _message_digest,
    SIGNING_TIME: _signing_time,
    ALGORITHM_PROTECTION: _protected,
    SIGNING_CERTIFICATE_V2: _second_certificates,
    SIGNING_CERTIFICATE: _first_certificates,
    SIGNATURE_POLICY: _policy,
    COMMITMENT: _commitments,
    SIGNER_ATTRIBUTES: _roles,
    SIGNER_ATTRIBUTES_V2: _roles,
    SIGNATURE_TIME_STAMP: _tokens("signature_tokens"),
    CONTENT_TIME_STAMP: _tokens("content_tokens"),
    **dict.fromkeys(ARCHIVE_TIME_STAMPS, _tokens("archive_tokens")),
    CERTIFICATE_VALUES: _certificates,
    REVOCATION_VALUES: _revocation,
    ADOBE_REVOCATION: _revocation,
}
