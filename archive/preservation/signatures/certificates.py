"""Certificates as facts, read once and kept by their bytes; standard library only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache

from archive.preservation.signatures import arithmetic
from archive.preservation.signatures.algorithms import DIGESTS, SignatureAlgorithm, signature_algorithm
from archive.preservation.signatures.asn1 import (
    INTEGER,
    SEQUENCE,
    Asn1Error,
    at,
    bits,
    encoded,
    expect,
    inside,
    instant,
    integer,
    members,
    whole,
)
from archive.preservation.signatures.extensions import (
    ALTERNATIVE_NAMES,
    BASIC_CONSTRAINTS,
    EXTENDED_KEY_USAGE,
    INHIBIT_ANY_POLICY,
    KEY_USAGE,
    LIST_POINTS,
    NAME_CONSTRAINTS,
    OCSP_SIGNING,
    POLICIES,
    POLICY_CONSTRAINTS,
    POLICY_MAPPINGS,
    TIME_STAMPING,
    Extension,
    Extensions,
    NameConstraints,
    read_extensions,
)
from archive.preservation.signatures.keys import PublicKey, public_key
from archive.preservation.signatures.names import Name, name

MAX_CERTIFICATES = 400
"""Most certificates of one file that are looked at."""

MAX_BYTES = 128 << 10
"""Largest certificate that is read; those of the world have 1 to 10 KiB."""

MAX_KEPT_BYTES = 16 << 10
"""Largest certificate that is kept read: hostile files must not fill the memory of a worker."""

_UNDERSTOOD = frozenset(
    {
        ALTERNATIVE_NAMES,
        BASIC_CONSTRAINTS,
        EXTENDED_KEY_USAGE,
        KEY_USAGE,
        LIST_POINTS,
        POLICIES,
    }
)
_APPLIED = frozenset({NAME_CONSTRAINTS, POLICY_CONSTRAINTS, POLICY_MAPPINGS, INHIBIT_ANY_POLICY})
_LIMITING = _APPLIED | {BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE}


class CertificateUnreadableError(ValueError):
    """Bytes that should be a certificate are none."""


@dataclass(frozen=True, eq=False)
class Certificate:
    """What one certificate says; whether it is true is decided elsewhere."""

    der: bytes = field(repr=False)
    version: int
    """1, 2 or 3."""

    serial: int
    subject: bytes = field(repr=False)
    """DER of the Name, as `issuer`."""

    issuer: bytes = field(repr=False)
    not_before: datetime
    not_after: datetime
    public_key: PublicKey
    tbs: bytes = field(repr=False)
    """What the issuer signed."""

    signature_algorithm: SignatureAlgorithm
    signature: bytes = field(repr=False)
    is_well_formed: bool
    """The algorithm stands twice, signed and beside the signature, and alike; the signature is of whole octets."""

    says: Extensions = field(repr=False)
    """What its extensions say."""

    def __hash__(self) -> int:
        return hash(self.der)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Certificate) and self.der == other.der)

    @cached_property
    def sha256(self) -> str:
        """Digest of the DER."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def subject_name(self) -> Name:
        """The subject, read."""
        return name(self.subject)

    @property
    def issuer_name(self) -> Name:
        """The issuer, read."""
        return name(self.issuer)

    @property
    def name(self) -> str:
        """Subject, RFC 4514."""
        return name(self.subject).printable

    @property
    def common_name(self) -> str:
        """Common name, else the whole subject."""
        found = name(self.subject)
        return found.common_name if found.common_name is not None else found.printable

    @property
    def key(self) -> tuple[str, int]:
        """Kind of the public key (`rsa`, `ec`, `ed25519`, …) and size in bits (0 where it does not matter)."""
        return self.public_key.kind, self.public_key.bits

    @property
    def digest_name(self) -> str:
        """Digest algorithm of the issuer's signature; the algorithm itself where that is unknown."""
        return self.signature_algorithm.hashes

    @property
    def extensions(self) -> dict[str, Extension]:
        """All extensions by dotted identifier, undecoded."""
        return self.says.raw

    @property
    def is_self_issued(self) -> bool:
        """Subject and issuer are the same name; no word about who signed."""
        return self.subject == self.issuer

    @property
    def path_length(self) -> int | None:
        """How many authorities may follow below; None: any number."""
        return self.says.path_length

    @property
    def is_authority(self) -> bool:
        """Whether it may issue certificates."""
        return bool(self.says.is_ca) and (self.says.usages is None or "key_cert_sign" in self.says.usages)

    @property
    def may_sign_lists(self) -> bool:
        """Whether it may sign CRLs."""
        return self.says.usages is None or "crl_sign" in self.says.usages

    @property
    def may_sign_documents(self) -> bool:
        """Whether its key usage allows signatures that commit a person or an agency."""
        usages = self.says.usages
        return usages is None or "content_commitment" in usages or "digital_signature" in usages

    @property
    def is_time_stamper(self) -> bool:
        """Whether it is for time-stamping and nothing else (RFC 3161, section 2.3)."""
        found = self.says.raw.get(EXTENDED_KEY_USAGE)
        return found is not None and found.critical and self.says.purposes == (TIME_STAMPING,)

    @property
    def may_answer_ocsp(self) -> bool:
        """Whether its issuer lets it answer OCSP in its place."""
        return self.says.purposes is not None and OCSP_SIGNING in self.says.purposes

    @property
    def is_ocsp_responder(self) -> bool:
        """Whether its issuer lets it answer OCSP for it, with nobody asking for its own status."""
        return self.may_answer_ocsp and self.says.no_check

    @property
    def name_constraints(self) -> NameConstraints | None:
        """Which names may stand below it."""
        return self.says.name_constraints

    @cached_property
    def unknown_critical(self) -> tuple[str, ...]:
        """Extensions that stop every path through it: critical and unknown here, or limiting and unreadable."""
        known = _UNDERSTOOD | _APPLIED
        unknown = [oid for oid, e in self.says.raw.items() if e.critical and oid not in known]
        broken = [oid for oid in self.says.undecodable if oid in _LIMITING or self.says.raw[oid].critical]
        return tuple(dict.fromkeys([*unknown, *broken]))

    @cached_property
    def not_understood(self) -> tuple[str, ...]:
        """`unknown_critical` and those that a decision must apply itself before it lets a path through."""
        return tuple(dict.fromkeys([*self.unknown_critical, *(oid for oid in self.says.raw if oid in _APPLIED)]))

    def valid_at(self, when: datetime) -> bool:
        """Whether `when` lies in its period of validity, both ends included."""
        return self.not_before <= when <= self.not_after

    def issued_by(self, issuer: Certificate) -> bool:
        """Whether `issuer` bears the name of its issuer and made the signature on it."""
        return _issued(self, issuer)

    def key_hash(self, algorithm: str) -> bytes | None:
        """Digest of the public key's bits as OCSP wants it; None for an unknown digest algorithm.

        Args:
            algorithm: Dotted identifier.
        """
        return _key_hash(self.public_key.octets, algorithm)


@lru_cache(maxsize=8192)
def _key_hash(octets: bytes, algorithm: str) -> bytes | None:
    digest = DIGESTS.get(algorithm)
    if digest not in ("sha1", "sha256", "sha384", "sha512"):
        return None
    return hashlib.new(digest, octets, usedforsecurity=False).digest()


def certificate(der: bytes) -> Certificate:
    """The certificate in `der`, from a cache where possible.

    Raises:
        CertificateUnreadableError: it is none, or is larger than 128 KiB.
    """
    if len(der) <= MAX_KEPT_BYTES:
        return _kept(der)
    if len(der) > MAX_BYTES:
        raise CertificateUnreadableError("a certificate of more than 128 KiB")
    return _named(der)


@lru_cache(maxsize=8192)
def _kept(der: bytes) -> Certificate:
    return _named(der)


def _named(der: bytes) -> Certificate:
    try:
        return _read(der)
    except Asn1Error as error:
        raise CertificateUnreadableError(str(error)) from error


def _read(der: bytes) -> Certificate:
    outer = members(der, whole(der, SEQUENCE), 3)
    tbs, algorithm = at(outer, 0, SEQUENCE), encoded(der, at(outer, 1, SEQUENCE))
    parts = members(der, tbs, 12)
    version = 1
    if parts and parts[0][0] == 0xA0:  # noqa: PLR2004 - version
        version = integer(der, inside(der, parts[0])) + 1
        parts = parts[1:]
    if not 1 <= version <= 3:  # noqa: PLR2004 - X.509 has no other
        msg = f"version {version} of a certificate"
        raise Asn1Error(msg)
    validity = members(der, at(parts, 3, SEQUENCE), 2)
    subject, issuer = encoded(der, at(parts, 4, SEQUENCE)), encoded(der, at(parts, 2, SEQUENCE))
    name(subject)
    name(issuer)
    return Certificate(
        der=der,
        version=version,
        serial=integer(der, at(parts, 0, INTEGER)),
        subject=subject,
        issuer=issuer,
        not_before=instant(der, _there(validity, 0)),
        not_after=instant(der, _there(validity, 1)),
        public_key=public_key(encoded(der, at(parts, 5, SEQUENCE))),
        tbs=encoded(der, tbs),
        signature_algorithm=signature_algorithm(algorithm),
        signature=bits(der, at(outer, 2, 0x03)),
        is_well_formed=encoded(der, at(parts, 1, SEQUENCE)) == algorithm and not der[outer[2][2]],
        says=_extensions(der, parts[6:]),
    )


def _there(found: list[tuple[int, int, int, int]], index: int) -> tuple[int, int, int, int]:
    if index >= len(found):
        raise Asn1Error("a member of the structure is missing")
    return found[index]


def _extensions(der: bytes, rest: list[tuple[int, int, int, int]]) -> Extensions:
    """The extensions among the members that follow the key; unique identifiers are passed over."""
    for place, element in enumerate(rest, start=1):
        if element[0] == 0xA3 and place == len(rest):  # noqa: PLR2004 - extensions
            return read_extensions(der, expect(inside(der, element), SEQUENCE))
        if element[0] not in (0x81, 0x82, 0xA1, 0xA2):
            raise Asn1Error("an unknown member of a certificate")
    return Extensions()


@lru_cache(maxsize=32768)
def _issued(subject: Certificate, issuer: Certificate) -> bool:
    same_name = subject.issuer == issuer.subject or name(subject.issuer).canonical == name(issuer.subject).canonical
    if not same_name or not subject.is_well_formed:
        return False
    try:
        return arithmetic.verify(subject.signature, subject.tbs, subject.signature_algorithm, "", issuer.public_key)
    except (arithmetic.AlgorithmUnknownError, arithmetic.KeyUnusableError):
        return False


def readable(ders: Iterable[bytes]) -> list[Certificate]:
    """Those of `ders` (at most 400) that can be read, each once, in order."""
    found: dict[bytes, Certificate] = {}
    for der in list(dict.fromkeys(ders))[:MAX_CERTIFICATES]:
        try:
            found[der] = certificate(der)
        except CertificateUnreadableError:
            continue
    return list(found.values())
