"""Evidence records: the archive's time-stamps by page, and the record of one document to be checked elsewhere."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response, status

from archive.api.access import ArchiveDep, Cursor, Limit, cursor_after, cursor_parts, page_of
from archive.api.routes.checks import PackageId
from archive.preservation.evidence.answers import stamp_line

router = APIRouter(prefix="/evidence-records", tags=["evidence-records"])

RECORD = "application/octet-stream"
Ordinal = Annotated[int, Path(ge=0, le=999_999_999)]


@router.get("")
def stamps(archive: ArchiveDep, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Batches and renewals in the order in which they were opened; what has no `time` waits for its time-stamp."""
    parts = cursor_parts(cursor, numbers=(0,), parts=1)
    first = int(parts[0]) if parts else 0
    index, _ = archive.evidencing.stamping.index()
    rows = list(enumerate(index.stamps, start=1))[first : first + limit + 1]
    return page_of(rows, limit, lambda row: stamp_line(row[1]), lambda row: cursor_after(row[0]))


@router.get(
    "/{package_id}/{ordinal}",
    response_class=Response,
    responses={
        status.HTTP_200_OK: {"content": {RECORD: {}}},
        status.HTTP_404_NOT_FOUND: {"description": "`archive.not_found`"},
        status.HTTP_409_CONFLICT: {"description": "`proof.not_ready`: no time-stamped batch has it yet"},
    },
)
def record(archive: ArchiveDep, package_id: PackageId, ordinal: Ordinal) -> Response:
    """The evidence record of one document (RFC 4998, DER); it shows nothing of any other."""
    der = archive.evidencing.record_of(package_id, ordinal)
    name = f"{package_id}-{ordinal}.ers"
    return Response(der, media_type=RECORD, headers={"Content-Disposition": f'attachment; filename="{name}"'})
