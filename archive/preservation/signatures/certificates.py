"""Certificates as facts, read once and kept by their bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

MAX_CERTIFICATES = 400
"""Most certificates of one file that are looked at."""

_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)
_HASHES = {"1.3.14.3.2.26": "sha1", "2.16.840.1.101.3.4.2.1": "sha256"}


class CertificateUnreadableError(ValueError):
    """Bytes that should be a certificate are none, or one that the parser refuses."""


@dataclass(frozen=True)
class Certificate:
    """What is known of one certificate."""

    der: bytes = field(repr=False)
    parsed: x509.Certificate
    subject: bytes = field(repr=False)
    issuer: bytes = field(repr=False)
    not_before: datetime
    not_after: datetime
    serial: int
    extensions: dict[str, x509.Extension[x509.ExtensionType]] = field(repr=False)
    """By dotted object identifier."""

    def __hash__(self) -> int:
        return hash(self.der)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    @cached_property
    def sha256(self) -> str:
        """Digest of the DER."""
        return hashlib.sha256(self.der).hexdigest()

    @cached_property
    def name(self) -> str:
        """Subject, RFC 4514."""
        return self.parsed.subject.rfc4514_string()

    @cached_property
    def common_name(self) -> str:
        """Common name, else the whole subject."""
        found = self.parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(found[0].value) if found else self.name

    @cached_property
    def key(self) -> tuple[str, int]:
        """Kind (`rsa`, `ec`, else the class name) and size in bits (0 where it does not matter)."""
        key = self.parsed.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            return "rsa", key.key_size
        if isinstance(key, ec.EllipticCurvePublicKey):
            return "ec", key.key_size
        return type(key).__name__, 0

    @cached_property
    def digest_name(self) -> str:
        """Digest algorithm of the issuer's signature, in asn1crypto's spelling."""
        algorithm = self.parsed.signature_hash_algorithm
        return algorithm.name.replace("-", "_") if algorithm else "sha512"

    def extension(self, oid: x509.ObjectIdentifier) -> x509.ExtensionType | None:
        """The value of an extension."""
        found = self.extensions.get(oid.dotted_string)
        return found.value if found else None

    @property
    def path_length(self) -> int | None:
        """How many authorities may follow below; None: any number."""
        value = self.extension(ExtensionOID.BASIC_CONSTRAINTS)
        return value.path_length if isinstance(value, x509.BasicConstraints) else None

    @property
    def is_authority(self) -> bool:
        """Whether it may issue certificates."""
        value = self.extension(ExtensionOID.BASIC_CONSTRAINTS)
        usage = self.extension(ExtensionOID.KEY_USAGE)
        signs = not isinstance(usage, x509.KeyUsage) or usage.key_cert_sign
        return isinstance(value, x509.BasicConstraints) and value.ca and signs

    @property
    def may_sign_lists(self) -> bool:
        """Whether it may sign CRLs."""
        usage = self.extension(ExtensionOID.KEY_USAGE)
        return not isinstance(usage, x509.KeyUsage) or usage.crl_sign

    @property
    def may_sign_documents(self) -> bool:
        """Whether its key usage allows signatures that commit a person or an agency."""
        usage = self.extension(ExtensionOID.KEY_USAGE)
        return not isinstance(usage, x509.KeyUsage) or usage.content_commitment or usage.digital_signature

    @property
    def is_time_stamper(self) -> bool:
        """Whether it is for time-stamping and nothing else (RFC 3161, section 2.3)."""
        found = self.extensions.get(ExtensionOID.EXTENDED_KEY_USAGE.dotted_string)
        if found is None or not found.critical or not isinstance(found.value, x509.ExtendedKeyUsage):
            return False
        return list(found.value) == [ExtendedKeyUsageOID.TIME_STAMPING]

    @property
    def is_ocsp_responder(self) -> bool:
        """Whether its issuer lets it answer OCSP for it, with nobody asking for its own status."""
        usage = self.extension(ExtensionOID.EXTENDED_KEY_USAGE)
        delegated = isinstance(usage, x509.ExtendedKeyUsage) and ExtendedKeyUsageOID.OCSP_SIGNING in usage
        return delegated and self.extension(ExtensionOID.OCSP_NO_CHECK) is not None

    @property
    def not_understood(self) -> tuple[str, ...]:
        """Extensions (critical ones and name constraints) that this engine does not apply: no path goes through."""
        constraints = ExtensionOID.NAME_CONSTRAINTS
        return tuple(
            oid
            for oid, e in self.extensions.items()
            if e.oid == constraints or (e.critical and e.oid not in _UNDERSTOOD)
        )

    def valid_at(self, when: datetime) -> bool:
        """Whether `when` lies in its period of validity, both ends included."""
        return self.not_before <= when <= self.not_after

    def issued_by(self, issuer: Certificate) -> bool:
        """Whether `issuer`'s key made the signature on it."""
        return _issued(self.der, issuer.der)

    def key_hash(self, oid: str) -> bytes | None:
        """Digest of the public key's bits as OCSP wants it; None for an unknown digest algorithm."""
        name = _HASHES.get(oid)
        if name is None:
            return None
        key = self.parsed.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            bits = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            bits = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        else:
            return None
        return hashlib.new(name, bits).digest()


@lru_cache(maxsize=8192)
def certificate(der: bytes) -> Certificate:
    """The certificate in `der`, from a cache where possible.

    Raises:
        CertificateUnreadableError: it is none.
    """
    try:
        parsed = x509.load_der_x509_certificate(der)
        extensions = {e.oid.dotted_string: e for e in parsed.extensions}
        parsed.public_key()
        return Certificate(
            der,
            parsed,
            parsed.subject.public_bytes(),
            parsed.issuer.public_bytes(),
            parsed.not_valid_before_utc,
            parsed.not_valid_after_utc,
            parsed.serial_number,
            extensions,
        )
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise CertificateUnreadableError(str(error)) from error


@lru_cache(maxsize=32768)
def _issued(der: bytes, issuer_der: bytes) -> bool:
    try:
        certificate(der).parsed.verify_directly_issued_by(certificate(issuer_der).parsed)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def readable(ders: list[bytes]) -> list[Certificate]:
    """Those of `ders` (at most 400) that can be read, each once, in order."""
    found: dict[bytes, Certificate] = {}
    for der in ders[:MAX_CERTIFICATES]:
        if der not in found:
            try:
                found[der] = certificate(der)
            except CertificateUnreadableError:
                continue
    return list(found.values())
