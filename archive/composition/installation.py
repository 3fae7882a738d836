"""The only place that picks backends and engines. All is made when first needed, because starting is measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import SystemRandom
from types import TracebackType
from typing import TYPE_CHECKING, Self

from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import Journal
from archive.catalogue.trail import AuditTrail
from archive.clock import SystemClock
from archive.home import Home
from archive.settings import Settings, load_settings
from metadata.events import EventType
from metadata.time import Clock

if TYPE_CHECKING:
    from archive.catalogue.duties import Duties
    from archive.jobs.runner import Runner
    from archive.preservation.trust.store import TrustStore
    from archive.services.authorities import Authorities
    from archive.services.dissemination import Dissemination
    from archive.services.doctor import Doctor
    from archive.services.dossiers import Dossiers
    from archive.services.evidence import Evidence
    from archive.services.fixity import Fixity
    from archive.services.foreign_history import ForeignStory, Parts
    from archive.services.indexing import Indexing
    from archive.services.permits import Permits
    from archive.services.rebuilding import Rebuilding
    from archive.services.receipts import Receipts
    from archive.services.rights import Rights
    from archive.services.signatures import SignatureService
    from archive.services.stamps_seen import BatchMembers
    from archive.services.statuses import Statuses
    from archive.services.stored_packages import StoredPackages
    from archive.services.submissions import Submissions
    from archive.services.trust import TrustService
    from ingest.pipeline import Pipeline
    from ingest.ports import MalwareScanner, PdfaJudge, Workers
    from ingest.workers.pool import WorkerPool
    from search.ports import SearchIndex
    from storage.evidence import EvidenceObjects
    from storage.ledger import Ledger
    from storage.packages import PackageStore
    from storage.ports import ObjectStore
    from storage.segments import AuditSegments

_PICTURES_REST = timedelta(minutes=2)


class Installation:
    """One installation, wired; `archive.composition.Archive` adds the working."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.home = Home(settings.home)
        self._closing = ExitStack()

    # ------------------------------------------------------------ opening and closing

    @classmethod
    def make(cls, settings: Settings | None = None) -> tuple[Path, bool]:
        """Make or upgrade the home: folders, schema, storage, index, first agency; where, and whether it is new.

        Raises:
            ArchiveError: something needed could not be made.
        """
        archive = cls(settings or load_settings())
        with archive:
            new = archive.home.make()
            upgrade(archive.settings.database_url)
            archive.home.settle()
            archive.packages.init()
            archive.index.ready()
            archive.trail.begin(archive.segments)
            archive.catalogue.add_agency(archive.settings.agency, archive.settings.agency_name)
            archive.rights.settle_all()
            archive.trail.record(archive.trail.event(EventType.HOME_CHANGE, "home", detail={"new": str(new)}))
            return archive.home.path, new

    @classmethod
    @contextmanager
    def opened(cls, *, need_home: bool = True, make: bool = False) -> Iterator[Self]:
        """The installation that the environment names.

        Args:
            need_home: Refuse when there is no home yet.
            make: Make the home first where there is none.

        Raises:
            NoHomeError: there is none and one is needed.
            NewerHomeError: a newer version made it.
            OlderHomeError: an older version made it.
        """
        archive = cls(load_settings())
        if make:
            cls.make(archive.settings)
        elif need_home:
            archive.home.check()
        with archive:
            yield archive

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    # ------------------------------------------------------------ catalogue and trail

    @cached_property
    def has_home(self) -> bool:
        """Whether a home of this version is there."""
        return (self.home.path / "home.json").exists()

    @cached_property
    def database(self) -> Database:
        """The catalogue's database; one in memory where there is no home (`check` without one)."""
        if self.has_home or self.settings.database.url:
            database = Database(engine_of(self.settings.database_url))
        else:
            from archive.catalogue.tables import metadata  # noqa: PLC0415 - only without a home

            database = Database(engine_of("sqlite://"))
            metadata.create_all(database.engine)
        self._closing.callback(database.close)
        return database

    @cached_property
    def journal(self) -> Journal:
        """Jobs, submissions, claims."""
        return Journal(self.database, self.clock)

    @cached_property
    def duties(self) -> Duties:
        """What is stored and waits for something from outside."""
        from archive.catalogue.duties import Duties  # noqa: PLC0415

        return Duties(self.database, self.clock)

    @cached_property
    def trail(self) -> AuditTrail:
        """The audit trail."""
        return AuditTrail(self.database, self.clock)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The holding."""
        return Catalogue(self.database, self.clock, self.settings.rights.unlabelled)

    # ------------------------------------------------------------ storage and search

    @cached_property
    def store(self) -> ObjectStore:
        """Where bytes are kept."""
        if self.settings.storage.s3 is not None and self.settings.storage.backend == "s3":
            from storage.backends.s3 import S3Store  # noqa: PLC0415

            return S3Store(self.settings.storage.s3)
        from storage.backends.filesystem import FilesystemStore  # noqa: PLC0415

        return FilesystemStore(self.home.storage)

    @cached_property
    def packages(self) -> PackageStore:
        """Stored packages."""
        from storage.packages import PackageStore  # noqa: PLC0415

        return PackageStore(self.store, self.clock)

    @cached_property
    def ledger(self) -> Ledger:
        """What was stored when."""
        from storage.ledger import Ledger  # noqa: PLC0415

        return Ledger(self.store)

    @cached_property
    def evidence(self) -> EvidenceObjects:
        """What is kept once per holding, by digest."""
        from storage.evidence import EvidenceObjects  # noqa: PLC0415

        return EvidenceObjects(self.store)

    @cached_property
    def segments(self) -> AuditSegments:
        """Sealed segments of the trail."""
        from storage.segments import AuditSegments  # noqa: PLC0415

        return AuditSegments(self.store)

    @cached_property
    def index(self) -> SearchIndex:
        """The index."""
        from search.synonyms import synonyms_of  # noqa: PLC0415

        synonyms = synonyms_of(self.settings.search.synonyms)
        if self.settings.search.backend == "elasticsearch":
            from search.backends.elasticsearch import ElasticsearchIndex  # noqa: PLC0415

            served = ElasticsearchIndex(self.settings.search.elasticsearch)
            served.synonyms = synonyms
            return served
        from search.backends.tantivy import TantivyIndex  # noqa: PLC0415

        embedded = TantivyIndex(self.home.index, lock_wait_seconds=self.settings.search.lock_wait.total_seconds())
        embedded.synonyms = synonyms
        return embedded

    def seal(self) -> int:
        """Write the trail's new events into a segment in storage."""
        return self.trail.seal(self.segments)

    # ------------------------------------------------------------ engines

    @cached_property
    def pool(self) -> WorkerPool:
        """Worker processes."""
        return self._pool(self.settings.workers)

    @cached_property
    def picture_pool(self) -> WorkerPool:
        """The one process that makes pictures of pages: somebody waits for each, and nothing that takes long is before.

        It rests when nobody has looked at a new page for a while.
        """
        return self._pool(1, rests_after=_PICTURES_REST)

    def _pool(self, size: int, rests_after: timedelta | None = None) -> WorkerPool:
        from ingest.workers.pool import WorkerPool  # noqa: PLC0415

        if self.has_home:
            scratch = self.home.scratch
        else:
            import tempfile  # noqa: PLC0415

            scratch = Path(self._closing.enter_context(tempfile.TemporaryDirectory(prefix="luutru-scratch-")))
        pool = WorkerPool(
            size,
            scratch,
            isolate=None if self.settings.tools.isolate == "auto" else False,
            hidden=[self.home.database, self.home.settings_file, self.home.keys],
            rests_after=rests_after,
        )
        self._closing.callback(pool.close)
        return pool

    @property
    def workers(self) -> Workers:
        """The pool as the port."""
        return self.pool

    @cached_property
    def trust(self) -> TrustStore:
        """The trust store."""
        from archive.preservation.trust.store import TrustStore  # noqa: PLC0415

        return TrustStore(self.home.trust, self.clock)

    @cached_property
    def trusting(self) -> TrustService:
        """The trust store's use cases."""
        from archive.composition.trusting import trust_service  # noqa: PLC0415

        return trust_service(self)

    @property
    def evidencing(self) -> Evidence:
        """Evidence records, as of now."""
        from archive.composition.evidencing import evidence  # noqa: PLC0415

        return evidence(self)

    @cached_property
    def batch_members(self) -> BatchMembers:
        """Which packages stand in which batch, as far as it was asked."""
        from archive.composition.evidencing import batch_members  # noqa: PLC0415

        return batch_members(self)

    @cached_property
    def pdfa_judge(self) -> PdfaJudge | None:
        """The judge of what others claim, where veraPDF is configured."""
        if self.settings.tools.verapdf_home is None:
            return None
        from ingest.engines.verapdf import VeraPdfJudge  # noqa: PLC0415

        judge = VeraPdfJudge(self.settings.tools.verapdf_home)
        self._closing.callback(judge.close)
        return judge

    @cached_property
    def scanner(self) -> MalwareScanner | None:
        """The malware scanner, where clamd is configured."""
        if not self.settings.intake.clamd:
            return None
        from ingest.engines.clamd import ClamdScanner  # noqa: PLC0415

        return ClamdScanner(self.settings.intake.clamd)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The nine stages."""
        from archive.composition.stages import make_pipeline  # noqa: PLC0415

        return make_pipeline(self)

    # ------------------------------------------------------------ use cases

    @cached_property
    def runner(self) -> Runner:
        """Runs stages of jobs."""
        from archive.composition.accounts import accounts  # noqa: PLC0415
        from archive.composition.trusting import NotingHoldings  # noqa: PLC0415
        from archive.jobs.additions import Additions  # noqa: PLC0415
        from archive.jobs.runner import Runner  # noqa: PLC0415
        from archive.services.naming import Naming  # noqa: PLC0415

        return Runner(
            pipeline=self.pipeline,
            journal=self.journal,
            trail=self.trail,
            holdings=NotingHoldings(self),
            additions=Additions(self.catalogue, self.journal),
            note_received=self.receipts.note_received,
            naming=Naming(self.permits.sights, accounts(self)),
            work_root=self.home.work,
            separate_approval=self.settings.intake.approval == "separate",
            clock=self.clock,
        )

    @cached_property
    def permits(self) -> Permits:
        """The policy, asked and recorded."""
        from archive.catalogue.sights import Sights  # noqa: PLC0415
        from archive.services.permits import Permits  # noqa: PLC0415

        return Permits(Sights(self.database), self.trail, self.clock)

    @cached_property
    def rights(self) -> Rights:
        """Grants, the tree of agencies, labels."""
        from archive.composition.entitling import rights  # noqa: PLC0415

        return rights(self)

    @cached_property
    def authorities(self) -> Authorities:
        """Tables of agencies, fonds and places."""
        from archive.composition.tabling import authorities  # noqa: PLC0415

        return authorities(self)

    @cached_property
    def statuses(self) -> Statuses:
        """Answers to messages of the national document exchange."""
        from archive.composition.submitting import statuses  # noqa: PLC0415

        return statuses(self)

    @cached_property
    def receipts(self) -> Receipts:
        """Receipts of submissions."""
        from archive.services.receipts import Receipts  # noqa: PLC0415

        return Receipts(self.home.receipts, self.journal, self.clock)

    @cached_property
    def stored(self) -> StoredPackages:
        """Packages read back."""
        from archive.services.stored_packages import StoredPackages  # noqa: PLC0415

        return StoredPackages(self.packages, self.catalogue, self.evidence)

    @cached_property
    def submissions(self) -> Submissions:
        """The way in."""
        from archive.composition.submitting import submissions  # noqa: PLC0415

        return submissions(self)

    @cached_property
    def dossiers(self) -> Dossiers:
        """Looking up."""
        from archive.services.accesses import Accesses  # noqa: PLC0415
        from archive.services.dossiers import Dossiers  # noqa: PLC0415
        from archive.services.later_verdicts import LaterVerdicts  # noqa: PLC0415

        later = LaterVerdicts(self.trail, self.evidence)
        return Dossiers(self.catalogue, self.trail, Accesses(self.trail, self.clock), later, self._foreign)

    def _foreign(self, parts: Parts) -> ForeignStory:
        from archive.composition.disseminating import foreign_history  # noqa: PLC0415 - wanted by what was migrated

        return foreign_history(self).of(parts)

    @cached_property
    def dissemination(self) -> Dissemination:
        """Taking out."""
        from archive.composition.disseminating import dissemination  # noqa: PLC0415

        return dissemination(self)

    @cached_property
    def indexing(self) -> Indexing:
        """Finding."""
        from archive.services.indexing import Indexing  # noqa: PLC0415

        return Indexing(self.index, self.catalogue, self.stored, self.trail)

    @cached_property
    def rebuilding(self) -> Rebuilding:
        """Making the copies again."""
        from archive.composition.tabling import rebuilding  # noqa: PLC0415

        return rebuilding(self)

    @cached_property
    def fixity(self) -> Fixity:
        """Reading back."""
        from archive.composition.correcting import settle_texts  # noqa: PLC0415
        from archive.services.fixity import Fixity  # noqa: PLC0415

        # What a process stored and died before it was entered would look like another's hand.
        settle_texts(self)
        return Fixity(self.catalogue, self.packages, self.evidence, self.trail, SystemRandom())

    @cached_property
    def doctor(self) -> Doctor:
        """What is missing, and the cure."""
        from archive.composition.probes import Probes  # noqa: PLC0415
        from archive.services.doctor import Doctor  # noqa: PLC0415

        return Doctor(self, Probes(self.workers))

    def signature_service(
        self, trust: Path | None, at: datetime | None = None, *, operator: str = ""
    ) -> SignatureService:
        """Judging, with the home's trust or that of a folder, now or at a past time; told to `operator`."""
        from archive.composition.validating import signature_service  # noqa: PLC0415

        return signature_service(self, trust, at, operator=operator)
