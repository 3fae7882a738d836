"""A message that is refused is told once: nothing that follows from it stands beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ingest.checks import known_findings, told_of, without_echoes
from ingest.work import WorkItem
from metadata.descriptions import DocumentDescription, DossierDescription
from metadata.findings import Finding
from metadata.validation import check_delivery
from tests.fakes.deliveries import delivered

DOCTYPE = Finding(rule="EDX-002", subject="2.edxml", values={"detail": "DOCTYPE"})


@pytest.fixture
def item(tmp_path: Path) -> WorkItem:
    """A dossier of which the reader knows nothing but that its message was refused."""
    root = tmp_path / "delivery"
    root.mkdir()
    (root / "2.edxml").write_bytes(b"<!DOCTYPE x><x/>")
    made = delivered(root, tmp_path / "work", ["2.edxml"])
    dossier = DossierDescription(file_code=made.dossier.file_code, source="2.edxml")
    told = {dossier.file_code: (DOCTYPE,)}
    delivery = made.delivery.model_copy(update={"dossiers": (dossier,), "dossier_findings": told, "findings": ()})
    return replace(made, delivery=delivery, dossier=dossier)


def rules_of(found: tuple[Finding, ...]) -> set[str]:
    return {finding.rule for finding in found}


def test_blank_fields_of_what_could_not_be_read_are_no_news(item: WorkItem) -> None:
    found = known_findings(item, check_delivery)
    assert "EDX-002" in rules_of(found)
    assert "MET-002" not in rules_of(found)
    plain = replace(item, delivery=item.delivery.model_copy(update={"dossier_findings": {}}))
    assert "MET-002" in rules_of(known_findings(plain, check_delivery))


def test_what_rejects_is_told_all_the_same(item: WorkItem) -> None:
    secret = Finding(rule="SEC-001", subject="2.edxml")
    found = told_of(item.delivery, item.dossier, {item.dossier.file_code: (secret, Finding(rule="MET-002"))})
    assert rules_of(found) == {"EDX-002", "SEC-001"}


def test_a_dossier_with_other_documents_is_judged_as_ever(item: WorkItem) -> None:
    dossier = item.dossier.model_copy(update={"documents": (DocumentDescription(ordinal=1),)})
    found = told_of(item.delivery, dossier, {item.dossier.file_code: (Finding(rule="MET-002"),)})
    assert "MET-002" in rules_of(found)


def test_the_look_inside_does_not_say_the_doctype_again() -> None:
    again, other = (Finding(rule="ING-015", subject=name) for name in ("2.edxml", "trang.html"))
    assert without_echoes((DOCTYPE, again, other)) == (DOCTYPE, other)
    assert without_echoes((again, other)) == (again, other)
