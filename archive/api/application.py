"""The application: API below /api/v1, pages at /, one lifespan."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
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
from archive.api.people import Limits, SignedIn
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
from archive.api.upkeep import Beside, Upkeep
from archive.catalogue.progress import progress_of
from archive.composition import Archive
from archive.composition.auditing import audit_runs
from archive.services.doctor_rounds import DoctorRounds
from archive.services.watching import Watching
from archive.version import VERSION
from archive.web.errors import error_page
from archive.web.pages import make_pages

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
Application = FastAPI
"""What a server runs."""

_log = logging.getLogger("luutru.api")


def make_application(archive: Archive, limits: Limits | None = None, beside: Beside | None = None) -> FastAPI:
    """API and pages of one installation.

    Args:
        archive: The installation.
        limits: How often one may ask, together with other processes of the server; None: of this one alone.
        beside: The process that works jobs off and keeps everything up. None: while the application runs, it does
            what a long-lived process owes by itself, and the caller holds `archive.executor()` open.
    """
    upkeep = Upkeep(archive)
    if beside is not None:
        archive.works_beside(beside.jobs)
    # Made here once: a first use by several threads at the same time would make them several times.
    for part in (archive.index, archive.dossiers, archive.indexing, archive.fixity, archive.trusting, archive.packages):
        _log.debug("made %s", type(part).__name__)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            if beside is None:
                stack.enter_context(upkeep.kept_up())
            yield
            # Duties may take long to end, and answers that are under way need the loop.
            await run_in_threadpool(stack.close)

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
    application.state.uploads = upkeep.uploads
    application.state.call_exports = upkeep.exporting.wake if beside is None else beside.exports
    application.state.stopping = threading.Event()
    application.state.watching = Watching(partial(progress_of, archive.database), application.state.stopping)
    application.state.resubmissions = upkeep.resubmissions
    application.state.audit_runs = audit_runs(archive)
    # Asked for late: the doctor brings the worker pool along.
    application.state.doctor_rounds = DoctorRounds(
        lambda: archive.doctor.probes(),  # noqa: PLW0108 - see above
        archive.clock,
        archive.home.work,
    )
    problems.install(application, error_page)
    api = APIRouter(prefix=ROOT)
    for module in _ROUTES:
        api.include_router(module.router)
    api.include_router(rights.router)
    api.include_router(people.router)
    application.include_router(api)
    make_pages(application)
    # The last one is the first that a request meets.
    application.add_middleware(idempotency.Idempotency, folder=upkeep.answers)
    application.add_middleware(Quota, archive=archive)
    application.add_middleware(Pacing)
    application.add_middleware(
        SignedIn, archive=archive, limits=limits or Limits(archive.settings.serve, archive.clock)
    )
    # Outside of who reads forms for their token.
    application.add_middleware(Bounded)
    application.add_middleware(Guard, serve=archive.settings.serve)
    application.openapi = lambda: _schema(application)  # type: ignore[method-assign]  # FastAPI's documented way
    return application


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
