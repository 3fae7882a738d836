"""The application: API below /api/v1, pages at /, one lifespan."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool

from archive.api import idempotency, problems
from archive.api.guard import Guard
from archive.api.lines import ROOT
from archive.api.routes import audit, checks, evidence, finding, holdings, jobs, submissions
from archive.composition import Archive
from archive.services.uploads import Uploads
from archive.version import VERSION
from archive.web.errors import error_page
from archive.web.pages import make_pages
from metadata.errors import ArchiveError

SWEEP_SECONDS = 10.0
"""How often uploads that are received are cleared away."""

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
        workers=archive.workers,
        submissions=archive.submissions,
        journal=archive.journal,
        runner=archive.runner,
        clock=archive.clock,
        max_file_bytes=archive.settings.serve.max_upload_mib << 20,
    )
    # Made here once: a first use by several threads at the same time would make them several times.
    for part in (archive.index, archive.dossiers, archive.indexing, archive.fixity, archive.trusting, archive.packages):
        _log.debug("made %s", type(part).__name__)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        stop = threading.Event()
        duties: tuple[Callable[[threading.Event], None], ...] = (
            archive.keep_up,
            lambda stopped: _clear(uploads, archive, stopped),
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
    )
    application.state.archive = archive
    application.state.uploads = uploads
    problems.install(application, error_page)
    api = APIRouter(prefix=ROOT)
    for module in (submissions, jobs, holdings, finding, checks, audit, evidence):
        api.include_router(module.router)
    application.include_router(api)
    make_pages(application)
    application.add_middleware(idempotency.Idempotency, folder=answers)
    application.add_middleware(Guard)
    application.openapi = lambda: _schema(application)  # type: ignore[method-assign]  # FastAPI's documented way
    return application


def _clear(uploads: Uploads, archive: Archive, stop: threading.Event) -> None:
    while not stop.wait(SWEEP_SECONDS):
        uploads.sweep()
        idempotency.sweep(archive.home.work / "idempotency", archive.clock)


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
                    ("403", "Foreign host or page"),
                    ("404", "Nothing there"),
                ):
                    answers.setdefault(status, {"description": said})
                answers.setdefault("5XX", {"description": "The system failed; safe to repeat"})
                for status, answer in answers.items():
                    if status[0] in "45":
                        answer.setdefault("content", content)
        application.openapi_schema = schema
    return application.openapi_schema
