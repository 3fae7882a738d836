"""The application: API below /api/v1, pages at /, one lifespan."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool

from archive.api import idempotency, problems
from archive.api.bodies import Bounded
from archive.api.guard import Guard
from archive.api.lines import ROOT
from archive.api.pacing import Pacing
from archive.api.people import SignedIn
from archive.api.quota import Quota
from archive.api.rights import refuse_undeclared
from archive.api.routes import (
    audit,
    authorities,
    checks,
    conversions,
    events,
    evidence,
    exports,
    finding,
    found_lists,
    handing_in,
    holdings,
    jobs,
    lists,
    people,
    resumable,
    rights,
    saved_searches,
    statuses,
    submissions,
    suggesting,
    templates,
    texts,
)
from archive.catalogue.progress import progress_of
from archive.composition import Archive
from archive.composition.auditing import audit_runs
from archive.composition.exporting import ExportDuty, export_jobs
from archive.composition.submitting import is_packed
from archive.services.doctor_rounds import DoctorRounds
from archive.services.resubmissions import Resubmissions
from archive.services.upload_rooms import Bounds
from archive.services.uploads import Uploads
from archive.services.watching import Watching
from archive.version import VERSION
from archive.web.errors import error_page
from archive.web.pages import make_pages
from metadata.errors import ArchiveError

SWEEP_SECONDS = 10.0
"""How often uploads that are received are cleared away."""

_ROUTES = (
    handing_in,
    submissions,
    events,
    resumable,
    statuses,
    jobs,
    holdings,
    lists,
    finding,
    suggesting,
    checks,
    audit,
    evidence,
    exports,
    found_lists,
    conversions,
    authorities,
    templates,
    texts,
    saved_searches,
)
_log = logging.getLogger("luutru.api")


def make_application(archive: Archive) -> FastAPI:
    """API and pages of one installation.

    While the application runs, it also does what a long-lived process owes: indexes what
    waits, seals the trail, clears uploads away. Jobs are worked off by `archive.executor()`,
    which the caller holds open.
    """
    answers = archive.home.work / "idempotency"
    uploads = Uploads(
        archive.home.uploads,
        submissions=archive.submissions,
        journal=archive.journal,
        runner=archive.runner,
        clock=archive.clock,
        bounds=Bounds(
            max_file_bytes=archive.settings.serve.max_upload_mib << 20,
            unfinished=timedelta(days=archive.settings.intake.unfinished_days),
            refused=timedelta(days=archive.settings.intake.refused_days),
        ),
    )
    again = Resubmissions(
        uploads, archive.journal, archive.home.receipts / "corrected", archive.trail, archive.clock, is_packed
    )
    # Made here once: a first use by several threads at the same time would make them several times.
    for part in (archive.index, archive.dossiers, archive.indexing, archive.fixity, archive.trusting, archive.packages):
        _log.debug("made %s", type(part).__name__)

    exporting = ExportDuty(export_jobs(archive))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        stop = threading.Event()
        duties: tuple[Callable[[threading.Event], None], ...] = (
            archive.keep_up,
            lambda stopped: _clear(uploads, again, archive, stopped),
            exporting.keep_up,
        )
        threads = [threading.Thread(target=_persist, args=(duty, stop), daemon=True) for duty in duties]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                await run_in_threadpool(thread.join)

    application = FastAPI(
        title="Lưu Trữ",
        version=VERSION,
        openapi_url=f"{ROOT}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        dependencies=[Depends(refuse_undeclared)],
    )
    application.state.archive = archive
    application.state.uploads = uploads
    application.state.exporting = exporting
    application.state.stopping = threading.Event()
    application.state.watching = Watching(partial(progress_of, archive.database), application.state.stopping)
    application.state.resubmissions = again
    application.state.audit_runs = audit_runs(archive)
    # Asked for late: the doctor brings the worker pool along.
    application.state.doctor_rounds = DoctorRounds(lambda: archive.doctor.probes(), archive.clock)  # noqa: PLW0108
    problems.install(application, error_page)
    api = APIRouter(prefix=ROOT)
    for module in _ROUTES:
        api.include_router(module.router)
    api.include_router(rights.router)
    api.include_router(people.router)
    application.include_router(api)
    make_pages(application)
    # The last one is the first that a request meets.
    application.add_middleware(idempotency.Idempotency, folder=answers)
    application.add_middleware(Quota, archive=archive)
    application.add_middleware(Pacing)
    application.add_middleware(SignedIn, archive=archive)
    # Outside of who reads forms for their token.
    application.add_middleware(Bounded)
    application.add_middleware(Guard, serve=archive.settings.serve)
    application.openapi = lambda: _schema(application)  # type: ignore[method-assign]  # FastAPI's documented way
    return application


def _clear(uploads: Uploads, again: Resubmissions, archive: Archive, stop: threading.Event) -> None:
    while not stop.wait(SWEEP_SECONDS):
        # First what follows which: files that were handed in again need not wait any longer.
        again.settle()
        uploads.sweep()
        idempotency.sweep(archive.home.work / "idempotency", archive.clock)
        archive.desk.accounts.sweep()


def _persist(duty: Callable[[threading.Event], None], stop: threading.Event) -> None:
    """A duty that met a fault is taken up again: nothing of it is lost, only late."""
    while not stop.is_set():
        try:
            duty(stop)
        except (ArchiveError, OSError) as error:
            _log.warning("duty_failed", extra={"error": type(error).__name__})
            stop.wait(SWEEP_SECONDS)


def _schema(application: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: every error is a problem document, and a wrong call is 400, never 422."""
    if application.openapi_schema is None:
        schema = get_openapi(title=application.title, version=application.version, routes=application.routes)
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            components.pop(name, None)
        components["Problem"] = problems.Problem.model_json_schema()
        content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for operations in schema["paths"].values():
            for operation in operations.values():
                answers = operation["responses"]
                if answers.get("422", {}).get("description") == "Validation Error":
                    del answers["422"]
                for status, said in (
                    ("400", "The call is wrong"),
                    ("401", "Nobody signed in"),
                    ("429", "Too often, or too much for one day"),
                    ("403", "Foreign host or page"),
                    ("404", "Nothing there"),
                ):
                    answers.setdefault(status, {"description": said})
                if "requestBody" in operation:
                    answers.setdefault("408", {"description": "The body comes too slowly"})
                    answers.setdefault("413", {"description": "The body is too large"})
                answers.setdefault("5XX", {"description": "The system failed; safe to repeat"})
                for status, answer in answers.items():
                    if status[0] in "45":
                        answer.setdefault("content", content)
        application.openapi_schema = schema
    return application.openapi_schema
