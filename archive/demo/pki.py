"""A public-key infrastructure for samples and tests: made in memory, its private keys never written down.

The names follow the Government's authorities and people of an invented
province; every certificate says that it is for trying things only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from archive.preservation.signatures.signing import Credential

ORGANISATION = "Ban Cơ yếu Kiên Sơn (THỬ NGHIỆM)"
PROVINCE = "Ủy ban nhân dân tỉnh Kiên Sơn (THỬ NGHIỆM)"
_YEAR = timedelta(days=365)
_CRL_LIFE = 10 * _YEAR

_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - tests need certificates of old
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_256": hashes.SHA3_256(),
}


@dataclass(frozen=True, slots=True)
class Authority:
    """A certification authority that can issue certificates and lists."""

    certificate: x509.Certificate
    key: _Key = field(repr=False)

    @property
    def der(self) -> bytes:
        """Its certificate."""
        return self.certificate.public_bytes(Encoding.DER)

    def list_of(
        self,
        at: datetime,
        revoked: Mapping[int, tuple[datetime, x509.ReasonFlags]] | None = None,
        *,
        life: timedelta = _CRL_LIFE,
        keeps_expired_since: datetime | None = None,
        digest: str = "sha256",
    ) -> bytes:
        """A CRL (DER) issued at `at`, with the serial numbers in `revoked`."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(at)
            .next_update(at + life)
            .add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
        )
        for serial, (since, reason) in (revoked or {}).items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            builder = builder.add_revoked_certificate(
                entry.add_extension(x509.CRLReason(reason), critical=False).build()
            )
        if keeps_expired_since is not None:
            text = f"{keeps_expired_since:%Y%m%d%H%M%S}Z".encode()
            value = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.60"), b"\x18\x0f" + text)
            builder = builder.add_extension(value, critical=False)
        if isinstance(self.key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
            return builder.sign(self.key, None).public_bytes(Encoding.DER)
        return builder.sign(self.key, _DIGESTS[digest]).public_bytes(Encoding.DER)  # type: ignore[arg-type] # as below


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate is for."""

    name: str
    identifier: str = ""
    """Such as `CCCD:001099000001` for a person or `MDD:H99` for an agency."""

    organisation: str = PROVINCE

    def distinguished(self) -> x509.Name:
        """The subject as a name."""
        attributes = [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, self.name),
        ]
        if self.identifier:
            attributes.append(x509.NameAttribute(NameOID.USER_ID, self.identifier))
        return x509.Name(attributes)


def _usage(*allowed: str) -> x509.KeyUsage:
    names = (
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
    return x509.KeyUsage(**{name: name in allowed for name in names})


def _build(
    subject: Subject, key: _Key, issuer: Authority | None, validity: tuple[datetime, datetime], number: int
) -> x509.CertificateBuilder:
    name = subject.distinguished()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(number)
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer is None:
        return builder
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    return builder.add_extension(identifier, critical=False)


@dataclass(frozen=True, slots=True)
class Shape:
    """What is peculiar about a certificate that tests ask for."""

    key: _Key | None = None
    """None: a fresh one of the usual kind."""

    digest: str = "sha256"
    """Of the issuer's signature."""

    path_length: int | None = -1
    """Of an authority; -1: none for a root, 0 below one."""

    usages: tuple[str, ...] = ()
    """Key usages instead of the usual ones."""

    purposes: tuple[str, ...] = ()
    """Extended key usages, dotted, instead of the usual ones."""

    purposes_critical: bool = True
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    """Further extensions, each with its criticality."""


USUAL = Shape()


def _finished(builder: x509.CertificateBuilder, signer: _Key, shape: Shape) -> x509.Certificate:
    for extension, critical in shape.extensions:
        builder = builder.add_extension(extension, critical=critical)
    if shape.purposes:
        purposes = x509.ExtendedKeyUsage([x509.ObjectIdentifier(dotted) for dotted in shape.purposes])
        builder = builder.add_extension(purposes, critical=shape.purposes_critical)
    if isinstance(signer, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        return builder.sign(signer, None)
    return builder.sign(signer, _DIGESTS[shape.digest])  # type: ignore[arg-type] # any of the table's classes


def new_authority(
    subject: Subject,
    issuer: Authority | None,
    validity: tuple[datetime, datetime],
    *,
    number: int,
    shape: Shape = USUAL,
) -> Authority:
    """A root (without `issuer`) or an authority below one; elliptic-curve keys, because they are made at once."""
    key = shape.key or ec.generate_private_key(ec.SECP256R1())
    builder = _build(subject, key, issuer, validity, number)
    usual = None if issuer is None else 0
    length = usual if shape.path_length == -1 else shape.path_length
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=length), critical=True)
    usages = shape.usages or ("key_cert_sign", "crl_sign")
    builder = builder.add_extension(_usage(*usages), critical=True)
    return Authority(_finished(builder, issuer.key if issuer else key, shape), key)


def new_credential(  # noqa: PLR0913 - keywords
    subject: Subject,
    issuer: Authority,
    validity: tuple[datetime, datetime],
    *,
    number: int,
    chain: Iterable[bytes] = (),
    stamps_time: bool = False,
    elliptic: bool = False,
    shape: Shape = USUAL,
) -> Credential:
    """A certificate for a person, an agency or a time-stamp authority, with its key."""
    usual: _Key = (
        ec.generate_private_key(ec.SECP256R1()) if elliptic or shape.key else rsa.generate_private_key(65537, 2048)
    )
    key = shape.key or usual
    builder = _build(subject, key, issuer, validity, number)
    if stamps_time and not shape.purposes:
        shape = replace(shape, purposes=(ExtendedKeyUsageOID.TIME_STAMPING.dotted_string,))
    usages = shape.usages or (("digital_signature",) if stamps_time else ("digital_signature", "content_commitment"))
    builder = builder.add_extension(_usage(*usages), critical=True)
    certificate = _finished(builder, issuer.key, shape)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return Credential(certificate.public_bytes(Encoding.DER), private, tuple(chain))


@dataclass(frozen=True, slots=True)
class Pki:
    """The authorities of the samples with some people under them."""

    root: Authority
    issuing: Authority
    stamping: Authority
    stamper: Credential
    people: Mapping[str, Credential]

    def issue(
        self, subject: Subject, validity: tuple[datetime, datetime], *, number: int, elliptic: bool = False
    ) -> Credential:
        """One more certificate of the issuing authority."""
        return new_credential(
            subject, self.issuing, validity, number=number, chain=(self.issuing.der,), elliptic=elliptic
        )

    def lists(self, at: datetime) -> tuple[bytes, ...]:
        """CRLs of all authorities, issued at `at`, with nobody on them."""
        return tuple(authority.list_of(at) for authority in (self.root, self.issuing, self.stamping))

    def certificates(self) -> tuple[bytes, ...]:
        """The authorities below the root."""
        return (self.issuing.der, self.stamping.der)


PEOPLE = {
    "leader": Subject("Nguyễn Văn Minh", "CCCD:001099000001"),
    "agency": Subject("Ủy ban nhân dân tỉnh Kiên Sơn", "MDD:H99"),
    "archive": Subject("Trung tâm Lưu trữ lịch sử tỉnh Kiên Sơn", "MDD:H99.12"),
}


def _office(name: str) -> Subject:
    return Subject(name, organisation=ORGANISATION)


def new_pki(since: datetime, until: datetime) -> Pki:
    """A fresh infrastructure whose certificates are all valid from `since` to `until`."""
    span = (since, until)
    root = new_authority(
        Subject("RootCA dùng thử", organisation=ORGANISATION), None, (span[0], span[1] + _YEAR), number=1
    )
    issuing = new_authority(
        Subject("CA dùng thử phục vụ cơ quan nhà nước", organisation=ORGANISATION), root, span, number=2
    )
    stamping = new_authority(Subject("CA dùng thử cấp dấu thời gian", organisation=ORGANISATION), root, span, number=3)
    stamper = new_credential(
        _office("Máy chủ cấp dấu thời gian dùng thử"),
        stamping,
        span,
        number=4,
        chain=(stamping.der,),
        stamps_time=True,
    )
    people = {
        role: new_credential(subject, issuing, span, number=10 + place, chain=(issuing.der,))
        for place, (role, subject) in enumerate(PEOPLE.items())
    }
    return Pki(root, issuing, stamping, stamper, people)
