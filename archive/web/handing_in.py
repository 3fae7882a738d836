"""Forms that bring a delivery, or bring a rejected one again: for browsers without scripts, and for corrections."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from archive.api.access import AgainDep, UploadsDep
from archive.api.multipart import Part, form_of
from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.api.uploading import Sending, queue_jobs, require_agency
from archive.auth.policy import Action
from archive.services.incoming import Incoming
from archive.services.resubmissions import Again, Correctable, Place, Resubmissions
from archive.services.uploads import Uploads
from archive.web.language import language_of
from archive.web.rendering import page
from archive.web.words import Words
from metadata.corrections import MAX_VALUE
from metadata.errors import NotFoundError, UsageError
from metadata.rules import message, severity_of

router = APIRouter(prefix="/deliveries", include_in_schema=False)

Correcting = Annotated[Asking, may(Action.SUBMISSION_CORRECT)]
_MAX_FIELD_BYTES = 64 << 10
_MOST_FIELDS = 2000
_FILE = "file:"
"""A file input of this name brings the file of the path that follows."""

_MORE = "more"
"""A file input of this name brings files under their own names."""

_VALUE, _PLACE, _WAS = "value:", "place:", "was:"


@dataclass(slots=True)
class _Filled:
    """A form whose files lie in an upload by now."""

    upload_id: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    files: int = 0


@router.post("")
async def hand_in(request: Request, asking: Sending, uploads: UploadsDep) -> Response:
    """A delivery by a plain form: a ZIP, files, or a folder where the browser gives folders."""
    filled = _Filled()

    def commit() -> None:
        agency = filled.fields.get("agency") or None
        if agency is not None:
            asking.agency(agency)
        require_agency(asking, agency)
        uploads.commit(filled.upload_id, operator=asking.login, agency=agency)
        queue_jobs(asking.archive, filled.upload_id)

    try:
        await _taken(
            request,
            uploads,
            filled,
            begin=lambda file: uploads.begin(file.partition("/")[0], owner=asking.login),
            path_of=lambda _, file: file,
        )
        _require(filled.files, request, "uploads.no_file")
        await run_in_threadpool(commit)
    except BaseException:
        # The browser has no address for what it sent of a form, so nobody could go on with it.
        await run_in_threadpool(_drop, uploads, filled.upload_id)
        raise
    return RedirectResponse(f"/deliveries/{filled.upload_id}", 303)


def _require(there: object, request: Request, key: str) -> None:
    if not there:
        raise UsageError(Words(language_of(request)).text(key))


def _drop(uploads: Uploads, upload_id: str) -> None:
    if upload_id and not uploads.is_submission(upload_id):
        uploads.drop(upload_id)


async def _taken(
    request: Request,
    uploads: Uploads,
    filled: _Filled,
    *,
    begin: Callable[[str], str],
    path_of: Callable[[str, str], str | None],
) -> None:
    """Take a form in.

    Args:
        request: Its body is the form.
        uploads: Take the files.
        filled: Gets what the form says.
        begin: Opens the upload, once there is a first file; of its name.
        path_of: Where a file goes, by the name of its input and its own; None: it is not wanted.
    """
    events = form_of(request)
    async for event in events:
        if not isinstance(event, Part):
            continue
        if event.file is None:
            await _field(events, event.name, filled)
        elif event.file and (path := path_of(event.name, event.file)) is not None:
            if not filled.upload_id:
                filled.upload_id = await run_in_threadpool(begin, event.file)
            await _file(events, uploads, filled, path)
        else:
            await _skip(events)


async def _field(events: AsyncIterator[Any], name: str, filled: _Filled) -> None:
    value = bytearray()
    async for event in events:
        if event is None:
            break
        value += event
        if len(value) > _MAX_FIELD_BYTES:
            raise ApiError("api.too_large", f"a field of more than {_MAX_FIELD_BYTES} bytes")
    if len(filled.fields) >= _MOST_FIELDS:
        raise ApiError("api.invalid", f"more than {_MOST_FIELDS} fields")
    filled.fields.setdefault(name, value.decode("utf-8", "replace"))


async def _skip(events: AsyncIterator[Any]) -> None:
    async for event in events:
        if event is None:
            return


async def _file(events: AsyncIterator[Any], uploads: Uploads, filled: _Filled, path: str) -> None:
    incoming: Incoming = await run_in_threadpool(uploads.receive, filled.upload_id, path, None)
    with incoming:
        async for event in events:
            if event is None:
                break
            await run_in_threadpool(incoming.write, event)
        digest = await run_in_threadpool(incoming.finish)
    await run_in_threadpool(uploads.complete, filled.upload_id, path, digest)
    filled.files += 1


# ---------------------------------------------------------------- again, corrected


@router.get("/{submission_id}/correction")
def correction(request: Request, asking: Correcting, again: AgainDep, submission_id: str) -> Response:
    """What was found wrong, cell by cell, to be corrected; lists and missing files to be sent."""
    asking.submission(submission_id)
    possible = _possible(again, submission_id)
    row = asking.archive.journal.submission(submission_id)
    language = language_of(request)
    return page(
        request,
        "correction.html",
        submission_id=submission_id,
        name=row["path"].rsplit("/", 1)[-1],
        until=possible.until.isoformat(),
        groups=_by_dossier(possible, language),
        sheets=possible.sheets,
        missing=possible.missing,
        max_value=MAX_VALUE,
    )


def _possible(again: Resubmissions, submission_id: str) -> Again:
    possible = again.possible(submission_id)
    if possible is None:
        raise NotFoundError(submission_id)
    return possible


def _by_dossier(possible: Again, language: str) -> list[dict[str, Any]]:
    """Dossiers with their wrong cells, and those that are only missing something."""
    groups: dict[str, dict[str, Any]] = {}
    for number, entry in enumerate(possible.correctable, start=1):
        group = groups.setdefault(entry.file_code, {"file_code": entry.file_code, "wrong": [], "missing": []})
        group["wrong" if entry.is_error else "missing"].append({"number": number, **_cell(entry, language)})
    return list(groups.values())


def _cell(entry: Correctable, language: str) -> dict[str, Any]:
    file, sheet, row, column = entry.place
    return {
        "place": json.dumps(entry.place, ensure_ascii=False),
        "file": file,
        "sheet": sheet,
        "row": row,
        "column": column,
        "delivered": entry.delivered,
        "is_error": entry.is_error,
        "messages": [
            {"rule": finding.rule, "severity": severity_of(finding).value, "text": message(finding, language)}
            for finding in entry.findings
        ],
    }


@router.post("/{submission_id}/correction")
async def correct(
    request: Request, asking: Correcting, again: AgainDep, uploads: UploadsDep, submission_id: str
) -> Response:
    """Hand in again: corrected values, lists and files that came along, everything else as it is kept."""
    await run_in_threadpool(asking.submission, submission_id)
    await run_in_threadpool(_possible, again, submission_id)
    filled = _Filled()
    begun: list[str] = []

    def commit() -> None:
        values = corrected_values(filled.fields)
        _require(values or filled.files, request, "correction.nothing")
        reason = filled.fields.get("reason", "").strip()
        upload_id = again.begin(submission_id, values, login=asking.login, reason=reason)
        begun.append(upload_id)
        if filled.upload_id:
            uploads.move_files(filled.upload_id, upload_id)
        agency = asking.archive.journal.submission(submission_id)["agency"]
        uploads.commit(upload_id, operator=asking.login, agency=agency)
        again.note(upload_id)
        queue_jobs(asking.archive, upload_id)

    try:
        await _taken(
            request, uploads, filled, begin=lambda _: uploads.begin(owner=asking.login), path_of=_corrected_path
        )
        await run_in_threadpool(commit)
    finally:
        # Files of the form lie in the new delivery by now, or nobody could go on with them.
        for left in (filled.upload_id, *begun):
            await run_in_threadpool(_drop, uploads, left)
    return RedirectResponse(f"/deliveries/{begun[0]}", 303)


def _corrected_path(name: str, file: str) -> str | None:
    """Where a file of the form of corrections goes: in the place of one that was wrong, or beside the others."""
    if name == _MORE:
        return file
    return name.removeprefix(_FILE) if name.startswith(_FILE) else None


def corrected_values(fields: dict[str, str]) -> dict[Place, str]:
    """The cells of a form whose value is another one than was shown.

    Raises:
        UsageError: a place that no form of ours holds, or a value longer than any cell.
    """
    values: dict[Place, str] = {}
    for name, value in fields.items():
        if not name.startswith(_VALUE) or value == fields.get(_WAS + name.removeprefix(_VALUE), ""):
            continue
        if len(value) > MAX_VALUE:
            msg = f"a value of more than {MAX_VALUE} characters"
            raise UsageError(msg)
        values[_place(fields.get(_PLACE + name.removeprefix(_VALUE), ""))] = value
    return values


def _place(written: str) -> Place:
    try:
        file, sheet, row, column = json.loads(written)
    except (ValueError, TypeError):
        raise UsageError("the form does not say which cell is meant") from None
    if not isinstance(file, str) or not isinstance(sheet, str | None) or not isinstance(column, str):
        raise UsageError("the form does not say which cell is meant")
    if type(row) is not int:
        raise UsageError("the form does not say which row is meant")
    return (file, sheet, row, column)
