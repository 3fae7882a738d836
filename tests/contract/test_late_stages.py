"""The suite of all stages on the late ones (pdfa, package, store, index), with a real dossier, wired for real."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from archive.composition import Archive
from archive.settings import Settings
from ingest.facts import Approved, Packaged, Stored
from ingest.ports import Reading
from ingest.work import Stage, WorkItem
from tests.contract.stage import StageContract
from tests.fakes.clock import StandingClock
from tests.generators.deliveries import PaperMill, make_delivery


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill) -> Iterator[tuple[Archive, WorkItem]]:
    """An archive, and a dossier with the facts of all nine stages."""
    root = tmp_path_factory.mktemp("late")
    settings = Settings(home=root / "home", workers=1)
    Archive.make(settings)
    clock = StandingClock()
    with Archive(settings, clock) as archive:
        made = make_delivery(root / "delivery", mill, dossiers=1, documents=1)
        reader = next(reader for reader in archive.submissions.readers(Reading()) if reader.recognises(made.path))
        delivery = reader.read(made.path, root / "room")
        item = WorkItem(
            job_id="job",
            submission_id="5f1d3c5e-0000-4a57-9a5e-1b2c3d4e5f61",
            package_id="0d0c1a52-6f0e-4a57-9a5e-1b2c3d4e5f60",
            agency="H49.64",
            folder=root / "work",
            delivery=delivery,
            dossier=delivery.dossiers[0],
        ).having(Approved(by="lan", at="2026-11-28T08:00:00.000Z"))
        for stage in archive.pipeline:
            item = item.having(stage.run(item))
            if isinstance(item.facts.get(Stored), Stored) and stage.name == "store":
                archive.stored.register(item, item.fact(Stored))
        yield archive, item


class _Late(StageContract):
    name: str

    @pytest.fixture
    def stage(self, wired: tuple[Archive, WorkItem]) -> Stage:
        return wired[0].pipeline.stage(self.name)

    @pytest.fixture
    def item(self, wired: tuple[Archive, WorkItem]) -> WorkItem:
        return wired[1]


class TestPdfaAsAStage(_Late):
    name = "pdfa"


class TestPackageAsAStage(_Late):
    name = "package"

    def test_it_needs_only_what_it_declares(self, stage: Stage, item: WorkItem) -> None:
        """The approval is no stage's fact: it stands beside them, and without it the package names nobody."""
        facts = {kind: fact for kind, fact in item.facts.items() if kind in {*stage.needs, Approved}}
        again = stage.run(replace(item, facts=facts))
        assert isinstance(again, Packaged)
        assert again == stage.run(item)


class TestStoreAsAStage(_Late):
    name = "store"


class TestIndexAsAStage(_Late):
    name = "index"


del _Late, StageContract
