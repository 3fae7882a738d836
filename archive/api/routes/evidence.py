"""Evidence records: the archive's time-stamps by page, and the record of one document to be checked elsewhere."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response, status

from archive.api.access import Cursor, Limit, cursor_after, cursor_parts, page_of
from archive.api.files import send_made
from archive.api.rights import Asking, may
from archive.api.routes.checks import PackageId
from archive.auth.policy import Action
from archive.composition.evidencing import stamps_seen
from archive.services.dissemination import ExportKind
from archive.services.stamps_seen import SeenStamp
from archive.web.reading import asked_document

router = APIRouter(prefix="/evidence-records", tags=["evidence-records"])

RECORD = "application/octet-stream"
PROOF = "application/zip"
Proving = Annotated[Asking, may(Action.PROOF)]
Ordinal = Annotated[int, Path(ge=0, le=999_999_999)]


@router.get("")
def stamps(
    asking: Annotated[Asking, may(Action.EVIDENCE_READ)], limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """Batches and renewals in the order in which they were opened; what has no `time` waits for its time-stamp.

    One is shown to who sees a dossier of it; `leaves` and `covers` count what they see.
    """
    parts = cursor_parts(cursor, parts=1)
    rows = stamps_seen(asking.archive, asking.scope).stamps(after=parts[0] if parts else "", limit=limit + 1)
    return page_of(rows, limit, SeenStamp.as_json, lambda row: cursor_after(row.entry.name))


@router.get(
    "/{package_id}/{ordinal}",
    response_class=Response,
    responses={
        status.HTTP_200_OK: {"content": {RECORD: {}}},
        status.HTTP_404_NOT_FOUND: {"description": "`archive.not_found`"},
        status.HTTP_409_CONFLICT: {"description": "`proof.not_ready`: no time-stamped batch has it yet"},
    },
)
def record(asking: Proving, package_id: PackageId, ordinal: Ordinal) -> Response:
    """The evidence record of one document (RFC 4998, DER); it shows nothing of any other."""
    asking.place(f"{package_id}/{ordinal}")
    der = asking.archive.evidencing.record_of(package_id, ordinal, operator=asking.login)
    name = f"{package_id}-{ordinal}.ers"
    return Response(der, media_type=RECORD, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get(
    "/{package_id}/{ordinal}/proof",
    response_class=Response,
    responses={
        status.HTTP_200_OK: {"content": {PROOF: {}}},
        status.HTTP_206_PARTIAL_CONTENT: {"description": "The range that was asked for"},
        status.HTTP_304_NOT_MODIFIED: {"description": "The caller has it"},
        status.HTTP_404_NOT_FOUND: {"description": "`archive.not_found`"},
        status.HTTP_409_CONFLICT: {"description": "`proof.not_ready`: no time-stamped batch has it yet"},
        status.HTTP_416_RANGE_NOT_SATISFIABLE: {"description": "`api.range`"},
    },
)
@router.head("/{package_id}/{ordinal}/proof", include_in_schema=False)
def proof(request: Request, asking: Proving, package_id: PackageId, ordinal: Ordinal) -> Response:
    """Everything that proves one document, as `export --as proof` gives it: one ZIP, another one after each renewal."""
    archive = asking.archive
    reading = asked_document(asking, package_id, ordinal)
    made = archive.dissemination.proofs().made(reading.record, reading.document)

    def leaves() -> None:
        archive.dissemination.leaves(reading.record, ExportKind.PROOF, ordinal, asking.login)

    return send_made(request, made, PROOF, leaves)
