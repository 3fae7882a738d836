"""Wires trust, the revocation broker and the time-stamp client of one installation."""

from __future__ import annotations

from random import SystemRandom
from typing import TYPE_CHECKING

from archive.preservation.fetching import HttpFetcher
from archive.preservation.timestamps.believing import Believing
from archive.preservation.timestamps.client import NONCE_BITS, TsaClient, TsaTerms
from archive.preservation.trust.addresses import AllowList
from archive.preservation.trust.broker import BrokerTerms, RevocationBroker
from archive.preservation.trust.cache import RevocationCache
from archive.preservation.trust.importing import ListImporter
from archive.services.trust import TrustService
from storage.evidence import EvidenceObjects

if TYPE_CHECKING:
    from archive.composition.installation import Installation


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


def tsa_client(archive: Installation) -> TsaClient:
    """Asks the configured time-stamp authorities; without one, each call is a fault that says so."""
    random, said, broker = SystemRandom(), archive.settings.evidence, revocation_broker(archive)
    return TsaClient(
        said.tsa,
        fetcher(archive),
        archive.clock,
        nonce=lambda: random.getrandbits(NONCE_BITS),
        judge=Believing(archive.trust, archive.clock, answers=broker.known),
        terms=TsaTerms(policies=said.tsa_policies),
    )


def trust_service(archive: Installation) -> TrustService:
    """The trust store's use cases."""
    keeper = EvidenceObjects(archive.store)
    return TrustService(
        store=archive.trust,
        cache=revocation_cache(archive),
        importer=list_importer(archive, keeper),
        keeper=keeper,
        trail=archive.trail,
        clock=archive.clock,
    )
