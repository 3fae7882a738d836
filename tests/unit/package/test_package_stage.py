"""The stage `package`: what it writes, what it leaves alone, and that it says the same twice."""

from __future__ import annotations

import errno
import io
import resource
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.facts import Packaged, PackagedPart, Received, Rendition, Renditions, Route
from ingest.stages.package import PackageNotWrittenError
from ingest.work import Stage, WorkItem
from metadata.descriptions import RecordKind
from metadata.package import FORMAT_VERSION, PackageBrokenError, PackageRecord
from metadata.package_reader import read_package
from metadata.texts_io import iter_page_texts
from metadata.xml.ead import read_ead
from tests.fakes.dossiers import FILE_CODE, NOW, PACKAGE_ID, Paper, StandingClock, dossier, package_stage

ROOT = Path(__file__).resolve().parents[3]
PAPERS = [
    Paper(("Quyết định số 5.PDF",), text="Quyết định về đất", rendition=True, signed=True),
    Paper(
        ("Tờ trình.docx", "Phụ lục.docx"), mime="application/msword", puid="fmt/412", rendition=True, text="Tờ trình"
    ),
    Paper(
        ("Ảnh/lễ.jpg",),
        kind=RecordKind.PHOTO,
        mime="image/jpeg",
        puid="UNKNOWN",
        fields={"image_title": "Lễ khởi công"},
    ),
    Paper(("kept.pdf",), extra={"Cột lạ": "giá trị\x0b lạ"}, fields={"mode": "Sử dụng có điều kiện"}),
]


@pytest.fixture(scope="module")
def item(tmp_path_factory: pytest.TempPathFactory) -> WorkItem:
    return dossier(tmp_path_factory.mktemp("work"), PAPERS)


@pytest.fixture(scope="module")
def packaged(item: WorkItem) -> Packaged:
    return package_stage().run(item)


@pytest.fixture(scope="module")
def record(item: WorkItem, packaged: Packaged) -> PackageRecord:
    return _record(item, packaged.parts[0])


def _record(item: WorkItem, part: PackagedPart) -> PackageRecord:
    sources = {file.path: item.folder / file.source for file in part.files}
    return read_package(lambda path: sources[path].open("rb"), sources, part.package_id)


def _bytes(item: WorkItem, part: PackagedPart) -> dict[str, bytes]:
    return {file.path: (item.folder / file.source).read_bytes() for file in part.files}


def test_the_stage_is_a_stage() -> None:
    assert isinstance(package_stage(), Stage)


def test_the_package_is_laid_out_as_the_circular_asks(packaged: Packaged) -> None:
    paths = {file.path for file in packaged.parts[0].files}
    code = "H49.64.2025.12.HS-DAT"
    assert {
        "METS.xml",
        "metadata/descriptive/EAD.xml",
        "metadata/descriptive/source/001-Muc-luc.xlsx",
        "metadata/descriptive/source/record.xml",
        "metadata/preservation/PREMIS.xml",
        "metadata/other/signatures/001.json",
        "representations/rep1/METS.xml",
        f"representations/rep1/data/{code}.001.pdf",
        f"representations/rep1/data/{code}.002.1.docx",
        f"representations/rep1/data/{code}.002.2.docx",
        f"representations/rep1/data/{code}.003.jpg",
        "representations/rep1/metadata/descriptive/EAD_doc_001.xml",
        "representations/rep1/metadata/descriptive/EAD_pic_003.xml",
        "representations/rep1/metadata/preservation/PREMIS_rep1.xml",
        "representations/rep2/METS.xml",
        f"representations/rep2/data/{code}.002.2.pdf",
        f"representations/rep3/data/{code}.001.jsonl.zst",
        "schemas/METS.xsd",
        "schemas/EAD.xsd",
        "schemas/EAD_doc.xsd",
        "schemas/EAD_pic.xsd",
        "schemas/EAD_media.xsd",
        "documentation/receipt.json",
        "documentation/receipt.html",
    } <= paths
    assert not any(path.startswith(f"representations/rep2/data/{code}.004") for path in paths)


def test_originals_are_not_copied(item: WorkItem, packaged: Packaged) -> None:
    received = {file.sha256: file.stored for file in item.fact(Received).files}
    placed = {file.sha256: file.source for file in packaged.parts[0].files if "/rep1/data/" in file.path}
    assert len(placed) == 5
    assert all(received[sha256] == source for sha256, source in placed.items())


def test_every_file_that_came_in_is_in_the_package_under_its_received_name(
    item: WorkItem, record: PackageRecord
) -> None:
    received = {(f.path, f.sha256, f.sha512, f.size_bytes, f.ordinal, f.part) for f in item.fact(Received).files}
    kept = [*record.sources, *(file for document in record.documents for file in document.originals)]
    assert {(f.original_name, f.sha256, f.sha512, f.size_bytes, f.ordinal, f.part) for f in kept} == received


def test_a_record_read_from_the_package_says_what_the_facts_said(item: WorkItem, record: PackageRecord) -> None:
    assert [document.description for document in record.documents] == list(item.dossier.documents)
    assert record.dossier.fields == item.dossier.fields
    assert record.dossier.extra == item.dossier.extra
    assert (record.package_id, record.dossier_id) == (PACKAGE_ID, PACKAGE_ID)
    assert (record.file_code, record.profile, record.reader) == (FILE_CODE, "02-2019", "folder")
    assert (record.agency, record.agency_name, record.submission_id) == ("H49.64", "Sở Nội vụ", item.submission_id)
    assert record.fingerprint == item.fact(Received).fingerprint
    assert (record.received_at, record.created_at) == ("2026-11-28T03:00:00.000Z", "2026-11-28T03:04:05.678Z")
    assert (record.format_version, record.program_version) == (FORMAT_VERSION, "0.1.0")
    assert record.approval is not None
    assert (record.approval.by, record.approval.at, record.approval.mode) == (
        "Trần Thị B",
        "2026-11-28T03:03:00.000Z",
        "same",
    )
    assert record.submitted_by == "Lê Văn C"
    assert [finding.rule for finding in record.findings] == ["PKG-011"]


def test_conversions_texts_and_verdicts_are_found_again(record: PackageRecord) -> None:
    signed, office, photo, kept = record.documents
    (rendition,) = signed.renditions
    assert rendition.conversion is not None
    assert (rendition.conversion.route, rendition.conversion.flavour) == ("convert", "2b")
    assert (rendition.conversion.judge, rendition.conversion.judge_version) == ("pikepdf.pdfa", "10.17.0")
    assert rendition.conversion.losses == ("liên kết ngoài bị bỏ", "tệp đính kèm")
    assert rendition.derived_from == signed.originals[0].path
    assert rendition.puid == "fmt/477"
    assert [verdict.indication for found in signed.verdicts for verdict in found.verdicts] == ["INDETERMINATE"]
    assert signed.verdicts[0].sha256 == signed.originals[0].sha256
    assert [text.pages for text in office.texts] == [1, 1]
    assert office.texts[0].doubtful_pages == (1,)
    assert office.texts[0].mean_confidence == pytest.approx(91.5)
    assert photo.originals[0].puid == ""
    assert kept.renditions == ()
    assert kept.originals[0].conversion is not None
    assert kept.originals[0].conversion.route == "keep"


def test_the_text_in_the_package_is_the_text(item: WorkItem, packaged: Packaged, record: PackageRecord) -> None:
    data = _bytes(item, packaged.parts[0])[record.documents[0].text_files[0].path]
    assert [page.text for page in iter_page_texts(io.BytesIO(data))] == ["Quyết định về đất"]


def test_premis_tells_what_happened_in_the_words_of_the_library_of_congress(record: PackageRecord) -> None:
    assert [event.type for event in record.events if event.concerns(record.documents[0].originals[0].path)] == [
        "ingestion",
        "accession",
        "information package creation",
        "metadata modification",
        "message digest calculation",
        "format identification",
        "virus check",
        "validation",
        "digital signature validation",
        "normalization",
        "normalization",
        "transcription",
        "transcription",
    ]
    agents = {agent.id: agent for agent in record.agents}
    assert agents["software:tesseract/5.3.0"].note == "tesseract - - -l vie"
    assert agents["person:Trần Thị B"].type == "person"
    by_type = {event.type: event for event in reversed(record.events)}
    assert by_type["accession"].agents == {"person:Trần Thị B": "authorizer"}
    assert by_type["digital signature validation"].outcome == "INDETERMINATE"
    assert by_type["transcription"].agents == {"software:tesseract/5.3.0": "executing program"}
    assert by_type["transcription"].objects == {"representations/rep1": "source", "representations/rep3": "outcome"}
    assert by_type["virus check"].agents == {"software:clamd/1.4.6/27000": "executing program"}


def test_a_kept_original_was_measured_and_a_film_was_not_touched(tmp_path: Path) -> None:
    film = Paper(("phim.mp4",), kind=RecordKind.MEDIA, mime="video/mp4", puid="fmt/199")
    item = dossier(tmp_path, [PAPERS[3], film])
    renditions = item.fact(Renditions)
    none = Rendition(route=Route.NOT_APPLICABLE)
    item = item.having(renditions.model_copy(update={"decisions": {**renditions.decisions, "phim.mp4": none}}))
    record = _record(item, package_stage().run(item).parts[0])
    kept, filmed = (document.originals[0] for document in record.documents)
    own = {path: [event for event in record.events if path in event.objects] for path in (kept.path, filmed.path)}
    assert [(event.type, event.outcome) for event in own[kept.path]] == [("validation", "PDF/A-2b")]
    assert own[kept.path][0].agents["software:pikepdf.pdfa/10.17.0"] == "validator"
    assert own[filmed.path] == []
    assert filmed.conversion is not None
    assert (filmed.conversion.route, filmed.conversion.flavour) == ("not-applicable", None)


def test_words_and_dates_become_the_circulars_codes_and_dates(item: WorkItem, packaged: Packaged) -> None:
    data = _bytes(item, packaged.parts[0])
    assert read_ead(io.BytesIO(data["metadata/descriptive/EAD.xml"]), "EAD") == {
        "arcFileCode": f"H49.01.{FILE_CODE}",
        "title": "Hồ sơ số 12 về đất đai",
        "maintenance": "05",
        "startDate": "01/2025",
        "endDate": "30/06/2025",
        "totalDoc": "4",
    }
    document = read_ead(io.BytesIO(data["representations/rep1/metadata/descriptive/EAD_doc_004.xml"]), "EAD_doc")
    assert (document["mode"], document["typeName"], document["issuedDate"]) == ("02", "02", "02/01/2025")
    assert (document["docCode"], document["docOrdinal"]) == (f"{FILE_CODE}.0000004", "4")


def test_the_same_input_clock_and_identifiers_give_the_same_bytes(
    tmp_path: Path, item: WorkItem, packaged: Packaged
) -> None:
    other = dossier(tmp_path, PAPERS)
    again = package_stage().run(other)
    assert _bytes(other, again.parts[0]) == _bytes(item, packaged.parts[0])


PROGRAM = """
import hashlib, importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("dossiers", sys.argv[1])
made = sys.modules["dossiers"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)
extra = {"b": "1", "a": "2"}
papers = [made.Paper((f"{n}.pdf",), text="x", rendition=n % 2 == 0, signed=True, extra=extra) for n in range(5)]
item = made.dossier(Path(sys.argv[2]), papers)
print(made.package_stage().run(item).model_dump_json())
"""


def test_the_bytes_do_not_depend_on_the_process(tmp_path: Path) -> None:
    """Sets and hashes are ordered differently in every process: nothing of that may reach the package."""
    maker = ROOT / "tests" / "fakes" / "dossiers.py"
    said = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(maker), str(tmp_path / seed)],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "America/New_York"))
    ]
    assert said[0] == said[1]
    assert "METS.xml" in said[0]


def test_a_repeated_run_starts_from_nothing(tmp_path: Path) -> None:
    item = dossier(tmp_path, PAPERS[:1])
    first = package_stage().run(item)
    (item.folder / "package" / "part-1" / "left over.xml").write_text("half a package")
    later = package_stage(StandingClock(NOW + timedelta(hours=1))).run(item)
    assert {file.path for file in later.parts[0].files} == {file.path for file in first.parts[0].files}
    assert not (item.folder / "package" / "part-1" / "left over.xml").exists()
    assert _record(item, later.parts[0]).created_at == "2026-11-28T04:04:05.678Z"


def test_without_an_approval_none_is_claimed(tmp_path: Path) -> None:
    item = dossier(tmp_path, PAPERS[:1], approved=False)
    assert _record(item, package_stage().run(item).parts[0]).approval is None


@pytest.mark.parametrize(
    "name",
    [
        "a\tb.pdf",
        "\u202efdp.exe.pdf",
        "e\u0301té.pdf",
        'json:"x".pdf',
        "con.pdf",
        "x" * 251 + ".pdf",
        "không đuôi",
        "a.PDF ",
        '&<>".pdf',
    ],
)
def test_hostile_names_are_kept_and_do_no_harm(tmp_path: Path, name: str) -> None:
    item = dossier(tmp_path, [Paper((name,), text="x", rendition=True)], file_code=name, source=f"sheet/{name}")
    part = package_stage().run(item).parts[0]
    assert all(file.path.isascii() and len(file.path) < 200 for file in part.files)
    record = _record(item, part)
    assert record.file_code == name
    assert record.documents[0].originals[0].original_name == name
    assert record.sources[0].original_name == f"sheet/{name}"


def test_an_original_that_changed_after_receipt_is_a_fault(tmp_path: Path) -> None:
    item = dossier(tmp_path, PAPERS[:1])
    stored = item.folder / item.fact(Received).files[0].stored
    stored.write_bytes(stored.read_bytes() + b"x")
    with pytest.raises(PackageBrokenError) as caught:
        package_stage().run(item)
    assert {finding.rule for finding in caught.value.findings} == {"PKG-006"}


def test_a_received_file_that_is_gone_is_a_fault_and_the_stage_succeeds_when_it_is_back(tmp_path: Path) -> None:
    item = dossier(tmp_path, PAPERS[:1])
    stored = item.folder / item.fact(Received).files[0].stored
    data = stored.read_bytes()
    stored.unlink()
    with pytest.raises(PackageNotWrittenError) as caught:
        package_stage().run(item)
    assert caught.value.retryable
    assert caught.value.path.endswith(stored.name)
    stored.write_bytes(data)
    assert _record(item, package_stage().run(item).parts[0]).documents


def test_a_full_disk_is_a_fault_and_the_stage_succeeds_when_there_is_room(tmp_path: Path) -> None:
    """The limit on the size of files stands for the disk: METS.xsd is the largest that the stage writes."""
    item = dossier(tmp_path, PAPERS[:1])
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(PackageNotWrittenError) as caught:
            package_stage().run(item)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.errno == errno.EFBIG
    assert _record(item, package_stage().run(item).parts[0]).documents


def test_a_received_file_that_no_document_takes_is_a_fault(tmp_path: Path) -> None:
    item = dossier(tmp_path, PAPERS[:2])
    received = item.fact(Received)
    lost = received.files[0].model_copy(update={"ordinal": 77})
    item = item.having(received.model_copy(update={"files": (lost, *received.files[1:])}))
    with pytest.raises(PackageBrokenError):
        package_stage().run(item)
