"""What a CMS SignedData says, as plain facts; standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from archive.preservation.signatures.algorithms import SignatureAlgorithm
from archive.preservation.signatures.certificates import CertificateUnreadableError, certificate
from archive.preservation.signatures.cms_attributes import SignaturePolicy, SigningCertificate
from archive.preservation.signatures.names import name


class CmsUnreadableError(ValueError):
    """The bytes are no CMS SignedData."""


@dataclass(frozen=True, slots=True)
class SignerName:
    """How a SignerInfo names the certificate of its signer."""

    issuer: bytes | None = field(default=None, repr=False)
    serial: int | None = None
    key_identifier: bytes | None = None

    def means(self, der: bytes) -> bool:
        """Whether the certificate `der` bears that name; anybody can make one that does."""
        try:
            found = certificate(der)
        except CertificateUnreadableError:
            return False
        if self.key_identifier is not None:
            return found.says.subject_key == self.key_identifier
        if self.issuer is None or found.serial != self.serial:
            return False
        return found.issuer == self.issuer or found.issuer_name.canonical == name(self.issuer).canonical


@dataclass(frozen=True, slots=True)
class SignerFacts:
    """One SignerInfo."""

    digest: str
    """Digest algorithm: `sha256`, `sha3_256`, …; of an unknown one the dotted identifier."""

    signature_algorithm: SignatureAlgorithm
    signature: bytes = field(repr=False)
    signed_bytes: tuple[bytes, ...] = field(repr=False)
    """The signed attributes in DER and, where that differs, as sent; empty: none are signed."""

    message_digest: bytes | None
    content_type: str | None
    signing_time: datetime | None
    certificate_digest: tuple[str, bytes] | None
    """Of the signing-certificate attribute: the signer's own, which is its first."""

    certificate: bytes | None = field(repr=False)
    """The signer's certificate where the CMS carries it: of several the one that the attribute names."""

    tokens: tuple[bytes, ...] = field(default=(), repr=False)
    """Signature time-stamps, at most 10."""

    revocation: tuple[bytes, ...] = field(default=(), repr=False)
    """CRLs and OCSP answers in Adobe's signed attribute and in CAdES' revocation-values."""

    name: SignerName = SignerName()
    candidates: tuple[bytes, ...] = field(default=(), repr=False)
    """Every certificate in the CMS that bears the signer's name."""

    signing_certificates: tuple[SigningCertificate, ...] = ()
    content_tokens: tuple[bytes, ...] = field(default=(), repr=False)
    """Content time-stamps, made before the signature."""

    archive_tokens: tuple[bytes, ...] = field(default=(), repr=False)
    """CAdES archive time-stamps of any version: seen, their own digest is not computed."""

    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    """Of CAdES' certificate-values."""

    policy: SignaturePolicy | None = None
    commitments: tuple[str, ...] = ()
    """Commitment types, dotted."""

    roles: tuple[bytes, ...] = field(default=(), repr=False)
    """Values of the signer-attributes attribute, DER."""

    protected: tuple[str, str | None] | None = None
    """Of the algorithm-protection attribute (RFC 6211): digest and signature algorithm, dotted."""

    signed_attributes: tuple[str, ...] = ()
    """Dotted, in the order sent, repetitions included."""

    unsigned_attributes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """Peculiarities that change no verdict by themselves, each `word: explanation`."""

    problems: tuple[str, ...] = ()
    """Breaches of RFC 5652 that a decision must weigh, each `word: explanation`."""

    @property
    def attributes_in_order(self) -> bool:
        """Whether the signed attributes were sent in the DER order that is signed (RFC 5652, 5.4)."""
        return len(self.signed_bytes) < 2  # noqa: PLR2004 - a second form is there where it differs


@dataclass(frozen=True, slots=True)
class SignedData:
    """One CMS SignedData."""

    content_type: str
    content: bytes | None = field(repr=False)
    """Encapsulated content; None: detached."""

    certificates: tuple[bytes, ...] = field(repr=False)
    revocation: tuple[bytes, ...] = field(repr=False)
    """CRLs and OCSP answers of `SignedData.crls`."""

    signers: tuple[SignerFacts, ...]
    padding_is_zero: bool = True
    """What follows the CMS is zero, as in a PDF's `/Contents`."""

    is_ber: bool = False
    """Indefinite lengths or strings in pieces were brought into definite form first."""

    signers_left_out: int = 0
    """Behind the first 20."""

    digests: tuple[str, ...] = ()
    """SignedData.digestAlgorithms."""

    attribute_certificates: int = 0
