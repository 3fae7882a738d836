"""Use cases of trust: adding, telling what is wrong with it, importing revocation lists."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Protocol

from archive.catalogue.duties import Duties, DutyKind
from archive.catalogue.trail import AuditTrail
from archive.preservation.judging_in_force import policy_in_force
from archive.preservation.signatures.policy import Policy
from archive.preservation.trust.cache import Held, RevocationCache, Use
from archive.preservation.trust.importing import ImportedFile, ImportStatus, ListImporter
from archive.preservation.trust.sets import (
    TrustRole,
    TrustSnapshot,
    TrustStoreDamagedError,
)
from archive.preservation.trust.store import Added, TrustStore
from archive.services.doctor import CheckStatus
from metadata.errors import ArchiveError, UsageError
from metadata.events import EventType
from metadata.time import VIETNAM, Clock, from_rfc3339

SOON = timedelta(days=180)
"""How long before its end an anchor is spoken of: enough to get the next one and compare its fingerprint."""


OLD = timedelta(days=365)
"""How long a set may go without somebody comparing it with what the Government publishes: authorities come and go."""

OWED = timedelta(days=90)
"""How long after the last certificate of an issuer its revocation data is still owed: authorities end, too."""


class TrustUnusableError(ArchiveError):
    """Nothing can be judged with the trust that is in force: empty, expired, unreadable or stale."""

    code: ClassVar[str] = "trust.unusable"

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(self.reasons))


class Keeper(Protocol):
    """Keeps objects for ever (`storage.evidence.EvidenceObjects`)."""

    def put(self, data: bytes) -> str:
        """Keep `data`; its SHA-256."""
        ...


@dataclass(frozen=True, slots=True)
class TrustCheck:
    """One thing looked at. `message` is a key below `cli.trust_check`."""

    name: str
    """`store`, `age`, `anchor`, `issuer`, `revocation`, `policy`."""

    status: CheckStatus
    message: str
    subject: str = ""
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrustService:
    """The trust store with the revocation data that goes with it."""

    store: TrustStore
    cache: RevocationCache
    importer: ListImporter
    keeper: Keeper
    trail: AuditTrail
    clock: Clock
    duties: Duties

    def add(self, files: Sequence[Path], *, operator: str, role: TrustRole | None = None, name: str = "") -> Added:
        """Add certificates; recorded, and the new set kept with its certificates among the evidence.

        Raises:
            UsageError: a file is no certificate, or one that is not fit for its role.
        """
        answer = self.store.add(files, role=role, name=name)
        snapshot = self.store.snapshot()
        if answer.added:
            for entry in answer.added:
                self.keeper.put(entry.der)
            self.keeper.put(snapshot.document())
            self._wake()
        detail = {"added": str(len(answer.added)), "trust_set": snapshot.trust_set()}
        if len(answer.added) == 1:
            detail |= {"sha256": answer.added[0].sha256, "role": answer.added[0].role.value}
        agent = f"person:{operator}"
        self.trail.record(self.trail.event(EventType.TRUST_CHANGE, "trust", agent=agent, detail=detail))
        return answer

    def policy(self) -> Policy:
        """The validation policy in force.

        Raises:
            TrustStoreDamagedError: it is unreadable.
        """
        return policy_in_force(self.store)

    def adopt_policy(self, file: Path | None, *, operator: str) -> Policy:
        """Put a validation policy into force; recorded, and kept among the evidence.

        Args:
            file: TOML as `policy.toml` of the program, or a kept policy (JSON); None: the program's own again.
            operator: Who does it.

        Raises:
            UsageError: `file` is no policy that this program knows.
        """
        if file is None:
            self.store.drop_policy()
        else:
            self.store.adopt_policy(_policy_of(file).document)
        found = self.policy()
        self.keeper.put(found.document)
        self.keeper.put(self.store.snapshot().document())
        detail = {"policy": found.sha256, "version": found.version, "trust_set": self.store.trust_set()}
        agent = f"person:{operator}"
        self.trail.record(self.trail.event(EventType.TRUST_CHANGE, "policy", agent=agent, detail=detail))
        return found

    def import_lists(self, folder: Path, *, operator: str) -> Iterator[ImportedFile]:
        """Take CRLs from a folder, one answer a file; recorded when all are done.

        Raises:
            UsageError: `folder` is no readable folder.
            TrustStoreDamagedError: there is no telling whose lists may be taken.
        """
        counts = dict.fromkeys(ImportStatus, 0)
        for entry in self.importer.folder(folder, self.store.snapshot()):
            counts[entry.status] += 1
            yield entry
        if counts[ImportStatus.IMPORTED]:
            detail = {status.value: str(count) for status, count in counts.items()}
            agent = f"person:{operator}"
            self.trail.record(self.trail.event(EventType.TRUST_CHANGE, "revocation", agent=agent, detail=detail))
            self._wake()

    def _wake(self) -> None:
        """What could not be decided may be decided now."""
        for kind in DutyKind:
            self.duties.wake(kind)

    # ------------------------------------------------------------ what is wrong

    def usable(self) -> tuple[str, ...]:
        """Why verdicts given now have to be given again later, one word or sentence each; empty: they stand.

        `empty`, `expired` and `unreadable: …` speak of the set, `stale: …` of lists that ran out.
        Never raises, and reads no certificate of a file.
        """
        reasons = self.store.usable()
        if reasons:
            return reasons
        return tuple(f"stale: {use.issuer}" for use in self._stale())

    def ready(self) -> None:
        """Nothing, where verdicts can be given.

        Raises:
            TrustUnusableError: they would have to be given again.
        """
        reasons = self.usable()
        if reasons:
            raise TrustUnusableError(reasons)

    def checks(self) -> Iterator[TrustCheck]:
        """What `trust check` tells, gravest first within each kind; never raises for a broken store."""
        try:
            snapshot = self.store.snapshot()
        except TrustStoreDamagedError as error:
            yield TrustCheck("store", CheckStatus.FAIL, "damaged", error.place, {"why": error.why})
            return
        yield self._whole(snapshot)
        yield from self._age(snapshot)
        yield from self._anchors(snapshot)
        yield from _without_issuer(snapshot)
        if snapshot.policy:
            yield self._policy(snapshot.policy)
        yield from self._revocation()

    def _whole(self, snapshot: TrustSnapshot) -> TrustCheck:
        reasons = snapshot.usable(self.clock.now())
        digest = snapshot.trust_set()
        if reasons:
            return TrustCheck("store", CheckStatus.FAIL, reasons[0], digest)
        counts = {role.name.lower(): len(snapshot.of_role(role)) for role in TrustRole}
        return TrustCheck("store", CheckStatus.OK, "store", digest, counts)

    def looked_at(self, snapshot: TrustSnapshot) -> str:
        """When somebody last added to the set, or looked by adding what was there already, RFC 3339; empty: never.

        A damaged trail or database says nothing; then the certificates' own dates count.
        """
        known = max((entry.added_at or "" for entry in snapshot.certificates), default="")
        try:
            told = [str(event["at"]) for event in self.trail.of(["trust"]) if event["type"] == EventType.TRUST_CHANGE]
        except ArchiveError:
            told = []
        return max([known, *told])

    def _age(self, snapshot: TrustSnapshot) -> Iterator[TrustCheck]:
        looked = self.looked_at(snapshot)
        if not (snapshot.certificates and looked):
            return
        days = (self.clock.now() - from_rfc3339(looked)).days
        values = {"days": days, "since": f"{from_rfc3339(looked).astimezone(VIETNAM):%d/%m/%Y}"}
        old = days > OLD.days
        status = CheckStatus.WARN if old else CheckStatus.OK
        yield TrustCheck("age", status, "set_old" if old else "set_age", snapshot.trust_set(), values)

    def _anchors(self, snapshot: TrustSnapshot) -> Iterator[TrustCheck]:
        now = self.clock.now()
        for entry in snapshot.certificates:
            if entry.role is not TrustRole.ANCHOR:
                continue
            end, values = from_rfc3339(entry.not_after), {"name": entry.name or entry.subject, "until": entry.not_after}
            if end < now:
                # Kept on purpose: what was signed under it has to be judged for decades.
                yield TrustCheck("anchor", CheckStatus.OK, "anchor_expired", entry.sha256, values)
            elif end < now + SOON:
                yield TrustCheck("anchor", CheckStatus.WARN, "anchor_ends", entry.sha256, values)

    def _policy(self, sha256: str) -> TrustCheck:
        try:
            policy_in_force(self.store)
        except TrustStoreDamagedError as error:
            return TrustCheck("policy", CheckStatus.FAIL, "damaged", sha256, {"why": error.why})
        return TrustCheck("policy", CheckStatus.OK, "policy", sha256)

    def _revocation(self) -> Iterator[TrustCheck]:
        lists = self._lists()
        for use in sorted(self.cache.uses(), key=lambda use: use.issuer):
            held = lists.get(use.issuer_key, ())
            until = max((entry.next_update for entry in held), default="")
            values = {"issuer": use.issuer, "why": use.why or "-", "until": until, "asked": use.asked_at}
            status, message = self._data_of(use, held)
            yield TrustCheck("revocation", status, message, use.issuer_key, values)

    def _data_of(self, use: Use, held: Sequence[Held]) -> tuple[CheckStatus, str]:
        """How it stands with the data of an issuer: status and message.

        Data is owed by an issuer that had some, or of which an allowed address should give it, as long as its
        certificates come in. What came over the network and ran out since nobody asked is fetched with the next
        question. Of whom nothing was ever to be had (no network, nothing imported) is a warning: its verdicts say
        themselves what they lack.
        """
        now = self.clock.now()
        if any(entry.fresh_at(now) for entry in held):
            return CheckStatus.OK, "list_fresh"
        if not use.why and not held:
            return CheckStatus.OK, "answered"
        if not use.why and any(entry.url for entry in held):
            return CheckStatus.OK, "list_renewed"
        if not (held or use.expected or use.answered_at):
            return CheckStatus.WARN, "never_had"
        if from_rfc3339(use.asked_at) + OWED < now:
            return CheckStatus.WARN, "not_asked"
        return CheckStatus.FAIL, "list_stale" if held else "no_answer"

    def _stale(self) -> Iterator[Use]:
        lists = self._lists()
        for use in self.cache.uses():
            if self._data_of(use, lists.get(use.issuer_key, ()))[0] is CheckStatus.FAIL:
                yield use

    def _lists(self) -> dict[str, tuple[Held, ...]]:
        found: dict[str, tuple[Held, ...]] = {}
        for held in self.cache.lists():
            found[held.issuer_key] = (*found.get(held.issuer_key, ()), held)
        return found


def _policy_of(file: Path) -> Policy:
    try:
        data = file.read_bytes()
        content = json.loads(data) if data.lstrip().startswith(b"{") else tomllib.loads(data.decode())
        return Policy.of_content(content)
    except OSError as error:
        msg = f"{file}: {error.strerror}"
        raise UsageError(msg) from error
    except ValueError as error:
        msg = f"{file}: no validation policy ({error})"
        raise UsageError(msg) from error


def _without_issuer(snapshot: TrustSnapshot) -> Iterator[TrustCheck]:
    """Certificates of the set whose issuer is not in it: no path leads from them to an anchor."""
    facts = {entry.sha256: entry.facts for entry in snapshot.certificates}
    for entry in snapshot.certificates:
        if entry.role is TrustRole.ANCHOR:
            continue
        own = facts[entry.sha256]
        if not any(own.issued_by(other) for other in facts.values() if other is not own):
            values = {"name": entry.name or entry.subject, "issuer": own.issuer_name.printable}
            yield TrustCheck("issuer", CheckStatus.WARN, "issuer_missing", entry.sha256, values)
