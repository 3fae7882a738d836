"""What senders are told in every state of a dossier; on a real journal, for which state what holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.catalogue.database import Database, engine_of
from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import DossierStatus, JobStatus, Journal
from archive.catalogue.trail import AuditTrail
from archive.errors import WorkFolderFaultError
from archive.services.statuses import StatusAnswer, Statuses
from metadata.descriptions import Delivery, DossierDescription
from metadata.edxml import DocumentName, Exchanged, Organ, PacketKind, StatusCode
from metadata.findings import Finding
from tests.fakes.dossiers import StandingClock
from tests.generators.tables import make_tables

SUBMISSION = "2f0b3a1e-0000-4000-8000-000000000001"
NAME = DocumentName(document_id="A1", organ_id="H1", number="1", notation="A", date="2026-01-02")
RECEIVED = Exchanged(
    path="1.edxml",
    kind=PacketKind.NEW,
    sender=Organ(organ_id="H1", name="Sở Ví dụ"),
    receiver=Organ(organ_id="H2"),
    name=NAME,
)


class Desk:
    """One submission with one dossier, whose state a test sets."""

    def __init__(self, database: Database, folder: Path) -> None:
        clock = StandingClock()
        self.places: list[str] = []
        self.journal = Journal(database, clock)
        Catalogue(database, clock).add_agency("H2", "")
        trail = AuditTrail(database, clock)
        self.statuses = Statuses(folder, lambda *_: self.places, self.journal, trail, "Lưu trữ tỉnh")
        self.trail = trail

    def receive(self, *exchanged: Exchanged) -> None:
        dossier = DossierDescription(file_code="HS.1", sources=tuple(one.path for one in exchanged))
        delivery = Delivery(reader="edxml", profile="02-2019", root="/", dossiers=(dossier,), exchanged=exchanged)
        self.statuses.keep(self.statuses.judged(delivery), SUBMISSION, "H2")
        row = {
            "id": SUBMISSION,
            "agency": "H2",
            "path": "goi",
            "operator": "o",
            "reader": "edxml",
            "profile": "02-2019",
            "findings": [],
            "ignored": [],
        }
        job = {"id": "j1", "position": 1, "file_code": "HS.1", "package_id": "p1", "documents": 1}
        self.journal.open_submission(row, [job])

    def state(self, **values: Any) -> None:  # noqa: ANN401 - columns of a job
        self.journal.update("j1", **values)

    @property
    def answers(self) -> list[StatusAnswer]:
        return list(self.statuses.answers(SUBMISSION))

    @property
    def answer(self) -> StatusAnswer:
        (only,) = self.answers
        return only


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = Database(engine_of("sqlite://"))
    make_tables(database.engine)
    yield Desk(database, tmp_path / "exchanged")
    database.close()


@pytest.mark.parametrize(
    ("result", "status", "code"),
    [
        (None, JobStatus.RUNNING, StatusCode.ACCEPTED),
        (DossierStatus.AWAITING_APPROVAL, JobStatus.WAITING, StatusCode.ACCEPTED),
        (DossierStatus.ARCHIVED, JobStatus.DONE, StatusCode.FINISHED),
        (DossierStatus.REJECTED, JobStatus.REJECTED, StatusCode.REFUSED),
        (DossierStatus.RETURNED, JobStatus.DONE, StatusCode.REFUSED),
        (DossierStatus.FAULT, JobStatus.FAULT, StatusCode.ARRIVED),
    ],
)
def test_each_state_has_its_status(
    result: DossierStatus | None, status: JobStatus, code: StatusCode, desk: Desk
) -> None:
    desk.receive(RECEIVED)
    desk.state(result=result and result.value, status=status.value)
    assert (desk.answer.code, desk.answer.about) == (code, NAME)


def test_what_was_archived_before_is_archived(desk: Desk) -> None:
    desk.receive(RECEIVED)
    desk.state(same_as="p0", status=JobStatus.DONE.value)
    assert desk.answer.code is StatusCode.FINISHED


def test_a_refusal_names_rules_and_reasons_those_of_the_message_first(desk: Desk) -> None:
    desk.receive(RECEIVED)
    found = [Finding(rule="ING-010", subject="khac.pdf"), Finding(rule="EDX-013", subject="1.edxml", file="1.edxml")]
    found += [Finding(rule="EDX-030", subject="HS.1"), *(Finding(rule="ING-011", subject=f"{n}") for n in range(20))]
    kept = [finding.model_dump(mode="json") for finding in found]
    desk.state(result="rejected", status=JobStatus.REJECTED.value, findings=kept)
    text = desk.answer.data.decode()
    assert text.index("EDX-013: Gói tin “1.edxml”") < text.index("ING-010: ")
    assert "EDX-030" not in text, "a warning refuses nothing"
    assert "và 12 lỗi khác" in text


def test_a_return_names_its_reason(desk: Desk) -> None:
    desk.receive(RECEIVED)
    desk.state(result="returned", status=JobStatus.DONE.value, error={"code": "returned", "detail": "Thiếu phụ lục"})
    assert "Từ chối tiếp nhận. Trả lại nơi nộp. Thiếu phụ lục" in desk.answer.data.decode()


def test_who_did_not_say_who_it_is_cannot_be_answered_and_statuses_are_not_either(desk: Desk) -> None:
    nobody = RECEIVED.model_copy(update={"sender": Organ(), "path": "2.edxml"})
    status = RECEIVED.model_copy(update={"kind": PacketKind.STATUS, "status": "03", "path": "3.edxml"})
    desk.receive(RECEIVED, nobody, status)
    assert [answer.message for answer in desk.answers] == ["1.edxml"]


def test_a_request_is_refused_from_the_day_on_which_its_document_is_archived(desk: Desk) -> None:
    asked = RECEIVED.model_copy(update={"kind": PacketKind.STATUS, "status": "13"})
    desk.receive(asked)
    assert desk.answers == []
    desk.places.append("p9/1")
    assert desk.answer.code is StatusCode.TAKE_BACK_REFUSED


def test_a_submission_without_messages_has_no_answers(desk: Desk) -> None:
    desk.receive()
    assert desk.answers == []


def test_what_was_kept_and_cannot_be_read_is_a_fault(desk: Desk) -> None:
    desk.receive(RECEIVED)
    (kept,) = desk.statuses.folder.glob("*.json")
    kept.write_bytes(b"{")
    with pytest.raises(WorkFolderFaultError):
        list(desk.statuses.answers(SUBMISSION))
