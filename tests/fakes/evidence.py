"""An archive with evidence in a folder: real storage, real packages, authorities of our own in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID, uuid5

import sqlalchemy as sa
from cryptography import x509

from archive.catalogue.database import Database
from archive.catalogue.tables import metadata as tables
from archive.catalogue.trail import AuditTrail
from archive.demo.pki import Authority, Subject, new_authority, new_credential
from archive.preservation.evidence.answers import Stampers
from archive.preservation.evidence.building import Builder
from archive.preservation.evidence.judges import EngineJudge
from archive.preservation.evidence.planning import Terms
from archive.preservation.evidence.rehashing import Rehasher
from archive.preservation.evidence.renewing import Renewer
from archive.preservation.evidence.stamping import Stamping
from archive.preservation.evidence.stored import Places, StoredMaterial
from archive.preservation.evidence.verification import TokenQuestion
from archive.preservation.signatures.engine import World, default_policy
from archive.preservation.signatures.policy import Policy
from archive.preservation.signatures.signing import Credential, time_stamper
from archive.services.evidence import Evidence
from ingest.facts import PackagedPart
from metadata.digests import Digests
from metadata.errors import ArchiveError
from storage.backends.filesystem import FilesystemStore
from storage.evidence import EvidenceObjects
from storage.evidence_batches import EvidenceBatches
from storage.holdings import Content
from storage.ledger import Ledger, line_of
from storage.packages import PackageStore
from storage.ports import ObjectStore
from tests.fakes.dossiers import Paper, StandingClock, dossier, package_stage

START = datetime(2026, 11, 28, 8, tzinfo=UTC)
YEAR = timedelta(days=365)
_SPACE = UUID("5f1d3c5e-0000-4a57-9a5e-1b2c3d4e5f61")
_LIFE = 5 * YEAR


class NoTokenError(ArchiveError):
    """The authority does not answer."""

    code = "test.no_token"


@dataclass
class OwnAuthority:
    """A time-stamp authority with a new certificate of five years every four, and lists of a week."""

    name: str
    root: Authority
    stamping: Authority
    certificates: list[tuple[datetime, Credential]]
    revoked: dict[int, tuple[datetime, x509.ReasonFlags]] = field(default_factory=dict)
    given: int = 0
    silent: bool = False

    @classmethod
    def new(cls, name: str, *, since: datetime = START - YEAR, years: int = 32) -> OwnAuthority:
        until = since + (years + 8) * YEAR
        root = new_authority(Subject(f"Gốc {name}"), None, (since, until + YEAR), number=1)
        stamping = new_authority(Subject(f"CA cấp dấu {name}"), root, (since, until), number=2)
        made = []
        for number in range(0, years + 4, 4):
            begin = since + number * YEAR
            subject = Subject(f"Dấu thời gian {name} {begin.year}")
            made.append(
                (
                    begin,
                    new_credential(
                        subject,
                        stamping,
                        (begin, begin + _LIFE),
                        number=100 + number,
                        chain=(stamping.der,),
                        stamps_time=True,
                        elliptic=True,
                    ),
                )
            )
        return cls(name, root, stamping, made)

    def credential(self, at: datetime) -> tuple[int, Credential]:
        """The certificate that is used at a time, with its serial number: the newest that is not revoked."""
        found = [
            (100 + 4 * place, credential)
            for place, (begin, credential) in enumerate(self.certificates)
            if begin <= at < begin + _LIFE and self._alive(100 + 4 * place, at)
        ]
        if not found:
            raise NoTokenError(self.name)
        return found[-1]

    def _alive(self, serial: int, at: datetime) -> bool:
        return serial not in self.revoked or at < self.revoked[serial][0]

    def revoke(self, at: datetime, reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise) -> None:
        """Every certificate that lives at `at`, without warning."""
        for place, (begin, _) in enumerate(self.certificates):
            if begin <= at < begin + _LIFE:
                self.revoked[100 + 4 * place] = (at, reason)

    def lists(self, at: datetime) -> tuple[bytes, ...]:
        """The lists of both authorities as they are at a time."""
        known = {serial: entry for serial, entry in self.revoked.items() if entry[0] <= at}
        life = timedelta(days=7)
        return self.stamping.list_of(at, known, life=life), self.root.list_of(at, life=life)


@cache
def authority(name: str) -> OwnAuthority:
    """An authority whose keys are made once a run; `fresh` gives one with a state of its own."""
    return OwnAuthority.new(name)


def fresh(name: str) -> OwnAuthority:
    """The authority of that name, nothing revoked, nothing given yet."""
    return replace(authority(name), revoked={}, given=0, silent=False)


@dataclass
class OwnStamper:
    """An authority as a `TimeStamper`, at the time of a clock."""

    authority: OwnAuthority
    clock: StandingClock

    def stamp(self, digest: bytes, algorithm: str = "sha256") -> bytes:
        if self.authority.silent:
            raise NoTokenError(self.authority.name)
        self.authority.given += 1
        _, credential = self.authority.credential(self.clock.at)
        return time_stamper(credential, self.clock.at)(digest, algorithm)


@dataclass(frozen=True)
class InTurn:
    """Authorities in the order in which they are asked."""

    each: Sequence[OwnStamper]

    def stamp(self, digest: bytes, algorithm: str = "sha256") -> bytes:
        for stamper in self.each:
            try:
                return stamper.stamp(digest, algorithm)
            except NoTokenError:
                continue
        raise NoTokenError("all")


@dataclass
class OwnStatus:
    """Lists of authorities as they are now."""

    authorities: Sequence[OwnAuthority]
    clock: StandingClock
    silent: bool = False

    def answers(self, asked: Sequence[tuple[bytes, bytes]]) -> Sequence[bytes]:
        assert asked
        return () if self.silent else [der for a in self.authorities for der in a.lists(self.clock.at)]


class Nothing:
    """Nothing beside packages."""

    def documents(self) -> Sequence[tuple[str, bytes]]:
        return ()


def policy_with(**until: str) -> Policy:
    """The program's policy with other ends of digests, such as `sha256="2040-01-01T00:00:00Z"`."""
    content = dict(default_policy().content)
    content["digest"] = {
        name: {**row, "until": until[name]} if name in until else row for name, row in content["digest"].items()
    }
    return Policy.of_content(content)


@dataclass
class EvidenceBench:
    """Storage, packages and evidence in one folder, under a clock that a test turns."""

    folder: Path
    clock: StandingClock = field(default_factory=lambda: StandingClock(START))
    first: OwnAuthority | None = None
    second: OwnAuthority | None = None
    policy: Policy | None = None
    terms: Terms = field(default_factory=Terms)
    beside: object = field(default_factory=Nothing)
    wrap: Callable[[ObjectStore], ObjectStore] = lambda store: store

    def __post_init__(self) -> None:
        self.store = self.wrap(FilesystemStore(self.folder / "storage"))
        self.packages = PackageStore(self.store, self.clock)
        self.packages.init()
        self.ledger = Ledger(self.store)
        self.objects = EvidenceObjects(self.store)
        database = Database(sa.create_engine("sqlite://", poolclass=sa.StaticPool))
        tables.create_all(database.engine)
        self.trail = AuditTrail(database, self.clock)
        self.status_silent = False
        self._close = database.close

    def close(self) -> None:
        self._close()

    @property
    def authorities(self) -> list[OwnAuthority]:
        return [a for a in (self.first, self.second) if a is not None]

    def archive(self, name: str, papers: Sequence[Paper], *, package_id: str = "") -> str:
        """Store one dossier; its package id."""
        package_id = package_id or str(uuid5(_SPACE, name))
        item = replace(
            dossier(self.folder / "work" / name, papers, file_code=f"H49.{name}"),
            package_id=package_id,
        )
        for part in package_stage(self.clock).run(item).parts:
            self._store(item.folder, part)
        return package_id

    def _store(self, folder: Path, part: PackagedPart) -> None:
        contents = [
            Content(file.path, folder / file.source, Digests(file.sha256, file.sha512, file.size_bytes))
            for file in part.files
        ]
        stored = self.packages.write(part.package_id, contents, message="test", agent="test")
        self.ledger.record([line_of(stored)])

    def judge(self, *, anchors: Mapping[str, OwnAuthority] | None = None) -> EngineJudge:
        trusted = list(anchors.values()) if anchors is not None else self.authorities
        answers = [] if self.status_silent else [der for a in trusted for der in a.lists(self.clock.at)]
        world = World.of(
            at=self.clock.at,
            anchors=[a.root.der for a in trusted],
            intermediates=[a.stamping.der for a in trusted],
            answers=answers,
            policy=self.policy,
        )
        return EngineJudge(world)

    def evidence(self) -> Evidence:
        """The use cases as of now."""
        judge = self.judge()
        stamping = Stamping(
            EvidenceBatches(self.store), lambda token: judge.token(TokenQuestion(token, None)), self.clock
        )
        places = Places(self.store, self.packages, stamping)
        material = StoredMaterial(stamping, self.objects)
        status = OwnStatus(self.authorities, self.clock, silent=self.status_silent)
        renewer = Renewer(stamping, self.objects, status, judge, self.clock)
        each = tuple(OwnStamper(a, self.clock) for a in self.authorities)

        def builder(algorithm: str) -> Builder:
            beside = self.beside
            return Builder(self.store, self.packages, self.objects, stamping, beside, self.clock, algorithm)  # type: ignore[arg-type]

        return Evidence(
            stamping=stamping,
            builder=builder,
            places=places,
            material=material,
            renewer=renewer,
            rehasher=Rehasher(stamping, places, material, renewer, self.clock),
            judge=judge,
            stampers=Stampers(InTurn(each) if each else None, each),
            trail=self.trail,
            clock=self.clock,
            terms=self.terms,
        )
