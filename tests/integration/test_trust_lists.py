"""Importing CRLs from a folder, and what `trust check` makes of lists and stores."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.duties import Duties
from archive.catalogue.trail import AuditTrail
from archive.preservation.fetching import HttpFetcher
from archive.preservation.judging_in_force import JudgeInForce, usable_policy
from archive.preservation.signatures.adapter import Judge
from archive.preservation.signatures.policy import default_policy
from archive.preservation.trust.addresses import AllowList
from archive.preservation.trust.broker import BrokerTerms, RevocationBroker
from archive.preservation.trust.cache import RevocationCache
from archive.preservation.trust.importing import ImportedFile, ImportStatus, ListImporter
from archive.preservation.trust.sets import TrustRole
from archive.preservation.trust.store import TrustStore
from archive.services.doctor import CheckStatus
from archive.services.trust import TrustService, TrustUnusableError
from metadata.errors import UsageError
from storage.backends.filesystem import FilesystemStore
from storage.evidence import EvidenceObjects
from tests.fakes.workers import InlineWorkers
from tests.fixtures.pki import LONG, SIGNED, TODAY, Corpus
from tests.fixtures.pki_servers import PkiServers


@pytest.fixture
def trust(pki_servers: PkiServers, tmp_path: Path) -> Iterator[TrustService]:
    """The use cases over files, a database and evidence of the test's own."""
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    upgrade(url)
    database = Database(engine_of(url))
    clock = pki_servers.clock
    cache = RevocationCache(tmp_path / "revocation")
    keeper = EvidenceObjects(FilesystemStore(tmp_path / "storage"))
    importer = ListImporter(InlineWorkers(), cache, clock, keep=keeper.put, scratch=tmp_path / "scratch")
    yield TrustService(
        store=TrustStore(tmp_path / "trust", clock),
        cache=cache,
        importer=importer,
        keeper=keeper,
        trail=AuditTrail(database, clock),
        clock=clock,
        duties=Duties(database, clock),
    )
    database.close()


@pytest.fixture
def add(trust: TrustService, tmp_path: Path) -> Callable[..., None]:
    def added(*ders: bytes, role: TrustRole | None = None) -> None:
        path = tmp_path / "to-add.pem"
        blocks = [base64.encodebytes(der).decode() for der in ders]
        path.write_text("".join(f"-----BEGIN CERTIFICATE-----\n{b}-----END CERTIFICATE-----\n" for b in blocks))
        trust.add([path], operator="thu", role=role)

    return added


@pytest.fixture
def imported(trust: TrustService, tmp_path: Path) -> Callable[..., dict[str, ImportedFile]]:
    def done(**files: bytes) -> dict[str, ImportedFile]:
        folder = tmp_path / "lists"
        folder.mkdir(exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        found = {entry.path.name: entry for entry in trust.import_lists(folder, operator="thu")}
        for name in files:
            (folder / name).unlink()
        return found

    return done


Import = Callable[..., dict[str, ImportedFile]]


def found(trust: TrustService, status: CheckStatus) -> set[tuple[str, str]]:
    return {(check.name, check.message) for check in trust.checks() if check.status is status}


# ---------------------------------------------------------------- lists from a folder


def test_lists_of_our_authorities_are_taken_and_kept_for_ever(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None], imported: Import
) -> None:
    add(pki_servers.pki.root.der, pki_servers.pki.issuing.der)
    pem = base64.encodebytes(pki_servers.crl("issuing"))
    pem = b"words\n-----BEGIN X509 CRL-----\n" + pem + b"-----END X509 CRL-----\n"
    rows = imported(root=pki_servers.crl("root"), issuing=pem)
    assert {row.status for row in rows.values()} == {ImportStatus.IMPORTED}
    assert EvidenceObjects.get(trust.keeper, rows["issuing"].sha256) == pki_servers.crl("issuing")  # type: ignore[arg-type]
    assert {held.sha256 for held in trust.cache.lists()} == {row.sha256 for row in rows.values()}
    again = imported(root=pki_servers.crl("root"))
    assert again["root"].status is ImportStatus.ALREADY
    kinds = [event["detail"].get("imported") for event in trust.trail.of(["revocation"])]
    assert kinds == ["2"]


def test_each_list_of_a_file_with_several_is_taken(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None], tmp_path: Path
) -> None:
    add(pki_servers.pki.root.der, pki_servers.pki.issuing.der)
    (tmp_path / "together").mkdir()
    blocks = [base64.encodebytes(pki_servers.crl(name)).decode() for name in ("root", "issuing")]
    pem = "".join(f"-----BEGIN X509 CRL-----\n{block}-----END X509 CRL-----\n" for block in blocks)
    (tmp_path / "together" / "all.pem").write_text(pem)
    rows = list(trust.import_lists(tmp_path / "together", operator="thu"))
    assert [row.status for row in rows] == [ImportStatus.IMPORTED] * 2
    assert len(trust.cache.lists()) == 2


def test_what_must_not_be_used_is_refused_with_the_reason(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None], imported: Import
) -> None:
    add(pki_servers.pki.root.der, pki_servers.pki.issuing.der)
    rows = imported(
        stale=pki_servers.crl("issuing", "stale"),
        future=pki_servers.crl("issuing", "future"),
        forged=pki_servers.crl("issuing", "other-issuer"),
        unknown=pki_servers.crl("stamping"),
        flipped=pki_servers.crl("root")[:-1] + b"\0",
        note=b"CRL cua thang nay",
        empty=b"",
    )
    status = {name: (row.status, row.why.split(":")[0]) for name, row in rows.items()}
    refused = ImportStatus.REFUSED
    assert status == {
        "stale": (refused, "stale"),
        "future": (refused, "future"),
        "forged": (refused, "unknown-issuer"),
        "unknown": (refused, "unknown-issuer"),
        "flipped": (refused, "unknown-issuer"),
        "note": (ImportStatus.IGNORED, "unreadable"),
        "empty": (ImportStatus.IGNORED, "unreadable"),
    }
    assert trust.cache.lists() == ()
    assert trust.trail.of(["revocation"]) == []


Broker = Callable[..., RevocationBroker]


@pytest.fixture
def broker_for(pki_servers: PkiServers, trust: TrustService, tmp_path: Path) -> Broker:
    """Brokers with the cache of `trust` that may ask certain addresses."""

    def made(*allowed: str) -> RevocationBroker:
        return RevocationBroker(
            InlineWorkers(),
            trust.cache,
            HttpFetcher(),
            pki_servers.clock,
            nonce=bytes,
            terms=BrokerTerms(AllowList(allowed)),
            scratch=tmp_path / "scratch",
        )

    return made


def test_an_imported_list_serves_the_broker_without_any_network(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None], imported: Import, broker_for: Broker
) -> None:
    add(pki_servers.pki.root.der, pki_servers.pki.issuing.der)
    imported(issuing=pki_servers.crl("issuing"))
    person = pki_servers.person()
    found = broker_for().collect([(person.certificate, pki_servers.pki.issuing.der)])
    assert found.objects == (pki_servers.crl("issuing"),)
    assert pki_servers.asked == {}


def test_a_folder_that_is_none_is_refused(trust: TrustService, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        list(trust.import_lists(tmp_path / "nowhere", operator="thu"))


# ---------------------------------------------------------------- what `trust check` tells


def test_an_empty_store_fails_and_readiness_with_it(trust: TrustService) -> None:
    assert found(trust, CheckStatus.FAIL) == {("store", "empty")}
    with pytest.raises(TrustUnusableError, match="empty"):
        trust.ready()


def test_a_damaged_store_fails_and_does_not_raise(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None], tmp_path: Path
) -> None:
    add(pki_servers.pki.root.der)
    (tmp_path / "trust" / "current").write_text("0" * 64)
    assert found(trust, CheckStatus.FAIL) == {("store", "damaged")}
    assert trust.usable()[0].startswith("unreadable: ")


def test_a_whole_store_is_fine_and_its_set_is_kept_among_the_evidence(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None]
) -> None:
    add(pki_servers.pki.root.der, pki_servers.pki.issuing.der)
    assert {check.status for check in trust.checks()} == {CheckStatus.OK}
    trust.ready()
    keeper = trust.keeper
    assert isinstance(keeper, EvidenceObjects)
    assert keeper.get(trust.store.trust_set()) == trust.store.snapshot().document()
    assert keeper.get(trust.store.list()[0].sha256) == pki_servers.pki.root.der
    (event,) = trust.trail.of(["trust"])
    assert event["detail"]["trust_set"] == trust.store.trust_set()


def test_an_intermediate_without_its_issuer_is_named(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None]
) -> None:
    add(pki_servers.other.root.der)
    add(pki_servers.pki.issuing.der, role=TrustRole.INTERMEDIATE)
    assert found(trust, CheckStatus.WARN) == {("issuer", "issuer_missing")}


def test_an_anchor_that_ends_soon_is_a_warning_and_one_that_ended_is_kept(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None]
) -> None:
    add(pki_servers.pki.root.der, pki_servers.other.root.der)
    pki_servers.clock.at = TODAY + timedelta(days=3650 - 100)
    assert ("anchor", "anchor_ends") in found(trust, CheckStatus.WARN)
    pki_servers.clock.at = TODAY + timedelta(days=3650 + 10)
    assert ("anchor", "anchor_expired") in found(trust, CheckStatus.OK)
    trust.ready()
    pki_servers.clock.at = SIGNED + LONG + timedelta(days=3650)
    assert found(trust, CheckStatus.FAIL) == {("store", "expired")}


def test_a_list_that_ran_out_fails_until_a_newer_one_comes(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None], imported: Import, broker_for: Broker
) -> None:
    add(pki_servers.pki.root.der, pki_servers.pki.issuing.der)
    imported(issuing=pki_servers.crl("issuing"))
    asked = [(pki_servers.person().certificate, pki_servers.pki.issuing.der)]
    broker_for().collect(asked)
    assert found(trust, CheckStatus.FAIL) == set()
    pki_servers.clock.at += timedelta(days=8)
    assert found(trust, CheckStatus.FAIL) == {("revocation", "list_stale")}
    assert trust.usable()[0].startswith("stale: ")
    imported(issuing=pki_servers.crl("issuing"))
    assert trust.usable() == ()


def test_a_list_that_came_over_the_network_and_ran_out_while_nobody_asked_fails_nothing(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None], broker_for: Broker
) -> None:
    add(pki_servers.pki.root.der)
    asked = [(pki_servers.person(crl="crl/issuing", answers=None).certificate, pki_servers.pki.issuing.der)]
    broker = broker_for(f"{pki_servers.url}/")
    assert broker.collect(asked).missing == ()
    pki_servers.clock.at += timedelta(days=30)
    assert ("revocation", "list_renewed") in found(trust, CheckStatus.OK)
    trust.ready()
    pki_servers.failing.add("crl/issuing")
    broker.collect(asked)
    assert found(trust, CheckStatus.FAIL) == {("revocation", "list_stale")}


def test_an_authority_whose_certificates_no_longer_come_owes_nothing(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None], imported: Import, broker_for: Broker
) -> None:
    add(pki_servers.pki.root.der, pki_servers.pki.issuing.der)
    imported(issuing=pki_servers.crl("issuing"))
    broker_for().collect([(pki_servers.person().certificate, pki_servers.pki.issuing.der)])
    pki_servers.clock.at += timedelta(days=89)
    assert found(trust, CheckStatus.FAIL) == {("revocation", "list_stale")}
    pki_servers.clock.at += timedelta(days=2)
    assert found(trust, CheckStatus.FAIL) == set()
    assert ("revocation", "not_asked") in found(trust, CheckStatus.WARN)
    trust.ready()


def test_an_authority_of_whom_nothing_was_ever_to_be_had_is_a_warning(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None], broker_for: Broker
) -> None:
    add(pki_servers.pki.root.der)
    broker_for().collect([(pki_servers.person().certificate, pki_servers.pki.issuing.der)])
    assert found(trust, CheckStatus.WARN) == {("revocation", "never_had")}
    trust.ready()


def test_an_allowed_address_that_gives_nothing_fails(
    pki_servers: PkiServers, trust: TrustService, add: Callable[..., None], broker_for: Broker
) -> None:
    add(pki_servers.pki.root.der)
    person = pki_servers.person(crl="crl/issuing/error", answers=None)
    broker_for(f"{pki_servers.url}/").collect([(person.certificate, pki_servers.pki.issuing.der)])
    assert found(trust, CheckStatus.FAIL) == {("revocation", "no_answer")}


# ---------------------------------------------------------------- the policy beside the set


def changed_policy(tmp_path: Path, **values: object) -> Path:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({**default_policy().content, **values}))
    return path


def test_an_own_policy_is_named_by_set_and_verdict_and_the_programs_comes_back(
    trust: TrustService, add: Callable[..., None], tmp_path: Path, corpus: Corpus, pki_servers: PkiServers
) -> None:
    add(corpus.pki.root.der)
    (tmp_path / "a.pdf").write_bytes(corpus.blt)

    def made() -> Judge:
        return Judge(InlineWorkers(), trust.store, pki_servers.clock, policy=usable_policy(trust.store))

    judge = JudgeInForce(made)
    assert judge.judge([tmp_path / "a.pdf"])[0][0].policy == default_policy().sha256
    own = trust.adopt_policy(changed_policy(tmp_path, version="tinh-1"), operator="thu")
    assert own.version == "luutru tinh-1"
    assert trust.store.snapshot().policy == own.sha256
    (judgement,) = judge.judgements([tmp_path / "a.pdf"])
    assert judgement.verdicts[0].policy == own.sha256
    assert judgement.verdicts[0].trust_set == trust.store.trust_set() == judge.trust_set()
    assert own.document in judgement.keepsakes
    assert trust.policy() == own
    assert {check.status for check in trust.checks()} == {CheckStatus.OK}
    assert trust.adopt_policy(None, operator="thu") == default_policy()
    assert judge.judge([tmp_path / "a.pdf"])[0][0].policy == default_policy().sha256
    assert trust.store.policy(own.sha256) == own.document, "old policies are kept for ever"
    assert [event["detail"]["version"] for event in trust.trail.of(["policy"])] == [
        "luutru tinh-1",
        default_policy().version,
    ]


@pytest.mark.parametrize(
    "values", [{"format": "luutru-policy 9"}, {"practice": {}}, {"clock_slack_seconds": "soon"}, {"digest": []}]
)
def test_what_is_no_policy_is_refused_and_nothing_changes(
    trust: TrustService, tmp_path: Path, values: dict[str, object]
) -> None:
    before = trust.store.trust_set()
    with pytest.raises(UsageError, match="no validation policy"):
        trust.adopt_policy(changed_policy(tmp_path, **values), operator="thu")
    with pytest.raises(UsageError):
        trust.adopt_policy(tmp_path / "nowhere.toml", operator="thu")
    assert trust.store.trust_set() == before


def test_a_policy_that_is_damaged_fails_the_check_and_intake_goes_on_with_the_programs(
    trust: TrustService, add: Callable[..., None], tmp_path: Path, corpus: Corpus
) -> None:
    add(corpus.pki.root.der)
    own = trust.adopt_policy(changed_policy(tmp_path, version="tinh-1"), operator="thu")
    (tmp_path / "trust" / "policies" / own.sha256).write_bytes(b"{}")
    assert found(trust, CheckStatus.FAIL) == {("policy", "damaged")}
    assert trust.usable()[0].startswith("unreadable: ")
    assert usable_policy(trust.store) == default_policy()
