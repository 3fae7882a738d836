"""The trust store: which certification authorities this archive believes, as a content-addressed set.

Every verdict names the digest of the set under which it was given. A set is a
JSON document of a few lines; the certificates stand beside it, named by their
own digests, so that an old set can always be put together again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum, unique
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from metadata.errors import ArchiveError, UsageError
from metadata.time import Clock, rfc3339

FORMAT = "luutru-trust-set 1"
MAX_FILE_BYTES = 1 << 20
_PEM = b"-----BEGIN CERTIFICATE-----"


@unique
class TrustRole(StrEnum):
    """What a certificate of the set may do."""

    ANCHOR = "anchor"
    """A path may end here."""

    INTERMEDIATE = "intermediate"
    """Known, so that a path can be built; proves nothing by itself."""


class TrustStoreDamagedError(ArchiveError):
    """The trust store's files do not say what they should: nothing is judged with them."""

    code = "trust.damaged"
    retryable = False

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}")


@dataclass(frozen=True, slots=True)
class TrustedCertificate:
    """One certificate of a trust set."""

    sha256: str
    role: TrustRole
    subject: str
    """RFC 4514."""

    not_before: str
    not_after: str
    der: bytes = field(repr=False)
    added_at: str | None = None
    """Since when it is known here, RFC 3339; None in a set that an auditor brings."""

    def as_json(self) -> dict[str, Any]:
        """What `trust list` prints."""
        return {
            "sha256": self.sha256,
            "role": self.role.value,
            "subject": self.subject,
            "not_before": self.not_before,
            "not_after": self.not_after,
            "added_at": self.added_at,
        }


@dataclass(frozen=True, slots=True)
class TrustSnapshot:
    """A trust set at one moment; never changes."""

    certificates: tuple[TrustedCertificate, ...]
    """In order of digest."""

    warnings: tuple[str, ...] = ()
    """Files of `from_folder` that hold no certificate."""

    def anchors(self) -> tuple[bytes, ...]:
        """DER of the anchors."""
        return tuple(c.der for c in self.certificates if c.role is TrustRole.ANCHOR)

    def intermediates(self) -> tuple[bytes, ...]:
        """DER of what only helps to build paths."""
        return tuple(c.der for c in self.certificates if c.role is TrustRole.INTERMEDIATE)

    def document(self) -> bytes:
        """The set as canonical JSON; its SHA-256 is `trust_set()`."""
        entries = [
            {"known_since": c.added_at, "role": c.role.value, "sha256": c.sha256, "subject": c.subject}
            for c in self.certificates
        ]
        text = json.dumps({"certificates": entries, "format": FORMAT}, ensure_ascii=False, sort_keys=True)
        return text.encode() + b"\n"

    def trust_set(self) -> str:
        """SHA-256 of `document()`."""
        return hashlib.sha256(self.document()).hexdigest()

    def snapshot(self) -> TrustSnapshot:
        """Itself: a snapshot stands wherever a store may stand."""
        return self

    @classmethod
    def from_folder(cls, folder: Path) -> TrustSnapshot:
        """Every certificate in `folder` (PEM or DER, any name, not its subfolders) as an anchor.

        Raises:
            UsageError: `folder` is no readable folder.
        """
        try:
            files = sorted(p for p in folder.iterdir() if p.is_file())
        except OSError as error:
            msg = f"{folder}: {error.strerror}"
            raise UsageError(msg) from error
        found: dict[str, TrustedCertificate] = {}
        warnings: list[str] = []
        for path in files:
            try:
                for certificate in certificates_of(path):
                    entry = _entry(certificate, TrustRole.ANCHOR, None)
                    found[entry.sha256] = entry
            except UsageError as error:
                warnings.append(str(error))
        return cls(tuple(found[key] for key in sorted(found)), tuple(warnings))


class TrustSource(Protocol):
    """Gives the trust set in force: the home's store, or a snapshot that a caller brings."""

    def snapshot(self) -> TrustSnapshot:
        """The set as it is now."""
        ...


@dataclass(frozen=True, slots=True)
class Added:
    """What `TrustStore.add` did."""

    added: tuple[TrustedCertificate, ...]
    already: tuple[TrustedCertificate, ...]


def certificates_of(path: Path) -> tuple[x509.Certificate, ...]:
    """The certificates of a file: DER, or PEM with any number of them.

    Raises:
        UsageError: the file is no certificate, larger than 1 MiB, or cannot be read.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_FILE_BYTES else b""
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise UsageError(msg) from error
    try:
        found = x509.load_pem_x509_certificates(data) if _PEM in data else [x509.load_der_x509_certificate(data)]
        for certificate in found:
            certificate.subject.rfc4514_string()
            list(certificate.extensions)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        msg = f"{path}: no certificate in PEM or DER ({error})"
        raise UsageError(msg) from error
    return tuple(found)


def _entry(certificate: x509.Certificate, role: TrustRole, added_at: str | None) -> TrustedCertificate:
    der = certificate.public_bytes(Encoding.DER)
    return TrustedCertificate(
        hashlib.sha256(der).hexdigest(),
        role,
        certificate.subject.rfc4514_string(),
        rfc3339(certificate.not_valid_before_utc),
        rfc3339(certificate.not_valid_after_utc),
        der,
        added_at,
    )


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        # Roots of version 1 have no extensions at all and are still in use.
        return certificate.version is x509.Version.v1 and certificate.subject == certificate.issuer


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    Path(name).replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


class TrustStore:
    """The home's trust store.

    In `folder`: `certificates/{sha256}.der`, `sets/{sha256}.json` (every set
    that ever was in force, kept for ever) and `current` (digest of the one in
    force). Several processes may use it at once.

    Args:
        folder: Made on the first `add`.
        clock: Says since when a certificate is known.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def snapshot(self) -> TrustSnapshot:
        """The set in force; empty when nothing was added yet.

        Raises:
            TrustStoreDamagedError: the files are not what their names say.
        """
        try:
            current = (self._folder / "current").read_text("ascii").strip()
        except FileNotFoundError:
            return TrustSnapshot(())
        except UnicodeDecodeError as error:
            raise TrustStoreDamagedError(self._folder / "current", "unreadable") from error
        return self.past(current)

    def past(self, trust_set: str) -> TrustSnapshot:
        """The set with the digest `trust_set`, however old.

        Raises:
            TrustStoreDamagedError: it is not here or its bytes have changed.
        """
        path = self._folder / "sets" / f"{Path(trust_set).name}.json"
        try:
            text = path.read_bytes()
            if hashlib.sha256(text).hexdigest() != trust_set:
                raise TrustStoreDamagedError(path, "the digest differs from the name")
            rows = json.loads(text)["certificates"]
            return TrustSnapshot(tuple(self._read(row) for row in rows))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TrustStoreDamagedError(path, f"unreadable: {error}") from error

    def _read(self, row: dict[str, Any]) -> TrustedCertificate:
        path = self._folder / "certificates" / f"{row['sha256']}.der"
        der = path.read_bytes()
        if hashlib.sha256(der).hexdigest() != row["sha256"]:
            raise TrustStoreDamagedError(path, "the digest differs from the name")
        return _entry(x509.load_der_x509_certificate(der), TrustRole(row["role"]), row["known_since"])

    def add(self, files: Sequence[Path], *, as_anchor: bool = False) -> Added:
        """Add the certificates of `files`; all or none.

        A self-signed authority becomes an anchor, another authority an
        intermediate. Adding again what is there changes nothing.

        Args:
            files: PEM (any number of certificates) or DER.
            as_anchor: Make every certificate an anchor, self-signed or not.

        Raises:
            UsageError: a file holds no certificate, or one that may not issue others.
        """
        wanted = [c for path in files for c in self._authorities(path)]
        with self._lock():
            present = {c.sha256: c for c in self.snapshot().certificates}
            added: dict[str, TrustedCertificate] = {}
            already: dict[str, TrustedCertificate] = {}
            now = rfc3339(self._clock.now())
            for certificate in wanted:
                anchor = as_anchor or certificate.subject == certificate.issuer
                entry = _entry(certificate, TrustRole.ANCHOR if anchor else TrustRole.INTERMEDIATE, now)
                old = present.get(entry.sha256)
                if old is None or (as_anchor and old.role is not TrustRole.ANCHOR):
                    added[entry.sha256] = entry
                else:
                    already[entry.sha256] = old
            if added:
                merged = present | added
                self._keep(TrustSnapshot(tuple(merged[key] for key in sorted(merged))), added)
        return Added(tuple(added.values()), tuple(already.values()))

    @staticmethod
    def _authorities(path: Path) -> tuple[x509.Certificate, ...]:
        found = certificates_of(path)
        for certificate in found:
            if not _may_issue(certificate):
                msg = f"{path}: {certificate.subject.rfc4514_string()} is no certification authority"
                raise UsageError(msg)
        return found

    def _keep(self, snapshot: TrustSnapshot, added: dict[str, TrustedCertificate]) -> None:
        # The certificates first, the pointer last: a crash leaves the old set in force.
        for sha256, entry in added.items():
            _write(self._folder / "certificates" / f"{sha256}.der", entry.der)
        digest = snapshot.trust_set()
        _write(self._folder / "sets" / f"{digest}.json", snapshot.document())
        _write(self._folder / "current", digest.encode() + b"\n")

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def list(self) -> tuple[TrustedCertificate, ...]:
        """What the set in force holds, anchors first."""
        return tuple(sorted(self.snapshot().certificates, key=lambda c: (c.role is not TrustRole.ANCHOR, c.subject)))

    def anchors(self) -> tuple[bytes, ...]:
        """DER of the anchors in force."""
        return self.snapshot().anchors()

    def intermediates(self) -> tuple[bytes, ...]:
        """DER of the intermediates in force."""
        return self.snapshot().intermediates()

    def trust_set(self) -> str:
        """Digest of the set in force."""
        return self.snapshot().trust_set()
