"""The signatures of a document in time: what was claimed, what is proven, what the archive did, what ends when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol

from archive.preservation.evidence.history import Stamp, StampKind
from archive.preservation.signatures.certificates import Certificate, CertificateUnreadableError, certificate
from archive.services.later_verdicts import EvidenceReader
from metadata.package import FileVerdicts, PackageDocument, PackageRecord
from metadata.time import rfc3339
from metadata.verdicts import SignatureVerdict
from storage.errors import ObjectMissingError, RecordUnreadableError, UnsafeKeyError

_LOOKED_AT = 60
"""Objects of one verdict in which a signer's certificate is looked for."""


@unique
class Moment(StrEnum):
    """What happened."""

    CLAIMED = "claimed"
    """A signer says that he signed then; nothing proves it."""

    PROVEN = "proven"
    """A signature is proven to have existed."""

    STAMPED_IN_FILE = "stamped-in-file"
    """A time-stamp inside the file."""

    RECEIVED = "received"
    JUDGED = "judged"
    STORED = "stored"
    JUDGED_AGAIN = "judged-again"
    EVIDENCE = "evidence"
    """A batch of the archive with the document in it was time-stamped."""

    RENEWED = "renewed"
    CERTIFICATE_ENDS = "certificate-ends"
    """The certificate of a signer."""

    PROOF_ENDS = "proof-ends"
    """The certificate of the authority whose time-stamp is the youngest: until then it has to be renewed."""


_IN_ORDER = {moment: place for place, moment in enumerate(Moment)}


@dataclass(frozen=True, slots=True)
class Told:
    """One point of the line."""

    at: str
    """RFC 3339."""

    moment: Moment
    who: str = ""
    """Signer, authority or engine."""

    by: str = ""
    """What proves it: a word of `SignatureVerdict.best_time_proof`."""


class Lines(Protocol):
    """Gives the archive's time-stamps over a document (`archive.services.evidence_lookup`)."""

    def line_of(self, record: PackageRecord, document: PackageDocument) -> tuple[Stamp, ...]:
        """Oldest first; empty: none yet."""
        ...


@dataclass(frozen=True, slots=True)
class SignatureTimes:
    """Puts the line together. Nothing is judged; of evidence only the index and small objects are read."""

    objects: EvidenceReader
    evidence: Lines

    def of(
        self,
        record: PackageRecord,
        document: PackageDocument,
        later: Mapping[str, FileVerdicts],
        stored_at: str,
    ) -> list[Told]:
        """All that is known, oldest first.

        Args:
            record: The part that has the document.
            document: Of which.
            later: The newest verdicts by path, where files were judged again.
            stored_at: When storage acknowledged the dossier, RFC 3339.

        Raises:
            ArchiveError: evidence cannot be read.
        """
        found = [Told(record.received_at, Moment.RECEIVED), Told(stored_at, Moment.STORED)]
        for entry in document.verdicts:
            found.append(Told(entry.judged_at, Moment.JUDGED, entry.engine))
            newest = later.get(entry.path, entry)
            if newest is not entry:
                found.append(Told(newest.judged_at, Moment.JUDGED_AGAIN, newest.engine))
            for verdict in newest.verdicts:
                found += _of_signature(verdict)
            found += self._ends(newest)
        found += _of_evidence(self.evidence.line_of(record, document))
        known = dict.fromkeys(told for told in found if told.at)
        return sorted(known, key=lambda told: (told.at, _IN_ORDER[told.moment]))

    def _ends(self, entry: FileVerdicts) -> Iterator[Told]:
        """Until when the certificates of signers are valid, as far as they are kept."""
        wanted = {verdict.signer_subject for verdict in entry.verdicts if verdict.kind == "signature"} - {None, ""}
        if wanted:
            for found in self._certificates(entry.objects[:_LOOKED_AT]):
                if found.name in wanted:
                    yield Told(rfc3339(found.not_after), Moment.CERTIFICATE_ENDS, found.common_name)

    def _certificates(self, names: Sequence[str]) -> Iterator[Certificate]:
        for name in names:
            try:
                yield certificate(self.objects.get(name))
            except (CertificateUnreadableError, ObjectMissingError, RecordUnreadableError, UnsafeKeyError):
                # A list, an answer or a time-stamp; or an object that is lost, which replaying tells.
                continue


def _of_signature(verdict: SignatureVerdict) -> Iterator[Told]:
    who = verdict.signer or verdict.field or ""
    if verdict.kind == "document-timestamp":
        if verdict.best_time:
            yield Told(verdict.best_time, Moment.STAMPED_IN_FILE, who)
        return
    if verdict.signing_time:
        yield Told(verdict.signing_time, Moment.CLAIMED, who)
    if verdict.best_time:
        yield Told(verdict.best_time, Moment.PROVEN, who, (verdict.best_time_proof or "").partition(" ")[0])


def _of_evidence(line: Sequence[Stamp]) -> Iterator[Told]:
    for stamp in line:
        first = stamp.kind is StampKind.BATCH
        yield Told(rfc3339(stamp.time), Moment.EVIDENCE if first else Moment.RENEWED, stamp.signer)
    if line:
        yield Told(rfc3339(line[-1].expires), Moment.PROOF_ENDS, line[-1].signer)
