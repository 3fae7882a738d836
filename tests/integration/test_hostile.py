"""The hostile corpus through receive, identify and validate in real worker processes.

Every file gets its finding within limits, all in one rejection; the parent's
memory stays flat; nothing is left behind.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ingest.checks import NothingHeld
from ingest.engines.siegfried import SiegfriedIdentifier
from ingest.facts import Formats, Received, Validated
from ingest.ports import Limits
from ingest.stages.identify import Identify
from ingest.stages.receive import Receive
from ingest.stages.validate import Validate
from ingest.work import Rejected, WorkItem
from ingest.workers.pool import WorkerPool
from metadata.findings import Finding
from metadata.formats import UNKNOWN
from metadata.rules import errors_of, message
from tests.contract.stage import StageContract
from tests.corpus.hostile import HARMLESS, HOSTILE, HOSTILE_NAMES, Hostile, lay_out
from tests.corpus.hostile_pdf import flat_pdf, ordinary_pdf
from tests.fakes.deliveries import delivered, no_checks, none_measured
from tests.fakes.dossiers import StandingClock
from tests.fixtures.pools import offspring

MIB = 1 << 20


def validate(pool: WorkerPool) -> Validate:
    return Validate(pool, None, no_checks, none_measured, NothingHeld())


def identified(pool: WorkerPool, root: Path, work: Path, names: list[str]) -> WorkItem:
    item = delivered(root, work, names)
    answer = Receive(no_checks, StandingClock()).run(item)
    assert isinstance(answer, Received), answer
    item = item.having(answer)
    return item.having(Identify(SiegfriedIdentifier(pool)).run(item))


def made(folder: Path, files: tuple[Hostile, ...]) -> Path:
    root = folder / "delivery"
    root.mkdir()
    lay_out(root, files)
    return root


@pytest.fixture(scope="module")
def hostile_item(worker_pool: WorkerPool, tmp_path_factory: pytest.TempPathFactory) -> WorkItem:
    folder = tmp_path_factory.mktemp("hostile")
    return identified(worker_pool, made(folder, HOSTILE), folder / "work", [file.name for file in HOSTILE])


@pytest.fixture(scope="module")
def harmless_item(worker_pool: WorkerPool, tmp_path_factory: pytest.TempPathFactory) -> WorkItem:
    folder = tmp_path_factory.mktemp("harmless")
    return identified(worker_pool, made(folder, HARMLESS), folder / "work", [file.name for file in HARMLESS])


@pytest.fixture(scope="module")
def half_item(worker_pool: WorkerPool, tmp_path_factory: pytest.TempPathFactory) -> WorkItem:
    folder = tmp_path_factory.mktemp("half")
    files = tuple(file for file in HOSTILE if file.name.startswith(("half", "password", "word", "macro")))
    return identified(worker_pool, made(folder, files), folder / "work", [file.name for file in files])


class Run:
    """The whole corpus judged once, with what it cost this process."""

    def __init__(self, pool: WorkerPool, item: WorkItem) -> None:
        self.scratch = pool._folder.path
        before = psutil.Process().memory_info().rss
        Path("/proc/self/clear_refs").write_text("5")  # The peak is counted from now on.
        answer = validate(pool).run(item)
        self.peak = _peak() - before
        assert isinstance(answer, Rejected)
        self.findings: dict[str, list[Finding]] = {}
        for finding in answer.findings:
            self.findings.setdefault(finding.subject, []).append(finding)


def _peak() -> int:
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


@pytest.fixture(scope="module")
def run(worker_pool: WorkerPool, hostile_item: WorkItem) -> Run:
    return Run(worker_pool, hostile_item)


@pytest.mark.rule("ING-010", "ING-011", "ING-012", "ING-013", "ING-014", "ING-015", "ING-016", "ING-017")
@pytest.mark.rule("ING-020", "ING-021", "ING-022", "ING-030", "ING-031")
@pytest.mark.parametrize("file", HOSTILE, ids=lambda file: file.name)
def test_each_hostile_file_is_found_for_what_it_is(run: Run, file: Hostile) -> None:
    found = run.findings.get(file.name, [])
    assert file.rules & {finding.rule for finding in found}, found
    for finding in found:
        for language in ("vi", "en"):
            assert file.name in message(finding, language)


def test_every_rule_on_content_finds_something_in_the_corpus(run: Run) -> None:
    found = {finding.rule for findings in run.findings.values() for finding in findings}
    numbers = (10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 22, 30, 31)
    assert {f"ING-{number:03}" for number in numbers} <= found


def test_the_parents_memory_stays_flat_whatever_the_files_unpack_to(run: Run) -> None:
    assert run.peak < 64 * MIB


def test_nothing_is_left_behind(run: Run, worker_pool: WorkerPool) -> None:
    left = [path for path in run.scratch.rglob("*") if path.is_file() and path.name not in {"lock", "output.log"}]
    assert not [path for path in left if "task-" in str(path)]
    assert not set(offspring().values()) & {"soffice.bin", "sleep", "tesseract"}


def test_what_is_harmless_is_taken_in_without_a_word(worker_pool: WorkerPool, harmless_item: WorkItem) -> None:
    answer = validate(worker_pool).run(harmless_item)
    assert isinstance(answer, Validated)
    assert answer.findings == ()
    pages = {name: inspection.pages for name, inspection in answer.inspections.items()}
    assert pages["ordinary.pdf"] == 2
    assert pages["photograph.jpg"] == 1
    assert answer.inspections["photograph.png"].width_px == 320
    assert not answer.inspections["owner-password.pdf"].encrypted
    assert answer.malware is None


def test_formats_are_told_by_bytes_with_the_archives_own_mime_types(harmless_item: WorkItem) -> None:
    found = {name: (f.puid, f.mime) for name, f in harmless_item.fact(Formats).formats.items()}
    assert found["ordinary.docx"][1] == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert found["ordinary.csv"] == ("x-fmt/18", "text/csv")
    assert found["tcvn3.txt"][1] == "text/plain"
    assert found["ordinary.edxml"] == ("fmt/101", "application/xml")
    assert found["photograph.jpg"][1] == "image/jpeg"
    assert not [name for name, (puid, _) in found.items() if puid == UNKNOWN and name != "ordinary.doc"]
    tools = {tool.name: tool.version for tool in harmless_item.fact(Formats).tools}
    assert "DROID_SignatureFile_V" in tools["siegfried"]
    assert tools["libmagic"].startswith("5.")


def test_names_that_programs_trip_over_go_through_all_three_stages(worker_pool: WorkerPool, tmp_path: Path) -> None:
    root = tmp_path / "delivery"
    root.mkdir()
    for number, name in enumerate(HOSTILE_NAMES):
        (root / name).write_bytes(ordinary_pdf() + b"%%%d\n%%%%EOF\n" % number)
    answer = validate(worker_pool).run(identified(worker_pool, root, tmp_path / "work", list(HOSTILE_NAMES)))
    assert isinstance(answer, Validated)
    assert set(answer.inspections) == set(HOSTILE_NAMES)
    assert all(inspection.pages == 2 for inspection in answer.inspections.values())


def test_a_file_that_breaches_the_limits_twice_is_rejected_and_the_others_are_not(
    worker_pool: WorkerPool, tmp_path: Path
) -> None:
    root = tmp_path / "delivery"
    root.mkdir()
    (root / "slow.pdf").write_bytes(flat_pdf(15_000))
    (root / "ordinary.txt").write_bytes(b"x")
    item = identified(worker_pool, root, tmp_path / "work", ["slow.pdf", "ordinary.txt"])
    stage = replace(validate(worker_pool), limits=Limits(wall_seconds=0.1, memory_mib=1024))
    # The first task of a process loads libraries: the pool is warm before the clock counts.
    validate(worker_pool).run(item)
    answer = stage.run(item)
    assert isinstance(answer, Rejected)
    assert [(f.rule, f.subject) for f in errors_of(answer.findings) if f.subject == "slow.pdf"] == [
        ("ING-013", "slow.pdf")
    ]
    assert errors_of(answer.findings)[0].values["found"].startswith("wall")


class TestIdentifyAsAStage(StageContract):
    @pytest.fixture
    def stage(self, worker_pool: WorkerPool) -> Identify:
        return Identify(SiegfriedIdentifier(worker_pool))

    @pytest.fixture
    def item(self, harmless_item: WorkItem) -> WorkItem:
        return harmless_item


class TestValidateAsAStage(StageContract):
    @pytest.fixture
    def stage(self, worker_pool: WorkerPool) -> Validate:
        return validate(worker_pool)

    @pytest.fixture
    def item(self, harmless_item: WorkItem) -> WorkItem:
        return harmless_item


class TestValidateOfHostileFilesAsAStage(TestValidateAsAStage):
    @pytest.fixture
    def item(self, half_item: WorkItem) -> WorkItem:
        return half_item
