"""Trust sets: which certificates this archive believes, in which role, as content-addressed documents.

A set is a JSON document of a few lines, named by its SHA-256; the certificates
stand beside it, named by their own digests. Every verdict names the digest of
the set under which it was given, and an old set can always be put together
again from its document and the certificates, by any reader of JSON and X.509:
nothing here needs the file system or a particular X.509 library.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum, unique
from pathlib import Path
from typing import Any, ClassVar, Protocol

from archive.preservation.signatures.certificates import Certificate, CertificateUnreadableError, certificate
from archive.preservation.trust.files import certificates_of
from metadata.errors import ArchiveError, UsageError
from metadata.time import rfc3339

FORMAT_1 = "luutru-trust-set 1"
"""Written until the second release: no policy, no names. Readable for ever, with its digest unchanged."""

FORMAT_2 = "luutru-trust-set 2"
MAX_CERTIFICATES = 20_000
"""Certificates of one set; the Government's whole tree has a few hundred."""


@unique
class TrustRole(StrEnum):
    """What a certificate of the set may do."""

    ANCHOR = "anchor"
    """A path may end here."""

    INTERMEDIATE = "intermediate"
    """Known, so that a path can be built; proves nothing by itself."""

    TIME_STAMP = "time-stamp"
    """A time-stamp service: for tokens that come without their certificate. Its path must end in an anchor."""

    OCSP = "ocsp"
    """A responder: for answers that come without its certificate. Its issuer must have named it one."""


class TrustStoreDamagedError(ArchiveError):
    """Kept trust does not say what it should: nothing is judged with it."""

    code: ClassVar[str] = "trust.damaged"
    retryable: ClassVar[bool] = False

    def __init__(self, place: Path | str, why: str) -> None:
        self.place = str(place)
        self.why = why
        super().__init__(f"{place}: {why}")


@dataclass(frozen=True, slots=True)
class TrustedCertificate:
    """One certificate of a trust set."""

    sha256: str
    role: TrustRole
    subject: str
    """RFC 4514, as printed when it was added."""

    not_before: str
    not_after: str
    der: bytes = field(repr=False)
    added_at: str | None = None
    """Since when it is known here, RFC 3339: proof that it existed then. None in a set that an auditor brings."""

    name: str = ""
    """What the operator calls it; empty in sets of format 1."""

    @classmethod
    def of(cls, der: bytes, role: TrustRole, added_at: str | None, name: str = "") -> TrustedCertificate:
        """The certificate in `der` in a role.

        Raises:
            CertificateUnreadableError: it is none.
        """
        facts = certificate(der)
        return cls(
            hashlib.sha256(der).hexdigest(),
            role,
            facts.name,
            rfc3339(facts.not_before),
            rfc3339(facts.not_after),
            der,
            added_at,
            name,
        )

    @property
    def facts(self) -> Certificate:
        """What it says."""
        return certificate(self.der)

    def as_json(self) -> dict[str, Any]:
        """What `trust list` prints."""
        return {
            "sha256": self.sha256,
            "role": self.role.value,
            "name": self.name,
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

    policy: str = ""
    """SHA-256 of the validation policy that goes with the set; empty: the engine's own."""

    format: str = FORMAT_2

    def anchors(self) -> tuple[bytes, ...]:
        """DER of the anchors."""
        return self.of_role(TrustRole.ANCHOR)

    def intermediates(self) -> tuple[bytes, ...]:
        """DER of what only helps to build paths: intermediates, time-stamp services and responders."""
        return tuple(c.der for c in self.certificates if c.role is not TrustRole.ANCHOR)

    def of_role(self, role: TrustRole) -> tuple[bytes, ...]:
        """DER of the certificates in one role."""
        return tuple(c.der for c in self.certificates if c.role is role)

    def known_since(self) -> dict[str, str]:
        """SHA-256 of each certificate with the time since which it is known here: proofs of existence."""
        return {c.sha256: c.added_at for c in self.certificates if c.added_at is not None}

    def document(self) -> bytes:
        """The set as canonical JSON; its SHA-256 is `trust_set()`."""
        entries: list[dict[str, Any]] = [
            {"known_since": c.added_at, "role": c.role.value, "sha256": c.sha256, "subject": c.subject}
            for c in self.certificates
        ]
        whole: dict[str, Any] = {"certificates": entries, "format": self.format}
        if self.format != FORMAT_1:
            whole["policy"] = self.policy
            for entry, kept in zip(entries, self.certificates, strict=True):
                entry["name"] = kept.name
        return json.dumps(whole, ensure_ascii=False, sort_keys=True).encode() + b"\n"

    def trust_set(self) -> str:
        """SHA-256 of `document()`."""
        return hashlib.sha256(self.document()).hexdigest()

    def snapshot(self) -> TrustSnapshot:
        """Itself: a snapshot stands wherever a store may stand."""
        return self

    def usable(self, at: datetime) -> tuple[str, ...]:
        """Why nothing may be judged with it at `at`; empty: something may.

        `empty`: it has no anchor. `expired`: each of its anchors has run out, so that
        no path of today ends in it. Either way a verdict would say nothing about the file.
        """
        anchors = [c for c in self.certificates if c.role is TrustRole.ANCHOR]
        if not anchors:
            return ("empty",)
        return () if any(rfc3339(at) <= c.not_after for c in anchors) else ("expired",)

    def with_certificates(self, more: Iterable[TrustedCertificate]) -> TrustSnapshot:
        """The set with certificates added or put into another role."""
        merged = {c.sha256: c for c in (*self.certificates, *more)}
        return replace(self, certificates=tuple(merged[key] for key in sorted(merged)), warnings=(), format=FORMAT_2)

    def with_policy(self, policy: str) -> TrustSnapshot:
        """The set with another policy beside it."""
        return replace(self, policy=policy, warnings=(), format=FORMAT_2)

    @classmethod
    def of_document(cls, document: bytes, ders: Mapping[str, bytes]) -> TrustSnapshot:
        """The set that `document` describes.

        Args:
            document: As `document()` gave it, in any format there ever was.
            ders: Certificates by SHA-256; more than needed do no harm.

        Raises:
            TrustStoreDamagedError: the document is none, a certificate is missing or not the one that is named,
                or the set would have another digest than its document.
        """
        place = f"trust set {hashlib.sha256(document).hexdigest()[:16]}"
        try:
            said = json.loads(document)
            rows = said["certificates"]
            if said["format"] not in {FORMAT_1, FORMAT_2} or len(rows) > MAX_CERTIFICATES:
                raise TrustStoreDamagedError(place, "of no format that this version knows")
            found = tuple(_entry(row, ders, place) for row in rows)
            snapshot = cls(found, (), said.get("policy", ""), said["format"])
            same = snapshot.document() == document
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise TrustStoreDamagedError(place, f"unreadable: {error}") from error
        if not same:
            raise TrustStoreDamagedError(place, "not in canonical form")
        return snapshot

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
                for der in certificates_of(path):
                    entry = TrustedCertificate.of(der, TrustRole.ANCHOR, None)
                    found[entry.sha256] = entry
            except UsageError as error:
                warnings.append(str(error))
        return cls(tuple(found[key] for key in sorted(found)), tuple(warnings))


class TrustSource(Protocol):
    """Gives the trust set in force: the home's store, or a snapshot that a caller brings."""

    def snapshot(self) -> TrustSnapshot:
        """The set as it is now."""
        ...


def _entry(row: Mapping[str, Any], ders: Mapping[str, bytes], place: str) -> TrustedCertificate:
    der = ders.get(row["sha256"])
    if der is None:
        raise TrustStoreDamagedError(place, f"certificate {row['sha256']} is missing")
    if hashlib.sha256(der).hexdigest() != row["sha256"]:
        raise TrustStoreDamagedError(place, f"certificate {row['sha256']} is not the one that its name says")
    try:
        entry = TrustedCertificate.of(der, TrustRole(row["role"]), row["known_since"], row.get("name", ""))
    except CertificateUnreadableError as error:
        raise TrustStoreDamagedError(place, f"certificate {row['sha256']} is unreadable: {error}") from error
    # The digest of the set was taken over the subject as it was printed then.
    return replace(entry, subject=row["subject"])
