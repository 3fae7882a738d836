"""The signatures of a document: in words, in time, judged again now; what can be taken away to check it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from archive.api.files import disposition
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.composition.proving import replaying
from archive.composition.validating import kept_page, verdicts_shown
from archive.services.signature_times import Moment, SignatureTimes
from archive.services.signed_revisions import SignedRevision, SignedRevisions
from archive.web.reading import Reading, asked_document
from archive.web.rendering import page
from metadata.errors import NotFoundError
from metadata.time import rfc3339

router = APIRouter(prefix="/documents/{package_id}/{ordinal}/signatures", include_in_schema=False)

SOON = timedelta(days=180)
"""What ends within this time is said with more weight."""

Reader = Annotated[Asking, may(Action.VERDICT_READ)]
Ordinal = Annotated[int, Path(ge=0, le=999_999_999)]
_XML = "application/xml"
_MOST_REVISIONS = 200
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Subject:
    """The document of which a page speaks."""

    asking: Asking
    reading: Reading

    @property
    def identifier(self) -> str:
        """As the services call it."""
        return f"{self.reading.place.dossier_id}/{self.reading.place.ordinal}"

    @property
    def revisions(self) -> list[SignedRevision]:
        """Signatures behind which a file goes on."""
        return list(SignedRevisions(self.asking.archive.evidence).of(self.reading.document))[:_MOST_REVISIONS]

    @property
    def heads(self) -> dict[str, Any]:
        """What every page of it shows on top."""
        description = self.reading.document.description
        return {
            "package_id": self.reading.place.dossier_id,
            "ordinal": self.reading.place.ordinal,
            "document_title": description.value("subject") or description.value("doc_code"),
            "here": f"/documents/{self.identifier}/signatures",
            "file_code": self.reading.record.file_code,
        }


def _subject(asking: Asking, package_id: str, ordinal: int) -> Subject:
    return Subject(asking, asked_document(asking, package_id, ordinal))


@router.get("")
def verdicts(asking: Reader, package_id: str, ordinal: Ordinal) -> Response:
    """What was judged, in words and with its reasons: a page to read, print and keep, without anything around it."""
    subject = _subject(asking, package_id, ordinal)
    verdicts_shown(asking.archive, subject.reading.record, ordinal, operator=asking.login)
    told = kept_page(asking.archive, subject.reading.record, subject.reading.document)
    return Response(told.html, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": told.policy})


@router.get("/history")
def history(request: Request, asking: Reader, package_id: str, ordinal: Ordinal) -> Response:
    """The signatures in time, and what can be done about them."""
    subject = _subject(asking, package_id, ordinal)
    archive, reading = asking.archive, subject.reading
    # The page of the document asks for it by itself, and has told that somebody looks.
    archive.dossiers.accesses.looked(reading.record, asking.login, ordinal=ordinal, what="verdicts")
    later = archive.dossiers.later.latest(reading.record) if reading.document.verdicts else {}
    stored_at = archive.catalogue.dossier(reading.place.dossier_id)["stored_at"]
    line = SignatureTimes(archive.evidence, archive.evidencing).of(reading.record, reading.document, later, stored_at)
    now = archive.clock.now()
    soon = rfc3339(now + SOON)
    return page(
        request,
        "signature-history.html",
        **subject.heads,
        line=[{"told": told, "ahead": told.at > rfc3339(now), "soon": rfc3339(now) < told.at < soon} for told in line],
        now=rfc3339(now),
        covered=any(told.moment is Moment.EVIDENCE for told in line),
        signed=bool(reading.document.verdicts),
        revisions=subject.revisions,
        may_replay=bool(asking.may(Action.REPLAY)),
        may_prove=bool(asking.may(Action.PROOF)),
    )


@router.post("/replay")
def replay(
    request: Request, asking: Annotated[Asking, may(Action.REPLAY)], package_id: str, ordinal: Ordinal
) -> Response:
    """Judge again from the kept evidence alone, and say whether the same comes out."""
    subject = _subject(asking, package_id, ordinal)
    again = list(replaying(asking.archive, operator=asking.login).replay(subject.identifier))
    return page(request, "signature-replay.html", **subject.heads, again=again, at=rfc3339(asking.archive.clock.now()))


@router.post("/report")
def report(asking: Reader, package_id: str, ordinal: Ordinal) -> Response:
    """The ETSI TS 119 102-2 report: the signatures are judged now, with the trust in force.

    A form sends this, because judging takes a worker's time.
    """
    subject = _subject(asking, package_id, ordinal)
    service = asking.archive.signature_service(None, operator=asking.login)
    written = service.reporter.report(list(service.examine(subject.identifier)))
    headers = {"Content-Disposition": disposition(f"{package_id}-{ordinal}-etsi.xml"), "Cache-Control": "no-store"}
    return Response(written or b"", 200 if written else 204, headers, _XML)


@router.get("/revisions")
def revisions(
    request: Request,
    asking: Reader,
    package_id: str,
    ordinal: Ordinal,
    number: Annotated[int, Query(alias="n", ge=1, le=_MOST_REVISIONS)] = 1,
) -> Response:
    """Pages of a signed file before and after what was added behind a signature, side by side."""
    asking.place(f"{package_id}/{ordinal}", Action.HOLDING_READ)
    subject = _subject(asking, package_id, ordinal)
    found = subject.revisions
    chosen = found[number - 1] if number <= len(found) else None
    identifier = subject.identifier
    files = f"/api/v1/documents/{identifier}/files/rep1"
    return page(
        request,
        "signature-revisions.html",
        **subject.heads,
        revisions=found,
        number=number,
        chosen=chosen,
        before=f"/documents/{identifier}/signatures/revisions/{number}.pdf",
        after=f"{files}/{chosen.file.path.rpartition('/')[2]}" if chosen else "",
    )


@router.get("/revisions/{number}.pdf")
def revision(asking: Reader, package_id: str, ordinal: Ordinal, number: Annotated[int, Path(ge=1)]) -> Response:
    """The file as it was when a signature was made: its first bytes, not one of them altered.

    Raises:
        NotFoundError: no such signature, or nothing follows it.
    """
    asking.place(f"{package_id}/{ordinal}", Action.HOLDING_READ)
    subject = _subject(asking, package_id, ordinal)
    found = subject.revisions
    if number > len(found):
        missing = f"{subject.identifier} {number}"
        raise NotFoundError(missing)
    chosen, record = found[number - 1], subject.reading.record
    asking.archive.dossiers.accesses.shown(
        record, asking.login, ordinal=ordinal, file=chosen.file.sha256, what="revision"
    )
    name = chosen.file.original_name.rpartition(".")[0]
    headers = {
        "Content-Disposition": disposition(f"{name} ({chosen.field}).pdf"),
        "Content-Length": str(chosen.end_bytes),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(_bytes(asking, record.package_id, chosen), 200, headers, "application/pdf")


def _bytes(asking: Asking, package_id: str, chosen: SignedRevision) -> Iterator[bytes]:
    with asking.archive.packages.open_file(package_id, chosen.file.path, length=chosen.end_bytes) as stream:
        left = chosen.end_bytes
        while left and (chunk := stream.read(min(left, _CHUNK_BYTES))):
            left -= len(chunk)
            yield chunk
