"""Use case `doctor`: what is configured, reachable, stale or missing, and the command that cures it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum, unique
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from archive.auth.policy import ALL
from archive.catalogue.database import Database
from archive.catalogue.duties import Duties, DutyKind
from archive.catalogue.factors import administrators_without_factor
from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import JobStatus, Journal
from archive.home import Home
from archive.preservation.evidence.answers import EvidenceStatus
from archive.services.rights import Rights
from archive.settings import Settings
from ingest.facts import Tool
from ingest.ports import MalwareScanner, PdfaJudge
from metadata.errors import ArchiveError, UsageError
from metadata.time import Clock
from search.ports import SearchIndex
from storage.ports import ObjectStore

_LOW_DISK_BYTES = 2 << 30
_OF_A_HOME = frozenset({"database", "duties", "evidence", "factors", "jobs", "revocation", "rights", "trust", "tsa"})
TLS_SOON = timedelta(days=30)
"""How long before its end the server's own certificate is spoken of: a new one may take weeks of asking."""


@unique
class CheckStatus(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


GRAVEST_FIRST = (CheckStatus.FAIL, CheckStatus.WARN, CheckStatus.OK)


class Tools(Protocol):
    """The outside tools, asked for what they are."""

    def tesseract(self) -> Tool:
        """The OCR engine."""
        ...

    def libreoffice(self) -> Tool:
        """The office suite."""
        ...

    def siegfried(self) -> tuple[Tool, ...]:
        """The format identifier and its second opinion."""
        ...

    def mediainfo(self) -> Tool:
        """What measures films and recordings."""
        ...


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `message` is a key below `cli.doctor`; with a dot in it, below `cli`."""

    name: str
    status: CheckStatus
    message: str
    values: dict[str, object] = field(default_factory=dict)


class Pool(Protocol):
    """The worker pool, as far as it tells about itself."""

    @property
    def size(self) -> int:
        """Number of processes."""
        ...

    @property
    def isolation(self) -> str:
        """`bubblewrap` or `rlimits`."""
        ...

    @property
    def isolation_reason(self) -> str:
        """Why it is not bubblewrap."""
        ...


class TrustHealth(Protocol):
    """What one look at trust found; `message` is a key below `cli.trust_check`."""

    @property
    def name(self) -> str: ...  # noqa: D102 - the names say it

    @property
    def status(self) -> CheckStatus: ...  # noqa: D102

    @property
    def message(self) -> str: ...  # noqa: D102

    @property
    def values(self) -> dict[str, Any]: ...  # noqa: D102


class Trusting(Protocol):
    """Trust, as far as it tells what is wrong with it."""

    def checks(self) -> Iterable[TrustHealth]:
        """One look after the other."""
        ...


class Evidencing(Protocol):
    """Evidence records, as far as they tell how they stand."""

    def status(self) -> EvidenceStatus:
        """What waits, what is due, what was missed."""
        ...


class Installation(Protocol):
    """What is looked at; `archive.composition` is it."""

    @property
    def home(self) -> Home: ...  # noqa: D102 - the names say it

    @property
    def has_home(self) -> bool: ...  # noqa: D102

    @property
    def catalogue(self) -> Catalogue: ...  # noqa: D102

    @property
    def journal(self) -> Journal: ...  # noqa: D102

    @property
    def duties(self) -> Duties: ...  # noqa: D102

    @property
    def store(self) -> ObjectStore: ...  # noqa: D102

    @property
    def index(self) -> SearchIndex: ...  # noqa: D102

    @property
    def pool(self) -> Pool: ...  # noqa: D102

    @property
    def pdfa_judge(self) -> PdfaJudge | None: ...  # noqa: D102

    @property
    def scanner(self) -> MalwareScanner | None: ...  # noqa: D102

    @property
    def trusting(self) -> Trusting: ...  # noqa: D102

    @property
    def evidencing(self) -> Evidencing: ...  # noqa: D102

    @property
    def rights(self) -> Rights: ...  # noqa: D102

    @property
    def settings(self) -> Settings: ...  # noqa: D102

    @property
    def database(self) -> Database: ...  # noqa: D102

    @property
    def clock(self) -> Clock: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Probe:
    """One look, not taken yet."""

    name: str
    look: Callable[[], Check]
    """Never raises what the archive knows as an error."""


class Doctor:
    """Looks at everything that the archive needs; changes nothing."""

    def __init__(self, archive: Installation, tools: Tools) -> None:
        self._archive = archive
        self._tools = tools

    def checks(self) -> Iterator[Check]:
        """One check after the other; none of them raises."""
        return (probe.look() for probe in self.probes())

    def probes(self) -> list[Probe]:
        """What there is to look at in this installation, each by itself."""
        probes: dict[str, Callable[[], Check]] = {
            "home": self._home,
            "database": self._database,
            "storage": self._storage,
            "index": self._index,
            "workers": self._workers,
            "tesseract": self._tesseract,
            "libreoffice": self._libreoffice,
            "siegfried": self._siegfried,
            "mediainfo": self._mediainfo,
            "fonts": self._fonts,
            "verapdf": self._verapdf,
            "clamd": self._clamd,
            "trust": self._trust,
            "tsa": self._tsa,
            "evidence": self._evidence,
            "revocation": self._revocation,
            "jobs": self._jobs,
            "duties": self._duties,
            "rights": self._rights,
            "factors": self._factors,
            "tls": self._tls,
            "disk": self._disk,
        }
        if not self._archive.has_home:
            probes = {name: probe for name, probe in probes.items() if name not in _OF_A_HOME}
        if self._archive.settings.serve.tls_cert is None:
            # Nothing to look at: on this machine alone, or behind a proxy that has the certificate.
            del probes["tls"]
        return [Probe(name, partial(_guarded, name, probe)) for name, probe in probes.items()]

    def _home(self) -> Check:
        path = self._archive.home.path
        if not self._archive.has_home:
            return Check("home", CheckStatus.FAIL, "home_missing", {"path": path})
        try:
            self._archive.home.check()
        except ArchiveError as error:
            return Check("home", CheckStatus.FAIL, "broken", {"why": error})
        loose = self._archive.home.open_to_others()
        if loose:
            return Check("home", CheckStatus.WARN, "home_open", {"path": path, "open": loose[0], "count": len(loose)})
        return Check("home", CheckStatus.OK, "home", {"path": path})

    def _database(self) -> Check:
        counts = self._archive.catalogue.counts(within=ALL)
        return Check("database", CheckStatus.OK, "database", dict(counts))

    def _storage(self) -> Check:
        self._archive.store.ready()
        return Check("storage", CheckStatus.OK, "storage", {"location": self._archive.store.location})

    def _index(self) -> Check:
        self._archive.index.ready()
        counts, there = self._archive.catalogue.counts(within=ALL), self._archive.index.count()
        if not counts["unindexed"] and there != counts["documents"]:
            # A folder that was deleted whole looks like a new index: only the catalogue knows better.
            differs: dict[str, object] = {"documents": there, "catalogue": counts["documents"]}
            return Check("index", CheckStatus.FAIL, "index_differs", differs)
        status = CheckStatus.WARN if counts["unindexed"] else CheckStatus.OK
        said = {"engine": self._archive.index.engine(), "documents": there, "waiting": counts["unindexed"]}
        return Check("index", status, "index", said)

    def _workers(self) -> Check:
        pool = self._archive.pool
        if pool.isolation == "bubblewrap":
            return Check("workers", CheckStatus.OK, "workers", {"size": pool.size})
        return Check("workers", CheckStatus.WARN, "workers_open", {"size": pool.size, "why": pool.isolation_reason})

    def _tool(self, name: str, *tools: Tool) -> Check:
        said = "; ".join(f"{tool.name} {tool.version}".strip() for tool in tools)
        return Check(name, CheckStatus.OK, "tool", {"version": said})

    def _tesseract(self) -> Check:
        return self._tool("tesseract", self._tools.tesseract())

    def _libreoffice(self) -> Check:
        return self._tool("libreoffice", self._tools.libreoffice())

    def _siegfried(self) -> Check:
        return self._tool("siegfried", *self._tools.siegfried())

    def _mediainfo(self) -> Check:
        return self._tool("mediainfo", self._tools.mediainfo())

    def _fonts(self) -> Check:
        found = any(Path("/usr/share/fonts").rglob("LiberationSerif-Regular.ttf"))
        return Check("fonts", CheckStatus.OK if found else CheckStatus.FAIL, "fonts" if found else "fonts_missing")

    def _verapdf(self) -> Check:
        judge = self._archive.pdfa_judge
        if judge is None:
            return Check("verapdf", CheckStatus.WARN, "verapdf_absent")
        return self._tool("verapdf", judge.tool())

    def _clamd(self) -> Check:
        scanner = self._archive.scanner
        if scanner is None:
            return Check("clamd", CheckStatus.WARN, "clamd_absent")
        return self._tool("clamd", scanner.tool())

    def _trust(self) -> Check:
        found = [check for check in self._archive.trusting.checks() if check.name != "revocation"]
        worst = _worst(found)
        return Check("trust", worst.status, f"trust_check.{worst.message}", worst.values)

    def _revocation(self) -> Check:
        found = [check for check in self._archive.trusting.checks() if check.name == "revocation"]
        bad = [check for check in found if check.status is not CheckStatus.OK]
        if bad:
            worst = _worst(bad)
            return Check("revocation", worst.status, f"trust_check.{worst.message}", worst.values)
        if not self._archive.settings.revocation.allow and not found:
            return Check("revocation", CheckStatus.WARN, "revocation_off")
        return Check("revocation", CheckStatus.OK, "revocation", {"count": len(found)})

    def _tsa(self) -> Check:
        urls = self._archive.settings.evidence.tsa
        if not urls:
            return Check("tsa", CheckStatus.WARN, "tsa_absent")
        return Check("tsa", CheckStatus.OK, "tsa", {"count": len(urls), "first": urls[0]})

    def _evidence(self) -> Check:
        found = self._archive.evidencing.status()
        said: dict[str, object] = {"stamps": found.stamps, "waiting": found.waiting, "pending": found.pending}
        if found.missed:
            first = found.missed[0]
            return Check("evidence", CheckStatus.FAIL, "evidence_missed", {"end": f"{first.end:%d/%m/%Y}"})
        if found.due:
            return Check("evidence", CheckStatus.WARN, "evidence_due", {"count": len(found.due)})
        if found.waiting or (found.pending and not found.has_authority):
            return Check("evidence", CheckStatus.WARN, "evidence_waits", said)
        return Check("evidence", CheckStatus.OK, "evidence", said)

    def _jobs(self) -> Check:
        stuck = self._archive.journal.with_status(JobStatus.FAULT)
        open_jobs = self._archive.journal.with_status(JobStatus.WAITING, JobStatus.RUNNING)
        status = CheckStatus.WARN if stuck else CheckStatus.OK
        return Check("jobs", status, "jobs", {"faults": len(stuck), "open": len(open_jobs)})

    def _duties(self) -> Check:
        owed = {kind.value: 0 for kind in DutyKind} | self._archive.duties.open_counts()
        return Check("duties", CheckStatus.WARN if any(owed.values()) else CheckStatus.OK, "duties", dict(owed))

    def _rights(self) -> Check:
        waiting = self._archive.rights.rows.count_pending()
        return Check("rights", CheckStatus.WARN if waiting else CheckStatus.OK, "rights", {"waiting": waiting})

    def _factors(self) -> Check:
        count = administrators_without_factor(self._archive.database)
        if count:
            return Check("factors", CheckStatus.WARN, "factors_missing", {"count": count})
        return Check("factors", CheckStatus.OK, "factors")

    def _tls(self) -> Check:
        # Of all checks this one alone reads certificates, and starting is measured.
        from archive.preservation.signatures.certificates import certificate  # noqa: PLC0415
        from archive.preservation.trust.files import certificates_of  # noqa: PLC0415

        path, now = self._archive.settings.serve.tls_cert, self._archive.clock.now()
        if path is None:
            return Check("tls", CheckStatus.OK, "tls_absent")
        try:
            own = certificate(certificates_of(path)[0])
        except UsageError as error:
            return Check("tls", CheckStatus.FAIL, "broken", {"why": error})
        said: dict[str, object] = {
            "name": own.common_name or own.name,
            "until": f"{own.not_after:%d/%m/%Y}",
            "days": max((own.not_after - now).days, 0),
        }
        if own.not_after <= now:
            return Check("tls", CheckStatus.FAIL, "tls_ended", said)
        soon = own.not_after - now <= TLS_SOON
        return Check("tls", CheckStatus.WARN if soon else CheckStatus.OK, "tls_ends" if soon else "tls", said)

    def _disk(self) -> Check:
        place = self._archive.home.path if self._archive.has_home else Path.cwd()
        free = shutil.disk_usage(place).free
        status = CheckStatus.WARN if free < _LOW_DISK_BYTES else CheckStatus.OK
        return Check("disk", status, "disk", {"free_gib": f"{free / (1 << 30):.1f}"})


def _guarded(name: str, probe: Callable[[], Check]) -> Check:
    try:
        return probe()
    except ArchiveError as error:
        return Check(name, CheckStatus.FAIL, "broken", {"why": error})


def _worst(found: Sequence[TrustHealth]) -> TrustHealth:
    """The first of the gravest."""
    order = [CheckStatus.FAIL, CheckStatus.WARN, CheckStatus.OK]
    return min(found, key=lambda check: order.index(check.status))
