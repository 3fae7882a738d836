"""Exports as jobs: taken up after a crash, made once, told when they fail, cleared away in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from archive.catalogue.database import Database, engine_of
from archive.catalogue.duties import Duties, DutyKind
from archive.catalogue.journal import JobStatus
from archive.dissemination.outgoing import Exported, ExportKind, ExportRefusedError
from archive.durable import alone
from archive.services.dissemination import Dissemination
from archive.services.export_jobs import KEPT, ExportJobs, ExportOrder
from metadata.errors import NotFoundError
from tests.fakes.dossiers import StandingClock
from tests.generators.tables import make_tables

WANTED = ExportOrder(
    operator="lan", dossier_id="d" * 8, agency="H49.64", file_code="H49.1", kind=ExportKind.DIP, eark_version="2.0.4"
)


@dataclass
class Leaving:
    """Writes one file, or fails; remembers with what it was asked."""

    error: ExportRefusedError | None = None
    names: tuple[str, ...] = ("a.pdf",)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def export(self, identifier: str, kind: ExportKind, target: Path, **how: Any) -> Iterator[Exported]:  # noqa: ANN401
        self.asked.append({"identifier": identifier, "kind": kind, **how})
        if self.error:
            raise self.error
        for name in self.names:
            path = target / name if target.is_dir() else target
            path.write_bytes(name.encode())
            yield Exported(str(path) if target.is_dir() else name, "00", len(name), {"flavour": "2b"})


@dataclass
class Bench:
    jobs: ExportJobs
    duties: Duties
    leaving: Leaving
    clock: StandingClock
    database: Database


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    database = Database(engine_of("sqlite://"))
    make_tables(database.engine)
    clock, leaving = StandingClock(), Leaving()
    duties = Duties(database, clock)
    yield Bench(
        ExportJobs(lambda: cast("Dissemination", leaving), duties, tmp_path / "exports", clock),
        duties,
        leaving,
        clock,
        database,
    )
    database.close()


def content(bench: Bench, order: ExportOrder) -> bytes:
    result = bench.jobs.result(order)
    assert result is not None
    with bench.jobs.opened(order, result, 0) as stream:
        return stream.read()


def test_two_exports_of_one_dossier_are_two_jobs(bench: Bench) -> None:
    one, other = bench.jobs.order(WANTED), bench.jobs.order(WANTED)
    assert one.job_id != other.job_id
    assert bench.jobs.work() == 2
    assert {job.status for job in bench.duties.recent(9, kind=DutyKind.EXPORT)} == {JobStatus.DONE}
    assert bench.jobs.work() == 0, "what is made is not made again"
    assert len(bench.leaving.asked) == 2


def test_what_was_asked_for_reaches_the_maker(bench: Bench) -> None:
    bench.jobs.run(bench.jobs.order(WANTED.model_copy(update={"without": (2,), "request": {"purpose": "01"}})))
    (asked,) = bench.leaving.asked
    assert (asked["operator"], asked["without"], asked["options"].request) == ("lan", frozenset({2}), {"purpose": "01"})


def test_what_a_dead_process_left_is_begun_again(bench: Bench) -> None:
    order = bench.jobs.order(WANTED)
    bench.duties.hold(order.job_id)
    half = bench.jobs.root / order.export_id / "made" / "half.zip"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    assert [left.export_id for left in bench.jobs.left()] == [order.export_id]
    assert bench.jobs.work() == 1
    assert not half.exists()
    assert content(bench, order) == b"a.pdf"


def test_nobody_makes_what_another_process_is_at(bench: Bench) -> None:
    order = bench.jobs.order(WANTED)
    with alone(bench.jobs.root / order.export_id / "lock") as mine:
        assert mine
        assert bench.jobs.work() == 0
    assert bench.jobs.work() == 1


def test_a_refusal_is_told_by_the_job_and_leaves_no_file(bench: Bench) -> None:
    bench.leaving.error = ExportRefusedError("not yet")
    order = bench.jobs.order(WANTED)
    bench.jobs.work()
    job = bench.jobs.job(order)
    assert job.status is JobStatus.FAULT
    assert job.error is not None
    assert job.error["detail"] == "not yet"
    assert (bench.jobs.result(order), bench.jobs.left()) == (None, [])
    bench.leaving.error = None
    bench.duties.make_due(order.job_id)
    assert bench.jobs.work() == 1
    assert bench.jobs.job(order).status is JobStatus.DONE


def test_several_files_of_a_document_are_one_zip(bench: Bench) -> None:
    bench.leaving.names = ("a.docx", "b.docx")
    order = bench.jobs.order(WANTED.model_copy(update={"ordinal": 3, "kind": ExportKind.ORIGINAL}))
    bench.jobs.work()
    assert content(bench, order).startswith(b"PK")
    assert [line["path"] for line in bench.jobs.lines(order, 0, 9)] == ["a.docx", "b.docx"]


def test_no_line_tells_a_path_of_this_machine(bench: Bench, tmp_path: Path) -> None:
    order = bench.jobs.order(WANTED.model_copy(update={"ordinal": 3, "kind": ExportKind.ORIGINAL}))
    bench.jobs.work()
    assert str(tmp_path) not in str(bench.jobs.lines(order, 0, 9))


def test_what_was_made_goes_after_its_time_and_not_before(bench: Bench) -> None:
    order = bench.jobs.order(WANTED)
    bench.jobs.work()
    bench.clock.at += KEPT - timedelta(seconds=1)
    assert bench.jobs.sweep() == 0
    bench.clock.at += timedelta(seconds=2)
    assert bench.jobs.sweep() == 1
    with pytest.raises(NotFoundError):
        bench.jobs.ordered(order.export_id)
    assert not list(bench.jobs.root.iterdir())


@pytest.mark.parametrize("name", ["..", "../x", "", "a/b", "none"])
def test_an_identifier_leads_nowhere_else(bench: Bench, name: str) -> None:
    with pytest.raises(NotFoundError):
        bench.jobs.ordered(name)


def test_a_cancelled_export_is_not_made_and_leaves_no_folder(bench: Bench, tmp_path: Path) -> None:
    waiting, begun = bench.jobs.order(WANTED), bench.jobs.order(WANTED)
    for order in (waiting, begun):
        cancel(bench, order.job_id)
    bench.jobs.clear_cancelled(waiting.job_id)
    assert not (tmp_path / "exports" / waiting.export_id).exists()
    # The other one was read from the list of what is left before it was cancelled.
    assert not bench.jobs.run(begun)
    assert not (tmp_path / "exports" / begun.export_id).exists()
    assert bench.leaving.asked == []


def test_an_export_that_is_cancelled_while_it_is_made_is_cleared_when_it_is_done(bench: Bench, tmp_path: Path) -> None:
    order = bench.jobs.order(WANTED)
    export = bench.leaving.export

    def cancelled(*asked: Any, **how: Any) -> Iterator[Exported]:  # noqa: ANN401 - as the port
        cancel(bench, order.job_id)
        bench.jobs.clear_cancelled(order.job_id)
        yield from export(*asked, **how)

    bench.leaving.export = cancelled  # type: ignore[method-assign]
    assert bench.jobs.run(order)
    assert bench.duties.duty(order.job_id).status is JobStatus.CANCELLED
    assert not (tmp_path / "exports" / order.export_id).exists()


def cancel(bench: Bench, job_id: str) -> None:
    with bench.database.transaction() as connection:
        assert bench.duties.cancel(job_id, connection, reason="")
