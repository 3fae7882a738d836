"""Messages of the national document exchange that came in: what their senders are told, and do not get back.

What is archived is not given back over the exchange: a request is refused, the
refusal is an audit event, and status 16 tells the sender why. What is not
archived yet is told to the archivist, who decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from archive.catalogue.journal import DossierStatus, Job, Journal
from archive.catalogue.trail import AuditTrail
from archive.durable import write_durably
from archive.errors import WorkFolderFaultError
from metadata.descriptions import Delivery
from metadata.edxml import DocumentName, Exchanged, Organ, PacketKind, StatusCode
from metadata.edxml_status import answer_to, status_name, status_xml
from metadata.events import EventOutcome, EventType, derived_id
from metadata.findings import Finding
from metadata.rules import errors_of, message
from metadata.time import from_rfc3339

REFUSED_RULE = "EDX-050"
_MOST_REASONS = 10
_DONE = "Tài liệu đã được lưu trữ"
_TAKEN = "Kho lưu trữ đã nhận, đang xử lý"
_KEPT = (
    "Văn bản đã nộp vào lưu trữ; theo Luật Lưu trữ 33/2024/QH15 (Điều 16) tài liệu lưu trữ chỉ được hủy theo quyết "
    "định của người có thẩm quyền, không trả lại qua trục liên thông"
)
"""The legal reason for which a document is not given back, as its sender is told."""


class _Kept(BaseModel):
    """Messages of one submission, as they are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    submission_id: str
    messages: tuple[tuple[Exchanged, str], ...]
    """Each with the code of the dossier that it went to; empty: none."""


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """A message of status that answers a received message."""

    name: str
    """Of its file."""

    code: StatusCode
    about: DocumentName
    message: str
    """The received message that it answers, relative to the delivery."""

    data: bytes
    """The message of status itself."""

    def as_json(self, submission_id: str) -> dict[str, Any]:
        """What is told of it, without where it was written."""
        return {
            "submission_id": submission_id,
            "message": self.message,
            "document_id": self.about.document_id,
            "number": self.about.label,
            "status": self.code.value,
            "name": self.name,
            "sha256": hashlib.sha256(self.data).hexdigest(),
            "bytes": len(self.data),
        }


@dataclass(frozen=True, slots=True)
class Statuses:
    """Knows which messages came with a submission, and answers them."""

    folder: Path
    """Where they are kept, a file a submission."""

    places: Callable[[DocumentName, str], list[str]]
    """Places of the stored documents that a message means (`archive.catalogue.exchanged.places_of`)."""

    journal: Journal
    trail: AuditTrail
    archive_name: str

    # ------------------------------------------------------------ when a delivery comes

    def judged(self, delivery: Delivery) -> Delivery:
        """`delivery` with what is to be said of requests to give documents back.

        Raises:
            DatabaseFaultError: the catalogue could not be asked.
        """
        asked = [exchanged for exchanged in delivery.exchanged if exchanged.asks_back]
        if not asked:
            return delivery
        own = [
            other.name for other in delivery.exchanged if other.kind is not PacketKind.STATUS and not other.asks_back
        ]
        found = [finding for exchanged in asked if (finding := self._finding(exchanged, own)) is not None]
        return delivery.model_copy(update={"findings": (*delivery.findings, *found)})

    def _finding(self, exchanged: Exchanged, own: list[DocumentName]) -> Finding | None:
        about = exchanged.concerned
        values = {"document": about.label or about.document_id or "?"}
        if places := self._places(exchanged):
            return Finding(
                rule=REFUSED_RULE, subject=exchanged.path, file=exchanged.path, values={**values, "place": places[0]}
            )
        if any(about.is_same(name) for name in own):
            return None
        return Finding(rule="EDX-051", subject=exchanged.path, file=exchanged.path, values=values)

    def _places(self, exchanged: Exchanged) -> list[str]:
        # A status of another office names the document of a third one: its own name says nothing of the issuer.
        issuer = exchanged.sender.name if exchanged.kind is PacketKind.RECALL else ""
        return self.places(exchanged.concerned, issuer)

    def keep(self, delivery: Delivery, submission_id: str, agency: str) -> None:
        """Keep the messages of a submission, and record each request that is refused; durable on return.

        Raises:
            WorkFolderFaultError: the disk refused.
            DatabaseFaultError: a refusal could not be recorded.
        """
        if not delivery.exchanged:
            return
        codes = {path: dossier.file_code for dossier in delivery.dossiers for path in dossier.sources}
        kept = _Kept(
            submission_id=submission_id,
            messages=tuple((exchanged, codes.get(exchanged.path, "")) for exchanged in delivery.exchanged),
        )
        write_durably(self._path(submission_id), kept.model_dump_json().encode())
        refused = [finding for finding in delivery.findings if finding.rule == REFUSED_RULE]
        for number, finding in enumerate(refused):
            event = self.trail.event(
                EventType.REFUSAL,
                finding.values["place"],
                agency=agency,
                outcome=EventOutcome.REJECTED,
                id=derived_id(submission_id, "take back", str(number)),
                rules=(REFUSED_RULE,),
                detail={"submission": submission_id, "status": StatusCode.TAKE_BACK_REFUSED.value},
            )
            self.trail.record(event)

    # ------------------------------------------------------------ answering

    def answers(self, submission_id: str) -> Iterator[StatusAnswer]:
        """A message of status for every received message that can be answered, as things stand.

        The same state gives the same bytes.

        Raises:
            NotFoundError: there is no such submission.
            WorkFolderFaultError: what was kept is unreadable.
        """
        submission = self.journal.submission(submission_id)
        jobs = {job.file_code: job for job in self.journal.of_submission(submission_id)}
        kept = self._kept(submission_id)
        us = Organ(organ_id=submission["agency"], name=self.archive_name)
        number = 0
        for exchanged, file_code in kept.messages if kept else ():
            told = self._told(exchanged, jobs.get(file_code) or self._whole(jobs), submission["received_at"])
            if told is None or not exchanged.sender.organ_id:
                continue
            number += 1
            code, at, reasons = told
            asked = exchanged if exchanged.receiver.organ_id else exchanged.model_copy(update={"receiver": us})
            answer = answer_to(asked, code, from_rfc3339(at), reasons, archive=self.archive_name)
            yield StatusAnswer(status_name(answer, number), code, answer.about, exchanged.path, status_xml(answer))

    def write(self, submission_id: str, folder: Path) -> Iterator[tuple[Path, StatusAnswer]]:
        """Write what `answers` gives into `folder`, which is made when it is not there; each with its place.

        Raises:
            NotFoundError: there is no such submission.
            WorkFolderFaultError: the disk refused, or what was kept is unreadable.
        """
        for answer in self.answers(submission_id):
            path = folder / answer.name
            write_durably(path, answer.data)
            yield path, answer

    def _told(
        self, exchanged: Exchanged, job: Job | None, received_at: str
    ) -> tuple[StatusCode, str, tuple[str, ...]] | None:
        """Code, time and reasons; None where a person has to decide, or there is nothing to answer."""
        if exchanged.asks_back:
            # What it asks for may have been archived since it came.
            return (StatusCode.TAKE_BACK_REFUSED, received_at, (_KEPT,)) if self._places(exchanged) else None
        return None if exchanged.kind is PacketKind.STATUS or job is None else _became(job, exchanged.path)

    def _whole(self, jobs: dict[str, Job]) -> Job | None:
        """The only job of a delivery that was refused as a whole."""
        only = next(iter(jobs.values()), None)
        return only if len(jobs) == 1 and only is not None and not only.file_code else None

    def _path(self, submission_id: str) -> Path:
        return self.folder / f"{submission_id}.json"

    def _kept(self, submission_id: str) -> _Kept | None:
        path = self._path(submission_id)
        try:
            return _Kept.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError, json.JSONDecodeError) as error:
            msg = f"{path}: {error}"
            raise WorkFolderFaultError(msg) from error


def _became(job: Job, path: str) -> tuple[StatusCode, str, tuple[str, ...]]:
    """What became of the dossier in which the message at `path` came."""
    if job.same_as is not None or job.result is DossierStatus.ARCHIVED:
        return StatusCode.FINISHED, job.updated_at, (_DONE,)
    if job.result is DossierStatus.REJECTED:
        return StatusCode.REFUSED, job.updated_at, _reasons(job, path)
    if job.result is DossierStatus.RETURNED:
        reason = (job.error or {}).get("detail", "")
        return StatusCode.REFUSED, job.updated_at, tuple(part for part in ("Trả lại nơi nộp", reason) if part)
    if job.result is DossierStatus.FAULT:
        return StatusCode.ARRIVED, job.created_at, ()
    return StatusCode.ACCEPTED, job.created_at, (_TAKEN,)


def _reasons(job: Job, path: str) -> tuple[str, ...]:
    """Rules and sentences of what rejects the dossier, what is about the message itself first; in Vietnamese."""
    errors = errors_of(job.findings)
    ordered = sorted(errors, key=lambda finding: (path not in {finding.subject, finding.file}, finding.rule))
    said = tuple(f"{finding.rule}: {message(finding, 'vi')}" for finding in ordered[:_MOST_REASONS])
    left = len(ordered) - len(said)
    return (*said, f"và {left} lỗi khác") if left > 0 else said
