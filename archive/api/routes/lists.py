"""Lists and minutes that go with dossiers, as workbooks or PDF/A: made when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Query, Request, Response, status

from archive.api.files import send_made
from archive.api.rights import Asking, may
from archive.auth.policy import ALL, Action
from archive.catalogue.places import Place
from archive.composition.listing import listing
from archive.services.listing import ListFormat, ListKind, Told
from archive.services.made_files import made_file
from metadata.errors import NotFoundError

router = APIRouter()

Deliveries = Annotated[Asking, may(Action.SUBMISSION_READ)]
Form = Annotated[ListFormat, Query(alias="format", description="`xlsx` or `pdf` (PDF/A)")]
Words = Annotated[str, Query(max_length=1000)]
_FOUND: dict[int | str, dict[str, Any]] = {status.HTTP_200_OK: {"content": {form.mime: {} for form in ListFormat}}}


@router.get("/dossiers/{package_id}/lists/documents", tags=["dossiers"], response_class=Response, responses=_FOUND)
def documents(
    request: Request,
    asking: Annotated[Asking, may(Action.COPY_EXPORT)],
    package_id: str,
    form: Form = ListFormat.PDF,
) -> Response:
    """`Mục lục văn bản, tài liệu` of one dossier (Decree 30/2020, Annex V): of those that the caller may read."""
    place = Place(asking.place(package_id).dossier_id)
    asking.place(place.dossier_id)
    return _sent(request, asking, ListKind.DOCUMENTS, place.dossier_id, form)


@router.get(
    "/submissions/{submission_id}/lists/dossiers", tags=["submissions"], response_class=Response, responses=_FOUND
)
def dossiers(request: Request, asking: Deliveries, submission_id: str, form: Form = ListFormat.PDF) -> Response:
    """`Mục lục hồ sơ, tài liệu nộp lưu` of what is archived of a submission (Decree 30/2020, Annex V)."""
    return _sent(request, asking, ListKind.DOSSIERS, _submission(asking, submission_id), form)


@router.get(
    "/submissions/{submission_id}/lists/minutes", tags=["submissions"], response_class=Response, responses=_FOUND
)
def minutes(
    request: Request,
    asking: Deliveries,
    submission_id: str,
    form: Form = ListFormat.PDF,
    basis: Words = "",
    holding: Words = "",
) -> Response:
    """`Biên bản giao nhận hồ sơ, tài liệu` of a submission (Decree 30/2020, Annex V); what is not known is blank."""
    identifier = _submission(asking, submission_id)
    return _sent(request, asking, ListKind.MINUTES, identifier, form, Told(basis, holding))


def _submission(asking: Asking, submission_id: str) -> str:
    """Only of a submission: the code of a dossier that looks like one is no submission."""
    asking.submission(submission_id)
    archive = asking.archive
    if not archive.catalogue.of_submission(submission_id):
        archive.journal.submission(submission_id)
        if not any(
            archive.catalogue.dossier_of(job.package_id) for job in archive.journal.of_submission(submission_id)
        ):
            raise NotFoundError(submission_id)
    return submission_id


def _sent(
    request: Request, asking: Asking, kind: ListKind, identifier: str, form: ListFormat, told: Told | None = None
) -> Response:
    made = made_file(f"{kind.value}.{form.value}", _opened(asking, kind, identifier, form, told))
    return send_made(request, made, form.mime)


@contextmanager
def _opened(asking: Asking, kind: ListKind, identifier: str, form: ListFormat, told: Told | None) -> Iterator[BinaryIO]:
    # Who may see a delivery may see all of it: it is as closed as the most closed document that it brought.
    within = asking.scope if kind is ListKind.DOCUMENTS else ALL
    making = listing(asking.archive).made(kind, [identifier], form, operator=asking.login, told=told, within=within)
    with making as made, made.path.open("rb") as stream:
        yield stream
