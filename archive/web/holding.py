"""The holding as a tree beside a list: agency, fonds, year or catalogue, dossiers and documents.

The address says all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.catalogue.browsing import (
    DOCUMENT_SORTS,
    DOSSIER_SORTS,
    UNKNOWN,
    AgencyBranch,
    Branch,
    Browsing,
    Node,
    Period,
    Wanted,
)
from archive.catalogue.described_fonds import DescribedFonds
from archive.composition.browsing import browsing
from archive.services.selections import MOST, Selection
from archive.web.exports import kinds_for
from archive.web.rendering import page
from metadata.verdicts import Indication

router = APIRouter(prefix="/holding", include_in_schema=False)

SIZE = 50
_MAX_PAGE = 20_000
DOSSIER_COLUMNS = ("file_code", "title", "period", "documents", "label", "stored_at", "agency", "fonds", "catalogue")
DOCUMENT_COLUMNS = ("number", "title", "issued", "organ", "verdict", "label", "doubtful", "file_code", "doc_code")
_USUAL = {
    "dossiers": ("file_code", "title", "period", "documents", "label"),
    "documents": ("number", "title", "issued", "organ", "verdict", "label"),
}
SORTED_BY = {"period": "starts"}
"""Columns that are sorted by another one of the catalogue."""

Word = Annotated[str, Field(max_length=400)]


@dataclass(frozen=True, slots=True)
class Line:
    """One branch as the tree shows it."""

    word: str
    """`agency`, `fonds`, `year` or `catalogue`."""

    name: str
    title: str
    href: str
    depth: int
    dossiers: int
    documents: int
    here: bool
    open: bool

    @property
    def pair(self) -> tuple[str, str]:
        """Code and name."""
        return self.name, self.title or self.name


@dataclass(frozen=True, slots=True)
class Tree:
    """What is unfolded: the way to the node, and what lies directly on it."""

    browse: Browsing
    asking: Asking
    node: Node
    by: Period

    def lines(self) -> Iterator[Line]:
        """Branches from the top, each before those below it."""
        branches = self.browse.agencies(within=self.asking.scope)
        known = {branch.code: branch for branch in branches}
        way = _way(known, self.node.agency)
        roots = [branch for branch in branches if branch.parent not in known]
        below: dict[str | None, list[AgencyBranch]] = {}
        for branch in branches:
            below.setdefault(branch.parent, []).append(branch)
        yield from self._agencies(roots, below, way if self.node.agency or len(roots) != 1 else [roots[0].code], 0)

    def _agencies(
        self, branches: Sequence[AgencyBranch], below: dict[str | None, list[AgencyBranch]], way: list[str], depth: int
    ) -> Iterator[Line]:
        for branch in branches:
            node, open_ = Node(branch.code), branch.code in way
            yield self._line("agency", (branch.code, branch.name), node, depth, branch, open_)
            if open_:
                yield from self._agencies(below.get(branch.code, []), below, way, depth + 1)
                if branch.code == way[-1]:
                    yield from self._fonds(branch.code, depth + 1)

    def _fonds(self, agency: str, depth: int) -> Iterator[Line]:
        for branch in self.browse.fonds(agency, within=self.asking.scope):
            node = Node(agency, branch.name)
            open_ = agency == self.node.agency and branch.name == self.node.fonds
            yield self._line("fonds", (branch.name, ""), node, depth, branch, open_)
            if open_:
                for part in self.browse.periods(agency, branch.name, self.by, within=self.asking.scope):
                    below = replace(node, **{self.by.value: part.name})
                    yield self._line(self.by.value, (part.name, ""), below, depth + 1, part, open_=False)

    def _line(
        self,
        word: str,
        called: tuple[str, str],
        node: Node,
        depth: int,
        counted: AgencyBranch | Branch,
        open_: bool,
    ) -> Line:
        name, title = called
        href = _href(node, self.by)
        return Line(word, name, title, href, depth, counted.dossiers, counted.documents, node == self.node, open_)


def _way(known: dict[str, AgencyBranch], code: str | None) -> list[str]:
    """Codes from the root to `code`."""
    found: list[str] = []
    while code is not None and code in known and code not in found:
        found.insert(0, code)
        code = known[code].parent
    return found


def _href(node: Node, by: Period, **more: str) -> str:
    told = {"agency": node.agency, "fonds": node.fonds, "year": node.year, "catalogue": node.catalogue}
    said = {name: value for name, value in told.items() if value is not None}
    if by is not Period.YEAR:
        said["by"] = by.value
    return f"/holding?{urlencode(said | more)}" if said or more else "/holding"


class Asked(BaseModel):
    """What the address may say; whatever else it says is left out."""

    agency: Word = ""
    fonds: Word = ""
    year: Word = ""
    catalogue: Word = ""
    by: Word = ""
    show: Word = ""
    code: Word = ""
    title: Word = ""
    verdict: Word = ""
    doubtful: Literal["", "1"] = ""
    sort: Word = ""
    col: Annotated[list[Word], Field(max_length=20)] = []
    p: Annotated[int, Field(ge=1, le=_MAX_PAGE)] = 1

    @property
    def node(self) -> Node:
        """The chosen branch."""
        return Node(self.agency or None, self.fonds or None, self.year or None, self.catalogue or None)

    @property
    def period(self) -> Period:
        """By what fonds are divided."""
        return Period.CATALOGUE if self.by == Period.CATALOGUE else Period.YEAR

    @property
    def kind(self) -> str:
        """`dossiers` or `documents`."""
        return "documents" if self.show == "documents" else "dossiers"

    @property
    def columns(self) -> list[str]:
        """Columns in their usual order; the title is always there, because it leads on."""
        known = DOCUMENT_COLUMNS if self.kind == "documents" else DOSSIER_COLUMNS
        chosen = [name for name in known if name in self.col]
        if not chosen:
            return list(_USUAL[self.kind])
        return chosen if "title" in chosen else [*chosen[:1], "title", *chosen[1:]]

    @property
    def selection(self) -> Selection:
        """Everything that the list holds, on whatever page."""
        wanted, node = self.wanted, self.node
        return Selection(
            show="documents" if self.kind == "documents" else "dossiers",
            agency=node.agency,
            fonds=node.fonds,
            year=node.year,
            catalogue=node.catalogue,
            code=wanted.code,
            title=wanted.title,
            verdict=wanted.verdict,
            doubtful="1" if wanted.doubtful else "",
        )

    @property
    def wanted(self) -> Wanted:
        """The list."""
        column = self.sort.removeprefix("-")
        return Wanted(
            self.node,
            code=self.code.strip(),
            title=self.title.strip(),
            verdict=self.verdict if self.kind == "documents" and self.verdict in set(Indication) else "",
            doubtful=self.kind == "documents" and self.doubtful == "1",
            sort=("-" if self.sort.startswith("-") else "") + SORTED_BY.get(column, column),
            limit=SIZE,
            offset=(self.p - 1) * SIZE,
        )


@router.get("")
def holding(
    request: Request, asking: Annotated[Asking, may(Action.HOLDING_READ)], asked: Annotated[Asked, Query()]
) -> Response:
    """The tree, and the list of what lies at the chosen branch."""
    browse, wanted = browsing(asking.archive), asked.wanted
    documents = asked.kind == "documents"
    listed = (browse.documents if documents else browse.dossiers)(wanted, within=asking.scope)
    known = DOCUMENT_COLUMNS if documents else DOSSIER_COLUMNS
    sorts = DOCUMENT_SORTS if documents else DOSSIER_SORTS
    return page(
        request,
        "holding.html",
        tree=list(Tree(browse, asking, asked.node, asked.period).lines()),
        crumbs=_crumbs(asked.node, asked.period),
        node=asked.node,
        by=asked.period.value,
        kind=asked.kind,
        listed=listed,
        wanted=wanted,
        sorted_by=asked.sort,
        columns=asked.columns,
        known_columns=known,
        sortable={name for name in known if SORTED_BY.get(name, name) in sorts},
        verdicts=[word.value for word in Indication],
        number=asked.p,
        last=max(1, -(-listed.total // SIZE)),
        first=wanted.offset + 1,
        unknown=UNKNOWN,
        kinds=kinds_for(asking, documents=documents),
        described=_described(asking, asked.node),
        where=urlencode(asked.selection.model_dump(exclude_defaults=True)),
        most=MOST,
    )


def _described(asking: Asking, node: Node) -> list[dict[str, Any]]:
    """What deliveries say of the chosen fonds, the latest first."""
    if node.agency is None or node.fonds is None:
        return []
    name = "" if node.fonds == UNKNOWN else node.fonds
    found = DescribedFonds(asking.archive.database).of(node.agency, name, within=asking.scope)
    return [{key: cell.model_dump() for key, cell in row.fields.items()} for row in found]


def _crumbs(node: Node, by: Period) -> list[tuple[str, str, str]]:
    """Word, name and address of each step to the node."""
    steps = [("agency", node.agency), ("fonds", node.fonds), ("year", node.year), ("catalogue", node.catalogue)]
    found: list[tuple[str, str, str]] = []
    way = Node()
    for word, name in steps:
        if name is not None:
            way = replace(way, **{word: name})
            found.append((word, name, _href(way, by)))
    return found
