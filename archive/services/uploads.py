"""Deliveries that come over HTTP: kept in the home piece by piece until they are a delivery like any other."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from uuid import UUID, uuid4

from archive.catalogue.journal import FINAL, Job, JobStatus, Journal
from archive.durable import write_durably
from archive.jobs.runner import Runner
from archive.services.incoming import Incoming, UnsafePathError, UploadConflictError, faults
from ingest.facts import Received
from ingest.ports import Limits, Workers
from metadata.errors import NotFoundError
from metadata.findings import Finding
from metadata.time import Clock, from_rfc3339, rfc3339

KEPT = timedelta(days=7)
"""How long an upload that nobody completes is kept."""

_TOTAL_FACTOR = 4
"""An unpacked archive may be this many times the largest upload."""

_MAX_PATH_BYTES = 1000
_MAX_SEGMENT_BYTES = 240
_DEFAULT_NAME = "giao-nop"
_MIB = 1 << 20


class Opener(Protocol):
    """Where a complete upload is handed in (`archive.services.submissions`)."""

    def open(self, path: Path, *, operator: str, agency: str | None = None, submission_id: str | None = None) -> str:
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


class Uploads:
    """Uploads below `uploads/`, one folder each: `state.json`, `files/` (complete), `parts/` (not yet)."""

    def __init__(  # noqa: PLR0913 - keywords, one for each thing that it needs
        self,
        folder: Path,
        *,
        workers: Workers,
        submissions: Opener,
        journal: Journal,
        runner: Runner,
        clock: Clock,
        max_file_bytes: int,
    ) -> None:
        self._folder = folder
        self._workers = workers
        self._submissions = submissions
        self._journal = journal
        self._runner = runner
        self._clock = clock
        self._committing = threading.Lock()
        self.max_file_bytes = max_file_bytes

    # ------------------------------------------------------------ sessions

    def begin(self, name: str = "") -> str:
        """Make room for an upload; the identifier that its submission will have.

        Args:
            name: What people call the delivery, such as the name of the ZIP.
        """
        upload_id = str(uuid4())
        state = {"name": _name(name), "created": rfc3339(self._clock.now())}
        write_durably(self._folder / upload_id / "state.json", json.dumps(state, ensure_ascii=False).encode())
        return upload_id

    def files(self, upload_id: str) -> list[Arrived]:
        """What has come in so far, by path.

        Raises:
            NotFoundError: no such upload.
        """
        root = self._root(upload_id)
        whole = [Arrived(path, size, complete=True) for path, size in _listed(root / "files")]
        begun = [Arrived(path, size, complete=False) for path, size in _listed(root / "parts")]
        return sorted((*whole, *begun), key=lambda entry: entry.path)

    def arrived(self, upload_id: str, path: str) -> Arrived:
        """How far one file has come.

        Raises:
            NotFoundError: no such upload, or nothing of the file.
            UnsafePathError: no path of a delivery.
        """
        relative = _checked(path)
        root = self._root(upload_id)
        for folder, complete in (("parts", False), ("files", True)):
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
        root = self._open_root(upload_id)
        part = root / "parts" / _checked(path)
        due = part.stat().st_size if part.is_file() else 0
        if offset is not None and offset != due:
            msg = f"bytes from {due} on are due, not from {offset}"
            raise UploadConflictError(msg, due)
        return Incoming(part, due if offset is not None else 0, self.max_file_bytes)

    def complete(self, upload_id: str, path: str) -> None:
        """The file has come in whole."""
        root = self._open_root(upload_id)
        relative = _checked(path)
        target = root / "files" / relative
        with faults(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            (root / "parts" / relative).replace(target)

    # ------------------------------------------------------------ handing in

    def commit(self, upload_id: str, *, operator: str, agency: str | None = None) -> None:
        """Hand the upload in as a submission of the same identifier; a second call changes nothing.

        Raises:
            NotFoundError: no such upload.
            UploadConflictError: nothing, or only a part of a file, has come in.
        """
        with self._committing:
            if not self._is_submission(upload_id):
                self._commit(upload_id, operator, agency)

    def _commit(self, upload_id: str, operator: str, agency: str | None) -> None:
        root = self._root(upload_id)
        begun = [path for path, _ in _listed(root / "parts")]
        if begun:
            msg = f"not complete yet: {', '.join(begun[:5])}"
            raise UploadConflictError(msg)
        if not any(_listed(root / "files")):
            raise UploadConflictError("no file has been uploaded")
        with faults(root):
            delivery = root / self._state(root)["name"]
            if not delivery.exists():
                _content(root / "files").rename(delivery)
            for folder in (root, delivery, *(path for path in delivery.rglob("*") if path.is_dir())):
                _sync(folder)
        self._submissions.open(delivery, operator=operator, agency=agency, submission_id=upload_id)

    def unpack(self, upload_id: str, path: str) -> tuple[Finding, ...]:
        """Turn the one uploaded ZIP `path` into the files of the upload; findings when it breaks a rule.

        A refused upload is removed.

        Raises:
            ArchiveError: the system failed.
        """
        root = self._root(upload_id)
        packed = root / "files" / _checked(path)
        deposit = root / "unpacked"
        answer = self._workers.submit(
            "ingest.engines.unpacking:unpack",
            {
                "path": str(packed),
                "max_file_bytes": self.max_file_bytes,
                "max_total_bytes": _TOTAL_FACTOR * self.max_file_bytes,
            },
            limits=Limits(
                cpu_seconds=1800, wall_seconds=3600, memory_mib=1024, output_mib=self.max_file_bytes // _MIB + 1
            ),
            deposit=deposit,
        ).result()
        findings = tuple(Finding.model_validate(entry) for entry in answer.value.get("findings", ()))
        if answer.breach is not None:
            findings = (Finding(rule="UPL-005", subject=path, values={"detail": answer.breach}),)
        if findings:
            self.drop(upload_id)
            return tuple(entry if entry.subject else entry.model_copy(update={"subject": path}) for entry in findings)
        packed.unlink()
        self._name_members(root, answer.value["names"], answer.outputs)
        return ()

    def _name_members(self, root: Path, names: Mapping[str, str], outputs: Mapping[str, Path]) -> None:
        for number, name in names.items():
            target = root / "files" / _checked(name)
            with faults(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                outputs[number].rename(target)

    # ------------------------------------------------------------ clearing up

    def drop(self, upload_id: str) -> None:
        """Forget an upload; safe to repeat."""
        shutil.rmtree(self._folder / upload_id, ignore_errors=True)

    def sweep(self) -> int:
        """Remove what has been received by all its jobs, and what nobody completed for a week; how many."""
        removed = 0
        for root in sorted(self._folder.iterdir()) if self._folder.is_dir() else ():
            if not (root / "state.json").is_file():
                continue
            if self._is_done(root):
                self.drop(root.name)
                removed += 1
        return removed

    def _is_done(self, root: Path) -> bool:
        if self._is_submission(root.name):
            return all(self._has_received(job) for job in self._journal.of_submission(root.name))
        return self._clock.now() - from_rfc3339(self._state(root)["created"]) > KEPT

    def _has_received(self, job: Job) -> bool:
        folder = self._runner.folder(job.id)
        return job.status in FINAL - {JobStatus.FAULT} or folder.fact("receive", Received) is not None

    # ------------------------------------------------------------ finding

    def _is_submission(self, upload_id: str) -> bool:
        try:
            self._journal.submission(upload_id)
        except NotFoundError:
            return False
        return True

    def _root(self, upload_id: str) -> Path:
        try:
            root = self._folder / str(UUID(upload_id))
        except ValueError:
            raise NotFoundError(upload_id) from None
        if not (root / "state.json").is_file():
            raise NotFoundError(upload_id)
        return root

    def _open_root(self, upload_id: str) -> Path:
        if self._is_submission(upload_id):
            raise UploadConflictError("the upload is handed in already")
        return self._root(upload_id)

    def _state(self, root: Path) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((root / "state.json").read_bytes())
        return state


def _sync(folder: Path) -> None:
    """Bring the names in `folder` to the disk: once a submission is told of, its files have to be there."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _listed(folder: Path) -> Iterator[tuple[str, int]]:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.stat().st_size


def _content(folder: Path) -> Path:
    """The delivery itself: people pack the folder, so its content often lies in one single folder."""
    entries: Sequence[Path] = [entry for entry in folder.iterdir() if entry.name != "__MACOSX"]
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else folder


def _checked(path: str) -> PurePosixPath:
    segments = path.split("/")
    if (
        not path
        or len(path.encode("utf-8", "surrogatepass")) > _MAX_PATH_BYTES
        or any(segment in {"", ".", ".."} or "\\" in segment for segment in segments)
        or any(len(segment.encode("utf-8", "surrogatepass")) > _MAX_SEGMENT_BYTES for segment in segments)
        or not path.isprintable()
    ):
        raise UnsafePathError(path)
    return PurePosixPath(*segments)


def _name(name: str) -> str:
    """A folder name that people recognise; never one of the upload's own."""
    stem = "".join(letter for letter in name.replace("\\", "/").rsplit("/", maxsplit=1)[-1] if letter.isprintable())
    stem = stem.removesuffix(".zip").removesuffix(".ZIP")[:60].strip(". ")
    return stem if stem and stem not in {"files", "parts", "unpacked", "state.json"} else _DEFAULT_NAME
