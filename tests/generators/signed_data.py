"""CMS and certificates as no ordinary signer would make them, octet by octet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from archive.preservation.signatures.asn1 import encoded_oid, header

START = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2034, 1, 1, tzinfo=UTC)

DATA, TST_INFO, SIGNED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.9.16.1.4", "1.2.840.113549.1.7.2"
SHA256, SHA512 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.3"
RSA_SHA256, ECDSA_SHA256 = "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return header(tag, len(body)) + body


def seq(*parts: bytes) -> bytes:
    return der(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    return der(0x31, *parts)


def octets(value: bytes) -> bytes:
    return der(0x04, value)


def number(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def algorithm(identifier: str, *parameters: bytes) -> bytes:
    return seq(encoded_oid(identifier), *parameters)


def attribute(identifier: str, *values: bytes) -> bytes:
    return seq(encoded_oid(identifier), set_of(*values))


def utc(moment: datetime) -> bytes:
    return der(0x17, f"{moment:%y%m%d%H%M%SZ}".encode())


def issuer_and_serial(certificate: x509.Certificate) -> bytes:
    return seq(certificate.issuer.public_bytes(), number(certificate.serial_number))


AnyKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


@dataclass(frozen=True)
class Holder:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: AnyKey = field(repr=False)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def named(common_name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )


def holder(
    common_name: str,
    issuer: Holder | None = None,
    *,
    key: AnyKey | None = None,
    hashed: hashes.SHA256 | hashes.SHA512 | hashes.SHA3_256 | None = None,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    number_: int | None = None,
    span: tuple[datetime, datetime] = (START, END),
    pss: padding.PSS | None = None,
) -> Holder:
    """A new certificate of whatever kind; an authority where `extensions` say so."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(common_name))
        .issuer_name(issuer.certificate.subject if issuer else named(common_name))
        .public_key(key.public_key())
        .serial_number(number_ or x509.random_serial_number())
        .not_valid_before(span[0])
        .not_valid_after(span[1])
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    edwards = isinstance(signer, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey))
    return Holder(builder.sign(signer, None if edwards else hashed or hashes.SHA256(), rsa_padding=pss), key)


AUTHORITY: tuple[tuple[x509.ExtensionType, bool], ...] = (
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (
        x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        ),
        True,
    ),
)


def signing(key: AnyKey, hashed: hashes.HashAlgorithm | None = None) -> Callable[[bytes], bytes]:
    """Signs with `key` in its usual way."""

    def sign(data: bytes) -> bytes:
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(data, padding.PKCS1v15(), hashed or hashes.SHA256())
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(data, ec.ECDSA(hashed or hashes.SHA256()))
        return key.sign(data)

    return sign


@dataclass
class Info:
    """One SignerInfo in the making."""

    holder: Holder
    digest: bytes = algorithm(SHA256)
    signature_algorithm: bytes = algorithm(ECDSA_SHA256)
    sign: Callable[[bytes], bytes] | None = None
    name: bytes | None = None
    attributes: list[bytes] | None = None
    sort: bool = True
    unsigned: tuple[bytes, ...] = ()
    content: bytes = b"noi dung"
    version: int = 1

    def standard(self, *more: bytes) -> list[bytes]:
        hashed = hashlib.sha256(self.content).digest()
        return [
            attribute("1.2.840.113549.1.9.3", encoded_oid(DATA)),
            attribute("1.2.840.113549.1.9.4", octets(hashed)),
            *more,
        ]

    def encoded(self) -> bytes:
        attributes = self.standard() if self.attributes is None else self.attributes
        ordered = b"".join(sorted(attributes))
        signed = der(0x31, ordered) if attributes else self.content
        value = (self.sign or signing(self.holder.key))(signed)
        sent = ordered if self.sort else b"".join(attributes)
        return seq(
            number(self.version),
            self.name or issuer_and_serial(self.holder.certificate),
            self.digest,
            der(0xA0, sent) if attributes else b"",
            self.signature_algorithm,
            octets(value),
            der(0xA1, *self.unsigned) if self.unsigned else b"",
        )


def signed_data(
    infos: tuple[Info, ...],
    *,
    certificates: tuple[bytes, ...] | None = None,
    lists: tuple[bytes, ...] = (),
    content: bytes | None = None,
    content_type: str = DATA,
) -> bytes:
    """A ContentInfo with SignedData; the certificates of the signers unless others are given."""
    carried = tuple(i.holder.der for i in infos) if certificates is None else certificates
    inside = seq(encoded_oid(content_type), der(0xA0, octets(content)) if content is not None else b"")
    return seq(
        encoded_oid(SIGNED),
        der(
            0xA0,
            seq(
                number(1),
                set_of(*dict.fromkeys(i.digest for i in infos)),
                inside,
                der(0xA0, *carried) if carried else b"",
                der(0xA1, *lists) if lists else b"",
                set_of(*(i.encoded() for i in infos)),
            ),
        ),
    )


def crl_of(
    issuer: Holder,
    at: datetime = START,
    *more: tuple[x509.ExtensionType, bool],
    name: x509.Name | None = None,
    revoked: tuple[x509.RevokedCertificate, ...] = (),
) -> bytes:
    """A list of `issuer`, good for 30 days."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name or issuer.certificate.subject)
        .last_update(at)
        .next_update(at + timedelta(days=30))
    )
    for extension, critical in more:
        builder = builder.add_extension(extension, critical=critical)
    for entry in revoked:
        builder = builder.add_revoked_certificate(entry)
    edwards = isinstance(issuer.key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey))
    return builder.sign(issuer.key, None if edwards else hashes.SHA256()).public_bytes(Encoding.DER)


def entry(serial: int, since: datetime, *more: x509.ExtensionType) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
    for extension in more:
        builder = builder.add_extension(extension, critical=False)
    return builder.build()
