"""Wires trust, the revocation broker and the time-stamp client of one installation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import SystemRandom
from typing import TYPE_CHECKING

from archive.catalogue.duties import DutyKind
from archive.preservation.collecting_judge import CollectingJudge
from archive.preservation.fetching import HttpFetcher
from archive.preservation.judging_in_force import JudgeInForce, usable_policy
from archive.preservation.signatures.adapter import Judge
from archive.preservation.timestamps.believing import Believing
from archive.preservation.timestamps.client import NONCE_BITS, TsaClient, TsaTerms
from archive.preservation.trust.addresses import AllowList
from archive.preservation.trust.broker import BrokerTerms, RevocationBroker
from archive.preservation.trust.cache import RevocationCache
from archive.preservation.trust.importing import ListImporter
from archive.preservation.trust.sets import TrustSource
from archive.preservation.trust.store import IntakeTrust
from archive.services.later_verdicts import LaterVerdicts
from archive.services.rejudging import Rejudging
from archive.services.trust import TrustService
from ingest.facts import Stored
from ingest.work import WorkItem
from storage.evidence import EvidenceObjects

if TYPE_CHECKING:
    from archive.composition.installation import Installation

DUTIES_AT_ONCE = 20
"""Dossiers judged again in one go of a process that has other things to do as well."""


def fetcher(archive: Installation) -> HttpFetcher:
    """The door to the network, with the operator's proxy."""
    network = archive.settings.network
    return HttpFetcher(proxy=network.proxy, ca_file=network.ca_file)


def revocation_cache(archive: Installation) -> RevocationCache:
    """Lists and answers that were got before."""
    return RevocationCache(archive.home.revocation)


def revocation_broker(archive: Installation) -> RevocationBroker:
    """Collects revocation data from the addresses that the operator allowed.

    Raises:
        UsageError: an entry of the list is no address.
    """
    said = archive.settings.revocation
    terms = BrokerTerms(
        AllowList(said.allow),
        list_bytes=said.list_mib << 20,
        list_bytes_by_host={host: mib << 20 for host, mib in said.list_mib_by_host.items()},
        seconds_total=said.seconds,
    )
    return RevocationBroker(
        archive.workers,
        revocation_cache(archive),
        fetcher(archive),
        archive.clock,
        nonce=SystemRandom().randbytes,
        terms=terms,
        scratch=archive.home.scratch,
    )


def list_importer(archive: Installation, keeper: EvidenceObjects) -> ListImporter:
    """Takes CRLs from a folder."""
    cache, scratch = revocation_cache(archive), archive.home.scratch
    return ListImporter(archive.workers, cache, archive.clock, keep=keeper.put, scratch=scratch)


def tsa_client(
    archive: Installation, urls: Sequence[str], *, answers: Callable[[], tuple[bytes, ...]] = lambda: ()
) -> TsaClient:
    """Asks time-stamp authorities; without one, each call is a fault that says so.

    Args:
        archive: The installation.
        urls: In the order in which they are asked.
        answers: Revocation data by which a fresh token is judged.
    """
    random = SystemRandom()
    return TsaClient(
        urls,
        fetcher(archive),
        archive.clock,
        nonce=lambda: random.getrandbits(NONCE_BITS),
        judge=Believing(archive.trust, archive.clock, answers=answers, policy=lambda: usable_policy(archive.trust)),
        terms=TsaTerms(policies=archive.settings.evidence.tsa_policies),
    )


def trust_service(archive: Installation) -> TrustService:
    """The trust store's use cases."""
    keeper = archive.evidence
    return TrustService(
        store=archive.trust,
        cache=revocation_cache(archive),
        importer=list_importer(archive, keeper),
        keeper=keeper,
        trail=archive.trail,
        clock=archive.clock,
        duties=archive.duties,
    )


def intake_judge(archive: Installation, trust: TrustSource | None = None) -> CollectingJudge:
    """The judge of intake: with the home's trust as far as it can be used, collecting revocation data.

    Args:
        archive: The installation.
        trust: Another set than the home's.
    """
    source, store = trust or IntakeTrust(archive.trust), archive.trust

    def made() -> Judge:
        return Judge(archive.workers, source, archive.clock, policy=usable_policy(store))

    return CollectingJudge(JudgeInForce(made), revocation_broker(archive))


def rejudging(archive: Installation) -> Rejudging:
    """Judges stored documents again."""
    return Rejudging(
        catalogue=archive.catalogue,
        stored=archive.stored,
        duties=archive.duties,
        trail=archive.trail,
        judge=intake_judge(archive),
        keeper=archive.evidence,
        later=LaterVerdicts(archive.trail, archive.evidence),
        trusted=archive.trust,
        may_ask=bool(archive.settings.revocation.allow),
        scratch=archive.home.scratch,
        clock=archive.clock,
    )


def work_duties(archive: Installation, stopped: Callable[[], bool] = lambda: False) -> int:
    """Judge again what is due for it; how many dossiers. Costs two questions to the database when nothing is."""
    duties = archive.duties
    if archive.settings.revocation.allow:
        # The operator has allowed an address since.
        duties.wake(DutyKind.EVIDENCE, sleeping_only=True)
    if not duties.due(1):
        return 0
    return rejudging(archive).work_due(DUTIES_AT_ONCE, stopped)


class NotingHoldings:
    """Implements `archive.jobs.runner.Holdings`: enters a stored dossier and opens the duties that it asks for."""

    def __init__(self, archive: Installation) -> None:
        self._archive = archive

    def register(self, item: WorkItem, stored: Stored) -> None:
        """See `Holdings.register`."""
        self._archive.stored.register(item, stored)
        rejudging(self._archive).note(self._archive.catalogue.dossier_of(item.package_id) or item.package_id)
