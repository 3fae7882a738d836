"""Use case `signatures replay`: judges again from the kept evidence alone, and compares with the verdict at intake."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.catalogue.holdings import Catalogue
from archive.preservation.signatures.kept_verdicts import (
    KeptVerdicts,
    KeptVerdictsUnreadableError,
    certificates_of_set,
)
from archive.services.accesses import Shown
from archive.services.stored_packages import StoredPackages
from ingest.ports import Limits, Workers
from metadata.errors import ToolUnreadableError
from metadata.package import FileVerdicts, PackageFile, PackageRecord
from storage.errors import ObjectMissingError, RecordUnreadableError, UnsafeKeyError
from storage.evidence import EvidenceObjects

TASK = "archive.preservation.signatures.replay_task:replay"
REPLAY_LIMITS = Limits(cpu_seconds=120.0, wall_seconds=360.0, memory_mib=2048, output_mib=4)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of judging one original again."""

    file: str
    kept: tuple[Mapping[str, Any], ...]
    """Verdicts at intake, as JSON; empty: the file carries no signature."""

    same: bool | None
    """None: the first release gave the verdicts and kept nothing of what they leant on."""

    altered: tuple[str, ...] = ()
    """What is no longer what it was, or is lost: `original`, `trust-set …`, `object …`."""

    differences: tuple[Mapping[str, Any], ...] = ()
    now: tuple[Mapping[str, Any], ...] = ()
    """Verdicts as they come out now, where they differ."""

    engine: str = ""
    """Engine and version that judged now."""

    note: str = ""

    @property
    def engine_changed(self) -> bool:
        """Whether another version of the engine gave the kept verdicts."""
        return any(verdict.get("engine") != self.engine for verdict in self.kept)


@dataclass(frozen=True, slots=True)
class Replaying:
    """Judges again."""

    catalogue: Catalogue
    stored: StoredPackages
    objects: EvidenceObjects
    workers: Workers
    scratch: Path
    shown: Shown
    """Told of a dossier or document before anything of it is."""

    def replay(self, identifier: str) -> Iterator[Replayed]:
        """Judge again what `identifier` names: each original of a dossier or document.

        Raises:
            NotFoundError: nothing has that identifier.
            ArchiveError: the system failed. Evidence that is lost is no fault but an answer.
        """
        for place in self.catalogue.find(identifier):
            records = self.catalogue.records(place.dossier_id)
            self.shown(records[0], place.ordinal)
            for record in records:
                for document in record.documents:
                    if place.ordinal not in {None, document.ordinal}:
                        continue
                    kept = {entry.path: entry for entry in document.verdicts}
                    for file in document.originals:
                        name = f"{record.dossier_id}/{document.ordinal}/{file.path}"
                        yield self._replay(name, record, file, kept.get(file.path))

    def _replay(self, name: str, record: PackageRecord, file: PackageFile, entry: FileVerdicts | None) -> Replayed:
        if entry is None:
            return Replayed(name, (), same=True)
        found = KeptVerdicts.of_json(entry.model_dump(mode="json"))
        if found.is_provisional:
            note = "judged by the first release, which kept no validation bundle: judge anew with `signatures validate`"
            return Replayed(name, found.verdicts, same=None, note=note)
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            room = Path(folder)
            self._gather(room, record, file, found)
            arguments = {"room": str(room), "kept": entry.model_dump(mode="json")}
            answer = self.workers.submit(TASK, arguments, limits=REPLAY_LIMITS).result()
        if answer.breach is not None:
            note = f"limit-breached: the file could not be judged within its limits ({answer.breach})"
            return Replayed(name, found.verdicts, same=False, altered=(note,))
        try:
            said = answer.value
            return Replayed(
                name,
                found.verdicts,
                same=said["same"],
                altered=tuple(said["altered"]),
                differences=tuple(said["differences"]),
                now=tuple(said["now"]),
                engine=said["engine"],
                note=said["note"],
            )
        except (KeyError, TypeError) as error:
            raise ToolUnreadableError(TASK, str(error)) from error

    def _gather(self, room: Path, record: PackageRecord, file: PackageFile, kept: KeptVerdicts) -> None:
        """Put all that the verdicts lean on into `room`, each object under its digest; what is lost is absent."""
        (room / "objects").mkdir()
        self._fetch(record, file, room / f"original{Path(file.path).suffix}")
        named = {sha256: self._object(sha256) for sha256 in kept.named()}
        trust_set = named.get(kept.trust_set)
        if trust_set is not None:
            with suppress(KeptVerdictsUnreadableError):
                named |= {sha256: self._object(sha256) for sha256 in certificates_of_set(trust_set)}
        for sha256, data in named.items():
            if data is not None:
                (room / "objects" / sha256).write_bytes(data)
        content = self._signed(record, kept.content)
        if content is not None:
            self._fetch(record, content, room / "content")

    def _object(self, sha256: str) -> bytes | None:
        """An evidence object; None: it is lost, or its bytes are no longer those of its name."""
        try:
            return self.objects.get(sha256)
        except (ObjectMissingError, RecordUnreadableError, UnsafeKeyError):
            return None

    @staticmethod
    def _signed(record: PackageRecord, sha256: str) -> PackageFile | None:
        files = (file for document in record.documents for file in document.originals)
        return next((file for file in files if sha256 and file.sha256 == sha256), None)

    def _fetch(self, record: PackageRecord, file: PackageFile, target: Path) -> None:
        with suppress(ObjectMissingError), self.stored.open(record, file) as stream, target.open("wb") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
