"""Lists of what a search finds, as exports: ordered here, made by the server, fetched like any other export."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from archive.api.lines import ROOT, job_line
from archive.api.people import known_of
from archive.api.rights import Asking, may
from archive.api.routes.exports import line_of, open_order
from archive.auth.policy import Action, scope_of
from archive.composition.exporting import export_jobs, found_lists, needed_for
from archive.dissemination.outgoing import E_ARK_VERSIONS
from archive.services.asked_searches import MAX_CHOSEN, SORT_PATTERN, AskedSearch
from archive.services.export_jobs import ExportOrder
from archive.services.found_lists import MOST_WAITING, FoundForm
from metadata.errors import UsageError
from metadata.messages import every_text
from search.searching import RELEVANCE

router = APIRouter(prefix="/search/exports", tags=["exports"])

Word = Annotated[str, Field(min_length=1, max_length=400)]


class SearchBody(BaseModel):
    """A search, by the names of `GET /search`."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, Field(max_length=4000)] = ""
    field: Annotated[dict[Annotated[str, Field(max_length=40)], Word], Field(max_length=20)] = {}
    chosen: Annotated[
        dict[Annotated[str, Field(max_length=40)], Annotated[list[Word], Field(min_length=1, max_length=MAX_CHOSEN)]],
        Field(max_length=20),
    ] = {}
    """Values of facets, by the facet's name."""

    issued_from: Annotated[date | None, Field(alias="from")] = None
    issued_to: Annotated[date | None, Field(alias="to")] = None
    sort: Annotated[str, Field(pattern=SORT_PATTERN)] = RELEVANCE

    @property
    def asked(self) -> AskedSearch:
        """The search.

        Raises:
            SearchRequestError: it names a field or facet that there is not.
        """
        return AskedSearch.asked(
            {
                "query": self.q,
                "fields": self.field,
                "chosen": self.chosen,
                "issued_from": self.issued_from,
                "issued_to": self.issued_to,
                "sort": self.sort,
            }
        )


class NewFoundList(SearchBody):
    """A list that shall be made."""

    form: Annotated[FoundForm, Field(alias="as")]


@router.post(
    "",
    status_code=202,
    responses={202: {"description": "Ordered; `Location` is the job, `href` the export"}},
)
def order(request: Request, asking: Annotated[Asking, may(Action.SEARCH)], said: NewFoundList) -> Response:
    """Order a list of all that a search finds, 1 to 100,000 documents; what is in it is decided when it is made."""
    ordered = order_list(request, asking, said.asked, said.form)
    body = line_of(asking, ordered) | {"job": job_line(export_jobs(asking.archive).job(ordered))}
    return JSONResponse(body, 202, {"Location": f"{ROOT}/jobs/{ordered.job_id}"})


def order_list(request: Request, asking: Asking, search: AskedSearch, form: FoundForm) -> ExportOrder:
    """Order a list of all that a search finds.

    Raises:
        UsageError: it finds nothing, or too much; or the asker waits for `MOST_WAITING` others.
        RefusedError: the asker takes no copies.
    """
    action = needed_for(form)
    asking.archive.permits.require(asking.person, action, None, "POST /search/exports")
    if export_jobs(asking.archive).lists_waiting(asking.login) >= MOST_WAITING:
        raise UsageError(every_text("found_lists.too_many_waiting", most=MOST_WAITING))
    counted = found_lists(asking.archive).count(search, within=scope_of(asking.person, action))
    token = known_of(request).token
    wanted = ExportOrder(
        operator=asking.login,
        dossier_id="",
        agency="",
        file_code="",
        kind=form,
        eark_version=E_ARK_VERSIONS[0],
        search=search,
        person_id=asking.person.id,
        token_id=token.id if token else "",
        counted=counted,
    )
    return open_order(request, asking, wanted)
