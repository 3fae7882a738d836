"""Revocation lists (RFC 5280, section 5) as facts; standard library only.

A list is walked once: its serial numbers become a table, and an entry is
decoded when somebody asks for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archive.preservation.signatures.algorithms import SignatureAlgorithm, signature_algorithm
from archive.preservation.signatures.asn1 import (
    BOOLEAN,
    ENUMERATED,
    GENERALIZED_TIME,
    INTEGER,
    OCTETS,
    OID,
    SEQUENCE,
    UTC_TIME,
    Asn1Error,
    Element,
    at,
    bits,
    boolean,
    encoded,
    expect,
    first,
    inside,
    instant,
    integer,
    members,
    octets,
    oid,
    value_of,
    whole,
)
from archive.preservation.signatures.extensions import REASONS, bit_names, point_name
from archive.preservation.signatures.names import GeneralName, name

MAX_ENTRIES = 3_000_000
_NUMBER, _DELTA, _SCOPE, _AUTHORITY_KEY = "2.5.29.20", "2.5.29.27", "2.5.29.28", "2.5.29.35"
_EXPIRED_ON_LIST = "2.5.29.60"
_REASON, _INVALIDITY = "2.5.29.21", "2.5.29.24"
_NUMBERED = {
    0: "unspecified",
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    8: "removeFromCRL",
    9: "privilegeWithdrawn",
    10: "aACompromise",
}
_TIMES = (UTC_TIME, GENERALIZED_TIME)


@dataclass(frozen=True, slots=True)
class Entry:
    """One revoked certificate."""

    revoked_at: datetime
    reason: str = ""
    """As RFC 5280 writes it (`keyCompromise`, `certificateHold`, …); empty: none is given."""

    invalid_since: datetime | None = None
    """invalidityDate: when the key is thought to have been lost, before the revocation."""


@dataclass(frozen=True, slots=True)
class Scope:
    """issuingDistributionPoint: which certificates the list speaks of."""

    names: tuple[GeneralName, ...] = ()
    relative: bytes | None = field(default=None, repr=False)
    """nameRelativeToCRLIssuer: the attributes of one more RDN."""

    only_users: bool = False
    only_authorities: bool = False
    only_attributes: bool = False
    reasons: frozenset[str] | None = None
    """Only revocations for these reasons are on the list."""

    is_indirect: bool = False
    """The list also speaks of certificates of other issuers."""


@dataclass(frozen=True, slots=True, eq=False)
class RevocationList:
    """What one list says; whether its issuer signed it is decided elsewhere."""

    der: bytes = field(repr=False)
    sha256: str
    issuer: bytes = field(repr=False)
    this_update: datetime
    next_update: datetime | None
    signed_stretch: tuple[int, int] = field(repr=False)
    signature_algorithm: SignatureAlgorithm
    signature: bytes = field(repr=False)
    is_well_formed: bool
    number: int | None = None
    base: int | None = None
    """Number of the list that a delta list completes; None: it is complete."""

    scope: Scope | None = None
    keeps_expired_since: datetime | None = None
    """expiredCertsOnCRL: certificates that expired after this date stay on the list."""

    authority_key: bytes | None = field(default=None, repr=False)
    unknown_critical: tuple[str, ...] = ()
    positions: dict[int, int] = field(default_factory=dict, repr=False)
    """Where the entry of a serial number stands."""

    @property
    def tbs(self) -> bytes:
        """What the issuer signed."""
        return self.der[slice(*self.signed_stretch)]

    @property
    def is_complete(self) -> bool:
        """Whether silence about a certificate means that it is not revoked."""
        scope = self.scope
        return self.base is None and (scope is None or not (scope.reasons or scope.only_attributes))

    def entry(self, serial: int) -> Entry | None:
        """What the list says of a certificate; None: it does not name it."""
        position = self.positions.get(serial)
        return None if position is None else _entry(self.der, position, self.this_update)


def read_list(der: bytes) -> RevocationList:
    """The list in `der`.

    Raises:
        Asn1Error: it is none, or has more than 3,000,000 entries.
    """
    outer = members(der, whole(der, SEQUENCE), 3)
    tbs, algorithm = at(outer, 0, SEQUENCE), encoded(der, at(outer, 1, SEQUENCE))
    parts = members(der, tbs, 8)
    if parts and parts[0][0] == INTEGER:
        parts = parts[1:]
    issuer = encoded(der, at(parts, 1, SEQUENCE))
    name(issuer)
    if len(parts) < 3:  # noqa: PLR2004 - algorithm, issuer, thisUpdate
        raise Asn1Error("a list without its date")
    rest = parts[3:]
    following = rest.pop(0) if rest and rest[0][0] in _TIMES else None
    entries = rest.pop(0) if rest and rest[0][0] == SEQUENCE else None
    last = rest.pop(0) if rest else None
    if rest:
        raise Asn1Error("an unknown member of a list")
    return RevocationList(
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        issuer=issuer,
        this_update=instant(der, parts[2]),
        next_update=instant(der, following) if following else None,
        signed_stretch=(tbs[1], tbs[3]),
        signature_algorithm=signature_algorithm(algorithm),
        signature=bits(der, at(outer, 2, 0x03)),
        is_well_formed=encoded(der, at(parts, 0, SEQUENCE)) == algorithm and not der[outer[2][2]],
        positions=_positions(der, entries) if entries else {},
        **_extensions(der, expect(last, 0xA0) if last else None),
    )


def _positions(der: bytes, entries: Element) -> dict[int, int]:
    """Serial number by serial number where its entry starts.

    A loop of its own: 200,000 entries are common, and a call for each would
    cost more than everything else that is done with a list.
    """
    found: dict[int, int] = {}
    position, end = entries[2], entries[3]
    try:
        while position < end:
            length, value = der[position + 1], position + 2
            if length >= 0x80:  # noqa: PLR2004 - the long form
                _, _, value, stop = first(der, position, end)
            else:
                stop = value + length
            digits, number = der[value + 1], value + 2
            if der[position] != SEQUENCE or der[value] != INTEGER or not 0 < digits < 0x80 or number + digits > stop:  # noqa: PLR2004
                raise Asn1Error("an entry of a list without serial number")
            if stop > end:
                raise Asn1Error("an element longer than what holds it")
            found.setdefault(int.from_bytes(der[number : number + digits], "big", signed=True), position)
            position = stop
            if len(found) > MAX_ENTRIES:
                raise Asn1Error("a list of more than 3,000,000 entries")
    except IndexError:
        raise Asn1Error("the bytes end within an element") from None
    return found


def _entry(der: bytes, position: int, listed: datetime) -> Entry:
    """An entry whose details cannot be read still says that the certificate is revoked."""
    try:
        parts = members(der, first(der, position), 3)
        since = instant(der, parts[1]) if len(parts) > 1 else listed
    except Asn1Error:
        return Entry(listed)
    reason, invalid = "", None
    try:
        found = _raw_extensions(der, expect(parts[2], SEQUENCE)) if len(parts) > 2 else {}  # noqa: PLR2004 - extensions
        if _REASON in found:
            reason = reason_name(found[_REASON][1])
        if _INVALIDITY in found:
            invalid = instant(found[_INVALIDITY][1], whole(found[_INVALIDITY][1], GENERALIZED_TIME))
    except Asn1Error:
        pass
    return Entry(since, reason, invalid)


def reason_name(value: bytes) -> str:
    """The name of a CRLReason in DER.

    Raises:
        Asn1Error: it is none.
    """
    number = integer(value, whole(value, ENUMERATED))
    return _NUMBERED.get(number, f"reason {number}")


def _raw_extensions(der: bytes, element: Element) -> dict[str, tuple[bool, bytes]]:
    found: dict[str, tuple[bool, bytes]] = {}
    for entry in members(der, element, 100):
        parts = members(der, expect(entry, SEQUENCE), 4)
        critical = len(parts) > 1 and parts[1][0] == BOOLEAN and boolean(der, parts[1])
        kind = oid(der, at(parts, 0, OID))
        if kind in found:
            msg = f"the extension {kind} twice"
            raise Asn1Error(msg)
        found[kind] = critical, octets(der, at(parts, len(parts) - 1, OCTETS))
    return found


def raw_extensions(der: bytes, tagged: Element | None) -> dict[str, tuple[bool, bytes]]:
    """Criticality and value of each extension in an explicitly tagged list of them; None: there are none.

    Raises:
        Asn1Error: the list is broken or names one twice.
    """
    if tagged is None:
        return {}
    return _raw_extensions(der, expect(inside(der, tagged), SEQUENCE))


def _extensions(der: bytes, tagged: Element | None) -> dict[str, Any]:
    raw = raw_extensions(der, tagged)
    known = {_NUMBER, _DELTA, _SCOPE, _AUTHORITY_KEY, _EXPIRED_ON_LIST}
    found: dict[str, Any] = {
        "unknown_critical": tuple(k for k, (critical, _) in raw.items() if critical and k not in known)
    }
    if _NUMBER in raw:
        found["number"] = integer(raw[_NUMBER][1], whole(raw[_NUMBER][1], INTEGER))
    if _DELTA in raw:
        found["base"] = integer(raw[_DELTA][1], whole(raw[_DELTA][1], INTEGER))
    if _SCOPE in raw:
        found["scope"] = _scope(raw[_SCOPE][1])
    if _EXPIRED_ON_LIST in raw:
        found["keeps_expired_since"] = instant(
            raw[_EXPIRED_ON_LIST][1], whole(raw[_EXPIRED_ON_LIST][1], GENERALIZED_TIME)
        )
    if _AUTHORITY_KEY in raw:
        value = raw[_AUTHORITY_KEY][1]
        keys = [e for e in members(value, whole(value, SEQUENCE), 4) if e[0] == 0x80]  # noqa: PLR2004 - keyIdentifier
        found["authority_key"] = value_of(value, keys[0]) if keys else None
    return found


def _scope(value: bytes) -> Scope:
    names: tuple[GeneralName, ...] = ()
    relative, reasons = None, None
    flags = {0x81: False, 0x82: False, 0x84: False, 0x85: False}
    for element in members(value, whole(value, SEQUENCE), 8):
        tag = element[0]
        if tag == 0xA0:  # noqa: PLR2004 - distributionPoint
            names, relative = point_name(value, inside(value, element))
        elif tag in flags:
            flags[tag] = boolean(value, (BOOLEAN, *element[1:]))
        elif tag == 0x83:  # noqa: PLR2004 - onlySomeReasons
            reasons = bit_names(value, element, REASONS)
        else:
            raise Asn1Error("a scope of an unknown kind")
    return Scope(names, relative, flags[0x81], flags[0x82], flags[0x85], reasons, flags[0x84])
