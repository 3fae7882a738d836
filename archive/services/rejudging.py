"""Use case: judging again what was judged without enough at hand, long after the package was stored.

The package is never rewritten. What comes out is kept as an object under
`evidence/`, an event in the trail names it by digest, and the catalogue shows
it; a rebuild finds all of it again in storage.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from archive.catalogue.duties import NEVER, Duties, DutyKind, Owed
from archive.catalogue.holdings import Catalogue, gravest_indication
from archive.catalogue.journal import Job
from archive.catalogue.trail import AuditTrail
from archive.services.later_verdicts import LaterVerdicts, judgement_document
from ingest.ports import EvidenceJudge, Judgement
from metadata.errors import ArchiveError
from metadata.events import EventType
from metadata.package import FileVerdicts, PackageDocument, PackageFile, PackageRecord
from metadata.time import Clock, rfc3339
from metadata.verdicts import Indication, SignatureVerdict

FIRST_WAIT = timedelta(minutes=10)
LONGEST_WAIT = timedelta(days=7)
"""How long a duty rests before it is tried again: doubled each time."""

TRUST_WAIT = timedelta(minutes=5)
_DETACHED = ".p7s"
_WITHOUT_TRUST = "trust-empty"
_WAITS_FOR_DATA = "TRY_LATER"


class EvidenceKeeper(Protocol):
    """Keeps objects for ever (`storage.evidence.EvidenceObjects`)."""

    def put(self, data: bytes) -> str:
        """Keep `data`; its SHA-256."""
        ...


class Shelf(Protocol):
    """Stored packages, as far as their files can be read (`StoredPackages`)."""

    def open(self, record: PackageRecord, file: PackageFile) -> AbstractContextManager[BinaryIO]:
        """The bytes of a file."""
        ...


class Trusted(Protocol):
    """Trust, as far as it tells whether anything can be judged."""

    def usable(self) -> tuple[str, ...]:
        """Why nothing can; empty: something can."""
        ...


@dataclass(frozen=True, slots=True)
class Rejudging:
    """Judges stored documents again when that may change something.

    Args:
        judge: With the trust in force; collects revocation data.
        may_ask: Whether any address may be asked for revocation data.
    """

    catalogue: Catalogue
    stored: Shelf
    duties: Duties
    trail: AuditTrail
    judge: EvidenceJudge
    keeper: EvidenceKeeper
    later: LaterVerdicts
    trusted: Trusted
    may_ask: bool
    scratch: Path
    clock: Clock

    # ------------------------------------------------------------ what is owed

    def note(self, dossier_id: str) -> None:
        """Open the duties of a dossier that its verdicts ask for; safe to repeat.

        Raises:
            NotFoundError: no such dossier.
        """
        records = self.catalogue.records(dossier_id)
        needs = [need_of(entry) for entry in self._current(records)]
        for kind in DutyKind:
            total = needs.count(kind)
            if total:
                first = records[0]
                why = f"{total} files judged without " + ("trust" if kind is DutyKind.REJUDGE else "revocation data")
                owed = Owed(kind, dossier_id, first.submission_id, first.agency, first.file_code, total, why)
                # Not at once: whoever judged a moment ago had the same at hand.
                self.duties.owe(owed, due_at=self._first(kind))

    def reapply(self, dossier_id: str) -> None:
        """Tell a rebuilt catalogue what was judged again since, and what is still owed."""
        for record in self.catalogue.records(dossier_id):
            again = self.later.latest(record)
            for document in record.documents:
                if any(entry.path in again for entry in document.verdicts):
                    self.catalogue.set_verdict(dossier_id, document.ordinal, _gravest(document, again))
        self.note(dossier_id)

    def _current(self, records: Sequence[PackageRecord]) -> Iterator[FileVerdicts]:
        for record in records:
            entries = [entry for _, entry in _entries(record)]
            again = self.later.latest(record) if any(need_of(entry) is not None for entry in entries) else {}
            yield from (again.get(entry.path, entry) for entry in entries)

    # ------------------------------------------------------------ working it off

    def work_due(self, limit: int, stopped: Callable[[], bool] = lambda: False) -> int:
        """Take up duties whose time has come; how many.

        Args:
            limit: At most so many.
            stopped: Asked between two of them.
        """
        worked = 0
        for duty in self.duties.due(limit):
            if stopped():
                break
            self.work(duty.id)
            worked += 1
        return worked

    def work(self, duty_id: str) -> Job:
        """Take up one duty now, whether its time has come or not; what became of it.

        A fault of the system ends in the duty and is not raised.

        Raises:
            NotFoundError: there is none.
        """
        duty = self.duties.take(duty_id)
        if duty is None:
            return self.duties.duty(duty_id)
        try:
            self._work(duty)
        except ArchiveError as error:
            if error.retryable:
                self.duties.wait(duty, until=self._later(duty), code=error.code, why=str(error))
            else:
                self.duties.fault(duty, code=error.code, why=str(error))
        return self.duties.duty(duty_id)

    def _work(self, duty: Job) -> None:
        reasons = self.trusted.usable()
        if reasons:
            until = rfc3339(self.clock.now() + TRUST_WAIT)
            self.duties.wait(duty, until=until, code="trust.unusable", why="; ".join(reasons))
            return
        kind = DutyKind(duty.kind)
        left: list[str] = []
        done = 0
        for record in self.catalogue.records(duty.package_id):
            again = dict(self.later.latest(record))
            for document, entry in _entries(record):
                before = again.get(entry.path, entry)
                if need_of(before) is not kind:
                    continue
                now, missing = self._judged(record, document, before, kind)
                again[entry.path] = now
                if now is not before:
                    self.catalogue.set_verdict(record.dossier_id, document.ordinal, _gravest(document, again))
                if need_of(now) is kind:
                    left += [f"{document.ordinal}: {'; '.join((*_open_reasons(now), *missing))}"]
                done += 1
                self.duties.told(duty.id, done)
        if left:
            code = f"{duty.kind}.missing"
            self.duties.wait(duty, until=self._later(duty), code=code, why="; ".join(dict.fromkeys(left)))
        else:
            self.duties.finish(duty)
        # What was judged without trust may now be found to lack revocation data.
        self.note(duty.package_id)

    def _first(self, kind: DutyKind) -> str:
        if kind is DutyKind.REJUDGE:
            return rfc3339(self.clock.now() + TRUST_WAIT)
        return rfc3339(self.clock.now() + FIRST_WAIT) if self.may_ask else NEVER

    def _later(self, duty: Job) -> str:
        if duty.kind == DutyKind.EVIDENCE.value and not self.may_ask:
            return NEVER
        return rfc3339(self.clock.now() + min(FIRST_WAIT * 2 ** min(duty.attempt - 1, 12), LONGEST_WAIT))

    def _judged(
        self, record: PackageRecord, document: PackageDocument, before: FileVerdicts, kind: DutyKind
    ) -> tuple[FileVerdicts, tuple[str, ...]]:
        """The verdicts of now, kept and recorded where they differ from `before`, else `before` itself; what lacks."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            subject = self._fetched(record, _file(record, before), Path(folder) / "subject")
            signed = _signed_file(record, before)
            contents = {subject: self._fetched(record, signed, Path(folder) / "signed")} if signed is not None else {}
            judgement = self.judge.judgements([subject], contents=contents)[0]
        if _without_seal(judgement.verdicts) == _without_seal(before.verdicts):
            return before, judgement.missing
        now = self._kept(before, judgement)
        detail = {
            "judgement": self.keeper.put(judgement_document(record.package_id, kind.value, now)),
            "document": str(document.ordinal),
            "file": now.sha256,
            "reason": kind.value,
            "trust_set": now.trust_set,
            "indication": gravest_indication([now]),
        }
        self.trail.record(
            self.trail.event(EventType.SIGNATURE_VALIDATION, record.package_id, agency=record.agency, detail=detail)
        )
        return now, judgement.missing

    def _kept(self, before: FileVerdicts, judgement: Judgement) -> FileVerdicts:
        """The judgement as it is kept, after all that it leans on was kept."""
        objects = sorted(self.keeper.put(data) for data in judgement.objects)
        for data in judgement.keepsakes:
            self.keeper.put(data)
        seal = judgement.verdicts[0] if judgement.verdicts else None
        return FileVerdicts(
            path=before.path,
            sha256=before.sha256,
            trust_set=seal.trust_set if seal else self.judge.trust_set(),
            policy=seal.policy if seal else "",
            judged_at=seal.judged_at if seal else rfc3339(self.clock.now()),
            engine=seal.engine if seal else "",
            facts=self.keeper.put(judgement.facts) if judgement.facts else "",
            objects=tuple(objects),
            content=before.content,
            verdicts=judgement.verdicts,
        )

    def _fetched(self, record: PackageRecord, file: PackageFile, folder: Path) -> Path:
        folder.mkdir()
        copy = folder / Path(file.path).name
        with self.stored.open(record, file) as stream, copy.open("wb") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
        return copy


def need_of(entry: FileVerdicts) -> DutyKind | None:
    """Why the signatures of a file should be judged again; None: nothing would come of it today."""
    if any(reason.startswith(_WITHOUT_TRUST) for verdict in entry.verdicts for reason in verdict.reasons):
        return DutyKind.REJUDGE
    if any(verdict.subindication == _WAITS_FOR_DATA for verdict in entry.verdicts):
        return DutyKind.EVIDENCE
    return None


def _open_reasons(entry: FileVerdicts) -> tuple[str, ...]:
    still = [verdict for verdict in entry.verdicts if verdict.indication is Indication.INDETERMINATE]
    return tuple(dict.fromkeys(reason for verdict in still for reason in verdict.reasons))


def _entries(record: PackageRecord) -> Iterator[tuple[PackageDocument, FileVerdicts]]:
    for document in record.documents:
        for entry in document.verdicts:
            yield document, entry


def _file(record: PackageRecord, entry: FileVerdicts) -> PackageFile:
    return next(file for document in record.documents for file in document.originals if file.path == entry.path)


def _signed_file(record: PackageRecord, entry: FileVerdicts) -> PackageFile | None:
    """The file that a detached signature signs, by the digest that intake kept, else by its name."""
    originals = [file for document in record.documents for file in document.originals]
    if entry.content:
        return next((file for file in originals if file.sha256 == entry.content), None)
    name = _file(record, entry).original_name
    if not name.lower().endswith(_DETACHED):
        return None
    return next((file for file in originals if file.original_name == name[: -len(_DETACHED)]), None)


def _gravest(document: PackageDocument, again: Mapping[str, FileVerdicts]) -> str:
    return gravest_indication([again.get(entry.path, entry) for entry in document.verdicts])


def _without_seal(verdicts: Sequence[SignatureVerdict]) -> list[dict[str, Any]]:
    """Verdicts without when and with which set they were given: what a reader would call the same."""
    seal = {"judged_at", "trust_set", "policy", "engine"}
    return [verdict.model_dump(mode="json", exclude=seal) for verdict in verdicts]
