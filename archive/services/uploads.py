"""Deliveries that come over HTTP: kept in the home piece by piece until they are a delivery like any other."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from archive.catalogue.journal import ENDED, DossierStatus, Job, Journal
from archive.durable import alone, write_durably
from archive.jobs.runner import Runner
from archive.services.incoming import Incoming, UploadConflictError, faults
from archive.services.resumable import Appending, Begun
from archive.services.upload_names import checked_path
from archive.services.upload_rooms import Bounds, UploadRooms, listed
from ingest.facts import Received
from ingest.ports import Reading
from metadata.corrections import NAME, Corrections, corrections_json, read_corrections
from metadata.descriptions import RecordStatus
from metadata.errors import NotFoundError
from metadata.findings import Finding
from metadata.time import Clock, from_rfc3339

DIGESTS = "digests.jsonl"
ADDED = "added"
"""Folder of files that came after the container that the delivery is."""

CORRECTED = "corrections.json"
"""What is corrected in the lists of a delivery that is handed in again."""


class Opener(Protocol):
    """Where a complete upload is handed in (`archive.services.submissions`)."""

    def open(
        self,
        path: Path,
        *,
        operator: str,
        agency: str | None = None,
        submission_id: str | None = None,
        reading: Reading = ...,
    ) -> str:
        """See `Submissions.open`."""
        ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """How far one file of an upload has come."""

    path: str
    size_bytes: int
    complete: bool
    sha256: str | None = None
    """Of the whole file, once it is complete in this call."""

    resumable: str | None = None
    """Identifier by which a file that comes in pieces is gone on with."""

    length: int | None = None
    """Bytes that it will have, where that is known."""


class Uploads(UploadRooms):
    """Uploads below `uploads/`, one folder each.

    `state.json` (what was said), `files/` (whole), `parts/` and `resumable/` (not yet), `digests.jsonl`
    (SHA-256 of what became whole); once handed in, the delivery under its own name.
    """

    def __init__(
        self,
        folder: Path,
        *,
        submissions: Opener,
        journal: Journal,
        runner: Runner,
        clock: Clock,
        bounds: Bounds,
    ) -> None:
        super().__init__(folder, journal, clock, bounds)
        self._submissions = submissions
        self._runner = runner
        self.max_file_bytes = bounds.max_file_bytes

    # ------------------------------------------------------------ files

    def files(self, upload_id: str) -> list[Arrived]:
        """What has come in so far, by path.

        Raises:
            NotFoundError: no such upload.
        """
        root = self.root(upload_id)
        whole = [
            Arrived(path, size, complete=True) for folder in ("files", ADDED) for path, size in listed(root / folder)
        ]
        begun = [Arrived(path, size, complete=False) for path, size in listed(root / "parts")]
        begun += [
            Arrived(entry.path, entry.offset, complete=False, resumable=entry.id, length=entry.length)
            for entry in self._resumable.all(root)
        ]
        return sorted((*whole, *begun), key=lambda entry: entry.path)

    def arrived(self, upload_id: str, path: str) -> Arrived:
        """How far one file has come.

        Raises:
            NotFoundError: no such upload, or nothing of the file.
            UnsafePathError: no path of a delivery.
        """
        relative = checked_path(path)
        root = self.root(upload_id)
        for folder, complete in (("parts", False), (ADDED, True), ("files", True)):
            found = root / folder / relative
            if found.is_file():
                return Arrived(path, found.stat().st_size, complete)
        raise NotFoundError(path)

    def receive(self, upload_id: str, path: str, offset: int | None) -> Incoming:
        """Open one file for the bytes from `offset` on; None begins anew.

        Raises:
            NotFoundError: no such upload.
            UnsafePathError: no path of a delivery.
            UploadConflictError: another offset is due, or the upload is committed.
        """
        root = self.open_root(upload_id)
        part = root / "parts" / checked_path(path)
        due = part.stat().st_size if part.is_file() else 0
        if offset is not None and offset != due:
            msg = f"bytes from {due} on are due, not from {offset}"
            raise UploadConflictError(msg, due)
        return Incoming(part, due if offset is not None else 0, self.max_file_bytes)

    def complete(self, upload_id: str, path: str, sha256: str) -> None:
        """The file has come in whole, with the digest that was made while it came."""
        root = self.open_root(upload_id)
        self._place(root, root / "parts" / checked_path(path), path, sha256)

    def _place(self, root: Path, part: Path, path: str, sha256: str) -> None:
        below = ADDED if self.state(root).get("overlay") else "files"
        target = root / below / checked_path(path)
        with faults(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            part.replace(target)
            with (root / DIGESTS).open("ab") as stream:
                stream.write(json.dumps([path, sha256], ensure_ascii=False).encode() + b"\n")

    def move_files(self, source_id: str, target_id: str) -> None:
        """Take the whole files of one upload into another, where they replace those of the same path.

        Raises:
            NotFoundError: no such upload.
            UploadConflictError: one of them is handed in.
        """
        source, target = self.open_root(source_id), self.open_root(target_id)
        digests = digests_in(source)
        for path, _ in list(listed(source / "files")):
            self._place(target, source / "files" / path, path, digests.get(path, ""))

    # ------------------------------------------------------------ files that come in pieces

    def begin_file(self, upload_id: str, path: str, length: int, metadata: str = "") -> Begun:
        """See `Resumable.begin`; an earlier beginning of the same file is forgotten.

        Raises:
            NotFoundError: no such upload.
            UploadConflictError: the upload is handed in.
        """
        root = self.open_root(upload_id)
        checked_path(path)
        for begun in self._resumable.all(root):
            if begun.path == path:
                with suppress(NotFoundError):
                    self._resumable.end(root, begun.id)
        begun = self._resumable.begin(root, path, length, metadata)
        return self.settled(upload_id, begun)

    def begun_file(self, upload_id: str, file_id: str) -> Begun:
        """How far a file is.

        Raises:
            NotFoundError: no such upload or file.
        """
        return self.settled(upload_id, self._resumable.of(self.root(upload_id), file_id))

    def continue_file(self, upload_id: str, file_id: str, offset: int, checksum: tuple[str, bytes] | None) -> Appending:
        """See `Resumable.appending`; `settled` afterwards."""
        return self._resumable.appending(self.open_root(upload_id), file_id, offset, checksum)

    def settled(self, upload_id: str, begun: Begun) -> Begun:
        """Take a file that is whole into the delivery; safe to repeat, also after a crash in between."""
        if begun.is_whole and not self.is_submission(upload_id):
            root = self.root(upload_id)
            self._resumable.settle(root, begun, lambda part, digest: self._place(root, part, begun.path, digest))
        return begun

    def end_file(self, upload_id: str, file_id: str) -> None:
        """See `Resumable.end`."""
        self._resumable.end(self.open_root(upload_id), file_id)

    # ------------------------------------------------------------ handing in

    def commit(self, upload_id: str, *, operator: str, agency: str | None = None) -> None:
        """Hand the upload in as a submission of the same identifier; a second call changes nothing.

        Raises:
            NotFoundError: no such upload.
            UploadConflictError: nothing, or only a part of a file, has come in.
        """
        # Of all processes that answer, one hands in at a time.
        with alone(self._folder / ".committing", wait=True):
            if not self.is_submission(upload_id):
                self._commit(upload_id, operator, agency)

    def _commit(self, upload_id: str, operator: str, agency: str | None) -> None:
        root = self.root(upload_id)
        for entry in self._resumable.all(root):
            self.settled(upload_id, entry)
        begun = [path for path, _ in listed(root / "parts")] + [entry.path for entry in self._resumable.all(root)]
        if begun:
            msg = f"not complete yet: {', '.join(begun[:5])}"
            raise UploadConflictError(msg)
        if not any(listed(root / "files")):
            raise UploadConflictError("no file has been uploaded")
        state = self.state(root)
        with faults(root):
            delivery = root / state["name"]
            if not delivery.exists():
                # What is handed in again lies as it lay, or the places that its findings named would be others.
                content = root / "files" if state.get("corrects") else _content(root / "files")
                if content.parent == root / "files":
                    state["inside"] = content.name
                    write_durably(root / "state.json", json.dumps(state, ensure_ascii=False).encode())
                content.rename(delivery)
            if state.get("corrects"):
                self._lay_corrections(root, delivery, overlay=bool(state.get("overlay")))
            for folder in (root, delivery, *(path for path in root.rglob("*") if path.is_dir())):
                _sync(folder)
        # Uploads that were begun by an older version say nothing of either.
        status = RecordStatus(state["status"]) if state.get("status") else None
        accepted = bool(state.get("accept_suggestions"))
        reading = Reading(register=bool(state.get("register")), status=status, accept_suggestions=accepted)
        if state.get("corrects"):
            reading = replace(
                reading,
                corrections=_corrections(root),
                added=root / ADDED if (root / ADDED).is_dir() else None,
                received=digests_in(root),
            )
        self._submissions.open(delivery, operator=operator, agency=agency, submission_id=upload_id, reading=reading)

    def _lay_corrections(self, root: Path, delivery: Path, *, overlay: bool) -> None:
        """Put the correction file among the metadata files; without what was said of lists that came anew."""
        told = _corrections(root)
        if told is None:
            return
        added = {path for path, _ in listed(root / ADDED)}
        current = digests_in(root)
        anew = {
            path
            for path, digest in told.sheets.items()
            if (path in added if overlay else digest != current.get(path, digest))
        }
        told = told.without(frozenset(anew))
        write_durably(root / CORRECTED, corrections_json(told))
        write_durably((root / ADDED if overlay else delivery) / NAME, corrections_json(told))

    def packed_name(self, upload_id: str) -> str:
        """What the one ZIP that is the whole delivery is called in the upload.

        Raises:
            NotFoundError: no such upload.
        """
        return f"{self.state(self.root(upload_id))['name']}.zip"

    # ------------------------------------------------------------ clearing up

    def sweep(self) -> int:
        """Remove what no job and no correction needs any more, and what nobody completed for a week; how many."""
        removed = 0
        for root in sorted(self._folder.iterdir()) if self._folder.is_dir() else ():
            if root.name.startswith(".") or not (root / "state.json").is_file():
                self.clear(root)
                continue
            if self._is_done(root):
                self.drop(root.name)
                removed += 1
        return removed

    def _is_done(self, root: Path) -> bool:
        if self.is_submission(root.name):
            jobs = self._journal.of_submission(root.name)
            return all(self._has_received(job) for job in jobs) and not self._may_be_corrected(root, jobs)
        return self.is_over(self.state(root))

    def resubmitted(self) -> list[str]:
        """Uploads whose files were taken from an earlier submission, and which are submissions by now."""
        found = []
        for path in self._folder.glob("[!.]*/state.json"):
            with suppress(FileNotFoundError):
                if self.state(path.parent).get("corrects") and self.is_submission(path.parent.name):
                    found.append(path.parent.name)
        return found

    def supersede(self, upload_id: str) -> None:
        """What was refused of the upload was handed in again: its files need not wait any longer."""
        with suppress(NotFoundError):
            root = self.root(upload_id)
            write_durably(root / "state.json", json.dumps({**self.state(root), "superseded": True}).encode())

    def keeps(self, submission_id: str) -> bool:
        """Whether the files of a submission are still there."""
        try:
            root = self.root(submission_id)
        except NotFoundError:
            return False
        return (root / str(self.state(root)["name"])).is_dir()

    def _may_be_corrected(self, root: Path, jobs: Sequence[Job]) -> bool:
        """Whether something of it was refused, or still may be: what a machine or a person has not ended yet."""
        if self.state(root).get("superseded") or any(must_not_stay(job.findings) for job in jobs):
            return False
        refused = {DossierStatus.REJECTED, DossierStatus.RETURNED}
        open_jobs = [job for job in jobs if job.result in refused or job.status not in ENDED]
        return any(self._clock.now() - from_rfc3339(job.updated_at) <= self.bounds.refused for job in open_jobs)

    def _has_received(self, job: Job) -> bool:
        folder = self._runner.folder(job.id)
        return job.status in ENDED or folder.fact("receive", Received) is not None


def _sync(folder: Path) -> None:
    """Bring the names in `folder` to the disk: once a submission is told of, its files have to be there."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def must_not_stay(findings: Iterable[Finding]) -> bool:
    """Whether files with such findings may not wait to be corrected: state secrets never stay here, malware neither."""
    return any(finding.rule.startswith("SEC-") or finding.rule == "ING-040" for finding in findings)


def digests_in(root: Path) -> dict[str, str]:
    """SHA-256 of the files of an upload by path in the delivery, as they were made while the files came."""
    inside = json.loads((root / "state.json").read_bytes()).get("inside")
    try:
        lines = (root / DIGESTS).read_bytes().splitlines()
    except FileNotFoundError:
        return {}
    found: dict[str, str] = {}
    for line in lines:
        # The last line of a killed server may be half.
        with suppress(ValueError):
            path, digest = json.loads(line)
            found[path.removeprefix(f"{inside}/") if inside else path] = digest
    return found


def _corrections(root: Path) -> Corrections | None:
    try:
        return read_corrections((root / CORRECTED).read_bytes())
    except FileNotFoundError:
        return None


def _content(folder: Path) -> Path:
    """The delivery itself: people pack the folder, so its content often lies in one single folder."""
    entries: Sequence[Path] = [entry for entry in folder.iterdir() if entry.name != "__MACOSX"]
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else folder
