"""Wires the judging of signatures on call: now or at a past time, with the home's trust or that of a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archive.composition.trusting import revocation_broker
from archive.operators import operator_name
from archive.preservation.judging_in_force import policy_in_force
from archive.preservation.signatures.adapter import Judge
from archive.preservation.signatures.policy import default_policy, policy_of
from archive.preservation.signatures.reporting import Reporter
from archive.preservation.trust.sets import TrustSnapshot
from archive.services.signatures import SignatureService
from metadata.package import PackageDocument, PackageRecord
from metadata.time import rfc3339
from storage.errors import ObjectMissingError

if TYPE_CHECKING:
    from archive.composition.installation import Installation


@dataclass(frozen=True, slots=True)
class GivenClock:
    """A clock that stands at a time that somebody asked for."""

    at: datetime
    source: str = "given"

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self.at


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page for people."""

    html: bytes
    policy: str
    """The Content-Security-Policy that it is made for."""


def signature_service(
    archive: Installation, trust: Path | None, at: datetime | None = None, *, operator: str = ""
) -> SignatureService:
    """The use case.

    Args:
        archive: With or without a home.
        trust: Folder whose certificates are anchors, used instead of the home's store.
        at: The time at which is judged; None: now.
        operator: Who is told, for the trail; empty: who runs this process.
    """
    source = archive.trust if trust is None else TrustSnapshot.from_folder(trust)
    warnings = source.warnings if isinstance(source, TrustSnapshot) else ()
    own = trust is None and archive.has_home
    judge = Judge(
        archive.workers,
        source,
        archive.clock if at is None else GivenClock(at),
        revocation=revocation_broker(archive).known() if own else (),
        policy=policy_in_force(archive.trust) if own else None,
    )
    reporter = Reporter(archive.workers)
    if not archive.has_home:
        # A private folder is made in it for each file.
        return SignatureService(judge, None, None, Path("/tmp"), reporter, warnings)  # noqa: S108
    return SignatureService(
        judge,
        archive.catalogue,
        archive.stored,
        archive.home.scratch,
        reporter,
        warnings,
        proofs=lambda identifier: _proofs(archive, identifier),
        kept=lambda names: _kept(archive, names),
        shown=lambda record, ordinal: verdicts_shown(archive, record, ordinal, operator=operator),
    )


def verdicts_shown(archive: Installation, record: PackageRecord, ordinal: int | None, *, operator: str = "") -> None:
    """Record that somebody is told the verdicts on a document's signatures; durable on return."""
    archive.dossiers.accesses.shown(record, operator or operator_name(), ordinal=ordinal, what="verdicts")


def kept_page(archive: Installation, record: PackageRecord, document: PackageDocument) -> KeptPage:
    """The page for people about the kept verdicts on a document, HTML: the newest where it was judged again.

    Nothing is judged and no file is read.

    Raises:
        ArchiveError: what is kept is lost or damaged.
    """
    from archive.preservation.signatures.page import CONTENT_POLICY, ShownFile, write_page  # noqa: PLC0415 - not always wanted

    later = archive.dossiers.later.latest(record) if document.verdicts else {}
    kept = {entry.path: later.get(entry.path, entry) for entry in document.verdicts}
    shown = [
        ShownFile(file.original_name, file.sha256, kept[file.path].verdicts if file.path in kept else ())
        for file in document.originals
    ]
    names = [entry.policy for entry in kept.values() if entry.policy]
    policy = policy_of(archive.evidence.get(names[0])) if names else default_policy()
    return KeptPage(write_page(shown, policy), CONTENT_POLICY)


def _kept(archive: Installation, names: Sequence[str]) -> Sequence[bytes]:
    """Objects of a bundle; one that is lost proves nothing, which the verdict then says."""
    found = []
    for name in names:
        with suppress(ObjectMissingError):
            found.append(archive.evidence.get(name))
    return found


def _proofs(archive: Installation, identifier: str) -> Mapping[str, str]:
    """What the evidence records prove about a dossier or document, as far as they hold now."""
    from archive.composition.evidencing import evidence  # noqa: PLC0415 - not every call has an identifier

    return {name: rfc3339(when) for name, when in evidence(archive).existence_of(identifier).items()}
