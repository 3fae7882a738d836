"""Evidence records, wired."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from archive.auth.policy import Scope
from archive.catalogue.covered import CoveredHoldings
from archive.catalogue.holdings import Catalogue
from archive.catalogue.trail import AuditTrail
from archive.composition.auditing import audit_heads
from archive.composition.trusting import revocation_broker, tsa_client
from archive.preservation.evidence.authorities import Authorities, Authority
from archive.preservation.evidence.building import Beside, Builder
from archive.preservation.evidence.history import StampKind
from archive.preservation.evidence.judges import EngineJudge
from archive.preservation.evidence.planning import DAY, Terms
from archive.preservation.evidence.rehashing import Pace, Rehasher
from archive.preservation.evidence.renewing import Renewer, StatusSource
from archive.preservation.evidence.stamping import Stamping
from archive.preservation.evidence.stored import Places, StoredMaterial
from archive.preservation.evidence.verification import TokenAnswer, TokenQuestion
from archive.preservation.judging_in_force import policy_in_force
from archive.preservation.signatures.engine import Existence, World
from archive.preservation.signatures.policy import Policy
from archive.services.evidence import Evidence
from archive.services.stamps_seen import BatchMembers, StampsSeen
from metadata.errors import ArchiveError
from metadata.time import Clock
from storage.evidence import EvidenceObjects
from storage.evidence_batches import EvidenceBatches
from storage.packages import PackageStore
from storage.ports import ObjectStore

if TYPE_CHECKING:
    from archive.composition.installation import Installation
    from archive.preservation.trust.broker import RevocationBroker

EVIDENCE_PAUSE = timedelta(hours=6)
"""A long-lived process looks after evidence this often: what is due has months, and tokens may cost money."""

_log = logging.getLogger(__name__)


class _Beside:
    """Head of the trail, trust set and policy in force: what each batch proves beside packages."""

    def __init__(self, archive: Installation, policy: Policy) -> None:
        self._archive = archive
        self._policy = policy

    def documents(self) -> Sequence[tuple[str, bytes]]:
        """See `Beside.documents`."""
        snapshot = self._archive.trust.snapshot()
        found = [("trust", snapshot.document()), ("object", self._policy.document)]
        found += [("object", certificate.der) for certificate in snapshot.certificates]
        head = audit_heads(self._archive).head()
        return found if head is None else [*found, ("audit", head.document())]


class _BrokerStatus:
    """Revocation data through the broker: what it has, and what it may fetch."""

    def __init__(self, make: Callable[[], RevocationBroker]) -> None:
        self._make = make

    def answers(self, asked: Sequence[tuple[bytes, bytes]]) -> Sequence[bytes]:
        """See `StatusSource.answers`."""
        broker = self._make()
        return (*broker.collect(asked).objects, *broker.known())


def evidence_world(archive: Installation) -> World:
    """Trust and policy in force, known revocation data and the present, for judging tokens.

    Raises:
        TrustStoreDamagedError: set or policy in force is unreadable.
    """
    snapshot = archive.trust.snapshot()
    return World.of(
        at=archive.clock.now(),
        anchors=snapshot.anchors(),
        intermediates=snapshot.intermediates(),
        answers=revocation_broker(archive).known(),
        existence=Existence.known_since(snapshot.known_since()),
        policy=policy_in_force(archive.trust),
    )


def authorities(archive: Installation) -> Authorities:
    """The configured time-stamp authorities, each asked by itself."""
    return Authorities(
        tuple(Authority(_name(url), tsa_client(archive, (url,))) for url in archive.settings.evidence.tsa)
    )


def _name(url: str) -> str:
    """What is kept of an address: enough to tell it from others, no host."""
    return f"tsa-{hashlib.sha256(url.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, kw_only=True)
class EvidenceParts:
    """What the use cases of evidence are put together from."""

    store: ObjectStore
    packages: PackageStore
    objects: EvidenceObjects
    judge: EngineJudge
    status: StatusSource
    beside: Beside
    authorities: Authorities
    trail: AuditTrail
    clock: Clock
    terms: Terms
    catalogue: Catalogue | None = None

    def assembled(self) -> Evidence:
        """The use cases."""
        judge, clock = self.judge, self.clock
        stamping = Stamping(EvidenceBatches(self.store), lambda token: judge.token(TokenQuestion(token, None)), clock)
        places = Places(self.store, self.packages, stamping)
        material = StoredMaterial(stamping, self.objects)
        renewer = Renewer(stamping, self.objects, self.status, judge, clock)
        return Evidence(
            stamping=stamping,
            builder=partial(Builder, self.store, self.packages, self.objects, stamping, self.beside, clock),
            places=places,
            material=material,
            renewer=renewer,
            rehasher=Rehasher(stamping, places, material, renewer, clock),
            judge=judge,
            authorities=self.authorities,
            trail=self.trail,
            clock=clock,
            terms=self.terms,
            catalogue=self.catalogue,
        )


def evidence(archive: Installation) -> Evidence:
    """The use cases of evidence; made anew for each run, because trust and the present are part of it."""
    world = evidence_world(archive)
    said = archive.settings.evidence
    cross = said.second_tsa_days if len(said.tsa) > 1 else None
    return EvidenceParts(
        store=archive.store,
        packages=archive.packages,
        objects=archive.evidence,
        judge=EngineJudge(world),
        status=_BrokerStatus(lambda: revocation_broker(archive)),
        beside=_Beside(archive, world.policy),
        authorities=authorities(archive),
        trail=archive.trail,
        clock=archive.clock,
        terms=Terms(cross=None if cross is None else cross * DAY),
        catalogue=archive.catalogue,
    ).assembled()


def batch_members(archive: Installation) -> BatchMembers:
    """What stands in each batch; reads only, so that trust may be damaged meanwhile."""

    def judge(token: bytes) -> TokenAnswer:
        msg = f"a token of {len(token)} bytes, where nothing is stamped"
        raise AssertionError(msg)

    return BatchMembers(archive.store, Stamping(EvidenceBatches(archive.store), judge, archive.clock))


def stamps_seen(archive: Installation, within: Scope) -> StampsSeen:
    """The time-stamps as far as they may be seen within a scope; one look, for one request."""
    return StampsSeen(archive.batch_members, CoveredHoldings(archive.database), within)


class EvidenceDuty:
    """What a long-lived process does for evidence: a batch a day, renewals in time, an alarm where one was missed.

    Without a configured authority there is nobody to ask, and only the alarm is left.
    """

    def __init__(self, archive: Installation) -> None:
        self._archive = archive
        self._tried: datetime | None = None

    def work(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Do what is due; at most one try in `EVIDENCE_PAUSE`. What fails is told by `doctor` and tried again.

        A hash-tree renewal reads a little at each call, so that other duties are not kept waiting.
        """
        now = self._archive.clock.now()
        if self._tried and now - self._tried < EVIDENCE_PAUSE:
            return
        self._tried = now
        # Whatever fails here, trust that cannot be read among it, must not end the other duties of the process.
        with _told():
            service = evidence(self._archive)
            if self._archive.settings.evidence.tsa:
                with _told():
                    self._renewed(service, stopped)
            service.alarm()

    def _renewed(self, service: Evidence, stopped: Callable[[], bool]) -> None:
        if service.days_since_batch() >= 1:
            list(service.build())
        answers = list(service.renew(pace=Pace(1, stopped)))
        if any(answer.kind is StampKind.REHASH and answer.stamp is None for answer in answers):
            self._tried = None


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ArchiveError as error:
        _log.warning("evidence_failed", extra={"code": error.code})
