"""What all pages of the administration share: their sections, and how they tell what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from archive.api.rights import Asking
from archive.auth.policy import Action, scope_of
from archive.web.rendering import page
from metadata.messages import catalogue

BAD = 422
"""Status of a form that is shown again with what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the administration."""

    path: str
    word: str
    """Message `administration.{word}.heading`."""

    action: Action


SECTIONS = (
    Section("/administration/people", "people", Action.RIGHTS_READ),
    Section("/administration/agencies", "agencies", Action.RIGHTS_READ),
    Section("/administration/labels", "labels", Action.RIGHTS_READ),
    Section("/administration/changes", "changes", Action.RIGHTS_READ),
    Section("/administration/policy", "policy", Action.RIGHTS_READ),
    Section("/administration/jobs", "jobs", Action.SUBMISSION_READ),
)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a form was not taken: nothing was changed, and what was written in it is kept."""

    why: str
    """Message `administration.refused.{why}`, or one with a dot in its own name."""

    wrote: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The message's key."""
        return self.why if "." in self.why else f"administration.refused.{self.why}"


def shown(
    request: Request,
    asking: Asking,
    template: str,
    status: int = 200,
    *,
    refused: Refused | None = None,
    **values: Any,  # noqa: ANN401 - as `page`
) -> Response:
    """A page of the administration, with the sections that the person may open."""
    path = request.url.path
    here = next((one.word for one in SECTIONS if path == one.path or path.startswith(f"{one.path}/")), "")
    done = request.query_params.get("done", "")
    return page(
        request,
        template,
        status,
        sections=list(sections_of(asking)),
        section=here,
        done=done if f"administration.done.{done}" in catalogue() else "",
        refused=refused,
        wrote=refused.wrote if refused else {},
        **values,
    )


def manages_people(asking: Asking) -> bool:
    """Whether all accounts are theirs to manage: accounts belong to no agency."""
    return scope_of(asking.person, Action.PEOPLE_MANAGE).everything


def agency_names(asking: Asking) -> dict[str, str]:
    """Names by code of the agencies of which the person may know."""
    rows = asking.archive.catalogue.agencies(within=asking.anything)
    return {row["code"]: row["name"] for row in rows}


def back(path: str, done: str) -> Response:
    """To the page at `path`, which tells what was done."""
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}done={done}", 303)


def address(*parts: str) -> str:
    """The path of a page of the administration."""
    return "/".join(["/administration", *(quote(part, safe="") for part in parts)])


def sections_of(asking: Asking) -> Iterator[Section]:
    """What the person may open."""
    return (section for section in SECTIONS if asking.may(section.action))
