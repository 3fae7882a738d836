"""Indices of one installation: which one serves, which one is being made, and in what order writes count.

`PREFIX-documents` is an alias of the index that serves, `PREFIX-documents-vN`; a
rebuild fills the next one. One small document of `PREFIX-state` says which they
are. Whoever writes changes that document first: its version, which only grows, is
the writer's ticket, and every write carries it, so that what was asked for later
wins whenever it arrives. There is no lock and no clock: a writer looks again when
it is done, and whatever index has come to serve or to be made meanwhile is
written to as well. So an index that is being made knows every change, and to
switch over is one call.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from elasticsearch import ApiError, BadRequestError, ConflictError, NotFoundError

from search.backends.elasticsearch_cluster import Cluster, answering, attempts
from search.backends.elasticsearch_schema import index_settings, mappings
from search.documents import FORMAT
from search.errors import SearchFaultError, SearchFormatError

_STATE: Final = "generations"
_RETRIES: Final = 1000
"""Writers that change the state at the same moment wait for each other by trying again."""

_REMOVALS_AT_ONCE: Final = 1000

_UNAVAILABLE: Final = 503
_OPENING_PAUSES_SECONDS: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""An index is there some moments before its parts can be read; one whose nodes are gone is not waited for long."""


@dataclass(frozen=True, slots=True)
class State:
    """What the state's document said, and the ticket that was drawn with it."""

    ticket: int
    serving: str
    building: str
    """Empty: no rebuild is under way."""

    format: int
    building_format: int
    rebuilder: str
    """Names the process that rebuilds; who began last goes on."""

    @property
    def targets(self) -> frozenset[str]:
        """Indices that are to know every change."""
        return frozenset(filter(None, (self.serving, self.building)))


def _state(ticket: int, said: Mapping[str, Any]) -> State:
    return State(
        ticket=ticket,
        serving=said["serving"],
        building=said["building"],
        format=said["format"],
        building_format=said["building_format"],
        rebuilder=said["rebuilder"],
    )


class Generations:
    """The indices under one prefix."""

    def __init__(self, cluster: Cluster) -> None:
        prefix = cluster.settings.index_prefix
        self._cluster = cluster
        self._client = cluster.client
        self._states = f"{prefix}-state"
        self.alias = f"{prefix}-documents"
        self._own = re.compile(rf"{re.escape(self.alias)}-v([0-9]+)")
        self._checked: set[str] = set()
        self._made = False

    # Reading

    def check(self, names: Iterable[str] = ()) -> None:
        """Refuse to read what this version did not make.

        Args:
            names: Indices that answered; none: whatever the alias stands for.

        Raises:
            SearchFormatError: another version made it, or another program.
            SearchFaultError: there is none, or several at once.
        """
        asked = set(names)
        if asked and asked <= self._checked:
            return
        with answering("to describe the index"):
            try:
                found = self._client.indices.get_mapping(index=self.alias)
            except NotFoundError:
                raise SearchFaultError(self._gone()) from None
        for said in found.body.values():
            there = _format_of(said)
            if there != FORMAT:
                raise SearchFormatError(found=there, expected=FORMAT)
        if len(found.body) != 1:
            msg = f"{self.alias} stands for {len(found.body)} indices at once; run: luutru index rebuild"
            raise SearchFaultError(msg)
        self._checked |= set(found.body)

    def open(self) -> None:
        """Make the index when there never was one.

        Raises:
            SearchFaultError: there was one, and it is gone.
        """
        with answering("to look for the index"):
            if self._read() is None:
                self._make()
            elif not self._aliased():
                raise SearchFaultError(self._gone())

    def _gone(self) -> str:
        return f"the index {self.alias} is gone; run: luutru index rebuild"

    # Writing

    def draw(self) -> State:
        """A ticket for one change, and where it is to be made.

        Raises:
            SearchFormatError: another version made what serves.
        """
        with answering("a ticket to write"):
            # The first change of a process must not be what makes the server invent an index.
            if not self._made and self._read() is None:
                self._make()
            self._made = True
            try:
                state = self._change({})
            except NotFoundError:
                self._make()
                state = self._change({})
        _writable(state)
        return state

    def now(self, ticket: int) -> State:
        """Where the change of `ticket` is to be made by now."""
        with answering("to look again after writing"):
            state = self._read()
        if state is None:
            raise SearchFaultError(self._gone())
        return replace(state, ticket=ticket)

    def settle(self, missing: Iterable[str], state: State) -> State:
        """What to do about indices that a writer did not find.

        Raises:
            SearchFaultError: the index that serves is gone.
        """
        lost = set(missing) & state.targets
        if not lost:
            return state
        with answering("to look for the index"):
            aliased = self._aliased()
            if state.building and state.building in aliased:
                # A rebuild was killed after it had switched over and before it could say so.
                self._change(_served(state.building))
            elif state.building in lost:
                self._change({"building": "", "building_format": 0})
            if state.serving in lost and state.building not in aliased:
                raise SearchFaultError(self._gone())
        return self.now(state.ticket)

    def _change(self, values: Mapping[str, Any]) -> State:
        answer = self._client.update(
            index=self._states, id=_STATE, doc=values, detect_noop=False, source=True, retry_on_conflict=_RETRIES
        )
        return _state(answer["_version"], answer["get"]["_source"])

    def _read(self) -> State | None:
        """The state; None: there never was one. An index that another process has just made is waited for."""
        for _ in attempts(_OPENING_PAUSES_SECONDS):
            try:
                answer = self._client.get(index=self._states, id=_STATE)
            except NotFoundError:
                return None
            except ApiError as error:
                if error.status_code != _UNAVAILABLE:
                    raise
                unavailable = error
            else:
                return _state(answer["_version"], answer["_source"])
        raise unavailable

    def _aliased(self) -> dict[str, Any]:
        """What the alias stands for, with the mappings."""
        try:
            return dict(self._client.indices.get_mapping(index=self.alias).body)
        except NotFoundError:
            return {}

    def _make(self) -> None:
        """The index, its alias and the state where there never were any; by several processes at once too."""
        self._client.indices.put_index_template(
            name=self.alias,
            index_patterns=[f"{self.alias}-v*", self._states],
            # A write to an index that is gone must not make another one, with fields guessed from the write.
            allow_auto_create=False,
            priority=500,
            template={"mappings": {"dynamic": "strict"}},
        )
        if self._read() is not None:
            return
        if not self._aliased():
            self._create(self._next(), aliases={self.alias: {}})
        settings = {"number_of_shards": 1, "number_of_replicas": self._cluster.settings.replicas}
        self._created(self._states, settings, _state_mappings(), {})
        self._begin_state()

    def _begin_state(self) -> None:
        aliased = self._aliased()
        serving = max(aliased)
        there = _format_of(aliased[serving])
        first = {**_served(serving), "format": there if isinstance(there, int) else 0}
        # Where only the state was lost, tickets go on above all that were ever drawn.
        tickets_from = time.time_ns() // 1_000_000
        with suppress(ConflictError):
            self._client.index(
                index=self._states, id=_STATE, document=first, version=tickets_from, version_type="external"
            )

    def _create(self, name: str, aliases: Mapping[str, Any]) -> None:
        self._created(name, index_settings(self._cluster.settings), mappings(), aliases)

    def _created(
        self, name: str, settings: Mapping[str, Any], fields: Mapping[str, Any], aliases: Mapping[str, Any]
    ) -> None:
        try:
            self._client.indices.create(index=name, settings=settings, mappings=fields, aliases=aliases)
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise

    def _generations(self) -> list[str]:
        """Indices that a rebuild may have left, and the one that serves."""
        found = self._client.indices.get(index=f"{self.alias}-v*", features="aliases")
        return [name for name in found.body if self._own.fullmatch(name)]

    def _next(self) -> str:
        numbers = [int(match[1]) for match in map(self._own.fullmatch, self._generations()) if match]
        return f"{self.alias}-v{max(numbers, default=0) + 1}"

    # Rebuilding

    def begin(self) -> tuple[State, bool]:
        """Begin a rebuild or go on with one that was broken off; whether there is something of it."""
        with answering("to begin a rebuild"):
            self._make()
            state = self._change({})
            aliased = self._aliased()
            resumed = state.building not in aliased and self._can_go_on(state)
            if state.building and state.building in aliased:
                self._change(_served(state.building))
            if resumed:
                name = state.building
            else:
                name = self._next()
                self._create(name, aliases={})
            changes = {"building": name, "building_format": FORMAT, "rebuilder": secrets.token_hex(8)}
            return self._change(changes), resumed

    def _can_go_on(self, state: State) -> bool:
        if not state.building or state.building_format != FORMAT:
            return False
        return bool(self._client.indices.exists(index=state.building))

    def mine(self, begun: State) -> None:
        """Whether this process is still the one that rebuilds.

        Raises:
            SearchFaultError: another one began after it and goes on with what there is.
        """
        if self.now(begun.ticket).rebuilder != begun.rebuilder:
            msg = "another process is rebuilding the search index"
            raise SearchFaultError(msg)

    def publish(self, begun: State) -> None:
        """Make what was built serve, in one call, and drop what served."""
        self.mine(begun)
        with answering("to switch over"):
            actions: list[dict[str, Any]] = [{"add": {"index": begun.building, "alias": self.alias}}]
            for name in self._aliased():
                if self._own.fullmatch(name):
                    actions.append({"remove_index": {"index": name}})
                else:
                    actions.append({"remove": {"index": name, "alias": self.alias}})
            self._client.indices.update_aliases(actions=actions)
            self._change(_served(begun.building))
            left = [name for name in self._generations() if name != begun.building]
            if left:
                self._client.indices.delete(index=",".join(left), ignore_unavailable=True)

    def note_removal(self, package_id: str, state: State) -> None:
        """Tell the rebuild that is under way: it may have read the package before and write it yet."""
        if not state.building:
            return
        removal = {"removed": package_id, "removed_during": state.building, "ticket": state.ticket}
        with answering("to note a removal"):
            self._client.index(index=self._states, id=f"removed-{state.ticket}", document=removal)

    def removals(self, begun: State) -> list[tuple[str, int]]:
        """Packages that were removed while the index was built, with the tickets of that."""
        found: list[tuple[str, int]] = []
        query = {"term": {"removed_during": begun.building}}
        after: list[Any] | None = None
        self._cluster.show([self._states], "the removals of meanwhile")
        with answering("the removals of meanwhile"):
            while True:
                page = self._client.search(
                    index=self._states,
                    query=query,
                    size=_REMOVALS_AT_ONCE,
                    sort=[{"removed": "asc"}, {"ticket": "asc"}],
                    search_after=after,
                    allow_partial_search_results=False,
                )["hits"]["hits"]
                if not page:
                    return found
                found += [(hit["_source"]["removed"], hit["_source"]["ticket"]) for hit in page]
                after = page[-1]["sort"]

    def forget_removals(self, begun: State) -> None:
        """Once the index serves."""
        with answering("to forget removals"):
            self._client.delete_by_query(
                index=self._states,
                query={"term": {"removed_during": begun.building}},
                conflicts="proceed",
                refresh=True,
            )


def _served(name: str) -> dict[str, Any]:
    return {"serving": name, "building": "", "format": FORMAT, "building_format": 0, "rebuilder": ""}


def _state_mappings() -> dict[str, Any]:
    fields: dict[str, Any] = {name: {"type": "keyword"} for name in ("removed", "removed_during")}
    fields |= {name: {"type": "keyword", "index": False} for name in ("serving", "building", "rebuilder")}
    fields |= {name: {"type": "long", "index": False} for name in ("format", "building_format", "ticket")}
    return {"dynamic": "strict", "properties": fields}


def _writable(state: State) -> None:
    for there in (state.format, state.building_format if state.building else FORMAT):
        if there != FORMAT:
            raise SearchFormatError(found=there, expected=FORMAT)


def _format_of(said: Mapping[str, Any]) -> object:
    return said.get("mappings", {}).get("_meta", {}).get("format")
