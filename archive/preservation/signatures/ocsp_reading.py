"""OCSP answers (RFC 6960) as facts; standard library only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from archive.preservation.signatures.algorithms import SignatureAlgorithm, algorithm_oid, signature_algorithm
from archive.preservation.signatures.asn1 import (
    ENUMERATED,
    GENERALIZED_TIME,
    INTEGER,
    OCTETS,
    OID,
    SEQUENCE,
    Asn1Error,
    Element,
    at,
    encoded,
    expect,
    inside,
    instant,
    integer,
    members,
    octet_bits,
    octets,
    oid,
    value_of,
    whole,
)
from archive.preservation.signatures.crl_reading import raw_extensions, reason_name
from archive.preservation.signatures.names import name

MAX_ANSWERS = 100
"""Most certificates that one response may speak of."""

MAX_CERTIFICATES = 20
_BASIC = "1.3.6.1.5.5.7.48.1.1"
_NONCE = "1.3.6.1.5.5.7.48.1.2"
_ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6"
_STATUS = {
    0: "successful",
    1: "malformedRequest",
    2: "internalError",
    3: "tryLater",
    5: "sigRequired",
    6: "unauthorized",
}


@dataclass(frozen=True, slots=True)
class SingleAnswer:
    """What a response says of one certificate."""

    algorithm: str
    """Digest algorithm of the two hashes, dotted."""

    name_hash: bytes = field(repr=False)
    key_hash: bytes = field(repr=False)
    serial: int
    status: str
    """`good`, `revoked`, `unknown`."""

    this_update: datetime
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    reason: str = ""
    archive_cutoff: datetime | None = None
    """Answers are given for certificates that expired after this date."""

    unknown_critical: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class OcspAnswer:
    """What one response says; whether the right one signed it is decided elsewhere."""

    sha256: str
    """Of the bytes as they came, be they an OCSPResponse or a BasicOCSPResponse."""

    produced_at: datetime
    responder_name: bytes | None = field(repr=False)
    responder_key: bytes | None
    """SHA-1 of the responder's key, where it is named by that."""

    answers: tuple[SingleAnswer, ...]
    certificates: tuple[bytes, ...] = field(repr=False)
    tbs: bytes = field(repr=False)
    signature_algorithm: SignatureAlgorithm
    signature: bytes = field(repr=False)
    nonce: bytes | None = None
    """Value octets of the nonce, unwrapped from the OCTET STRING that RFC 8954 puts around it."""

    unknown_critical: tuple[str, ...] = ()


class OcspRefusedError(ValueError):
    """The responder answered that it does not answer.

    Args:
        status: `tryLater`, `unauthorized`, ….
    """

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"OCSP: {status}")


def read_response(der: bytes) -> OcspAnswer:
    """The OCSPResponse or BasicOCSPResponse in `der`.

    Raises:
        Asn1Error: it is neither.
        OcspRefusedError: it is a refusal.
    """
    found = members(der, whole(der, SEQUENCE), 4)
    if not found or found[0][0] != ENUMERATED:
        return _basic(der, der)
    status = integer(der, found[0])
    if status:
        raise OcspRefusedError(_STATUS.get(status, f"status {status}"))
    inner = members(der, expect(inside(der, at(found, 1, 0xA0)), SEQUENCE), 2)
    if oid(der, at(inner, 0, OID)) != _BASIC:
        raise Asn1Error("a response of an unknown kind")
    return _basic(octets(der, at(inner, 1, OCTETS)), der)


def _basic(basic: bytes, der: bytes) -> OcspAnswer:
    outer = members(basic, whole(basic, SEQUENCE), 4)
    tbs = at(outer, 0, SEQUENCE)
    parts = members(basic, tbs, 6)
    if parts and parts[0][0] == 0xA0:  # noqa: PLR2004 - version
        if integer(basic, inside(basic, parts[0])):
            raise Asn1Error("a response of another version than 1")
        parts = parts[1:]
    responder_name, responder_key = _responder(basic, parts)
    extra = raw_extensions(basic, expect(parts[3], 0xA1)) if len(parts) > 3 else {}  # noqa: PLR2004 - extensions
    return OcspAnswer(
        sha256=hashlib.sha256(der).hexdigest(),
        produced_at=instant(basic, at(parts, 1, GENERALIZED_TIME)),
        responder_name=responder_name,
        responder_key=responder_key,
        answers=tuple(_single(basic, e) for e in members(basic, at(parts, 2, SEQUENCE), MAX_ANSWERS)),
        certificates=_certificates(basic, outer),
        tbs=encoded(basic, tbs),
        signature_algorithm=signature_algorithm(encoded(basic, at(outer, 1, SEQUENCE))),
        signature=octet_bits(basic, at(outer, 2, 0x03)),
        nonce=_nonce(extra[_NONCE][1]) if _NONCE in extra else None,
        unknown_critical=tuple(kind for kind, (critical, _) in extra.items() if critical and kind != _NONCE),
    )


def _responder(basic: bytes, parts: list[Element]) -> tuple[bytes | None, bytes | None]:
    if not parts:
        raise Asn1Error("a response without its responder")
    held = inside(basic, parts[0])
    if parts[0][0] == 0xA1:  # noqa: PLR2004 - byName
        found = encoded(basic, expect(held, SEQUENCE))
        name(found)
        return found, None
    expect(parts[0], 0xA2)
    return None, octets(basic, held)


def _certificates(basic: bytes, outer: list[Element]) -> tuple[bytes, ...]:
    if len(outer) < 4:  # noqa: PLR2004 - certs are optional
        return ()
    held = expect(inside(basic, expect(outer[3], 0xA0)), SEQUENCE)
    return tuple(encoded(basic, e) for e in members(basic, held))[:MAX_CERTIFICATES]


def _nonce(value: bytes) -> bytes:
    """Old responders put the bare octets where the OCTET STRING belongs."""
    try:
        return value_of(value, whole(value, OCTETS))
    except Asn1Error:
        return value


def _single(basic: bytes, element: Element) -> SingleAnswer:
    parts = members(basic, expect(element, SEQUENCE), 5)
    about = members(basic, at(parts, 0, SEQUENCE), 4)
    if len(parts) < 3:  # noqa: PLR2004 - CertID, status, thisUpdate
        raise Asn1Error("an answer without status or date")
    status, revoked_at, reason = _status(basic, parts[1])
    following, cutoff = None, None
    unknown: tuple[str, ...] = ()
    for part in parts[3:]:
        if part[0] == 0xA0:  # noqa: PLR2004 - nextUpdate
            following = instant(basic, inside(basic, part))
        else:
            extra = raw_extensions(basic, expect(part, 0xA1))
            unknown = tuple(kind for kind, (critical, _) in extra.items() if critical and kind != _ARCHIVE_CUTOFF)
            if _ARCHIVE_CUTOFF in extra:
                value = extra[_ARCHIVE_CUTOFF][1]
                cutoff = instant(value, whole(value, GENERALIZED_TIME))
    return SingleAnswer(
        algorithm=algorithm_oid(encoded(basic, at(about, 0, SEQUENCE))),
        name_hash=octets(basic, at(about, 1, OCTETS)),
        key_hash=octets(basic, at(about, 2, OCTETS)),
        serial=integer(basic, at(about, 3, INTEGER)),
        status=status,
        this_update=instant(basic, expect(parts[2], GENERALIZED_TIME)),
        next_update=following,
        revoked_at=revoked_at,
        reason=reason,
        archive_cutoff=cutoff,
        unknown_critical=unknown,
    )


def _status(basic: bytes, element: Element) -> tuple[str, datetime | None, str]:
    if element[0] == 0x80:  # noqa: PLR2004 - good
        return "good", None, ""
    if element[0] in (0x82, 0xA2):
        return "unknown", None, ""
    parts = members(basic, expect(element, 0xA1), 2)
    reason = ""
    if len(parts) > 1:
        reason = reason_name(basic[expect(parts[1], 0xA0)[2] : parts[1][3]])
    return "revoked", instant(basic, at(parts, 0, GENERALIZED_TIME)), reason
