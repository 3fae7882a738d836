"""The nodes that answer: how they are asked, what is repeated, what their refusals are called here."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import orjson
from elasticsearch import ApiError, Elasticsearch, SerializationError, TransportError, UnsupportedProductError

from search.errors import SearchFaultError
from search.settings import ElasticsearchSettings

_BATCH_WRITES = 1000
_BATCH_BYTES = 8 << 20
_PAUSES_SECONDS: Final = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Between one try and the next of what a busy node did not take."""

NOT_FOUND: Final = 404
BAD_REQUEST: Final = 400
_BUSY: Final = frozenset({429, 502, 503, 504})
_NEWER: Final = 409
_GONE: Final = 408
_EVERY_PART_ALIVE: Final = frozenset({"green", "yellow"})
_NAMED: Final = 5
"""Documents that a fault names."""

_ABOUT_CONTENT: Final = frozenset(
    {"document_parsing_exception", "mapper_parsing_exception", "illegal_argument_exception"}
)
"""Errors whose words repeat what stands in the document."""

_NO_INDEX: Final = "index_not_found_exception"

_SIGNED_OUT: Final = 401
_KEY_UNKNOWN: Final = (
    "401: the cluster does not know this key, or name and password; set LUUTRU_SEARCH__ELASTICSEARCH__API_KEY"
)
_RIGHT_MISSING: Final = re.compile(r"action \[([^\]]+)\].*granted by the (\w+) privileges \[([^\]]+)", re.DOTALL)

_SILENT: Final = (
    (
        r"mismatch|doesn't match",
        "its certificate is for another name: LUUTRU_SEARCH__ELASTICSEARCH__URL has to name it as its certificate does",
    ),
    (r"certificate has expired|not yet valid", "its certificate is out of date: renew it on the node"),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        "its certificate is not of an authority that is believed: set LUUTRU_SEARCH__ELASTICSEARCH__CA_FILE",
    ),
    (
        r"No such file|Is a directory|Permission denied|NO_CERTIFICATE|PEM lib",
        "LUUTRU_SEARCH__ELASTICSEARCH__CA_FILE names no certificates that can be read (PEM)",
    ),
    (r"WRONG_VERSION_NUMBER|record layer failure", "the node speaks no TLS: its address begins with http://"),
    (
        r"Remote end closed|RemoteDisconnected|Connection aborted",
        "the node closed the connection: if it speaks TLS, its address begins with https://",
    ),
)
"""What a node that does not answer may mean, by what the libraries say of it, and what cures it."""

# A node that is away is a fault of ours with its words; the library would write its own on the standard error.
for _name in ("elasticsearch", "elastic_transport"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


@contextmanager
def answering(doing: str) -> Iterator[None]:
    """Whatever a node refuses, and that none answers, is a fault of the index; without addresses and keys."""
    try:
        yield
    except ApiError as error:
        raise SearchFaultError(_refused(doing, error)) from error
    except (TransportError, SerializationError) as error:
        raise SearchFaultError(_silent(doing, error)) from error


def _refused(doing: str, error: ApiError) -> str:
    if isinstance(error, UnsupportedProductError):
        return f"what answers is no Elasticsearch ({doing}); look at LUUTRU_SEARCH__ELASTICSEARCH__URL"
    return f"Elasticsearch refused {doing}: {_told(error.meta.status, _error_of(error.body))}"


def _silent(doing: str, error: TransportError | SerializationError) -> str:
    said = str(error)
    why = next((cure for pattern, cure in _SILENT if re.search(pattern, said, re.IGNORECASE)), "")
    return f"Elasticsearch does not answer ({doing}): {type(error).__name__}" + (f"; {why}" if why else "")


def refused_with(fault: SearchFaultError, status: int) -> bool:
    """Whether a fault of `answering` is the server's refusal with that status of HTTP."""
    return isinstance(fault.__cause__, ApiError) and fault.__cause__.meta.status == status


def _error_of(body: object) -> Mapping[str, Any]:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return {"reason": error}
    roots = error.get("root_cause")
    return roots[0] if isinstance(roots, list) and roots else error


def _told(status: int, error: Mapping[str, Any], *, of_document: bool = False) -> str:
    kind = str(error.get("type") or "")
    if kind == "security_exception":
        return _unauthorised(status, str(error.get("reason") or ""))
    reason = "" if of_document and kind in _ABOUT_CONTENT else str(error.get("reason") or "")[:200]
    cause = error.get("caused_by")
    cause_kind = str(cause.get("type") or "") if isinstance(cause, dict) else ""
    return " ".join(part for part in (str(status), kind, cause_kind, reason) if part)


def _unauthorised(status: int, reason: str) -> str:
    """Which right the key lacks. The server's own words name whose key it is: they stay out."""
    if status == _SIGNED_OUT:
        return _KEY_UNKNOWN
    found = _RIGHT_MISSING.search(reason)
    lacks = f"the {found[2]} privilege {found[3].replace(',', ' or ')} (for {found[1]})" if found else "a right"
    return f"{status}: the key lacks {lacks}; docs/elasticsearch.md names what it needs"


def attempts(pauses: Iterable[float]) -> Iterator[None]:
    """Once, and again after each pause of so many seconds."""
    yield
    for pause in pauses:
        time.sleep(pause)
        yield


@dataclass(frozen=True, slots=True)
class Write:
    """One document put or, without a source, taken away; ignored where a later write stands already."""

    index: str
    id: str
    ticket: int
    """What was drawn later wins, whenever it arrives."""

    source: bytes | None = None

    def lines(self) -> list[bytes]:
        """As the server takes it."""
        what = "delete" if self.source is None else "index"
        target = {"_index": self.index, "_id": self.id, "version": self.ticket, "version_type": "external_gte"}
        action = orjson.dumps({what: target})
        return [action] if self.source is None else [action, self.source]


class Cluster:
    """The nodes of the settings. Safe for threads; connects when first used."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        secure: dict[str, Any] = {} if settings.ca_file is None else {"ca_certs": str(settings.ca_file)}
        if settings.api_key is not None:
            secure["api_key"] = settings.api_key.get_secret_value()
        elif settings.password is not None:
            secure["basic_auth"] = (settings.user, settings.password.get_secret_value())
        self.settings = settings
        self.client = Elasticsearch(
            list(settings.urls),
            request_timeout=settings.request_timeout.total_seconds(),
            max_retries=settings.retries,
            retry_on_timeout=True,
            connections_per_node=16,
            **secure,
        )

    def write(self, writes: Iterable[Write]) -> set[str]:
        """Write all, in bounded requests; what a busy node did not take is sent again after a pause.

        Returns:
            Indices that do not exist; nothing was written to them.

        Raises:
            SearchFaultError: some were refused (the text names their documents; the others are written), the
                cluster stayed busy or does not answer.
        """
        missing: set[str] = set()
        refused: dict[str, str] = {}
        for batch in _batches(writes):
            self._batch(batch, missing, refused)
        if refused:
            named = "; ".join(f"{name} ({why})" for name, why in list(refused.items())[:_NAMED])
            msg = f"Elasticsearch refused {len(refused)} documents: {named}"
            raise SearchFaultError(msg)
        return missing

    def show(self, indices: Iterable[str], doing: str) -> None:
        """Make what was written visible to every search that begins from now on.

        A part of the index that has no living copy is waited for by the server for a minute and then passed over in
        silence: what was written to it would lie there unseen. So every copy that is alive must have answered.

        Args:
            indices: Those that are gone are left out.
            doing: For the words of a fault.

        Raises:
            SearchFaultError: the cluster does not answer, or no copy of some part is alive.
        """
        names = ",".join(sorted(indices))
        for _ in attempts(_PAUSES_SECONDS):
            with answering(doing):
                shards = self.client.indices.refresh(index=names, ignore_unavailable=True)["_shards"]
                if shards["successful"] == shards["total"]:
                    return
                # An index that has gone meanwhile is looked for until the time is over, and that is said by 408.
                health = self.client.options(ignore_status=_GONE).cluster.health(index=names, timeout="1s")
            if health["status"] not in _EVERY_PART_ALIVE and not health["timed_out"]:
                msg = f"Elasticsearch has no node that is alive for a part of the index ({doing})"
                raise SearchFaultError(msg)
            # Copies that no node has yet will have all of it when they are made.
            if shards["successful"] >= health["active_shards"] and not health["timed_out"]:
                return
        msg = f"Elasticsearch is too busy to show what was written ({doing})"
        raise SearchFaultError(msg)

    def _batch(self, batch: Sequence[Write], missing: set[str], refused: dict[str, str]) -> None:
        waiting: Sequence[Write] = batch
        for _ in attempts(_PAUSES_SECONDS):
            waiting = self._sent(waiting, missing, refused)
            if not waiting:
                return
        msg = f"Elasticsearch is too busy to take {len(waiting)} documents, among them {waiting[0].id}"
        raise SearchFaultError(msg)

    def _sent(self, writes: Sequence[Write], missing: set[str], refused: dict[str, str]) -> Sequence[Write]:
        """One request; those that were not taken because the node is busy."""
        operations: list[Any] = [line for write in writes for line in write.lines()]
        try:
            answer = self.client.bulk(operations=operations, filter_path=["errors", "items.*.status", "items.*.error"])
        except ApiError as error:
            if error.meta.status in _BUSY:
                return writes
            if isinstance(error, UnsupportedProductError):
                raise SearchFaultError(_refused("to write", error)) from error
            told = _told(error.meta.status, _error_of(error.body))
            names = ", ".join(write.id for write in writes[:_NAMED])
            msg = f"Elasticsearch refused {len(writes)} documents at once ({told}), among them {names}"
            raise SearchFaultError(msg) from error
        except (TransportError, SerializationError) as error:
            raise SearchFaultError(_silent("writing", error)) from error
        if not answer.get("errors"):
            return ()
        busy = []
        for write, item in zip(writes, answer["items"], strict=True):
            ((_, said),) = item.items()
            error_of = said.get("error") or {}
            if not error_of or said["status"] == _NEWER:
                continue
            if said["status"] in _BUSY:
                busy.append(write)
            elif error_of.get("type") == _NO_INDEX:
                missing.add(write.index)
            else:
                refused[write.id] = _told(said["status"], error_of, of_document=True)
        return busy


def _batches(writes: Iterable[Write]) -> Iterator[list[Write]]:
    batch: list[Write] = []
    size = 0
    for write in writes:
        taken = len(write.source or b"")
        if batch and (len(batch) >= _BATCH_WRITES or size + taken > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(write)
        size += taken
    if batch:
        yield batch
