"""Handing in again what was rejected or returned: corrected, completed, without sending its files a second time.

The files of such a delivery stay in its upload's folder for `Bounds.refused`. What is handed in
again is a new upload that begins with all of them (the same bytes on the disk, compared with
their first digests when they are read), to which corrections and further files come.
What was corrected, and which submission follows which, is kept beside the receipts.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from archive.catalogue.journal import FINAL, DossierStatus, Job, JobStatus, Journal
from archive.catalogue.trail import AuditTrail
from archive.durable import write_durably
from archive.services.incoming import UploadConflictError, faults
from archive.services.upload_rooms import listed
from archive.services.uploads import ADDED, CORRECTED, DIGESTS, Uploads, digests_in, must_not_stay
from metadata.corrections import NAME, Correction, Corrections, corrections_json, read_corrections
from metadata.descriptions import RecordStatus
from metadata.errors import NotFoundError, UsageError
from metadata.events import EventType
from metadata.findings import Finding, Severity
from metadata.rules import severity_of
from metadata.time import Clock, from_rfc3339, rfc3339

AGAIN = frozenset({DossierStatus.REJECTED, DossierStatus.RETURNED})
"""Results after which a dossier may be handed in again."""

MOST_PLACES = 500
"""Cells that are offered for correction at once; more are better corrected in the list itself."""

_SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv")
_CORRECTABLE_READER = "folder"
Place = tuple[str, str | None, int, str]
"""Spreadsheet, worksheet, row, column."""


@dataclass(frozen=True, slots=True)
class Correctable:
    """A cell that can be corrected in place."""

    place: Place
    delivered: str
    """The value as written, as the findings know it."""

    findings: tuple[Finding, ...]
    file_code: str
    """Of the dossier that it describes."""

    is_error: bool


@dataclass(frozen=True, slots=True)
class Again:
    """What may be done with a delivery of which something was rejected or returned."""

    until: datetime
    """When its files are forgotten."""

    correctable: tuple[Correctable, ...]
    sheets: tuple[str, ...]
    """Spreadsheets that may be sent again, as the findings name them."""

    missing: tuple[tuple[str, str], ...]
    """Files that rows name and that did not come: path as written, and where it is looked for."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a submission's place among others."""

    corrects: str = ""
    """The submission that this one hands in again."""

    superseded_by: str = ""
    corrections: Corrections = field(default_factory=Corrections)


class Resubmissions:
    """Begins uploads from what is kept of earlier ones.

    Args:
        uploads: Where the files are.
        journal: What became of the dossiers.
        folder: Where is kept what was corrected.
        trail: Where corrections are recorded.
        clock: For the time of corrections.
        is_packed: Whether a delivery is a folder that holds nothing but a container.
    """

    def __init__(
        self,
        uploads: Uploads,
        journal: Journal,
        folder: Path,
        trail: AuditTrail,
        clock: Clock,
        is_packed: Callable[[Path], bool],
    ) -> None:
        self._trail = trail
        self._is_packed = is_packed
        self._uploads = uploads
        self._journal = journal
        self._folder = folder
        self._clock = clock

    # ------------------------------------------------------------ looking

    def told(self, submission_id: str) -> Told:
        """What is known of a submission's place among others."""
        own, later = self._kept(f"{submission_id}.json"), self._kept(f"{submission_id}.later.json")
        corrections = Corrections.model_validate(own.get("corrections", {}))
        return Told(own.get("corrects", ""), later.get("superseded_by", ""), corrections)

    def is_offered(self, submission_id: str, states: Collection[str]) -> bool:
        """Whether something of a submission may be handed in again; cheap, for pages that many look at.

        Args:
            submission_id: The submission.
            states: Of its dossiers, as `Journal.tally` names them.
        """
        found = set(states)
        if not {*AGAIN, "cancelled"} & found or {"waiting", "running", "awaiting_approval", "fault"} & found:
            return False
        return not self.told(submission_id).superseded_by and self._uploads.keeps(submission_id)

    def possible(self, submission_id: str) -> Again | None:
        """What may be corrected and completed; None where nothing was refused, or nothing is kept any more.

        Raises:
            NotFoundError: no such submission.
        """
        submission = self._journal.submission(submission_id)
        jobs = self._journal.of_submission(submission_id)
        try:
            self._base(submission_id, jobs)
        except (NotFoundError, UploadConflictError):
            return None
        refused = [job for job in jobs if job.result in AGAIN]
        in_place = submission["reader"] == _CORRECTABLE_READER
        sheets = {finding.file for job in refused for finding in job.findings if _is_sheet(finding.file)}
        return Again(
            until=max(from_rfc3339(job.updated_at) for job in refused) + self._uploads.bounds.refused,
            correctable=tuple(_correctable(refused)) if in_place else (),
            sheets=tuple(sorted(name for name in sheets if name)),
            missing=tuple(dict(_missing(refused)).items()),
        )

    def _base(self, submission_id: str, jobs: Sequence[Job]) -> Path:
        if not any(job.result in AGAIN for job in jobs):
            msg = "nothing of it was rejected or returned"
            raise UploadConflictError(msg)
        if any(job.status not in FINAL or job.status is JobStatus.FAULT for job in jobs):
            msg = "some of it is still under way"
            raise UploadConflictError(msg)
        if any(must_not_stay(job.findings) for job in jobs):
            msg = "it holds what may not be kept: a state secret, or malware"
            raise UploadConflictError(msg)
        if self.told(submission_id).superseded_by:
            msg = "it was handed in again already"
            raise UploadConflictError(msg)
        root = self._uploads.root(submission_id)
        delivery = root / self._uploads.state(root)["name"]
        if not delivery.is_dir():
            raise NotFoundError(submission_id)
        return root

    # ------------------------------------------------------------ beginning

    def begin(self, submission_id: str, values: Mapping[Place, str], *, login: str, reason: str) -> str:
        """An open upload with all files of the delivery and its corrections.

        Args:
            submission_id: Of which something was rejected or returned.
            values: New values by cell; those that `possible` names.
            login: Who corrects, and will hand in.
            reason: Why, for all of `values`.

        Raises:
            NotFoundError: no such submission, or its files are not kept any more.
            UploadConflictError: nothing of it may be handed in again.
            UsageError: a cell cannot be corrected in place, or there is no reason.
        """
        jobs = self._journal.of_submission(submission_id)
        self._journal.submission(submission_id)
        base = self._base(submission_id, jobs)
        known = {entry.place: entry for entry in _correctable([job for job in jobs if job.result in AGAIN])}
        if values and not reason.strip():
            msg = "a correction needs a reason"
            raise UsageError(msg)
        unknown = [place for place in values if place not in known]
        if unknown:
            msg = f"row {unknown[0][2]} of {unknown[0][0]!r} has no finding that could be corrected in place"
            raise UsageError(msg)
        state = self._uploads.state(base)
        delivery = base / state["name"]
        packed = self._is_packed(delivery)
        digests = digests_in(base)
        at = rfc3339(self._clock.now())
        fresh = tuple(
            Correction(
                file=place[0],
                sheet=place[1],
                row=place[2],
                column=place[3],
                delivered=known[place].delivered,
                value=value,
                by=login,
                at=at,
                reason=reason.strip(),
            )
            for place, value in values.items()
        )
        sheets = {entry.file: "" if packed else digests.get(entry.file, "") for entry in fresh}
        before = _earlier(base)
        corrections = before.having(Corrections(sheets=sheets, corrections=fresh))
        upload_id = self._uploads.begin(
            state["name"], owner=login, corrects=submission_id, overlay=packed, **_said(state)
        )
        self._fill(self._uploads.root(upload_id), base, delivery, corrections)
        if fresh:
            # What was corrected may speak of people: the trail proves it by its digest, the file lies with the lists.
            detail = {
                "submission": upload_id,
                "cells": str(len(fresh)),
                "sha256": hashlib.sha256(corrections_json(corrections)).hexdigest(),
            }
            event = self._trail.event(
                EventType.METADATA_MODIFICATION,
                submission_id,
                agency=jobs[0].agency,
                agent=f"person:{login}",
                detail=detail,
            )
            self._trail.record(event)
        return upload_id

    def _fill(self, root: Path, base: Path, delivery: Path, corrections: Corrections) -> None:
        with faults(root):
            _link(delivery, root / "files")
            _link(base / ADDED, root / ADDED)
            lines = (json.dumps(entry, ensure_ascii=False) for entry in digests_in(base).items())
            write_durably(root / DIGESTS, "".join(f"{line}\n" for line in lines).encode())
        if corrections.corrections:
            write_durably(root / CORRECTED, corrections_json(corrections))

    # ------------------------------------------------------------ afterwards

    def settle(self) -> None:
        """Note what was handed in and not noted, because the server was killed in between."""
        for upload_id in self._uploads.resubmitted():
            if not (self._folder / f"{upload_id}.json").is_file():
                self.note(upload_id)

    def note(self, upload_id: str) -> None:
        """Keep what was corrected and what the submission follows, once it is handed in; safe to repeat.

        Raises:
            WorkFolderFaultError: the disk refused.
        """
        try:
            root = self._uploads.root(upload_id)
        except NotFoundError:
            return
        corrects = self._uploads.state(root).get("corrects")
        if not corrects or not self._uploads.is_submission(upload_id):
            return
        kept = {"corrects": corrects, "corrections": _earlier(root).model_dump()}
        write_durably(self._folder / f"{upload_id}.json", json.dumps(kept, ensure_ascii=False).encode())
        later = {"superseded_by": upload_id}
        write_durably(self._folder / f"{corrects}.later.json", json.dumps(later).encode())
        self._uploads.supersede(corrects)

    def _kept(self, name: str) -> dict[str, Any]:
        try:
            kept: dict[str, Any] = json.loads((self._folder / name).read_bytes())
        except FileNotFoundError:
            return {}
        return kept


def _said(state: Mapping[str, Any]) -> dict[str, Any]:
    """What was said of the delivery when it first came."""
    status = RecordStatus(state["status"]) if state.get("status") else None
    accepted = bool(state.get("accept_suggestions"))
    return {"register": bool(state.get("register")), "status": status, "accept_suggestions": accepted}


def _earlier(root: Path) -> Corrections:
    try:
        return read_corrections((root / CORRECTED).read_bytes())
    except FileNotFoundError:
        return Corrections()


def _link(source: Path, target: Path) -> None:
    """The same files a second time, without their bytes: those of an upload are replaced, never written again."""
    for path, _ in listed(source):
        if path == NAME:
            continue
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        os.link(source / path, place)


def _is_sheet(path: str | None) -> bool:
    return path is not None and path.lower().endswith(_SPREADSHEETS)


def _correctable(jobs: Iterable[Job]) -> list[Correctable]:
    """Cells of which findings speak, errors first; those of one cell together."""
    by_place: dict[Place, list[Finding]] = {}
    codes: dict[Place, str] = {}
    for job in jobs:
        for finding in job.findings:
            column = finding.column or finding.values.get("field")
            if finding.file is None or not _is_sheet(finding.file) or finding.row is None or not column:
                continue
            place = (finding.file, finding.sheet, finding.row, column)
            by_place.setdefault(place, [])
            if finding not in by_place[place]:
                by_place[place].append(finding)
            codes.setdefault(place, job.file_code)
    found = [
        Correctable(
            place,
            next((finding.values["written"] for finding in own if finding.values.get("written")), ""),
            tuple(own),
            codes[place],
            any(severity_of(finding) is Severity.ERROR for finding in own),
        )
        for place, own in by_place.items()
    ]
    return sorted(found, key=lambda entry: not entry.is_error)[:MOST_PLACES]


def _missing(jobs: Iterable[Job]) -> Iterable[tuple[str, str]]:
    for job in jobs:
        for finding in job.findings:
            if finding.rule == "READ-010" and finding.values.get("written"):
                written = finding.values["written"]
                below = (finding.file or "").rpartition("/")[0]
                path = written.replace("\\", "/").removeprefix("./").strip("/")
                yield written, f"{below}/{path}" if below else path
