"""What the bridge loses or doubts at intake: kept in the package, told by its history, its receipt and one finding."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from archive.services.dossiers import conversion_of
from ingest.checks import converted_findings
from ingest.facts import Validated
from ingest.work import WorkItem
from metadata.bridge.conversion import convert
from metadata.bridge.kept import CONVERSION, ConversionNotes, counts_of, read_conversion
from metadata.descriptions import Cell
from metadata.package import PackageRecord
from metadata.package_check import check_package
from metadata.package_contents import RECEIPT_PAGE
from metadata.package_reader import read_package
from metadata.rules import message, severity_of
from tests.fakes.dossiers import Paper, dossier, package_stage

OLD_DOSSIER = {"maintenance": "Lâu dài", "rights": "Hạn chế", "creator": "Trần Thị B", "box": "7"}
OLD_DOCUMENT = {"type_name": "Nghị định", "sheet_number": "1-3"}


def cells(fields: dict[str, str]) -> dict[str, Cell]:
    return {key: Cell(value=value, written=value, row=4, column=key) for key, value in fields.items()}


def old_item(folder: Path, papers: int = 2, profile: str = "02-2019") -> WorkItem:
    """A dossier in the words of TT 02/2019 practice, as it stands before the package is made."""
    made = dossier(folder, [Paper((f"Quyết định {number}.pdf",)) for number in range(papers)])
    first = made.dossier.documents[0]
    document = first.model_copy(update={"fields": {**first.fields, **cells(OLD_DOCUMENT)}})
    described = made.dossier.model_copy(
        update={
            "fields": {**made.dossier.fields, **cells(OLD_DOSSIER)},
            "documents": (document, *made.dossier.documents[1:]),
        }
    )
    item = replace(
        made,
        dossier=described,
        delivery=made.delivery.model_copy(update={"profile": profile, "dossiers": (described,)}),
    )
    validated = item.fact(Validated)
    told = converted_findings(item, described.documents)
    return item.having(validated.model_copy(update={"findings": (*validated.findings, *told)}))


def files_of(item: WorkItem) -> list[dict[str, bytes]]:
    return [
        {file.path: (item.folder / file.source).read_bytes() for file in part.files}
        for part in package_stage().run(item).parts
    ]


def records_of(packages: Sequence[dict[str, bytes]]) -> list[PackageRecord]:
    return [read_package(lambda path, files=files: io.BytesIO(files[path]), files) for files in packages]  # type: ignore[misc]


@pytest.fixture(scope="module")
def item(tmp_path_factory: pytest.TempPathFactory) -> WorkItem:
    return old_item(tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def files(item: WorkItem) -> dict[str, bytes]:
    return files_of(item)[0]


@pytest.fixture(scope="module")
def record(files: dict[str, bytes]) -> PackageRecord:
    return records_of([files])[0]


def test_the_package_keeps_every_note_of_the_conversion_and_breaks_no_rule(
    item: WorkItem, files: dict[str, bytes], record: PackageRecord
) -> None:
    expected = convert(item.dossier, source="02-2019", target="05-2025").notes
    assert expected
    assert record.conversion is not None
    assert record.conversion == read_conversion(files[CONVERSION])
    assert (record.conversion.source, record.conversion.target) == ("02-2019", "05-2025")
    assert [
        (note.rule, note.cause, note.ordinal, note.row, note.key, note.written, note.value, note.suggestions)
        for note in record.conversion.notes
    ] == [
        (note.rule, note.cause, note.ordinal, note.row, note.key, note.written, note.value, note.suggestions)
        for note in expected
    ]
    assert check_package(lambda path: io.BytesIO(files[path]), files) == ()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_kept_notes_say_the_words_of_the_conversion(item: WorkItem, record: PackageRecord, language: str) -> None:
    expected = convert(item.dossier, source="02-2019", target="05-2025").notes
    told = conversion_of([record], language)
    assert [note["message"] for note in told] == [note.message(language) for note in expected]
    assert [note["label"] for note in told] == [note.label(language) for note in expected]
    assert [note["kind"] for note in told] == [note.kind.value for note in expected]


@pytest.mark.rule("CNV-001")
def test_one_finding_of_the_dossier_counts_them_and_names_the_list(item: WorkItem) -> None:
    notes = convert(item.dossier, source="02-2019", target="05-2025").notes
    (finding,) = converted_findings(item, item.dossier.documents)
    assert severity_of(finding).value == "warning"
    losses = sum(note.kind.value == "loss" for note in notes)
    said = message(finding, "vi")
    assert f"{losses} chỗ mất mát, {len(notes) - losses} chỗ cần xem lại" in said
    assert CONVERSION in said
    assert {count.rule: count.count for count in counts_of([finding])} == Counter(note.rule for note in notes)


def test_the_receipt_counts_by_rule_and_names_the_fields(
    item: WorkItem, files: dict[str, bytes], record: PackageRecord
) -> None:
    assert record.receipt is not None
    counted = {count.rule: count for count in record.receipt.conversion}
    notes = convert(item.dossier, source="02-2019", target="05-2025").notes
    assert {rule: count.count for rule, count in counted.items()} == Counter(note.rule for note in notes)
    for note in notes:
        assert counted[note.rule].fields == {language: note.label(language) for language in ("vi", "en")}
    page = files[RECEIPT_PAGE].decode()
    for count in record.receipt.conversion:
        assert f"<tr><td>{count.rule}</td><td>{count.fields['vi']}" in page
        assert f"<td>{count.count}</td></tr>" in page


def test_an_event_says_what_was_converted_by_which_rules(record: PackageRecord) -> None:
    (event,) = (event for event in record.events if event.type == "metadata modification")
    told = json.loads(event.detail)
    assert record.conversion is not None
    counts = Counter(note.rule for note in record.conversion.notes)
    assert told == {"from": "02-2019", "to": "05-2025", "rules": counts, "list": CONVERSION}
    assert (event.outcome, event.objects) == ("success with warnings", {"": "outcome"})


def test_nothing_is_told_of_a_dossier_that_speaks_by_the_circular_in_force(tmp_path: Path) -> None:
    item = old_item(tmp_path, profile="05-2025")
    (files,) = files_of(item)
    (record,) = records_of([files])
    assert CONVERSION not in files
    assert record.conversion is None
    assert not [event for event in record.events if event.type == "metadata modification"]
    assert converted_findings(item, item.dossier.documents) == ()
    assert record.receipt is not None
    assert record.receipt.conversion == ()


def test_what_parts_of_one_dossier_say_alike_is_shown_once(record: PackageRecord) -> None:
    assert record.conversion is not None
    own = tuple(note for note in record.conversion.notes if note.ordinal is None)
    again = record.model_copy(update={"conversion": record.conversion.model_copy(update={"notes": own})})
    assert own
    assert conversion_of([record, again], "vi") == conversion_of([record], "vi")


def test_of_one_document_only_its_own_notes_are_told(record: PackageRecord) -> None:
    told = conversion_of([record], "vi", 1)
    assert told
    assert {note["ordinal"] for note in told} == {1}
    assert len(told) < len(conversion_of([record], "vi"))


def test_a_list_that_was_altered_breaks_the_package(files: dict[str, bytes]) -> None:
    altered = dict(files)
    notes = read_conversion(altered[CONVERSION])
    altered[CONVERSION] = ConversionNotes(source=notes.source, target=notes.target).model_dump_json().encode()
    found = check_package(lambda path: io.BytesIO(altered[path]), altered)
    assert "PKG-003" in {finding.rule for finding in found}
