"""Judging again what was judged without enough: the real engine and broker against running servers of our own PKI."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.duties import Duties, DutyKind
from archive.catalogue.holdings import Catalogue, StoredVersion
from archive.catalogue.journal import Job, JobStatus
from archive.catalogue.trail import AuditTrail
from archive.preservation.collecting_judge import CollectingJudge
from archive.preservation.fetching import HttpFetcher
from archive.preservation.signatures.adapter import Judge
from archive.preservation.signatures.signing import Signing, add_evidence, sign_bytes, sign_pdf
from archive.preservation.trust.addresses import AllowList
from archive.preservation.trust.broker import BrokerTerms, RevocationBroker
from archive.preservation.trust.cache import RevocationCache
from archive.preservation.trust.store import IntakeTrust, TrustStore
from archive.services.later_verdicts import LaterVerdicts, read_judgement
from archive.services.rejudging import Rejudging, need_of
from metadata.descriptions import Cell, Description, DocumentDescription, RecordKind
from metadata.package import (
    FileVerdicts,
    PackageBrokenError,
    PackageDocument,
    PackageFile,
    PackageRecord,
    Representation,
)
from storage.backends.filesystem import FilesystemStore
from storage.errors import StorageFaultError
from storage.evidence import EvidenceObjects
from tests.fakes.workers import InlineWorkers
from tests.fixtures.pki import SIGNED, Corpus
from tests.fixtures.pki_servers import PkiServers

PACKAGE = "0d0c1a52-6f0e-4a57-9a5e-1b2c3d4e5f60"


@dataclass
class Shelf:
    """Files of packages, by path."""

    files: dict[str, bytes] = field(default_factory=dict)
    fault: Exception | None = None

    def open(self, record: PackageRecord, file: PackageFile) -> AbstractContextManager[BinaryIO]:
        assert record.package_id == PACKAGE
        if self.fault is not None:
            raise self.fault
        return io.BytesIO(self.files[file.path])


@dataclass
class Site:
    """One archive without its ingest: everything behind rejudging is real but the shelf."""

    folder: Path
    servers: PkiServers
    corpus: Corpus
    database: Database
    shelf: Shelf = field(default_factory=Shelf)
    allow: tuple[str, ...] = ()

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.database, self.servers.clock)

    @property
    def trail(self) -> AuditTrail:
        return AuditTrail(self.database, self.servers.clock)

    @property
    def duties(self) -> Duties:
        return Duties(self.database, self.servers.clock)

    @property
    def trust(self) -> TrustStore:
        return TrustStore(self.folder / "trust", self.servers.clock)

    @property
    def keeper(self) -> EvidenceObjects:
        return EvidenceObjects(FilesystemStore(self.folder / "storage"))

    def judge(self) -> CollectingJudge:
        broker = RevocationBroker(
            InlineWorkers(),
            RevocationCache(self.folder / "revocation"),
            HttpFetcher(),
            self.servers.clock,
            nonce=lambda length: bytes(range(length)),
            terms=BrokerTerms(AllowList(self.allow)),
            scratch=self.folder / "scratch",
        )
        return CollectingJudge(Judge(InlineWorkers(), IntakeTrust(self.trust), self.servers.clock), broker)

    @property
    def rejudging(self) -> Rejudging:
        return Rejudging(
            catalogue=self.catalogue,
            stored=self.shelf,
            duties=self.duties,
            trail=self.trail,
            judge=self.judge(),
            keeper=self.keeper,
            later=LaterVerdicts(self.trail, self.keeper),
            trusted=self.trust,
            may_ask=bool(self.allow),
            scratch=self.folder,
            clock=self.servers.clock,
        )

    def believe(self) -> None:
        (self.folder / "root.der").write_bytes(self.servers.pki.root.der)
        self.trust.add([self.folder / "root.der"])

    def take_in(self, **files: bytes) -> None:
        """Judge and enter a dossier of one document as intake would; files called `x_p7s` sign the file `x`."""
        names = {name.replace("_", "."): data for name, data in files.items()}
        originals, verdicts = [], []
        for name, data in names.items():
            (self.folder / name).write_bytes(data)
            self.shelf.files[f"data/{name}"] = data
        for name, data in names.items():
            sha256 = hashlib.sha256(data).hexdigest()
            originals.append(
                PackageFile(
                    path=f"data/{name}",
                    original_name=name,
                    representation=Representation.ORIGINAL,
                    sha256=sha256,
                    sha512="",
                    size_bytes=len(data),
                    mime="application/pdf",
                    ordinal=1,
                )
            )
            (found,) = self.judge().judgements([self.folder / name])
            if found.verdicts:
                verdicts.append(FileVerdicts(path=f"data/{name}", sha256=sha256, verdicts=found.verdicts))
        description = DocumentDescription(
            kind=RecordKind.DOCUMENT, ordinal=1, fields={"subject": Cell(value="Quyết định")}
        )
        document = PackageDocument(description=description, originals=tuple(originals), verdicts=tuple(verdicts))
        record = PackageRecord(
            package_id=PACKAGE,
            dossier_id=PACKAGE,
            created_at="2026-11-28T00:00:00.000Z",
            agency="H49",
            file_code="H49.1",
            dossier=Description(),
            documents=(document,),
        )
        self.catalogue.enter([(record, StoredVersion(PACKAGE, "v1", ""))], "2026-11-28T00:00:00.000Z")
        self.rejudging.note(PACKAGE)

    def word(self) -> str:
        return self.catalogue.verdicts(PACKAGE).get(1, "")

    def duty(self, kind: DutyKind) -> Job:
        return next(job for job in self.duties.of_package(PACKAGE) if job.kind == kind.value)

    def kinds(self) -> dict[str, str]:
        return {job.kind: job.status.value for job in self.duties.of_package(PACKAGE)}

    def events(self) -> Sequence[Any]:
        return [event for event in self.trail.of([PACKAGE]) if "judgement" in (event.get("detail") or {})]


@pytest.fixture
def site(pki_servers: PkiServers, corpus: Corpus, tmp_path: Path) -> Iterator[Site]:
    url = f"sqlite:///{tmp_path / 'catalogue.sqlite'}"
    upgrade(url)
    database = Database(engine_of(url))
    made = Site(tmp_path, pki_servers, corpus, database, allow=(f"{pki_servers.url}/",))
    yield made
    database.close()


def signed(site: Site, crl: str | None = "crl/issuing", answers: str | None = "ocsp/issuing") -> bytes:
    """A PDF by somebody whose certificate names addresses of the servers."""
    return with_root_list(
        site, sign_pdf(site.corpus.base, site.servers.person(crl=crl, answers=answers), Signing(SIGNED))
    )


def with_root_list(site: Site, pdf: bytes) -> bytes:
    """`pdf` with all that is needed but word of the signer: of the authority's own certificate a list is at hand."""
    return add_evidence(pdf, site.servers.pki.certificates(), [site.servers.crl("root")])


def test_evidence_that_was_not_to_be_had_is_collected_later_and_the_document_judged_again(site: Site) -> None:
    site.believe()
    site.servers.failing = {"crl/issuing"}
    site.take_in(a_pdf=signed(site, crl="crl/issuing", answers=None))
    assert (site.word(), site.kinds()) == ("INDETERMINATE", {"evidence": "waiting"})
    assert site.rejudging.work_due(10) == 0, "it was judged a moment ago"
    site.servers.clock.at += timedelta(minutes=11)
    assert site.rejudging.work_due(10) == 1
    waiting = site.duty(DutyKind.EVIDENCE)
    assert (waiting.status, waiting.attempt) == (JobStatus.WAITING, 2)
    assert "crl/issuing" in (waiting.error or {})["detail"], "which address gave nothing stands in the job"
    assert site.events() == [], "the same verdict again is no news"
    assert site.rejudging.work_due(10) == 0, "it rests first"
    site.servers.failing = set()
    site.servers.clock.at += timedelta(minutes=11)
    assert site.rejudging.work_due(10) == 1
    assert (site.word(), site.kinds()) == ("TOTAL_PASSED", {"evidence": "done"})
    (event,) = site.events()
    detail = event["detail"]
    assert (detail["reason"], detail["document"], detail["indication"]) == ("evidence", "1", "TOTAL_PASSED")
    kept = read_judgement(site.keeper.get(detail["judgement"]))
    assert kept is not None
    assert kept.verdicts[0].indication.value == "TOTAL_PASSED"
    assert all(site.keeper.has(name) for name in (*kept.objects, kept.facts, kept.trust_set, kept.policy))
    assert hashlib.sha256(site.servers.crl("issuing")).hexdigest() in kept.objects


def test_what_was_judged_without_trust_waits_until_trust_is_there(site: Site) -> None:
    site.take_in(a_pdf=signed(site))
    assert (site.word(), site.kinds()) == ("INDETERMINATE", {"rejudge": "waiting"})
    site.servers.clock.at += timedelta(minutes=6)
    site.rejudging.work_due(10)
    assert site.duty(DutyKind.REJUDGE).error == {"code": "trust.unusable", "detail": "empty"}
    site.believe()
    site.duties.wake(DutyKind.REJUDGE)
    assert site.rejudging.work_due(10) == 1
    assert (site.word(), site.kinds()) == ("TOTAL_PASSED", {"rejudge": "done"})


def test_a_store_that_became_unreadable_stops_no_intake_and_is_made_good_later(site: Site) -> None:
    site.believe()
    current = site.folder / "trust" / "current"
    whole = current.read_bytes()
    current.write_bytes(b"0" * 64)
    site.take_in(a_pdf=signed(site))
    assert site.kinds() == {"rejudge": "waiting"}
    current.write_bytes(whole)
    site.rejudging.work(site.duty(DutyKind.REJUDGE).id)
    assert site.word() == "TOTAL_PASSED"


def test_without_an_allowed_address_a_duty_sleeps_until_somebody_brings_something(site: Site) -> None:
    site.believe()
    site.allow = ()
    site.take_in(a_pdf=signed(site))
    assert site.duties.due(10) == []
    site.servers.clock.at += timedelta(days=300)
    assert site.duties.due(10) == []
    assert site.servers.asked == {}
    assert site.duties.wake(DutyKind.EVIDENCE, sleeping_only=True) == 1


def test_a_revocation_that_comes_to_light_later_is_told(site: Site) -> None:
    site.believe()
    person = site.servers.person(answers=None)
    site.servers.failing = {"crl/issuing"}
    site.take_in(a_pdf=with_root_list(site, sign_pdf(site.corpus.base, person, Signing(SIGNED))))
    site.servers.revoke(person, SIGNED - timedelta(days=3))
    site.servers.failing = set()
    site.servers.clock.at += timedelta(minutes=11)
    site.rejudging.work_due(10)
    (event,) = site.events()
    kept = read_judgement(site.keeper.get(event["detail"]["judgement"]))
    assert kept is not None
    assert kept.verdicts[0].subindication == "REVOKED_NO_POE"
    assert site.kinds() == {"evidence": "done"}


def test_a_detached_signature_is_judged_again_with_the_file_that_it_signs(site: Site) -> None:
    content = site.corpus.base
    person = site.servers.person()
    site.take_in(x_pdf=content, x_pdf_p7s=sign_bytes(content, person, Signing(SIGNED), detached=True))
    assert site.kinds() == {"rejudge": "waiting"}
    site.believe()
    site.rejudging.work(site.duty(DutyKind.REJUDGE).id)
    (event,) = site.events()
    kept = read_judgement(site.keeper.get(event["detail"]["judgement"]))
    assert kept is not None
    assert not any("SIGNED_DATA_NOT_FOUND" in (v.subindication or "") for v in kept.verdicts)


def test_a_store_that_is_down_is_tried_again_and_a_broken_package_waits_for_a_person(site: Site) -> None:
    site.take_in(a_pdf=signed(site))
    site.believe()
    duty = site.duty(DutyKind.REJUDGE).id
    site.shelf.fault = StorageFaultError("data/a.pdf", "down")
    waiting = site.rejudging.work(duty)
    assert (waiting.status, (waiting.error or {})["code"]) == (JobStatus.WAITING, "storage.fault")
    site.shelf.fault = PackageBrokenError(())
    broken = site.rejudging.work(duty)
    assert (broken.status, (broken.error or {})["code"]) == (JobStatus.FAULT, "package.broken")
    site.shelf.fault = None
    assert site.rejudging.work(duty).status is JobStatus.DONE


def test_a_rebuilt_catalogue_tells_what_was_judged_later(site: Site) -> None:
    site.take_in(a_pdf=signed(site))
    site.believe()
    site.rejudging.work(site.duty(DutyKind.REJUDGE).id)
    records = site.catalogue.records(PACKAGE)
    site.catalogue.enter([(records[0], StoredVersion(PACKAGE, "v1", ""))], "2026-11-28T00:00:00.000Z")
    assert site.word() == "INDETERMINATE"
    site.rejudging.reapply(PACKAGE)
    assert site.word() == "TOTAL_PASSED"
    assert site.kinds() == {"rejudge": "done"}


def test_most_verdicts_ask_for_nothing(site: Site) -> None:
    site.believe()
    site.take_in(a_pdf=site.corpus.blta, b_pdf=site.corpus.base)
    assert site.kinds() == {}
    assert site.events() == []
    verdict = site.catalogue.records(PACKAGE)[0].documents[0].verdicts[0]
    assert need_of(verdict) is None
