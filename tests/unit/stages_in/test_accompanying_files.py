"""Files that come along with a package: kept whatever their format, unless they do something or hide something."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.checks import NothingHeld
from ingest.facts import FileFormat, Formats, Received, Validated
from ingest.stages.receive import Receive
from ingest.stages.validate import Validate
from ingest.work import Rejected
from metadata.findings import Finding
from tests.corpus.hostile_pdf import flat_pdf
from tests.fakes.deliveries import delivered, no_checks, none_measured
from tests.fakes.dossiers import StandingClock
from tests.fakes.workers import InlineWorkers

PDF = FileFormat(puid="fmt/276", name="PDF", version="1.7", mime="application/pdf")


def validated(tmp_path: Path, mime: str, *, document: bool = False) -> tuple[Finding, ...]:
    root = tmp_path / "delivery"
    root.mkdir()
    (root / "a.pdf").write_bytes(flat_pdf(1))
    (root / "x").write_bytes(b'{"a": 1}')
    names, sources = (["a.pdf", "x"], []) if document else (["a.pdf"], ["x"])
    item = delivered(root, tmp_path / "work", names, sources=sources)
    received = Receive(no_checks, StandingClock()).run(item)
    assert isinstance(received, Received)
    odd = FileFormat(puid="fmt/817", name="JSON", version="", mime=mime)
    item = item.having(received).having(Formats(formats={"a.pdf": PDF, "x": odd}))
    answer = Validate(InlineWorkers(), None, no_checks, none_measured, NothingHeld()).run(item)
    assert isinstance(answer, Validated | Rejected)
    return answer.findings


@pytest.mark.rule("ING-023")
def test_json_that_comes_along_is_kept_with_a_warning(tmp_path: Path) -> None:
    assert [(f.rule, f.subject, f.values["found"]) for f in validated(tmp_path, "application/json")] == [
        ("ING-023", "x", "JSON")
    ]


def test_json_as_a_document_is_refused(tmp_path: Path) -> None:
    assert [f.rule for f in validated(tmp_path, "application/json", document=True)] == ["ING-020"]


@pytest.mark.parametrize("mime", ["application/x-executable", "application/zip"])
def test_a_program_or_an_archive_that_comes_along_is_refused(tmp_path: Path, mime: str) -> None:
    assert "ING-020" in [f.rule for f in validated(tmp_path, mime)]
