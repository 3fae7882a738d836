"""Collects revocation data at intake, while it can still be had.

The only part of the archive that asks an address which a certificate names,
and it asks only what the operator allowed. What it collects is evidence and no
verdict: whether a certificate was good is decided by the engine alone.

Lists come before answers: one list speaks of every certificate of its issuer
and is asked for once until it runs out, an answer has to be asked for each.
"""

from __future__ import annotations

import base64
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from archive.preservation.fetching import Caps, Fetcher, FetchError, Question
from archive.preservation.trust.addresses import AllowList
from archive.preservation.trust.cache import FIRST_WAIT, Held, RevocationCache, Use
from ingest.ports import Answer, Limits, Workers
from metadata.errors import ToolUnreadableError
from metadata.time import Clock, rfc3339

_TASKS = "archive.preservation.signatures.collecting"
LIMITS = Limits(cpu_seconds=60.0, wall_seconds=120.0, memory_mib=1536, output_mib=1)
MAX_PAIRS = 500
"""Certificates that are asked about in one call; a file with more wants something else."""

REFRESH = timedelta(hours=12)
"""A list that was fetched longer ago is looked for anew, although it still holds."""

NONCE_BYTES = 16
_REQUEST = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}


@dataclass(frozen=True, slots=True)
class Missing:
    """A certificate of whose revocation nothing could be learnt."""

    subject: str
    """RFC 4514."""

    issuer: str
    sha256: str
    """Of the certificate."""

    reasons: tuple[str, ...]
    """Why, one short sentence each; what stands before the colon is stable."""

    again: bool
    """Whether asking later may help. Not when it has expired, or when no address of it may be asked."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What `RevocationBroker.collect` found."""

    objects: tuple[bytes, ...] = field(default=(), repr=False)
    """CRLs and OCSP answers (DER), each once."""

    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class BrokerTerms:
    """What may be asked and what it may cost."""

    allow: AllowList
    list_bytes: int = 32 << 20
    list_bytes_by_host: Mapping[str, int] = field(default_factory=dict)
    """Authorities with longer lists."""

    answer_bytes: int = 10 << 20
    seconds_each: float = 20.0
    seconds_total: float = 60.0
    """For one call of `collect`; what was not reached is missing."""

    slack_seconds: float = 300.0
    """How far an issuer's clock may be ahead of ours."""

    def list_cap(self, url: str) -> int:
        """Largest list that is taken from an address."""
        return self.list_bytes_by_host.get(urlsplit(url).hostname or "", self.list_bytes)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One certificate with what can be asked about it. All of it was read in a worker."""

    leaf_der: str
    issuer_der: str
    nonce: str
    said: Mapping[str, Any]

    @property
    def issuer_key(self) -> str:
        return str(self.said["issuer_key"])

    @property
    def serial(self) -> str:
        return str(self.said["serial"])


@dataclass(slots=True)
class _Search:
    """How the search for data about one certificate goes."""

    known: Mapping[str, bytes]
    """What this call has at hand already, by SHA-256."""

    reasons: list[str] = field(default_factory=list)
    spent: set[str] = field(default_factory=set)
    """Addresses whose list is at hand and says nothing of it."""


_Way = Callable[[_Wanted, str, Path, float], tuple[tuple[Held, bytes] | None, str]]


class RevocationBroker:
    """Collects and keeps revocation data.

    Args:
        workers: Where certificates and answers are parsed.
        cache: What was got before.
        fetcher: The door to the network.
        clock: Against which dates are held.
        nonce: Fresh random bytes of the length it is called with.
        terms: What may be asked.
        scratch: Folder for what is being fetched, readable for workers.
    """

    def __init__(  # noqa: PLR0913 - made once, in the wiring
        self,
        workers: Workers,
        cache: RevocationCache,
        fetcher: Fetcher,
        clock: Clock,
        *,
        nonce: Callable[[int], bytes],
        terms: BrokerTerms,
        scratch: Path,
    ) -> None:
        self.cache = cache
        self.terms = terms
        self._workers = workers
        self._fetcher = fetcher
        self._clock = clock
        self._nonce = nonce
        self._scratch = scratch

    def collect(self, certificates: Sequence[tuple[bytes, bytes]]) -> Collected:
        """Lists and answers about certificates, from the cache or from allowed addresses.

        Never raises for what a server or a certificate says; a tool that fails is a fault.

        Args:
            certificates: Each with its issuer, DER. Self-issued ones and responders that vouch for themselves
                need nothing and are passed over.

        Raises:
            ArchiveError: a worker or the disk failed.
        """
        pairs = list(dict.fromkeys(certificates))[:MAX_PAIRS]
        if not pairs:
            return Collected()
        until = time.monotonic() + self.terms.seconds_total
        objects: dict[str, bytes] = {}
        missing: list[Missing] = []
        for wanted in self._wanted(pairs):
            search = _Search(objects)
            found = self._kept(wanted, search)
            if found is None or self._worth_a_look(found[0]):
                # Where nothing newer is to be had, what is at hand still holds.
                found = self._fetched(wanted, search, until) or found
            if found is None:
                missing.append(self._missing(wanted, search.reasons))
            else:
                held, data = found
                objects[held.sha256] = data
            self._note(wanted, "" if found is not None else "; ".join(search.reasons))
        return Collected(tuple(objects.values()), tuple(missing))

    def known(self, issuer_keys: Iterable[str] | None = None) -> tuple[bytes, ...]:
        """Everything in the cache that still holds.

        Args:
            issuer_keys: Of which issuers, as `collecting.issuer_key` names them; None: of all.
        """
        keys = None if issuer_keys is None else set(issuer_keys)
        now = self._clock.now()
        held = [*self.cache.lists(), *self.cache.answers()]
        fresh = [entry for entry in held if entry.fresh_at(now) and (keys is None or entry.issuer_key in keys)]
        return tuple(data for data in map(self.cache.data, fresh) if data is not None)

    # ------------------------------------------------------------ what is asked

    def _wanted(self, pairs: Sequence[tuple[bytes, bytes]]) -> Iterator[_Wanted]:
        coded = [[base64.b64encode(leaf).decode(), base64.b64encode(issuer).decode()] for leaf, issuer in pairs]
        nonces = [self._nonce(NONCE_BYTES).hex() for _ in pairs]
        answer = self._asked("wanted", {"pairs": coded, "nonces": nonces})
        if answer.breach is not None:
            # Certificates that cannot be read within the limits are asked about by nobody.
            return
        for (leaf, issuer), nonce, said in zip(coded, nonces, _rows(answer, "found"), strict=True):
            if said is not None:
                yield _Wanted(leaf, issuer, nonce, said)

    def _kept(self, wanted: _Wanted, search: _Search) -> tuple[Held, bytes] | None:
        now = self._clock.now()
        for held in self.cache.lists_of(wanted.issuer_key):
            if not held.fresh_at(now):
                search.reasons.append(f"stale: the list at hand held until {held.next_update or held.this_update}")
                continue
            # Read and compared with its digest once a call, not once a certificate.
            data = search.known.get(held.sha256) or self.cache.data(held)
            if data is None:
                continue
            # A list of everything, younger than the certificate, speaks of it; others are looked into.
            covers = not held.scope and wanted.said["not_before"] <= held.this_update
            if covers and rfc3339(now) <= wanted.said["not_after"]:
                return held, data
            silent = str(self._checked_list(wanted, self.cache.path(held))["silent"])
            if not silent:
                return held, data
            search.reasons.append(silent)
            if not silent.startswith("older") or rfc3339(now - FIRST_WAIT) < held.got_at:
                # The same list would come again.
                search.spent.add(held.url)
        answer = self.cache.answer_about(wanted.issuer_key, wanted.serial)
        data = self.cache.data(answer) if answer is not None and answer.fresh_at(now) else None
        return (answer, data) if answer is not None and data is not None else None

    def _worth_a_look(self, held: Held) -> bool:
        """Whether a newer list may be out: some authorities write a year ahead and publish after each revocation."""
        return held.kind == "list" and bool(held.url) and held.got_at < rfc3339(self._clock.now() - REFRESH)

    def _fetched(self, wanted: _Wanted, search: _Search, until: float) -> tuple[Held, bytes] | None:
        for kind, fetch in (("lists", self._fetch_list), ("responders", self._fetch_answer)):
            for url in wanted.said[kind]:
                if url in search.spent:
                    continue
                left = until - time.monotonic()
                why = self._why_not(url, left)
                if not why:
                    found, why = self._fetch(wanted, url, fetch, min(left, self.terms.seconds_each))
                    if found is not None and not why:
                        return found
                search.reasons.append(f"{why} ({url})")
        if not wanted.said["lists"] and not wanted.said["responders"]:
            search.reasons.append("no-address: the certificate names none")
        return None

    def _why_not(self, url: str, left: float) -> str:
        if not self.terms.allow.permits(url):
            return "not-allowed: not in LUUTRU_REVOCATION__ALLOW"
        trouble = self.cache.trouble(url, self._clock.now())
        if trouble is not None:
            return f"waiting: failed {trouble.failures} times, {trouble.why}; again at {trouble.again_at}"
        return "time: not reached within the time of this call" if left <= 0 else ""

    def _fetch(self, wanted: _Wanted, url: str, fetch: _Way, seconds: float) -> tuple[tuple[Held, bytes] | None, str]:
        """What an address gave, or why it gave nothing; one that failed is left alone for a while."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="fetched-") as folder:
            place = Path(folder)
            place.chmod(0o755)
            try:
                found, why = fetch(wanted, url, place / "answer", seconds)
            except FetchError as error:
                found, why = None, str(error)
        if found is None:
            self.cache.note_failure(url, why, self._clock.now())
        else:
            self.cache.note_success(url)
        return found, why

    def _fetch_list(
        self, wanted: _Wanted, url: str, place: Path, seconds: float
    ) -> tuple[tuple[Held, bytes] | None, str]:
        self._download(Question(url), place, Caps(self.terms.list_cap(url), seconds))
        return self._taken("list", wanted, url, place, self._checked_list(wanted, place))

    def _fetch_answer(
        self, wanted: _Wanted, url: str, place: Path, seconds: float
    ) -> tuple[tuple[Held, bytes] | None, str]:
        request = base64.b64decode(wanted.said["request"])
        self._download(Question(url, request, _REQUEST), place, Caps(self.terms.answer_bytes, seconds))
        arguments = {**self._pair(wanted), "source": str(place), "nonce": wanted.nonce}
        return self._taken("answer", wanted, url, place, _row(self._asked("check_answer", arguments)))

    def _taken(
        self, kind: str, wanted: _Wanted, url: str, place: Path, said: Mapping[str, Any]
    ) -> tuple[tuple[Held, bytes] | None, str]:
        if said["why"]:
            return None, str(said["why"])
        held = replace(self._held(kind, wanted, said), url=url)
        data = place.read_bytes()
        if not self.cache.put(held, data):
            return None, f"rolled-back: older than the {kind} that is at hand"
        if kind == "answer":
            self.cache.thin_out(held.issuer_key, self._clock.now())
        return (held, data), str(said["silent"])

    def _download(self, question: Question, place: Path, caps: Caps) -> None:
        with place.open("wb") as stream:
            self._fetcher.fetch(question, stream, caps)
        place.chmod(0o644)

    # ------------------------------------------------------------ words of workers

    def _checked_list(self, wanted: _Wanted, source: Path) -> Mapping[str, Any]:
        return _row(self._asked("check_list", {**self._pair(wanted), "source": str(source)}))

    def _pair(self, wanted: _Wanted) -> dict[str, Any]:
        at = rfc3339(self._clock.now())
        return {"leaf": wanted.leaf_der, "issuer": wanted.issuer_der, "at": at, "slack": self.terms.slack_seconds}

    def _asked(self, task: str, arguments: Mapping[str, Any]) -> Answer:
        return self._workers.submit(f"{_TASKS}:{task}", arguments, limits=LIMITS).result()

    def _held(self, kind: str, wanted: _Wanted, said: Mapping[str, Any]) -> Held:
        return Held(
            sha256=str(said["sha256"]),
            kind=kind,
            issuer_key=wanted.issuer_key,
            issuer=str(wanted.said["issuer"]),
            serial=wanted.serial if kind == "answer" else "",
            scope=str(said["scope"]),
            number=str(said["number"]),
            this_update=str(said["this_update"]),
            next_update=str(said["next_update"]),
            got_at=rfc3339(self._clock.now()),
        )

    def _missing(self, wanted: _Wanted, reasons: Sequence[str]) -> Missing:
        return Missing(
            subject=str(wanted.said["leaf"]),
            issuer=str(wanted.said["issuer"]),
            sha256=str(wanted.said["leaf_sha256"]),
            reasons=tuple(dict.fromkeys(reasons)),
            again=self._alive(wanted) and self._reachable(wanted),
        )

    def _alive(self, wanted: _Wanted) -> bool:
        return rfc3339(self._clock.now()) <= str(wanted.said["not_after"])

    def _reachable(self, wanted: _Wanted) -> bool:
        return any(self.terms.allow.permits(url) for url in (*wanted.said["lists"], *wanted.said["responders"]))

    def _note(self, wanted: _Wanted, why: str) -> None:
        """Remember how an issuer answers; its silence about what has expired is none of its faults."""
        if why and not self._alive(wanted):
            return
        now = rfc3339(self._clock.now())
        issuer, expected = str(wanted.said["issuer"]), self._reachable(wanted)
        self.cache.note_use(Use(wanted.issuer_key, issuer, now, "" if why else now, why, expected))


def _rows(answer: Answer, key: str) -> Sequence[Any]:
    try:
        rows = answer.value[key]
        return list(rows)
    except (KeyError, TypeError) as error:
        raise ToolUnreadableError(_TASKS, str(answer.value)) from error


def _row(answer: Answer) -> Mapping[str, Any]:
    """What a worker said of fetched bytes; bytes that broke its limits are refused for that."""
    if answer.breach is not None:
        return {"why": f"limit-breached: could not be read within its limits ({answer.breach})", "silent": "unread"}
    if "why" not in answer.value:
        raise ToolUnreadableError(_TASKS, str(answer.value))
    return answer.value
