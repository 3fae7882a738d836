"""An archive with evidence in a folder: real storage, real packages, authorities of our own in this process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID, uuid5

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from archive.catalogue.database import Database
from archive.catalogue.trail import AuditTrail
from archive.composition.evidencing import EvidenceParts
from archive.demo.pki import Authority, Subject
from archive.preservation.evidence.algorithms import identifier
from archive.preservation.evidence.authorities import Authorities
from archive.preservation.evidence.authorities import Authority as TimeStampAuthority
from archive.preservation.evidence.building import Beside
from archive.preservation.evidence.der import encode
from archive.preservation.evidence.judges import EngineJudge
from archive.preservation.evidence.planning import Terms
from archive.preservation.signatures.engine import World, default_policy
from archive.preservation.signatures.policy import Policy
from archive.preservation.signatures.signing import Credential
from archive.services.evidence import Evidence
from ingest.facts import PackagedPart
from metadata.digests import Digests
from metadata.errors import ArchiveError
from storage.backends.filesystem import FilesystemStore
from storage.errors import StorageFaultError
from storage.evidence import EvidenceObjects
from storage.holdings import Content
from storage.ledger import Ledger, line_of
from storage.packages import PackageStore
from storage.ports import ObjectStore
from tests.fakes.dossiers import Paper, StandingClock, dossier, package_stage
from tests.generators.tables import make_tables

START = datetime(2026, 11, 28, 8, tzinfo=UTC)
YEAR = timedelta(days=365)
_SPACE = UUID("5f1d3c5e-0000-4a57-9a5e-1b2c3d4e5f61")
_LIFE = 5 * YEAR


class NoTokenError(ArchiveError):
    """The authority does not answer."""

    code = "test.no_token"


@dataclass
class OwnAuthority:
    """A time-stamp authority with a new certificate of five years every four, and lists of a week.

    Certificates and lists are signed under SHA-512, so that only tokens and
    trees have to follow when SHA-256 ends.
    """

    name: str
    root: Authority
    stamping: Authority
    certificates: list[tuple[datetime, Credential]]
    modern: datetime = START + 100 * YEAR
    """From then on tokens are signed under SHA-512 instead of SHA-256."""

    revoked: dict[int, tuple[datetime, x509.ReasonFlags]] = field(default_factory=dict)
    given: int = 0
    silent: bool = False
    _lists: dict[datetime, tuple[bytes, ...]] = field(default_factory=dict)

    @classmethod
    def new(cls, name: str, *, since: datetime = START - YEAR, years: int = 32) -> OwnAuthority:
        until = since + (years + 8) * YEAR
        root = _authority(f"Gốc {name}", None, (since, until + YEAR), 1)
        stamping = _authority(f"CA cấp dấu {name}", root, (since, until), 2)
        made = []
        for number in range(0, years + 4, 4):
            begin = since + number * YEAR
            key = ec.generate_private_key(ec.SECP256R1())
            span = (begin, begin + _LIFE)
            builder = _builder(f"Dấu thời gian {name} {begin.year}", key, stamping, span, 100 + number)
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            certificate = builder.add_extension(usage, critical=True).sign(stamping.key, hashes.SHA512())
            private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            made.append((begin, Credential(certificate.public_bytes(Encoding.DER), private, (stamping.der,))))
        return cls(name, root, stamping, made)

    def credential(self, at: datetime) -> tuple[int, Credential]:
        """The certificate that is used at a time, with its serial number: the newest that is not revoked."""
        found = [
            (100 + 4 * place, credential)
            for place, (begin, credential) in enumerate(self.certificates)
            if begin <= at < begin + _LIFE and self._alive(100 + 4 * place, at)
        ]
        if not found:
            raise NoTokenError(self.name)
        return found[-1]

    def _alive(self, serial: int, at: datetime) -> bool:
        return serial not in self.revoked or at < self.revoked[serial][0]

    def revoke(self, at: datetime, reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise) -> None:
        """Every certificate that lives at `at`, without warning."""
        for place, (begin, _) in enumerate(self.certificates):
            if begin <= at < begin + _LIFE:
                self.revoked[100 + 4 * place] = (at, reason)

    def lists(self, at: datetime) -> tuple[bytes, ...]:
        """The lists of both authorities as they are at a time."""
        if at not in self._lists:
            known = {serial: entry for serial, entry in self.revoked.items() if entry[0] <= at}
            self._lists[at] = (_list(self.stamping, at, known), _list(self.root, at, {}))
        return self._lists[at]


def _builder(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: Authority | None,
    span: tuple[datetime, datetime],
    number: int,
) -> x509.CertificateBuilder:
    subject = Subject(name).distinguished()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(number)
        .not_valid_before(span[0])
        .not_valid_after(span[1])
    )


def _authority(name: str, issuer: Authority | None, span: tuple[datetime, datetime], number: int) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, key, issuer, span, number)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Authority(builder.sign(issuer.key if issuer else key, hashes.SHA512()), key)


def _list(authority: Authority, at: datetime, known: Mapping[int, tuple[datetime, x509.ReasonFlags]]) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
    builder = builder.last_update(at).next_update(at + timedelta(days=7))
    for serial, (since, reason) in known.items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
        builder = builder.add_revoked_certificate(entry.add_extension(x509.CRLReason(reason), critical=False).build())
    return builder.sign(authority.key, hashes.SHA512()).public_bytes(Encoding.DER)


@cache
def authority(name: str) -> OwnAuthority:
    """An authority whose keys are made once a run; `fresh` gives one with a state of its own."""
    return OwnAuthority.new(name)


def fresh(name: str) -> OwnAuthority:
    """The authority of that name, nothing revoked, nothing given yet."""
    return replace(authority(name), revoked={}, given=0, silent=False, _lists={})


@dataclass
class OwnStamper:
    """An authority as a `TimeStamper`, at the time of a clock."""

    authority: OwnAuthority
    clock: StandingClock

    def stamp(self, digest: bytes, algorithm: str = "sha256") -> bytes:
        if self.authority.silent:
            raise NoTokenError(self.authority.name)
        _, credential = self.authority.credential(self.clock.at)
        self.authority.given += 1
        signed = "sha512" if self.clock.at >= self.authority.modern else "sha256"
        return own_token(credential, self.clock.at, digest, algorithm, signed)


def own_token(credential: Credential, at: datetime, imprint: bytes, algorithm: str, signed: str) -> bytes:
    """A token as `signing.time_stamp_token` makes it, put together from bytes: the simulation needs hundreds."""
    certificate, key = _loaded(credential.certificate, credential.key)
    serial = int.from_bytes(hashlib.sha256(imprint).digest()[:7], "big")
    info = encode(
        0x30,
        b"\x02\x01\x01"
        + _oid("2b06010401868d1f0101")
        + encode(0x30, identifier(algorithm) + encode(0x04, imprint))
        + _integer(serial)
        + encode(0x18, f"{at.astimezone(UTC):%Y%m%d%H%M%S}Z".encode())
        + encode(0x30, b"\x02\x01\x01"),
    )
    named = encode(0x30, encode(0x30, encode(0x30, encode(0x04, hashlib.sha256(credential.certificate).digest()))))
    attributes = [
        encode(0x30, _oid("2a864886f70d010903") + encode(0x31, _oid(_TST_INFO))),
        encode(0x30, _oid("2a864886f70d010904") + encode(0x31, encode(0x04, hashlib.new(signed, info).digest()))),
        encode(0x30, _oid("2a864886f70d010910022f") + encode(0x31, named)),
    ]
    content = b"".join(sorted(attributes))
    value = key.sign(encode(0x31, content), ec.ECDSA(hashes.SHA512() if signed == "sha512" else hashes.SHA256()))
    signer = encode(
        0x30,
        b"\x02\x01\x01"
        + encode(0x30, certificate.issuer.public_bytes() + _integer(certificate.serial_number))
        + identifier(signed)
        + encode(0xA0, content)
        + encode(0x30, _oid("2a8648ce3d040304" if signed == "sha512" else "2a8648ce3d040302"))
        + encode(0x04, value),
    )
    data = encode(
        0x30,
        b"\x02\x01\x03"
        + encode(0x31, identifier(signed))
        + encode(0x30, _oid(_TST_INFO) + encode(0xA0, encode(0x04, info)))
        + encode(0xA0, b"".join(sorted((credential.certificate, *credential.chain))))
        + encode(0x31, signer),
    )
    return encode(0x30, _oid("2a864886f70d010702") + encode(0xA0, data))


_TST_INFO = "2a864886f70d0109100104"


@cache
def _loaded(certificate: bytes, key: bytes) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    private = load_der_private_key(key, None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return x509.load_der_x509_certificate(certificate), private


def _oid(octets: str) -> bytes:
    return encode(0x06, bytes.fromhex(octets))


def _integer(value: int) -> bytes:
    return encode(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


@dataclass
class OwnStatus:
    """Lists of authorities as they are now."""

    authorities: Sequence[OwnAuthority]
    clock: StandingClock
    silent: bool = False

    def answers(self, asked: Sequence[tuple[bytes, bytes]]) -> Sequence[bytes]:
        assert asked
        return () if self.silent else [der for a in self.authorities for der in a.lists(self.clock.at)]


class Nothing:
    """Nothing beside packages."""

    def documents(self) -> Sequence[tuple[str, bytes]]:
        return ()


def policy_with(**until: str) -> Policy:
    """The program's policy with other ends of digests, such as `sha256="2040-01-01T00:00:00Z"`."""
    content = dict(default_policy().content)
    content["digest"] = {
        name: {**row, "until": until[name]} if name in until else row for name, row in content["digest"].items()
    }
    return Policy.of_content(content)


@dataclass
class EvidenceBench:
    """Storage, packages and evidence in one folder, under a clock that a test turns."""

    folder: Path
    clock: StandingClock = field(default_factory=lambda: StandingClock(START))
    first: OwnAuthority | None = None
    second: OwnAuthority | None = None
    policy: Policy | None = None
    terms: Terms = field(default_factory=Terms)
    beside: Beside = field(default_factory=Nothing)
    wrap: Callable[[ObjectStore], ObjectStore] = lambda store: store
    """Puts something in the way to storage, or another storage in its place."""

    def __post_init__(self) -> None:
        self.store = self.wrap(FilesystemStore(self.folder / "storage"))
        self.packages = PackageStore(self.store, self.clock)
        self.packages.init()
        self.ledger = Ledger(self.store)
        self.objects = EvidenceObjects(self.store)
        database = Database(sa.create_engine("sqlite://", poolclass=sa.StaticPool))
        make_tables(database.engine)
        self.trail = AuditTrail(database, self.clock)
        self.status_silent = False
        self._close = database.close

    def close(self) -> None:
        self._close()

    @property
    def authorities(self) -> list[OwnAuthority]:
        return [a for a in (self.first, self.second) if a is not None]

    def archive(self, name: str, papers: Sequence[Paper], *, package_id: str = "") -> str:
        """Store one dossier; its package id."""
        package_id = package_id or str(uuid5(_SPACE, name))
        item = replace(
            dossier(self.folder / "work" / name, papers, file_code=f"H49.{name}"),
            package_id=package_id,
        )
        for part in package_stage(self.clock).run(item).parts:
            self._store(item.folder, part)
        return package_id

    def _store(self, folder: Path, part: PackagedPart) -> None:
        contents = [
            Content(file.path, folder / file.source, Digests(file.sha256, file.sha512, file.size_bytes))
            for file in part.files
        ]
        stored = self.packages.write(part.package_id, contents, message="test", agent="test")
        self.ledger.record([line_of(stored)])

    def judge(self, *, anchors: Mapping[str, OwnAuthority] | None = None) -> EngineJudge:
        trusted = list(anchors.values()) if anchors is not None else self.authorities
        answers = [] if self.status_silent else [der for a in trusted for der in a.lists(self.clock.at)]
        world = World.of(
            at=self.clock.at,
            anchors=[a.root.der for a in trusted],
            intermediates=[a.stamping.der for a in trusted],
            answers=answers,
            policy=self.policy,
        )
        return EngineJudge(world)

    def evidence(self) -> Evidence:
        """The use cases as of now."""
        each = tuple(TimeStampAuthority(a.name, OwnStamper(a, self.clock)) for a in self.authorities)
        return EvidenceParts(
            store=self.store,
            packages=self.packages,
            objects=self.objects,
            judge=self.judge(),
            status=OwnStatus(self.authorities, self.clock, silent=self.status_silent),
            beside=self.beside,
            authorities=Authorities(each),
            trail=self.trail,
            clock=self.clock,
            terms=self.terms,
        ).assembled()


class FailingStore:
    """A store that fails at the n-th write, before or after it counts."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.writes = 0
        self.fail_at = 0
        self.after = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def put(self, key: str, data: object, *, expected: object) -> None:
        self._counted(lambda: self._store.put(key, data, expected=expected))  # type: ignore[arg-type]

    def replace(self, key: str, data: bytes, *, etag: str | None) -> str:
        return str(self._counted(lambda: self._store.replace(key, data, etag=etag)))

    def _counted(self, write: Callable[[], object]) -> object:
        self.writes += 1
        if self.writes != self.fail_at:
            return write()
        if self.after:
            write()
        raise StorageFaultError("test", "the machine stops here")
