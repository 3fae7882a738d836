"""Who adds to which stored dossier: decided once, with ordinals and parts of their own for those that come together."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from archive.catalogue.database import Database
from archive.catalogue.entering import StoredVersion
from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import Claim, Journal
from archive.errors import BaseUnderWayError
from archive.jobs.additions import Additions, Settled
from ingest.facts import Adds
from metadata.descriptions import Cell, Description, DocumentDescription, DossierDescription, RecordStatus
from metadata.package import PackageDocument, PackageFile, PackageRecord, Representation
from tests.fakes.clock import StandingClock
from tests.generators.tables import make_tables

BASE = "0b8e4c5e-2d0b-4b6a-9a58-6d2f6b1b7f10"
CODE = "H49.64.1979.7"


def document(ordinal: int, *files: str, code: str = "") -> DocumentDescription:
    fields = {"doc_code": Cell(value=code, written=code)} if code else {}
    return DocumentDescription(ordinal=ordinal, fields=fields, files=files)


def record(package_id: str, part: int, status: RecordStatus, *documents: DocumentDescription) -> PackageRecord:
    return PackageRecord(
        package_id=package_id,
        dossier_id=BASE,
        part=part,
        parts=part,
        created_at="2026-11-28T00:00:00Z",
        agency="H49.64",
        file_code=CODE,
        record_status=status,
        fingerprint=f"fingerprint-{part}",
        submission_id=f"submission-{part}",
        dossier=Description(),
        documents=tuple(PackageDocument(description=d, originals=tuple(_files(d))) for d in documents),
    )


def _files(description: DocumentDescription) -> list[PackageFile]:
    return [
        PackageFile(
            path=f"representations/rep1/data/{description.ordinal}.pdf",
            original_name=name,
            representation=Representation.ORIGINAL,
            sha256="0" * 64,
            sha512="0" * 128,
            size_bytes=1,
            mime="application/pdf",
            ordinal=description.ordinal,
        )
        for name in description.files
    ]


class Desk:
    """A catalogue in memory with what asks it, and the facts that jobs were given."""

    def __init__(self) -> None:
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
        make_tables(engine)
        database, clock = Database(engine), StandingClock()
        self.catalogue = Catalogue(database, clock)
        self.journal = Journal(database, clock)
        self.additions = Additions(self.catalogue, self.journal)
        self.given: dict[str, Adds] = {}

    def enter(self, *records: PackageRecord) -> None:
        self.catalogue.enter([(r, StoredVersion(r.package_id, "v1", "0" * 128)) for r in records], "2026-11-28T00:00Z")

    def settle(self, job: str, fingerprint: str, dossier: DossierDescription) -> Settled:
        claim = Claim("H49.64", dossier.file_code, fingerprint, job, f"submission-{job}", f"package-{job}")

        def keep(adds: Adds) -> None:
            self.given[job] = adds

        return self.additions.settle(claim, dossier, self.given.get, keep)


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.enter(record(BASE, 1, RecordStatus.NEW, document(1, code="A"), document(2, "b.pdf", code="B")))
    return made


def supplement(*documents: DocumentDescription, related: str = "", code: str = CODE) -> DossierDescription:
    return DossierDescription(
        file_code=code, documents=documents, record_status=RecordStatus.SUPPLEMENT, related_package=related
    )


def test_two_that_come_together_get_parts_and_ordinals_of_their_own(desk: Desk) -> None:
    first = desk.settle("one", "f1", supplement(document(1, "a.pdf", code="A"), document(3, "c.pdf", code="C")))
    second = desk.settle("two", "f2", supplement(document(3, "d.pdf", code="D")))
    assert first.adds is not None
    assert second.adds is not None
    assert (first.adds.first_part, first.adds.ordinals) == (2, {1: 1, 3: 3})
    assert (second.adds.first_part, second.adds.ordinals) == (3, {3: 4})


def test_the_same_addition_twice_is_one(desk: Desk) -> None:
    wanted = supplement(document(3, "c.pdf", code="C"))
    desk.settle("one", "f1", wanted)
    assert desk.settle("one", "f1", wanted).adds == desk.given["one"]
    assert desk.settle("two", "f1", wanted).same_as == "package-one"
    desk.enter(record("package-one", 2, RecordStatus.SUPPLEMENT, document(3, "c.pdf", code="C")))
    assert desk.settle("three", "fingerprint-2", wanted).same_as == "package-one"


def test_an_addition_that_was_given_back_leaves_its_place_to_others(desk: Desk) -> None:
    desk.settle("one", "f1", supplement(document(3, "c.pdf", code="C")))
    desk.journal.release("one")
    again = desk.settle("two", "f1", supplement(document(3, "c.pdf", code="C")))
    assert again.adds is not None
    assert again.adds.first_part == 2


def test_a_supplement_waits_for_the_dossier_that_is_still_on_its_way(desk: Desk) -> None:
    desk.journal.claim(Claim("H49.64", "H49.other", "f0", "base", "s", "p"))
    with pytest.raises(BaseUnderWayError) as caught:
        desk.settle("one", "f1", supplement(document(1, "a.pdf"), code="H49.other"))
    assert caught.value.retryable


def opened(desk: Desk, job: str, code: str, agency: str = "H49.64") -> None:
    """A job that has just been handed in."""
    submission = {"id": f"submission-{job}", "agency": agency, "operator": "x", "path": job}
    submission |= {"reader": "package", "profile": "05-2025"}
    entry = {"id": job, "position": 1, "file_code": code, "package_id": f"package-{job}"}
    desk.journal.open_submission({**submission, "findings": [], "ignored": []}, [entry])


def test_a_supplement_waits_for_a_dossier_that_was_handed_in_before_it_and_has_claimed_nothing_yet(desk: Desk) -> None:
    """`luutru ingest A B`: which of two workers is faster decides nothing."""
    opened(desk, "base", "H49.other")
    opened(desk, "foreign", "H49.another", agency="H50")
    for job, code in (("one", "H49.other"), ("two", "H49.another")):
        opened(desk, job, code)
    with pytest.raises(BaseUnderWayError) as caught:
        desk.settle("one", "f1", supplement(document(1, "a.pdf"), code="H49.other"))
    assert caught.value.job_id == "base"
    told = desk.settle("two", "f2", supplement(document(1, "a.pdf"), code="H49.another")).findings
    assert [finding.rule for finding in told] == ["ADD-001"], "of another agency nobody knows"


@pytest.mark.rule("ADD-001")
def test_nothing_is_added_to_what_is_not_there_or_anothers(desk: Desk) -> None:
    assert [f.rule for f in desk.settle("one", "f1", supplement(document(1), code="H49.none")).findings] == ["ADD-001"]
    foreign = Claim("H50", CODE, "f1", "two", "s", "p")
    answer = desk.additions.settle(foreign, supplement(document(1, "a.pdf")), desk.given.get, lambda _: None)
    assert [finding.rule for finding in answer.findings] == ["ADD-001"]


@pytest.mark.rule("ADD-002")
def test_a_package_that_is_named_has_to_be_of_the_dossier_that_is_named(desk: Desk) -> None:
    named = f"urn:uuid:{BASE.upper()}"
    wrong = desk.settle("one", "f1", supplement(document(3, "c.pdf"), related=named, code="H49.other"))
    assert [finding.rule for finding in wrong.findings] == ["ADD-002"]
    right = desk.settle("two", "f2", supplement(document(3, "c.pdf"), related=named))
    assert right.adds is not None
    assert right.adds.dossier_id == BASE


def test_a_completed_document_stands_in_the_later_part_only_whatever_the_order_of_entering(desk: Desk) -> None:
    later = record("package-one", 2, RecordStatus.SUPPLEMENT, document(1, "a.pdf", code="A"))
    desk.enter(later)
    for _ in range(2):
        shown = {(r.package_id, d.ordinal) for r in desk.catalogue.records(BASE) for d in r.documents}
        assert shown == {("package-one", 1), (BASE, 2)}
        assert desk.catalogue.without_files({(BASE, 1), (BASE, 2)}) == set()
        assert desk.catalogue.dossier(BASE)["documents"] == 2
        # The first part is entered again: a job that was interrupted is repeated.
        desk.enter(record(BASE, 1, RecordStatus.NEW, document(1, code="A"), document(2, "b.pdf", code="B")))
    assert [
        (part.package_id, known.value("doc_code")) for part, known in desk.catalogue.earlier_descriptions(BASE, 1)
    ] == [(BASE, "A")]
    assert replace(desk.catalogue.find("A")[0]).ordinal == 1
