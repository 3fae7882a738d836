"""Whose an upload is, and which bytes of a file a request brings: `Upload-Offset`, `Content-Range`, or all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends

from archive.api.access import UploadsDep
from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.auth.policy import Action, Target
from archive.composition import Archive
from archive.jobs.queue import is_under_way
from archive.services.incoming import UploadTooLargeError
from archive.services.uploads import Arrived

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_OFFSET = re.compile(r"\d{1,18}")


Sending = Annotated[Asking, may(Action.SUBMIT)]


def own_upload(submission_id: str, uploads: UploadsDep, asking: Sending) -> str:
    """The identifier of an upload that the caller began.

    Raises:
        NotFoundError: there is none, or it is another person's.
    """
    uploads.require_owner(submission_id, asking.login)
    return submission_id


def require_agency(asking: Asking, code: str | None) -> None:
    """Go on only if the person may hand in for the agency (None: the default).

    Raises:
        RefusedError: the person may not.
    """
    archive = asking.archive
    told = code or archive.settings.agency
    # The default agency comes into being with its first delivery.
    target = archive.permits.sights.agency(told) or Target((told,))
    archive.permits.require(asking.person, asking.action, target, told)


OwnUpload = Annotated[str, Depends(own_upload)]


@dataclass(frozen=True, slots=True)
class Span:
    """Where the bytes begin (None: a whole file, whatever came before), and how long the file is, where told."""

    offset: int | None
    total: int | None

    def is_complete(self, size: int) -> bool:
        """Whether a file of `size` bytes is whole; without a total the end of the body is the end of the file."""
        return self.total is None or size == self.total

    def check_limit(self, content_length: str | None, limit: int) -> None:
        """Refuse before the first byte what is too large by its own account.

        Raises:
            UploadTooLargeError: it is.
        """
        length = int(content_length) if content_length and _OFFSET.fullmatch(content_length) else 0
        if max((self.offset or 0) + length, self.total or 0) > limit:
            raise UploadTooLargeError(limit)


def span_of(upload_offset: str | None, content_range: str | None) -> Span:
    """Read the headers.

    Raises:
        ApiError: they cannot be read or contradict each other.
    """
    if content_range is not None:
        match = _CONTENT_RANGE.fullmatch(content_range)
        if match is None:
            raise ApiError("api.invalid", "Content-Range: bytes first-last/total")
        first, last, total = (int(match[number]) for number in (1, 2, 3))
        if not first <= last < total or (upload_offset is not None and upload_offset != str(first)):
            raise ApiError("api.invalid", "Content-Range contradicts itself or Upload-Offset")
        return Span(first, total)
    if upload_offset is not None:
        if not _OFFSET.fullmatch(upload_offset):
            raise ApiError("api.invalid", "Upload-Offset: a number of bytes")
        return Span(int(upload_offset), None)
    return Span(None, None)


def queue_jobs(archive: Archive, submission_id: str) -> None:
    """Have what was handed in worked on."""
    with archive.queue() as queue:
        for job in archive.journal.of_submission(submission_id):
            if is_under_way(job):
                queue.enqueue(job)


def arrived_line(entry: Arrived) -> dict[str, Any]:
    """How far one file is, as JSON."""
    line: dict[str, Any] = {"path": entry.path, "bytes": entry.size_bytes, "complete": entry.complete}
    if entry.resumable:
        line |= {"length": entry.length, "resumable": entry.resumable}
    return line | ({"sha256": entry.sha256} if entry.sha256 else {})
