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
from metadata.time import Clock, from_rfc3339

SOON = timedelta(days=180)
"""How long before its end an anchor is spoken of: enough to get the next one and compare its fingerprint."""


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
    """`store`, `anchor`, `issuer`, `revocation`, `policy`."""

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
        now = self.clock.now()
        lists = self._lists()
        for use in sorted(self.cache.uses(), key=lambda use: use.issuer):
            held = lists.get(use.issuer_key, ())
            values = {"issuer": use.issuer, "why": use.why, "until": max((h.next_update for h in held), default="")}
            if any(entry.fresh_at(now) for entry in held):
                yield TrustCheck("revocation", CheckStatus.OK, "list_fresh", use.issuer_key, values)
            elif not use.why and not held:
                yield TrustCheck("revocation", CheckStatus.OK, "answered", use.issuer_key, values)
            elif self._counts_as_stale(use, held):
                message = "list_stale" if held else "no_answer"
                yield TrustCheck("revocation", CheckStatus.FAIL, message, use.issuer_key, values)
            else:
                yield TrustCheck("revocation", CheckStatus.WARN, "never_had", use.issuer_key, values)

    def _stale(self) -> Iterator[Use]:
        now = self.clock.now()
        lists = self._lists()
        for use in self.cache.uses():
            held = lists.get(use.issuer_key, ())
            fresh = any(entry.fresh_at(now) for entry in held) or (not use.why and not held)
            if not fresh and self._counts_as_stale(use, held):
                yield use

    def _counts_as_stale(self, use: Use, held: Sequence[Held]) -> bool:
        """Whether data of an issuer is owed: it had some, or an allowed address should give it.

        An issuer of whom nothing was ever to be had (no network, nothing imported) is told as a warning:
        its verdicts say themselves what they lack.
        """
        return bool(held) or use.expected or bool(use.answered_at)

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
