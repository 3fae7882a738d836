"""Looks into an index in Elasticsearch: pages of answers, lists that go on, single documents."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import zlib
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from search.backends.elasticsearch_cluster import BAD_REQUEST, NOT_FOUND, Cluster, answering, refused_with
from search.backends.elasticsearch_generations import Generations
from search.backends.elasticsearch_query import compiled
from search.backends.elasticsearch_schema import read
from search.errors import SearchExpiredError, SearchFaultError, SearchRequestError
from search.facets import MAX_VALUES
from search.plan import Everything, Node, Term
from search.ports import IndexedDocument
from search.searching import MAX_RESUME_CHARS, ORDERS, RELEVANCE, Found, Wanted

_WINDOW = 10_000
"""Documents that the server lets one walk to by an offset; further on it is asked from the last one seen."""

_CHUNK = 1000
_FACET_VALUES = 65_000
"""Values that each shard counts: fewer would make counts of several shards inexact."""

_HELD_FOR = "3m"
_MOST_HELD = 64
"""Views of the index that one process keeps open for lists that go on."""

_STEADY_SCORE: Final = {
    "type": "number",
    "order": "desc",
    "script": """
        if (_score <= 0) { return 0; }
        double shift = Math.pow(10, 4 - Math.floor(Math.log10(_score)));
        return Math.rint(_score * shift) / shift;
    """,
}
"""Five digits of the score: what parts of the index and lengths of texts add behind them is no difference."""

_MAX_VIEW_CHARS: Final = 300_000
"""Twice what a view of 1,024 shards needs, the most that the server makes."""

_GENERATIONS: Final = frozenset({8, 9})


class Looks:
    """What is asked of the index that serves. Safe for threads."""

    def __init__(self, cluster: Cluster, generations: Generations) -> None:
        self._client = cluster.client
        self._generations = generations
        # Shards of one index have other frequencies of words: the order would hang on where a document came to lie.
        self._search_type = "dfs_query_then_fetch" if cluster.settings.shards > 1 else "query_then_fetch"
        self._held: deque[str] = deque()
        self._holding = threading.Lock()

    def find(self, wanted: Wanted) -> Found:
        """See `Searching.find`."""
        if wanted.resume:
            return self._resumed(wanted)
        if wanted.hold and wanted.sort == RELEVANCE and wanted.limit:
            return self._first(wanted)
        if wanted.offset + wanted.limit > _WINDOW:
            return self._far(wanted)
        body = self._asked(wanted)
        where = {"from_": wanted.offset, "size": wanted.limit, "preference": _copies(body["query"])}
        return self._found(self._answer(body | where), wanted)

    def _asked(self, wanted: Wanted) -> dict[str, Any]:
        """The body of a search, without how far and how much."""
        body: dict[str, Any] = {
            "query": compiled(wanted.plan),
            "sort": _sort(wanted.sort),
            "source": ["record"],
            "track_total_hits": True,
            "allow_partial_search_results": False,
            "search_type": self._search_type,
        }
        if wanted.sort == RELEVANCE:
            body["track_scores"] = True
        if wanted.pages:
            body["stored_fields"] = ["pages"]
        if wanted.facets:
            body["aggregations"] = {name: _counted(name) for name in wanted.facets}
        return body

    def _answer(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the index that serves answers; it is made when there never was one."""
        for again in (True, False):
            try:
                with answering("to search"):
                    answer: Mapping[str, Any] = self._client.search(index=self._generations.alias, **body).body
            except SearchFaultError as error:
                self._look_closer(error, again=again)
                continue
            break
        self._generations.check(hit["_index"] for hit in answer["hits"]["hits"])
        return answer

    def _look_closer(self, fault: SearchFaultError, *, again: bool) -> None:
        """Make an index that never was; tell one that is not ours, in which fields are missing, by its format."""
        if again and refused_with(fault, NOT_FOUND):
            self._generations.open()
            return
        if refused_with(fault, BAD_REQUEST):
            self._generations.check()
        raise fault

    def _found(self, answer: Mapping[str, Any], wanted: Wanted, resume: str = "") -> Found:
        documents = [(read(hit), _score(hit, wanted)) for hit in answer["hits"]["hits"]]
        counted = answer.get("aggregations", {})
        facets = {name: tuple(map(_value, counted[name]["buckets"])) for name in wanted.facets}
        return Found(documents, int(answer["hits"]["total"]["value"]), facets, resume)

    def _far(self, wanted: Wanted) -> Found:
        """Documents that no offset reaches, by walking there on a view that does not change meanwhile."""
        body = self._asked(wanted)
        first = self._answer(body | {"size": 0})
        documents: list[tuple[IndexedDocument, float]] = []
        skip, left = wanted.offset, wanted.limit
        view, after = self._view(), None
        light = {name: part for name, part in body.items() if name != "aggregations"} | {"track_total_hits": False}
        while skip or left:
            size = min(_CHUNK, skip or left)
            unread = {"source": False, "stored_fields": ["_none_"]} if skip else {}
            chunk = self._behind(view, light | unread, size, after)["hits"]["hits"]
            if not chunk:
                break
            if skip:
                skip -= len(chunk)
            else:
                documents += [(read(hit), _score(hit, wanted)) for hit in chunk]
                left -= len(chunk)
            after = chunk[-1]["sort"]
        self._release(view)
        counts = self._found(first, wanted)
        return Found(documents, counts.total, counts.facets)

    # Lists that go on

    def _first(self, wanted: Wanted) -> Found:
        view = self._view()
        try:
            answer = self._behind(view, self._asked(wanted) | {"from_": wanted.offset}, wanted.limit + 1, None)
            self._generations.check(hit["_index"] for hit in answer["hits"]["hits"])
        except SearchFaultError as error:
            self._release(view)
            self._look_closer(error, again=False)
            raise
        return self._going_on(answer, wanted, view)

    def _resumed(self, wanted: Wanted) -> Found:
        view, after = _read_resume(wanted.resume)
        try:
            answer = self._behind(view, self._asked(wanted), wanted.limit + 1, after)
        except SearchFaultError as error:
            if refused_with(error, NOT_FOUND):
                raise SearchExpiredError from error
            if refused_with(error, BAD_REQUEST):
                raise SearchRequestError("cursor", wanted.resume[:80]) from error
            raise
        return self._going_on(answer, wanted, view)

    def _going_on(self, answer: Mapping[str, Any], wanted: Wanted, view: str) -> Found:
        """One hit more than wanted was asked for: it tells whether the list ends here."""
        hits = answer["hits"]["hits"]
        more = hits[wanted.limit :]
        del hits[wanted.limit :]
        resume = _written_resume(answer["pit_id"], hits[-1]["sort"]) if more else ""
        if resume and len(resume) <= MAX_RESUME_CHARS:
            self._keep(view)
            return self._found(answer, wanted, resume)
        self._release(view)
        return self._found(answer, wanted)

    def _view(self) -> str:
        """A point in time of the index that serves."""
        for again in (True, False):
            try:
                with answering("to hold a list"):
                    return str(
                        self._client.open_point_in_time(index=self._generations.alias, keep_alive=_HELD_FOR)["id"]
                    )
            except SearchFaultError as error:
                self._look_closer(error, again=again)
        raise AssertionError

    def _behind(self, view: str, body: Mapping[str, Any], size: int, after: Sequence[Any] | None) -> Mapping[str, Any]:
        pit = {"id": view, "keep_alive": _HELD_FOR}
        with answering("to go on with a list"):
            answer: Mapping[str, Any] = self._client.search(pit=pit, size=size, search_after=after, **body).body
        return answer

    def _keep(self, view: str) -> None:
        with self._holding:
            if view in self._held:
                return
            self._held.append(view)
            oldest = self._held.popleft() if len(self._held) > _MOST_HELD else None
        if oldest is not None:
            self._release(oldest)

    def _release(self, view: str) -> None:
        with self._holding:
            if view in self._held:
                self._held.remove(view)
        try:
            with answering("to let go of a list"):
                self._client.close_point_in_time(id=view)
        except SearchFaultError:
            # It ends by itself.
            return

    # One document, and all

    def document(self, document_id: str) -> IndexedDocument | None:
        """See `Searching.document`."""
        found = self._one(Term("id", document_id))
        return found[0][0] if found else None

    def _one(self, node: Node) -> Sequence[tuple[IndexedDocument, float]]:
        body = {"query": compiled(node), "size": 1, "source": ["record"], "stored_fields": ["pages"]}
        answer = self._answer(body | {"allow_partial_search_results": False})
        return [(read(hit), 0.0) for hit in answer["hits"]["hits"]]

    def count(self) -> int:
        """See `SearchIndex.count`."""
        answer = self._answer({"size": 0, "track_total_hits": True, "allow_partial_search_results": False})
        return int(answer["hits"]["total"]["value"])

    def version(self) -> str:
        """Of the server."""
        with answering("to say what it is"):
            return str(self._client.info()["version"]["number"])

    def ready(self) -> None:
        """See `SearchIndex.ready`."""
        version = self.version()
        if int(version.split(".", maxsplit=1)[0]) not in _GENERATIONS:
            msg = f"Elasticsearch {version} is not one of 8 or 9"
            raise SearchFaultError(msg)
        self._one(Everything())


def _sort(name: str) -> list[Any]:
    if name == RELEVANCE:
        return [{"_script": _STEADY_SCORE}, {"tie": "desc"}, {"id": "asc"}]
    order = ORDERS[name]
    return [{order.field: "desc" if order.falling else "asc"}, {"id": "asc"}]


def _copies(query: Mapping[str, Any]) -> str:
    """The same copies of each part for the pages of one question, others for the next one.

    Each copy counts words of replaced documents until it merges them away, when it likes: another copy may put near
    scores into another order, and a document would stand on two pages and its neighbour on none.
    """
    return hashlib.blake2b(orjson.dumps(query), digest_size=8).hexdigest()


def _score(hit: Mapping[str, Any], wanted: Wanted) -> float:
    return round(float(hit["_score"] or 0.0), 3) if wanted.sort == RELEVANCE else 0.0


def _counted(facet: str) -> dict[str, Any]:
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {"terms": {"field": f"g_{facet}", "size": MAX_VALUES, "shard_size": _FACET_VALUES, "order": order}}


def _value(bucket: Mapping[str, Any]) -> tuple[str, int]:
    return str(bucket["key"]), int(bucket["doc_count"])


def _written_resume(view: str, after: Sequence[Any]) -> str:
    """A view's name says the same of each shard: that of a hundred has 14,000 characters, packed 950."""
    packed = base64.urlsafe_b64encode(zlib.compress(view.encode(), 9)).decode()
    return json.dumps([packed, after], separators=(",", ":"))


def _read_resume(text: str) -> tuple[str, list[Any]]:
    """It went through other hands. The server adds the place in its view to what we sort by."""
    try:
        packed, after = json.loads(text)
        written = base64.b64decode(packed, altchars=b"-_", validate=True)
        view = zlib.decompressobj().decompress(written, _MAX_VIEW_CHARS).decode()
        score, tie, name, place = after
    except (ValueError, TypeError, zlib.error) as error:
        raise SearchRequestError("cursor", text[:80]) from error
    numbers = isinstance(score, int | float) and isinstance(tie, int) and isinstance(place, int)
    if not (isinstance(name, str) and numbers):
        raise SearchRequestError("cursor", text[:80])
    return view, after
