"""The home's trust store: the set in force, and every set that ever was."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from archive.durable import write_durably
from archive.preservation.signatures.certificates import Certificate
from archive.preservation.trust.files import certificates_of
from archive.preservation.trust.sets import (
    MAX_CERTIFICATES,
    TrustedCertificate,
    TrustRole,
    TrustSnapshot,
    TrustStoreDamagedError,
)
from metadata.errors import UsageError
from metadata.time import Clock, rfc3339

MAX_POLICY_BYTES = 4 << 20
MAX_NAME = 200
"""Characters of what the operator calls a certificate."""


@dataclass(frozen=True, slots=True)
class Added:
    """What `TrustStore.add` did."""

    added: tuple[TrustedCertificate, ...]
    already: tuple[TrustedCertificate, ...]


@dataclass(frozen=True, slots=True)
class SetOutline:
    """What a set's own document says of it."""

    sha256: str
    certificates: int
    newest: str
    """Since when its youngest certificate is known, RFC 3339; empty: it does not say."""

    policy: str
    """SHA-256 of the policy beside it; empty: the program's own."""

    sound: bool
    """Whether the document is what its name says."""


class TrustStore:
    """The home's trust store.

    In `folder`: `certificates/{sha256}.der`, `sets/{sha256}.json` (every set
    that ever was in force, kept for ever), `policies/{sha256}` and `current`
    (digest of the set in force). Several processes may use it at once.

    Args:
        folder: Made on the first `add`.
        clock: Says since when a certificate is known.
        most: Certificates of one set.
    """

    def __init__(self, folder: Path, clock: Clock, *, most: int = MAX_CERTIFICATES) -> None:
        self._folder = folder
        self._clock = clock
        self._most = most

    def snapshot(self) -> TrustSnapshot:
        """The set in force; empty when nothing was added yet.

        Raises:
            TrustStoreDamagedError: the files are not what their names say.
        """
        path = self._folder / "current"
        try:
            current = path.read_text("ascii").strip()
        except FileNotFoundError:
            if any((self._folder / "sets").glob("*.json")):
                # A pointer that was lost is not the same as a store that never held anything.
                raise TrustStoreDamagedError(path, "missing, although sets are kept") from None
            return TrustSnapshot(())
        except (OSError, UnicodeDecodeError) as error:
            raise TrustStoreDamagedError(path, f"unreadable: {error}") from error
        return self.past(current)

    def past(self, trust_set: str) -> TrustSnapshot:
        """The set with the digest `trust_set`, however old.

        Raises:
            TrustStoreDamagedError: it is not here or its bytes have changed.
        """
        path = self._folder / "sets" / f"{Path(trust_set).name}.json"
        try:
            document = path.read_bytes()
            if hashlib.sha256(document).hexdigest() != trust_set:
                raise TrustStoreDamagedError(path, "the digest differs from the name")
            wanted = [str(row["sha256"]) for row in json.loads(document)["certificates"]]
            ders = {sha256: self._certificate(sha256) for sha256 in wanted}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TrustStoreDamagedError(path, f"unreadable: {error}") from error
        return TrustSnapshot.of_document(document, ders)

    def _certificate(self, sha256: str) -> bytes:
        path = self._folder / "certificates" / f"{Path(sha256).name}.der"
        der = path.read_bytes()
        if hashlib.sha256(der).hexdigest() != sha256:
            raise TrustStoreDamagedError(path, "the digest differs from the name")
        return der

    def usable(self) -> tuple[str, ...]:
        """Why nothing may be judged now: `empty`, `expired`, or `unreadable: …` (set or policy); empty: something may.

        Never raises: whoever asks wants to go on without a verdict.
        """
        try:
            snapshot = self.snapshot()
            if snapshot.policy:
                self.policy(snapshot.policy)
            return snapshot.usable(self._clock.now())
        except TrustStoreDamagedError as error:
            return (f"unreadable: {error}",)

    def add(
        self,
        files: Sequence[Path],
        *,
        role: TrustRole | None = None,
        name: str = "",
    ) -> Added:
        """Add the certificates of `files`; all or none.

        Adding again what is there changes nothing, but may give it another role;
        the time since which it is known stays the first.

        Args:
            files: PEM (any number of certificates) or DER.
            role: For all of them; None: a self-signed authority becomes an anchor, another an intermediate.
            name: What the operator calls it; empty: its common name.

        Raises:
            UsageError: a file holds no certificate or one that is not fit for its role, the name is none, or the
                set would have more certificates than a set may have.
        """
        if not name.isprintable() or len(name) > MAX_NAME:
            msg = f"a name of {len(name)} characters: at most {MAX_NAME}, and such as can be printed"
            raise UsageError(msg)
        ders = [(path, der) for path in files for der in certificates_of(path)]
        now = rfc3339(self._clock.now())
        wanted = {entry.sha256: entry for entry in (_wanted(path, der, role, name, now) for path, der in ders)}
        with self._lock():
            before = self.snapshot()
            present = {c.sha256: c for c in before.certificates}
            added: dict[str, TrustedCertificate] = {}
            already: dict[str, TrustedCertificate] = {}
            for sha256, entry in wanted.items():
                old = present.get(sha256)
                if old is None:
                    added[sha256] = entry
                elif (role is not None and old.role is not role) or (name and old.name != name):
                    changed = role if role is not None else old.role
                    added[sha256] = replace(old, role=changed, name=entry.name)
                else:
                    already[sha256] = old
            if added:
                after = before.with_certificates(added.values())
                if len(after.certificates) > self._most:
                    # Such a set could not be read back.
                    msg = f"{len(after.certificates)} certificates, a set has at most {self._most}"
                    raise UsageError(msg)
                self._keep(after, added)
        return Added(tuple(added.values()), tuple(already.values()))

    @staticmethod
    def refusal(file: Path, role: TrustRole | None = None) -> str:
        """Why `add` would refuse a file; empty: it would not for the file's sake."""
        try:
            for der in certificates_of(file):
                _wanted(file, der, role, "", "")
        except UsageError as error:
            return str(error)
        return ""

    def adopt_policy(self, document: bytes) -> str:
        """Put a validation policy into force beside the set in force; its SHA-256.

        The caller has read it: this store only keeps its canonical document.

        Raises:
            UsageError: it is empty or larger than 4 MiB.
        """
        if not 0 < len(document) <= MAX_POLICY_BYTES:
            msg = f"a policy of {len(document)} bytes"
            raise UsageError(msg)
        digest = hashlib.sha256(document).hexdigest()
        with self._lock():
            before = self.snapshot()
            write_durably(self._folder / "policies" / digest, document)
            if before.policy != digest:
                self._keep(before.with_policy(digest), {})
        return digest

    def policy(self, sha256: str) -> bytes:
        """The document of a policy that was ever in force.

        Raises:
            TrustStoreDamagedError: it is not here or its bytes have changed.
        """
        path = self._folder / "policies" / Path(sha256).name
        try:
            document = path.read_bytes()
        except OSError as error:
            raise TrustStoreDamagedError(path, f"unreadable: {error}") from error
        if hashlib.sha256(document).hexdigest() != sha256:
            raise TrustStoreDamagedError(path, "the digest differs from the name")
        return document

    def drop_policy(self) -> None:
        """Go back to the policy that comes with the program; the documents of others stay."""
        with self._lock():
            before = self.snapshot()
            if before.policy:
                self._keep(before.with_policy(""), {})

    def sets(self) -> tuple[str, ...]:
        """Digests of all sets that ever were in force, in no order that means anything."""
        return tuple(sorted(path.stem for path in (self._folder / "sets").glob("*.json")))

    def outlines(self) -> list[SetOutline]:
        """Every set that ever was in force, the newest first, damaged ones too; no certificate is read."""
        found = [self._outline(digest) for digest in self.sets()]
        return sorted(found, key=lambda outline: (outline.newest, outline.certificates), reverse=True)

    def _outline(self, digest: str) -> SetOutline:
        try:
            document = (self._folder / "sets" / f"{digest}.json").read_bytes()
            said = json.loads(document)
            rows = said["certificates"]
            newest = max((str(row["known_since"] or "") for row in rows), default="")
            sound = hashlib.sha256(document).hexdigest() == digest
            return SetOutline(digest, len(rows), newest, str(said.get("policy", "")), sound=sound)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return SetOutline(digest, 0, "", "", sound=False)

    def _keep(self, snapshot: TrustSnapshot, added: Mapping[str, TrustedCertificate]) -> None:
        # The certificates first, the pointer last: a crash leaves the old set in force.
        for sha256, entry in added.items():
            write_durably(self._folder / "certificates" / f"{sha256}.der", entry.der)
        digest = snapshot.trust_set()
        write_durably(self._folder / "sets" / f"{digest}.json", snapshot.document())
        write_durably(self._folder / "current", digest.encode() + b"\n")

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def list(self) -> tuple[TrustedCertificate, ...]:
        """What the set in force holds, anchors first."""
        order = list(TrustRole)
        return tuple(sorted(self.snapshot().certificates, key=lambda c: (order.index(c.role), c.subject)))

    def anchors(self) -> tuple[bytes, ...]:
        """DER of the anchors in force."""
        return self.snapshot().anchors()

    def intermediates(self) -> tuple[bytes, ...]:
        """DER of what only helps to build paths."""
        return self.snapshot().intermediates()

    def trust_set(self) -> str:
        """Digest of the set in force."""
        return self.snapshot().trust_set()


@dataclass(frozen=True, slots=True)
class IntakeTrust:
    """Trust as intake takes it: a set that cannot be read is as good as none, and ingest goes on.

    The engine says of every signature that no certificate is trusted yet, and the
    duty to judge again is opened from that.
    """

    store: TrustStore

    def snapshot(self) -> TrustSnapshot:
        """The set in force; the empty one where it is unreadable."""
        try:
            return self.store.snapshot()
        except TrustStoreDamagedError:
            return TrustSnapshot(())


def _wanted(path: Path, der: bytes, role: TrustRole | None, name: str, now: str) -> TrustedCertificate:
    entry = TrustedCertificate.of(der, role or TrustRole.INTERMEDIATE, now)
    facts = entry.facts
    if role is None:
        self_issued = facts.subject == facts.issuer
        entry = replace(entry, role=TrustRole.ANCHOR if self_issued else TrustRole.INTERMEDIATE)
    if not _fits(facts, entry.role):
        msg = f"{path}: {entry.subject} cannot be added as {entry.role.value}"
        raise UsageError(msg)
    return replace(entry, name=name or facts.common_name)


def _fits(facts: Certificate, role: TrustRole) -> bool:
    if role is TrustRole.TIME_STAMP:
        return facts.is_time_stamper
    if role is TrustRole.OCSP:
        return facts.is_ocsp_responder
    # Roots of version 1 have no extensions at all and are still in use.
    return facts.is_authority or (facts.subject == facts.issuer and not facts.extensions)
