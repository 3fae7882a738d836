"""A search as a person asked it: what its address says, kept by name, or made into a list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from metadata.errors import UsageError
from search.errors import SearchRequestError
from search.facets import FACETS, grouped
from search.fields import KINDS
from search.ports import SearchRequest
from search.searching import RELEVANCE, SORTS

LONGEST_ADDRESS = 48_000
"""Characters of an address that is read: a query of 4,000 letters with marks has nine times as many there."""

SORT_PATTERN = f"^({'|'.join(SORTS)})$"
"""What may be said for an order, for programs that ask."""

_MOST_PARTS = 200
_SAID = {"q": "query", "from": "issued_from", "to": "issued_to", "sort": "sort"}
_OF_THE_PAGE = frozenset({"p", "open", "at", "lang"})
"""What an address says of the page and not of the search."""

_MOST_FIELDS = 20
MAX_CHOSEN = 100
"""Values of one facet."""

Word = Annotated[str, Field(min_length=1, max_length=400)]


class AskedSearch(BaseModel):
    """Everything that decides which documents are found, and in which order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: str = Field("", max_length=4000)
    fields: dict[str, Word] = Field({}, max_length=_MOST_FIELDS)
    chosen: dict[str, Annotated[tuple[Word, ...], Field(min_length=1, max_length=MAX_CHOSEN)]] = {}
    """Values of facets, by the facet's name."""

    issued_from: date | None = None
    issued_to: date | None = None
    sort: str = RELEVANCE

    @field_validator("fields")
    @classmethod
    def _known(cls, fields: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(fields) - set(KINDS))
        if unknown:
            msg = f"no such field: {unknown[0]!r}"
            raise ValueError(msg)
        return fields

    @field_validator("chosen")
    @classmethod
    def _facets(cls, chosen: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        unknown = sorted(set(chosen) - set(FACETS))
        if unknown:
            msg = f"no such facet: {unknown[0]!r}"
            raise ValueError(msg)
        return {name: tuple(sorted(set(values))) for name, values in chosen.items()}

    @field_validator("sort")
    @classmethod
    def _ordered(cls, sort: str) -> str:
        if sort not in SORTS:
            msg = f"no such order: {sort!r}"
            raise ValueError(msg)
        return sort

    @classmethod
    def asked(cls, said: Mapping[str, Any]) -> Self:
        """The search of these values.

        Raises:
            SearchRequestError: it names a field, a facet or an order that does not exist.
        """
        try:
            return cls.model_validate(said)
        except ValidationError as error:
            first = error.errors()[0]
            raise SearchRequestError(".".join(map(str, first["loc"])), first["msg"]) from None

    @classmethod
    def of_address(cls, address: str) -> Self:
        """The search that the address of the search page says (what stands behind its `?`).

        Raises:
            UsageError: it is no such address, or too long.
        """
        refused = UsageError(f"no address of the search page: {address[:200]!r}")
        if len(address) > LONGEST_ADDRESS:
            raise refused
        said: dict[str, str] = {}
        fields: dict[str, str] = {}
        chosen: list[tuple[str, str]] = []
        try:
            for name, value in parse_qsl(address, max_num_fields=_MOST_PARTS, errors="strict"):
                word = value.strip()
                if not word or name in _OF_THE_PAGE:
                    continue
                if name == "chosen":
                    facet, _, picked = word.partition("=")
                    chosen.append((facet, picked))
                elif name in _SAID:
                    said[_SAID[name]] = word
                else:
                    fields[name] = word
            return cls.model_validate({**said, "fields": fields, "chosen": grouped(chosen)})
        except ValueError:
            raise refused from None

    @property
    def address(self) -> str:
        """The same search as the search page has it in its address; equal searches have equal addresses."""
        parts = [("q", self.query), *sorted(self.fields.items())]
        parts += [("chosen", f"{name}={value}") for name in sorted(self.chosen) for value in self.chosen[name]]
        parts += [("from", self.issued_from.isoformat())] if self.issued_from else []
        parts += [("to", self.issued_to.isoformat())] if self.issued_to else []
        parts += [("sort", self.sort)] if self.sort != RELEVANCE else []
        return urlencode([(name, value) for name, value in parts if value])

    @property
    def nothing(self) -> bool:
        """Whether nothing is asked at all."""
        return not (self.query.strip() or self.fields or self.chosen or self.dated)

    @property
    def dated(self) -> bool:
        """Whether days are asked for."""
        return self.issued_from is not None or self.issued_to is not None

    def request(self, limit: int, offset: int = 0, after: str | None = None) -> SearchRequest:
        """The question to the index."""
        return SearchRequest(
            query=self.query,
            fields=self.fields,
            chosen=self.chosen,
            issued_from=self.issued_from,
            issued_to=self.issued_to,
            limit=limit,
            offset=offset,
            sort=self.sort,
            after=after,
        )
