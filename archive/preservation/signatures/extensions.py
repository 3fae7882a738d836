"""Extensions of certificates as plain facts (RFC 5280, 4.2); standard library only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from archive.preservation.signatures.asn1 import (
    BOOLEAN,
    OCTETS,
    OID,
    SEQUENCE,
    Asn1Error,
    at,
    bits,
    boolean,
    elements,
    expect,
    inside,
    integer,
    members,
    octets,
    oid,
    value_of,
    whole,
)
from archive.preservation.signatures.names import GeneralName, general_name, general_names

BASIC_CONSTRAINTS = "2.5.29.19"
KEY_USAGE = "2.5.29.15"
EXTENDED_KEY_USAGE = "2.5.29.37"
NAME_CONSTRAINTS = "2.5.29.30"
POLICIES = "2.5.29.32"
POLICY_MAPPINGS = "2.5.29.33"
POLICY_CONSTRAINTS = "2.5.29.36"
INHIBIT_ANY_POLICY = "2.5.29.54"
ALTERNATIVE_NAMES = "2.5.29.17"
LIST_POINTS = "2.5.29.31"
SUBJECT_KEY = "2.5.29.14"
AUTHORITY_KEY = "2.5.29.35"
AUTHORITY_ACCESS = "1.3.6.1.5.5.7.1.1"
QC_STATEMENTS = "1.3.6.1.5.5.7.1.3"
OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"

TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
_OCSP, _CA_ISSUERS = "1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.48.2"

USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
REASONS = (
    "unused",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "certificateHold",
    "privilegeWithdrawn",
    "aACompromise",
)

MAX_EXTENSIONS = 100


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension as it stands."""

    critical: bool
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Subtree:
    """One base of name constraints."""

    base: GeneralName
    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class NameConstraints:
    """Which names an authority may give (RFC 5280, 4.2.1.10)."""

    permitted: tuple[Subtree, ...] = ()
    excluded: tuple[Subtree, ...] = ()


@dataclass(frozen=True, slots=True)
class ListPoint:
    """One place where revocation lists are to be found."""

    names: tuple[GeneralName, ...] = ()
    relative: bytes | None = field(default=None, repr=False)
    """nameRelativeToCRLIssuer: the attributes of one more RDN."""

    reasons: frozenset[str] | None = None
    issuers: tuple[GeneralName, ...] = ()
    """cRLIssuer: the list is issued by somebody else."""


@dataclass(frozen=True, slots=True)
class Extensions:
    """What the extensions of one certificate say; what is not there is None or empty."""

    raw: dict[str, Extension] = field(default_factory=dict, repr=False)
    """All of them by dotted identifier."""

    is_ca: bool | None = None
    path_length: int | None = None
    usages: frozenset[str] | None = None
    """Names of `USAGES`."""

    purposes: tuple[str, ...] | None = None
    """Extended key usage, dotted."""

    name_constraints: NameConstraints | None = None
    policies: tuple[str, ...] | None = None
    policy_mappings: tuple[tuple[str, str], ...] = ()
    explicit_policy: int | None = None
    """requireExplicitPolicy: certificates that may follow without an acceptable policy."""

    inhibit_mapping: int | None = None
    inhibit_any_policy: int | None = None
    alternative_names: tuple[GeneralName, ...] = ()
    list_points: tuple[ListPoint, ...] = ()
    ocsp_urls: tuple[str, ...] = ()
    issuer_urls: tuple[str, ...] = ()
    """Where the issuer's certificate is said to be (caIssuers)."""

    subject_key: bytes | None = field(default=None, repr=False)
    authority_key: bytes | None = field(default=None, repr=False)
    authority_issuer: tuple[tuple[GeneralName, ...], int] | None = None
    """Issuer and serial number of the issuer's certificate."""

    no_check: bool = False
    qc_statements: bytes | None = field(default=None, repr=False)
    undecodable: tuple[str, ...] = ()
    """Known extensions whose value could not be read."""


def read_extensions(der: bytes, element: tuple[int, int, int, int]) -> Extensions:
    """The Extensions at `element`.

    An extension whose value cannot be read is named in `undecodable` and says
    nothing else; whether a path may go on is decided elsewhere.

    Raises:
        Asn1Error: the list itself is broken, longer than 100, or names one twice.
    """
    raw: dict[str, Extension] = {}
    for entry in members(der, expect(element, SEQUENCE), MAX_EXTENSIONS):
        parts = members(der, expect(entry, SEQUENCE), 4)
        kind = oid(der, at(parts, 0, OID))
        critical = len(parts) > 1 and parts[1][0] == BOOLEAN and boolean(der, parts[1])
        if kind in raw:
            msg = f"the extension {kind} twice"
            raise Asn1Error(msg)
        raw[kind] = Extension(critical, octets(der, at(parts, len(parts) - 1, OCTETS)))
    known: dict[str, object] = {}
    undecodable = []
    for kind, extension in raw.items():
        reader = _READERS.get(kind)
        if reader is not None:
            try:
                known |= reader(extension.value)
            except Asn1Error:
                undecodable.append(kind)
    return replace(Extensions(raw, undecodable=tuple(undecodable)), **known)  # type: ignore[arg-type] # by field name


def bit_names(data: bytes, element: tuple[int, int, int, int], names: tuple[str, ...]) -> frozenset[str]:
    """The names of the bits that are set in a BIT STRING (of any tag) at `element`."""
    value = bits(data, (0x03, *element[1:]))
    return frozenset(n for i, n in enumerate(names) if i // 8 < len(value) and value[i // 8] & 0x80 >> i % 8)


def _basic(value: bytes) -> dict[str, object]:
    parts = members(value, whole(value, SEQUENCE), 3)
    is_ca = bool(parts) and parts[0][0] == BOOLEAN and boolean(value, parts[0])
    rest = parts[1:] if parts and parts[0][0] == BOOLEAN else parts
    length = _count(integer(value, rest[0])) if rest else None
    return {"is_ca": is_ca, "path_length": length}


def _usage(value: bytes) -> dict[str, object]:
    return {"usages": bit_names(value, whole(value, 0x03), USAGES)}


def _purposes(value: bytes) -> dict[str, object]:
    return {"purposes": tuple(oid(value, e) for e in members(value, whole(value, SEQUENCE)))}


def _constraints(value: bytes) -> dict[str, object]:
    found: dict[int, tuple[Subtree, ...]] = {}
    for part in members(value, whole(value, SEQUENCE), 3):
        found[part[0]] = tuple(_subtree(value, e) for e in members(value, part))
    if not found.keys() <= {0xA0, 0xA1}:
        raise Asn1Error("name constraints of an unknown kind")
    return {"name_constraints": NameConstraints(found.get(0xA0, ()), found.get(0xA1, ()))}


def _subtree(value: bytes, element: tuple[int, int, int, int]) -> Subtree:
    parts = members(value, expect(element, SEQUENCE), 3)
    if not parts:
        raise Asn1Error("a subtree without its base")
    base = general_name(value, parts[0])
    if base.kind == "ip" and len(base.value) not in (8, 32):
        raise Asn1Error("a subtree of addresses without its mask")
    distances = {tag: int.from_bytes(value[s:e], "big", signed=True) for tag, _, s, e in parts[1:]}
    return Subtree(base, distances.get(0x80, 0), distances.get(0x81))


def _policies(value: bytes) -> dict[str, object]:
    entries = members(value, whole(value, SEQUENCE))
    return {"policies": tuple(oid(value, at(members(value, expect(e, SEQUENCE), 3), 0, OID)) for e in entries)}


def _mappings(value: bytes) -> dict[str, object]:
    pairs = []
    for entry in members(value, whole(value, SEQUENCE)):
        parts = members(value, expect(entry, SEQUENCE), 3)
        pairs.append((oid(value, at(parts, 0, OID)), oid(value, at(parts, 1, OID))))
    return {"policy_mappings": tuple(pairs)}


def _policy_constraints(value: bytes) -> dict[str, object]:
    names = {0x80: "explicit_policy", 0x81: "inhibit_mapping"}
    found: dict[str, object] = {}
    for tag, _, start, end in members(value, whole(value, SEQUENCE), 3):
        if tag not in names or start == end:
            raise Asn1Error("policy constraints of an unknown kind")
        found[names[tag]] = _count(int.from_bytes(value[start:end], "big", signed=True))
    return found


def _inhibit(value: bytes) -> dict[str, object]:
    return {"inhibit_any_policy": _count(integer(value, whole(value, 0x02)))}


def _count(number: int) -> int:
    if number < 0:
        raise Asn1Error("a negative number of certificates")
    return number


def _alternative(value: bytes) -> dict[str, object]:
    outer = whole(value, SEQUENCE)
    return {"alternative_names": general_names(value, outer[2], outer[3])}


def _list_points(value: bytes) -> dict[str, object]:
    return {"list_points": tuple(list_point(value, e) for e in members(value, whole(value, SEQUENCE)))}


def list_point(value: bytes, element: tuple[int, int, int, int]) -> ListPoint:
    """One DistributionPoint."""
    names: tuple[GeneralName, ...] = ()
    relative: bytes | None = None
    reasons: frozenset[str] | None = None
    issuers: tuple[GeneralName, ...] = ()
    for part in members(value, expect(element, SEQUENCE), 4):
        tag, _, start, end = part
        if tag == 0xA0:  # noqa: PLR2004 - distributionPoint
            inner = inside(value, part)
            names, relative = point_name(value, inner)
        elif tag == 0x81:  # noqa: PLR2004 - reasons
            reasons = bit_names(value, part, REASONS)
        elif tag == 0xA2:  # noqa: PLR2004 - cRLIssuer
            issuers = general_names(value, start, end)
    return ListPoint(names, relative, reasons, issuers)


def point_name(value: bytes, element: tuple[int, int, int, int]) -> tuple[tuple[GeneralName, ...], bytes | None]:
    """A DistributionPointName: full names, or the attributes of an RDN below the issuer's name."""
    if element[0] == 0xA0:  # noqa: PLR2004 - fullName
        return general_names(value, element[2], element[3]), None
    return (), value_of(value, expect(element, 0xA1))


def _access(value: bytes) -> dict[str, object]:
    found: dict[str, list[str]] = {_OCSP: [], _CA_ISSUERS: []}
    for entry in members(value, whole(value, SEQUENCE)):
        parts = members(value, expect(entry, SEQUENCE), 3)
        method = oid(value, at(parts, 0, OID))
        if method in found and len(parts) > 1:
            where = general_name(value, parts[1])
            if where.kind == "uri":
                found[method].append(where.text)
    return {"ocsp_urls": tuple(found[_OCSP]), "issuer_urls": tuple(found[_CA_ISSUERS])}


def _subject_key(value: bytes) -> dict[str, object]:
    return {"subject_key": value_of(value, whole(value, OCTETS))}


def _authority_key(value: bytes) -> dict[str, object]:
    parts = {tag: (start, end) for tag, _, start, end in members(value, whole(value, SEQUENCE), 4)}
    found: dict[str, object] = {}
    if 0x80 in parts:  # noqa: PLR2004 - keyIdentifier
        found["authority_key"] = value[slice(*parts[0x80])]
    if 0xA1 in parts and 0x82 in parts:  # noqa: PLR2004 - authorityCertIssuer and its serial number
        serial = int.from_bytes(value[slice(*parts[0x82])], "big", signed=True)
        found["authority_issuer"] = (general_names(value, *parts[0xA1]), serial)
    return found


def _no_check(_value: bytes) -> dict[str, object]:
    return {"no_check": True}


def _qualified(value: bytes) -> dict[str, object]:
    elements(value, 0, len(value))
    return {"qc_statements": value}


_READERS: dict[str, Callable[[bytes], dict[str, object]]] = {
    BASIC_CONSTRAINTS: _basic,
    KEY_USAGE: _usage,
    EXTENDED_KEY_USAGE: _purposes,
    NAME_CONSTRAINTS: _constraints,
    POLICIES: _policies,
    POLICY_MAPPINGS: _mappings,
    POLICY_CONSTRAINTS: _policy_constraints,
    INHIBIT_ANY_POLICY: _inhibit,
    ALTERNATIVE_NAMES: _alternative,
    LIST_POINTS: _list_points,
    AUTHORITY_ACCESS: _access,
    SUBJECT_KEY: _subject_key,
    AUTHORITY_KEY: _authority_key,
    OCSP_NO_CHECK: _no_check,
    QC_STATEMENTS: _qualified,
}
