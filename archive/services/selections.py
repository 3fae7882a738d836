"""Everything that a list's filter finds, as an order: what is in it is decided when the order is made ready.

Whoever orders names the filter, not the things. So rights count as they are when the job runs: what came into the
holding meanwhile is taken along, what may be seen no more is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from archive.auth.people import Person
from archive.auth.policy import Action, decide, scope_of, seeing
from archive.catalogue.browsing import Browsing, Listed, Node, Wanted
from archive.catalogue.holdings import Catalogue
from archive.catalogue.places import Place
from archive.catalogue.sights import Sights
from metadata.errors import UsageError
from metadata.messages import every_text

MOST = 500
"""Dossiers or documents that one order takes: more are no selection but a migration, for which there is `export`."""

_PAGE = 100


class Selection(BaseModel):
    """A filter of the holding, as the address of its list says it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    show: Literal["dossiers", "documents"] = "dossiers"
    agency: str | None = Field(None, max_length=400)
    fonds: str | None = Field(None, max_length=400)
    year: str | None = Field(None, max_length=400)
    catalogue: str | None = Field(None, max_length=400)
    code: str = Field("", max_length=400)
    title: str = Field("", max_length=400)
    verdict: str = Field("", max_length=40)
    doubtful: Literal["", "1"] = ""

    def wanted(self, offset: int = 0) -> Wanted:
        """The list, by code: the same order however long it takes."""
        node = Node(self.agency, self.fonds, self.year, self.catalogue)
        if self.show == "dossiers":
            return Wanted(node, self.code, self.title, sort="file_code", limit=_PAGE, offset=offset)
        doubtful = self.doubtful == "1"
        return Wanted(node, self.code, self.title, self.verdict, doubtful, "file_code", limit=_PAGE, offset=offset)


class Chosen(BaseModel):
    """One thing that is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dossier_id: str
    ordinal: int | None
    agency: str
    file_code: str
    without: tuple[int, ...] = ()
    """Documents of the dossier that do not leave."""

    @property
    def identifier(self) -> str:
        """As `luutru export` knows it."""
        return self.dossier_id if self.ordinal is None else f"{self.dossier_id}/{self.ordinal}"


@dataclass(frozen=True, slots=True)
class Selections:
    """Finds what a selection holds for a person."""

    catalogue: Catalogue
    browse: Browsing
    sights: Sights
    person: Callable[[str, str], Person | None]
    """Who has that identifier and login now, with the rights of now; None: nobody that is let in."""

    def count(self, selection: Selection, person: Person, action: Action) -> int:
        """How many the filter finds for `person`.

        Raises:
            UsageError: nothing, or more than `MOST`.
        """
        total = self._listed(selection, person, action, 0).total
        if not 0 < total <= MOST:
            raise UsageError(every_text("exports.too_many", found=total, most=MOST))
        return total

    def chosen(self, selection: Selection, person_id: str, login: str, action: Action) -> Iterator[Chosen]:
        """What the person may take of it now, at most `MOST`; nothing for who is let in no more.

        A package leaves whole: one with a document that the person may not take is left out.
        """
        person = self.person(person_id, login)
        if person is None:
            return
        scope = scope_of(person, action)
        for offset in range(0, MOST, _PAGE):
            rows = self._listed(selection, person, action, offset).rows
            for row in rows:
                ordinal = row["ordinal"] if selection.show == "documents" else None
                place = Place(row["package_id"] if ordinal is None else row["dossier_id"], ordinal)
                target = self.sights.place(place)
                if target is None or not decide(person, action, target):
                    continue
                whole = ordinal is None or action is Action.PACKAGE_EXPORT
                hidden = self.catalogue.hidden_ordinals(place.dossier_id, within=scope) if whole else frozenset[int]()
                if hidden and action is Action.PACKAGE_EXPORT:
                    continue
                yield Chosen(
                    dossier_id=place.dossier_id,
                    ordinal=ordinal,
                    agency=row["agency"],
                    file_code=row["file_code"],
                    without=tuple(sorted(hidden)),
                )
            if len(rows) < _PAGE:
                return

    def _listed(self, selection: Selection, person: Person, action: Action, offset: int) -> Listed:
        within = scope_of(person, seeing(action))
        listing = self.browse.documents if selection.show == "documents" else self.browse.dossiers
        return listing(selection.wanted(offset), within=within)
