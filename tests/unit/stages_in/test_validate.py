"""Stage `validate`: findings of all sources in one answer; only errors reject; nothing unknown counts as clean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ingest.checks import NothingHeld
from ingest.engines.clamd import ClamdScanner, ScannerUnreachableError
from ingest.facts import FileFormat, Formats, Received, Tool, Validated
from ingest.ports import Answer, Limits, MalwareScanner
from ingest.stages.receive import Receive
from ingest.stages.validate import Validate
from ingest.work import Rejected, WorkItem
from metadata.descriptions import DossierDescription
from metadata.findings import Finding
from tests.corpus.hostile_pdf import flat_pdf
from tests.fakes.deliveries import CODE, delivered, no_checks, none_measured
from tests.fakes.dossiers import StandingClock
from tests.fakes.workers import InlineWorkers

PDF = FileFormat(puid="fmt/276", name="PDF", version="1.7", mime="application/pdf")
FIELDS = {
    "code_number": "222",
    "code_notation": "QĐ-TTg",
    "organ_name": "Thủ tướng Chính phủ",
    "issued_date": "2025-02-07",
}


@pytest.fixture
def item(tmp_path: Path) -> WorkItem:
    """Two PDFs of three and four pages."""
    root = tmp_path / "delivery"
    root.mkdir()
    for pages, name in ((3, "a.pdf"), (4, "b.pdf")):
        (root / name).write_bytes(flat_pdf(pages))
    return with_facts(delivered(root, tmp_path / "work", ["a.pdf", "b.pdf"], fields=FIELDS))


def with_facts(item: WorkItem) -> WorkItem:
    received = Receive(no_checks, StandingClock()).run(item)
    assert isinstance(received, Received)
    return item.having(received).having(Formats(formats={file.path: PDF for file in received.files}))


@pytest.fixture
def stage() -> Validate:
    return Validate(InlineWorkers(), None, no_checks, none_measured, NothingHeld())


CONVERTED = "CNV-001"
"""What every dossier of TT 02/2019 is told once: what its conversion lost or doubts."""


def besides(answer: Validated | Rejected) -> list[Finding]:
    return [finding for finding in answer.findings if finding.rule != CONVERTED]


def rules_of(answer: Validated | Rejected) -> list[tuple[str, str]]:
    return [(finding.rule, finding.subject) for finding in besides(answer)]


@dataclass(frozen=True)
class Held:
    """An archive that holds some things."""

    digests: Mapping[str, Sequence[str]] = field(default_factory=dict)
    numbers: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def by_digest(self, sha256: str, *, agency: str, besides: str, up_to: int) -> Sequence[str]:
        return [place for place in self.digests.get(sha256, ()) if place != besides]

    def by_number(self, number: str, *, agency: str, body: str, date: str, besides: str, up_to: int) -> Sequence[str]:
        return self.numbers.get(f"{number}|{body}|{date}", ())


def test_a_dossier_without_faults_is_taken_in(stage: Validate, item: WorkItem) -> None:
    answer = stage.run(item)
    assert isinstance(answer, Validated)
    assert rules_of(answer) == []
    assert {path: i.pages for path, i in answer.inspections.items()} == {"a.pdf": 3, "b.pdf": 4}


@pytest.mark.rule("CNV-001")
def test_what_the_conversion_loses_is_told_once_and_not_of_what_is_refused(stage: Validate, item: WorkItem) -> None:
    assert [f.rule for f in stage.run(item).findings] == [CONVERTED]
    filled = replace(item, delivery=item.delivery.model_copy(update={"accept_suggestions": True}))
    assert stage.run(filled).findings == ()
    in_force = replace(item, delivery=item.delivery.model_copy(update={"profile": "05-2025"}))
    assert CONVERTED not in [f.rule for f in stage.run(in_force).findings]
    odd = FileFormat(puid="fmt/999", name="CorelDraw Drawing", version="8", mime="application/x-corel")
    refused = stage.run(item.having(Formats(formats={"a.pdf": odd, "b.pdf": PDF})))
    assert isinstance(refused, Rejected)
    assert CONVERTED not in [f.rule for f in refused.findings]


def test_findings_of_reader_metadata_pages_and_files_come_in_one_answer(stage: Validate, item: WorkItem) -> None:
    (item.folder / item.fact(Received).files[0].stored).chmod(0o600)
    (item.folder / item.fact(Received).files[0].stored).write_bytes(b"")
    by_reader = Finding(rule="ING-021", subject="from the reader")
    item = replace(
        item, delivery=item.delivery.model_copy(update={"dossier_findings": {CODE: (by_reader,)}, "findings": ()})
    )

    def measured(dossier: DossierDescription, pages: Mapping[int, int | None]) -> tuple[Finding, ...]:
        assert pages == {1: None, 2: 4}
        return (Finding(rule="ING-017", subject="from the pages"),)

    stage = replace(stage, checks=lambda _: {CODE: (Finding(rule="ING-031", subject="from the fields"),)})
    answer = replace(stage, measured=measured).run(item)
    assert isinstance(answer, Rejected)
    assert rules_of(answer) == [
        ("ING-021", "from the reader"),
        ("ING-031", "from the fields"),
        ("ING-017", "from the pages"),
        ("ING-010", "a.pdf"),
    ]


def test_warnings_alone_are_kept_and_do_not_reject(stage: Validate, item: WorkItem) -> None:
    stage = replace(stage, checks=lambda _: {CODE: (Finding(rule="ING-031", subject="x"),)})
    answer = stage.run(item)
    assert isinstance(answer, Validated)
    assert rules_of(answer) == [("ING-031", "x")]


@pytest.mark.rule("ING-020")
def test_a_format_outside_the_table_is_rejected_by_its_name(stage: Validate, item: WorkItem) -> None:
    odd = FileFormat(puid="fmt/999", name="CorelDraw Drawing", version="8", mime="application/x-corel")
    answer = stage.run(item.having(Formats(formats={"a.pdf": odd, "b.pdf": PDF})))
    assert isinstance(answer, Rejected)
    assert [(f.rule, f.values["found"]) for f in answer.findings] == [("ING-020", "CorelDraw Drawing")]


# ---------------------------------------------------------------- malware


@pytest.mark.server
@pytest.mark.rule("ING-040")
def test_malware_rejects_and_is_named(stage: Validate, item: WorkItem, clamd_socket: str, eicar: bytes) -> None:
    root = Path(item.delivery.root)
    (root / "b.pdf").write_bytes(eicar)
    item = with_facts(replace(item, folder=item.folder.with_name("infected"), facts={}))
    item = item.having(Formats(formats={"a.pdf": PDF, "b.pdf": replace_mime("text/plain")}))
    answer = replace(stage, scanner=ClamdScanner(clamd_socket)).run(item)
    assert isinstance(answer, Rejected)
    found = {f.rule: f for f in answer.findings}
    assert found["ING-040"].subject == "b.pdf"
    assert found["ING-040"].values["found"].startswith("Test.Eicar")


def replace_mime(mime: str) -> FileFormat:
    return FileFormat(puid="x-fmt/111", name="", version="", mime=mime)


@pytest.mark.server
def test_the_scanner_that_found_nothing_is_named_with_its_versions(
    stage: Validate, item: WorkItem, clamd_socket: str
) -> None:
    answer = replace(stage, scanner=ClamdScanner(clamd_socket)).run(item)
    assert isinstance(answer, Validated)
    assert answer.malware is not None
    assert answer.malware.name == "clamd"


def test_a_scanner_that_is_down_is_a_fault_and_never_clean(stage: Validate, item: WorkItem, tmp_path: Path) -> None:
    with pytest.raises(ScannerUnreachableError):
        replace(stage, scanner=ClamdScanner(str(tmp_path / "absent"))).run(item)


class Limited(MalwareScanner):
    """A scanner that gives up, as clamd says it."""

    def scan(self, path: Path) -> str | None:
        return "Heuristics.Limits.Exceeded.MaxRecursion"

    def tool(self) -> Tool:
        return Tool(name="clamd", version="1")


@pytest.mark.rule("ING-041")
def test_what_was_not_scanned_to_its_end_is_rejected_and_not_called_malware(stage: Validate, item: WorkItem) -> None:
    answer = replace(stage, scanner=Limited()).run(item)
    assert isinstance(answer, Rejected)
    assert {finding.rule for finding in answer.findings} == {"ING-041"}


# ---------------------------------------------------------------- duplicates


@pytest.mark.rule("ING-050")
def test_the_same_bytes_elsewhere_are_a_warning_that_names_the_place(stage: Validate, item: WorkItem) -> None:
    sha256 = item.fact(Received).files[1].sha256
    known = Held(digests={sha256: ["H49.64.1/3", item.package_id]})
    answer = replace(stage, known=known).run(item)
    assert isinstance(answer, Validated)
    assert [(f.rule, f.subject, f.values["place"]) for f in besides(answer)] == [("ING-050", "b.pdf", "H49.64.1/3")]


def test_the_same_bytes_twice_in_one_dossier_are_told_once(stage: Validate, item: WorkItem) -> None:
    root = Path(item.delivery.root)
    (root / "b.pdf").write_bytes((root / "a.pdf").read_bytes())
    item = with_facts(replace(item, folder=item.folder.with_name("again"), facts={}))
    answer = stage.run(item)
    assert [(f.rule, f.subject, f.values["place"]) for f in besides(answer)] == [("ING-050", "b.pdf", "a.pdf")]


@pytest.mark.rule("ING-051")
def test_the_same_number_body_and_date_are_a_warning_that_names_the_place(stage: Validate, item: WorkItem) -> None:
    known = Held(numbers={"222/QĐ-TTg|Thủ tướng Chính phủ|2025-02-07": ["H49.64.1/3"]})
    answer = replace(stage, known=known).run(item)
    assert isinstance(answer, Validated)
    assert [(f.subject, f.row, f.values["number"]) for f in besides(answer)] == [
        ("a.pdf", 2, "222/QĐ-TTg"),
        ("b.pdf", 3, "222/QĐ-TTg"),
    ]


# ---------------------------------------------------------------- limits


class Breaching(InlineWorkers):
    """Workers in which every look inside breaches a limit."""

    def submit(
        self, task: str, arguments: Mapping[str, Any], *, limits: Limits, deposit: Path | None = None
    ) -> Future[Answer]:
        future: Future[Answer] = Future()
        future.set_result(Answer(breach="memory", detail="more than 1024 MiB"))
        return future


@pytest.mark.rule("ING-013")
def test_a_breach_of_limits_is_a_fact_about_the_file(stage: Validate, item: WorkItem) -> None:
    answer = replace(stage, workers=Breaching()).run(item)
    assert isinstance(answer, Rejected)
    assert [(f.rule, f.subject, f.values["found"]) for f in answer.findings] == [
        ("ING-013", "a.pdf", "memory: more than 1024 MiB"),
        ("ING-013", "b.pdf", "memory: more than 1024 MiB"),
    ]
