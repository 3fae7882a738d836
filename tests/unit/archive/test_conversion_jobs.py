"""A holding of TT 02/2019 is converted as one job: counts in and out, every loss named, on again after a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

from archive.catalogue.database import Database
from archive.catalogue.described import Described
from archive.catalogue.duties import Duties, DutyKind
from archive.catalogue.entering import StoredVersion
from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import JobStatus
from archive.catalogue.trail import AuditTrail
from archive.errors import CancelledJobError, ConversionRunningError
from archive.services.conversion import ConvertedDossier, Ends
from archive.services.conversion_jobs import ConversionJobs, Order
from ingest.ports import Reading
from ingest.readers.folder import FolderReader
from metadata.descriptions import Description
from metadata.errors import NotFoundError, UsageError
from metadata.package import PackageDocument
from tests.fakes.clock import StandingClock
from tests.fakes.workers import InlineWorkers
from tests.generators.held_2019 import document, fill, new_catalogue, new_database, package_id, record

ENDS = Ends("02-2019", "05-2025")
WHOLE = Order(ENDS, (), "", "vi")
DOSSIERS, DOCUMENTS = 5, 11


@dataclass
class Holding:
    database: Database
    folder: Path

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.database, StandingClock())

    @property
    def duties(self) -> Duties:
        return Duties(self.database, StandingClock())

    @property
    def jobs(self) -> ConversionJobs:
        return ConversionJobs(
            catalogue=self.catalogue,
            described=Described(self.database),
            duties=self.duties,
            trail=AuditTrail(self.database, StandingClock()),
            root=self.folder / "conversions",
            clock=StandingClock(),
        )


@pytest.fixture
def holding(quick_path: Path) -> Iterator[Holding]:
    database = new_database(quick_path)
    fill(new_catalogue(database), DOSSIERS, DOCUMENTS)
    yield Holding(database, quick_path)
    database.close()


def rows(path: Path, sheet: str) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        return list(book[sheet].iter_rows(values_only=True))
    finally:
        book.close()


def stopping_after(many: int, seen: list[ConvertedDossier]) -> Callable[[ConvertedDossier], None]:
    """Told of dossiers; dies at one of them, as a killed process would: without a word to anybody."""

    def tell(found: ConvertedDossier) -> None:
        if len(seen) == many:
            raise KeyboardInterrupt
        seen.append(found)

    return tell


def test_the_whole_holding_is_one_job_whose_counts_in_and_out_are_equal(holding: Holding) -> None:
    job_id = holding.jobs.order(WHOLE)
    ended = holding.jobs.run(job_id)
    counts = ended.counts
    assert (counts.dossiers_in, counts.dossiers_out, counts.unchanged, counts.rejected) == (DOSSIERS, DOSSIERS, 1, 0)
    assert (counts.documents_in, counts.documents_out, counts.equal) == (55, 55, True)
    job = holding.duties.duty(job_id)
    assert (job.status, job.done, job.total, job.kind) == (JobStatus.DONE, DOSSIERS, DOSSIERS, "conversion")


def test_the_report_names_every_loss_and_every_doubt_with_its_suggestions(holding: Holding) -> None:
    seen: list[ConvertedDossier] = []
    ended = holding.jobs.run(holding.jobs.order(WHOLE), seen.append)
    told = [note for found in seen for note in found.notes]
    losses, doubts = rows(ended.report, "Mất mát")[1:], rows(ended.report, "Cần xem lại")[1:]
    assert len(losses) == ended.counts.losses == sum(note.kind == "loss" for note in told)
    assert len(doubts) == ended.counts.doubts == sum(note.kind == "doubt" for note in told)
    attached = [row for row in losses if row[5] == "Bản thuyết minh 2 trang"]
    assert {(row[3], row[6]) for row in attached} == {("BRG-093", "Có")}
    assert any(row[5] == "Lâu dài" and "10 năm" in str(row[7]) for row in doubts)
    summary = rows(ended.report, "Tổng hợp")
    assert ("Số tài liệu đưa vào", 55) in {row[:2] for row in summary}
    assert any("khớp nhau" in str(row[0]) for row in summary)
    assert len(rows(ended.report, "Hồ sơ")) == DOSSIERS + 1


def test_the_workbook_has_every_document_once_in_the_words_of_the_new_circular(holding: Holding) -> None:
    ended = holding.jobs.run(holding.jobs.order(WHOLE))
    documents, photos = rows(ended.workbook, "Văn bản"), rows(ended.workbook, "Ảnh")
    assert len(documents) + len(photos) - 2 == 55
    heading = [str(text) for text in documents[0]]
    modes = {row[heading.index("Chế độ sử dụng")] for row in documents[1:]}
    assert {"Sử dụng có điều kiện", "Công khai"} <= modes
    # The dossier that was described by TT 05/2025 already goes along as it is.
    assert len({(row[0], row[1]) for row in (*documents[1:], *photos[1:])}) == 55


def test_the_workbook_is_read_back_as_it_was_converted(holding: Holding) -> None:
    """Every value of every field, photographs among them: the workbook is a delivery of TT 05/2025."""
    seen: list[ConvertedDossier] = []
    ended = holding.jobs.run(holding.jobs.order(Order(ENDS, (package_id(2), package_id(3)), "", "vi")), seen.append)
    folder = holding.folder / "giao-nop"
    folder.mkdir()
    (folder / "danh-muc.xlsx").write_bytes(ended.workbook.read_bytes())
    read = FolderReader(InlineWorkers(), Reading()).read(folder, holding.folder / "room")
    assert read.profile == "05-2025"
    for found in seen:
        dossier = found.dossier
        assert dossier is not None
        again = next(one for one in read.dossiers if one.file_code == dossier.file_code)
        assert _values(again) == _values(dossier)
        assert [(d.ordinal, d.kind, _values(d)) for d in again.documents] == [
            (d.ordinal, d.kind, _values(d)) for d in dossier.documents
        ]


def _values(description: Description) -> dict[str, str]:
    return {key: value for key, value in description.values().items() if key not in {"file_code", "ordinal", "path"}}


def test_an_interrupted_conversion_goes_on_and_nothing_is_converted_twice(holding: Holding) -> None:
    job_id = holding.jobs.order(WHOLE)
    first: list[ConvertedDossier] = []
    with pytest.raises(KeyboardInterrupt):
        holding.jobs.run(job_id, stopping_after(3, first))
    lines = holding.folder / "conversions" / job_id / "lines.jsonl"
    with lines.open("ab") as stream:
        stream.write(b'{"package_id": "half')
    assert holding.jobs.left() == [job_id]
    assert holding.jobs.order(WHOLE) == job_id
    again: list[ConvertedDossier] = []
    ended = holding.jobs.run(job_id, again.append)
    assert again[:3] == first
    assert sorted(found.package_id for found in again) == [package_id(n) for n in range(DOSSIERS)]
    assert ended.counts.equal
    assert holding.jobs.left() == []


def test_a_dossier_that_comes_in_meanwhile_neither_disturbs_nor_doubles(holding: Holding) -> None:
    job_id = holding.jobs.order(WHOLE)
    with pytest.raises(KeyboardInterrupt):
        holding.jobs.run(job_id, stopping_after(3, []))
    late = record(99, 2)
    holding.catalogue.enter([(late, StoredVersion(late.package_id, "v1", "0" * 128))], "2026-02-01T00:00:00.000Z")
    seen: list[ConvertedDossier] = []
    holding.jobs.run(job_id, seen.append)
    assert len({found.package_id for found in seen}) == len(seen) == DOSSIERS


def test_the_same_order_after_its_end_begins_anew(holding: Holding) -> None:
    holding.jobs.run(holding.jobs.order(WHOLE))
    late = record(99, 2)
    holding.catalogue.enter([(late, StoredVersion(late.package_id, "v1", "0" * 128))], "2026-02-01T00:00:00.000Z")
    assert holding.jobs.run(holding.jobs.order(WHOLE)).counts.dossiers_in == DOSSIERS + 1


def test_a_conversion_that_has_ended_is_not_run_again_by_its_name(holding: Holding) -> None:
    ended = holding.jobs.run(holding.jobs.order(WHOLE))
    with pytest.raises(NotFoundError):
        holding.jobs.run(ended.job_id)
    assert holding.duties.duty(ended.job_id).status is JobStatus.DONE


def test_a_server_that_is_told_to_stop_leaves_the_rest_to_the_next(holding: Holding) -> None:
    job_id = holding.jobs.order(WHOLE)
    seen: list[ConvertedDossier] = []
    assert holding.jobs.go_on(job_id, seen.append, lambda: len(seen) == 2) is None
    assert holding.jobs.left() == [job_id]
    assert holding.jobs.run(job_id).counts.equal


def test_two_processes_never_work_on_one_conversion(holding: Holding) -> None:
    job_id = holding.jobs.order(WHOLE)

    def intrude(found: ConvertedDossier) -> None:
        del found
        with pytest.raises(ConversionRunningError):
            holding.jobs.run(job_id)
        assert holding.jobs.left() == []

    assert holding.jobs.run(job_id, intrude).counts.equal


def test_named_dossiers_alone_are_converted_into_the_folder_that_was_asked_for(holding: Holding) -> None:
    place = holding.folder / "ra"
    order = Order(ENDS, (package_id(2), package_id(4)), str(place), "en")
    ended = holding.jobs.run(holding.jobs.order(order))
    assert ended.counts.dossiers_in == 2
    assert ended.report.parent == place
    assert rows(ended.report, "Doubts")[0][0] == "File code"


def test_what_is_stored_stays_as_it_was_and_the_trail_says_what_was_done(holding: Holding) -> None:
    before = [holding.catalogue.records(package_id(n)) for n in range(DOSSIERS)]
    ended = holding.jobs.run(holding.jobs.order(WHOLE))
    assert [holding.catalogue.records(package_id(n)) for n in range(DOSSIERS)] == before
    (event,) = AuditTrail(holding.database, StandingClock()).of([ended.job_id])
    assert (event["type"], event["detail"]["documents"]) == ("profile conversion", "55/55")


def test_a_document_that_a_later_part_completes_is_converted_once(holding: Holding) -> None:
    first = record(50, 3)
    second = first.model_copy(
        update={
            "package_id": package_id(51),
            "part": 2,
            "fingerprint": "f" * 64,
            "documents": (
                PackageDocument(description=document(first.file_code, 2)),
                PackageDocument(description=document(first.file_code, 4)),
            ),
        }
    )
    version = StoredVersion(first.package_id, "v1", "0" * 128)
    holding.catalogue.enter([(first, version)], "2026-03-01T00:00:00.000Z")
    holding.catalogue.enter([(second, StoredVersion(second.package_id, "v1", "0" * 128))], "2026-03-01T00:00:00.000Z")
    seen: list[ConvertedDossier] = []
    ended = holding.jobs.run(holding.jobs.order(Order(ENDS, (package_id(50),), "", "vi")), seen.append)
    assert ended.counts.equal
    assert sorted(d.ordinal for d in seen[0].dossier.documents) == [1, 2, 3, 4]  # type: ignore[union-attr]


def test_a_conversion_is_no_duty_of_judging(holding: Holding) -> None:
    job_id = holding.jobs.order(WHOLE)
    with pytest.raises(KeyboardInterrupt):
        holding.jobs.run(job_id, stopping_after(1, []))
    assert holding.duties.due(10) == []
    assert [job.id for job in holding.duties.unfinished(DutyKind.CONVERSION)] == [job_id]


def test_what_is_not_there_and_where_no_bridge_leads_is_said(holding: Holding) -> None:
    with pytest.raises(NotFoundError):
        Described(holding.database).parts("no such")
    with pytest.raises(UsageError, match="02-2019 → 05-2025"):
        Ends("05-2025", "01-2019").checked()


def test_a_cancelled_conversion_stops_between_two_dossiers_and_keeps_nothing(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.services.conversion_jobs.SYNCED_EVERY", 1)
    job_id = holding.jobs.order(WHOLE)
    seen: list[ConvertedDossier] = []

    def tell(found: ConvertedDossier) -> None:
        seen.append(found)
        if len(seen) == 2:
            with holding.database.transaction() as connection:
                assert holding.duties.cancel(job_id, connection, reason="")
            holding.jobs.clear_cancelled(job_id)

    with pytest.raises(CancelledJobError):
        holding.jobs.run(job_id, tell)
    assert len(seen) == 2
    assert holding.duties.duty(job_id).status is JobStatus.CANCELLED
    assert (holding.jobs.left(), sorted(path.name for path in (holding.folder / "conversions" / job_id).iterdir())) == (
        [],
        ["lock"],
    )
    assert holding.jobs.run(holding.jobs.order(WHOLE)).counts.equal
