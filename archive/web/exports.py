"""What a person takes along: exports ordered from a list, how far they are, and where they are fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.api.routes.exports import NewExport, drop, exports, order, order_selection
from archive.auth.policy import Action
from archive.catalogue.journal import JobStatus
from archive.composition.exporting import export_jobs
from archive.dissemination.outgoing import ExportKind
from archive.services.found_lists import MOST
from archive.services.selections import Selection
from archive.web.forms import fields_of
from archive.web.rendering import page
from metadata.errors import NotFoundError, UsageError

router = APIRouter(prefix="/exports", include_in_schema=False)

Looking = Annotated[Asking, may(Action.HOLDING_READ)]
COPIES = (ExportKind.ORIGINAL, ExportKind.PDFA, ExportKind.TEXT, ExportKind.DIP, ExportKind.BOOK)
PROOFS = (ExportKind.PROOF, ExportKind.PDF_LTA)
PACKAGES = (ExportKind.AIP, ExportKind.SIP, ExportKind.BAGIT)
SINGLE = frozenset({ExportKind.ORIGINAL, ExportKind.PDFA, ExportKind.TEXT, *PROOFS})
"""What can be taken of one document."""

_CHOSEN = "id-"
"""Before the identifier in the name of the box of each row."""

_LISTED = 50


def kinds_for(asking: Asking, *, documents: bool = False) -> list[str]:
    """Kinds that this person may take at all, copies first; of single documents no packages and books."""
    allowed: list[ExportKind] = []
    for action, kinds in (
        (Action.COPY_EXPORT, COPIES),
        (Action.PROOF, PROOFS),
        (Action.PACKAGE_EXPORT, PACKAGES),
    ):
        allowed += kinds if asking.may(action) else ()
    return [kind.value for kind in allowed if not documents or kind in SINGLE]


@router.get("")
def mine(  # noqa: PLR0913, PLR0917 - the address says all
    request: Request,
    asking: Looking,
    after: Annotated[str | None, Query(max_length=400)] = None,
    ordered: Annotated[int | None, Query(ge=0, le=999)] = None,
    refused: Annotated[int, Query(ge=0, le=999)] = 0,
    selected: Annotated[int, Query(ge=0, le=9999)] = 0,
    listed: Annotated[int, Query(ge=0, le=MOST)] = 0,
) -> Response:
    """One's own exports, newest first, with how far they are."""
    values = _shown(asking, after)
    told: dict[str, Any] = {"ordered": ordered, "refused": refused, "selected": selected, "listed": listed}
    return page(request, "exports.html", **values, **told)


@router.get("/progress")
def progress(request: Request, asking: Looking, after: Annotated[str | None, Query(max_length=400)] = None) -> Response:
    """The part of the page that changes while exports are made."""
    return page(request, "_exports.html", **_shown(asking, after))


def _shown(asking: Asking, after: str | None) -> dict[str, Any]:
    jobs = export_jobs(asking.archive)
    found = exports(asking, _LISTED, after)
    rows = []
    for line in found["items"]:
        wanted = jobs.ordered(line["export_id"])
        where = wanted.search.address if wanted.search else urlencode(line["selection"] or {})
        rows.append(line | {"job": jobs.job(wanted), "where": where})
    moving = {JobStatus.WAITING, JobStatus.RUNNING}
    return {
        "rows": rows,
        "after": after,
        "following": found["next"],
        "moving": any(row["job"].status in moving and row["made"] is None for row in rows),
    }


@router.post("")
async def order_chosen(request: Request, asking: Looking) -> Response:
    """Order one export for each chosen row; what may not be taken is counted and left out."""
    fields = await fields_of(request)
    kind = fields.get("as", "")
    if "all" in fields:
        return await run_in_threadpool(_order_all, request, asking, kind, fields.get("where", ""))
    chosen = [name.removeprefix(_CHOSEN) for name in fields if name.startswith(_CHOSEN)]
    if kind not in kinds_for(asking) or not chosen:
        raise UsageError("nothing was chosen" if not chosen else f"as: {kind}"[:100])
    results = await run_in_threadpool(lambda: list(_ordered(request, asking, kind, chosen)))
    refused = results.count(False)
    told = f"ordered={len(results) - refused}" + (f"&refused={refused}" if refused else "")
    return RedirectResponse(f"/exports?{told}", 303)


def _order_all(request: Request, asking: Asking, kind: str, where: str) -> Response:
    """Order everything that the filter of a list finds, as one file."""
    try:
        selection = Selection.model_validate(dict(parse_qsl(where, max_num_fields=20)))
    except ValueError:
        raise UsageError(f"where: {where}"[:400]) from None
    if kind not in kinds_for(asking, documents=selection.show == "documents"):
        raise UsageError(f"as: {kind}"[:100])
    counted = order_selection(request, asking, selection, ExportKind(kind))
    return RedirectResponse(f"/exports?ordered=1&selected={counted}", 303)


def _ordered(request: Request, asking: Asking, kind: str, chosen: list[str]) -> Iterator[bool]:
    for identifier in chosen:
        try:
            order(request, asking, NewExport.model_validate({"id": identifier, "as": kind}))
        except (NotFoundError, UsageError, ApiError):
            # Refused for this one, which the trail knows by now; the others are ordered all the same.
            yield False
        else:
            yield True


@router.post("/{export_id}/drop")
def clear_away(asking: Looking, export_id: str) -> Response:
    """Clear an export away before its time."""
    drop(asking, export_id)
    return RedirectResponse("/exports", 303)
